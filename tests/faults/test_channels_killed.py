"""Two hundred messages over every channel while processes are killed and platforms away: each is answered once, or its failure shows."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.sql.expression import ColumnElement
from support.assistant import RASA, WEB, Assistant
from support.dialogues import plain
from support.platforms.platform import Platform
from support.platforms.together import Platforms
from support.waiting import wait_for

from bot.channels.courier import AT_ONCE
from bot.channels.ledger import LEASE
from bot.storage import MESSAGE_DONE, REPLY_SENT, REPLY_UNCERTAIN, channel_messages, channel_people, channel_replies, utc_now
from bot.web.conversations import NOT_HANDLED

MESSAGES, EACH = 200, 5
"""In all, and of one person."""
PAUSE = 0.8
"""Seconds that a person waits between two messages, at most: she writes while processes die."""
AWAY_SECONDS = 2.0
LEASED_SECONDS = 15.0
"""A living worker has renewed a lease after less."""
ANSWERS: Mapping[str, str] = {
    "Quel est le budget total du Programme ?": "L'enveloppe totale du Programme s'élève à",
    "Depuis quand le Programme existe-t-il ?": "Le Programme existe depuis 2000",
    "Quel secteur le Maroc a-t-il choisi ?": "Au Maroc, le secteur choisi est",
    "Quel secteur le Sénégal a-t-il choisi ?": "Au Sénégal, le secteur choisi est",
    "Que veut dire le sigle CIC ?": "CIC signifie",
    "Combien y a-t-il de partenariats ?": "Le Programme compte 40 partenariats",
    "Combien d'actes de naissance ont été informatisés ?": "actes de naissance, dont les plus anciens",
    "Quel temps fait-il ?": "Je n'ai pas de réponse à cela",
}
"""Questions, and what stands in the answer to each and in no other, whatever was asked before."""


@dataclass(frozen=True)
class Writer:
    """Somebody who asks several questions on one platform, one after the other."""

    platform: Platform
    name: str
    questions: Sequence[str]
    chance: random.Random

    def write(self) -> None:
        for question in self.questions:
            time.sleep(self.chance.uniform(0, PAUSE))
            self.platform.write(self.name, question)

    @property
    def read(self) -> Counter[str]:
        """How often each question was answered, and how often she was told that one was not."""
        read: Counter[str] = Counter()
        for shown in self.platform.seen(self.name):
            text = plain(shown.text)
            read += Counter([question for question in self.questions if ANSWERS[question] in text])
            read[NOT_HANDLED] += plain(NOT_HANDLED) in text
        return read


def test_while_processes_die_each_message_is_answered_once_or_its_failure_shows(assistant: Assistant, platforms: Platforms) -> None:
    people = writers(platforms)
    with writing(people):
        wait_until_answered(people, MESSAGES // 5)
        assistant.processes()[WEB].kill()
        assistant.wait_until_ready()
        wait_until_answered(people, 2 * MESSAGES // 5)
        for platform in platforms.values():
            platform.down()
        assistant.processes()[RASA].kill()
        time.sleep(AWAY_SECONDS)
        for platform in platforms.values():
            platform.up()
    assistant.wait_until_ready()
    wait_for("nothing is left to be done", lambda: settled(assistant), 90, every=0.3)

    told = Counter(status for name in platforms for status in noted(assistant, channel_replies, name).elements())
    print(dict(told), "not handled:", sum(writer.read[NOT_HANDLED] for writer in people))
    assert told[REPLY_UNCERTAIN] <= 2 * AT_ONCE, "no more than was on its way when a process died or the platforms went"
    assert [(writer.platform.name, writer.name, writer.read) for writer in people if answered_twice(writer)] == []
    for name, platform in platforms.items():
        ours = [writer for writer in people if writer.platform is platform]
        messages, replies = noted(assistant, channel_messages, name), noted(assistant, channel_replies, name)
        assert messages.keys() == {MESSAGE_DONE}
        assert messages.total() == sum(len(writer.questions) for writer in ours), "none is lost, none is stored twice"
        assert replies.keys() <= {REPLY_SENT, REPLY_UNCERTAIN}, "nothing is given up, for nothing was refused for good"
        seen = sum(len(platform.seen(writer.name)) for writer in ours)
        assert replies[REPLY_SENT] <= seen <= replies[REPLY_SENT] + replies[REPLY_UNCERTAIN]
        unanswered = sum(not writer.read[question] for writer in ours for question in writer.questions)
        assert unanswered <= replies[REPLY_UNCERTAIN] + sum(writer.read[NOT_HANDLED] for writer in ours)
        assert platform.violations == []


def writers(platforms: Platforms) -> list[Writer]:
    """People on all platforms by turns."""
    chance, every = random.Random(20261127), list(platforms.values())
    return [
        Writer(every[number % len(every)], f"k{number}", chance.sample(list(ANSWERS), EACH), random.Random(number))
        for number in range(MESSAGES // EACH)
    ]


@contextmanager
def writing(people: Sequence[Writer]) -> Iterator[None]:
    """Let everybody write; at the end every message has been taken."""
    with ThreadPoolExecutor(len(people)) as pool:
        under_way: list[Future[None]] = [pool.submit(writer.write) for writer in people]
        yield
    for each in under_way:
        each.result()


def wait_until_answered(people: Sequence[Writer], number: int) -> None:
    wait_for(f"{number} answers", lambda: sum(writer.read.total() for writer in people) >= number, 60, every=0.05)


def answered_twice(writer: Writer) -> bool:
    return any(times > 1 for question, times in writer.read.items() if question != NOT_HANDLED)


def settled(assistant: Assistant) -> bool:
    """Whether nothing is left to be done. What waits for another attempt, or for the lease of a dead worker to end, comes at once here."""
    now = utc_now()
    of_the_dead = channel_people.c.lease_until < now + LEASE - timedelta(seconds=LEASED_SECONDS)
    free = channel_people.c.lease_until.is_(None)
    with assistant.database.begin() as connection:
        connection.execute(update(channel_people).where(of_the_dead).values(lease_until=None, lease_owner=None))
        connection.execute(update(channel_people).where(free & (channel_people.c.due_at > now)).values(due_at=now))
        return not connection.execute(select(func.count()).where(channel_people.c.due_at.is_not(None))).scalar_one()


def noted(assistant: Assistant, table: ColumnElement, channel: str) -> Counter[str]:
    """How many rows of a table about one channel have each status."""
    counts = select(table.c.status, func.count()).where(table.c.channel == channel).group_by(table.c.status)
    with assistant.database.read() as connection:
        return Counter(dict(connection.execute(counts).all()))
