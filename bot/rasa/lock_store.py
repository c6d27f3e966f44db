"""One turn of a conversation at a time, also among several Rasa processes.

Within a process turns wait in the order of their arrival. Between processes PostgreSQL's advisory locks decide, which are given in
order too, and which PostgreSQL takes back when the connection of a process ends, whatever ended it. With SQLite there is one Rasa
process, and nothing to ask.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, nullcontext, suppress
from typing import Any, TypeVar
from weakref import WeakValueDictionary

from rasa.core.lock_store import LOCK_LIFETIME, LockError, LockStore
from sqlalchemy import func, select, text
from sqlalchemy.engine import Connection

from bot.config import load_settings
from bot.errors import StorageError
from bot.rasa_client import LOCK_SECONDS
from bot.storage import Database

WAITING_TURNS = 16
"""Turns of this process that may wait at once for another process, each on a connection of its own."""
T = TypeVar("T")
log = logging.getLogger(__name__)


class CicLockStore(LockStore):  # type: ignore[misc]
    """Rasa's locks, as this assistant needs them: `lock` is all that Rasa's agent calls."""

    def __init__(self, endpoint_config: Any = None, database: Database | None = None) -> None:
        """Rasa gives `endpoint_config`, which says nothing: the settings name the database."""
        self._here: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        database = database or Database(load_settings().database_url)
        self._between = AdvisoryLocks(database) if database.is_server else None

    @asynccontextmanager
    async def lock(
        self, conversation_id: str, lock_lifetime: float = LOCK_LIFETIME, wait_time_in_seconds: float = 1
    ) -> AsyncIterator[None]:
        """Hold the conversation. Raises LockError when another turn holds it for too long, StorageError without database."""
        lock = self._here.setdefault(conversation_id, asyncio.Lock())
        try:
            await asyncio.wait_for(lock.acquire(), LOCK_SECONDS)
        except asyncio.TimeoutError as error:
            raise LockError("another turn of this conversation has not ended") from error
        try:
            async with self._between.hold(conversation_id) if self._between else nullcontext():
                yield
        finally:
            lock.release()


class AdvisoryLocks:
    """PostgreSQL's advisory locks on conversations. One connection holds all those that are free when they are asked for."""

    def __init__(self, database: Database, patience: float = LOCK_SECONDS) -> None:
        """`patience`: seconds that a turn waits for one of another process."""
        self._database = database
        self._patience = patience
        self._holder: Connection | None = None
        self._holding = ThreadPoolExecutor(1, "locks")
        self._waiting = ThreadPoolExecutor(WAITING_TURNS, "lock-waits")

    @asynccontextmanager
    async def hold(self, conversation: str) -> AsyncIterator[None]:
        """Hold the lock of one conversation. Raises LockError when the wait is too long, StorageError without database."""
        key = key_of(conversation)
        if await _taken(self._holding, lambda: self._try(key), lambda got: self._release(key) if got else None):
            try:
                yield
            finally:
                await _taken(self._holding, lambda: self._release(key))
            return
        connection = await _taken(self._waiting, lambda: self._wait(key), Connection.close)
        try:
            yield
        finally:
            await _taken(self._holding, connection.close)  # not among those that wait: it must not wait behind them

    def _try(self, key: int) -> bool:
        """Take the lock if it is free. A connection that was lost, and with it the locks it held, is replaced."""
        with suppress(StorageError):
            return self._try_on(self._holder or self._connect(), key)
        return self._try_on(self._connect(), key)

    def _try_on(self, connection: Connection, key: int) -> bool:
        try:
            with self._database.boundary():
                return bool(connection.execute(select(func.pg_try_advisory_lock(key))).scalar())
        except BaseException:
            self._drop()  # whatever it was: no later turn is to meet it again
            raise

    def _connect(self) -> Connection:
        self._holder = self._database.connect_alone()
        return self._holder

    def _release(self, key: int) -> None:
        try:
            with self._database.boundary():
                if self._holder is not None:
                    self._holder.execute(select(func.pg_advisory_unlock(key)))
        except StorageError:
            log.warning("the connection that held the locks was lost")
            self._drop()

    def _drop(self) -> None:
        """Give the connection up: the locks go with it."""
        if self._holder is not None:
            with suppress(Exception):  # it may be beyond closing; PostgreSQL will notice
                self._holder.close()
            self._holder = None

    def _wait(self, key: int) -> Connection:
        """Wait for the lock in PostgreSQL's queue, on a connection that then holds it."""
        connection = self._database.connect_alone()
        try:
            with self._database.boundary():
                connection.execute(text(f"SET lock_timeout = {round(1000 * self._patience)}"))
                connection.execute(select(func.pg_advisory_lock(key)))
        except StorageError as error:
            connection.close()
            raise LockError("another process has not ended its turn of this conversation") from error
        return connection


def key_of(conversation: str) -> int:
    """The number under which PostgreSQL knows the lock of a conversation: 64 bits, so that two share one by chance only."""
    return int.from_bytes(hashlib.blake2b(conversation.encode(), digest_size=8).digest(), "big", signed=True)


async def _taken(pool: ThreadPoolExecutor, take: Callable[[], T], give_back: Callable[[T], Any] = lambda _: None) -> T:
    """Run `take` in a thread; what it took is given back when the caller was cancelled meanwhile."""
    taking = pool.submit(take)
    try:
        return await asyncio.shield(asyncio.wrap_future(taking))
    except asyncio.CancelledError:
        taking.add_done_callback(lambda done: None if done.cancelled() or done.exception() else give_back(done.result()))
        raise
