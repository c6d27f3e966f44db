"""The way by which a request came: from which client, by https or not, from a page of ours or of another site."""

from __future__ import annotations

import re
from dataclasses import dataclass

from starlette.requests import Request

from bot.web.bodies import RefusedError
from bot.web.limits import is_trusted
from bot.web.turnstile import client_of

_HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?|\[[0-9A-Fa-f:.]+\](:\d{1,5})?")


@dataclass(frozen=True)
class Arrival:
    """Reads it. `public_url` is where people reach us; what the trusted proxies say of their client is believed, and nobody else."""

    public_url: str | None
    trusted_proxies: tuple[str, ...]

    def client(self, request: Request) -> str:
        """The address that asks."""
        return client_of(request, self.trusted_proxies)

    def is_secure(self, request: Request) -> bool:
        """Whether the browser speaks https, with us or with a proxy: cookies then go that way only."""
        return (self.public_url or "").startswith("https://") or self._scheme(request) == "https"

    def origin(self, request: Request) -> str:
        """Where this browser reaches us: `https://assistant.exemple.be`."""
        if self.public_url:
            return self.public_url
        host = request.headers.get("host", "")
        if not _HOST.fullmatch(host):
            raise RefusedError(400, "Le nom du site ne se lit pas dans cette requête.")
        return f"{self._scheme(request)}://{host}"

    def refuse_foreign(self, request: Request) -> None:
        """Refuse a form that a page of another site sent. Browsers say where it comes from; where they do not, the form's token counts."""
        site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin", "null")
        # Our own pages send « null » too: they give no referrer
        ours = site in {"same-origin", "none"} if site else origin == "null" or self._is_ours(origin, request)
        if not ours:
            raise RefusedError(403, "Ce formulaire vient d'un autre site : il n'est pas accepté.")

    def _is_ours(self, origin: str, request: Request) -> bool:
        return origin == self.public_url or origin.partition("://")[2] == request.headers.get("host")

    def _scheme(self, request: Request) -> str:
        peer = request.client.host if request.client else None
        said = request.headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
        return said if said in {"http", "https"} and is_trusted(peer, self.trusted_proxies) else request.url.scheme
