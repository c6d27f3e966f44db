"""Forgetting what the messaging channels hold: by promise, by staff, by masking and when its time is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sample_channels import ME, SEAL, Book, answer, lease, lease_one, ledger_of, next_message, only, rows, send, written
from sample_request import NOW, Clock, sample_settings
from sqlalchemy import insert, select, update
from support.waiting import wait_for

from bot.channels.courier import Courier
from bot.channels.model import MAIL, PATIENCE, TELEGRAM, Abilities, Body, Bubble, BusyError, Delivery, Health, Receipt, UnreachableError
from bot.channels.people import known_as
from bot.channels.replying import Opening
from bot.channels.rows import LEASE, Person
from bot.channels.seal import SHOWN, Seal
from bot.errors import DeliveryError, StorageError
from bot.privacy import FORWARDED, NOTICES, channels, erase, keep_promises, promise, purge, rehearse
from bot.records import Records
from bot.review.journal import Journal
from bot.review.keeping import Keeping
from bot.storage import (
    ERASE,
    MASK,
    MESSAGE_DONE,
    MESSAGE_WAITING,
    REPLY_FAILED,
    REPLY_LEAVING,
    REPLY_SENT,
    REPLY_UNCERTAIN,
    REPLY_WAITING,
    Database,
    channel_messages,
    channel_people,
    channel_replies,
    conversations,
    erasures,
    turns,
)

SECRET = "Kwizera-Introuvable"
ADDRESS = "awa@commune.example"
TABLES = ("channel_people", "channel_messages", "channel_replies")


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(store: Database, clock: Clock) -> Book:
    return ledger_of(store, clock)


def hold(ledger: Book, *answers: str, sender: str = "awa", channel: str = TELEGRAM, ident: str = "1") -> tuple[str, Person]:
    """Somebody writes, and is answered in so many parts, which are not sent yet. Return her conversation, and her, whom ME holds."""
    ledger.accept(channel, [written(ident, f"je suis {SECRET}", sender=sender)])
    (person,) = lease(ledger)
    return answer(ledger, person, *answers).conversation, person


def talk(ledger: Book, *answers: str, **written_by: str) -> str:
    """The same, for whom only the conversation counts."""
    return hold(ledger, *answers, **written_by)[0]


def done(counts: Mapping[str, int]) -> dict[str, int]:
    return {name: counts[name] for name in TABLES if counts.get(name)}


def set_replies(database: Database, status: str) -> None:
    with database.begin() as connection:
        connection.execute(update(channel_replies).values(status=status))


def turn(database: Database, conversation: str, text: str = "bonjour") -> None:
    row = {"conversation": conversation, "number": 1, "user_text": text, "answer": {"messages": []}, "created_at": NOW}
    with database.begin() as connection:
        connection.execute(insert(turns).values(**row))


# --- she asks for it herself -----------------------------------------------------------------------


class Assistant:
    """Erases a conversation in its turn when told to, as the chat does."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database, self._clock = database, clock
        self.asked: list[tuple[str, str]] = []
        self.ids: list[str | None] = []

    async def answer(self, conversation: str, message: str, client_id: str | None, channel: str) -> dict[str, Any]:
        self.asked.append((conversation, message))
        self.ids.append(client_id)
        text = f"Vous dites : {message}"
        if message == "effacez mes données":
            promise(self._database, conversation, ERASE, self._clock())
            assert keep_promises(self._database, self._clock(), conversation)
            self._clock.advance(timedelta(milliseconds=5))
            text = "C'est effacé."
        return {"messages": [{"text": text, "buttons": [{"title": SECRET, "value": SECRET}], "source": None}], "asks": None}


class Line:
    """A connector that keeps what it was to send; `trouble` is raised first."""

    name, label, patience, repeats = TELEGRAM, "telegram", PATIENCE, False
    abilities = Abilities(text=3000)

    def __init__(self, *trouble: DeliveryError) -> None:
        self.sent: list[str] = []
        self.trouble = list(trouble)

    async def receive(self, delivery: Delivery) -> Receipt:
        raise NotImplementedError

    def dress(self, bubble: Bubble) -> Body:
        return {"text": bubble.text}

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        if self.trouble:
            raise self.trouble.pop(0)
        self.sent.append(body["text"].splitlines()[0])
        return None

    async def check(self) -> Health:
        return Health(None, "")

    async def close(self) -> None:
        """There is nothing to give back."""


class Silent:
    def count_channel(self, channel: str, what: str) -> None:
        """Count nothing."""


async def serve(database: Database, ledger: Book, clock: Clock, line: Line, until: Any) -> Assistant:
    """Have a worker serve until something holds."""
    assistant = Assistant(database, clock)
    opening = Opening("Bonjour.", "Bonjour à tous.", [])
    courier = Courier(ledger, {TELEGRAM: line}, assistant, lambda: opening, Silent(), clock, Random(1), poll_seconds=0.02)
    stop = asyncio.Event()
    running = asyncio.create_task(courier.run(stop))
    try:
        await asyncio.to_thread(wait_for, "it holds", until, 10)
    finally:
        stop.set()
        await running
    return assistant


@pytest.mark.anyio
async def test_who_asks_on_a_channel_is_told_that_all_is_erased_and_is_then_forgotten(store: Database, ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1", "bonjour"), written("2", "effacez mes données")])
    line = Line()
    await serve(store, ledger, clock, line, lambda: not rows(store, channel_people))
    assert line.sent == ["Bonjour.", "Vous dites : bonjour", "C'est effacé."]
    assert [(row.person_id, row.text, row.context, row.status) for row in rows(store, channel_messages)] == [
        (None, None, None, MESSAGE_DONE)
    ] * 2
    assert [(row.person_id, row.body, row.context, row.status) for row in rows(store, channel_replies)] == [(None, None, None, REPLY_SENT)]
    assert ledger.accept(TELEGRAM, [written("1"), written("2")]).new == 0, "a replay is still known"


@pytest.mark.anyio
async def test_what_she_wrote_after_it_is_answered_in_a_new_conversation(store: Database, ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1", "effacez mes données"), written("2", "et le budget ?")])
    line = Line()
    assistant = await serve(store, ledger, clock, line, lambda: only(store, channel_people)["due_at"] is None)
    assert line.sent == ["Bonjour.", "C'est effacé.", "Bonjour.", "Vous dites : et le budget ?"]  # nothing of her is known any more
    (first, _), (second, said) = assistant.asked
    assert said == "et le budget ?"
    assert first != second
    assert only(store, channel_people)["conversation"] == second


@pytest.mark.anyio
async def test_a_message_that_erased_and_whose_answer_was_not_written_is_put_again_as_the_same(
    store: Database, ledger: Book, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the assistant remembers that it has erased, and only in that conversation, under that id."""
    real, failed = ledger.answered, []

    def answered(*arguments: Any) -> bool:
        if not failed:
            failed.append(True)
            raise StorageError("killed, or away")
        return real(*arguments)

    monkeypatch.setattr(ledger, "answered", answered)
    ledger.accept(TELEGRAM, [written("1", "effacez mes données")])
    line = Line()

    def forgotten() -> bool:
        if failed:
            clock.advance(timedelta(seconds=1))
        return not rows(store, channel_people)

    assistant = await serve(store, ledger, clock, line, forgotten)
    assert line.sent == ["Bonjour.", "C'est effacé."]
    assert (len(assistant.asked), len(set(assistant.asked)), set(assistant.ids)) == (2, 1, {SEAL.digest(TELEGRAM, "message", "1")})


@pytest.mark.anyio
@pytest.mark.parametrize("trouble", [BusyError("429", 0.0), UnreachableError("403")], ids=["later", "never"])
async def test_she_is_forgotten_also_when_the_last_reply_leaves_late_or_never(
    store: Database, ledger: Book, clock: Clock, trouble: DeliveryError
) -> None:
    ledger.accept(TELEGRAM, [written("1", "effacez mes données")])
    line = Line(trouble)

    def forgotten() -> bool:
        clock.advance(timedelta(seconds=1))
        return not rows(store, channel_people)

    await serve(store, ledger, clock, line, forgotten)
    assert {(row.body, row.context, row.person_id) for row in rows(store, channel_replies)} == {(None, None, None)}
    assert {row.status for row in rows(store, channel_replies)} == {REPLY_SENT if line.sent else REPLY_FAILED}


@pytest.mark.parametrize("served", ["now", "later"])
def test_a_promise_that_is_kept_late_leaves_the_reply_that_tells_of_it(store: Database, ledger: Book, clock: Clock, served: str) -> None:
    conversation = talk(ledger, "avant")
    person_id = only(store, channel_people)["id"]
    promise(store, conversation, ERASE, clock())
    clock.advance(timedelta(seconds=1))
    ledger.accept(TELEGRAM, [written("2", "effacez mes données")])
    clock.advance(LEASE)
    person = lease_one(ledger)
    answer(ledger, person, "C'est effacé.")
    if served == "later":
        ledger.postpone(person, ME, timedelta(seconds=30))
    (kept,) = keep_promises(store, clock())
    assert done(kept.counts) == {"channel_people": 1, "channel_replies": 1}
    if served == "later":
        clock.advance(timedelta(seconds=30))
        person = lease_one(ledger)
    assert send(ledger, person) == "C'est effacé."
    ledger.release(person, ME)
    assert person.id == person_id
    assert rows(store, channel_people) == []


def test_who_writes_again_after_an_erasure_is_not_forgotten_and_is_told_again_who_we_are(store: Database, ledger: Book) -> None:
    conversation, person = hold(ledger, "un")
    promise(store, conversation, ERASE, NOW)
    keep_promises(store, NOW, conversation)
    ledger.accept(TELEGRAM, [written("2", "encore moi")])
    ledger.release(person, ME)
    again = lease_one(ledger)
    assert next_message(ledger, again).conversation != conversation
    assert not again.welcomed


def test_the_answer_that_tells_of_an_erasure_does_not_make_her_known_again(store: Database, ledger: Book) -> None:
    conversation, person = hold(ledger)
    ledger.accept(TELEGRAM, [written("2", "effacez mes données")])
    message = next_message(ledger, person)
    promise(store, conversation, ERASE, NOW)
    keep_promises(store, NOW, conversation)
    answer(ledger, person, "C'est effacé.", message=message)
    send(ledger, person)
    ledger.accept(TELEGRAM, [written("3", "encore moi")])
    ledger.release(person, ME)
    assert not lease_one(ledger).welcomed


# --- staff erases ----------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [REPLY_WAITING, REPLY_LEAVING, REPLY_FAILED, REPLY_UNCERTAIN])
def test_when_staff_erases_nothing_that_waits_is_answered_or_sent(store: Database, ledger: Book, clock: Clock, status: str) -> None:
    turn(store, talk(ledger, "un", "deux"), f"écrivez à {ADDRESS}")
    set_replies(store, status)
    ledger.accept(TELEGRAM, [written("2", SECRET)])
    clock.advance(LEASE)
    assert done(rehearse(store, ADDRESS, clock())) == done(erase(store, ADDRESS, clock()))
    assert rows(store, channel_people) == rows(store, channel_replies) == []
    assert {(row.text, row.context, row.status, row.person_id) for row in rows(store, channel_messages)} == {
        (None, None, MESSAGE_DONE, None)
    }
    assert lease(ledger) == []


@pytest.mark.parametrize("address", [ADDRESS, ADDRESS.upper()])
@pytest.mark.parametrize("place", ["message", "reply", "failed reply"])
def test_an_address_is_found_also_where_it_only_waits(store: Database, ledger: Book, clock: Clock, place: str, address: str) -> None:
    if place == "message":
        ledger.accept(TELEGRAM, [written("1", f"écrivez à {address}")])
    else:
        talk(ledger, "un", f"Vous dites :\n{address}")
        set_replies(store, REPLY_WAITING if place == "reply" else REPLY_FAILED)
    ledger.accept(TELEGRAM, [written("b", f"et b{ADDRESS}, {ADDRESS}.example", sender="ben")])
    clock.advance(LEASE)
    counts = done(erase(store, ADDRESS, clock()))
    assert counts == {"channel_people": 1} | ({"channel_messages": 1} if place == "message" else {"channel_replies": 2})
    assert only(store, channel_people)["person"] == SEAL.digest(TELEGRAM, "person", "ben")
    assert [row.text is None for row in rows(store, channel_messages)] == [True, False]
    assert rows(store, channel_replies) == []


def test_what_is_answered_just_when_staff_erases_is_erased_too(store: Database, ledger: Book, clock: Clock) -> None:
    """The assistant is at work on her first message: what it writes comes after the erasure."""
    ledger.accept(TELEGRAM, [written("1", f"écrivez à {ADDRESS}")])
    person = lease_one(ledger)
    message = next_message(ledger, person)
    erase(store, ADDRESS, clock())
    turn(store, message.conversation, SECRET)
    answer(ledger, person, "un", message=message)
    ledger.release(person, ME)
    assert rows(store, channel_people) == rows(store, channel_replies) == []
    (kept,) = keep_promises(store, clock())
    assert kept.counts["turns"] == 1
    assert rows(store, turns) == []


def test_whose_message_was_dropped_as_too_old_does_not_lose_her_conversation(store: Database, ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    message = next_message(ledger, person)
    clock.advance(timedelta(days=31))
    ledger.accept(TELEGRAM, [written("2")])
    ledger.renew(ME)
    purge(store, clock(), 30)
    answer(ledger, person, "trop tard", message=message)
    assert keep_promises(store, clock()) == rows(store, channel_replies) == []
    assert next_message(ledger, person).conversation == message.conversation


def test_who_is_being_served_is_deleted_by_her_worker(store: Database, ledger: Book) -> None:
    conversation, person = hold(ledger, "un")
    turn(store, conversation, f"écrivez à {ADDRESS}")
    ledger.accept(TELEGRAM, [written("2", "et le budget ?")])
    with store.begin() as connection:
        connection.execute(update(channel_people).values(offered=[SECRET]))
    assert done(erase(store, ADDRESS, NOW)) == {"channel_people": 1, "channel_messages": 1, "channel_replies": 1}
    left = only(store, channel_people)
    assert (left["id"], left["conversation"], left["offered"]) == (person.id, None, None)
    assert ledger.next_reply(person) is ledger.next_message(person) is None
    ledger.release(person, ME)
    assert rows(store, channel_people) == []


def test_others_keep_what_they_have(store: Database, ledger: Book, clock: Clock) -> None:
    turn(store, talk(ledger, "un"), f"écrivez à {ADDRESS}")
    other = talk(ledger, "autre", sender="ben", ident="b")
    ledger.accept(TELEGRAM, [written("c", "suite", sender="ben")])
    clock.advance(LEASE)
    erase(store, ADDRESS, clock())
    assert only(store, channel_people)["conversation"] == other
    assert only(store, channel_replies)["body"] == {"text": "autre"}
    assert [row.text for row in rows(store, channel_messages)][-1] == "suite"


@pytest.mark.parametrize("typed", [ADDRESS, "AWA@Commune.Example", f"  {ADDRESS} "])
@pytest.mark.parametrize("served", [True, False], ids=["answered", "never served"])
def test_an_address_is_erased_with_what_the_mail_channel_holds_of_it(
    store: Database, ledger: Book, clock: Clock, typed: str, served: bool
) -> None:
    if served:
        turn(store, talk(ledger, "un", sender=ADDRESS, channel=MAIL))
    else:
        ledger.accept(MAIL, [written("1", SECRET, sender=ADDRESS)])
    ledger.accept(MAIL, [written("b", sender="ben@commune.example")])
    ledger.accept(TELEGRAM, [written("t", sender=ADDRESS)])
    clock.advance(LEASE)
    counts = erase(store, typed, clock(), people=known_as(store, SEAL, typed))
    assert counts["turns"] == int(served)
    assert [row.channel for row in rows(store, channel_people)] == [MAIL, TELEGRAM]
    assert [row.text for row in rows(store, channel_messages)] == [None, "bonjour", "bonjour"]


@pytest.mark.parametrize(
    ("author", "reply", "known"),
    [
        (ADDRESS, ADDRESS, True),
        (ADDRESS, "service@commune.example", True),
        ("ben@commune.example", ADDRESS, True),
        ("ben@commune.example", "service@commune.example", False),
        ("ben@commune.example", "ben@commune.example", False),
    ],
    ids=["at home", "answered elsewhere", "answered there", "others", "another"],
)
def test_an_address_is_known_also_when_answers_go_elsewhere(store: Database, ledger: Book, author: str, reply: str, known: bool) -> None:
    """As bot.channels.mail_reading names senders."""
    sender = reply if author == reply else f"{reply} {author}"
    ledger.accept(MAIL, [replace(written("1", sender=sender), address={"email": reply})])
    assert known_as(store, SEAL, ADDRESS) == (frozenset([SEAL.digest(MAIL, "person", sender)]) if known else frozenset())
    assert known_as(store, Seal("another key"), ADDRESS) == frozenset()


@pytest.mark.parametrize("key", ["CIC-2026-7K4M9Q", "awa@", ""])
def test_what_is_no_address_is_known_to_no_mail_channel(store: Database, key: str) -> None:
    assert known_as(store, SEAL, key) == frozenset()


def test_the_review_erases_what_the_mail_channel_holds_of_an_address(store: Database, ledger: Book, clock: Clock, tmp_path: Path) -> None:
    turn(store, talk(ledger, "un", sender=ADDRESS, channel=MAIL))
    clock.advance(LEASE)
    keeping = Keeping(
        store, sample_settings(tmp_path, secret_key="k"), Journal(store, clock), clock, lambda key: known_as(store, SEAL, key)
    )
    expected = {"channel_people": 1, "channel_replies": 1}
    assert done(keeping.would_erase(ADDRESS)) == expected
    assert len(rows(store, channel_people)) == 1
    assert done(keeping.erase(ADDRESS, "Ines")) == expected
    assert rows(store, channel_people) == []


def test_the_proof_says_how_many_of_each_table_and_nothing_else(store: Database, ledger: Book, clock: Clock) -> None:
    turn(store, talk(ledger, "un", "deux"), ADDRESS)
    ledger.accept(TELEGRAM, [written("2", SECRET)])
    clock.advance(LEASE)
    erase(store, ADDRESS, clock())
    proof = only(store, erasures)["counts"]
    assert done(proof) == {"channel_people": 1, "channel_messages": 1, "channel_replies": 2}
    assert {proof[name] for name in (FORWARDED, NOTICES)} == {0}
    assert SECRET not in json.dumps(proof)


# --- masking ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("before", "after"),
    [(REPLY_FAILED, REPLY_FAILED), (REPLY_UNCERTAIN, REPLY_UNCERTAIN), (REPLY_WAITING, REPLY_FAILED), (REPLY_LEAVING, REPLY_LEAVING)],
)
def test_masking_drops_what_is_left_of_answers(store: Database, ledger: Book, clock: Clock, before: str, after: str) -> None:
    conversation = talk(ledger, f"Nom : {SECRET}")
    set_replies(store, before)
    promise(store, conversation, MASK, clock())
    (kept,) = keep_promises(store, clock())
    assert done(kept.counts) == {"channel_replies": 1}
    reply = only(store, channel_replies)
    assert (reply["body"], reply["context"], reply["status"]) == (None, None, after)
    assert bool(reply["last_error"]) == (before == REPLY_WAITING)
    assert only(store, channel_people)["conversation"] == conversation


def test_masking_leaves_what_was_answered_since_and_what_others_were_answered(store: Database, ledger: Book, clock: Clock) -> None:
    conversation = talk(ledger, f"Nom : {SECRET}")
    talk(ledger, "autre", sender="ben", ident="b")
    promise(store, conversation, MASK, clock())
    clock.advance(LEASE)
    ledger.accept(TELEGRAM, [written("2")])
    (person,) = (person for person in lease(ledger) if person.name == SEAL.digest(TELEGRAM, "person", "awa")[:SHOWN])
    answer(ledger, person, "ensuite")
    keep_promises(store, clock())
    assert [row.body for row in rows(store, channel_replies)] == [None, {"text": "autre"}, {"text": "ensuite"}]


@pytest.mark.parametrize("again", [True, False], ids=["the channel repeats", "it does not"])
def test_what_was_masked_on_its_way_is_not_sent_again(store: Database, ledger: Book, clock: Clock, again: bool) -> None:
    conversation = talk(ledger, f"Nom : {SECRET}")
    set_replies(store, REPLY_LEAVING)
    promise(store, conversation, MASK, clock())
    keep_promises(store, clock())
    clock.advance(LEASE)
    person = lease_one(ledger)
    ledger.settle_broken_off(person, again)
    assert only(store, channel_replies)["status"] == (REPLY_FAILED if again else REPLY_UNCERTAIN)
    assert ledger.next_reply(person) is None


def test_what_was_masked_while_it_was_being_sent_does_not_wait_to_be_sent_again(store: Database, ledger: Book, clock: Clock) -> None:
    conversation, person = hold(ledger, f"Nom : {SECRET}")
    reply = ledger.next_reply(person)
    assert reply
    ledger.leaving(person, reply)
    promise(store, conversation, MASK, clock())
    keep_promises(store, clock())
    ledger.not_sent(reply, REPLY_WAITING, "429")
    assert only(store, channel_replies)["status"] == REPLY_FAILED


# --- the retention ---------------------------------------------------------------------------------


def test_a_purge_takes_what_is_older_than_the_retention_and_nothing_else(store: Database, ledger: Book, clock: Clock) -> None:
    clock.now = NOW - timedelta(days=31)
    talk(ledger, "un", "deux")
    talk(ledger, "autre", sender="ben", ident="b")
    clock.now = NOW - timedelta(days=29)
    ledger.accept(TELEGRAM, [written("c", "encore", sender="ben")])
    assert done(purge(store, NOW, 30)) == {"channel_people": 1, "channel_messages": 2, "channel_replies": 3}
    assert only(store, channel_people)["person"] == SEAL.digest(TELEGRAM, "person", "ben")
    assert only(store, channel_messages)["text"] == "encore"
    assert rows(store, channel_replies) == []
    assert done(purge(store, NOW, 30)) == {}


def test_what_is_delivered_again_within_a_month_is_known_however_short_the_retention(store: Database, ledger: Book, clock: Clock) -> None:
    talk(ledger, "un")
    clock.advance(timedelta(days=3))
    purge(store, clock(), 1)
    assert rows(store, channel_people) == rows(store, channel_replies) == []
    left = only(store, channel_messages)
    assert (left["person_id"], left["sender"], left["text"], left["context"]) == (None, None, None, None)
    assert ledger.accept(TELEGRAM, [written("1")]).new == 0


@pytest.mark.parametrize("status", [REPLY_FAILED, REPLY_UNCERTAIN, REPLY_WAITING])
def test_what_cannot_be_sent_again_any_more_is_blanked_after_a_week(store: Database, ledger: Book, clock: Clock, status: str) -> None:
    talk(ledger, "un")
    set_replies(store, status)
    purge(store, NOW + timedelta(days=7) - timedelta(seconds=1), 30)
    assert only(store, channel_replies)["body"] == {"text": "un"}
    purge(store, NOW + timedelta(days=7), 30)
    reply = only(store, channel_replies)
    assert reply["status"] == status
    assert (reply["body"] is None, reply["context"] is None) == (status != REPLY_WAITING, status != REPLY_WAITING)


def test_who_sent_a_message_is_known_by_it_for_a_day(store: Database, ledger: Book) -> None:
    talk(ledger, "un")
    purge(store, NOW + timedelta(days=1), 30)
    assert only(store, channel_messages)["sender"] == SEAL.digest(TELEGRAM, "person", "awa")
    purge(store, NOW + timedelta(days=1, seconds=1), 30)
    assert only(store, channel_messages)["sender"] is None


def test_the_address_goes_also_when_a_reviewer_keeps_the_conversation(store: Database, ledger: Book, clock: Clock) -> None:
    clock.now = NOW - timedelta(days=31)
    keep(store, talk(ledger, "un"), clock())
    purge(store, NOW, 30)
    assert rows(store, channel_people) == rows(store, channel_messages) == rows(store, channel_replies) == []
    with store.read() as connection:
        assert connection.execute(select(conversations.c.kept_reason)).scalar() == "une plainte"


def keep(database: Database, conversation: str, at: datetime) -> None:
    row = {"conversation": conversation, "channel": "telegram", "first_at": at, "last_at": at, "exchanges": 1, "outcome": "repondu"}
    row |= {"unknown": 0, "thumbs_up": 0, "thumbs_down": 0, "priority": 4, "kept_reason": "une plainte", "kept_by": "Ines", "kept_at": at}
    with database.begin() as connection:
        connection.execute(insert(conversations).values(**row, kept_until=NOW + timedelta(days=9)))


def test_what_waited_for_longer_than_the_retention_goes_too(store: Database, ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1", SECRET)])
    assert only(store, channel_messages)["status"] == MESSAGE_WAITING
    purge(store, NOW + timedelta(days=31), 30)
    assert rows(store, channel_messages) == rows(store, channel_people) == []


# --- no trace in the file --------------------------------------------------------------------------


def found(folder: Path, *traces: bytes) -> list[bytes]:
    files = [path.read_bytes() for path in folder.glob("cic.sqlite*")]
    return [trace for trace in traces if any(trace in content for content in files)]


@pytest.mark.parametrize("way", ["promise", "released", "address", "purge", "mask"])
def test_no_byte_is_left_of_what_the_channels_held(database: Database, tmp_path: Path, way: str) -> None:
    """Among many others, whose rows SQLite moves when some go."""
    clock, rng = Clock(), Random(7)
    ledger = ledger_of(database, clock, limit=1000)
    fill(database, ledger, rng)
    ledger.accept(TELEGRAM, [written("hers", SECRET, sender="awa", context={"t": SECRET})])
    conversation = answer(
        ledger, lease_one(ledger), *(f"réponse à {SECRET} {number} {'x' * 400 * number}" for number in range(4))
    ).conversation
    set_replies(database, REPLY_FAILED)
    with database.begin() as connection:
        connection.execute(update(channel_people).where(channel_people.c.conversation == conversation).values(offered=[f"{SECRET} choix"]))
    (sealed,) = (bytes(row.address) for row in rows(database, channel_people) if row.conversation == conversation)
    assert found(tmp_path, SECRET.encode(), sealed) == [SECRET.encode(), sealed]
    clock.advance(LEASE)
    forget(database, ledger, clock, conversation, way)
    assert found(tmp_path, f"réponse à {SECRET}".encode(), *([SECRET.encode(), sealed] if way != "mask" else [])) == []
    assert found(tmp_path, b"Exemple") == ([] if way == "purge" else [b"Exemple"])


def fill(database: Database, ledger: Book, rng: Random) -> None:
    """Others, whose replies have failed and whose last messages wait."""
    people = [f"p{number}" for number in range(30)]
    ledger.accept(TELEGRAM, [written(f"1 {person}", "Exemple", sender=person) for person in people])
    for row in rows(database, channel_messages):
        body = {"text": f"Exemple {'x' * rng.randint(0, 1500)}"}
        told = {"channel": TELEGRAM, "message_id": row.id, "person_id": row.person_id, "status": REPLY_FAILED, "created_at": NOW}
        with database.begin() as connection:
            connection.execute(insert(channel_replies), [told | {"part": part, "body": body} for part in range(3)])
    with database.begin() as connection:
        connection.execute(update(channel_people).values(due_at=None))


def forget(database: Database, ledger: Book, clock: Clock, conversation: str, way: str) -> None:
    """Forget her in one of the ways."""
    if way == "purge":
        purge(database, NOW + timedelta(days=31), 30)
    elif way == "address":
        ledger.accept(TELEGRAM, [written("waiting", f"{SECRET} attend", sender="awa", context={"t": SECRET})])
        turn(database, conversation, ADDRESS)
        erase(database, ADDRESS, clock())
    elif way == "released":
        ledger.accept(TELEGRAM, [written("asking", f"effacez {SECRET}", sender="awa")])
        person = lease_one(ledger)
        message = next_message(ledger, person)
        promise(database, conversation, ERASE, clock())
        keep_promises(database, clock())
        answer(ledger, person, f"La demande de {SECRET} est effacée.", message=message)
        reply = ledger.next_reply(person)
        assert reply
        ledger.not_sent(reply, REPLY_FAILED, "403")
        ledger.release(person, ME)
        database.flush_log()
    else:
        promise(database, conversation, MASK if way == "mask" else ERASE, clock())
        keep_promises(database, clock())


# --- what is told ----------------------------------------------------------------------------------


def test_who_asks_is_told_whether_the_address_of_an_account_is_kept(store: Database, ledger: Book, clock: Clock, tmp_path: Path) -> None:
    records = Records(store, sample_settings(tmp_path), clock)
    conversation = talk(ledger, "un")
    assert (records.of(conversation).account, records.of("of the site").account) == (True, False)


def test_the_longest_lease_is_longer_than_a_lease() -> None:
    assert channels.LONGEST_LEASE >= 2 * LEASE
