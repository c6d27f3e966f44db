"""One assistant for all faults, and another when a test has stopped it; one mail server, which behaves well until told otherwise.

All messaging channels of that assistant are on; its platforms are its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.assistant import Assistant
from support.mailbox import Mailbox
from support.platforms.together import Platforms, all_platforms, deliver_to, settings_of

from bot.texts import Texts
from bot.wiring import TEXTS


@pytest.fixture(scope="package")
def mail_server() -> Mailbox:
    """Where the assistant's mails go."""
    return Mailbox()


@pytest.fixture(scope="package")
def platforms(mail_server: Mailbox) -> Iterator[Platforms]:
    """The platforms that the assistant's channels speak with; they opened the mail server."""
    with all_platforms(mail_server) as started:
        yield started


@pytest.fixture
def mailbox(mail_server: Mailbox, platforms: Platforms) -> Iterator[Mailbox]:
    """Empty at first: what is in it is of this test, or nobody knows whose."""
    mail_server.clear()
    yield mail_server
    mail_server.behave()


@pytest.fixture(scope="package")
def started(platforms: Platforms) -> Iterator[list[Assistant]]:
    """Those that were started so far; the platforms outlive them."""
    assistants: list[Assistant] = []
    yield assistants
    for assistant in assistants:
        assistant.stop()


@pytest.fixture
def assistant(started: list[Assistant], mailbox: Mailbox, platforms: Platforms, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    if not started or started[-1].process.poll() is not None:
        started.append(Assistant.start(tmp_path_factory.mktemp("assistant") / "data", mailbox, **settings_of(platforms)))
        deliver_to(platforms, started[-1])
    started[-1].wait_until_ready()
    return started[-1]


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(TEXTS)
