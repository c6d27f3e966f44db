"""How connectors call their platforms over HTTP, and what an answer means for the message that was sent."""

from __future__ import annotations

import asyncio
import json
import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from types import SimpleNamespace
from typing import Any
from urllib.parse import unquote, urlsplit

import aiohttp

from bot.channels.model import AccessError, BusyError
from bot.errors import PermanentDeliveryError, TemporaryDeliveryError, UncertainDeliveryError
from bot.setting_values import host_of, is_near

CONNECT_SECONDS = 10.0
"""Until a connection stands: a free place, the address of the name, TCP and TLS."""
TOTAL_SECONDS = 30.0
"""For one call, from connecting to the last byte of the answer."""
ANSWER_BYTES = 256 * 1024
"""More than any platform answers to what we send; the rest is not read."""
LONGEST_WAIT = 3600.0
"""The longest that a platform's Retry-After is believed."""
_NOT_NOW = (408, 425)
"""Refusals of a request for the moment at which it came."""
_IDLE_SECONDS = 3.0
"""A connection that was idle for longer is not used again: the platform may be closing it, and what is lost then is uncertain."""
_TIMEOUT = aiohttp.ClientTimeout(total=TOTAL_SECONDS, connect=CONNECT_SECONDS)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What a platform answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in the body; an empty one when it is none."""
        try:
            value = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return value if isinstance(value, dict) else {}

    @property
    def retry_after(self) -> float:
        """Seconds that the platform wants us to wait, 0 when it does not say: a number or a date (RFC 9110, 10.2.3)."""
        told = self.headers.get("retry-after", "").strip()
        try:
            seconds = float(told)
        except ValueError:
            try:
                seconds = (parsedate_to_datetime(told) - datetime.now(timezone.utc)).total_seconds()
            except (ValueError, TypeError, OverflowError):
                return 0.0
        return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else 0.0


class Wire:
    """Calls of one connector, over connections that are kept for a moment; through `proxy`, but for what is on this machine.

    `timeout` is for tests of what takes too long.
    """

    def __init__(self, timeout: aiohttp.ClientTimeout = _TIMEOUT, proxy: str | None = None) -> None:
        self._timeout = timeout
        self._way = _way_through(proxy) if proxy else {}
        self._session: aiohttp.ClientSession | None = None

    async def call(self, method: str, url: str, **options: Any) -> Answer:
        """Make one call; `options` are those of aiohttp (`json`, `data`, `headers`, `auth`, `params`). No redirect is followed.

        Raises TemporaryDeliveryError when the platform was not reached, UncertainDeliveryError when it was and did not answer.
        """
        way = {} if is_near(host_of(url)) else self._way
        stands: list[bool] = []
        try:
            async with self._http().request(method, url, allow_redirects=False, trace_request_ctx=stands, **way, **options) as response:
                body = await response.content.read(ANSWER_BYTES)
                while not response.content.at_eof() and len(body) < ANSWER_BYTES and (more := await response.content.read(ANSWER_BYTES)):
                    body += more
                return Answer(response.status, {name.lower(): value for name, value in response.headers.items()}, body)
        except (aiohttp.ClientError, asyncio.TimeoutError, OSError) as error:
            if stands:
                raise UncertainDeliveryError(f"La plateforme n'a pas répondu : {type(error).__name__}.") from error
            raise _not_reached(error, bool(way)) from error

    async def close(self) -> None:
        """Give back the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            connector = aiohttp.TCPConnector(keepalive_timeout=_IDLE_SECONDS)
            trace = aiohttp.TraceConfig()
            for signal in (trace.on_connection_create_end, trace.on_connection_reuseconn):
                signal.append(_connected)  # type: ignore[arg-type]  # typed for an earlier aiosignal
            self._session = aiohttp.ClientSession(
                connector=connector, timeout=self._timeout, cookie_jar=aiohttp.DummyCookieJar(), trace_configs=[trace]
            )
        return self._session


async def _connected(_: aiohttp.ClientSession, context: SimpleNamespace, __: object) -> None:
    """Note that a connection stands: from now on what is sent may arrive."""
    context.trace_request_ctx.append(True)


def _not_reached(error: Exception, by_proxy: bool) -> TemporaryDeliveryError:
    """No connection stood, so nothing was sent. What is wrong with the certificate or the TLS of a platform is none of the proxy's."""
    told = str(error.status) if isinstance(error, aiohttp.ClientHttpProxyError) else type(error).__name__
    if by_proxy and not isinstance(error, (aiohttp.ClientSSLError, aiohttp.InvalidURL)):
        return TemporaryDeliveryError(f"Le serveur mandataire de CIC_PROXY ne mène pas à la plateforme ({told}).")
    return TemporaryDeliveryError(f"La plateforme ne peut pas être jointe ({told}).")


def _way_through(proxy: str) -> dict[str, Any]:
    """The options of a call through a proxy. Errors of the library show its address: name and password stand apart."""
    parts = urlsplit(proxy)
    ours = aiohttp.BasicAuth(unquote(parts.username), unquote(parts.password or ""), "utf-8") if parts.username else None
    return {"proxy": f"http://{parts.netloc.rpartition('@')[2]}", "proxy_auth": ours}


def refuse(answer: Answer, code: str | int = "", seconds: float = 0.0) -> None:
    """Raise the error that the status of an answer means; return when it is a success (2xx).

    `code` is the platform's own, for staff; `seconds` a wait that it asks for elsewhere than in Retry-After.
    """
    if 200 <= answer.status < 300:
        return
    told = f"{answer.status} {code}".strip()
    if answer.status == 429:
        raise BusyError(f"La plateforme demande d'attendre : {told}.", seconds or answer.retry_after, everybody=True)
    if answer.status >= 500 or answer.status in _NOT_NOW:
        raise BusyError(f"La plateforme est en panne : {told}.", seconds or answer.retry_after)
    if answer.status in (401, 403):
        raise AccessError(f"La plateforme refuse nos identifiants : {told}.")
    raise PermanentDeliveryError(f"La plateforme refuse ce message : {told}.")
