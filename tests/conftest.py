"""One whole assistant for all tests that only talk to it; each test is a person of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.assistant import Assistant
from support.mailbox import Mailbox


@pytest.fixture(scope="session")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    mailbox = Mailbox()
    mailbox.open()
    running = Assistant.start(tmp_path_factory.mktemp("assistant") / "data", mailbox)
    yield running
    running.stop()
    mailbox.close()
