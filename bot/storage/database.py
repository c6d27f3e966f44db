"""Transactions: on SQLite for one machine, on PostgreSQL for several. Knows no table but those it makes."""

from __future__ import annotations

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, event, select
from sqlalchemy.engine import URL, Connection, Engine, make_url
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.pool import NullPool, QueuePool

from bot.errors import SettingError, StorageError
from bot.storage.migrations import HEAD, revision_of

BUSY_MILLISECONDS = 5000
"""How long a writer waits for another one (SQLite), or for a connection (PostgreSQL), before it gives up."""
_ALIVE = {
    "connect_timeout": BUSY_MILLISECONDS // 1000,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "options": "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3",
}
"""A machine that vanishes without a word is noticed within half a minute, on either side: its locks are given back (PostgreSQL)."""
_AWAY = "La base de données ne répond pas : vérifiez CIC_DATABASE_URL, le disque et le serveur."
_SCHEMA_LOCK = 2014_2016
"""Any number of our own: processes that make or change the tables at once take turns on it (PostgreSQL)."""


class Database:
    """Transactions on one database. Safe to share between threads; a process that forks makes its own."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self._engine = _sqlite(parsed) if parsed.get_backend_name() == "sqlite" else _server(parsed)
        self._writes = self._engine.execution_options(cic_writes=True)

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        """A transaction that may write: committed at the end, rolled back by any exception."""
        with _boundary(), self._writes.begin() as connection:
            yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A transaction that only reads: it never waits for a writer."""
        with _boundary(), self._engine.begin() as connection:
            yield connection

    def create_all(self) -> None:
        """Make the tables, or bring those of an older version up to date; several processes may do so at once."""
        with self.read() as connection:
            if revision_of(connection) == HEAD:
                return
        from bot.storage.migrations.upgrading import bring_up_to_date  # slow to load, and before the lock: others wait for it

        with self._begin_alone() as connection:
            bring_up_to_date(connection)

    def ping(self) -> None:
        """Raise StorageError unless the database answers."""
        with self.read() as connection:
            connection.execute(select(1))

    def flush_log(self) -> None:
        """Fold SQLite's write-ahead log into the file, so that deleted rows do not survive in it."""
        if self._engine.dialect.name == "sqlite":
            with _boundary(), self._engine.connect() as connection:
                connection.connection.dbapi_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def compact(self) -> None:
        """Rewrite SQLite's file, so that no stale copy of a deleted row is left in it; PostgreSQL does so by itself."""
        if self._engine.dialect.name == "sqlite":
            with _boundary(), self._engine.connect() as connection:
                connection.connection.dbapi_connection.execute("VACUUM").fetchall()
            self.flush_log()

    @property
    def is_server(self) -> bool:
        """Whether this is PostgreSQL, which several machines share."""
        return bool(self._engine.dialect.name == "postgresql")

    def connect_alone(self) -> Connection:
        """A connection of one's own that commits each statement; it is to be closed. Calls on it go within `boundary`.

        From an engine of its own: a connection that is taken out of a pool and set to commit fails to fail when the server is away.
        """
        engine = _engine(self._engine.url, isolation_level="AUTOCOMMIT", poolclass=NullPool, connect_args=_ALIVE)
        with self.boundary():
            return engine.connect()

    @staticmethod
    def boundary() -> AbstractContextManager[None]:
        """Turn the driver's errors about a database that does not answer into StorageError."""
        return _boundary()

    def close(self) -> None:
        """Give back the connections."""
        self._engine.dispose()

    @contextmanager
    def _begin_alone(self) -> Iterator[Connection]:
        """A transaction that may change tables, one at a time.

        SQLite changes a table by dropping it for another, and would delete the rows elsewhere that point at its rows. It is
        told not to look, which is heard outside of a transaction only; the connection is not given back to those that look.
        """
        with _boundary(), self._writes.connect() as connection:
            if connection.dialect.name == "sqlite":
                connection.detach()
                connection.connection.dbapi_connection.execute("PRAGMA foreign_keys=OFF")
            with connection.begin():
                if connection.dialect.name == "postgresql":
                    connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_SCHEMA_LOCK})")
                yield connection


@contextmanager
def _boundary() -> Iterator[None]:
    try:
        yield
    except (OperationalError, InterfaceError, PoolTimeoutError, sqlite3.OperationalError) as error:
        raise StorageError(_AWAY) from error
    except DBAPIError as error:
        if not error.connection_invalidated:
            raise
        raise StorageError(_AWAY) from error  # a server that dies under a statement: psycopg2 has no name of its own for that


def _engine(url: URL, **options: Any) -> Engine:
    # hide_parameters: an error message with its values would put names and addresses into the log
    serializer = partial(json.dumps, ensure_ascii=False)
    return create_engine(url, future=True, hide_parameters=True, json_serializer=serializer, **options)


def _server(url: URL) -> Engine:
    return _engine(url, pool_pre_ping=True, connect_args=_ALIVE)


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingError("CIC_DATABASE_URL : donnez un fichier (sqlite:////chemin/cic.sqlite), la mémoire ne se partage pas.")
    try:
        Path(url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise StorageError(f"Le dossier de la base de données ne peut pas être créé ({error.strerror}) : vérifiez CIC_DATA_DIR.") from error
    # A pool of our own: without one, 1.4 closes the file after each transaction, and the last one to close folds the log
    engine = _engine(url, poolclass=QueuePool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(dbapi_connection: Any, _record: object) -> None:
    dbapi_connection.isolation_level = None  # the driver's own BEGIN comes late and deferred; see _begin_sqlite
    dbapi_connection.execute(f"PRAGMA busy_timeout={BUSY_MILLISECONDS}")
    dbapi_connection.execute("PRAGMA foreign_keys=ON")
    dbapi_connection.execute("PRAGMA secure_delete=ON").fetchall()  # what is erased is overwritten in the file
    _switch_to_log(dbapi_connection)


def _switch_to_log(dbapi_connection: Any) -> None:
    """Use a write-ahead log. A new file needs the switch once, maybe from several processes, and the timeout does not cover it."""
    deadline = time.monotonic() + BUSY_MILLISECONDS / 1000
    while True:
        try:
            dbapi_connection.execute("PRAGMA journal_mode=WAL").fetchall()
            return
        except sqlite3.OperationalError as error:
            if "locked" not in str(error) or time.monotonic() > deadline:
                raise
            time.sleep(0.01)


def _begin_sqlite(connection: Connection) -> None:
    """Take the write lock at the start of a transaction that writes.

    A deferred transaction that reads first and writes later fails at once, without the busy timeout, when somebody
    else wrote in between. Taken at the start, the lock is waited for, and what was read cannot change before the write.
    """
    writes = connection.get_execution_options().get("cic_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
