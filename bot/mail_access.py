"""Tokens for mail servers that take no password (OAuth 2.0, client credentials: RFC 6749, 4.4; for mail XOAUTH2), as Microsoft 365 does.

Blocking: one request to the service that gives them, about once an hour. A token is kept in memory only.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from bot.channel_settings import MailAccess
from bot.errors import AssistantError
from bot.setting_values import is_near

SECONDS = 15.0
"""For the whole answer of the service."""
EARLY_SECONDS = 300.0
"""A token that ends sooner is not used any more: a mailbox is kept open for a while."""
LIFE_SECONDS = 3600.0
"""How long a token is kept at most, and how long when the service does not say (RFC 6749 recommends that it does)."""
_LATER = frozenset({"temporarily_unavailable", "server_error", "slow_down"})
"""Errors of the service that are none of ours."""
_DETAIL = re.compile(r"\bAADSTS\d{2,8}\b")
"""Microsoft's own code, which its documentation explains."""
_TOKEN = re.compile(r"[!-~]+")
log = logging.getLogger(__name__)


class MailAccessError(AssistantError):
    """No token was had. `refused`: the service does not accept our settings, so asking again changes nothing."""

    def __init__(self, sentence: str, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


class MailTokens:
    """The token of the moment, for any thread. `clock` gives seconds that only go forward."""

    def __init__(self, access: MailAccess, proxy: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._access = access
        self._proxy = None if is_near(urlsplit(access.url).hostname or "") else proxy
        self._clock = clock
        self._lock = threading.Lock()
        self._token = ""
        self._until = 0.0

    def token(self) -> str:
        """A token that is good for some minutes at least, or was given just now. Raises MailAccessError."""
        with self._lock:
            if not self._token or self._clock() >= self._until - EARLY_SECONDS:
                self._token, life = self._fetch()
                self._until = self._clock() + life
            return self._token

    def forget(self) -> None:
        """A mail server did not take the token: the next one is a new one."""
        with self._lock:
            self._token = ""

    def _fetch(self) -> tuple[str, float]:
        import httpx2  # slow to load, and most mail servers take a password
        from authlib.integrations.base_client import OAuthError
        from authlib.integrations.httpx_client import OAuth2Client

        access = self._access
        ours = {"token_endpoint_auth_method": "client_secret_post", "timeout": SECONDS, "proxy": self._proxy, "trust_env": False}
        try:
            with OAuth2Client(access.client_id, access.secret, scope=access.scope, **ours) as client:
                return _read(client.fetch_token(access.url, grant_type="client_credentials"))
        except OAuthError as error:
            raise _declined(str(error.error), str(error.description or "")) from error
        except (httpx2.HTTPError, httpx2.InvalidURL, ValueError, TypeError, AttributeError, OSError) as error:
            raise MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL ne donne pas de jeton ({type(error).__name__}).") from error


def _read(answer: Any) -> tuple[str, float]:
    """The token in an answer, and the seconds for which it is good. Raises ValueError when there is none."""
    token = answer.get("access_token", "")
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise ValueError("no token in the answer")
    told = str(answer.get("expires_in", ""))
    return token, min(float(told), LIFE_SECONDS) if re.fullmatch(r"\d{1,9}", told) else LIFE_SECONDS


def _declined(code: str, description: str) -> MailAccessError:
    """What the service answered instead, without its own words: they may name people."""
    found = _DETAIL.search(description)
    told = found.group() if found else re.sub(r"[^a-z_]", "", code)[:40] or "erreur"
    if code in _LATER:
        return MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL ne donne pas de jeton pour le moment ({told}).")
    log.error("the service of CIC_MAIL_OAUTH_URL refuses our settings: %s", told)
    return MailAccessError(f"Le service de CIC_MAIL_OAUTH_URL refuse nos réglages CIC_MAIL_OAUTH_… : {told}.", refused=True)
