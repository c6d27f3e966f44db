"""What people asked in vain, put together by what resembles: which facts the knowledge lacks."""

from __future__ import annotations

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, Select

from bot.review.clustering import Groups, group
from bot.review.judging import is_active
from bot.review.model import CHOICE, IGNORE, NEAR, NEW_FACT, OFF_TOPIC, OTHER, STRAY, UNKNOWN
from bot.review.nlu_files import key_of
from bot.review.periods import Period
from bot.storage import Database, exchanges, judgements

IN_VAIN = (UNKNOWN, CHOICE, NEAR)
"""How an exchange ended that did not give what was asked for."""
SETTLED = (OTHER, IGNORE, STRAY)
"""What a reviewer says of a message that shows no gap in the knowledge."""
MOST = 3000
"""Messages that are looked at, the newest."""
EXAMPLES, TYPICAL = 5, 3
"""Other wordings that are shown of a gap, and messages among which its title is looked for."""
PARTS = 10
"""Parts of a period in which one sees how a gap went."""
_KEPT = 8
"""Groupings that are remembered."""


@dataclass(frozen=True)
class Message:
    """One message that was not answered, masked as reviewers see it."""

    id: int
    conversation: str
    number: int
    at: datetime
    said: str
    outcome: str


@dataclass(frozen=True)
class Gap:
    """Messages that ask the same, the most typical first."""

    messages: tuple[Message, ...]

    @property
    def id(self) -> int:
        """The number of its most typical message, by which an address names it."""
        return self.messages[0].id

    @property
    def title(self) -> str:
        """Its most typical question, if there is one among its most typical messages: they are the shortest, often only words."""
        typical = [message.said for message in self.questions[:TYPICAL]]
        return next((said for said in typical if said.rstrip().endswith("?")), typical[0])

    @property
    def conversations(self) -> int:
        """In how many conversations it was asked."""
        return len({message.conversation for message in self.messages})

    @property
    def first(self) -> datetime:
        """When it was asked first."""
        return min(message.at for message in self.messages)

    @property
    def last(self) -> datetime:
        """When it was asked last."""
        return max(message.at for message in self.messages)

    @property
    def questions(self) -> tuple[Message, ...]:
        """Its messages, of those that say the same the first."""
        distinct: dict[str, Message] = {}
        for message in self.messages:
            distinct.setdefault(key_of(message.said), message)
        return tuple(distinct.values())

    @property
    def examples(self) -> tuple[Message, ...]:
        """Other wordings than the title, some of them."""
        return tuple(message for message in self.questions if message.said != self.title)[:EXAMPLES]

    @property
    def outcomes(self) -> list[tuple[str, int]]:
        """How its exchanges ended, with how many, the most frequent first."""
        return Counter(message.outcome for message in self.messages).most_common()

    def course(self, period: Period) -> list[int]:
        """How often it was asked in each part of the period."""
        parts = period.parts(PARTS)
        return [sum(part.start <= message.at < part.end for message in self.messages) for part in parts]


@dataclass(frozen=True)
class Gaps:
    """What was asked in vain: `groups` of two messages or more, the biggest first, and what stands `alone`, the newest first.

    `is_cut`: there were more messages than are looked at.
    """

    groups: tuple[Gap, ...]
    alone: tuple[Gap, ...]
    is_cut: bool

    @property
    def messages(self) -> int:
        """How many messages in all."""
        return sum(len(gap.messages) for gap in self.groups) + len(self.alone)

    def with_message(self, number: int) -> Gap | None:
        """The gap that holds a message; None when none does (any more)."""
        return next((gap for gap in (*self.groups, *self.alone) if any(message.id == number for message in gap.messages)), None)


class GapFinder:
    """Finds gaps. Groupings are remembered as places of messages: what is erased or masked is so here at once."""

    def __init__(self, database: Database, grouping: Callable[[Sequence[str]], Groups] = group) -> None:
        """Return a finder; `grouping` may take a second or two."""
        self._database = database
        self._grouping = grouping
        self._remembered: OrderedDict[bytes, Groups] = OrderedDict()
        self._lock = Lock()

    def find(self, period: Period, off_topic: bool = False) -> Gaps:
        """The gaps of a period; with the messages that were off topic, if that is wanted. Raises UnavailableError."""
        with self._database.read() as connection:
            messages = _messages(connection, period, (*IN_VAIN, OFF_TOPIC) if off_topic else IN_VAIN)
        found = [Gap(tuple(messages[place] for place in places)) for places in self._groups([message.said for message in messages[:MOST]])]
        groups = sorted((gap for gap in found if len(gap.messages) > 1), key=_biggest_first)
        alone = sorted((gap for gap in found if len(gap.messages) == 1), key=lambda gap: -gap.id)
        return Gaps(tuple(groups), tuple(alone), len(messages) > MOST)

    def _groups(self, texts: Sequence[str]) -> Groups:
        key = hashlib.sha256("\n".join(texts).encode()).digest()
        with self._lock:  # one process at a time, and none for what another visit has just asked for
            if key not in self._remembered:
                self._remembered[key] = self._grouping(texts)
            self._remembered.move_to_end(key)
            while len(self._remembered) > _KEPT:
                self._remembered.popitem(last=False)
            return self._remembered[key]


def _biggest_first(gap: Gap) -> tuple[int, float, int]:
    return -len(gap.messages), -gap.last.timestamp(), gap.id


def _messages(connection: Connection, period: Period, outcomes: Sequence[str]) -> list[Message]:
    """The messages that count, newest first, at most one more than MOST; those that want a new fact whatever was replied."""
    in_vain = exchanges.c.outcome.in_(outcomes) & exchanges.c.id.not_in(_judged(SETTLED))
    found = [*_read(connection, period, in_vain), *_read(connection, period, exchanges.c.id.in_(_judged((NEW_FACT,))))]
    once = {message.id: message for message in found if message.said}
    return sorted(once.values(), key=lambda message: (message.at, message.id), reverse=True)[: MOST + 1]


def _read(connection: Connection, period: Period, wanted: ColumnElement) -> Iterator[Message]:
    """The newest messages, found in the indexes first: a row is long, and most of a year are not shown."""
    in_period = (exchanges.c.at >= period.start) & (exchanges.c.at < period.end)
    newest = (exchanges.c.at.desc(), exchanges.c.id.desc())
    found = select(exchanges.c.id).where(in_period & wanted).order_by(*newest).limit(MOST + 1).subquery()
    columns = (exchanges.c[name] for name in ("id", "conversation", "number", "at", "said", "outcome"))
    query = select(*columns).join(found, found.c.id == exchanges.c.id)
    return (Message(**row) for row in connection.execute(query).mappings())


def _judged(verdicts: Sequence[str]) -> Select:
    """The exchanges of which a reviewer says one of these."""
    judged = (exchanges.c.conversation == judgements.c.conversation) & (exchanges.c.message_id == judgements.c.message_id)
    said = is_active() & judgements.c.verdict.in_(verdicts)
    return select(exchanges.c.id).select_from(judgements).join(exchanges, judged).where(said)
