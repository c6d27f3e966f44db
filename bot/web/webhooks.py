"""`/webhooks/<channel>`: where the messaging platforms deliver what people write to us. Verified, stored, acknowledged."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bot.channels.ledger import Ledger
from bot.channels.model import Connector, Delivery, Failure, Fetcher, ForgedError, Incoming, Receipt, UnreadableError
from bot.web.bodies import RefusedError, read_bytes
from bot.web.metrics import Metrics

PREFIX = "/webhooks/"
DELIVERY_BYTES = 3 * 1024 * 1024
"""What Meta may deliver at once; the other platforms deliver less."""
_FORGED = "Cette livraison n'est pas authentique."
log = logging.getLogger(__name__)


class Webhooks:
    """Takes what the platforms deliver. `notify` is called when something is to be answered."""

    def __init__(self, connectors: Mapping[str, Connector], ledger: Ledger, metrics: Metrics, notify: Callable[[], None]) -> None:
        self._connectors = connectors
        self._ledger = ledger
        self._metrics = metrics
        self._notify = notify

    def routes(self) -> list[Route]:
        """One route for each channel that is on and delivers."""
        delivering = [name for name, connector in self._connectors.items() if not isinstance(connector, Fetcher)]
        return [Route(PREFIX + name, self._taking(name), methods=["GET", "POST"]) for name in delivering]

    async def accept(self, name: str, receipt: Receipt) -> None:
        """Store what a channel received, and have it answered."""
        accepted = await run_sync(self._ledger.accept, name, receipt.messages)
        if receipt.failures:
            for reply in await run_sync(self._ledger.note_failures, name, receipt.failures):
                self._metrics.count_channel(name, "failed")
                log.error("reply %s on %s did not arrive, the platform says", reply, name)
        self._metrics.count_channel(name, "received", accepted.new)
        self._metrics.count_channel(name, "known", accepted.known)
        if accepted.new:
            log.info("%s messages on %s from %s", accepted.new, name, ", ".join(accepted.names))
            self._notify()

    def _taking(self, name: str) -> Callable[[Request], Awaitable[Response]]:
        connector = self._connectors[name]

        async def take(request: Request) -> Response:
            body = await read_bytes(request, DELIVERY_BYTES)
            delivery = Delivery(request.method, request.url.path, request.url.query, dict(request.headers), body)
            try:
                receipt = await connector.receive(delivery)
            except ForgedError as error:
                self._metrics.count_channel(name, "forged")
                log.warning("a delivery on %s was refused: %s", name, error)
                raise RefusedError(403, _FORGED) from error
            except UnreadableError as error:
                self._metrics.count_channel(name, "unreadable")
                raise RefusedError(error.status, str(error)) from error
            await self.accept(name, receipt)
            return Response(receipt.body, receipt.status, media_type=receipt.content_type)

        return take


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
