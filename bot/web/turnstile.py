"""Lets the requests of a client through, as often as the limit says. The chat API and the pages share one for messages."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from bot.web.bodies import RefusedError
from bot.web.limits import RateLimit, client_address


@dataclass(frozen=True)
class Turnstile:
    """Counts the requests of each client against `limit`."""

    limit: RateLimit
    trusted_proxies: tuple[str, ...]

    def count(self, request: Request) -> None:
        """Count a request; raises RefusedError when it is one too many."""
        peer = request.client.host if request.client else None
        client = client_address(peer, request.headers.getlist("x-forwarded-for"), self.trusted_proxies)
        wait = self.limit.seconds_to_wait(client)
        if wait:
            sentence = f"Vous avez envoyé beaucoup de messages. Vous pourrez continuer dans {wait} seconde{'s' if wait > 1 else ''}."
            raise RefusedError(429, sentence, {"Retry-After": str(wait)})
