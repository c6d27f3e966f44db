"""What is put right in Rasa itself, all of it here, once, before a model is loaded."""

from __future__ import annotations

import rasa.core.agent
from rasa.core.actions.action import RemoteAction
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.utils.endpoints import ClientResponseError

from bot.rasa.action_server import request_of
from bot.rasa.processor import CicProcessor
from bot.rasa.validation import check_schema_once


def mend() -> None:
    """Mend this process. A second call changes nothing."""
    rasa.core.agent.MessageProcessor = CicProcessor
    rasa.core.agent.Agent._create_tracker_store = staticmethod(_store_as_given)
    RemoteAction._action_call_format = request_of
    ClientResponseError.__str__ = _without_text
    check_schema_once()


def _store_as_given(store: TrackerStore | None, domain: Domain) -> TrackerStore:
    """Rasa wraps a store so that its errors look like empty conversations, and what cannot be stored goes to memory and is lost."""
    return InMemoryTrackerStore(domain) if store is None else store


def _without_text(error: ClientResponseError) -> str:
    """A failed action by its status only: its text holds the whole conversation, names included."""
    return f"{error.status}, {error.message}"
