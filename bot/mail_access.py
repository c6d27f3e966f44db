"""Tokens for mail servers that take no password (OAuth 2.0, client credentials: RFC 6749, 4.4; for mail XOAUTH2), as Microsoft 365 does.

Blocking: one request to the service that gives them, about once an hour. A token is kept in memory only.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from bot.channel_settings import MailAccess
from bot.errors import AssistantError
from bot.setting_values import is_near

SECONDS = 15.0
"""For each step: connecting, sending, and every piece of the answer."""
EARLY_SECONDS = 300.0
"""A token that ends sooner is not used any more: a mailbox is kept open for a while."""
LIFE_SECONDS = 3600.0
"""How long a token is kept at most, and how long when the service does not say (RFC 6749 recommends that it does)."""
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


class MailTokens:
    """The token of the moment, for any thread. `clock` gives seconds that only go forward."""

    def __init__(self, access: MailAccess, proxy: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._proxy = None if is_near(urlsplit(access.url).hostname or "") else proxy
        self._clock = clock
        self._lock = threading.Lock()
        self._known: _Token | None = None

    def token(self) -> str:
        """A token that is good for some minutes at least, or was given just now. Raises MailAccessError."""
        with self._lock:
            known = self._known
            if known is None or self._clock() >= known.until - EARLY_SECONDS:
                known = self._known = self._fetch()
            return known.text

    def forget(self) -> None:
        """A mail server did not take the token: the next one is a new one. Waits for nobody: whoever fetches one holds the lock."""
        self._known = None

    def _fetch(self) -> _Token:
        import httpx2  # slow to load, and most mail servers take a password
        from authlib.integrations.base_client import OAuthError
        from authlib.integrations.httpx_client import OAuth2Client

        access, asked_at = self._access, self._clock()
        ours = {"token_endpoint_auth_method": "client_secret_post", "timeout": SECONDS, "proxy": self._proxy, "trust_env": False}
        try:
            with OAuth2Client(access.client_id, access.secret, scope=access.scope, **ours) as client:
                text, life = _read(client.fetch_token(access.url, grant_type="client_credentials"))
                return _Token(text, asked_at + life)
        except OAuthError as error:
            raise _declined(str(error.error), str(error.description or "")) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, OverflowError, RecursionError, OSError) as error:
            way = ", demandé par CIC_PROXY" if self._proxy else ""
            raise MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL ne donne pas de jeton{way} ({type(error).__name__}).") from error


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
