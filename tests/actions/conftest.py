"""The services of the actions, on a database of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.session import serving
from bot.config import load_settings
from bot.storage import Database
from bot.wiring import Services, build_database

SETTINGS = {"CIC_CONTACT_EMAIL": "contact@association.example", "CIC_SECRET_KEY": "a key for tests only"}


@pytest.fixture
def served(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    for name, value in (SETTINGS | {"CIC_DATA_DIR": str(tmp_path), "CIC_DATABASE_URL": f"sqlite:///{tmp_path / 'cic.sqlite'}"}).items():
        monkeypatch.setenv(name, value)
    serving.cache_clear()
    yield serving().of(None)
    serving().follower.stop()
    serving.cache_clear()


@pytest.fixture
def database(served: Services) -> Iterator[Database]:
    opened = build_database(load_settings())
    yield opened
    opened.close()
