"""The database: transactions, time, and what it says when it is away. On SQLite, as on one machine."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from sample_request import NOW
from sqlalchemy import func, insert, select, update
from sqlalchemy.exc import IntegrityError, StatementError

from bot.errors import SettingError, StorageError
from bot.storage import Database, erasures, leads, turns


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'new' / 'cic.sqlite'}")
    database.create_all()
    yield database
    database.close()


def add_erasure(database: Database, created_at: datetime, count: int = 0) -> None:
    with database.begin() as connection:
        connection.execute(insert(erasures).values(created_at=created_at, kind="purge", counts={"leads": count}))


def test_the_folder_is_made_for_its_owner_alone(database: Database, tmp_path: Path) -> None:
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("pragma", "value"), [("journal_mode", "wal"), ("busy_timeout", 5000), ("foreign_keys", 1), ("secure_delete", 1)], ids=lambda v: str(v)
)
def test_sqlite_is_prepared(database: Database, pragma: str, value: object) -> None:
    with database.read() as connection:
        assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value


def test_a_time_of_another_zone_comes_back_in_utc(database: Database) -> None:
    add_erasure(database, NOW.astimezone(timezone(timedelta(hours=5))))
    with database.read() as connection:
        kept = connection.execute(select(erasures.c.created_at)).scalar()
    assert (kept, kept.tzinfo) == (NOW, timezone.utc)


def test_a_time_without_zone_is_refused(database: Database) -> None:
    with pytest.raises(StatementError, match="time zone"):
        add_erasure(database, NOW.replace(tzinfo=None))


def test_an_exception_rolls_everything_back(database: Database) -> None:
    def fail_in_the_middle() -> None:
        with database.begin() as connection:
            connection.execute(insert(erasures).values(created_at=NOW, kind="purge", counts={}))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_in_the_middle()
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(erasures)).scalar() == 0


def test_writers_that_read_first_wait_for_each_other_and_lose_nothing(database: Database) -> None:
    add_erasure(database, NOW)

    def add_one(_: int) -> None:
        with database.begin() as connection:
            count = connection.execute(select(erasures.c.counts)).scalar()["leads"]
            connection.execute(update(erasures).values(counts={"leads": count + 1}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(add_one, range(40)))
    with database.read() as connection:
        assert connection.execute(select(erasures.c.counts)).scalar() == {"leads": 40}


def test_a_reader_does_not_wait_for_a_writer(database: Database) -> None:
    with database.begin() as writer, database.read() as reader:
        writer.execute(insert(erasures).values(created_at=NOW, kind="purge", counts={}))
        assert reader.execute(select(func.count()).select_from(erasures)).scalar() == 0


def test_several_processes_may_make_the_tables_at_once(tmp_path: Path) -> None:
    databases = [Database(f"sqlite:///{tmp_path / 'cic.sqlite'}") for _ in range(4)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(Database.create_all, databases))
    for database in databases:
        database.ping()
        database.close()


def test_the_same_message_of_a_conversation_is_kept_once(database: Database) -> None:
    row = {"conversation": "c", "number": 1, "user_text": "bonjour", "answer": {}, "created_at": NOW}
    with pytest.raises(IntegrityError), database.begin() as connection:
        connection.execute(insert(turns), [row | {"client_id": "a"}, row | {"client_id": "a"}])


def test_an_error_of_the_database_tells_no_values(database: Database) -> None:
    row = {"reference": "r", "request_key": "k", "email": "awa@commune.example"}
    with pytest.raises(IntegrityError) as caught, database.begin() as connection:
        connection.execute(insert(leads).values(**row))
    assert "awa@" not in str(caught.value)


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:1/cic", "sqlite:////dev/null/cic.sqlite", "sqlite:////proc"])
def test_a_database_that_is_away_is_a_storage_error(url: str) -> None:
    with pytest.raises(StorageError, match="base de données"):
        Database(url).ping()


@pytest.mark.parametrize("url", ["sqlite:///:memory:", "sqlite://"])
def test_a_database_in_memory_is_refused(url: str) -> None:
    with pytest.raises(SettingError, match="CIC_DATABASE_URL"):
        Database(url)
