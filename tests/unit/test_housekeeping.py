"""The daily round: what is old goes, what was kept leaves."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select

from bot.config import load_settings
from bot.housekeeping import Housekeeper
from bot.routing import Request, Routing
from bot.storage import Database, outbox, turns

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    return database


def keeper(database: Database, tmp_path: Path, told: list[int], contact: str | None = None) -> Housekeeper:
    settings = replace(load_settings({"CIC_DATA_DIR": str(tmp_path)}, None), contact_email=contact)
    return Housekeeper(database, Routing(database, settings, lambda: NOW), 30, lambda: NOW, lambda: told.append(1))


def request() -> Request:
    return Request(
        nom="Claire Dumont", fonction="échevine", commune="Perwez", pays="Belgique", email="c.dumont@perwez.example", telephone=None,
        objet="participer", partenaire_de=None, decision="admissible", reason="Mandataire.", rule="Règle.", rule_version="1", remarks=(),
        conversation="c1", request_key="c1:1", consent_at=NOW,
    )  # fmt: skip


def test_turns_older_than_the_retention_are_deleted_and_others_kept(database: Database, tmp_path: Path) -> None:
    with database.begin() as connection:
        for number, days in ((1, 31), (2, 29)):
            row = {"conversation": "c", "number": number, "user_text": "x", "answer": "{}", "created_at": NOW - timedelta(days=days)}
            connection.execute(insert(turns).values(**row))
    keeper(database, tmp_path, []).round()
    with database.read() as connection:
        assert connection.execute(select(turns.c.number)).scalars().all() == [2]


def test_a_lead_kept_without_a_contact_leaves_once_there_is_one(database: Database, tmp_path: Path) -> None:
    told: list[int] = []
    keeper(database, tmp_path, told).routing.submit(request())
    keeper(database, tmp_path, told).round()
    assert told == []
    with_contact = keeper(database, tmp_path, told, "contact@cic.example")
    with_contact.round()
    with_contact.round()
    assert told == [1]
    with database.read() as connection:
        count = connection.execute(select(func.count()).select_from(outbox).where(outbox.c.recipient == "contact@cic.example"))
        assert count.scalar() == 1


def test_the_round_ends_at_once_when_it_is_told_to_stop(database: Database, tmp_path: Path) -> None:
    async def run() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(keeper(database, tmp_path, []).run(stop))
        await asyncio.sleep(0.2)
        stop.set()
        await asyncio.wait_for(task, 5)

    asyncio.run(run())
