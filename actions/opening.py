"""What happens when a conversation begins, or goes on after Rasa's session expired."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActionExecuted, EventType, SessionStarted
from rasa_sdk.executor import CollectingDispatcher

from actions.session import dossier, services, utter
from bot.answers.model import Message


class ActionSessionStart(Action):
    """Nothing is carried over; somebody whose request was left open is told so in plain words."""

    def name(self) -> str:
        """Rasa's own name for it."""
        return "action_session_start"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Start the session."""
        if dossier(tracker).asks:
            utter(dispatcher, (Message(services().texts("demande.reprise")),))
        return [SessionStarted(), ActionExecuted("action_listen")]
