"""The worker of the channels: puts what came in to the assistant, and sends what it says. Runs in the web process.

One person is served by one worker at a time, her messages in order, and each answer is sent before the next message is answered. A
worker that dies leaves a lease that runs out. A part that was on its way then may have arrived: it is not sent again, unless the channel
can tell that it is the same; the operator is told.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Protocol

from anyio.to_thread import run_sync

from bot.channels.ledger import Ledger
from bot.channels.model import AccessError, Bubble, BusyError, Connector, Kind, UnreachableError
from bot.channels.replying import Answering, Opening, Replying
from bot.channels.rows import LostLeaseError, Message, Person, Reply
from bot.channels.sentences import NOT_READ
from bot.errors import DeliveryError, PermanentDeliveryError, StorageError, UnavailableError, UncertainDeliveryError
from bot.pauses import pause
from bot.storage import REPLY_FAILED, REPLY_UNCERTAIN, REPLY_WAITING

AT_ONCE, ON_ONE_CHANNEL = 32, 8
"""People who are served at once, in all and on one channel: a platform that hangs must not keep the others waiting."""
HEARTBEAT_SECONDS = 5.0
DRAIN_SECONDS = 3.0
"""How long what is being sent may take when the process ends."""
FIRST_WAIT, LONGEST_WAIT = 2.0, 300.0
"""Seconds before something is tried again: doubled each time."""
_MOMENTS = 10.0
"""Seconds within which a platform that refuses two people means everybody."""
ATTEMPTS = 5
"""How often a message is put to the assistant that it cannot answer though it is there."""
_TOO_LATE = "Cette réponse n'est plus envoyée : elle a attendu trop longtemps."
log = logging.getLogger(__name__)


class Counting(Protocol):
    """Counts what happens, by channel (bot.web.metrics.Metrics)."""

    def count_channel(self, channel: str, what: str) -> None:
        """Count one of `answered`, `sent`, `retried`, `failed`, `uncertain`."""


@dataclass(frozen=True)
class Later:
    """There is something left to do, not before so many seconds; `failed` when that was tried in vain."""

    seconds: float
    failed: bool = True


class Courier:
    """Serves people until it is told to stop. `opening` is asked each time; `rng` spreads what is tried again."""

    def __init__(
        self,
        ledger: Ledger,
        connectors: Mapping[str, Connector],
        answering: Answering,
        opening: Callable[[], Opening],
        counting: Counting,
        clock: Callable[[], datetime],
        rng: Random,
        poll_seconds: float = 1.0,
    ) -> None:
        self._ledger = ledger
        self._connectors = connectors
        self._replying = Replying(answering, opening)
        self._counting = counting
        self._clock = clock
        self._rng = rng
        self._poll_seconds = poll_seconds
        self._owner = secrets.token_hex(8)
        self._wake = asyncio.Event()
        self._serving: dict[asyncio.Task[None], Person] = {}
        """What runs for each person who is served."""
        self._paused: dict[str, float] = {}
        """Until when, in the loop's time, a platform wants nothing of us."""
        self._refused: dict[str, tuple[int, float]] = {}
        """Whom a platform refused last because of its limits, and when."""

    def notify(self) -> None:
        """Wake the worker at once: something came in. Called on its event loop."""
        self._wake.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until `stop` is set; then what is being sent has a moment to arrive."""
        beating = asyncio.create_task(self._beat())
        try:
            while not stop.is_set():
                await self._round(stop)
                await pause(stop, self._wake, self._poll_seconds)
            if self._serving:
                await asyncio.wait(self._serving, timeout=DRAIN_SECONDS)
        finally:
            for task in (beating, *self._serving):
                task.cancel()
            await asyncio.gather(beating, *self._serving, return_exceptions=True)
            with suppress(StorageError):  # else their leases run out
                await run_sync(self._ledger.let_go, self._owner)
            for connector in self._connectors.values():
                await connector.close()

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(HEARTBEAT_SECONDS)
            if self._serving:
                with suppress(StorageError):
                    await run_sync(self._ledger.renew, self._owner)

    async def _round(self, stop: asyncio.Event) -> None:
        try:
            # In another order each time: none of them always comes first when there is little room
            for channel in self._rng.sample(sorted(self._connectors), len(self._connectors)):
                served = [person.id for person in self._serving.values() if person.channel == channel]
                room = min(AT_ONCE - len(self._serving), ON_ONE_CHANNEL - len(served))
                for person in await run_sync(self._ledger.lease, self._owner, room, [channel], served) if room > 0 else ():
                    task = asyncio.create_task(self._serve(person, stop))
                    self._serving[task] = person
                    task.add_done_callback(self._done)
        except StorageError as error:
            log.warning("the channels wait for the database: %s", error)

    def _done(self, task: asyncio.Task[None]) -> None:
        self._serving.pop(task, None)
        self._wake.set()

    async def _serve(self, person: Person, stop: asyncio.Event) -> None:
        """Do what is to be done for one person, and give her back."""
        connector = self._connectors[person.channel]
        try:
            for ident in await run_sync(self._ledger.settle_broken_off, person, connector.repeats):
                self._tell_uncertain(person, ident)
            later = await self._work(person, connector, stop)
        except LostLeaseError:
            log.warning("person %s on %s is served by another worker", person.name, person.channel)
            return
        except StorageError as error:
            log.warning("person %s on %s waits for the database: %s", person.name, person.channel, type(error).__name__)
            later = Later(FIRST_WAIT)
        except Exception as error:  # noqa: BLE001 - the edge of one person; a traceback might hold what she wrote
            log.error("serving person %s on %s failed: %s", person.name, person.channel, type(error).__name__)
            later = Later(self._wait(person.attempts))
        with suppress(StorageError):  # else the lease runs out
            if later is None:
                await run_sync(self._ledger.release, person, self._owner)
            else:
                await run_sync(self._ledger.postpone, person, self._owner, timedelta(seconds=later.seconds), later.failed)

    async def _work(self, person: Person, connector: Connector, stop: asyncio.Event) -> Later | None:
        """What is left to be done later; None when nothing is."""
        offered = person.offered
        welcomed = person.welcomed
        while not stop.is_set():
            reply = await run_sync(self._ledger.next_reply, person)
            if reply is not None:
                if (later := await self._send(person, connector, reply)) is not None:
                    return later
                continue
            message = await run_sync(self._ledger.next_message, person)
            if message is None:
                return None
            if self._clock() - message.received_at >= connector.patience:
                await self._give_up(person, message, "too late")
                continue
            try:
                said = await self._replying.answer(connector, message, offered, welcomed)
                bodies = [connector.dress(bubble) for bubble in said.bubbles]
            except (UnavailableError, StorageError) as error:
                log.warning("message %s of person %s waits: %s", message.id, person.name, type(error).__name__)
                return Later(self._wait(person.attempts))
            except Exception as error:  # noqa: BLE001 - whatever it is, the message must not be tried for ever
                log.error("message %s of person %s cannot be answered: %s", message.id, person.name, type(error).__name__)
                if person.attempts + 1 < ATTEMPTS:
                    return Later(self._wait(person.attempts))
                self._counting.count_channel(person.channel, "failed")
                bodies = [connector.dress(Bubble(NOT_READ))]
            else:
                if message.kind in (Kind.TEXT, Kind.START):  # of anything else nothing was understood: what was offered still stands
                    welcomed, offered = True, said.offered
            welcomed &= await run_sync(self._ledger.answered, person, message, bodies, offered, welcomed)
            self._counting.count_channel(person.channel, "answered")
        return Later(0.0, failed=False)

    async def _give_up(self, person: Person, message: Message, why: str) -> None:
        """A message is never answered: it is too late, or it cannot be."""
        await run_sync(self._ledger.give_up_message, person, message)
        self._counting.count_channel(person.channel, "failed")
        log.error("message %s of person %s on %s was never answered: %s", message.id, person.name, person.channel, why)

    # --- sending ---

    async def _send(self, person: Person, connector: Connector, reply: Reply) -> Later | None:
        """Send one part. None when it has left, or never will."""
        left = self._paused.get(person.channel, 0.0) - asyncio.get_running_loop().time()
        if left > 0:
            return Later(left, failed=False)
        if self._is_late(person, connector, reply):
            await self._surely(self._ledger.not_sent, reply, REPLY_FAILED, _TOO_LATE, True)
            self._tell_failed(person, reply, _TOO_LATE)
            return None
        if not await run_sync(self._ledger.leaving, person, reply):
            return None
        try:
            platform_id = await connector.send(person.address, reply.context, reply.body, reply.key)
        except DeliveryError as error:
            return await self._not_sent(person, connector, reply, error)
        except Exception as error:  # noqa: BLE001 - a fault of the connector: it may have come before or after the message left
            fault = UncertainDeliveryError(f"L'envoi s'est interrompu : {type(error).__name__}.")
            return await self._not_sent(person, connector, reply, fault)
        await self._surely(self._ledger.sent, reply, person.channel, platform_id)
        self._counting.count_channel(person.channel, "sent")
        return None

    async def _not_sent(self, person: Person, connector: Connector, reply: Reply, error: DeliveryError) -> Later | None:
        if isinstance(error, UncertainDeliveryError) and not connector.repeats:
            await self._surely(self._ledger.not_sent, reply, REPLY_UNCERTAIN, str(error))
            self._tell_uncertain(person, reply.id)
            return Later(self._wait(person.attempts))  # a platform that hangs is not asked to hang at once again
        if isinstance(error, PermanentDeliveryError):
            await self._surely(self._ledger.not_sent, reply, REPLY_FAILED, str(error), isinstance(error, UnreachableError))
            self._tell_failed(person, reply, str(error))
            return None
        await self._surely(self._ledger.not_sent, reply, REPLY_WAITING, str(error))
        self._counting.count_channel(person.channel, "retried")
        (log.error if isinstance(error, AccessError) else log.warning)(
            "reply %s to person %s on %s waits: %s", reply.id, person.name, person.channel, error
        )
        wait = max(self._wait(person.attempts), error.seconds if isinstance(error, BusyError) else 0.0)
        if isinstance(error, BusyError) and error.everybody:
            self._hold_back(person, wait)
        return Later(wait)

    def _hold_back(self, person: Person, wait: float) -> None:
        """Leave a whole platform alone that refused two people within moments: one alone may only have written too quickly."""
        now = asyncio.get_running_loop().time()
        before, at = self._refused.get(person.channel, (person.id, 0.0))
        self._refused[person.channel] = person.id, now
        if before != person.id and now - at <= _MOMENTS:
            self._paused[person.channel] = max(now + wait, self._paused.get(person.channel, 0.0))

    async def _surely(self, note: Callable[..., None], *arguments: object) -> None:
        """Write how it went, however long the database is away: what has left must not leave again."""
        while True:
            try:
                return await run_sync(note, *arguments)
            except StorageError:
                log.warning("what became of a reply cannot be written: trying again")
                await asyncio.sleep(self._poll_seconds)

    def _is_late(self, person: Person, connector: Connector, reply: Reply) -> bool:
        """Whether nobody waits for an answer any more."""
        return self._clock() - max(person.last_at, reply.created_at) >= connector.patience

    def _tell_failed(self, person: Person, reply: Reply, why: str) -> None:
        self._counting.count_channel(person.channel, "failed")
        log.error("reply %s to person %s on %s has failed for good: %s", reply.id, person.name, person.channel, why)

    def _tell_uncertain(self, person: Person, reply: int) -> None:
        self._counting.count_channel(person.channel, "uncertain")
        log.error("nobody knows whether reply %s to person %s on %s has arrived", reply, person.name, person.channel)

    def _wait(self, attempts: int) -> float:
        """Doubled each time, up to a quarter less at random, so that those who failed together do not come back together."""
        doubled: float = min(FIRST_WAIT * (1 << min(attempts, 20)), LONGEST_WAIT)
        return doubled * self._rng.uniform(0.75, 1)
