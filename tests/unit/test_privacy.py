"""Forgetting: what is deleted, what stays, and that nothing of it is left in the files."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sample_request import NOW, Clock, sample_request, sample_settings
from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from bot.errors import RequestError
from bot.privacy import erase, purge
from bot.routing import Routing
from bot.storage import Database, decisions, erasures, feedback, leads, outbox, turns

SECRET = "Kwizera-Introuvable"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    yield database
    database.close()


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
    """The table as Rasa makes it."""
    with database.begin() as connection:
        connection.exec_driver_sql("CREATE TABLE IF NOT EXISTS events (id INTEGER PRIMARY KEY, sender_id TEXT, timestamp FLOAT, data TEXT)")
        for sender, at, text in rows:
            values = (sender, at.timestamp(), json.dumps({"text": text}))
            connection.exec_driver_sql("INSERT INTO events (sender_id, timestamp, data) VALUES (?, ?, ?)", values)


def left(database: Database) -> dict[str, int]:
    with database.read() as connection:
        tables: tuple[Any, ...] = (turns, feedback, decisions, leads, outbox, erasures)
        return {table.name: connection.execute(select(func.count()).select_from(table)).scalar() for table in tables}


def test_a_purge_deletes_what_is_older_than_the_retention_and_nothing_else(database: Database, routing: Routing) -> None:
    routing.submit(sample_request())
    with database.begin() as connection:
        add_conversation(connection, "old", "bonjour", NOW - timedelta(days=31))
        add_conversation(connection, "new", "bonjour", NOW - timedelta(days=29))
    add_events(database, ("old", NOW - timedelta(days=31), "x"), ("new", NOW, "x"))
    counts = purge(database, NOW, 30)
    assert counts == {"turns": 1, "feedback": 1, "decisions": 1, "events": 1, "leads": 0, "outbox": 0}
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
    assert erase(database, key) == {"turns": 1, "feedback": 1, "decisions": 1, "events": 1, "leads": 1, "outbox": 2}
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
