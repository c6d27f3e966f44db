"""The daily round: what is old goes, what was kept leaves. And every minute: what was promised to be forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, update

from bot.config import load_settings
from bot.housekeeping import Housekeeper
from bot.mails import Mail
from bot.privacy import TURN_PATIENCE, promise
from bot.routing import Request, Routing
from bot.storage import (
    CHANGE_COMPARING,
    CHANGE_READY,
    CHANGE_TRAINING,
    ERASE,
    MAIL_SENT,
    MASK,
    NOTICE,
    Database,
    changes,
    forgetting,
    leads,
    outbox,
    turns,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=timezone.utc)


@pytest.fixture
def database(tmp_path: Path) -> Database:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    return database


def keeper(
    database: Database, tmp_path: Path, told: list[int], contact: str | None = None, kind: type[Housekeeper] = Housekeeper
) -> Housekeeper:
    settings = replace(load_settings({"CIC_DATA_DIR": str(tmp_path)}, None), contact_email=contact)
    return kind(database, Routing(database, settings, lambda: NOW), 30, lambda: NOW, lambda: told.append(1))


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


def test_what_killed_processes_left_of_changes_goes_and_nothing_of_one_that_works(database: Database, tmp_path: Path) -> None:
    states = [(CHANGE_TRAINING, NOW), (CHANGE_COMPARING, NOW), (CHANGE_READY, NOW), (CHANGE_COMPARING, NOW - timedelta(hours=2))]
    with database.begin() as connection:
        for ident, (state, alive) in enumerate(states, 1):
            row = {"id": ident, "title": "x", "author": "x", "created_at": NOW, "state": state, "base": "b", "progress": ""}
            connection.execute(insert(changes).values(**row, alive_at=alive))
    folder = tmp_path / "corrections"
    for name in ("1", "2", "3", "4", "99", "modeles", "evaluations"):
        (folder / name / "essai").mkdir(parents=True)
        (folder / name / "essai" / "cic.sqlite").write_text("Quel est le budget ?")
    replace(keeper(database, tmp_path, []), changes=folder).round()
    assert sorted(path.name for path in folder.iterdir()) == ["1", "2", "evaluations", "modeles"]


def test_where_nothing_was_ever_changed_there_is_nothing_to_sweep(database: Database, tmp_path: Path) -> None:
    replace(keeper(database, tmp_path, []), changes=tmp_path / "corrections").round()
    assert not (tmp_path / "corrections").exists()


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


def run_until(housekeeper: Housekeeper, done: Callable[[], bool], **seconds: float) -> None:
    """Let the housekeeper work until `done`, or fail."""

    async def run() -> None:
        stop = asyncio.Event()
        task = asyncio.create_task(housekeeper.run(stop, **seconds))
        for _ in range(500):
            if task.done() or await asyncio.to_thread(done):
                break
            await asyncio.sleep(0.01)
        stop.set()
        await asyncio.wait_for(task, 5)
        assert done()

    asyncio.run(run())


def promised(database: Database) -> int:
    with database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(forgetting)).scalar())


def test_what_becomes_due_is_forgotten_at_the_next_look(database: Database, tmp_path: Path) -> None:
    housekeeper = keeper(database, tmp_path, [])
    housekeeper.keep()
    promise(database, "c", MASK, NOW - TURN_PATIENCE)
    promise(database, "later", MASK, NOW - TURN_PATIENCE + timedelta(seconds=1))
    run_until(housekeeper, lambda: promised(database) == 1, often=0.01)


def test_the_round_comes_once_in_its_time_however_often_promises_are_looked_for(database: Database, tmp_path: Path) -> None:
    looks: list[int] = []
    rounds: list[int] = []

    class Counting(Housekeeper):
        def keep(self) -> None:
            looks.append(1)

        def round(self) -> None:
            rounds.append(len(looks))

    run_until(keeper(database, tmp_path, [], kind=Counting), lambda: len(looks) >= 8, every=0.045, often=0.01)
    assert rounds[:2] == [1, 6]


def test_a_round_that_fails_does_not_keep_promises_waiting(database: Database, tmp_path: Path) -> None:
    class Broken(Housekeeper):
        def round(self) -> None:
            raise RuntimeError("the round broke")

    promise(database, "c", ERASE, NOW - TURN_PATIENCE)
    with pytest.raises(RuntimeError, match="the round broke"):
        run_until(keeper(database, tmp_path, [], kind=Broken), lambda: False)
    assert promised(database) == 0


def test_the_mail_worker_is_told_of_a_notice_to_the_contact_person(database: Database, tmp_path: Path) -> None:
    told: list[int] = []
    housekeeper = replace(
        keeper(database, tmp_path, told, "contact@cic.example"),
        notice=lambda reference: Mail(NOTICE, "contact@cic.example", f"<{reference}>", b"x"),
    )
    housekeeper.routing.submit(request())
    with database.begin() as connection:
        connection.execute(update(outbox).values(status=MAIL_SENT, sent_at=NOW))
    promise(database, "c1", ERASE, NOW - TURN_PATIENCE)
    housekeeper.keep()
    housekeeper.keep()
    assert told == [1]
    with database.read() as connection:
        assert connection.execute(select(outbox.c.kind)).scalars().all() == [NOTICE]
        assert connection.execute(select(func.count()).select_from(leads)).scalar() == 0
