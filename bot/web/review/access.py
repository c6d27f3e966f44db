"""Who may see and do what under /revue: every route names a role, every form proves that one of our pages sent it."""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match, Route
from starlette.types import Scope

from bot.review.accounts import Accounts
from bot.review.model import Account, Role
from bot.text import clean
from bot.web.bodies import RefusedError, read_pairs
from bot.web.review.arrival import Arrival
from bot.web.review.page import Page
from bot.web.review.sessions import Session, Sessions
from bot.web.review.threads import run_sync
from bot.web.turnstile import Turnstile

HOME, SIGN_IN = "/revue", "/revue/connexion"
FIELDS = 600
"""Fields of a form at most: a page of the inbox with every box ticked."""
TOKEN_FIELD, TOKEN_HEADER = "jeton", "x-jeton"
LONGEST_TARGET = 2000
"""In characters: an address with every filter of the inbox."""
LARGEST_ID = 2**31 - 1
"""Of a row of our tables."""
_OURS = re.compile(r"/revue(/[A-Za-z0-9_./-]*)?(\?[!-\[\]-~]*)?")
_DOORS = (SIGN_IN, "/revue/deconnexion", "/revue/oidc")


@dataclass(frozen=True)
class Form:
    """The fields of a form that was sent, cleaned."""

    pairs: Sequence[tuple[str, str]]

    def get(self, name: str, limit: int = 500) -> str:
        """One field on one line, cut at so many characters; empty when it was not sent."""
        return clean(self.raw(name), limit)

    def lines(self, name: str, limit: int = 4000) -> str:
        """A field of several lines, each cleaned."""
        return "\n".join(clean(line) for line in self.raw(name)[:limit].splitlines()).strip()

    def raw(self, name: str) -> str:
        """A field as it was typed, such as a password."""
        return next((value for key, value in reversed(self.pairs) if key == name), "")

    def all(self, name: str, limit: int = 500) -> list[str]:
        """All values of a field that may come several times."""
        return [clean(value, limit) for key, value in self.pairs if key == name]


@dataclass(frozen=True)
class Visit:
    """A request of somebody who may make it. `form` is empty unless it is a POST; `token` goes into every form of the page."""

    request: Request
    account: Account
    token: str
    form: Form = Form(())

    @property
    def is_partial(self) -> bool:
        """Whether htmx asked, for a part of the page."""
        return self.request.headers.get("hx-request") == "true"

    def may(self, role: Role) -> bool:
        """Whether the account has a role or one above it."""
        return self.account.role >= role


Endpoint = Callable[[Visit], Awaitable[Response]]


class Guard:
    """Makes the routes. `posts` counts the forms that an account sends, so that none can flood us."""

    def __init__(self, accounts: Accounts, sessions: Sessions, arrival: Arrival, posts: Turnstile) -> None:
        self.sessions = sessions
        self.arrival = arrival
        self._accounts = accounts
        self._posts = posts

    def route(self, path: str, endpoint: Endpoint, role: Role, methods: Sequence[str] = ("GET",)) -> Route:
        """A route for who has the role, or one above it. A POST needs the token of the session."""

        async def guarded(request: Request) -> Response:
            found = await self._session(request)
            if found is None:
                return _to_sign_in(request)
            session, account = found
            if account.role < role:
                raise RefusedError(403, "Votre compte ne permet pas d'ouvrir cette page ou de faire ceci.")
            token = self.sessions.token(session)
            visit = Visit(request, account, token, await self._form(request, token, account))
            response = await endpoint(visit)
            if isinstance(response, Page):
                await response.finish()
            self._renew(request, response, session)
            return response

        guarded.role = role  # type: ignore[attr-defined]  # read by the test that walks every route
        return _Route(path, guarded, methods=list(methods))

    async def visitor(self, request: Request) -> Account | None:
        """Who is signed in, on a page that is open to all."""
        found = await self._session(request)
        return found[1] if found else None

    def begin(self, request: Request, response: Response, account: Account) -> None:
        """Sign somebody in who has proved who they are."""
        self.sessions.open(response, account, self.arrival.is_secure(request))

    def end(self, request: Request, response: Response) -> None:
        """Take the cookie of a session back, which the account has ended."""
        self.sessions.close(response, self.arrival.is_secure(request))

    async def _session(self, request: Request) -> tuple[Session, Account] | None:
        session = self.sessions.read(request, self.arrival.is_secure(request))
        account = await run_sync(self._accounts.find, session.name) if session else None
        return (session, account) if session and account and self.sessions.belongs(session, account) else None

    async def _form(self, request: Request, token: str, account: Account) -> Form:
        if request.method in ("GET", "HEAD"):
            return Form(())
        self._posts.count(request, account.name)
        self.arrival.refuse_foreign(request)
        form = Form(await read_pairs(request, FIELDS))
        shown = request.headers.get(TOKEN_HEADER) or form.get(TOKEN_FIELD)
        if not hmac.compare_digest(shown.encode(), token.encode()):
            raise RefusedError(403, "Ce formulaire n'est plus valable : rechargez la page, puis recommencez.")
        return form

    def _renew(self, request: Request, response: Response, session: Session) -> None:
        """Note that the session was used, unless this very answer ended it or began another one."""
        secure = self.arrival.is_secure(request)
        name = f"{self.sessions.cookie_name(secure)}="
        if not any(cookie.startswith(name) for cookie in response.headers.getlist("set-cookie")):
            self.sessions.renew(response, session, secure)


class _Route(Route):
    """A number that no row can have is no address of ours, be it of 25 digits or of 5,000."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        try:
            match, found = super().matches(scope)
        except ValueError:  # more digits than Python reads
            return Match.NONE, {}
        numbers = [value for value in found.get("path_params", {}).values() if isinstance(value, int)]
        return (Match.NONE, {}) if any(number > LARGEST_ID for number in numbers) else (match, found)


def _to_sign_in(request: Request) -> Response:
    """Back to the same page afterwards; a form that was sent is not sent again."""
    if request.headers.get("hx-request") == "true":
        return Response(status_code=401, headers={"HX-Redirect": sign_in_address(path_of(request.headers.get("hx-current-url", "")))})
    shown = request.method in ("GET", "HEAD")
    return RedirectResponse(sign_in_address(_joined(request.url.path, request.url.query) if shown else HOME), 303)


def path_of(address: str) -> str:
    """The path and the query of an address that a browser names; empty when it is none."""
    with suppress(ValueError):
        page = urlsplit(address)
        return _joined(page.path, page.query)
    return ""


def _joined(path: str, query: str) -> str:
    return f"{path}?{query}" if query else path


def sign_in_address(target: str) -> str:
    """The page to sign in, which leads to one of our own pages afterwards."""
    return f"{SIGN_IN}?suite={quote(safe_target(target))}"


def is_desk(path: str) -> bool:
    """Whether a path is one of the review application."""
    return (path + "/").startswith(f"{HOME}/")


def safe_target(target: str) -> str:
    """Where to go after signing in: one of our own pages, whatever the address says.

    Printable ASCII only, nothing that a browser could read as another host, and none of the pages that sign people in or out.
    """
    fits = len(target) <= LONGEST_TARGET and _OURS.fullmatch(target) and "//" not in target and ".." not in target
    return target if fits and not target.startswith(_DOORS) else HOME
