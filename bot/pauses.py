"""How a worker waits: until it is time to look again, until somebody says that there is something to do, or until it is to stop."""

from __future__ import annotations

import asyncio


async def pause(stop: asyncio.Event, wake: asyncio.Event, seconds: float) -> None:
    """Return when one of the events is set, or after so many seconds; `wake` is cleared then."""
    waits = {asyncio.ensure_future(stop.wait()), asyncio.ensure_future(wake.wait())}
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
    wake.clear()
