"""What is started once: a whole assistant for all tests that only talk to it, each a person of its own in it; a PostgreSQL server.

All messaging channels of that assistant are on, and their platforms are played.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.assistant import Assistant
from support.mailbox import Mailbox
from support.platforms.together import Platforms, all_platforms, deliver_to, settings_of

from bot.benchmarks.postgresql import Server, running_server
from bot.config import PROJECT

HEAVY = tuple(PROJECT / "tests" / name for name in ("channels", "faults"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What loads the machine and looks what becomes of it comes when the tests beside it have ended (scripts/run-tests).

    Tests that look at what takes minutes come last: others run meanwhile.
    """
    items.sort(key=lambda item: (item.get_closest_marker("late") is not None, any(folder in item.path.parents for folder in HEAVY)))


@pytest.fixture(scope="session")
def mail_server() -> Mailbox:
    """Where the assistant's mails go."""
    return Mailbox()


@pytest.fixture(scope="session")
def platforms(mail_server: Mailbox) -> Iterator[Platforms]:
    """The platforms that the assistant's channels speak with."""
    with all_platforms(mail_server) as started:
        yield started


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory, mail_server: Mailbox, platforms: Platforms) -> Iterator[Assistant]:
    running = Assistant.start(tmp_path_factory.mktemp("assistant") / "data", mail_server, **settings_of(platforms))
    deliver_to(platforms, running)
    yield running
    running.stop()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Server]:
    """A server of our own; each test takes a new database of it."""
    with running_server() as running:
        yield running
