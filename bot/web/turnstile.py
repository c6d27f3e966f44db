"""Lets the requests of a client through, as often as the limit says. The chat API and the pages share one for messages."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from bot.web.bodies import RefusedError
from bot.web.limits import RateLimit, client_address


@dataclass(frozen=True)
class Turnstile:
    """Counts the requests of each client against `limit`; `what` is what they send, for the sentence that they read."""

    limit: RateLimit
    trusted_proxies: tuple[str, ...]
    what: str = "messages"

    def count(self, request: Request, name: str | None = None) -> None:
        """Count a request, for its address or for a name that is known; raises RefusedError when it is one too many."""
        wait = self.limit.seconds_to_wait(name or client_of(request, self.trusted_proxies))
        if wait:
            sentence = f"Vous avez envoyé beaucoup de {self.what}. Vous pourrez continuer dans {wait} seconde{'s' if wait > 1 else ''}."
            raise RefusedError(429, sentence, {"Retry-After": str(wait)})


def client_of(request: Request, trusted_proxies: tuple[str, ...]) -> str:
    """The address that a request comes from, as limits count it."""
    peer = request.client.host if request.client else None
    return client_address(peer, request.headers.getlist("x-forwarded-for"), trusted_proxies)
