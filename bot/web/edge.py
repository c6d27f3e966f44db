"""The edge of the web process: every response gets its safety headers and is counted, every error becomes one French sentence."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from bot.errors import StorageError
from bot.rasa_client import NotReadyError
from bot.text import typeset
from bot.web.bodies import RefusedError
from bot.web.metrics import Metrics

DATABASE = "database"
"""Name of the database, as /readyz gives it beside the processes."""

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
_SENTENCES = {
    404: "Cette adresse n'existe pas.",
    405: "Cette adresse ne répond pas à cette méthode.",
}
_NOT_READY = "L'assistant n'est pas disponible pour l'instant. Vous pouvez envoyer votre message à nouveau dans un moment."
_INTERNAL = "Une erreur s'est produite. Pouvez-vous envoyer votre message à nouveau ?"
_RETRY_SECONDS = "5"
log = logging.getLogger(__name__)


def refusal(status: int, sentence: str, headers: Mapping[str, str] | None = None, **more: object) -> JSONResponse:
    """Return an error as the contract has it."""
    return JSONResponse({"error": typeset(sentence), **more}, status, headers)


@dataclass(frozen=True)
class Edge:
    """Outermost middleware. `paths` are those that may be a label; a stranger's own inventions count as `other`."""

    app: ASGIApp
    metrics: Metrics
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
        except Exception:
            log.exception("a request to %s failed", self._label(scope["path"]))
            self.metrics.errors.labels("internal").inc()
            if started:
                raise
            await refusal(500, _INTERNAL)(scope, receive, send_safely)
        finally:
            self.metrics.requests.labels(self._label(scope["path"]), str(started[0] if started else 499)).inc()

    def _label(self, path: str) -> str:
        return path if path in self.paths else "/static" if path.startswith("/static/") else "other"


def _add_headers(message: Message, path: str) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in HEADERS.items():
        headers[name] = value
    headers["Cache-Control"] = "no-cache" if path.startswith("/static/") else "no-store"


Handler = Callable[[Request, Exception], Response]


def error_handlers(metrics: Metrics) -> dict[type[Exception], Handler]:
    """Return what turns an error into a response."""

    def count(kind: str) -> None:
        metrics.errors.labels(kind).inc()

    def refused(_: Request, error: Exception) -> Response:
        error = cast(RefusedError, error)
        count("limited" if error.status == 429 else "bad_input")
        return refusal(error.status, str(error), error.headers)

    def not_ready(_: Request, error: Exception) -> Response:
        count("not_ready")
        return unavailable(cast(NotReadyError, error).missing)

    def database_away(_: Request, error: Exception) -> Response:
        log.error("the database is away", exc_info=error)
        count("storage")
        return unavailable((DATABASE,))

    def http_error(_: Request, error: Exception) -> Response:
        error = cast(HTTPException, error)
        return refusal(error.status_code, _SENTENCES.get(error.status_code, "La requête ne peut pas être traitée."), error.headers)

    def gone(_: Request, __: Exception) -> Response:
        return Response(status_code=400)

    return {RefusedError: refused, NotReadyError: not_ready, StorageError: database_away, HTTPException: http_error, ClientDisconnect: gone}


def unavailable(missing: Sequence[str]) -> JSONResponse:
    """Return the 503 that names what is missing."""
    return refusal(503, _NOT_READY, {"Retry-After": _RETRY_SECONDS}, missing=list(missing))
