"""New databases of either kind, for tests of what both have to do alike."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest

from bot.benchmarks.postgresql import Server, new_database
from bot.storage import Database

KINDS = ("sqlite", "postgresql")


def with_tables(path: Path) -> Path:
    """A new file of SQLite with its tables, as a copy of one that was made once: thousands of tests take one. Return its path."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(_pattern(), path)
    return path


@cache
def _pattern() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="cic-tables-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    database = Database(f"sqlite:///{folder / 'cic.sqlite'}")
    database.create_all()
    database.flush_log()
    database.close()
    return folder / "cic.sqlite"


@contextmanager
def new_one(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Database]:
    """A new database, its tables made: a file in a folder, or one of the PostgreSQL of all tests."""
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        database = Database(new_database(server))
    else:
        database = Database(f"sqlite:///{with_tables(folder / 'cic.sqlite')}")
    database.create_all()
    try:
        yield database
    finally:
        database.close()
