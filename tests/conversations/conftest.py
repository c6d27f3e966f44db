"""One assistant for all conversations; each test is a person of its own in it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from support.assistant import Assistant
from support.chat import Chat
from support.mailbox import Mailbox

from bot.knowledge import Base
from bot.texts import Texts
from bot.wiring import TEXTS, build_base


@pytest.fixture(scope="package")
def assistant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assistant]:
    mailbox = Mailbox()
    mailbox.open()
    running = Assistant.start(tmp_path_factory.mktemp("assistant") / "data", mailbox)
    yield running
    running.stop()
    mailbox.close()


@pytest.fixture
def chat(assistant: Assistant) -> Chat:
    return assistant.chat()


@pytest.fixture(scope="session")
def base() -> Base:
    return build_base()


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(TEXTS)
