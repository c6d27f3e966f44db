"""`/webhooks/<channel>`: where the messaging platforms deliver what people write to us. Verified, stored, acknowledged.

Anybody may send something here. Who proves nothing in the headers is refused before the body is read, and bodies have bounds: each one,
and all of a channel together.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import replace

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.arrivals import Arrivals
from bot.channels.model import Connector, Delivery, Failure, Fetcher, ForgedError, Incoming, Receipt, UnreadableError
from bot.logs import Seldom
from bot.web.bodies import RefusedError, read_bytes
from bot.web.metrics import Metrics
from bot.web.refusals import RETRY_SECONDS

PREFIX = "/webhooks/"
IN_FLIGHT_BYTES = 16 * 1024 * 1024
"""Bodies of one channel that are here at once. Each channel has its own room, so that who fills one up does not close the others."""
EARLY_SECONDS, EARLY_FAILURES = 120.0, 1000
"""How long a failure is kept of whose reply nothing is known, and how many: it may be of a message that we never sent."""
_FORGED = "Cette livraison n'est pas authentique."
_TOO_LONG = "Cette livraison est trop longue."
_FULL = "Trop de livraisons arrivent à la fois : livrez plus tard."
log = logging.getLogger(__name__)


class Room:
    """Where the bodies of a channel are while they arrive and are stored: a delivery has its place before it is read."""

    def __init__(self) -> None:
        self._free = IN_FLIGHT_BYTES

    @contextmanager
    def place(self, size: int) -> Iterator[None]:
        """Hold so many bytes. Raises RefusedError (503) when they are not free."""
        if size > self._free:
            raise RefusedError(503, _FULL, {"Retry-After": RETRY_SECONDS})
        self._free -= size
        try:
            yield
        finally:
            self._free += size


class Failures:
    """Notes what platforms say later: a reply did not arrive. They may say so before it is noted as sent: it is looked for again."""

    def __init__(self, arrivals: Arrivals, metrics: Metrics) -> None:
        self._arrivals = arrivals
        self._metrics = metrics
        self._early: deque[tuple[float, str, Failure]] = deque(maxlen=EARLY_FAILURES)

    async def note(self, name: str, failures: Sequence[Failure]) -> None:
        """Note what is known to have been sent, and keep the rest for a while."""
        until = asyncio.get_running_loop().time() + EARLY_SECONDS
        self._early.extend((until, name, failure) for failure in await self._note(name, failures))

    async def run(self, stop: asyncio.Event, every: float = 2.0) -> None:
        """Look for what was told too early, every so many seconds until `stop`."""
        while not stop.is_set():
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), every)
            for _ in range(len(self._early)):
                until, name, failure = self._early.popleft()
                if await self._note(name, [failure]) and asyncio.get_running_loop().time() < until:
                    self._early.append((until, name, failure))

    async def _note(self, name: str, failures: Sequence[Failure]) -> list[Failure]:
        """Note them; return those of which no reply is known."""
        noted = await run_sync(self._arrivals.note_failures, name, failures)
        for failure, replies in noted.items():
            for reply in replies:
                self._metrics.count_channel(name, "failed")
                log.error("reply %s on %s did not arrive, the platform says: %s", reply, name, failure.reason)
        return [failure for failure, replies in noted.items() if not replies]


class Webhooks:
    """Takes what the platforms deliver. `notify` is called when something is to be answered."""

    def __init__(self, connectors: Mapping[str, Connector], arrivals: Arrivals, metrics: Metrics, notify: Callable[[], None]) -> None:
        self._connectors = connectors
        self._arrivals = arrivals
        self._metrics = metrics
        self._notify = notify
        self.failures = Failures(arrivals, metrics)
        """What runs beside the requests for failures that are told too early."""

    def routes(self) -> list[Route]:
        """One route for each channel that is on and delivers."""
        delivering = [name for name, connector in self._connectors.items() if not isinstance(connector, Fetcher)]
        return [Route(PREFIX + name, self._taking(name), methods=["GET", "POST"]) for name in delivering]

    async def accept(self, name: str, receipt: Receipt) -> None:
        """Store what a channel received, and have it answered."""
        accepted = await run_sync(self._arrivals.accept, name, receipt.messages)
        if receipt.failures:
            await self.failures.note(name, receipt.failures)
        self._metrics.count_channel(name, "received", accepted.new)
        self._metrics.count_channel(name, "known", accepted.known)
        if accepted.new:
            log.info("%s messages on %s from %s", accepted.new, name, ", ".join(accepted.names))
            self._notify()

    def _taking(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        connector, room, refused = self._connectors[name], Room(), Seldom()

        async def take(request: Request) -> Response:
            delivery = Delivery(request.method, request.url.path, request.url.query, dict(request.headers), b"")
            try:
                await connector.admit(delivery)
                with room.place(announced(request.headers, connector.delivery_bytes)):
                    body = await read_bytes(request, connector.delivery_bytes)
                    receipt = await connector.receive(replace(delivery, body=body))
                    await self.accept(name, receipt)
            except ForgedError as error:
                self._metrics.count_channel(name, "forged")
                if (more := refused.count()) is not None:
                    log.warning("a delivery on %s was refused: %s (%s more since this was said)", name, error, more)
                raise RefusedError(403, _FORGED) from error
            except UnreadableError as error:
                self._metrics.count_channel(name, "unreadable")
                raise RefusedError(error.status, str(error)) from error
            return Response(receipt.body, receipt.status, media_type=receipt.content_type)

        return take


def announced(headers: Mapping[str, str], most: int) -> int:
    """How long the body is going to be, as the headers say; `most` when they do not. Raises RefusedError (413) when it is longer."""
    if "transfer-encoding" in headers:
        return most
    length = int(headers.get("content-length", "0"))
    if length > most:
        raise RefusedError(413, _TOO_LONG)
    return length


class Fetching:
    """Runs a connector that fetches what people write."""

    def __init__(self, name: str, fetcher: Fetcher, webhooks: Webhooks) -> None:
        self._name = name
        self._fetcher = fetcher
        self._webhooks = webhooks

    async def run(self, stop: asyncio.Event) -> None:
        """Fetch until `stop`."""

        async def accept(messages: Sequence[Incoming], failures: Sequence[Failure] = ()) -> None:
            await self._webhooks.accept(self._name, Receipt(messages, failures))

        await self._fetcher.fetch(accept, stop)
