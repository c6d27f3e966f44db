"""The threads in which the review application works: its own, so that those of the people who chat never wait for them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

from anyio import CapacityLimiter
from anyio.lowlevel import RunVar
from anyio.to_thread import run_sync as run_in_thread

from bot.web.bodies import RefusedError

ORDINARY, HEAVY = 6, 2
"""Threads of one web process for what a page needs, and for what takes seconds: grouping messages, writing files."""
MOST_WAITING = 6
"""How many wait for what takes seconds before the next one is refused."""
_BUSY = "D'autres personnes demandent justement un export ou un regroupement : réessayez dans une minute."
T = TypeVar("T")


@dataclass
class _Rooms:
    """The places of one event loop; `inside` is who works at what takes seconds, or waits for it."""

    ordinary: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(ORDINARY))
    heavy: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(HEAVY))
    inside: int = 0

    @contextmanager
    def enter(self) -> Iterator[None]:
        """Be counted while one is there."""
        self.inside += 1
        try:
            yield
        finally:
            self.inside -= 1


_rooms: RunVar[_Rooms] = RunVar("review")


async def run_sync(work: Callable[..., T], *arguments: object) -> T:
    """Do what waits for the database in one of the threads of the review application."""
    return await run_in_thread(work, *arguments, limiter=_here().ordinary)


async def run_heavy(work: Callable[..., T], *arguments: object) -> T:
    """Do what takes seconds, a few at a time. Raises RefusedError (503) when too many wait already."""
    refuse_crowd()
    with _here().enter():
        return await run_in_thread(work, *arguments, limiter=_here().heavy)


def refuse_crowd() -> None:
    """Raise RefusedError (503) when too many wait for what takes seconds."""
    if _here().inside >= HEAVY + MOST_WAITING:
        raise RefusedError(503, _BUSY, {"Retry-After": "60"})


async def streamed(pieces: Iterable[bytes]) -> AsyncIterator[bytes]:
    """Give the pieces of a file, each made in one of the threads for what takes seconds."""
    made: Iterator[bytes] = iter(pieces)
    with _here().enter():
        while (piece := await run_in_thread(next, made, None, limiter=_here().heavy)) is not None:
            yield piece


def _here() -> _Rooms:
    """The rooms of this event loop."""
    try:
        return _rooms.get()
    except LookupError:
        _rooms.set(made := _Rooms())
        return made
