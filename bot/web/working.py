"""What runs in the web process beside its requests."""

from __future__ import annotations

import asyncio
from typing import Protocol


class Worker(Protocol):
    """Something that runs beside the requests until it is told to stop."""

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`."""
        ...
