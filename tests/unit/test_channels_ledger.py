"""What came in and what is to go out, on both databases: each message once, each person by one worker at a time, in order."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

import pytest
from sample_channels import ME, OTHER, SEAL, Book, answer, lease, lease_one, ledger_of, next_message, only, rows, send, written
from sample_request import NOW, Clock

from bot.channels import arrivals as module
from bot.channels.arrivals import CHARACTERS, Accepted
from bot.channels.ledger import OFFERED
from bot.channels.model import MAIL, SMS, TELEGRAM, Failure, Kind
from bot.channels.overview import retry
from bot.channels.rows import LEASE, LostLeaseError
from bot.channels.seal import SHOWN, Seal
from bot.errors import StorageError
from bot.privacy.channels import erase_people
from bot.storage import (
    MESSAGE_DONE,
    MESSAGE_FAILED,
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
    forgetting,
)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def ledger(store: Database, clock: Clock) -> Book:
    return ledger_of(store, clock)


def digest(*parts: str) -> str:
    return SEAL.digest(TELEGRAM, *parts)


def statuses(database: Database) -> list[str]:
    return [row.status for row in rows(database, channel_replies)]


# --- what comes in ---------------------------------------------------------------------------------


def test_a_message_that_comes_again_is_known_and_not_taken_again(ledger: Book, store: Database) -> None:
    assert ledger.accept(TELEGRAM, [written("1")]) == Accepted(1, 0, (digest("person", "awa")[:SHOWN],))
    assert ledger.accept(TELEGRAM, [written("1")]) == Accepted(0, 1)
    assert ledger.accept(TELEGRAM, [written("1"), written("2"), written("2")]) == Accepted(1, 2, (digest("person", "awa")[:SHOWN],))
    assert len(rows(store, channel_messages)) == 2


def test_a_message_that_was_answered_is_still_known(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "bonsoir")
    send(ledger, person)
    ledger.release(person, ME)
    assert ledger.accept(TELEGRAM, [written("1")]).new == 0
    assert lease(ledger) == []


def test_the_same_id_on_another_channel_is_another_message_of_another_person(ledger: Book, store: Database) -> None:
    assert ledger.accept(TELEGRAM, [written("1")]).new == ledger.accept(MAIL, [written("1")]).new == 1
    assert len(rows(store, channel_people)) == 2


def test_nothing_in_the_tables_says_in_clear_who_wrote(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("ident-42", sender="compte-42", context={"thread": "fil-42"})])
    stored = repr([rows(store, channel_people), rows(store, channel_messages)])
    assert not [word for word in ("ident-42", "compte-42", "fil-42", "adresse") if word in stored]


def test_when_one_message_cannot_be_stored_none_of_the_delivery_is(ledger: Book, store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    real, calls = module._insert_once, []

    def fail_late(connection: Any, target: Any, row: Any) -> bool:
        calls.append(target)
        if calls.count(channel_messages) == 2:
            raise RuntimeError("no space")
        return real(connection, target, row)

    monkeypatch.setattr(module, "_insert_once", fail_late)
    with pytest.raises(RuntimeError):
        ledger.accept(TELEGRAM, [written("1"), written("2")])
    monkeypatch.undo()
    assert rows(store, channel_messages) == rows(store, channel_people) == []
    assert ledger.accept(TELEGRAM, [written("1"), written("2")]).new == 2


@pytest.mark.parametrize(
    ("message", "taken_as", "text"),
    [
        (written("1", " Le  budget ? "), Kind.TEXT, "Le budget ?"),
        (written("1", " \u200b "), Kind.MEDIA, None),
        (written("1", "x" * CHARACTERS), Kind.TEXT, "x" * CHARACTERS),
        (written("1", "x" * (CHARACTERS + 1)), Kind.LONG, None),
        (written("1", "une légende", kind=Kind.MEDIA), Kind.MEDIA, None),
        (written("1", "/start", kind=Kind.START), Kind.START, None),
    ],
    ids=["text", "nothing to see", "as long as may be", "too long", "media", "start"],
)
def test_of_a_message_only_what_is_read_is_kept(ledger: Book, store: Database, message: Any, taken_as: Kind, text: str | None) -> None:
    ledger.accept(TELEGRAM, [message])
    row = only(store, channel_messages)
    assert (row["kind"], row["text"]) == (taken_as.value, text)


def at_once(*works: Callable[[], Any]) -> list[Any]:
    """Do all of it in threads that begin together."""
    gate = threading.Barrier(len(works))

    def begin(work: Callable[[], Any]) -> Any:
        gate.wait()
        return work()

    with ThreadPoolExecutor(len(works)) as pool:
        return [future.result() for future in [pool.submit(begin, work) for work in works]]


def test_the_same_message_delivered_at_once_is_taken_once(ledger: Book, store: Database) -> None:
    for number in range(10):
        found = at_once(*[lambda number=number: ledger.accept(TELEGRAM, [written(str(number))])] * 4)
        assert sum(accepted.new for accepted in found) == 1
        assert sum(accepted.known for accepted in found) == 3
    assert len(rows(store, channel_messages)) == 10
    assert len(rows(store, channel_people)) == 1


def test_batches_of_the_same_people_in_other_orders_do_not_wait_for_each_other(ledger: Book, store: Database) -> None:
    for number in range(10):
        one = [written(f"a{number}", sender="awa"), written(f"b{number}", sender="ben")]
        two = [written(f"c{number}", sender="ben"), written(f"d{number}", sender="awa")]
        found = at_once(lambda one=one: ledger.accept(TELEGRAM, one), lambda two=two: ledger.accept(TELEGRAM, two))
        assert [accepted.new for accepted in found] == [2, 2]


# --- limits ----------------------------------------------------------------------------------------


def test_the_first_message_too_many_is_answered_by_a_sentence_and_the_others_by_nothing(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock, limit=3)
    ledger.accept(TELEGRAM, [written(str(number)) for number in range(6)])
    kept = [(row.kind, row.status, row.text) for row in rows(store, channel_messages)]
    many = Kind.MANY.value
    assert kept[:3] == [(Kind.TEXT.value, MESSAGE_WAITING, "bonjour")] * 3
    assert kept[3:] == [(many, MESSAGE_WAITING, None), (many, MESSAGE_DONE, None), (many, MESSAGE_DONE, None)]
    assert [row.context is None for row in rows(store, channel_messages)] == [False] * 4 + [True] * 2


def test_who_has_herself_forgotten_is_limited_as_before(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock, limit=2)
    ledger.accept(TELEGRAM, [written("1"), written("2")])
    with store.begin() as connection:
        erase_people(connection, (), clock(), people=[digest("person", "awa")])
    ledger.accept(TELEGRAM, [written("3")])
    assert rows(store, channel_messages)[-1].kind == Kind.MANY.value


def test_where_each_answer_costs_a_person_is_read_so_often_in_a_day(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock, limit=1000)
    ledger.accept(SMS, [written(str(number), sender="+1") for number in range(module.DAILY[SMS])])
    ledger.accept(SMS, [written("over", sender="+1"), written("again", sender="+1"), written("other", sender="+2")])
    assert [row.kind for row in rows(store, channel_messages)].count(Kind.TEXT.value) == module.DAILY[SMS] + 1
    assert [row.status for row in rows(store, channel_messages) if row.kind == Kind.DAY.value] == [MESSAGE_WAITING, MESSAGE_DONE]
    clock.advance(timedelta(days=1))
    ledger.accept(SMS, [written("next day", sender="+1")])
    assert rows(store, channel_messages)[-1].kind == Kind.TEXT.value


def test_what_was_sent_long_ago_is_not_taken(ledger: Book, store: Database) -> None:
    assert ledger.accept(TELEGRAM, [written("1", sent_at=NOW - timedelta(days=8))]) == Accepted(0, 1)
    assert rows(store, channel_messages) == rows(store, channel_people) == []


def test_text_that_takes_long_to_clean_is_not_cleaned(ledger: Book, store: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "clean", lambda text: pytest.fail(f"{len(text)} characters are cleaned"))
    ledger.accept(TELEGRAM, [written("1", "e" + "\u0301\u0327" * 2 * CHARACTERS)])
    assert only(store, channel_messages)["kind"] == Kind.LONG.value


def test_a_limit_is_of_one_person_and_of_one_minute(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock, limit=1)
    ledger.accept(TELEGRAM, [written("1"), written("2", sender="ben")])
    clock.advance(timedelta(seconds=61))
    ledger.accept(TELEGRAM, [written("3")])
    assert [row.kind for row in rows(store, channel_messages)] == [Kind.TEXT.value] * 3


# --- who is served ---------------------------------------------------------------------------------


def test_a_person_is_served_by_one_worker_only(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2", sender="ben")])
    assert len(lease(ledger)) == 2
    assert lease(ledger, OTHER) == []


def test_workers_that_look_at_once_never_take_the_same_person(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written(str(number), sender=f"p{number}") for number in range(20)])
    looks = [lambda number=number: ledger.lease(f"w{number}", 6, [TELEGRAM]) for number in range(4)]
    taken = [person.id for people in at_once(*looks) for person in people]
    taken += [person.id for person in ledger.lease("last", 20, [TELEGRAM])]
    assert len(taken) == len(set(taken)) == 20


def test_only_channels_that_are_on_are_served(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    assert ledger.lease(ME, 10, [MAIL]) == []
    assert len(ledger.lease(ME, 10, [TELEGRAM])) == 1


def test_a_lease_that_is_not_renewed_runs_out(ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    lease_one(ledger)
    clock.advance(LEASE - timedelta(seconds=1))
    ledger.renew(ME)
    clock.advance(LEASE - timedelta(seconds=1))
    assert lease(ledger, OTHER) == []
    clock.advance(timedelta(seconds=1))
    assert len(lease(ledger, OTHER)) == 1


def test_a_lease_from_before_the_clock_was_set_back_binds_nobody(ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    clock.advance(timedelta(days=1))
    lease_one(ledger)
    clock.now = NOW + timedelta(seconds=1)
    assert len(lease(ledger, OTHER)) == 1


def test_who_was_due_before_the_clock_was_set_back_is_served_and_then_waits_as_usual(ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    clock.now = NOW - timedelta(hours=1)
    ledger.postpone(lease_one(ledger), ME, timedelta(seconds=30))
    assert lease(ledger) == []
    clock.advance(timedelta(seconds=30))
    assert len(lease(ledger)) == 1


def test_who_is_due_further_ahead_than_anything_waits_is_served(ledger: Book, store: Database, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    clock.advance(timedelta(days=3))
    ledger.postpone(lease_one(ledger), ME, timedelta())
    clock.now = NOW + timedelta(hours=1)
    assert len(lease(ledger)) == 1


def test_what_was_received_before_the_clock_was_set_back_does_not_count_against_the_limit(store: Database, clock: Clock) -> None:
    ledger = ledger_of(store, clock, limit=2)
    ledger.accept(TELEGRAM, [written("1"), written("2")])
    clock.now = NOW - timedelta(hours=1)
    ledger.accept(TELEGRAM, [written("3")])
    assert rows(store, channel_messages)[-1].kind == Kind.TEXT.value


def test_a_worker_does_not_take_again_whom_it_serves_though_its_lease_ran_out(ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2", sender="ben")])
    served, _ = lease(ledger)
    clock.advance(LEASE)
    assert served.id not in [person.id for person in ledger.lease(ME, 10, [TELEGRAM], [served.id])]
    assert [person.id for person in ledger.lease(OTHER, 10, [TELEGRAM])] == [served.id]


def test_a_worker_that_ends_gives_its_own_people_back_at_once(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    hers = lease_one(ledger)
    ledger.accept(TELEGRAM, [written("2", sender="ben")])
    lease_one(ledger, OTHER)
    ledger.let_go(ME)
    assert [person.id for person in lease(ledger)] == [hers.id]


Work = Callable[[Book, Any, Any, Any], Any]
LATE: dict[str, Work] = {
    "answered": lambda ledger, person, message, _: ledger.answered(person, message, [{"text": "trop tard"}], ["trop tard"], True),
    "leaving": lambda ledger, person, _, reply: ledger.leaving(person, reply),
    "next_message": lambda ledger, person, *_: ledger.next_message(person),
    "give_up_message": lambda ledger, person, message, _: ledger.give_up_message(person, message),
    "settle_broken_off": lambda ledger, person, *_: ledger.settle_broken_off(person, False),
}


@pytest.mark.parametrize("name", LATE)
def test_who_lost_the_lease_writes_nothing_any_more(ledger: Book, store: Database, clock: Clock, name: str) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2")])
    person = lease_one(ledger)
    answer(ledger, person, "un", "deux")
    message, reply = next_message(ledger, person), ledger.next_reply(person)
    assert reply
    if name == "settle_broken_off":
        ledger.leaving(person, reply)
    clock.advance(LEASE)
    lease_one(ledger, OTHER)
    before = [rows(store, table) for table in (channel_people, channel_messages, channel_replies)]
    with pytest.raises(LostLeaseError):
        LATE[name](ledger, person, message, reply)
    assert [rows(store, table) for table in (channel_people, channel_messages, channel_replies)] == before


def test_whose_part_is_on_its_way_stays_due(ledger: Book, store: Database, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un")
    reply = ledger.next_reply(person)
    assert reply
    ledger.leaving(person, reply)
    ledger.release(person, ME)
    again = lease_one(ledger)
    assert ledger.settle_broken_off(again, False) == [reply.id]


def test_who_lost_the_lease_gives_nobody_back(ledger: Book, store: Database, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    clock.advance(LEASE)
    lease_one(ledger, OTHER)
    ledger.release(person, ME)
    ledger.postpone(person, ME, timedelta(hours=1))
    assert only(store, channel_people)["lease_owner"] == OTHER


def test_who_is_postponed_is_due_later_and_counts_attempts(ledger: Book, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    ledger.postpone(lease_one(ledger), ME, timedelta(seconds=10))
    assert lease(ledger) == []
    clock.advance(timedelta(seconds=10))
    person = lease_one(ledger)
    assert person.attempts == 1
    ledger.postpone(person, ME, timedelta(), failed=False)
    assert lease_one(ledger).attempts == 1


def test_a_message_does_not_make_who_is_postponed_due_sooner(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    ledger.postpone(lease_one(ledger), ME, timedelta(seconds=10))
    ledger.accept(TELEGRAM, [written("2")])
    assert lease(ledger) == []


def test_what_came_in_while_a_person_was_served_stays_due(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "bonsoir")
    send(ledger, person)
    ledger.accept(TELEGRAM, [written("2")])
    ledger.release(person, ME)
    assert next_message(ledger, lease_one(ledger)).key == digest("message", "2")


def test_nothing_is_lost_between_accepting_and_releasing(store: Database, clock: Clock) -> None:
    """A worker that finds nothing left gives the person back just when another message of hers comes in."""
    ledger = ledger_of(store, clock, limit=100)
    for number in range(20):
        ledger.accept(TELEGRAM, [written(f"first {number}")])
        person = lease_one(ledger)
        answer(ledger, person)
        at_once(
            lambda person=person: ledger.release(person, ME),
            lambda number=number: ledger.accept(TELEGRAM, [written(f"second {number}")]),
        )
        person = lease_one(ledger)
        answer(ledger, person)
        ledger.release(person, ME)
    assert {row.status for row in rows(store, channel_messages)} == {MESSAGE_DONE}


def test_who_is_forgotten_just_when_she_writes_again_is_a_new_person(
    ledger: Book, store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On PostgreSQL her row may go between the two statements that find it; here it goes by the same transaction."""
    real, gone = module._insert_once, []

    def forgotten(connection: Any, target: Any, row: Any) -> bool:
        done = real(connection, target, row)
        if target is channel_people and not gone:
            gone.append(connection.execute(channel_people.delete()).rowcount)
        return done

    monkeypatch.setattr(module, "_insert_once", forgotten)
    assert ledger.accept(TELEGRAM, [written("2")]).new == 1
    assert gone == [1]
    assert next_message(ledger, lease_one(ledger)).key == digest("message", "2")


# --- what is done for a person ---------------------------------------------------------------------


def test_messages_are_answered_in_the_order_in_which_they_were_sent(ledger: Book) -> None:
    late, early = NOW - timedelta(seconds=5), NOW - timedelta(seconds=9)
    ledger.accept(TELEGRAM, [written("late", "deux", sent_at=late)])
    ledger.accept(TELEGRAM, [written("early", "un", sent_at=early), written("same", "trois", sent_at=late)])
    person = lease_one(ledger)
    said = []
    for _ in range(3):
        said.append(next_message(ledger, person).text)
        answer(ledger, person)
    assert said == ["un", "deux", "trois"]
    assert ledger.next_message(person) is None


def test_a_conversation_begins_once_and_goes_on(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2"), written("3", sender="ben")])
    one, other = sorted(lease(ledger), key=lambda person: person.name != digest("person", "awa")[:SHOWN])
    first = next_message(ledger, one).conversation
    assert next_message(ledger, one).conversation == first
    answer(ledger, one)
    assert next_message(ledger, one).conversation == first
    assert next_message(ledger, other).conversation != first


def test_the_address_is_that_of_the_last_message_and_the_context_that_of_its_own(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1", context={"thread": "a"}, in_group=True)])
    message = written("2", context={"thread": "b"})
    ledger.accept(TELEGRAM, [type(message)(**{**vars(message), "address": {"chat": "nouvelle"}})])
    person = lease_one(ledger)
    assert person.address == {"chat": "nouvelle"}
    assert next_message(ledger, person).context == {"thread": "a", "group": True}
    answer(ledger, person, "oui")
    reply = ledger.next_reply(person)
    assert reply
    assert reply.context["thread"] == "a"


def test_an_answer_leaves_in_order_part_by_part_under_keys_that_stay(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2")])
    person = lease_one(ledger)
    answer(ledger, person, "un", "deux")
    answer(ledger, person, "trois")
    first = ledger.next_reply(person)
    assert first
    assert first == ledger.next_reply(person)
    assert [send(ledger, person) for _ in range(3)] == ["un", "deux", "trois"]
    assert ledger.next_reply(person) is None
    assert statuses(store) == [REPLY_SENT] * 3


def test_what_was_written_is_blanked_once_answered_and_what_was_answered_once_sent(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1", context={"thread": "a"})])
    person = lease_one(ledger)
    answer(ledger, person, "bonsoir")
    message = only(store, channel_messages)
    assert (message["text"], message["context"], message["status"]) == (None, None, MESSAGE_DONE)
    send(ledger, person, "their id")
    reply = only(store, channel_replies)
    assert (reply["body"], reply["context"], reply["last_error"]) == (None, None, None)
    assert reply["platform_key"] == digest("reply", "their id")


def test_an_answer_that_comes_twice_is_stored_once(ledger: Book, store: Database) -> None:
    """Two workers may have asked for it, when the lease of one ran out."""
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    message = next_message(ledger, person)
    at_once(*[lambda: answer(ledger, person, "un", "deux", message=message)] * 2)
    assert statuses(store) == [REPLY_WAITING] * 2
    with store.read() as connection:
        assert connection.execute(forgetting.select()).all() == []  # nobody was erased


def test_a_part_is_sent_by_one_worker_only(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un")
    reply = ledger.next_reply(person)
    assert reply
    assert sorted(at_once(*[lambda: ledger.leaving(person, reply)] * 4)) == [False, False, False, True]


def test_what_may_be_chosen_by_its_number_is_that_of_the_last_answer(ledger: Book) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2")])
    person = lease_one(ledger)
    ledger.answered(person, next_message(ledger, person), [], [f"choix {number}" for number in range(OFFERED + 5)], True)
    ledger.release(person, ME)
    again = lease_one(ledger)
    assert (len(again.offered), again.welcomed) == (OFFERED, True)
    ledger.answered(again, next_message(ledger, again), [{"text": "fin"}], [], False)
    ledger.release(again, ME)
    last = lease_one(ledger)
    assert (last.offered, last.welcomed) == ((), True)


def test_a_message_that_was_given_up_is_seen_and_says_nothing(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    ledger.give_up_message(person, next_message(ledger, person))
    row = only(store, channel_messages)
    assert (row["status"], row["text"]) == (MESSAGE_FAILED, None)


# --- what goes wrong -------------------------------------------------------------------------------


@pytest.mark.parametrize(("again", "status", "told"), [(False, REPLY_UNCERTAIN, 1), (True, REPLY_WAITING, 0)], ids=["uncertain", "again"])
def test_a_part_on_its_way_when_its_worker_died_is_uncertain_unless_it_may_come_twice(
    ledger: Book, store: Database, clock: Clock, again: bool, status: str, told: int
) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un", "deux")
    reply = ledger.next_reply(person)
    assert reply
    assert ledger.leaving(person, reply)
    clock.advance(LEASE)
    person = lease_one(ledger, OTHER)
    assert len(ledger.settle_broken_off(person, again)) == told
    assert statuses(store) == [status, REPLY_WAITING]
    assert send(ledger, person) == ("un" if again else "deux")


def test_what_is_not_sent_waits_or_has_failed_alone_or_with_what_is_behind_it(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1"), written("2")])
    person = lease_one(ledger)
    answer(ledger, person, "un", "deux", "trois")
    answer(ledger, person, "quatre")
    reply = ledger.next_reply(person)
    assert reply
    assert ledger.leaving(person, reply)
    ledger.not_sent(reply, REPLY_WAITING, "429")
    assert ledger.next_reply(person) == reply
    ledger.not_sent(reply, REPLY_FAILED, "400")
    assert statuses(store) == [REPLY_FAILED, REPLY_WAITING, REPLY_WAITING, REPLY_WAITING]
    second = ledger.next_reply(person)
    assert second
    ledger.not_sent(second, REPLY_FAILED, "403", all_of_it=True)
    assert statuses(store) == [REPLY_FAILED, REPLY_FAILED, REPLY_FAILED, REPLY_WAITING]
    assert [row.body is None for row in rows(store, channel_replies)] == [False] * 4


def test_what_a_platform_says_later_is_noted_once_and_on_its_own_channel(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un")
    send(ledger, person, "their id")
    failure = [Failure("their id", "131026"), Failure("unknown", "1")]
    assert list(ledger.note_failures(MAIL, failure).values()) == [[], []]
    assert list(map(len, ledger.note_failures(TELEGRAM, failure).values())) == [1, 0]
    assert list(ledger.note_failures(TELEGRAM, failure).values()) == [[], []]
    reply = only(store, channel_replies)
    assert (reply["status"], "131026" in reply["last_error"]) == (REPLY_FAILED, True)


def test_who_was_sealed_with_another_key_keeps_nobody_from_being_served(
    ledger: Book, store: Database, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un")
    ledger.accept(TELEGRAM, [written("2")])
    clock.advance(LEASE)
    fresh = ledger_of(store, clock, seal=Seal("another key"))
    fresh.accept(TELEGRAM, [written("3", sender="ben")])
    served = lease_one(fresh)
    assert next_message(fresh, served).text == "bonjour"
    assert [row.status for row in rows(store, channel_messages)] == [MESSAGE_DONE, MESSAGE_FAILED, MESSAGE_WAITING]
    assert statuses(store) == [REPLY_FAILED]
    assert "CIC_SECRET_KEY" in caplog.text
    assert lease(fresh, OTHER) == []


def test_a_part_on_its_way_to_whom_another_key_has_sealed_is_uncertain(ledger: Book, store: Database, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un", "deux")
    reply = ledger.next_reply(person)
    assert reply
    ledger.leaving(person, reply)
    clock.advance(LEASE)
    assert lease(ledger_of(store, clock, seal=Seal("another key")), OTHER) == []
    assert statuses(store) == [REPLY_UNCERTAIN, REPLY_FAILED]
    assert all("CIC_SECRET_KEY" in row.last_error for row in rows(store, channel_replies))
    assert len(rows(store, channel_people)) == 1  # her conversation is to be found by it, and erased


def test_who_was_forgotten_and_is_sealed_with_another_key_goes_with_what_is_left(ledger: Book, store: Database, clock: Clock) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    answer(ledger, lease_one(ledger), "C'est effacé.")
    with store.begin() as connection:
        connection.execute(channel_people.update().values(conversation=None))
    clock.advance(LEASE)
    assert lease(ledger_of(store, clock, seal=Seal("another key")), OTHER) == rows(store, channel_people) == []
    reply = only(store, channel_replies)
    assert (reply["status"], reply["body"], reply["context"]) == (REPLY_FAILED, None, None)


def test_a_reply_that_another_worker_has_sent_is_not_about_to_be_sent(ledger: Book, store: Database) -> None:
    ledger.accept(TELEGRAM, [written("1")])
    person = lease_one(ledger)
    answer(ledger, person, "un")
    reply = ledger.next_reply(person)
    assert reply
    assert ledger.leaving(person, reply)
    assert statuses(store) == [REPLY_LEAVING]
    assert not ledger.leaving(person, reply)


# --- all at once -----------------------------------------------------------------------------------

CROWD = [f"p{number}" for number in range(6)]


class Crowd:
    """People who write, workers who serve them, staff who erase them, all at once on one database, for so many seconds."""

    def __init__(self, ledger: Book, database: Database, seconds: float) -> None:
        self.ledger, self.database = ledger, database
        self.until = time.monotonic() + seconds
        self.done: Counter[str] = Counter()
        self.refused: list[str] = []

    def run(self) -> None:
        at_once(*(partial(self._again, work, Random(place)) for place, work in enumerate(self._works())))

    def _works(self) -> list[Callable[[Random], None]]:
        workers = (partial(self._serve, owner) for owner in (ME, OTHER))
        return [self._write, self._write, self._erase, *workers, self._retry, self._retry]

    def _again(self, work: Callable[[Random], None], rng: Random) -> None:
        while time.monotonic() < self.until:
            try:
                work(rng)
                self.done[getattr(work, "__name__", "_serve")] += 1
            except StorageError as error:
                self.refused.append(f"{getattr(work, '__name__', '_serve')}: {error.__cause__}")

    def _write(self, rng: Random) -> None:
        self.ledger.accept(TELEGRAM, [written(f"{rng.random()}", sender=person) for person in rng.sample(CROWD, 4)])

    def _erase(self, rng: Random) -> None:
        people = [digest("person", person) for person in rng.sample(CROWD, 3)]
        with self.database.begin() as connection:
            erase_people(connection, (), NOW, people=people)

    def _serve(self, owner: str, rng: Random) -> None:
        people = lease(self.ledger, owner)
        self.ledger.renew(owner)
        for person in people:
            if message := self.ledger.next_message(person):
                answer(self.ledger, person, "un", "deux", message=message)
            if reply := self.ledger.next_reply(person):
                self.ledger.leaving(person, reply)
                self.ledger.not_sent(reply, REPLY_FAILED, "403", all_of_it=True)
            self.ledger.release(person, owner)

    def _retry(self, rng: Random) -> None:
        retry(self.database, [TELEGRAM], NOW)


@pytest.mark.parametrize("stored", ["postgresql"], indirect=True)
def test_who_erases_who_writes_and_who_serves_do_not_wait_for_each_other_in_a_circle(stored: Database) -> None:
    crowd = Crowd(ledger_of(stored, Clock(), limit=10**6), stored, seconds=3.0)
    crowd.run()
    assert crowd.refused == []
    assert set(crowd.done) == {"_write", "_erase", "_serve", "_retry"}
