"""Forgetting: what is deleted, what stays, and that nothing of it is left in the files."""

from __future__ import annotations

import json
import logging
import random
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_request import CONTACT_EMAIL, NOW, Clock, sample_request, sample_settings
from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.engine import Connection

from bot.benchmarks.postgresql import new_database
from bot.errors import RequestError
from bot.mails import Mail
from bot.privacy import FORWARDED, NOTICES, PROMISES, TURN_PATIENCE, Kept, erase, erasing, keep_promises, promise, purge, rehearse, withdraw
from bot.routing import Routing
from bot.storage import (
    CONTACT,
    ERASE,
    MAIL_FAILED,
    MAIL_SENT,
    MAIL_WAITING,
    MASK,
    NOTICE,
    Database,
    changes,
    codes,
    comments,
    conversations,
    decisions,
    drafts,
    erasures,
    events,
    exchanges,
    feedback,
    forgetting,
    journal,
    judgements,
    lead_notes,
    leads,
    outbox,
    recorded_tests,
    saved_filters,
    tags,
    turns,
)
from bot.text import fold

SECRET = "Kwizera-Introuvable"


@pytest.fixture
def routing(database: Database, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path), Clock())


def add_conversation(connection: Connection, conversation: str, text: str, created_at: datetime = NOW) -> None:
    common = {"conversation": conversation, "created_at": created_at}
    connection.execute(insert(turns).values(**common, number=1, user_text=text, answer={"messages": []}))
    connection.execute(insert(feedback).values(**common, message_id="m", useful=True, comment=None))
    connection.execute(
        insert(decisions).values(**common, request_key="k", verdict="v", rule="r", rule_version="1", reason="r", profile={"nom": SECRET})
    )


def add_events(database: Database, *rows: tuple[str, datetime, str]) -> None:
    """Messages as Rasa's store keeps them."""
    with database.begin() as connection:
        for sender, at, text in rows:
            row = {"sender_id": sender, "type_name": "user", "timestamp": at.timestamp(), "data": json.dumps({"text": text})}
            connection.execute(insert(events).values(**row))


def left(database: Database) -> dict[str, int]:
    with database.read() as connection:
        tables: tuple[Any, ...] = (turns, feedback, decisions, leads, outbox, erasures)
        return {table.name: connection.execute(select(func.count()).select_from(table)).scalar() for table in tables}


def done(counts: dict[str, int]) -> dict[str, int]:
    return {name: count for name, count in counts.items() if count}


def test_a_purge_deletes_what_is_older_than_the_retention_and_nothing_else(database: Database, routing: Routing) -> None:
    routing.submit(sample_request())
    with database.begin() as connection:
        add_conversation(connection, "old", "bonjour", NOW - timedelta(days=31))
        add_conversation(connection, "new", "bonjour", NOW - timedelta(days=29))
    add_events(database, ("old", NOW - timedelta(days=31), "x"), ("new", NOW, "x"))
    counts = purge(database, NOW, 30)
    assert done(counts) == {"turns": 1, "feedback": 1, "decisions": 1, "events": 1}
    assert left(database) == {"turns": 1, "feedback": 1, "decisions": 1, "leads": 1, "outbox": 2, "erasures": 1}


def test_an_old_lead_goes_with_its_mails_sent_or_not(database: Database, routing: Routing) -> None:
    routing.submit(sample_request())
    counts = purge(database, NOW + timedelta(days=31), 30)
    assert (counts["leads"], counts["outbox"]) == (1, 2)


def test_a_purge_that_finds_nothing_proves_nothing(database: Database) -> None:
    assert not any(purge(database, NOW, 30).values())
    assert left(database)["erasures"] == 0


@pytest.mark.parametrize("by", ["reference", "address", "address in capitals"])
def test_erasing_takes_the_lead_its_unsent_mails_and_its_conversation(database: Database, routing: Routing, by: str) -> None:
    reference = routing.submit(sample_request(conversation="hers")).reference
    routing.submit(sample_request(conversation="other", request_key="other/1", email="x@autre.example"))
    with database.begin() as connection:
        add_conversation(connection, "hers", "bonjour")
        add_conversation(connection, "other", "bonjour")
    add_events(database, ("hers", NOW, "bonjour"), ("other", NOW, "bonjour"))
    key = {"reference": f" {reference.lower()} ", "address": "awa@commune.example", "address in capitals": "AWA@Commune.Example"}[by]
    assert done(erase(database, key)) == {"turns": 1, "feedback": 1, "decisions": 1, "events": 1, "leads": 1, "outbox": 2}
    assert left(database) == {"turns": 1, "feedback": 1, "decisions": 1, "leads": 1, "outbox": 2, "erasures": 1}


@pytest.mark.parametrize(
    ("typed", "erased"),
    [
        ("mon adresse : Awa@commune.example.", True),
        ("écrivez à\nawa@commune.example", True),
        ("<awa@commune.example>", True),
        ("joawa@commune.example", False),
        ("jo.awa@commune.example", False),
        ("awa@commune.example.org", False),
        ("awaXcommune.example", False),
    ],
)
@pytest.mark.parametrize("place", ["turns", "events"])
def test_an_address_is_found_where_it_was_typed_without_a_request(database: Database, place: str, typed: str, erased: bool) -> None:
    add_events(database, ("c", NOW, typed if place == "events" else "bonjour"))
    with database.begin() as connection:
        add_conversation(connection, "c", typed if place == "turns" else "bonjour")
    counts = erase(database, "awa@commune.example")
    assert {counts[name] for name in ("turns", "feedback", "decisions", "events")} == {int(erased)}


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    on_server = request.param == "postgresql"
    opened = Database(new_database(request.getfixturevalue("postgresql")) if on_server else f"sqlite:///{tmp_path / 'either.sqlite'}")
    opened.create_all()
    yield opened
    opened.close()


ADDRESS = "awa@commune.example"


def while_it_is_looked(database: Database, monkeypatch: pytest.MonkeyPatch, write: Callable[[], None]) -> None:
    """Let somebody write when the first look is over, and before the transaction that erases."""
    real = erasing._look

    def look(*arguments: Any) -> Any:
        seen = real(*arguments)
        write()
        return seen

    monkeypatch.setattr(erasing, "_look", look)


@pytest.mark.parametrize("place", ["turns", "events", "feedback"])
def test_what_is_written_during_the_search_is_erased_too(either: Database, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    add_events(either, ("before", NOW, ADDRESS), ("c", NOW, "bonjour"), ("other", NOW, "bonjour"))
    with either.begin() as connection:
        add_conversation(connection, "c", "bonjour")
        add_conversation(connection, "other", "bonjour")

    def write() -> None:
        if place == "events":
            return add_events(either, ("c", NOW, ADDRESS))
        with either.begin() as connection:
            if place == "turns":
                return add_conversation(connection, "c", ADDRESS)
            connection.execute(update(feedback).where(feedback.c.conversation == "c").values(comment=ADDRESS))

    while_it_is_looked(either, monkeypatch, write)
    erase(either, ADDRESS)
    with either.read() as connection:
        assert set(connection.execute(select(events.c.sender_id)).scalars()) == {"other"}
        assert set(connection.execute(select(turns.c.conversation)).scalars()) == {"other"}


def test_an_id_that_is_given_again_hides_nothing(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    add_events(database, ("first", NOW, "bonjour"), ("gone", NOW, "bonjour"))

    def write() -> None:
        with database.begin() as connection:
            connection.execute(delete(events).where(events.c.sender_id == "gone"))
        add_events(database, ("c", NOW, ADDRESS))

    while_it_is_looked(database, monkeypatch, write)
    assert erase(database, ADDRESS)["events"] == 1


@pytest.mark.parametrize("forget", [erase, lambda database, key: rehearse(database, key, NOW)], ids=["erase", "rehearse"])
def test_nobody_who_writes_waits_for_the_search(database: Database, monkeypatch: pytest.MonkeyPatch, forget: Any) -> None:
    add_events(database, *((f"c{number}", NOW, "bonjour") for number in range(50)), ("hers", NOW, ADDRESS))
    read_under_lock: list[int] = []
    real = erasing._conversations_with

    def watched(connection: Connection, email: str, up_to: Mapping[str, int]) -> Iterator[str]:
        if connection.get_execution_options().get("cic_writes"):
            query = select(func.count()).select_from(events).where(events.c.id > up_to.get("events", 0))
            read_under_lock.append(connection.execute(query).scalar_one())
        return real(connection, email, up_to)

    monkeypatch.setattr(erasing, "_conversations_with", watched)
    assert forget(database, ADDRESS)["events"] == 1
    assert read_under_lock == [0]


@pytest.mark.parametrize("key", ["", "@", "@commune.example", "awa@", "%", "CIC", "CIC-2026-", "awa@commune.example "[:3]])
def test_half_an_address_or_reference_erases_nothing(database: Database, routing: Routing, key: str) -> None:
    routing.submit(sample_request())
    with pytest.raises(RequestError, match="référence"):
        erase(database, key)
    assert left(database)["leads"] == 1


def test_the_proof_says_when_why_and_how_many_but_not_what(database: Database, routing: Routing) -> None:
    routing.submit(sample_request())
    erase(database, "awa@commune.example", NOW)
    with database.read() as connection:
        proof = connection.execute(select(erasures)).one()
    assert (proof.created_at, proof.kind, proof.counts["leads"]) == (NOW, "effacement", 1)
    assert "awa" not in json.dumps(proof.counts)


def test_nothing_of_what_was_erased_is_left_in_the_files(database: Database, routing: Routing, tmp_path: Path) -> None:
    reference = routing.submit(sample_request(nom=SECRET, conversation="hers")).reference
    with database.begin() as connection:
        add_conversation(connection, "hers", f"je suis {SECRET}")
    erase(database, reference)
    files = [path for path in tmp_path.iterdir() if path.is_file()]
    assert files
    assert not [path.name for path in files if SECRET.encode() in path.read_bytes()]


@pytest.mark.parametrize("seed", range(3))
def test_rows_that_stand_among_others_leave_nothing_either(database: Database, tmp_path: Path, seed: int) -> None:
    """SQLite moves rows between pages when many go, and leaves copies of what it moved."""
    rng = random.Random(seed)
    rows = []
    for _ in range(600):
        number = rng.randrange(40)
        who = "Exemple awa@autre.example" if number % 4 == 0 else f"{SECRET} awa@commune.example"
        rows += [(f"c{number}", NOW, who + "x" * rng.choice((0, 0, 0, 0, rng.randint(0, 1500)))) for _ in range(14)]
    add_events(database, *rows)
    erase(database, "awa@commune.example")
    assert not found(tmp_path, SECRET)
    assert found(tmp_path, "awa@autre.example")


def add_review(connection: Connection, conversation: str, text: str, seen: str) -> None:
    """What reviewers see of a conversation, and what they say in its place and elsewhere."""
    row = {"conversation": conversation, "channel": "site", "first_at": NOW, "last_at": NOW, "exchanges": 1, "outcome": "repondu"}
    row |= {"unknown": 0, "thumbs_up": 0, "thumbs_down": 0, "priority": 4, "kept_reason": text, "kept_by": "Ines", "kept_at": NOW}
    connection.execute(insert(conversations).values(**row))
    nothing: dict[str, Any] = {"ranking": [], "entities": [], "actions": [], "slots": {}, "facts": []}
    told = {"said": seen, "reply": seen, "words": fold(seen), "outcome": "repondu", "first_event": 1, "last_event": 2} | nothing
    common = {"conversation": conversation, "message_id": "m", "at": NOW}
    connection.execute(insert(exchanges).values(**common, number=1, channel="site", **told))
    connection.execute(insert(judgements).values(**common, said=text, verdict="juste", author="Ines", batch="b"))
    connection.execute(insert(comments).values(conversation=conversation, author="Ines", at=NOW, text=text))
    connection.execute(insert(tags).values(conversation=conversation, tag=text[:40]))
    recorded = {"title": text, "author": "Ines", "at": NOW, "steps": [{"message": text}]}
    connection.execute(insert(recorded_tests).values(conversation=conversation, **recorded))
    connection.execute(insert(drafts).values(title=text, text=text, questions=[text], owner="Ines", author="Ines", at=NOW))
    made = {"title": text, "author": "Ines", "created_at": NOW, "state": "adoptee", "base": "x", "error": text, "report": {"said": [text]}}
    connection.execute(insert(changes).values(**made))
    connection.execute(insert(saved_filters).values(owner="Ines", name=f"{text[:40]} {conversation}", query=f"q={text}"))
    connection.execute(insert(journal).values(at=NOW, who="Ines", what="demasquage", target=conversation, reason=text))


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("way", ["address", "promise"])
def test_of_an_erased_address_no_byte_is_left_of_what_reviewers_saw_and_said(
    database: Database, routing: Routing, tmp_path: Path, way: str, seed: int
) -> None:
    email, rng = "kwizera-introuvable@commune.example", random.Random(seed)
    routing.submit(sample_request(email=email, conversation="hers"))
    routing.submit(sample_request(conversation="other", request_key="other/1", email="x@autre.example", telephone=None))
    with database.begin() as connection:
        other = connection.execute(select(leads.c.id).where(leads.c.conversation == "other")).scalar_one()
        for number in range(60):
            conversation, told = f"c{number}", "x@autre.example" if number % 3 else email
            seen = "rien de personnel "
            if number == 30:
                conversation, seen = "hers", f"je suis {email} "
            add_conversation(connection, conversation, "bonjour")
            add_review(connection, conversation, f"{told} {'x' * rng.randint(0, 900)} ", seen)
            connection.execute(insert(lead_notes).values(lead_id=other, author="Ines", at=NOW, text=told))
    counts = erase(database, email) if way == "address" else keep_her_promise(database)
    assert not found(tmp_path, "introuvable")
    assert found(tmp_path, "x@autre.example")
    assert (counts["judgements"], counts["saved_filters"], counts["lead_notes"]) == (20, 20, 20)


def keep_her_promise(database: Database) -> dict[str, int]:
    promise(database, "hers", ERASE, NOW)
    return keep_promises(database, NOW, "hers")[0].counts


# --- promises --------------------------------------------------------------------------------------

PAST, LATER = NOW - timedelta(seconds=1), NOW + timedelta(hours=4)


def found(folder: Path, word: str) -> bool:
    return any(word.encode() in path.read_bytes() for path in folder.glob("cic.sqlite*"))


def promised(database: Database) -> list[tuple[str, str, datetime]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(forgetting).order_by(forgetting.c.conversation))]


def proofs(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(erasures.c.kind)).scalars())


def test_a_promise_to_mask_is_put_off_by_the_next(database: Database) -> None:
    promise(database, "c", MASK, NOW)
    promise(database, "c", MASK, LATER)
    assert promised(database) == [("c", MASK, LATER)]


def test_a_promise_to_erase_replaces_one_to_mask_and_is_neither_weakened_nor_put_off(database: Database) -> None:
    promise(database, "c", MASK, LATER)
    promise(database, "c", ERASE, NOW)
    promise(database, "c", MASK, PAST)
    promise(database, "c", ERASE, LATER)
    assert promised(database) == [("c", ERASE, NOW)]
    promise(database, "c", ERASE, PAST)
    assert promised(database) == [("c", ERASE, PAST)]


def test_consent_takes_back_a_promise_to_mask_but_not_one_to_erase(database: Database) -> None:
    promise(database, "c", MASK, NOW)
    promise(database, "other", ERASE, NOW)
    for conversation in ("c", "other", "unknown"):
        withdraw(database, conversation)
    assert promised(database) == [("other", ERASE, NOW)]


def test_only_promises_that_are_due_are_kept_and_then_gone(database: Database) -> None:
    with database.begin() as connection:
        for conversation in ("due", "later"):
            add_conversation(connection, conversation, "0470 12 34 56")
    promise(database, "due", MASK, NOW)
    promise(database, "later", MASK, LATER)
    assert keep_promises(database, NOW) == [Kept(MASK, {"events": 0, "turns": 1, "feedback": 0, "decisions": 0, "channel_replies": 0})]
    assert promised(database) == [("later", MASK, LATER)]
    assert proofs(database) == [MASK]
    with database.read() as connection:
        texts = dict(connection.execute(select(turns.c.conversation, turns.c.user_text)).all())
    assert texts == {"due": "[effacé]", "later": "0470 12 34 56"}


def test_of_one_conversation_only_its_own_promise_is_kept_and_only_when_due(database: Database) -> None:
    promise(database, "a", ERASE, PAST)
    promise(database, "b", ERASE, PAST)
    promise(database, "c", MASK, LATER)
    assert keep_promises(database, NOW, "c") == []
    assert len(keep_promises(database, NOW, "a")) == 1
    assert [name for name, *_ in promised(database)] == ["b", "c"]


def test_without_a_promise_nothing_is_written(database: Database) -> None:
    assert keep_promises(database, NOW) == []
    assert proofs(database) == []


def test_one_promise_that_fails_stays_and_the_others_are_kept(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.begin() as connection:
        add_conversation(connection, "good", "0470 12 34 56")
        add_conversation(connection, "bad", f"je suis {SECRET}")
        connection.execute(update(turns).where(turns.c.conversation == "bad").values(answer={"messages": SECRET}))
    promise(database, "bad", MASK, PAST - timedelta(hours=1))
    promise(database, "good", MASK, PAST)
    with caplog.at_level(logging.INFO):
        assert len(keep_promises(database, NOW)) == 1
    assert [name for name, *_ in promised(database)] == ["bad"]
    assert "bad" in caplog.text
    assert SECRET not in caplog.text


def test_a_promise_to_erase_takes_the_conversation_its_leads_and_its_codes(database: Database, routing: Routing, tmp_path: Path) -> None:
    for conversation in ("hers", "other"):
        reference = routing.submit(sample_request(nom=SECRET, conversation=conversation, request_key=conversation)).reference
        with database.begin() as connection:
            add_conversation(connection, conversation, f"je suis {SECRET}")
            lead_id = connection.execute(select(leads.c.id).where(leads.c.reference == reference)).scalar()
            add_code(connection, lead_id, "third")
    with database.begin() as connection:
        add_code(connection, lead_id, "hers")
    add_events(database, ("hers", NOW, SECRET), ("other", NOW, SECRET))
    promise(database, "hers", ERASE, NOW)
    (kept,) = keep_promises(database, NOW, "hers")
    expected = {"turns": 1, "feedback": 1, "decisions": 1, "events": 1, "codes": 2, "leads": 1, "outbox": 2}
    assert (kept.kind, done(kept.counts)) == (ERASE, expected)
    assert left(database) == {"turns": 1, "feedback": 1, "decisions": 1, "leads": 1, "outbox": 2, "erasures": 1}
    promise(database, "other", ERASE, NOW)
    keep_promises(database, NOW)
    assert not found(tmp_path, SECRET)


def add_code(connection: Connection, lead_id: int, conversation: str, expires_at: datetime = LATER) -> None:
    row = {"lead_id": lead_id, "conversation": conversation, "purpose": "p", "digest": "d", "created_at": NOW, "expires_at": expires_at}
    connection.execute(insert(codes).values(**row))


def test_erasing_a_lead_takes_back_what_was_promised_of_its_conversation(database: Database, routing: Routing) -> None:
    reference = routing.submit(sample_request(conversation="hers")).reference
    promise(database, "hers", MASK, LATER)
    promise(database, "other", MASK, LATER)
    erase(database, reference)
    assert [name for name, *_ in promised(database)] == ["other"]


# --- mails that have left --------------------------------------------------------------------------


def notice(reference: str) -> Mail:
    return Mail(NOTICE, CONTACT_EMAIL, f"<{reference}.{NOTICE}@x.example>", f"Effacez {reference}.".encode())


LEASED = {"lease_until": NOW + timedelta(minutes=5), "lease_owner": "w"}


@pytest.mark.parametrize(
    ("mail", "asked"),
    [
        ({"status": MAIL_SENT, "sent_at": PAST}, 1),
        ({"uncertain": 1}, 1),
        (LEASED, 1),
        ({"lease_until": PAST, "lease_owner": "dead"}, 1),
        ({"status": MAIL_WAITING}, 0),
        ({"status": MAIL_FAILED}, 0),
    ],
    ids=["sent", "uncertain", "being sent", "left by a dead worker", "waiting", "refused"],
)
@pytest.mark.parametrize("way", ["promise", "reference"])
def test_the_contact_person_is_asked_to_delete_what_may_have_left(
    database: Database, routing: Routing, mail: dict[str, Any], asked: int, way: str
) -> None:
    reference = routing.submit(sample_request(conversation="hers")).reference
    with database.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.kind == CONTACT).values(**mail))
    if way == "promise":
        promise(database, "hers", ERASE, NOW)
        counts = keep_promises(database, NOW, notice=notice)[0].counts
    else:
        counts = erase(database, reference, NOW, notice)
    assert (counts[FORWARDED], counts[NOTICES]) == (asked, asked)
    with database.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.kind == NOTICE)).all()
    assert [(row.lead_id, row.recipient, row.status, row.due_since) for row in rows] == [(None, CONTACT_EMAIL, MAIL_WAITING, NOW)] * asked


@pytest.mark.parametrize("nobody", [None, lambda _: None], ids=["no function", "nobody named"])
def test_what_had_left_is_counted_also_when_nobody_can_be_asked(database: Database, routing: Routing, nobody: Any) -> None:
    reference = routing.submit(sample_request()).reference
    with database.begin() as connection:
        connection.execute(update(outbox).values(status=MAIL_SENT, sent_at=PAST))
    counts = erase(database, reference, NOW, nobody)
    assert (counts[FORWARDED], counts[NOTICES]) == (1, 0)


def test_a_confirmation_that_has_left_concerns_only_its_reader(database: Database, routing: Routing) -> None:
    reference = routing.submit(sample_request()).reference
    with database.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.kind != CONTACT).values(status=MAIL_SENT, sent_at=PAST))
    assert erase(database, reference, NOW, notice)[FORWARDED] == 0


def test_of_a_mail_that_is_being_sent_an_empty_shell_stays_until_the_worker_is_done(
    database: Database, routing: Routing, tmp_path: Path
) -> None:
    routing.submit(sample_request(nom=SECRET, conversation="hers"))
    with database.begin() as connection:
        connection.execute(update(outbox).where(outbox.c.kind == CONTACT).values(**LEASED))
    promise(database, "hers", ERASE, NOW)
    keep_promises(database, NOW)
    assert left(database)["outbox"] == 1
    assert left(database)["leads"] == 0
    assert not found(tmp_path, SECRET)
    with database.read() as connection:
        shell = connection.execute(select(outbox)).one()
    assert (shell.lead_id, shell.recipient, shell.body, shell.lease_owner, shell.expires_at) == (None, "", b"", "w", NOW)
    keep_promises(database, NOW + timedelta(minutes=4))
    assert left(database)["outbox"] == 1
    keep_promises(database, NOW + timedelta(minutes=6))
    assert left(database)["outbox"] == 0


def test_after_an_erasure_with_a_mail_on_its_way_the_conversation_may_begin_again(database: Database, routing: Routing) -> None:
    routing.submit(sample_request(conversation="hers"))
    with database.begin() as connection:
        connection.execute(update(outbox).values(**LEASED))
    promise(database, "hers", ERASE, NOW)
    keep_promises(database, NOW)
    routing.submit(sample_request(conversation="hers", request_key="hers/again"))
    with database.begin() as connection:
        add_conversation(connection, "hers", "bonjour")
    keep_promises(database, NOW + timedelta(hours=1))
    assert (left(database)["leads"], left(database)["turns"]) == (1, 1)


def test_two_leads_with_mails_of_the_same_length_are_erased_together(database: Database, routing: Routing) -> None:
    for number in (1, 2):
        routing.submit(sample_request(request_key=f"k/{number}"))
    assert erase(database, "awa@commune.example")["outbox"] == 4


# --- the purge -------------------------------------------------------------------------------------


def test_a_purge_deletes_codes_that_have_expired_and_keeps_what_was_promised(database: Database, routing: Routing) -> None:
    routing.submit(sample_request(conversation="hers"))
    with database.begin() as connection:
        lead_id = connection.execute(select(leads.c.id)).scalar()
        add_code(connection, lead_id, "c", NOW)
        add_code(connection, lead_id, "c", LATER)
        connection.execute(update(outbox).where(outbox.c.kind == CONTACT).values(status=MAIL_SENT, sent_at=PAST))
    assert done(purge(database, NOW, 30)) == {"codes": 1}
    promise(database, "hers", ERASE, NOW)
    assert done(purge(database, NOW, 30, notice)) == {}, "the turn that promised it may not be stored yet"
    assert done(purge(database, NOW + TURN_PATIENCE, 30, notice)) == {PROMISES: 1}
    assert left(database)["outbox"] == 1, "the notice"


def test_a_notice_goes_once_it_is_as_old_as_everything_else(database: Database, routing: Routing) -> None:
    reference = routing.submit(sample_request()).reference
    with database.begin() as connection:
        connection.execute(update(outbox).values(status=MAIL_SENT, sent_at=PAST))
    erase(database, reference, NOW, notice)
    purge(database, NOW + timedelta(days=29), 30)
    assert left(database)["outbox"] == 1
    purge(database, NOW + timedelta(days=31), 30)
    assert left(database)["outbox"] == 0
