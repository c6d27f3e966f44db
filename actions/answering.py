"""Answers everything that is not part of an open request."""

from __future__ import annotations

from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, FollowupAction
from rasa_sdk.executor import CollectingDispatcher

from actions.session import FORM, context, dossier, heard, keep, remember, services, utter

PRESENTATION = "se_presenter"
"""The intent of somebody who only says who they are."""


class ActionRepondre(Action):
    """Facts with their source, questions back, small talk and honest refusals."""

    def name(self) -> str:
        """Name in domain.yml."""
        return "action_repondre"

    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Say the answer and keep what the next question may lean on."""
        message, kept = heard(tracker), dossier(tracker)
        reception = services().reception
        if reception.reopens(message, kept):
            return [FollowupAction(FORM)]
        if message.intent == PRESENTATION and (introduced := reception.introduce(message, kept)):
            utter(dispatcher, introduced.messages)
            return keep(introduced.dossier)
        said = services().answers.reply(message, context(tracker))
        utter(dispatcher, said.messages)
        return remember(said.context)
