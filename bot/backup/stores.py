"""The database as a file of a backup: taken while the assistant runs, put back as a whole or not at all."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import create_engine, inspect, literal, select, table, text
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import InterfaceError, OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from bot.config import Settings, child_environment
from bot.errors import BackupError, StorageError
from bot.storage import erasures
from bot.storage.migrations import revision_of

_LOG_FILES = ("-wal", "-shm")
"""What stands beside a SQLite file that was not closed in order."""
_WAIT_SECONDS = 5.0
_OTHERS = """SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'"""
_EMPTY = """DO $$ DECLARE found record; BEGIN
FOR found IN SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema() LOOP
EXECUTE format('DROP TABLE %I CASCADE', found.name); END LOOP;
FOR found IN SELECT sequencename AS name FROM pg_sequences WHERE schemaname = current_schema() LOOP
EXECUTE format('DROP SEQUENCE %I CASCADE', found.name); END LOOP;
END $$;
"""
"""Takes away what a newer version made and the backup does not know."""
_LEFT_ALONE = frozenset({"alembic_version"})


class Store(Protocol):
    """One kind of database. All calls raise BackupError or StorageError with a sentence."""

    part: str
    """Name of its file in the archive."""

    def revision(self) -> str | None:
        """Return the revision of the tables that stand in the database."""

    def dump(self, target: Path) -> None:
        """Write the whole database as it is at one moment; others go on writing."""

    def is_open(self) -> bool:
        """Whether somebody else works on the database."""

    def holds_rows(self) -> bool:
        """Whether there is anything to lose."""

    def erased_since(self, moment: datetime) -> list[datetime]:
        """Return when something was erased after `moment`, as far as the database can still say it."""

    def files(self, dump: Path) -> Mapping[Path, Path | None]:
        """Return the files that `dump` takes the place of, each with its new content; None for one that goes."""

    def load(self, dump: Path) -> None:
        """Put the content of `dump` in the place of what stands there, in one transaction, where that is not done by files."""


def store_of(settings: Settings) -> Store:
    """Return the store of the settings."""
    url = settings.database_url
    return SqliteStore(url) if make_url(url).get_backend_name() == "sqlite" else ServerStore(url)


class _Readable:
    """What is asked of both kinds in the same way. `_url` is that of the settings, with its password."""

    _url: str

    def revision(self) -> str | None:
        """Return the revision of the tables."""
        with self._reading() as connection:
            return revision_of(connection)

    def holds_rows(self) -> bool:
        """Whether any table has a row; what cannot be read may hold some."""
        with self._reading() as connection:
            names = set(inspect(connection).get_table_names()) - _LEFT_ALONE
            return any(connection.execute(select(literal(1)).select_from(table(name)).limit(1)).first() for name in names)

    def erased_since(self, moment: datetime) -> list[datetime]:
        """Return when something was erased after `moment`; nothing where there is no such table yet."""
        with suppress(SQLAlchemyError), self._reading() as connection:
            after = select(erasures.c.created_at).where(erasures.c.created_at > moment).order_by(erasures.c.created_at)
            return list(connection.execute(after).scalars())
        return []

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """A connection that is closed afterwards, whatever happens: one that stays would keep ourselves from restoring."""
        try:
            with create_engine(self._url, poolclass=NullPool, future=True).connect() as connection:
                yield connection
        except (OperationalError, InterfaceError) as error:
            raise StorageError("La base de données ne répond pas : vérifiez CIC_DATABASE_URL, le disque et le serveur.") from error


class SqliteStore(_Readable):
    """A file, copied by SQLite's own backup: one moment, write-ahead log included."""

    part = "database.sqlite"

    def __init__(self, url: str) -> None:
        self._url = url
        self._path = Path(make_url(url).database or "")

    def dump(self, target: Path) -> None:
        """Copy the file and look through the copy; a database that is damaged is no backup."""
        if not self._path.exists():
            raise BackupError(f"Il n'y a pas encore de base de données à sauvegarder ({self._path}).")
        try:
            with closing(sqlite3.connect(self._path, timeout=_WAIT_SECONDS)) as source, closing(sqlite3.connect(target)) as copy:
                source.backup(copy)
                copy.execute("PRAGMA journal_mode=DELETE")
                said = copy.execute("PRAGMA integrity_check").fetchone()[0]
        except sqlite3.OperationalError as error:
            raise BackupError(f"La base de données ne peut pas être copiée ({error}) : vérifiez la place libre sur le disque.") from error
        except sqlite3.DatabaseError as error:
            raise _damaged() from error
        if said != "ok":
            raise _damaged()

    def is_open(self) -> bool:
        """Whether another process has the file open: then it cannot be had alone."""
        if not self._path.exists():
            return False
        try:
            with closing(sqlite3.connect(self._path, timeout=0, isolation_level=None)) as connection:
                connection.execute("PRAGMA locking_mode=EXCLUSIVE")
                connection.execute("BEGIN EXCLUSIVE")
                connection.execute("ROLLBACK")
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
        except sqlite3.DatabaseError:  # damaged: a reason to restore
            return False
        return False

    def holds_rows(self) -> bool:
        """Whether any table has a row; a file that is damaged may have some."""
        try:
            return self._path.exists() and super().holds_rows()
        except SQLAlchemyError:
            return True

    def erased_since(self, moment: datetime) -> list[datetime]:
        """The same, of a file that is there and not damaged."""
        return super().erased_since(moment) if self._path.exists() else []

    def files(self, dump: Path) -> Mapping[Path, Path | None]:
        """What stands beside a file that was not closed in order goes first: it must not be read into the new one."""
        return {**{self._path.with_name(self._path.name + end): None for end in _LOG_FILES}, self._path: dump}

    def load(self, dump: Path) -> None:
        """Nothing: the file is all."""


class ServerStore(_Readable):
    """A database of a PostgreSQL server, through its own programs. The password reaches them by the environment alone."""

    part = "database.dump"

    def __init__(self, url: str) -> None:
        self._url = url

    def dump(self, target: Path) -> None:
        """Have `pg_dump` write it: one moment, in PostgreSQL's own format."""
        self._run("pg_dump", "--format=custom", "--no-owner", "--no-privileges", f"--file={target}", connected=True)

    def is_open(self) -> bool:
        """Whether anybody else is connected, from whatever machine."""
        deadline = time.monotonic() + _WAIT_SECONDS  # the server takes a moment to notice that we ourselves have left
        with self._reading() as connection:
            while connection.execute(text(_OTHERS)).scalar():
                if time.monotonic() > deadline:
                    return True
                time.sleep(0.1)
                connection.execute(text("SELECT pg_stat_clear_snapshot()"))
        return False

    def files(self, dump: Path) -> Mapping[Path, Path | None]:
        """None: everything stands on the server."""
        return {}

    def load(self, dump: Path) -> None:
        """Empty the schema and fill it again, in one transaction."""
        clear, script = dump.with_name("clear.sql"), dump.with_name("database.sql")
        clear.write_text(_EMPTY, "utf-8")
        self._run("pg_restore", "--no-owner", "--no-privileges", f"--file={script}", str(dump))
        once = ("--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1")
        self._run("psql", *once, f"--file={clear}", f"--file={script}", connected=True)

    def _run(self, program: str, *arguments: str, connected: bool = False) -> None:
        address, password = _address(make_url(self._url))
        command = (program, *arguments, *((f"--dbname={address}",) if connected else ()))
        environment = child_environment({"PGPASSWORD": password} if password else {})
        try:
            done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace")  # noqa: S603
        except FileNotFoundError as error:
            raise BackupError(f"Le programme {program} manque : installez postgresql-client, dans la version du serveur.") from error
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["sans message"])[0]
            raise BackupError(f"{program} a échoué : {last}")


def _address(url: URL) -> tuple[str, str | None]:
    """The address for PostgreSQL's programs without the password, and the password."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    password = url.password or url.query.get("password")
    plain = URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return plain.render_as_string(hide_password=False), str(password) if password else None


def _damaged() -> BackupError:
    return BackupError("La base de données est abîmée : aucune sauvegarde n'a été faite. Rétablissez la dernière qui soit bonne.")
