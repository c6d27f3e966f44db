"""The worker of the channels: every message answered in order and sent once, whatever happens to the platform, the assistant or us."""

from __future__ import annotations

import asyncio
import logging
from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sample_channels import Book
from sample_request import NOW, Clock
from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from bot.channels import courier as courier_module
from bot.channels.courier import ATTEMPTS, FIRST_WAIT, LONGEST_WAIT, ON_ONE_CHANNEL, Courier
from bot.channels.model import (
    PATIENCE,
    Abilities,
    AccessError,
    Body,
    Bubble,
    BusyError,
    Delivery,
    Health,
    Incoming,
    Kind,
    Receipt,
    UnreachableError,
)
from bot.channels.overview import retry, standing
from bot.channels.replying import Opening
from bot.channels.rows import LEASE
from bot.channels.seal import Seal
from bot.channels.sentences import IN_PRIVATE, NOT_READ, TEXT_ONLY, TOO_LONG, TOO_MANY
from bot.errors import PermanentDeliveryError, StorageError, TemporaryDeliveryError, UncertainDeliveryError
from bot.rasa_client import NotReadyError
from bot.storage import Database, channel_messages, channel_people, channel_replies

CHANNEL, ANOTHER = "telegram", "sms"
ABILITIES = Abilities(text=3500, buttons=2, button_title=20)
IN_BRIEF = "Je suis l’assistant."
WHO_WE_ARE = "Bonjour. Je suis un assistant automatique."
SUGGESTIONS = [{"title": "Le budget", "value": "Quel est le budget ?"}, {"title": "Les pays", "value": "Quels pays ?"}]
SECOND = timedelta(seconds=1)


class AwayDatabase(Database):
    """A database that can be away."""

    away = False

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self.away:
            raise StorageError("away")
        with super().read() as connection:
            yield connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        if self.away:
            raise StorageError("away")
        with super().begin() as connection:
            yield connection


@dataclass
class PlayedConnector:
    """Sends to nobody; notes what it was given. `outcomes` are raised for the next attempts to write to a person."""

    name: str = CHANNEL
    label: str = "telegram"
    abilities: Abilities = ABILITIES
    patience: timedelta = PATIENCE
    repeats: bool = False
    outcomes: dict[str, list[Exception | None]] = field(default_factory=lambda: defaultdict(list))
    tried: list[tuple[str, str, str]] = field(default_factory=list)
    """Person, text and key of each attempt."""
    sent: list[tuple[str, str]] = field(default_factory=list)
    events: list[tuple[str, str, str]] = field(default_factory=list)
    """What was done for whom, in order, by everything that shares this list."""
    before: Callable[[str], Awaitable[None]] | None = None
    """Runs while a message is on its way."""
    closed: int = 0

    async def receive(self, delivery: Delivery) -> Receipt:
        raise NotImplementedError

    def dress(self, bubble: Bubble) -> Body:
        return {"text": bubble.text, "choices": [choice.title for choice in bubble.choices], "style": bubble.style.value}

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        person, text = address["chat"], body["text"]
        self.tried.append((person, text, key))
        self.events.append(("leaves", person, text))
        await (self.before(person) if self.before else asyncio.sleep(0))
        if self.outcomes[person] and (outcome := self.outcomes[person].pop(0)):
            raise outcome
        self.sent.append((person, text))
        self.events.append(("sent", person, text))
        return f"{person}:{len(self.sent)}"

    async def check(self) -> Health:
        raise NotImplementedError

    async def close(self) -> None:
        self.closed += 1

    def told(self, person: str) -> list[str]:
        """What a person was told, who we are left out."""
        return [text for who, text in self.sent if who == person and text != WHO_WE_ARE]


@dataclass
class PlayedAssistant:
    """Repeats what it is told, the same under the same id; is `away` when told to."""

    away: Exception | None = None
    faults: dict[str, Exception] = field(default_factory=dict)
    """What answering a message raises."""
    asked: list[tuple[str, str, str, str]] = field(default_factory=list)
    """Conversation, message, id and channel."""
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By message."""
    events: list[tuple[str, str, str]] = field(default_factory=list)

    async def answer(self, conversation: str, message: str, client_id: str | None, channel: str) -> dict[str, Any]:
        await asyncio.sleep(0)
        self.asked.append((conversation, message, client_id or "", channel))
        self.events.append(("asked", message.split()[0], message))
        if error := self.away or self.faults.get(message):
            raise error
        return {"asks": None} | self.answers.get(message, {"messages": [{"text": f"Vous dites : {message}"}]})


@dataclass
class Counts:
    """Counts what happened."""

    of: Counter[str] = field(default_factory=Counter)

    def count_channel(self, channel: str, what: str) -> None:
        assert channel in (CHANNEL, ANOTHER)
        self.of[what] += 1


@dataclass
class Scene:
    """Everything that a courier works with, and the time."""

    database: Database
    clock: Clock = field(default_factory=Clock)
    connector: PlayedConnector = field(default_factory=PlayedConnector)
    assistant: PlayedAssistant = field(default_factory=PlayedAssistant)
    counts: Counts = field(default_factory=Counts)
    ids: int = 0

    def __post_init__(self) -> None:
        self.assistant.events = self.connector.events
        self.ledger = Book(self.database, Seal("a key for tests only"), self.clock, 10_000)

    def courier(self, *connectors_: PlayedConnector) -> Courier:
        opening = Opening(WHO_WE_ARE, IN_BRIEF, SUGGESTIONS)
        connectors = {connector.name: connector for connector in connectors_ or [self.connector]}
        return Courier(self.ledger, connectors, self.assistant, lambda: opening, self.counts, self.clock, Random(1), poll_seconds=0.01)

    def write(self, person: str, text: str = "", kind: Kind = Kind.TEXT, at: int = 0, in_group: bool = False, on: str = CHANNEL) -> None:
        """A person writes; `at` seconds after the beginning by the platform's clock."""
        self.ids += 1
        sent_at = NOW + timedelta(seconds=at)
        incoming = Incoming(f"m{self.ids}", person, {"chat": person}, kind, text, sent_at, {}, in_group)
        self.ledger.accept(on, [incoming])

    def serve(self, couriers: Sequence[Courier] = (), until: Callable[[], bool] | None = None) -> None:
        """Run couriers until something is true: unless said otherwise, until nothing is due any more."""
        asyncio.run(self.running(couriers or [self.courier()], until or self.is_idle))

    async def running(self, couriers: Sequence[Courier], until: Callable[[], bool]) -> None:
        stop = asyncio.Event()
        tasks = [asyncio.create_task(one.run(stop)) for one in couriers]
        await reached(until)
        stop.set()
        await asyncio.gather(*tasks)

    def is_idle(self) -> bool:
        busy = (channel_people.c.due_at <= self.clock()) | channel_people.c.lease_until.is_not(None)
        return not self._count(select(func.count()).select_from(channel_people).where(busy))

    def replies(self) -> Counter[str]:
        """How many parts there are of each status."""
        with self.database.read() as connection:
            return Counter(connection.execute(select(channel_replies.c.status)).scalars())

    def messages(self) -> Counter[str]:
        with self.database.read() as connection:
            return Counter(connection.execute(select(channel_messages.c.status)).scalars())

    def database_has(self, channel: str) -> bool:
        """Whether anybody has written on a channel."""
        return bool(self._count(select(func.count()).select_from(channel_people).where(channel_people.c.channel == channel)))

    def waits(self) -> list[float]:
        """In how many seconds each person is due, in the order in which they came."""
        with self.database.read() as connection:
            due = connection.execute(select(channel_people.c.due_at).order_by(channel_people.c.id)).scalars().all()
        return [(moment - self.clock()).total_seconds() for moment in due if moment is not None]

    def _count(self, query: Any) -> int:
        with self.database.read() as connection:
            return int(connection.execute(query).scalar_one())


def looks_of(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The channels on which workers look for people, as they do."""
    real, looks = scene.ledger.lease, []

    def lease(owner: str, most: int, channels: Sequence[str], *served: Any) -> Any:
        people = real(owner, most, channels, *served)
        looks.extend(channels)
        return people

    monkeypatch.setattr(scene.ledger, "lease", lease)
    return looks


async def reached(what: Callable[[], bool]) -> None:
    for _ in range(2000):
        if what():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("in ten seconds it did not happen")


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    database = AwayDatabase(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    yield Scene(database)
    database.close()


# --- order ---


def test_messages_of_one_person_are_answered_in_their_order_each_sent_before_the_next_is_asked(scene: Scene) -> None:
    for at in (2, 0, 1):
        scene.write("awa", f"awa {at}", at=at)
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 0", "Vous dites : awa 1", "Vous dites : awa 2"]
    happened = [what for what, _, text in scene.connector.events if text != WHO_WE_ARE]
    assert happened == ["asked", "leaves", "sent"] * 3
    assert len({conversation for conversation, *_ in scene.assistant.asked}) == 1
    assert scene.counts.of == {"answered": 3, "sent": 4}
    assert (scene.messages(), scene.replies()) == ({"traite": 3}, {"envoye": 4})


def test_one_person_does_not_wait_for_another(scene: Scene) -> None:
    async def before(person: str) -> None:
        if person == "lent":
            await reached(lambda: bool(scene.connector.told("awa")))

    scene.connector.before = before
    scene.write("lent", "lent 1")
    scene.write("awa", "awa 1")
    scene.serve()
    assert [person for person, _ in scene.connector.sent if _ != WHO_WE_ARE] == ["awa", "lent"]


def test_what_comes_while_a_person_is_served_is_answered_too(scene: Scene) -> None:
    async def before(_: str) -> None:
        if scene.ids == 1:
            await asyncio.to_thread(scene.write, "awa", "awa 2")

    scene.connector.before = before
    scene.write("awa", "awa 1")
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 1", "Vous dites : awa 2"]


def test_it_wakes_when_it_is_told_and_closes_its_connections_at_the_end(scene: Scene) -> None:
    one = scene.courier()
    one._poll_seconds = 60.0

    async def run() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(one.run(stop))
        await asyncio.sleep(0.05)  # it has looked, found nothing, and sleeps
        scene.write("awa", "awa 1")
        one.notify()
        await reached(lambda: bool(scene.connector.told("awa")))
        stop.set()
        await task

    asyncio.run(run())
    assert scene.connector.closed == 1


# --- what is said ---


def test_who_we_are_is_said_once_before_the_first_answer(scene: Scene) -> None:
    scene.write("awa", "awa 1")
    scene.serve()
    scene.write("awa", "awa 2", at=1)
    scene.serve()
    assert [text for _, text in scene.connector.sent] == [WHO_WE_ARE, "Vous dites : awa 1", "Vous dites : awa 2"]


def test_the_platforms_own_beginning_is_who_we_are_with_subjects_and_is_not_put_to_the_assistant(scene: Scene) -> None:
    scene.write("awa", kind=Kind.START)
    scene.write("awa", "awa 1", at=1)
    scene.serve()
    assert [text for _, text in scene.connector.sent] == [WHO_WE_ARE, "Vous dites : awa 1"]
    assert [message for _, message, *_ in scene.assistant.asked] == ["awa 1"]


@pytest.mark.parametrize(("kind", "sentence"), [(Kind.MEDIA, TEXT_ONLY), (Kind.LONG, TOO_LONG), (Kind.MANY, TOO_MANY)])
def test_what_is_not_read_gets_its_sentence_alone_and_the_first_text_still_who_we_are(scene: Scene, kind: Kind, sentence: str) -> None:
    scene.write("awa", kind=kind)
    scene.write("awa", "awa 1", at=1)
    scene.serve()
    assert [text for _, text in scene.connector.sent] == [sentence, WHO_WE_ARE, "Vous dites : awa 1"]


def offer_subjects(scene: Scene) -> None:
    buttons = [{"title": f"Sujet {place}", "value": f"le sujet {place}"} for place in (1, 2, 3)]
    scene.assistant.answers["awa quoi"] = {"messages": [{"text": "Lequel ?", "buttons": buttons}]}
    scene.write("awa", "awa quoi")


def test_a_number_is_the_choice_that_stood_beside_it(scene: Scene) -> None:
    offer_subjects(scene)
    scene.serve()
    scene.write("awa", "2.", at=1)
    scene.write("awa", "3", at=2)
    scene.serve()
    assert "2. Sujet 2" in scene.connector.told("awa")[0]
    assert [message for _, message, *_ in scene.assistant.asked] == ["awa quoi", "le sujet 2", "3"]  # after an answer, it is past


def test_a_picture_in_between_does_not_take_the_choices_away(scene: Scene) -> None:
    offer_subjects(scene)
    scene.write("awa", kind=Kind.MEDIA, at=1)
    scene.write("awa", "2", at=2)
    scene.serve()
    assert [message for _, message, *_ in scene.assistant.asked] == ["awa quoi", "le sujet 2"]


def test_a_fact_that_was_asked_for_beside_a_request_is_said_in_a_group(scene: Scene) -> None:
    fact = {"text": "Cinq pays.", "source": {"section": "Où", "page": "P", "updated": "2016-03-15"}}
    scene.assistant.answers["awa participer"] = {"messages": [fact, {"text": "Votre nom ?"}], "asks": "nom"}
    scene.write("groupe:awa", "awa participer", in_group=True)
    scene.serve()
    assert scene.connector.told("groupe:awa") == [IN_BRIEF, "Cinq pays.", IN_PRIVATE]


def test_in_a_group_a_request_is_broken_off_and_led_to_private(scene: Scene) -> None:
    scene.assistant.answers["awa participer"] = {"messages": [{"text": "Votre nom ?"}], "asks": "nom"}
    scene.write("groupe:awa", "awa participer", in_group=True)
    scene.write("awa", "awa participer")
    scene.serve()
    assert scene.connector.told("groupe:awa") == [IN_BRIEF, IN_PRIVATE]
    assert scene.connector.told("awa") == ["Votre nom ?"]
    of_group = [entry for entry in scene.assistant.asked if entry[1] == "annuler"]
    (stopped,) = of_group
    (asked,) = (entry for entry in scene.assistant.asked if entry[0] == stopped[0] and entry != stopped)
    assert stopped[2] == f"{asked[2]}-groupe"


def test_the_assistant_is_told_the_label_of_the_channel_and_the_digest_of_the_message(scene: Scene) -> None:
    scene.write("awa", "awa 1")
    scene.serve()
    ((conversation, _, ident, channel),) = scene.assistant.asked
    assert (len(conversation), len(ident), channel) == (32, 64, "telegram")


# --- the platform asks for patience, or refuses ---


def test_who_must_wait_waits_as_long_as_told_and_others_do_not(scene: Scene) -> None:
    scene.connector.outcomes["awa"] = [None, BusyError("429", seconds=30)]
    for person in ("awa", "binta"):
        scene.write(person, f"{person} 1")
    scene.serve()
    assert (scene.connector.told("awa"), scene.connector.told("binta")) == ([], ["Vous dites : binta 1"])
    assert scene.waits() == [30.0]
    scene.clock.advance(29 * SECOND)
    scene.serve()
    assert scene.connector.told("awa") == []
    scene.clock.advance(SECOND)
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 1"]
    assert len({key for person, text, key in scene.connector.tried if (person, text) == ("awa", "Vous dites : awa 1")}) == 1
    assert scene.counts.of == {"answered": 2, "sent": 4, "retried": 1}


def one_after_the_other(scene: Scene, *people: str) -> None:
    """Each of them writes once the one before has been served, all to one courier."""
    scene.write(people[0], f"{people[0]} 1")

    def all_wait() -> bool:
        if scene.ids < len(people) and scene.is_idle():
            scene.write(people[scene.ids], f"{people[scene.ids]} 1")
            return False
        return scene.ids == len(people) and scene.is_idle()

    scene.serve(until=all_wait)


def test_a_platform_that_wants_nothing_at_all_is_left_alone_by_everybody(scene: Scene) -> None:
    for person in ("awa", "binta"):
        scene.connector.outcomes[person] = [BusyError("429", seconds=1000, everybody=True)]
    one_after_the_other(scene, "awa", "binta", "carine")
    assert [person for person, *_ in scene.connector.tried] == ["awa", "binta"]
    assert scene.messages() == {"traite": 3}  # what is to be said is known; only the sending waits
    first, second, third = scene.waits()
    assert (first, second) == (1000, 1000)
    assert 900 < third <= 1000


def test_one_person_who_writes_too_quickly_does_not_silence_the_others(scene: Scene) -> None:
    scene.connector.outcomes["awa"] = [BusyError("429", seconds=1000, everybody=True)]
    one_after_the_other(scene, "awa", "binta")
    assert scene.connector.told("binta") == ["Vous dites : binta 1"]


def test_a_pause_for_everybody_ends_and_nothing_is_lost(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "FIRST_WAIT", 0.0)
    people = [f"p{number}" for number in range(5)]
    for person in people:
        scene.connector.outcomes[person] = [BusyError("429", seconds=0.05, everybody=True)]
        scene.write(person, f"{person} 1")

    def done() -> bool:
        if scene.is_idle():  # a clock that runs while somebody is served would end her lease
            scene.clock.advance(SECOND)
        return scene.replies() == {"envoye": 10}

    scene.serve(until=done)
    assert Counter(scene.connector.sent) == Counter(
        (person, text) for person in people for text in (WHO_WE_ARE, f"Vous dites : {person} 1")
    )


@pytest.mark.parametrize(("attempts", "seconds"), [(0, FIRST_WAIT), (1, 2 * FIRST_WAIT), (5, 32 * FIRST_WAIT), (10**6, LONGEST_WAIT)])
def test_the_wait_is_doubled_each_time_and_never_quite_the_same(scene: Scene, attempts: int, seconds: float) -> None:
    one = scene.courier()
    waits = {one._wait(attempts) for _ in range(50)}
    assert len(waits) > 1
    assert all(0.75 * seconds <= wait <= seconds for wait in waits)


def test_each_failure_doubles_the_wait_and_a_success_begins_anew(scene: Scene) -> None:
    scene.connector.outcomes["awa"] = [TemporaryDeliveryError("away")] * 3
    scene.write("awa", "awa 1")
    waited = []
    for _ in range(3):
        scene.serve()
        waited += scene.waits()
        scene.clock.advance(timedelta(seconds=waited[-1]))
    scene.serve()
    assert len(waited) == 3
    assert all(0.75 * FIRST_WAIT * 2**place <= wait <= FIRST_WAIT * 2**place for place, wait in enumerate(waited))
    scene.connector.outcomes["awa"] = [TemporaryDeliveryError("away")]
    scene.write("awa", "awa 2", at=1)
    scene.serve()
    assert scene.waits()[0] <= FIRST_WAIT


def test_an_answer_that_nobody_waits_for_any_more_is_given_up_whole(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.connector.outcomes["awa"] = [TemporaryDeliveryError("away")] * 2
    scene.write("awa", "awa 1")
    scene.serve()
    assert scene.replies() == {"en_attente": 2}
    scene.clock.advance(PATIENCE)
    scene.serve()
    assert (scene.connector.told("awa"), scene.replies()) == ([], {"echec": 2})
    assert (scene.counts.of["failed"], scene.waits()) == (1, [])
    assert "failed for good" in errors_of(caplog)


def test_a_message_that_nobody_waits_for_any_more_is_not_answered(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """As when the channel was off for long."""
    scene.write("awa", "awa 1")
    scene.clock.advance(PATIENCE)
    scene.write("awa", "awa 2", at=1)
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 2"]
    assert (scene.messages(), scene.counts.of["failed"]) == ({"echec": 1, "traite": 1}, 1)
    assert "was never answered: too late" in errors_of(caplog)


def test_a_reply_that_nobody_waits_for_any_more_is_not_even_tried(scene: Scene) -> None:
    scene.connector.outcomes["awa"] = [TemporaryDeliveryError("away")]
    scene.write("awa", "awa 1")
    scene.serve()
    scene.clock.advance(PATIENCE)
    scene.serve()
    assert (len(scene.connector.tried), scene.replies()) == (1, {"echec": 2})
    with scene.database.read() as connection:
        assert standing(connection)[CHANNEL].failed == 2


def test_what_is_sent_again_by_hand_is_waited_for_anew(scene: Scene) -> None:
    scene.connector.outcomes["awa"] = [TemporaryDeliveryError("away"), BusyError("429", seconds=1)]
    scene.write("awa", "awa 1")
    scene.serve()
    scene.clock.advance(PATIENCE)
    scene.serve()
    scene.clock.advance(PATIENCE)
    assert retry(scene.database, [CHANNEL], scene.clock()) == 2
    scene.serve()
    assert scene.replies() == {"en_attente": 2}
    scene.clock.advance(timedelta(minutes=1))
    scene.serve()
    assert [text for _, text in scene.connector.sent] == [WHO_WE_ARE, "Vous dites : awa 1"]


def test_who_writes_again_waits_again_for_what_was_not_sent(scene: Scene) -> None:
    scene.connector.outcomes["awa"] = [TemporaryDeliveryError("away")] * 2
    scene.write("awa", "awa 1")
    scene.serve()
    scene.clock.advance(PATIENCE)
    scene.write("awa", "awa 2", at=1)
    scene.serve()
    assert scene.replies()["echec"] == 0


def test_a_part_that_may_have_arrived_is_not_sent_again_and_the_operator_is_told(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.connector.outcomes["awa"] = [UncertainDeliveryError("no answer")]
    scene.write("awa", "awa 1")
    scene.serve()
    assert len(scene.connector.tried) == 1  # a platform that hangs is not asked at once again
    scene.clock.advance(timedelta(seconds=FIRST_WAIT))
    scene.serve()
    assert [text for _, text, _ in scene.connector.tried] == [WHO_WE_ARE, "Vous dites : awa 1"]
    assert scene.replies() == {"incertain": 1, "envoye": 1}
    assert scene.counts.of["uncertain"] == 1
    assert "nobody knows whether" in errors_of(caplog)


def test_where_a_repetition_is_known_a_part_that_may_have_arrived_goes_again_under_its_key(scene: Scene) -> None:
    scene.connector.repeats = True
    scene.connector.outcomes["awa"] = [UncertainDeliveryError("no answer")]
    scene.write("awa", "awa 1")
    scene.serve()
    scene.clock.advance(timedelta(seconds=FIRST_WAIT))
    scene.serve()
    (first, key), (second, again), _ = [(text, key) for _, text, key in scene.connector.tried]
    assert (first, key) == (second, again)
    assert scene.replies() == {"envoye": 2}


def test_a_refused_part_is_left_out_and_the_rest_of_the_answer_is_sent(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.assistant.answers["awa trois"] = {"messages": [{"text": text} for text in ("un", "deux", "trois")]}
    scene.connector.outcomes["awa"] = [None, None, PermanentDeliveryError("400 E7")]
    scene.write("awa", "awa trois")
    scene.serve()
    assert scene.connector.told("awa") == ["un", "trois"]
    assert (scene.replies(), scene.counts.of["failed"]) == ({"envoye": 3, "echec": 1}, 1)
    assert "400 E7" in errors_of(caplog)


def test_to_who_cannot_be_written_to_nothing_more_of_the_answer_is_sent(scene: Scene) -> None:
    scene.assistant.answers["awa trois"] = {"messages": [{"text": text} for text in ("un", "deux", "trois")]}
    scene.connector.outcomes["awa"] = [None, UnreachableError("403")]
    scene.write("awa", "awa trois")
    scene.write("awa", "awa encore", at=1)
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa encore"]
    assert scene.replies() == {"envoye": 2, "echec": 3}


def test_refused_credentials_are_told_as_an_error_and_the_message_waits(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.connector.outcomes["awa"] = [AccessError("401")]
    scene.connector.outcomes["binta"] = [BusyError("503")]
    scene.write("awa", "awa 1")
    scene.write("binta", "binta 1")
    scene.serve()
    assert scene.replies() == {"en_attente": 4}
    assert "401" in errors_of(caplog)
    assert "503" not in errors_of(caplog)
    scene.clock.advance(timedelta(seconds=FIRST_WAIT))
    scene.serve()
    assert scene.replies() == {"envoye": 4}


def test_a_fault_of_a_connector_leaves_its_message_uncertain_and_the_rest_goes_on(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    scene.connector.outcomes["awa"] = [None, ValueError("what she wrote")]
    scene.write("awa", "awa 1")
    scene.write("awa", "awa 2", at=1)
    scene.serve()
    scene.clock.advance(timedelta(seconds=FIRST_WAIT))
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 2"]
    assert scene.replies() == {"envoye": 2, "incertain": 1}
    assert "what she wrote" not in caplog.text


# --- the assistant or the database is away ---


def test_while_the_assistant_is_away_a_message_waits_and_is_answered_once_under_one_id(scene: Scene) -> None:
    scene.assistant.away = NotReadyError(("rasa",))
    scene.write("awa", "awa 1")
    scene.serve()
    assert (scene.messages(), scene.connector.tried) == ({"a_traiter": 1}, [])
    scene.assistant.away = None
    scene.clock.advance(timedelta(seconds=FIRST_WAIT))
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 1"]
    assert len(scene.assistant.asked) == 2
    assert len(set(scene.assistant.asked)) == 1


@pytest.mark.parametrize(
    "error", [NotReadyError(("rasa",)), StorageError("away"), KeyError("what she wrote")], ids=["Rasa", "database", "fault"]
)
def test_a_message_that_is_never_answered_is_given_up_and_the_next_one_is(
    scene: Scene, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    scene.assistant.away = error
    scene.write("awa", "awa 1")
    scene.serve()
    assert scene.messages() == {"a_traiter": 1}
    scene.clock.advance(PATIENCE)
    scene.write("awa", "awa 2", at=1)

    def is_given_up() -> bool:
        if scene.messages()["echec"]:
            scene.assistant.away = None
        if scene.is_idle():
            scene.clock.advance(SECOND)
        return scene.messages() == {"echec": 1, "traite": 1} and scene.is_idle()

    scene.serve(until=is_given_up)
    assert scene.connector.told("awa") == ["Vous dites : awa 2"]
    assert scene.counts.of["failed"] == 1
    assert "never answered" in errors_of(caplog)
    assert "she wrote" not in caplog.text


def test_a_message_that_cannot_be_answered_is_tried_some_times_and_the_next_one_is_answered(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.assistant.faults["awa 1"] = KeyError("what she wrote")
    scene.write("awa", "awa 1")
    scene.write("awa", "awa 2", at=1)
    for _ in range(ATTEMPTS):
        assert scene.connector.sent == []
        scene.serve()
        scene.clock.advance(timedelta(minutes=5))
    assert [message for _, message, *_ in scene.assistant.asked] == ["awa 1"] * ATTEMPTS + ["awa 2"]
    assert [text for _, text in scene.connector.sent] == [NOT_READ, WHO_WE_ARE, "Vous dites : awa 2"]
    assert (scene.messages(), scene.counts.of["failed"]) == ({"traite": 2}, 1)
    assert "what she wrote" not in caplog.text


def test_while_the_database_is_away_nothing_is_lost(scene: Scene) -> None:
    assert isinstance(scene.database, AwayDatabase)
    scene.write("awa", "awa 1")
    scene.database.away = True
    looks = 0

    def comes_back() -> bool:
        nonlocal looks
        looks += 1
        if looks == 10:
            scene.database.away = False  # type: ignore[attr-defined]
        return looks > 10 and scene.is_idle()

    scene.serve(until=comes_back)
    assert scene.connector.told("awa") == ["Vous dites : awa 1"]


@pytest.mark.parametrize(
    "outcome", [None, UncertainDeliveryError("no answer"), TemporaryDeliveryError("away"), PermanentDeliveryError("400")]
)
def test_what_has_left_is_noted_however_long_the_database_is_away(scene: Scene, outcome: Exception | None) -> None:
    database = scene.database
    assert isinstance(database, AwayDatabase)

    async def goes_away(_: str) -> None:
        database.away = True

    scene.connector.before = goes_away
    scene.connector.outcomes["awa"] = [outcome]
    scene.write("awa", kind=Kind.START)
    looks = 0

    def comes_back() -> bool:
        nonlocal looks
        looks += 1
        if looks > 5:
            database.away = False
        return looks > 5 and scene.is_idle()

    scene.serve(until=comes_back)
    status = {type(None): "envoye", UncertainDeliveryError: "incertain", TemporaryDeliveryError: "en_attente"}.get(type(outcome), "echec")
    assert (len(scene.connector.tried), scene.replies()) == (1, {status: 1})


# --- the end, and several ---


def test_at_the_end_what_is_on_its_way_arrives_and_the_rest_waits_for_the_next_process(scene: Scene) -> None:
    scene.write("awa", "awa 1")
    scene.write("awa", "awa 2", at=1)
    leaving = False

    async def before(_: str) -> None:
        nonlocal leaving
        leaving = True
        await asyncio.sleep(0.05)

    scene.connector.before = before
    scene.serve(until=lambda: leaving)
    assert [text for _, text in scene.connector.sent] == [WHO_WE_ARE]
    assert scene.waits() == [0.0]  # nobody has to wait until a lease runs out
    scene.connector.before = None
    scene.serve()
    assert [text for _, text in scene.connector.sent] == [WHO_WE_ARE, "Vous dites : awa 1", "Vous dites : awa 2"]


def die_while_sending(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a process that is killed before the platform has answered."""
    monkeypatch.setattr(courier_module, "DRAIN_SECONDS", 0.0)
    monkeypatch.setattr(scene.ledger, "let_go", lambda _: None)

    async def never(_: str) -> None:
        await asyncio.Event().wait()

    scene.connector.before = never
    scene.serve(until=lambda: bool(scene.connector.tried))
    scene.connector.before = None
    assert scene.replies()["en_cours"] == 1


@pytest.mark.parametrize("repeats", [False, True], ids=["uncertain", "again"])
def test_what_was_on_its_way_when_a_process_died_is_uncertain_or_goes_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, repeats: bool
) -> None:
    scene.connector.repeats = repeats
    scene.write("awa", "awa 1")
    die_while_sending(scene, monkeypatch)
    looks = looks_of(scene, monkeypatch)
    scene.serve(until=lambda: len(looks) > 2)
    assert len(scene.connector.tried) == 1  # she is the dead one's until its lease runs out
    scene.clock.advance(LEASE)
    scene.serve()
    assert scene.connector.told("awa") == ["Vous dites : awa 1"]
    assert [text for _, text, _ in scene.connector.tried].count(WHO_WE_ARE) == 1 + repeats
    assert scene.replies() == ({"envoye": 2} if repeats else {"envoye": 1, "incertain": 1})
    assert scene.counts.of["uncertain"] == (not repeats)


def test_a_process_that_is_told_to_end_gives_back_at_once_whom_it_serves(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "DRAIN_SECONDS", 0.0)

    async def never(_: str) -> None:
        await asyncio.Event().wait()

    scene.connector.before = never
    scene.write("awa", "awa 1")
    scene.serve(until=lambda: bool(scene.connector.tried))
    scene.connector.before = None
    scene.serve()  # at the same moment
    assert scene.connector.told("awa") == ["Vous dites : awa 1"]
    assert scene.replies() == {"envoye": 1, "incertain": 1}


@pytest.mark.parametrize("repeats", [False, True], ids=["not twice", "harmless twice"])
@pytest.mark.parametrize("away", [False, True], ids=["the clock jumps", "the database is away"])
def test_whom_a_worker_serves_it_does_not_take_again_when_its_lease_ran_out(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, repeats: bool, away: bool
) -> None:
    """While a part is on its way."""
    scene.connector.repeats = repeats
    looks, database = looks_of(scene, monkeypatch), scene.database
    assert isinstance(database, AwayDatabase)

    async def before(_: str) -> None:
        if len(scene.connector.tried) == 1:
            database.away = away
            await asyncio.sleep(0.03)
            scene.clock.advance(timedelta(minutes=1))
            database.away, already = False, len(looks)
            await reached(lambda: len(looks) > already + 2)

    scene.connector.before = before
    scene.write("awa", "awa 1")
    scene.write("awa", "awa 2", at=1)
    scene.serve(until=lambda: not database.away and scene.is_idle())
    assert [text for _, text, _ in scene.connector.tried] == [WHO_WE_ARE, "Vous dites : awa 1", "Vous dites : awa 2"]
    assert scene.connector.sent == [(person, text) for person, text, _ in scene.connector.tried]
    assert scene.replies() == {"envoye": 3}
    assert scene.counts.of == {"answered": 2, "sent": 3}


def test_who_lost_the_lease_leaves_the_rest_to_the_other_quietly(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    async def before(_: str) -> None:
        scene.clock.advance(LEASE)
        assert len(await asyncio.to_thread(scene.ledger.lease, "another", 1, [CHANNEL])) == 1

    scene.connector.before = before
    scene.write("awa", "awa 1")
    scene.write("awa", "awa 2", at=1)
    scene.serve(until=lambda: "is served by another worker" in caplog.text)
    assert [text for _, text, _ in scene.connector.tried] == [WHO_WE_ARE]
    assert (scene.replies(), scene.messages()) == ({"envoye": 1, "en_attente": 1}, {"traite": 1, "a_traiter": 1})
    assert errors_of(caplog) == ""
    with scene.database.read() as connection:
        assert connection.execute(select(channel_people.c.lease_owner)).scalars().all() == ["another"]


def test_a_platform_that_hangs_keeps_nobody_of_another_channel_waiting(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "DRAIN_SECONDS", 0.0)
    looks, other = looks_of(scene, monkeypatch), PlayedConnector(ANOTHER, ANOTHER)

    async def never(_: str) -> None:
        await asyncio.Event().wait()

    scene.connector.before = never
    for number in range(courier_module.AT_ONCE + 1):
        scene.write(f"p{number}", "bonjour")

    def is_served() -> bool:
        if len(scene.connector.tried) >= ON_ONE_CHANNEL and len(looks) > 5 and not scene.database_has(ANOTHER):
            scene.write("awa", "awa 1", on=ANOTHER)
        return bool(other.told("awa"))

    scene.serve([scene.courier(scene.connector, other)], until=is_served)
    assert len(scene.connector.tried) == ON_ONE_CHANNEL


def test_who_is_served_for_long_stays_its_workers(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(courier_module, "HEARTBEAT_SECONDS", 0.005)
    other = PlayedConnector()

    async def before(_: str) -> None:
        for _step in range(10):
            scene.clock.advance(LEASE / 3)
            await asyncio.sleep(0.05)

    scene.connector.before = before
    scene.write("awa", kind=Kind.START)
    scene.serve([scene.courier(), scene.courier(other)], until=lambda: scene.replies() == {"envoye": 1} and scene.is_idle())
    assert len(scene.connector.tried) + len(other.tried) == 1
    assert scene.counts.of == {"answered": 1, "sent": 1}


@pytest.mark.parametrize("stored", ["sqlite", "postgresql"], indirect=True)
def test_several_workers_on_one_database_send_everything_once_and_in_order(stored: Database) -> None:
    scene = Scene(stored)
    people = [f"p{number}" for number in range(12)]
    for number in range(5):
        for person in people:
            scene.write(person, f"{person} {number}", at=number)
    scene.serve([scene.courier() for _ in range(4)])
    for person in people:
        assert scene.connector.told(person) == [f"Vous dites : {person} {number}" for number in range(5)]
        of_person = [what for what, who, text in scene.connector.events if who == person and text != WHO_WE_ARE]
        assert of_person == ["asked", "leaves", "sent"] * 5
    assert len(scene.connector.tried) == len(people) * 6
    assert scene.replies() == {"envoye": len(people) * 6}
    assert len(scene.assistant.asked) == len(people) * 5


def test_a_log_holds_neither_names_nor_texts(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    scene.connector.outcomes["+32455550101"] = [BusyError("429"), UncertainDeliveryError("no answer"), PermanentDeliveryError("400")]
    scene.write("+32455550101", "mon secret")
    scene.serve()
    scene.clock.advance(timedelta(minutes=1))
    scene.serve()
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bot."))
    assert ours
    assert not any(word in ours for word in ("455550101", "secret", "Vous dites"))


def errors_of(caplog: pytest.LogCaptureFixture) -> str:
    return "\n".join(record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR)
