"""What the tests of one module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete

from bot.benchmarks.postgresql import Server, new_database
from bot.storage import Database, metadata


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    yield database
    database.close()


def open_database(request: pytest.FixtureRequest, kind: str, folder: Path) -> Database:
    """A new database: a file in a folder, or one of the PostgreSQL of all tests."""
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        made = Database(new_database(server))
    else:
        made = Database(f"sqlite:///{folder / 'cic.sqlite'}")
    made.create_all()
    return made


@pytest.fixture
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database: SQLite, or PostgreSQL where the test asks for both."""
    made = open_database(request, getattr(request, "param", "sqlite"), tmp_path)
    yield made
    made.close()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each kind, for all tests of a module."""
    made = open_database(request, request.param, tmp_path_factory.mktemp("kind"))
    yield made
    made.close()


@pytest.fixture
def store(kind: Database) -> Database:
    """The same, empty."""
    with kind.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    return kind
