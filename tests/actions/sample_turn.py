"""Turns as Rasa hands them to the actions: a message, what was understood of it, and the slots."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import yaml
from rasa_sdk import Action, Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.config import PROJECT

CONVERSATION = "conversation-1"
DOMAIN: dict[str, Any] = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))
CLEAR = 0.6
"""A margin at which nobody doubts what was meant."""


@dataclass(frozen=True)
class Done:
    """What an action said and did. `slots` are those after it, `events` what it returned."""

    said: list[dict[str, Any]]
    events: list[dict[str, Any]]
    slots: dict[str, Any]

    @property
    def text(self) -> str:
        return "\n".join(message["text"] for message in self.said)

    @property
    def asks(self) -> str | None:
        return self.said[-1]["custom"]["asks"] if self.said else None


def tracker(text: str, label: str = "", slots: Mapping[str, Any] | None = None, release: str | None = None) -> Tracker:
    parts = [{"text": text, "ranking": [(label, CLEAR)] if label else []}]
    message = {"text": text, "intent": {"name": label.split("/")[0]}, "parts": parts, "persons": [], "metadata": {"release": release}}
    return Tracker(CONVERSATION, dict.fromkeys(DOMAIN["slots"]) | dict(slots or {}), message, [], False, None, {}, "action_listen")


def run(action: Action, text: str, label: str = "", slots: Mapping[str, Any] | None = None, release: str | None = None) -> Done:
    """Run an action on a message."""
    before, dispatcher = tracker(text, label, slots, release), CollectingDispatcher()
    with ThreadPoolExecutor(1) as thread:  # whoever calls may have an event loop of her own
        events: list[Any] = thread.submit(asyncio.run, action.run(dispatcher, before, DOMAIN)).result()
    changed = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    assert set(changed) <= {*DOMAIN["slots"], "requested_slot"}, "Rasa refuses a slot that is not in its domain"
    return Done(dispatcher.messages, events, before.slots | changed)
