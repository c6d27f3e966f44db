"""How the web process speaks with Rasa and the action server: over HTTP, never by import.

Says plainly which of three things happened to a message: answered, surely not handled, or handled in doubt.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import logging
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from bot.config import Settings
from bot.errors import UnavailableError

RASA = "rasa"
ACTIONS = "actions"
DATABASE = "database"
"""Names of what a message may wait for, as /readyz gives them."""

HANDLING_SECONDS = 30.0
"""The longest that Rasa works on one message."""
LOCK_SECONDS = 10.0
"""The longest that a message waits in Rasa for another one of its conversation."""
PATIENCE_SECONDS = 30.0
"""How long a message waits for a process that is being restarted."""
ATTEMPTS = 3
"""How often a message is put to Rasa that went away while handling it: it may be the message that ends Rasa."""
_POLL_SECONDS = 0.25
_HEALTH_TIMEOUT = aiohttp.ClientTimeout(total=5.0, sock_connect=2.0)
"""Generous: Rasa answers nothing while it computes, and is not ill for that."""
_MESSAGE_TIMEOUT = aiohttp.ClientTimeout(total=LOCK_SECONDS + HANDLING_SECONDS + 5, sock_connect=2.0)
_IDLE_SECONDS = 3.0
"""A connection that was idle for longer is not used again: Rasa and the action server close it after five."""

log = logging.getLogger(__name__)


class NotReadyError(UnavailableError):
    """The message was not handled, because a process is away, or that is not known; under its id it may come again.

    `missing` names the process.
    """

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__("L'assistant n'est pas prêt.")
        self.missing = missing


class InterruptedHandlingError(UnavailableError):
    """No answer came back, and the message is not to go again: it is `refused`, or went too often."""

    def __init__(self, sentence: str, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


@dataclass(frozen=True)
class Reply:
    """What Rasa said to one message. `failed`: the handler raised, ran out of time, or said nothing.

    `erased`: the conversation is being erased, and this turn is not to be kept.
    """

    messages: tuple[dict[str, Any], ...] = ()
    asks: str | None = None
    outcome: str | None = None
    failed: bool = False
    erased: bool = False


@dataclass
class RasaClient:
    """Our channel of Rasa, and the health of Rasa and of the action server. Used on one event loop, and closed at its end."""

    rasa_url: str
    actions_url: str
    token: str = field(repr=False)
    patience: float = PATIENCE_SECONDS
    _session: aiohttp.ClientSession | None = field(default=None, repr=False)

    async def close(self) -> None:
        """Give back the connections."""
        if self._session is not None:
            await self._session.close()

    async def ask(self, conversation: str, message: str, message_id: str, channel: str | None = None) -> Reply:
        """Put one message to Rasa, again when it was not handled or that is in doubt: under one id it is handled once.

        `channel` is where the person writes from, None for the site; reviewers see it.
        Waits for processes that are being restarted, at most `patience` seconds in all. Raises NotReadyError when the message may
        come again under its id, InterruptedHandlingError when that would lead nowhere.
        """
        now = asyncio.get_running_loop().time
        deadline, interrupted = now() + self.patience, 0
        while True:
            try:
                return await self._post(conversation, message, message_id, channel)
            except InterruptedHandlingError as error:
                interrupted += 1
                if error.refused or interrupted >= ATTEMPTS:
                    raise
                if now() >= deadline:
                    raise NotReadyError((RASA,)) from error
                log.warning("message %s goes to rasa again: %s", message_id, error)
            except NotReadyError as error:
                if now() >= deadline:
                    raise
                log.warning("message %s waits for %s", message_id, ", ".join(error.missing))
            await self._wait_until_ready(deadline)

    async def missing(self) -> tuple[str, ...]:
        """Name the processes that cannot handle a message now."""
        rasa, actions = await asyncio.gather(
            self._healthy(f"{self.rasa_url}/webhooks/cic/health"), self._healthy(f"{self.actions_url}/health")
        )
        return tuple(name for name, healthy in ((RASA, rasa), (ACTIONS, actions)) if not healthy)

    async def _wait_until_ready(self, deadline: float) -> None:
        """Rest a little, and then until Rasa and the action server are there, or until `deadline`, in the loop's time."""
        await asyncio.sleep(_POLL_SECONDS)
        while await self.missing() and asyncio.get_running_loop().time() < deadline:
            await asyncio.sleep(_POLL_SECONDS)

    async def _healthy(self, url: str) -> bool:
        try:
            async with self._http().get(url, timeout=_HEALTH_TIMEOUT) as response:
                return response.status == 200
        except (aiohttp.ClientError, asyncio.TimeoutError):
            return False

    async def _post(self, conversation: str, message: str, message_id: str, channel: str | None) -> Reply:
        url = f"{self.rasa_url}/webhooks/cic/webhook"
        body = {"sender": conversation, "message": message, "id": message_id, "channel": channel}
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with self._http().post(url, json=body, headers=headers, timeout=_MESSAGE_TIMEOUT) as response:
                return _reply(response.status, await response.read())
        except (aiohttp.ClientConnectorError, aiohttp.ServerTimeoutError) as error:
            raise NotReadyError((RASA,)) from error
        except (aiohttp.ClientError, asyncio.TimeoutError) as error:
            raise InterruptedHandlingError("Rasa n'a pas répondu.") from error

    def _http(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = keeping_connections()
        return self._session


def keeping_connections(**options: Any) -> aiohttp.ClientSession:
    """A client of Rasa or of the action server, on the running event loop, that uses its connections again; to be closed."""
    return aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_IDLE_SECONDS), **options)


def _reply(status: int, body: bytes) -> Reply:
    """What an answer of our channel, or of a proxy before it, means."""
    if status == 503:
        raise NotReadyError((_missing(body),))
    if status != 200:
        raise InterruptedHandlingError(f"Rasa a répondu {status}.", refused=400 <= status < 500)
    said = json.loads(body)
    return Reply(tuple(said["messages"]), said["asks"], said["outcome"], said["failed"], said["erased"])


def _missing(body: bytes) -> str:
    """What our channel says is missing; a proxy before it, or Rasa without a model, says nothing that we understand."""
    try:
        named = json.loads(body)["missing"]
    except (ValueError, LookupError, TypeError):
        return RASA
    return named if named in (ACTIONS, DATABASE) else RASA


def build_client(settings: Settings) -> RasaClient:
    """Return the client for the processes that the settings name."""
    return RasaClient(settings.rasa_address, settings.actions_address, channel_token(settings.secret()))


def channel_token(secret: str) -> str:
    """Return what the web process shows to our channel in Rasa, so that nothing else on the machine can speak for a visitor."""
    return hmac.new(secret.encode(), b"rasa-channel", hashlib.sha256).hexdigest()
