"""The read model as it is kept: what changed is read again, what reviewers decided stays, what was erased does not come back."""

from __future__ import annotations

import asyncio
import json
import logging
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, insert, select, text, update
from support.databases import KINDS, new_one
from support.told import Log, bubble
from support.waiting import wait_for

from bot.benchmarks.postgresql import Server, new_database
from bot.errors import StorageError
from bot.privacy import erase, purge
from bot.review import model, read_model
from bot.review.indexing import AT_ONCE, LONGEST_QUIET, QUIET, RETRY, Indexer, IndexWorker, quiet_of
from bot.storage import (
    LEAD_FAILED,
    LEAD_FORWARDED,
    REVIEWED,
    SET_ASIDE,
    TO_DO,
    UNREAD,
    Database,
    conversations,
    events,
    exchanges,
    feedback,
    leads,
    mark_changed,
    trackers,
)

ANSWER = bubble("L'enveloppe est de 8 100 000 €.", facts=["combien.total"])


@pytest.fixture(params=KINDS)
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    with new_one(request, request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def indexer(database: Database) -> Indexer:
    return Indexer(database)


def talk(name: str = "conversation-1", *more: str) -> Log:
    log = Log(name).session().say("Quel est le budget ?", ANSWER)
    for said in more:
        log.say(said, ANSWER)
    return log


def conversation(database: Database, name: str = "conversation-1") -> dict[str, Any] | None:
    with database.read() as connection:
        row = connection.execute(select(conversations).where(conversations.c.conversation == name)).mappings().first()
        return dict(row) if row else None


def said(database: Database, name: str = "conversation-1") -> list[dict[str, Any]]:
    with database.read() as connection:
        query = select(exchanges).where(exchanges.c.conversation == name).order_by(exchanges.c.number)
        return [dict(row) for row in connection.execute(query).mappings()]


def waiting(database: Database) -> list[str]:
    with database.read() as connection:
        return list(
            connection.execute(select(trackers.c.conversation).where(trackers.c.to_index).order_by(trackers.c.updated_at)).scalars()
        )


def decide(database: Database, **columns: Any) -> None:
    with database.begin() as connection:
        connection.execute(update(conversations).values(**columns))


def judge(database: Database, message: str, useful: bool, name: str = "conversation-1") -> None:
    with database.begin() as connection:
        connection.execute(insert(feedback).values(conversation=name, message_id=message, useful=useful, created_at=Log().at))
        mark_changed(connection, name)


def request(database: Database, status: str, log: Log) -> None:
    row = dict.fromkeys(("nom", "fonction", "commune", "pays", "email", "objet", "decision", "reason", "rule"), "x")
    row |= {"reference": "CIC-2026-ABCDEF", "request_key": "k", "conversation": log.name, "status": status}
    with database.begin() as connection:
        connection.execute(insert(leads).values(**row, remarques=[], created_at=log.at, consent_at=log.at))
        mark_changed(connection, log.name)


def test_a_conversation_is_read_once_it_is_quiet(database: Database, indexer: Indexer) -> None:
    log = talk().store(database)
    assert indexer.index_due(log.at + QUIET / 2) == 0
    assert conversation(database) is None
    assert indexer.index_due(log.at + QUIET) == 1
    row = conversation(database)
    assert row is not None
    assert (row["status"], row["exchanges"], row["outcome"], row["last_at"]) == (UNREAD, 1, model.ANSWERED, said(database)[0]["at"])
    assert said(database)[0]["said"] == "Quel est le budget ?"
    assert waiting(database) == []
    assert indexer.index_due(log.at + QUIET) == 0


@pytest.mark.parametrize(("length", "seconds"), [(1, 2), (20, 2), (100, 10), (10_000, 60)])
def test_the_longer_a_conversation_the_longer_it_has_to_be_quiet(length: int, seconds: int) -> None:
    assert quiet_of(length) == timedelta(seconds=seconds)


def test_a_long_one_that_is_not_quiet_yet_keeps_no_other_waiting(database: Database, indexer: Indexer) -> None:
    log = talk().store(database)
    indexer.index_due(log.at + QUIET)
    decide(database, exchanges=500)
    log.say("Et le Maroc ?", ANSWER).store(database)
    talk("conversation-2").store(database, updated=log.at)
    assert indexer.index_due(log.at + QUIET) == 1
    assert waiting(database) == ["conversation-1"]
    assert indexer.index_due(log.at + LONGEST_QUIET) == 1


def test_a_clock_that_was_wrong_hides_no_conversation(database: Database, indexer: Indexer) -> None:
    log = talk()
    log.store(database, updated=log.at + timedelta(days=300))
    assert indexer.index_due(log.at) == 1
    assert conversation(database) is not None


def test_a_session_in_which_nobody_wrote_is_not_shown(database: Database, indexer: Indexer) -> None:
    log = Log().session().store(database)
    indexer.index_due(log.at + QUIET)
    assert conversation(database) is None
    assert waiting(database) == []


@pytest.mark.parametrize(("status", "then"), [(REVIEWED, UNREAD), (SET_ASIDE, UNREAD), (TO_DO, TO_DO), (UNREAD, UNREAD)])
def test_a_conversation_that_goes_on_is_unread_again(database: Database, indexer: Indexer, status: str, then: str) -> None:
    log = talk().store(database)
    indexer.index_due(log.at + QUIET)
    decided = {
        "status": status,
        "assignee": "Ines",
        "flagged": True,
        "reviewed_by": "Ines",
        "kept_reason": "une plainte",
        "kept_by": "Noah",
    }
    decide(database, **decided)
    log.say("Et le Maroc ?", ANSWER).store(database)
    indexer.index_due(log.at + QUIET)
    row = conversation(database)
    assert row is not None
    assert {name: row[name] for name in decided} == decided | {"status": then}
    assert row["exchanges"] == 2


def test_what_does_not_go_on_keeps_its_status_and_its_rows(database: Database, indexer: Indexer) -> None:
    log = talk("conversation-1", "Et le Maroc ?").store(database)
    indexer.index_due(log.at + QUIET)
    decide(database, status=REVIEWED)
    before = said(database)
    judge(database, "a1-0", True)
    indexer.index_due(log.at + QUIET)
    row, after = conversation(database), said(database)
    assert row is not None
    assert (row["status"], row["thumbs_up"], row["thumbs_down"], row["priority"]) == (REVIEWED, 1, 0, model.ORDINARY)
    assert after == [before[0] | {"useful": True}, before[1]]


@pytest.mark.parametrize(("status", "then"), [(REVIEWED, UNREAD), (SET_ASIDE, UNREAD), (TO_DO, TO_DO)])
@pytest.mark.parametrize("what", ["a thumb down", "a mail that was given up"])
def test_what_is_more_urgent_by_now_is_to_be_read_again_once(
    database: Database, indexer: Indexer, what: str, status: str, then: str
) -> None:
    log = talk().store(database)
    indexer.index_due(log.at + QUIET)
    decide(database, status=status)
    if what == "a thumb down":
        judge(database, "a1-0", False)
    else:
        request(database, LEAD_FAILED, log)
    indexer.index_due(log.at + QUIET)
    assert (conversation(database) or {})["status"] == then
    decide(database, status=status)
    with database.begin() as connection:
        mark_changed(connection, log.name)
    indexer.index_due(log.at + QUIET)
    assert (conversation(database) or {})["status"] == status


def test_what_goes_on_without_its_beginning_is_counted_again(database: Database, indexer: Indexer) -> None:
    log = talk("conversation-1", "Et le Maroc ?").store(database)
    indexer.index_due(log.at + QUIET)
    first, second = (row["at"] for row in said(database))
    last = said(database)[0]["last_event"]
    with database.begin() as connection:  # a year lies between the two
        connection.execute(update(exchanges).where(exchanges.c.number == 1).values(at=first - timedelta(days=366)))
        connection.execute(update(conversations).values(first_at=first - timedelta(days=366), exchanges=7))
        old = connection.execute(select(events.c.id).order_by(events.c.id).limit(last)).scalars().all()
        connection.execute(update(events).where(events.c.id.in_(old)).values(timestamp=events.c.timestamp - 366 * 86_400))
    purge(database, second + timedelta(hours=1), 365)
    assert waiting(database) == [log.name]
    indexer.index_due(second + timedelta(hours=1))
    row = conversation(database)
    assert row is not None
    assert (row["exchanges"], row["first_at"]) == (1, second)


def test_an_exchange_keeps_its_id_and_no_id_is_given_twice(database: Database, indexer: Indexer) -> None:
    log = talk("conversation-1", "Et le Maroc ?").store(database)
    indexer.index_due(log.at + QUIET)
    ids = [row["id"] for row in said(database)]
    with database.begin() as connection:
        connection.execute(delete(exchanges).where(exchanges.c.id == ids[1]))
        mark_changed(connection, log.name)
    indexer.index_due(log.at + QUIET)
    again = [row["id"] for row in said(database)]
    assert again[0] == ids[0]
    assert again[1] > ids[1]


@pytest.mark.parametrize(("status", "priority"), [(LEAD_FAILED, model.FAILED_DELIVERY), (LEAD_FORWARDED, model.WAITING_REQUEST)])
def test_a_request_makes_its_conversation_wait_until_it_is_closed(database: Database, indexer: Indexer, status: str, priority: int) -> None:
    log = talk().store(database)
    request(database, status, log)
    indexer.index_due(log.at + QUIET)
    assert (conversation(database) or {})["priority"] == priority
    with database.begin() as connection:
        connection.execute(update(leads).values(closed_at=log.at, closed_by="Ines"))
        mark_changed(connection, log.name)
    indexer.index_due(log.at + QUIET)
    assert (conversation(database) or {})["priority"] == model.ORDINARY


def test_events_that_were_purged_take_their_exchanges_along(database: Database, indexer: Indexer) -> None:
    log = talk("conversation-1", "Et le Maroc ?", "Et le Bénin ?").store(database)
    indexer.index_due(log.at + QUIET)
    second = said(database)[1]
    with database.begin() as connection:
        connection.execute(delete(events).where(events.c.id < second["first_event"]))
        mark_changed(connection, log.name)
    indexer.index_due(log.at + QUIET)
    assert [(row["number"], row["said"]) for row in said(database)] == [(1, "Et le Maroc ?"), (2, "Et le Bénin ?")]
    assert said(database)[0]["id"] == second["id"]


def during(monkeypatch: pytest.MonkeyPatch, happens: Callable[[], object]) -> None:
    """Let something happen once, after a conversation was read and before it is written."""
    real, left = read_model.changes_of, [happens]

    def then(*arguments: Any) -> Any:
        changes = real(*arguments)
        if left:
            thread = threading.Thread(target=left.pop())
            thread.start()
            thread.join(20)
        return changes

    monkeypatch.setattr("bot.review.indexing.changes_of", then)


def test_an_erased_conversation_does_not_come_back_by_a_reading_that_was_under_way(
    database: Database, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = talk().say("écrivez à awa@commune.example", ANSWER).store(database)
    during(monkeypatch, lambda: erase(database, "awa@commune.example"))
    assert not indexer.index(log.name)
    assert (conversation(database), said(database)) == (None, [])


def test_one_that_was_erased_and_begun_again_is_read_as_it_is_now(
    database: Database, indexer: Indexer, monkeypatch: pytest.MonkeyPatch
) -> None:
    talk().say("écrivez à awa@commune.example", ANSWER).store(database)

    def anew() -> None:
        erase(database, "awa@commune.example")
        Log().session().say("Bonjour", "Bonjour.").store(database)

    during(monkeypatch, anew)
    assert not indexer.index("conversation-1")
    assert indexer.index("conversation-1")
    assert [row["said"] for row in said(database)] == ["Bonjour"]


@pytest.mark.parametrize("what", ["a message", "an opinion", "a request"])
def test_what_changes_during_a_reading_is_read_again(
    database: Database, indexer: Indexer, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    log = talk().store(database)
    happens: dict[str, Callable[[], object]] = {
        "a message": lambda: log.say("Et le Maroc ?", ANSWER).store(database),
        "an opinion": lambda: judge(database, "a1-0", False),
        "a request": lambda: request(database, LEAD_FAILED, log),
    }
    during(monkeypatch, happens[what])
    assert not indexer.index(log.name)
    assert waiting(database) == [log.name]
    assert conversation(database) is None
    assert indexer.index(log.name)
    row = conversation(database) or {}
    assert (row["exchanges"], row["thumbs_down"], row["priority"]) != (1, 0, model.ORDINARY)


def test_two_at_once_read_every_conversation_once(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    logs = [talk(f"conversation-{number}", "Et le Maroc ?").store(database) for number in range(30)]
    now = logs[0].at + QUIET
    both = threading.Barrier(2)

    def work() -> None:
        indexer = Indexer(database)
        both.wait()
        while indexer.index_due(now):
            pass

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    with database.read() as connection:
        counted = select(func.count(), func.count(exchanges.c.conversation.distinct())).select_from(exchanges)
        assert tuple(connection.execute(counted).one()) == (60, 30)
        assert connection.execute(select(func.count()).select_from(conversations)).scalar_one() == 30
    assert waiting(database) == []
    assert [record.getMessage() for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_conversation_that_somebody_holds_is_left_for_later(postgresql: Server) -> None:
    database = Database(new_database(postgresql))
    database.create_all()
    indexer, log = Indexer(database), talk().store(database)
    with database.begin() as connection:  # a turn that is being written, or an erasure
        connection.execute(select(trackers.c.born).where(trackers.c.conversation == log.name).with_for_update())
        assert not indexer.index(log.name)
    assert indexer.index(log.name)
    database.close()


def test_one_that_cannot_be_read_is_named_in_the_log_and_keeps_no_other_waiting(
    database: Database, indexer: Indexer, caplog: pytest.LogCaptureFixture
) -> None:
    broken, log = Log("broken").session().say("secret", "x"), talk()
    del broken.events[-5]["timestamp"]
    broken.events[0]["timestamp"] = 0.0
    broken.events[next(i for i, event in enumerate(broken.events) if event["event"] == "user")]["parse_data"] = {"parts": [{"ranking": 1}]}
    write(database, broken)
    log.store(database)
    with caplog.at_level(logging.ERROR):
        assert indexer.index_due(log.at + QUIET, limit=1) == 1
        assert indexer.index_due(log.at + QUIET, limit=1) == 1
    assert conversation(database) is not None
    assert [record.getMessage() for record in caplog.records] == ["conversation broken could not be read for the review: TypeError"]
    assert "secret" not in caplog.text
    assert indexer.index_due(log.at + QUIET) == 0
    assert indexer.index_due(log.at + QUIET + RETRY) == 1


def write(database: Database, log: Log) -> None:
    """Store events as they are, also broken ones."""
    with database.begin() as connection:
        for event in log.events:
            row = {"sender_id": log.name, "type_name": event["event"], "timestamp": 0.0, "data": json.dumps(event)}
            connection.execute(insert(events).values(**row))
        begun = {"conversation": log.name, "born": "x", "tail": 0, "pointers": {}}
        connection.execute(insert(trackers).values(**begun, updated_at=log.at - timedelta(minutes=5)))


def test_all_are_read_anew_and_decisions_stay(database: Database, indexer: Indexer) -> None:
    for number in range(3):
        talk(f"conversation-{number}").store(database)
    heard: list[tuple[int, int]] = []
    assert indexer.index_all(lambda done, of: heard.append((done, of))) == (3, 0)
    assert heard == [(1, 3), (2, 3), (3, 3)]
    decide(database, status=REVIEWED)
    with database.begin() as connection:
        connection.execute(update(exchanges).values(said="verfälscht"))
        connection.execute(update(conversations).values(outcome=model.TALK))
    assert indexer.index_all(lambda *_: None) == (3, 0)
    row = conversation(database, "conversation-2") or {}
    assert (row["status"], row["outcome"]) == (REVIEWED, model.ANSWERED)
    assert said(database, "conversation-2")[0]["said"] == "Quel est le budget ?"
    assert waiting(database) == []


@pytest.mark.anyio
async def test_the_worker_reads_what_comes_and_survives_a_database_that_is_away(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    logs = [talk(f"conversation-{number}").store(database) for number in range(2 * AT_ONCE)]
    indexer, stop = Indexer(database), asyncio.Event()
    real, fails = indexer.index_due, [True]

    def away_at_first(*arguments: Any) -> int:
        if fails:
            fails.pop()
            raise StorageError("away")
        return real(*arguments)

    monkeypatch.setattr(indexer, "index_due", away_at_first)
    running = asyncio.create_task(IndexWorker(indexer, lambda: logs[0].at + QUIET).run(stop, every=0.01))
    await asyncio.to_thread(wait_for, "all are read", lambda: not waiting(database), 20.0)
    stop.set()
    await asyncio.wait_for(running, 5)
    assert "the read model waits for the database" in caplog.text


@pytest.mark.anyio
@pytest.mark.parametrize("tried", [1, AT_ONCE])
async def test_the_worker_rests_in_proportion_also_after_one_that_took_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tried: int
) -> None:
    stop, rests, hours = asyncio.Event(), [], iter([0.0, 7.0])

    async def rest(waiting: Any, seconds: float) -> None:
        waiting.close()
        rests.append(seconds)
        stop.set()

    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    worker = IndexWorker(Indexer(database), lambda: Log().at)
    monkeypatch.setattr(worker.indexer, "index_due", lambda _: tried)
    monkeypatch.setattr(asyncio, "wait_for", rest)
    monkeypatch.setattr(asyncio.get_running_loop(), "time", lambda: next(hours, 7.0))
    await worker.run(stop, every=0.01)
    monkeypatch.undo()
    assert rests == [14.0]
    database.close()


SECRETS = ("Exempleton", "exempleton", "awa.exempleton", "000112233")


def secretive() -> Log:
    log = Log().session()
    log.say("Bonjour, je m'appelle Awa Exempleton. Quel est le budget ?", ANSWER)
    log.say("écrivez à awa.exempleton@commune.example ou au +32000112233", ANSWER)
    return log.say("Exempleton, c'est noté ?", bubble("Oui, madame Exempleton.", asks=None))


def test_personal_data_stand_in_no_column(database: Database, indexer: Indexer) -> None:
    indexer.index_due(secretive().store(database).at + QUIET)
    shown = json.dumps([conversation(database), *said(database)], ensure_ascii=False, default=str)
    assert [secret for secret in SECRETS if secret in shown] == []
    assert "budget" in shown


def test_personal_data_stand_nowhere_in_the_file_once_the_events_are_gone(tmp_path: Path) -> None:
    file = tmp_path / "cic.sqlite"
    database = Database(f"sqlite:///{file}")
    database.create_all()
    talk("another").store(database)
    log = secretive().say("une question inoubliable", ANSWER).store(database)
    indexer = Indexer(database)
    while indexer.index_due(log.at + QUIET):
        pass
    assert b"inoubliable" in file.read_bytes() + Path(f"{file}-wal").read_bytes()
    with database.read() as connection:
        found = text("SELECT rowid FROM exchanges_words WHERE exchanges_words MATCH :word")
        assert len(connection.execute(found, {"word": "inoubliable"}).all()) == 1
        assert connection.execute(found, {"word": "exempleton"}).all() == []
    erase(database, "awa.exempleton@commune.example")
    left = file.read_bytes() + Path(f"{file}-wal").read_bytes()
    assert [secret for secret in (*SECRETS, "inoubliable") if secret.encode() in left] == []
    assert said(database, "another")
    database.close()


def test_the_index_of_what_waits_is_used(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    asked: list[str] = []
    with database.read() as connection:
        real = type(connection).execute

        def explain(own: Any, statement: Any, *arguments: Any, **options: Any) -> Any:
            asked.append(str(statement.compile(own, compile_kwargs={"literal_binds": False})))
            return real(own, statement, *arguments, **options)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(type(connection), "execute", explain)
            Indexer(database).index_due(Log().at)
        values = ("2026", "2027", 20, 0)
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {asked[0]}", (0, *values)).all()
    assert "trackers_to_index" in str(plan)
    database.close()
