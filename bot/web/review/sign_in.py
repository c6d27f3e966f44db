"""Signing in and out: the page with the form, and what keeps others from sending it in somebody's name."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from bot.review.model import Account, Role
from bot.text import typeset
from bot.web.bodies import RefusedError, read_pairs
from bot.web.review.access import SIGN_IN, TOKEN_FIELD, Form, Guard, Visit, safe_target
from bot.web.review.password_desk import PasswordDesk
from bot.web.review.rendering import Pages
from bot.web.review.sessions import SignedCookie

FORM_LIFETIME = timedelta(hours=1)
"""How long the page to sign in may stand open."""
NAME_CHARACTERS = 80
_WRONG = "Le nom ou le mot de passe n'est pas le bon."
_STALE = "Cette page est restée ouverte trop longtemps, ou votre navigateur refuse les cookies de ce site : recommencez."


class EntryForms:
    """Ties the form to the browser that it was shown to, before anybody is signed in.

    Without it, a page of another site could sign a visitor in under the account of its own author, and read what she then does.
    """

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        self._cookie = SignedCookie(secret, "cic_revue_entree", FORM_LIFETIME, clock)
        self._key = secret.encode()

    def ident(self, request: Request, secure: bool) -> str:
        """What the browser is known by; a new name when it has none."""
        found = self._cookie.read(request, secure)
        return str(found[1][0]) if found else secrets.token_urlsafe(18)

    def token(self, ident: str) -> str:
        """What the form carries that is shown to a browser."""
        return hmac.new(self._key, f"revue-entree:{ident}".encode(), hashlib.sha256).hexdigest()

    def is_ours(self, request: Request, form: Form, secure: bool) -> bool:
        """Whether a form was shown to the browser that sends it."""
        if (found := self._cookie.read(request, secure)) is None:
            return False
        return hmac.compare_digest(form.get(TOKEN_FIELD).encode(), self.token(str(found[1][0])).encode())

    def keep(self, response: Response, ident: str, secure: bool) -> None:
        """Let the browser keep its name."""
        self._cookie.write(response, secure, ident)

    def drop(self, response: Response, secure: bool) -> None:
        """Take it back: who is signed in needs it no more."""
        self._cookie.drop(response, secure)


class SignIn:
    """The page. `service` is what the identity service is called, where there is one."""

    def __init__(self, pages: Pages, guard: Guard, desk: PasswordDesk, forms: EntryForms, service: str | None) -> None:
        self._pages = pages
        self._guard = guard
        self._desk = desk
        self._forms = forms
        self._service = service

    def routes(self) -> list[BaseRoute]:
        """The routes, of which the first two are open to all."""
        return [
            Route(SIGN_IN, self.show, methods=["GET"]),
            Route(SIGN_IN, self.enter, methods=["POST"]),
            self._guard.route("/revue/deconnexion", self.leave, Role.LECTEUR, methods=["POST"]),
        ]

    async def show(self, request: Request) -> Response:
        """The form; who is signed in goes on."""
        target = safe_target(request.query_params.get("suite", ""))
        if await self._guard.visitor(request):
            return RedirectResponse(target, 303)
        return self.page(request, target)

    async def enter(self, request: Request) -> Response:
        """Sign in by name and password."""
        self._desk.count(request)
        self._guard.arrival.refuse_foreign(request)
        form = Form(await read_pairs(request))
        target, name = safe_target(form.raw("suite")), form.get("nom", NAME_CHARACTERS)
        if not self._forms.is_ours(request, form, self._guard.arrival.is_secure(request)):
            return self.page(request, target, RefusedError(403, _STALE), name)
        try:
            account = await self._desk.enter(request, name, form.raw("mot_de_passe"))
        except RefusedError as refusal:
            return self.page(request, target, refusal, name)
        if account is None:
            return self.page(request, target, RefusedError(403, _WRONG), name)
        return self.welcome(request, account, target)

    def welcome(self, request: Request, account: Account, target: str) -> Response:
        """Begin the session of somebody who has proved who they are, and go on."""
        response = RedirectResponse(target, 303)
        self._guard.begin(request, response, account)
        self._desk.remember(request, response, account.name)
        self._forms.drop(response, self._guard.arrival.is_secure(request))
        return response

    async def leave(self, visit: Visit) -> Response:
        """Sign out, on every device."""
        await self._desk.leave(visit.account.name)
        response = RedirectResponse(SIGN_IN, 303)
        self._guard.end(visit.request, response)
        return response

    def page(self, request: Request, target: str, refusal: RefusedError | None = None, name: str = "") -> Response:
        """The form, with the reason why the last one was refused."""
        secure = self._guard.arrival.is_secure(request)
        ident = self._forms.ident(request, secure)
        shown = {"suite": target, "typed": name, "service": self._service, "sentence": typeset(str(refusal)) if refusal else ""}
        response = self._pages.open_page("connexion.html", refusal.status if refusal else 200, entree=self._forms.token(ident), **shown)
        response.headers.update(refusal.headers if refusal else {})
        self._forms.keep(response, ident, secure)
        return response
