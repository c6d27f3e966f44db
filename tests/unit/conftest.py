"""What the tests of one module share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete
from support.databases import KINDS, new_one

from bot.storage import Database, metadata


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def stored(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database: SQLite, or PostgreSQL where the test asks for both."""
    with new_one(request, getattr(request, "param", "sqlite"), tmp_path) as made:
        yield made


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each kind, for all tests of a module."""
    with new_one(request, request.param, tmp_path_factory.mktemp("kind")) as made:
        yield made


@pytest.fixture
def store(kind: Database) -> Database:
    """The same, empty."""
    with kind.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(delete(table))
    return kind
