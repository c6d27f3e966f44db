"""The edge of the web process: every response gets its safety headers and is counted, every error becomes one French sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.web.assets import WIDGET
from bot.web.metrics import Metrics
from bot.web.refusals import EXPECTED, Refusals

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
}
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Edge:
    """Outermost middleware. `paths` are those that may be a label; a stranger's own inventions count as `other`."""

    app: ASGIApp
    metrics: Metrics
    refusals: Refusals
    paths: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on; answer for it when nothing else could."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started: list[int] = []

        async def send_safely(message: Message) -> None:
            if message["type"] == "http.response.start":
                started.append(message["status"])
                _add_headers(message, scope["path"])
            await send(message)

        try:
            await self.app(scope, receive, send_safely)
        except Exception as error:
            log.exception("a request to %s failed", self._label(scope["path"]))
            if started:
                self.refusals.count("internal")
                raise
            await self.refusals.respond(HTTPConnection(scope), error)(scope, receive, send_safely)
        finally:
            self.metrics.requests.labels(self._label(scope["path"]), str(started[0] if started else 499)).inc()

    def _label(self, path: str) -> str:
        return path if path in self.paths else "/static" if path.startswith("/static/") else "other"


def _add_headers(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    headers.setdefault("Cache-Control", "no-store")
    if path == WIDGET:  # every site may check the hash of what it embeds; for the rest of us the CORS middleware decides
        headers["Access-Control-Allow-Origin"] = "*"
        headers["Cross-Origin-Resource-Policy"] = "cross-origin"


Handler = Callable[[Request, Exception], Response]


def error_handlers(refusals: Refusals) -> dict[type[Exception], Handler]:
    """Return what turns an error into a response."""

    def gone(_: Request, __: Exception) -> Response:
        return Response(status_code=400)

    return {**dict.fromkeys((*EXPECTED, HTTPException), refusals.respond), ClientDisconnect: gone}
