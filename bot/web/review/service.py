"""Calls what blocks, from a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import ParamSpec, TypeVar

from anyio.to_thread import run_sync

from bot.errors import RequestError
from bot.web.bodies import RefusedError

P = ParamSpec("P")
T = TypeVar("T")


async def doing(do: Callable[P, T], *arguments: P.args, **_: P.kwargs) -> T:
    """Do it in a thread. Raises RefusedError with the sentence of a RequestError."""
    try:
        return await run_sync(do, *arguments)
    except RequestError as error:
        raise RefusedError(422, str(error)) from error
