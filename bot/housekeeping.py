"""What has to be done from time to time: old conversations and leads deleted, kept leads forwarded. Runs in the web process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from bot.privacy import purge
from bot.routing import Routing
from bot.storage import Database

DAY_SECONDS = 24 * 60 * 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Housekeeper:
    """Does its round at the start and once a day. `forwarded` is called when mails have been added to the outbox."""

    database: Database
    routing: Routing
    retention_days: int
    clock: Callable[[], datetime]
    forwarded: Callable[[], None]

    async def run(self, stop: asyncio.Event, every: float = DAY_SECONDS) -> None:
        """Do the round until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.round)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), every)

    def round(self) -> None:
        """Delete what is older than the retention; prepare the mails of leads kept while no contact person was named."""
        counts = purge(self.database, self.clock(), self.retention_days)
        log.info("purged: %s", counts)
        if count := self.routing.forward_kept():
            log.info("forwarded %s kept leads", count)
            self.forwarded()
