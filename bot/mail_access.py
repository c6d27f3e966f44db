"""Tokens for mail servers that take no password (OAuth 2.0, client credentials: RFC 6749, 4.4; for mail XOAUTH2), as Microsoft 365 does.

One request to the service that gives them, about once an hour, whoever waits for it. A token is kept in memory only.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from bot.channel_settings import MailAccess
from bot.errors import AssistantError
from bot.setting_values import host_of, is_near

SECONDS = 20.0
"""For one request, from connecting to the end of the answer."""
EARLY_SECONDS = 300.0
"""A token that ends sooner is not used any more: a mailbox is kept open for a while."""
LIFE_SECONDS = 3600.0
"""How long a token is kept at most, and how long when the service does not say (RFC 6749 recommends that it does)."""
PAUSE_SECONDS, REFUSED_PAUSE_SECONDS = 5.0, 60.0
"""How long the service is left alone after a failure, and after it has refused our settings: many mails may wait for it."""
_LATER = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
"""Errors of the service that are none of ours."""
_DETAIL = re.compile(r"\bAADSTS\d{2,8}\b")
"""Microsoft's own code, which its documentation explains."""
_CODE = re.compile(r"[a-z_]{1,40}")
_TOKEN = re.compile(r"[!-~]+")
log = logging.getLogger(__name__)


class MailAccessError(AssistantError):
    """No token was had. `refused`: the service does not accept our settings, so asking again changes nothing."""

    def __init__(self, sentence: str, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


@dataclass(frozen=True)
class _Token:
    text: str
    until: float


@dataclass(frozen=True)
class _Failure:
    error: MailAccessError
    until: float


class MailTokens:
    """The token of the moment, for one event loop at a time. `clock` gives seconds that only go forward."""

    def __init__(self, access: MailAccess, proxy: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._proxy = None if is_near(host_of(access.url)) else proxy
        self._clock = clock
        self._known: _Token | None = None
        self._failure: _Failure | None = None
        self._asking: asyncio.Task[_Token] | None = None

    async def token(self) -> str:
        """A token that is good for some minutes at least, or was given just now. Raises MailAccessError."""
        if self._known and self._clock() < self._known.until - EARLY_SECONDS:
            return self._known.text
        if self._failure and self._clock() < self._failure.until:
            raise MailAccessError(str(self._failure.error), self._failure.error.refused)
        if self._asking is None or self._asking.done():
            self._asking = asyncio.ensure_future(self._ask())
            self._asking.add_done_callback(_seen)
        # Who gives up waiting does not take the answer from the others
        return (await asyncio.shield(self._asking)).text

    def token_now(self) -> str:
        """The same for a thread without a loop, which waits for it. Raises MailAccessError."""
        return asyncio.run(self.token())

    def forget(self, token: str) -> None:
        """A mail server did not take this token: the next one is a new one."""
        if self._known and self._known.text == token:
            self._known = None

    async def _ask(self) -> _Token:
        """Ask the service, and note what came of it."""
        try:
            self._known, self._failure = await self._fetch(), None
        except MailAccessError as error:
            self._failure = _Failure(error, self._clock() + (REFUSED_PAUSE_SECONDS if error.refused else PAUSE_SECONDS))
            raise
        return self._known

    async def _fetch(self) -> _Token:
        import httpx2  # slow to load, and most mail servers take a password
        from authlib.integrations.base_client import OAuthError
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        access, asked_at = self._access, self._clock()
        ours = {"token_endpoint_auth_method": "client_secret_post", "timeout": SECONDS, "proxy": self._proxy, "trust_env": False}
        try:
            async with AsyncOAuth2Client(access.client_id, access.secret, scope=access.scope, **ours) as client:
                asked = client.fetch_token(access.url, grant_type="client_credentials")
                text, life = _read(await asyncio.wait_for(asked, SECONDS))
        except OAuthError as error:
            raise _declined(str(error.error), str(error.description or "")) from error
        except (
            httpx2.HTTPError,
            httpx2.InvalidURL,
            asyncio.TimeoutError,
            ValueError,
            TypeError,
            AttributeError,
            OverflowError,
            RecursionError,
            OSError,
        ) as error:
            way = ", demandé par CIC_PROXY" if self._proxy else ""
            raise MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL ne donne pas de jeton{way} ({type(error).__name__}).") from error
        return _Token(text, asked_at + life)


def _seen(asked: asyncio.Task[_Token]) -> None:
    """All who waited may have given up: then nobody else looks at what went wrong."""
    if not asked.cancelled():
        asked.exception()


def _read(answer: Any) -> tuple[str, float]:
    """The token in an answer, and the seconds for which it is good. Raises ValueError when there is none."""
    token = answer.get("access_token") if isinstance(answer, dict) else None
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ValueError("no token in the answer")
    told = answer.get("expires_in")
    return token, LIFE_SECONDS if told in (None, "") else min(int(told), LIFE_SECONDS)


def _declined(code: str, description: str) -> MailAccessError:
    """What the service answered instead, without its own words: they may name people."""
    found = _DETAIL.search(description)
    told = found.group() if found else code if _CODE.fullmatch(code) else "erreur"
    if code in _LATER:
        return MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL ne donne pas de jeton pour le moment ({told}).")
    log.error("the service of CIC_MAIL_OAUTH_URL refuses our settings: %s", told)
    return MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL refuse nos réglages CIC_MAIL_OAUTH_… : {told}.", refused=True)
