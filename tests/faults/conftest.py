"""One assistant for all faults, and another when a test has stopped it; one mail server, which behaves well until told otherwise."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.assistant import Assistant
from support.mailbox import Mailbox

from bot.texts import Texts
from bot.wiring import TEXTS


@pytest.fixture(scope="package")
def open_mailbox() -> Iterator[Mailbox]:
    box = Mailbox()
    box.open()
    yield box
    box.close()


@pytest.fixture
def mailbox(open_mailbox: Mailbox) -> Iterator[Mailbox]:
    """Empty at first: what is in it is of this test, or nobody knows whose."""
    open_mailbox.clear()
    yield open_mailbox
    open_mailbox.behave()


@pytest.fixture(scope="package")
def started() -> Iterator[list[Assistant]]:
    assistants: list[Assistant] = []
    yield assistants
    for assistant in assistants:
        assistant.stop()


@pytest.fixture
def assistant(started: list[Assistant], mailbox: Mailbox, tmp_path_factory: pytest.TempPathFactory) -> Assistant:
    if not started or started[-1].process.poll() is not None:
        started.append(Assistant.start(tmp_path_factory.mktemp("assistant") / "data", mailbox))
    started[-1].wait_until_ready()
    return started[-1]


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(TEXTS)
