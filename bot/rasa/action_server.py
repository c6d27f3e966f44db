"""The way from Rasa to the action server: one kept connection, and no more in a request than the actions read."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress
from functools import lru_cache
from typing import Any

import aiohttp
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.shared.exceptions import RasaException
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

from bot.errors import StorageError
from bot.rasa_client import DATABASE, keeping_connections

ACTION_SECONDS = 20.0
"""The longest that an action may take; a turn may take a little longer (bot.rasa_client)."""


class ActionsAwayError(Exception):
    """The action server could not be reached, or went away before it answered."""


class ActionServer(EndpointConfig):  # type: ignore[misc]
    """The action server. Rasa's own endpoint makes a connection for each action."""

    _session: aiohttp.ClientSession | None = None

    async def request(self, method: str = "post", subpath: str | None = None, *_: Any, **kwargs: Any) -> Any:
        """Run an action; `json` is what Rasa asks. Raises ActionsAwayError, StorageError, ClientResponseError, RasaException."""
        if self._session is None:
            self._session = keeping_connections(timeout=aiohttp.ClientTimeout(total=ACTION_SECONDS))
        try:
            async with self._session.post(self.url, json=kwargs["json"]) as response:
                if response.status >= 400:
                    raise _error(response, await response.text())
                return await response.json()
        except asyncio.TimeoutError as error:
            raise RasaException(f"the action took more than {ACTION_SECONDS:g} s") from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise ActionsAwayError(f"{self.url}: {error}") from error


def _error(response: aiohttp.ClientResponse, text: str) -> Exception:
    """What an answer means that is none: nobody is there (a proxy says so), the action has no database, or it failed."""
    if response.status == 503:
        return ActionsAwayError(f"{response.url}: {response.reason}")
    with suppress(ValueError, LookupError, TypeError):
        if json.loads(text)["error"] == DATABASE:
            return StorageError("the action has no database")
    failed: Exception = ClientResponseError(response.status, response.reason, text)
    return failed


@lru_cache
def action_server(url: str) -> ActionServer:
    """The one of this address: models come and go, its connections stay."""
    return ActionServer(url)


def request_of(action: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """What an action is told: the latest message, the slots and the open form. No past events, no domain: no action reads them."""
    state = tracker.current_state(EventVerbosity.NONE) | {"events": []}
    return {"next_action": action.name(), "sender_id": tracker.sender_id, "tracker": state, "domain": {}}
