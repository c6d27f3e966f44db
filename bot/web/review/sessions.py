"""The cookies of the review application, signed by us: who is signed in, and small things that a browser keeps for a while."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer
from starlette.requests import Request
from starlette.responses import Response

from bot.review.model import Account

COOKIE = "cic_revue"
IDLE = timedelta(hours=1)
"""A session that is not used for so long is over."""
LONGEST = timedelta(hours=10)
"""A session is over after so long, used or not: a working day."""
RENEWAL = timedelta(minutes=5)
"""A cookie younger than this is left as it is."""


class SignedCookie:
    """A cookie that only we can have written, good for `lifetime`; `lasting` ones survive the end of the browser.

    By https its name begins with `__Host-`: browsers take such a cookie from this very host only and by https only, so that no other
    site of the same domain can slip its own session, or its own form, under somebody. They want it for all paths.
    """

    def __init__(self, secret: str, name: str, lifetime: timedelta, clock: Callable[[], datetime], lasting: bool = False) -> None:
        self._serializer = URLSafeSerializer(secret, salt=name)
        self._name = name
        self._lifetime = lifetime
        self._clock = clock
        self._max_age = int(lifetime.total_seconds()) if lasting else None

    def name(self, secure: bool) -> str:
        """What the browser calls it."""
        return f"__Host-{self._name}" if secure else self._name

    def read(self, request: Request, secure: bool) -> tuple[datetime, list[Any]] | None:
        """When it was written, and its values; None when it is missing, forged or over.

        One from a future that far away is over too: the clock was set back since, and nobody knows for how long it would live.
        """
        try:
            written, *values = self._serializer.loads(request.cookies.get(self.name(secure), ""))
            now = self._clock()
            at = datetime.fromtimestamp(written, now.tzinfo)
        except (BadData, ValueError, TypeError, OverflowError):
            return None
        return (at, values) if abs(now - at) < self._lifetime else None

    def write(self, response: Response, secure: bool, *values: object) -> None:
        """Give it to the browser."""
        signed = str(self._serializer.dumps([self._clock().timestamp(), *values]))
        path = "/" if secure else "/revue"
        response.set_cookie(self.name(secure), signed, self._max_age, path=path, httponly=True, samesite="lax", secure=secure)

    def drop(self, response: Response, secure: bool) -> None:
        """Take it back."""
        response.delete_cookie(self.name(secure), path="/" if secure else "/revue", httponly=True, samesite="lax", secure=secure)


@dataclass(frozen=True)
class Session:
    """A session of an account: its random name, the account's stamp when it was opened, when that was and when it was used last."""

    name: str
    ident: str
    stamp: str
    begun: datetime
    used: datetime


class Sessions:
    """Reads and writes the cookie of who is signed in. Nothing about a session is stored.

    A session holds the `valid_from` of its account and is good as long as that stays the same, so that an account can end all of its
    sessions at once, whatever the clocks say.
    """

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        self._cookie = SignedCookie(secret, COOKIE, IDLE, clock)
        self._key = secret.encode()
        self._clock = clock

    def open(self, response: Response, account: Account, secure: bool) -> None:
        """Begin a session of an account, under a new random name."""
        self._write(response, secure, account.name, secrets.token_urlsafe(18), _stamp(account), self._clock())

    def read(self, request: Request, secure: bool) -> Session | None:
        """The session of the cookie; None when it is missing, forged or over."""
        found = self._cookie.read(request, secure)
        if found is None:
            return None
        used, (name, ident, stamp, begun) = found
        session = Session(name, ident, stamp, datetime.fromtimestamp(begun, used.tzinfo), used)
        return session if abs(self._clock() - session.begun) < LONGEST else None

    def belongs(self, session: Session, account: Account) -> bool:
        """Whether the account has not ended its sessions since this one was opened."""
        return session.name == account.name and session.stamp == _stamp(account)

    def renew(self, response: Response, session: Session, secure: bool) -> None:
        """Note that a session was used."""
        if abs(self._clock() - session.used) >= RENEWAL:
            self._write(response, secure, session.name, session.ident, session.stamp, session.begun)

    def close(self, response: Response, secure: bool) -> None:
        """Take the cookie back."""
        self._cookie.drop(response, secure)

    def token(self, session: Session) -> str:
        """What the forms of a session carry; nobody else can know it."""
        return hmac.new(self._key, f"revue-form:{session.ident}:{session.name}".encode(), hashlib.sha256).hexdigest()

    def cookie_name(self, secure: bool) -> str:
        """What the browser calls the cookie."""
        return self._cookie.name(secure)

    def _write(self, response: Response, secure: bool, name: str, ident: str, stamp: str, begun: datetime) -> None:
        self._cookie.write(response, secure, name, ident, stamp, begun.timestamp())


def _stamp(account: Account) -> str:
    return account.valid_from.isoformat()
