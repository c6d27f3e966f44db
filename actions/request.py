"""The form of the request: hands each message to the intake, registers what was consented to."""

from __future__ import annotations

import logging
from typing import Any

from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.database import needs_database
from actions.session import context, dossier, heard, kept, say, services, utter
from bot.errors import AssistantError, StorageError

log = logging.getLogger(__name__)


class ValidateFormulaireDemande(Action):
    """Rasa calls it when the form opens and at each message while it is open."""

    def name(self) -> str:
        """Name that Rasa derives from the form's."""
        return "validate_formulaire_demande"

    @needs_database
    def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Take the turn, say it, and tell Rasa which field is asked for; none ends the form."""
        before, served = dossier(tracker), services(tracker)
        try:
            turn = served.counter.take(tracker.sender_id, heard(tracker), before, context(tracker), requests=True)
        except StorageError:
            raise
        except AssistantError:
            log.exception("a request of conversation %s could not be registered", tracker.sender_id)
            utter(dispatcher, (served.desk.breakdown(before),), before.asks)
            return [SlotSet("dossier", before.as_json()), SlotSet("requested_slot", before.asks)]
        say(dispatcher, turn)
        return [*kept(tracker, turn, in_form=True), SlotSet("requested_slot", turn.dossier.asks)]
