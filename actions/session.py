"""What the actions share: the services of the release that understood a message, and the way between a tracker and the values of bot/."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.answers.model import Context, Heard, Message
from bot.config import load_settings
from bot.intake.model import CONFIRMATION, CONSENT, CONTACT, SCREENING, Dossier, Turn
from bot.serving import Serving, build_serving
from bot.text import clean
from bot.wiring import Services, build_database

FORM = "formulaire_demande"
"""Name of the form in domain.yml."""


@lru_cache(maxsize=1)
def serving() -> Serving:
    """The services of this process, by release; it follows what is published from the first call on."""
    settings = load_settings()
    made = build_serving(settings, build_database(settings))
    made.follower.start()
    return made


def services(tracker: Tracker) -> Services:
    """The services that answer this message: those of the release whose model understood it, which Rasa names with it."""
    return serving().of(((tracker.latest_message or {}).get("metadata") or {}).get("release"))


def services_at_start(tracker: Tracker) -> Services:
    """The same while a session starts: its first message is not in the tracker yet."""
    return serving().of((tracker.get_slot("session_started_metadata") or {}).get("release"))


def heard(tracker: Tracker) -> Heard:
    """What Rasa understood of the latest message."""
    return Heard.from_parse(clean(tracker.latest_message.get("text") or ""), tracker.latest_message)


def context(tracker: Tracker) -> Context:
    """What the answers remember."""
    return Context.from_dict(tracker.get_slot("contexte"))


def dossier(tracker: Tracker) -> Dossier:
    """The request in the making."""
    return Dossier.from_json(tracker.get_slot("dossier"))


def say(dispatcher: CollectingDispatcher, turn: Turn) -> None:
    """Say what a turn says, and tell the web process what it asks for, how it ended, and whether it is not to be kept."""
    utter(dispatcher, turn.messages, turn.dossier.asks, turn.outcome, turn.erases)


def utter(
    dispatcher: CollectingDispatcher,
    messages: Iterable[Message],
    asks: str | None = None,
    outcome: str | None = None,
    erased: bool = False,
) -> None:
    """Say the messages, each with its source, and what the last one waits for."""
    for message in messages:
        source = message.source.as_dict() if message.source else None
        buttons = [{"title": button.title, "payload": button.value} for button in message.buttons]
        custom = {"source": source, "asks": asks, "outcome": outcome, "kind": message.kind} | ({"erased": True} if erased else {})
        custom |= {"lang": message.language} if message.language else {}
        dispatcher.utter_message(text=message.text, buttons=buttons, json_message=custom)


def kept(tracker: Tracker, turn: Turn, in_form: bool = False) -> list[EventType]:
    """The events that keep what a turn leaves: what the answers remember, the dossier, and the slots of its fields.

    The fields are empty when no request is open. A slot that already holds its value needs no event, each one is a row; but
    `in_form` the dossier is set in any case: Rasa takes a form that sets no slot for one that understood nothing.
    """
    made = turn.dossier
    values: dict[str, Any] = {name: made.value_of(name) if made.asks else None for name in (*SCREENING, *CONTACT)}
    values |= {CONFIRMATION: "oui" if made.asks == CONSENT else None, CONSENT: None}
    values |= {"contexte": turn.context.as_dict(), "dossier": made.as_json() if made != Dossier() else None}
    fixed = {"dossier"} if in_form else set()
    return [SlotSet(name, value) for name, value in values.items() if name in fixed or _plain(value) != tracker.get_slot(name)]


def _plain(value: Any) -> Any:
    """`value` as it comes back from a slot: through JSON, which knows no tuples."""
    return json.loads(json.dumps(value)) if isinstance(value, dict) else value
