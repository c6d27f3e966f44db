"""A conversation as Rasa keeps it: the real form, real events, the real store, and the turns of the web process beside them."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

from sample_turn import run

from actions.request import ValidateFormulaireDemande
from bot.config import PROJECT
from bot.web.turns import Turns

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, BotUttered, SessionStarted, SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.rasa.tracker_store import CicTrackerStore

    DOMAIN = Domain.load(str(PROJECT / "domain.yml"))

LABELS = ["demande", "info/quoi.programme", "hors_sujet/actualite", "formulaire/correction", "bavardage/saluer", "donnees", "humain"]


@dataclass
class Played:
    """One person's conversation. `number` counts its messages."""

    store: CicTrackerStore
    turns: Turns
    conversation: str
    number: int = 0

    async def say(self, text: str, label: str = "", **metadata: str) -> str | None:
        """Handle a message as Rasa does while the form is open; return the field that is asked for then."""
        tracker = await self.begin(text, label, **metadata)
        done = run(ValidateFormulaireDemande(), text, label, tracker.current_slot_values())
        self.end(tracker, done.said, done.events)
        await self.store.save(tracker)
        said = [{"id": f"a{self.number}", "buttons": [], "source": None, "text": message["text"]} for message in done.said]
        self.turns.add(self.conversation, f"m{self.number}", text, {"messages": said, "asks": done.asks, "outcome": None})
        return done.asks

    async def begin(self, text: str, label: str = "", **metadata: str) -> DialogueStateTracker:
        """The tracker with the message in it, not yet answered."""
        self.number += 1
        tracker = await self.store.get_or_create_tracker(self.conversation, append_action_listen=False)
        if not tracker.events:
            self.start_session(tracker)
        ranking = [[label or "hors_sujet/actualite", 0.6], *([name, -0.5 - place / 100] for place, name in enumerate(LABELS * 4))]
        intent = {"name": (label or "hors_sujet").split("/")[0], "confidence": 0.9}
        parse = {
            "text": text, "intent": intent, "intent_ranking": [intent] * 10, "entities": [], "message_id": f"m{self.number}",
            "metadata": metadata, "parts": [{"text": text, "ranking": ranking}], "persons": [],
        }  # fmt: skip
        message = UserUttered(
            text, intent, [], parse, input_channel="cic", message_id=f"m{self.number}", metadata={"assistant_id": "cic", **metadata}
        )
        tracker.update_with_events([message, ActionExecuted("formulaire_demande"), ActiveLoop("formulaire_demande")], DOMAIN)
        return tracker

    def end(self, tracker: DialogueStateTracker, said: list[dict[str, Any]], events: list[dict[str, Any]]) -> None:
        """Put into the tracker what the form said and set."""
        for message in said:
            tracker.update(BotUttered(message["text"], {"buttons": message["buttons"] or None, "custom": message["custom"]}), DOMAIN)
        tracker.update_with_events([SlotSet(event["name"], event["value"]) for event in events], DOMAIN)
        tracker.update(ActionExecuted("action_listen"), DOMAIN)

    def start_session(self, tracker: DialogueStateTracker) -> None:
        """What Rasa puts before the first message of a session."""
        tracker.update_with_events([ActionExecuted("action_session_start"), SessionStarted(), ActionExecuted("action_listen")], DOMAIN)
