"""Answers everything that is not part of an open request."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.database import needs_database
from actions.session import FORM, context, dossier, heard, kept, say, services


class ActionRepondre(Action):
    """Facts with their source, questions back, small talk and honest refusals."""

    def name(self) -> str:
        """Name in domain.yml."""
        return "action_repondre"

    @needs_database
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Say the answer and keep what the next question may lean on; a message that opens a request goes to the form."""
        message, before, counter = heard(tracker), dossier(tracker), services(tracker).counter
        if counter.opens(message, before):
            return [FollowupAction(FORM)]
        turn = counter.take(tracker.sender_id, message, before, context(tracker), requests=False)
        say(dispatcher, turn)
        return kept(tracker, turn)
