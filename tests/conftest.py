"""What is started once: a whole assistant for all tests that only talk to it, each a person of its own in it; a PostgreSQL server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.assistant import Assistant
from support.mailbox import Mailbox

from bot.benchmarks.postgresql import Server, running_server


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that look at what takes minutes come last: others run meanwhile."""
    items.sort(key=lambda item: item.get_closest_marker("late") is not None)


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    mailbox = Mailbox()
    mailbox.open()
    running = Assistant.start(tmp_path_factory.mktemp("assistant") / "data", mailbox)
    yield running
    running.stop()
    mailbox.close()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of our own; each test takes a new database of it."""
    with running_server() as running:
        yield running
