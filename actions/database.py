"""An action that the database lets down: Rasa is told so, leaves nothing of the turn, and the message comes again."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from rasa_sdk.events import EventType

from bot.errors import StorageError
from bot.rasa_client import DATABASE

Run = Callable[..., list[EventType]]


class DatabaseAwayError(Exception):
    """The SDK answers with its text (bot.rasa.action_server reads it)."""

    def __init__(self) -> None:
        super().__init__(DATABASE)


def needs_database(run: Run) -> Run:
    """Decorate the `run` of an action."""

    @wraps(run)
    def told(*arguments: Any) -> list[EventType]:
        try:
            return run(*arguments)
        except StorageError as error:
            raise DatabaseAwayError from error

    return told
