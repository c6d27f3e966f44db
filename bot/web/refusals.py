"""Every error as one French sentence: JSON for programs, a small page for people with a browser. Each is counted once."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, Response

from bot.errors import StorageError
from bot.rasa_client import DATABASE, NotReadyError
from bot.text import typeset
from bot.web.bodies import RefusedError
from bot.web.metrics import Metrics

RETRY_SECONDS = "5"
"""When a client that was turned away may come again."""
EXPECTED = (RefusedError, NotReadyError, StorageError)
"""Errors after which the same message may be sent again: it was surely not handled."""

_SENTENCES = {
    404: "Cette adresse n'existe pas.",
    405: "Cette adresse ne répond pas à cette méthode.",
}
_OTHERWISE = "La requête ne peut pas être traitée."
_NOT_READY = "L'assistant n'est pas disponible pour l'instant. Vous pouvez envoyer votre message à nouveau dans un moment."
_INTERNAL = "Une erreur s'est produite. Pouvez-vous envoyer votre message à nouveau ?"
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Refusal:
    """What is answered to an error; `more` are the fields that JSON has beside the sentence."""

    status: int
    sentence: str
    headers: Mapping[str, str] = field(default_factory=dict)
    more: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Refusals:
    """Tells errors. `page` makes a page of a refusal, for who asked."""

    metrics: Metrics
    page: Callable[[Refusal, HTTPConnection], Response]

    def tell(self, error: Exception) -> Refusal:
        """Count an error and say what is answered to it."""
        if isinstance(error, RefusedError):
            self.count("limited" if error.status == 429 else "bad_input")
            return Refusal(error.status, typeset(str(error)), error.headers)
        if isinstance(error, HTTPException):
            return Refusal(error.status_code, typeset(_SENTENCES.get(error.status_code, _OTHERWISE)), error.headers or {})
        if isinstance(error, NotReadyError):
            self.count("not_ready")
            return _unavailable(*error.missing)
        if isinstance(error, StorageError):
            log.error("the database is away", exc_info=error)
            self.count("storage")
            return _unavailable(DATABASE)
        self.count("internal")
        return Refusal(500, typeset(_INTERNAL))

    def respond(self, client: HTTPConnection, error: Exception) -> Response:
        """Return the response to an error, in the form that the client reads."""
        refusal = self.tell(error)
        if prefers_page(client.scope["path"], client.headers.get("accept", "")):
            return self.page(refusal, client)
        return JSONResponse({"error": refusal.sentence, **refusal.more}, refusal.status, refusal.headers)

    def count(self, kind: str) -> None:
        """Count an error by its kind."""
        self.metrics.errors.labels(kind).inc()


def prefers_page(path: str, accept: str) -> bool:
    """Whether HTML is named in an Accept header, and JSON is not wanted more. The API always speaks JSON."""
    wishes = dict(_wish(part) for part in accept.lower().split(","))
    html = wishes.get("text/html", 0.0)
    return html > 0 and html >= wishes.get("application/json", 0.0) and not (path + "/").startswith("/api/")


def _wish(part: str) -> tuple[str, float]:
    kind, *parameters = (piece.strip() for piece in part.split(";"))
    weight = next((piece[2:] for piece in parameters if piece.startswith("q=")), "1")
    try:
        return kind, float(weight)
    except ValueError:
        return kind, 0.0


def _unavailable(*missing: str) -> Refusal:
    """The 503 that names what is missing."""
    return Refusal(503, typeset(_NOT_READY), {"Retry-After": RETRY_SECONDS}, {"missing": list(missing)})
