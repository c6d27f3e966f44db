"""What has to be done from time to time: what is old or promised is forgotten, kept leads are forwarded. Runs in the web process."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bot.errors import StorageError
from bot.privacy import NOTICES, TURN_PATIENCE, Notice, keep_promises, purge, sweep_changes
from bot.routing import Routing
from bot.storage import Database

DAY_SECONDS = 24 * 60 * 60.0
MINUTE_SECONDS = 60.0
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Housekeeper:
    """Keeps promises every minute, and does its round at the start and once a day.

    `forwarded` is called when mails have been added to the outbox; `notice` writes the one that asks to delete a forwarded request;
    `changes` is the folder in which changes of the review are worked on.
    """

    database: Database
    routing: Routing
    retention_days: int
    clock: Callable[[], datetime]
    forwarded: Callable[[], None]
    notice: Notice | None = None
    changes: Path | None = None

    async def run(self, stop: asyncio.Event, every: float = DAY_SECONDS, often: float = MINUTE_SECONDS) -> None:
        """Work until `stop`; `every` and `often` are the seconds between rounds and between looks at the promises."""
        waited = every
        while not stop.is_set():
            await asyncio.to_thread(self.keep)  # first: a round that fails must not keep promises waiting
            if waited >= every:
                await asyncio.to_thread(self.round)
                waited = 0.0
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), often)
            waited += often

    def keep(self) -> None:
        """Keep the promises to forget that are due."""
        kept = keep_promises(self.database, self.clock(), notice=self.notice, patience=TURN_PATIENCE)
        if kept:
            log.info("promises kept: %s", [(done.kind, done.counts) for done in kept])
        if any(done.counts.get(NOTICES) for done in kept):
            self.forwarded()

    def round(self) -> None:
        """Delete what is older than the retention; prepare the mails of leads kept while no contact person was named."""
        counts = purge(self.database, self.clock(), self.retention_days, self.notice)
        log.info("purged: %s", counts)
        self.compact()
        if self.changes and (count := sweep_changes(self.database, self.changes, self.clock())):
            log.info("swept %s folders of changes", count)
        if count := self.routing.forward_kept():
            log.info("forwarded %s kept leads", count)
            self.forwarded()

    def compact(self) -> None:
        """Leave no stale copy of what was deleted; a database that is busy just now is rewritten the next day."""
        try:
            self.database.compact()
        except StorageError:
            log.warning("the database was too busy to be rewritten")
