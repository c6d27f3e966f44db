"""Each test is a person of its own in the one assistant of all tests."""

from __future__ import annotations

import pytest
from support.assistant import Assistant
from support.chat import Chat

from bot.knowledge import Base
from bot.texts import Texts
from bot.wiring import TEXTS, build_base


@pytest.fixture
def chat(assistant: Assistant) -> Chat:
    return assistant.chat()


@pytest.fixture(scope="session")
def base() -> Base:
    return build_base()


@pytest.fixture(scope="session")
def texts() -> Texts:
    return Texts.load(TEXTS)
