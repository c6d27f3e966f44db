"""What happens when a conversation begins, or goes on after Rasa's session expired."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.database import needs_database
from actions.session import dossier, services_at_start, utter
from bot.answers.model import Message
from bot.intake.model import Dossier


class ActionSessionStart(Action):
    """Nothing is carried over; somebody whose request was left open is told so in plain words."""

    def name(self) -> str:
        """Rasa's own name for it."""
        return "action_session_start"

    @needs_database
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Start the session. The requests go on being counted: their number tells them apart where they are registered."""
        before = dossier(tracker)
        if before.asks:
            utter(dispatcher, (Message(services_at_start(tracker).texts("demande.reprise")),))
        counted = [SlotSet("dossier", Dossier(number=before.number).as_json())] if before.number else []
        return [SessionStarted(), *counted, ActionExecuted("action_listen")]
