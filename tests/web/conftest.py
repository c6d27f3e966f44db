"""The web application on a database of its own."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.databases import with_tables
from support.entrance import CHEAP
from support.played_site import CONTENT, Clock, FakeMailWorker, FakeRasa, OpenSite, Site

from bot.config import Settings
from bot.storage import Database
from bot.web.app import create_app
from bot.web.showing import Showing

PATIENCE = 1.0
"""Seconds that a message waits for the database; the tests in which it does not answer wait as long."""


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def open_site(tmp_path: Path) -> OpenSite:
    """Open a site with other settings, or from another address."""

    @asynccontextmanager
    async def opened(peer: str = "203.0.113.7", database: Database | None = None, **changes: Any) -> AsyncIterator[Site]:
        url = f"sqlite:///{with_tables(tmp_path / 'cic.sqlite')}"
        settings = replace(Settings(tmp_path, url, secret_key="a key for tests only"), **changes)
        store = database or Database(url)
        if database is None:
            store.create_all()
        rasa, worker, clock, showing = FakeRasa(), FakeMailWorker(), Clock(), Showing(CONTENT)
        app = create_app(settings, store, rasa, worker, clock, showing, patience=PATIENCE, passwords=CHEAP)
        transport = httpx.ASGITransport(app, client=(peer, 40000))
        async with httpx.AsyncClient(transport=transport, base_url="http://assistant.example") as client:
            yield Site(settings, store, rasa, worker, clock, client, showing)
        store.close()

    return opened


@pytest.fixture
async def site(open_site: OpenSite) -> AsyncIterator[Site]:
    async with open_site() as opened:
        yield opened
