"""Keeps the read model: what changed in a conversation is read out of its events again (bot.review.reading), in the web process.

A turn only sets a flag (bot.rasa.tracker_store), so that no person waits for this. What is written is computed beforehand, outside of
any lock, and dropped when the conversation changed meanwhile: it is still marked, and comes again. An erased one has no row to lock.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update

from bot.errors import StorageError
from bot.review.read_model import MARKED, changes_of, gather, lock, state_of, write
from bot.storage import Database, conversations, trackers

QUIET = timedelta(seconds=2)
"""How long nothing is said before a conversation is read: a person who goes on at once is not read twice."""
QUIET_PER_EXCHANGE = timedelta(seconds=0.1)
"""The same for a long one, by its length: it is read whole, at about 1 ms an exchange, so that this costs 1 % of a processor."""
LONGEST_QUIET = timedelta(minutes=1)
RETRY = timedelta(hours=1)
"""How long a conversation that cannot be read is left alone."""
AT_ONCE = 5
"""Conversations between two rests of the worker."""
POLL_SECONDS = 1.0
_REST = 2.0
"""Times that it took, the worker rests at least: it takes a third of a processor at most, and messages find their way between."""
log = logging.getLogger(__name__)


class Indexer:
    """Reads conversations into `conversations` and `exchanges`. Any number may work at once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._failed: dict[str, datetime] = {}

    def index_due(self, now: datetime, limit: int = AT_ONCE) -> int:
        """Read up to `limit` conversations that changed and are quiet, the oldest first; return how many were tried."""
        self._failed = {name: until for name, until in self._failed.items() if until > now}
        names = self._due(now, limit)
        for name in names:
            if not self._try(name):
                self._failed[name] = now + RETRY
        return len(names)

    def index_all(self, tell: Callable[[int, int], None]) -> tuple[int, int]:
        """Read all conversations anew; return how many, and how many could not be read. `tell` hears how many of how many are done."""
        with self._database.begin() as connection:
            connection.execute(update(trackers).values(to_index=True))
        with self._database.read() as connection:
            names = connection.execute(select(trackers.c.conversation).order_by(trackers.c.updated_at)).scalars().all()
        failed = 0
        for done, name in enumerate(names, 1):
            failed += not self._try(name)
            tell(done, len(names))
        return len(names), failed

    def index(self, conversation: str) -> bool:
        """Read one conversation that is marked; False when it is not any more, or changed meanwhile, or was erased."""
        with self._database.read() as connection:
            gathered = gather(connection, conversation)
        if gathered is None:
            return False
        changes = changes_of(gathered)
        with self._database.begin() as connection:
            if not lock(connection, conversation) or state_of(connection, conversation) != gathered.state:
                return False
            write(connection, changes)
            connection.execute(update(trackers).where(trackers.c.conversation == conversation).values(to_index=False))
        return True

    def _due(self, now: datetime, limit: int) -> list[str]:
        """What waits and is quiet. A time in the future was written by a clock that was wrong."""
        quiet = or_(trackers.c.updated_at <= now - QUIET, trackers.c.updated_at > now + LONGEST_QUIET)
        length = func.coalesce(conversations.c.exchanges, 0)
        both = trackers.outerjoin(conversations, conversations.c.conversation == trackers.c.conversation)
        query = select(trackers.c.conversation, trackers.c.updated_at, length.label("length")).select_from(both).where(MARKED, quiet)
        most = 4 * limit + len(self._failed)  # some of them are long, and not quiet for long enough
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(trackers.c.updated_at).limit(most)).all()
        return [
            row.conversation
            for row in rows
            if row.conversation not in self._failed and not now - quiet_of(row.length) < row.updated_at <= now + LONGEST_QUIET
        ][:limit]

    def _try(self, conversation: str) -> bool:
        try:
            self.index(conversation)
        except StorageError:
            raise
        except Exception as error:  # noqa: BLE001 - the others are to be read; and a traceback might hold what somebody wrote
            log.error("conversation %s could not be read for the review: %s", conversation, type(error).__name__)
            return False
        return True


@dataclass(frozen=True)
class IndexWorker:
    """Keeps the read model up to date; one of the workers of the web process."""

    indexer: Indexer
    clock: Callable[[], datetime]

    async def run(self, stop: asyncio.Event, every: float = POLL_SECONDS) -> None:
        """Work until `stop`; `every` is the seconds between looks when little waits, at least."""
        now = asyncio.get_running_loop().time
        while not stop.is_set():
            begun = now()
            tried = await asyncio.to_thread(self._work)
            rest = max(_REST * (now() - begun), 0.0 if tried == AT_ONCE else every)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), rest)

    def _work(self) -> int:
        try:
            return self.indexer.index_due(self.clock())
        except StorageError:
            log.warning("the read model waits for the database")
            return 0


def quiet_of(length: int) -> timedelta:
    """How long a conversation of so many exchanges has to be quiet before it is read."""
    return min(max(QUIET, length * QUIET_PER_EXCHANGE), LONGEST_QUIET)
