"""How an action is run: in a thread, so that none waits for the database of another, and honest about a database that is away.

Rasa is told of that, and not of an error: it leaves nothing of the turn, and the message comes again.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any

from rasa_sdk.events import EventType

from bot.errors import StorageError
from bot.rasa_client import DATABASE

Run = Callable[..., list[EventType]]
AsyncRun = Callable[..., Coroutine[Any, Any, list[EventType]]]


class DatabaseAwayError(Exception):
    """The SDK answers with its text (bot.rasa.action_server reads it)."""

    def __init__(self) -> None:
        super().__init__(DATABASE)


def needs_database(run: Run) -> AsyncRun:
    """Decorate the `run` of an action."""

    @wraps(run)
    async def told(*arguments: Any) -> list[EventType]:
        try:
            return await asyncio.to_thread(run, *arguments)
        except StorageError as error:
            raise DatabaseAwayError from error

    return told
