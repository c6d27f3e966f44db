"""What is put right in Rasa itself, all of it here, once, before a model is loaded."""

from __future__ import annotations

import gc
from functools import lru_cache
from typing import Any

import rasa.core.agent
import rasa.core.processor
from rasa.core.actions.action import RemoteAction
from rasa.core.tracker_store import InMemoryTrackerStore, TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event
from rasa.utils.endpoints import ClientResponseError

from bot.rasa.action_server import request_of
from bot.rasa.graph_runner import StraightGraphRunner
from bot.rasa.processor import CicProcessor


def mend() -> None:
    """Mend this process. A second call changes nothing."""
    if rasa.core.agent.MessageProcessor is CicProcessor:
        return
    rasa.core.agent.MessageProcessor = CicProcessor
    rasa.core.processor.DaskGraphRunner = StraightGraphRunner
    rasa.core.agent.Agent._create_tracker_store = staticmethod(_store_as_given)
    RemoteAction._action_call_format = request_of
    RemoteAction._validate_action_result = _as_answered
    ClientResponseError.__str__ = _without_text
    Event.resolve_by_type = staticmethod(lru_cache(maxsize=None)(Event.resolve_by_type))


def _store_as_given(store: TrackerStore | None, domain: Domain) -> TrackerStore:
    """Rasa wraps a store so that its errors look like empty conversations, and what cannot be stored goes to memory and is lost."""
    return InMemoryTrackerStore(domain) if store is None else store


def _as_answered(action: RemoteAction, result: Any) -> bool:
    """Rasa holds each answer against a schema, which costs more than the answer; the action server is our own, and held by its tests."""
    return isinstance(result, dict)


def settle_memory() -> None:
    """Let the collector of garbage leave alone what is loaded: it looks at all of TensorFlow, for a third of a second, to find nothing."""
    gc.unfreeze()
    gc.collect()
    gc.freeze()


def _without_text(error: ClientResponseError) -> str:
    """A failed action by its status only: its text holds the whole conversation, names included."""
    return f"{error.status}, {error.message}"
