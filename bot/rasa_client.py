"""How the web process speaks with Rasa and the action server: over HTTP, never by import.

Says plainly which of three things happened to a message: answered, surely not handled, or handled in doubt.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import logging
from dataclasses import dataclass, field
from typing import Any

import httpx

from bot.config import Settings
from bot.errors import UnavailableError

RASA = "rasa"
ACTIONS = "actions"
DATABASE = "database"
"""Names of what a message may wait for, as /readyz gives them."""

HANDLING_SECONDS = 45.0
"""The longest that our channel lets Rasa work on one message."""
PATIENCE_SECONDS = 30.0
"""How long a message waits for a process that is being restarted."""
ATTEMPTS = 3
"""How often a message is put to Rasa that went away while handling it: it may be the message that ends Rasa."""
_POLL_SECONDS = 0.25
_HEALTH_TIMEOUT = httpx.Timeout(5.0, connect=2.0)
"""Generous: Rasa answers nothing while it computes, and is not ill for that."""
_MESSAGE_TIMEOUT = httpx.Timeout(HANDLING_SECONDS + 5, connect=2.0)

log = logging.getLogger(__name__)


class NotReadyError(UnavailableError):
    """The message was surely not handled, because a process is away; `missing` names it."""

    def __init__(self, missing: tuple[str, ...]) -> None:
        super().__init__("L'assistant n'est pas prêt.")
        self.missing = missing


class InterruptedHandlingError(UnavailableError):
    """The message may have been handled, but no answer came back. `refused`: sending it again would change nothing."""

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


@dataclass(frozen=True)
class RasaClient:
    """Our channel of Rasa, and the health of Rasa and of the action server."""

    http: httpx.AsyncClient
    rasa_url: str
    actions_url: str
    token: str = field(repr=False)
    patience: float = PATIENCE_SECONDS

    async def ask(self, conversation: str, message: str, message_id: str) -> Reply:
        """Put one message to Rasa, again when it was not handled or that is in doubt: under one id it is handled once.

        Waits for processes that are being restarted, at most `patience` seconds in all. Raises NotReadyError when the message was
        surely not handled, InterruptedHandlingError when that is in doubt.
        """
        now = asyncio.get_running_loop().time
        deadline, interrupted = now() + self.patience, 0
        while True:
            try:
                return await self._post(conversation, message, message_id)
            except InterruptedHandlingError as error:
                interrupted += 1
                if error.refused or interrupted >= ATTEMPTS or now() >= deadline:
                    raise
                log.warning("message %s goes to rasa again: %s", message_id, error)
            except NotReadyError as error:
                if now() >= deadline:
                    if interrupted:
                        raise InterruptedHandlingError("Rasa n'est pas revenu.") from error
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
            return (await self.http.get(url, timeout=_HEALTH_TIMEOUT)).status_code == 200
        except httpx.TransportError:
            return False

    async def _post(self, conversation: str, message: str, message_id: str) -> Reply:
        try:
            response = await self.http.post(
                f"{self.rasa_url}/webhooks/cic/webhook",
                json={"sender": conversation, "message": message, "id": message_id},
                headers={"Authorization": f"Bearer {self.token}"},
                timeout=_MESSAGE_TIMEOUT,
            )
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise NotReadyError((RASA,)) from error
        except httpx.TransportError as error:
            raise InterruptedHandlingError("Rasa n'a pas répondu.") from error
        if response.status_code == 503:
            raise NotReadyError((_missing(response),))
        if response.status_code != 200:
            raise InterruptedHandlingError(f"Rasa a répondu {response.status_code}.", refused=response.is_client_error)
        body = response.json()
        return Reply(tuple(body["messages"]), body["asks"], body["outcome"], body["failed"], body["erased"])


def _missing(response: httpx.Response) -> str:
    """What our channel says is missing; a proxy before it, or Rasa without a model, says nothing that we understand."""
    try:
        named = response.json()["missing"]
    except (ValueError, LookupError, TypeError):
        return RASA
    return named if named in (ACTIONS, DATABASE) else RASA


def build_client(settings: Settings, http: httpx.AsyncClient) -> RasaClient:
    """Return the client for the processes that the settings name."""
    return RasaClient(http, settings.rasa_address, settings.actions_address, channel_token(settings.secret()))


def channel_token(secret: str) -> str:
    """Return what the web process shows to our channel in Rasa, so that nothing else on the machine can speak for a visitor."""
    return hmac.new(secret.encode(), b"rasa-channel", hashlib.sha256).hexdigest()
