"""Signing in by the identity service: away to it, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.review.entrance import Entrance
from bot.web.bodies import RefusedError
from bot.web.review.access import Guard, safe_target
from bot.web.review.identity import Beginning, IdentityService
from bot.web.review.password_desk import PasswordDesk
from bot.web.review.sessions import SignedCookie
from bot.web.review.sign_in import SignIn
from bot.web.review.threads import run_sync

AWAY, BACK = "/revue/oidc", "/revue/oidc/retour"
PATIENCE = timedelta(minutes=10)
"""How long somebody may take at the identity service."""
_UNKNOWN = "Votre identité est confirmée, mais aucun compte de la revue n'y correspond. Demandez-le à la personne qui gère l'assistant."


class ServiceSignIn:
    """The two addresses, open to all. Nobody gets an account by them: `cic user add --oidc` makes it first."""

    def __init__(
        self,
        service: IdentityService,
        entrance: Entrance,
        sign_in: SignIn,
        guard: Guard,
        desk: PasswordDesk,
        secret: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._service = service
        self._entrance = entrance
        self._sign_in = sign_in
        self._guard = guard
        self._desk = desk
        self._cookie = SignedCookie(secret, "cic_revue_oidc", PATIENCE, clock)

    def routes(self) -> list[BaseRoute]:
        """The routes."""
        return [Route(AWAY, self.away, methods=["GET"]), Route(BACK, self.back, methods=["GET"])]

    async def away(self, request: Request) -> Response:
        """Send the browser to the service; it keeps what it began, signed, and nobody else can go on with it."""
        self._desk.count(request)
        target, begun = safe_target(request.query_params.get("suite", "")), Beginning.fresh()
        try:
            address = await self._service.address(begun, self._back(request))
        except RefusedError as refusal:
            return self._sign_in.page(request, target, refusal)
        response = RedirectResponse(address, 303)
        self._cookie.write(response, self._guard.arrival.is_secure(request), target, *astuple(begun))
        return response

    async def back(self, request: Request) -> Response:
        """Sign in who the service says that it is; an attempt is good for once."""
        self._desk.count(request)
        secure = self._guard.arrival.is_secure(request)
        kept = self._cookie.read(request, secure)
        target, *begun = kept[1] if kept else [""]
        response = await self._entered(request, safe_target(target), Beginning(*begun) if begun else None)
        self._cookie.drop(response, secure)
        return response

    async def _entered(self, request: Request, target: str, begun: Beginning | None) -> Response:
        try:
            person = await self._service.person(begun, request.query_params, self._back(request))
            account = await run_sync(self._entrance.enter_as, person.subject, person.email)
        except RefusedError as refusal:
            return self._sign_in.page(request, target, refusal)
        if account is None:
            return self._sign_in.page(request, target, RefusedError(403, _UNKNOWN))
        return self._sign_in.welcome(request, account, target)

    def _back(self, request: Request) -> str:
        return self._guard.arrival.origin(request) + BACK
