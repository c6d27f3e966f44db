"""Where passwords are handed in: counted first, a few verified at a time, so that a flood of them starves nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import Response

from bot.review.entrance import Entrance
from bot.review.lockout import Attempt
from bot.review.model import Account
from bot.web.bodies import RefusedError
from bot.web.refusals import RETRY_SECONDS
from bot.web.review.arrival import Arrival
from bot.web.review.sessions import SignedCookie
from bot.web.turnstile import Turnstile

AT_ONCE, WAITING = 2, 20
"""Passwords verified at the same time, for each takes 64 MiB and a fifth of a second of a processor; and how many wait for that. More
would wait for seconds: the next ones are turned away.
"""
KNOWN_AT_ONCE, KNOWN_WAITING = 1, 10
"""The same for browsers from which the account has signed in before: no flood of strangers takes their places."""
KNOWN = timedelta(days=90)
"""How long a browser is known from which somebody has signed in (bot.review.lockout)."""


class _Places:
    """Places for those whose passwords are verified, and for those who wait for it."""

    def __init__(self, at_once: int, waiting: int) -> None:
        self.verifying = CapacityLimiter(at_once)
        self._most = at_once + waiting
        self._inside = 0

    @contextmanager
    def one(self) -> Iterator[CapacityLimiter]:
        """A place, with what it is verified under. Raises RefusedError when all are taken."""
        if self._inside >= self._most:
            sentence = "Trop de personnes se connectent en ce moment. Pouvez-vous réessayer dans un instant ?"
            raise RefusedError(503, sentence, {"Retry-After": RETRY_SECONDS})
        self._inside += 1
        try:
            yield self.verifying
        finally:
            self._inside -= 1


class PasswordDesk:
    """Takes passwords. `turnstile` counts the forms of each client, `secret` signs the cookie of known browsers."""

    def __init__(self, entrance: Entrance, arrival: Arrival, turnstile: Turnstile, secret: str, clock: Callable[[], datetime]) -> None:
        self._entrance = entrance
        self._arrival = arrival
        self._turnstile = turnstile
        self._browsers = SignedCookie(secret, "cic_revue_navigateur", KNOWN, clock, lasting=True)
        self._strangers = _Places(AT_ONCE, WAITING)
        self._known = _Places(KNOWN_AT_ONCE, KNOWN_WAITING)

    def count(self, request: Request) -> None:
        """Count a form of a client; a known browser is counted by itself, for others may come from its address."""
        known = self._browser(request)
        self._turnstile.count(request, known[0] if known else None)

    async def enter(self, request: Request, name: str, password: str) -> Account | None:
        """The account that a name and a password open, else None. Raises RefusedError when it is too early to try."""
        attempt = await self._admit(request, name)
        with self._places(attempt).one() as limiter:
            return await run_sync(self._entrance.enter, attempt, password, limiter=limiter)

    async def change(self, request: Request, name: str, current: str, new: str) -> Account:
        """Change the password of an account; see Entrance.change_password."""
        attempt = await self._admit(request, name)
        with self._places(attempt).one() as limiter:
            return await run_sync(self._entrance.change_password, attempt, current, new, limiter=limiter)

    async def leave(self, name: str) -> None:
        """Sign an account out, on every device."""
        await run_sync(self._entrance.leave, name)

    def remember(self, request: Request, response: Response, name: str) -> None:
        """Know this browser from now on as one from which the account signs in."""
        known = self._browser(request)
        ident = known[0] if known and known[1] == name else secrets.token_urlsafe(18)
        self._browsers.write(response, self._arrival.is_secure(request), ident, name)

    def _places(self, attempt: Attempt) -> _Places:
        return self._known if attempt.browser else self._strangers

    async def _admit(self, request: Request, name: str) -> Attempt:
        """Count an attempt. Raises RefusedError when it has to wait."""
        known = self._browser(request)
        browser = known[0] if known and known[1] == name.strip().lower() else None
        attempt = Attempt(name, self._arrival.client(request), browser)
        if wait := await run_sync(self._entrance.knock, attempt):
            sentence = f"Plusieurs essais ont échoué. Vous pourrez réessayer dans {say_wait(wait)}."
            raise RefusedError(429, sentence, {"Retry-After": str(wait)})
        return attempt

    def _browser(self, request: Request) -> tuple[str, str] | None:
        """The random name of a known browser, and the account that signs in there."""
        found = self._browsers.read(request, self._arrival.is_secure(request))
        return (str(found[1][0]), str(found[1][1])) if found else None


def say_wait(seconds: int) -> str:
    """A wait as people say it, rounded up: « 40 secondes », « 3 minutes »."""
    number, unit = (seconds, "seconde") if seconds < 60 else (-(-seconds // 60), "minute")
    return f"{number} {unit}{'s' if number > 1 else ''}"
