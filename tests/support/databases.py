"""New databases of either kind, for tests of what both have to do alike."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bot.benchmarks.postgresql import Server, new_database
from bot.storage import Database

KINDS = ("sqlite", "postgresql")


@contextmanager
def new_one(request: pytest.FixtureRequest, kind: str, folder: Path) -> Iterator[Database]:
    """A new database, its tables made: a file in a folder, or one of the PostgreSQL of all tests."""
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        database = Database(new_database(server))
    else:
        database = Database(f"sqlite:///{folder / 'cic.sqlite'}")
    database.create_all()
    try:
        yield database
    finally:
        database.close()
