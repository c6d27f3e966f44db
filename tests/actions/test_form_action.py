"""The form's action: opens the request, leads it to its end, registers it, and tells the truth when it cannot."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from rasa_sdk import Action, Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from sample_turn import CONVERSATION, Done, run
from sqlalchemy import func, select, text

from actions.database import DatabaseAwayError
from actions.request import ValidateFormulaireDemande
from bot.errors import RequestError
from bot.intake.counter import Counter
from bot.rasa_client import DATABASE
from bot.routing import Routing
from bot.storage import Database, decisions, leads, outbox
from bot.wiring import Services

pytestmark = pytest.mark.usefixtures("served")
OPENING = "je suis échevine à Lasne et je veux participer au Programme"
ANSWERS = ("Claire Dumont", "claire@lasne.example", "non", "oui")


class Handling(Action):
    """The action on a message of this id."""

    def __init__(self, message_id: str | None) -> None:
        self.message_id = message_id

    def name(self) -> str:
        return ValidateFormulaireDemande().name()

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        tracker.latest_message["message_id"] = self.message_id
        events: list[EventType] = await ValidateFormulaireDemande().run(dispatcher, tracker, domain)
        return events


def say(message: str, slots: dict[str, Any] | None = None, label: str = "", message_id: str | None = None) -> Done:
    return run(Handling(message_id), message, label, slots)


def say_all(*messages: str) -> Done:
    done = say(messages[0], label="demande")
    for message in messages[1:]:
        done = say(message, done.slots)
    return done


def rows(database: Database) -> dict[str, int]:
    with database.read() as connection:
        return {t.name: connection.execute(select(func.count()).select_from(t)).scalar_one() for t in (leads, outbox, decisions)}


def test_the_form_asks_for_the_field_that_its_message_asks_for() -> None:
    done = say(OPENING, label="demande")
    assert done.asks == done.slots["requested_slot"] == "nom"
    assert (done.slots["fonction"], done.slots["commune"], done.slots["pays"]) == ("échevine", "Lasne", "Belgique")


def test_the_decision_is_recorded_with_its_reason_before_the_first_contact_field(database: Database) -> None:
    say(OPENING, label="demande")
    with database.read() as connection:
        (row,) = connection.execute(select(decisions)).all()
    assert (row.conversation, row.request_key, row.verdict) == (CONVERSATION, f"{CONVERSATION}:1", "admissible")
    assert row.reason
    assert row.profile["function"] == "échevine"


def test_nothing_is_registered_before_the_last_yes(database: Database) -> None:
    done = say_all(OPENING, *ANSWERS)
    assert done.asks == "consentement"
    assert rows(database) == {"leads": 0, "outbox": 0, "decisions": 1}


def test_the_last_yes_registers_lead_and_mails_and_ends_the_form(database: Database) -> None:
    done = say_all(OPENING, *ANSWERS, "oui")
    assert rows(database) == {"leads": 1, "outbox": 2, "decisions": 1}
    assert done.said[-1]["custom"] == {"source": None, "asks": None, "outcome": "qualified", "kind": ""}
    assert done.slots["requested_slot"] is None
    assert done.slots["dossier"]["reference"] in done.text
    assert (done.slots["nom"], done.slots["email"]) == (None, None)


@pytest.mark.parametrize("message", [OPENING, "je suis étudiante et je voudrais un contact"], ids=["admitted", "refused"])
def test_a_message_that_is_decided_on_twice_leaves_one_decision(database: Database, message: str) -> None:
    """Rasa may die after an action and before it has kept the turn: then the message comes again to the same slots."""
    first, again = (say(message, label="demande", message_id="m1") for _ in range(2))
    assert (first, rows(database)["decisions"]) == (again, 1)
    say(message, label="demande", message_id="m2")
    assert rows(database)["decisions"] == 2


def test_the_last_yes_said_twice_to_the_same_slots_registers_once(database: Database, served: Services) -> None:
    """Rasa may die after the request was registered and before it has kept the turn."""
    before = say_all(OPENING, *ANSWERS).slots
    first, again = say("oui", before, message_id="m1"), say("oui", before, message_id="m1")
    reference = first.slots["dossier"]["reference"]
    assert first == again
    assert first.text.startswith(served.texts("demande.enregistree", reference=reference))
    assert rows(database) == {"leads": 1, "outbox": 2, "decisions": 1}
    later = say("oui", before, message_id="m2")  # she was told that her yes could not be handled
    assert later.text == served.texts("demande.deja_enregistree", reference=reference)
    assert rows(database) == {"leads": 1, "outbox": 2, "decisions": 1}


def test_what_is_corrected_after_a_yes_whose_turn_was_lost_is_a_request_of_its_own(database: Database, served: Services) -> None:
    before = say_all(OPENING, *ANSWERS).slots
    lost = say("oui", before, message_id="m1").slots["dossier"]["reference"]
    corrected = say("oui", say("mon e-mail est c.dumont@lasne.example", before).slots)
    assert corrected.asks == "consentement"
    first, again = (say("oui", corrected.slots, message_id="m2") for _ in range(2))
    made = first.slots["dossier"]
    assert (first, made["number"], first.said[-1]["custom"]["outcome"]) == (again, 2, "qualified")
    assert first.text.startswith(served.texts("demande.enregistree", reference=made["reference"]))
    assert first.text.endswith(served.texts("demande.enregistree_avant", reference=lost))
    assert kept_leads(database) == [
        (lost, f"{CONVERSATION}:1", "claire@lasne.example"),
        (made["reference"], f"{CONVERSATION}:2", "c.dumont@lasne.example"),
    ]
    assert rows(database) == {"leads": 2, "outbox": 4, "decisions": 2}


def test_a_correction_whose_own_yes_was_lost_too_is_registered_once(database: Database, served: Services) -> None:
    before = say_all(OPENING, *ANSWERS).slots
    say("oui", before, message_id="m1")
    corrected = say("oui", say("mon e-mail est c.dumont@lasne.example", before).slots).slots
    lost = say("oui", corrected, message_id="m2").slots["dossier"]["reference"]
    later = say("oui", corrected, message_id="m3")
    assert later.text.startswith(served.texts("demande.deja_enregistree", reference=lost))
    assert rows(database) == {"leads": 2, "outbox": 4, "decisions": 2}


def test_an_old_yes_that_comes_late_does_not_drop_what_was_corrected_since(database: Database) -> None:
    before = say_all(OPENING, *ANSWERS).slots
    say("oui", before, message_id="m1")
    corrected = say("oui", say("mon e-mail est c.dumont@lasne.example", before).slots).slots
    say("oui", corrected, message_id="m1")
    assert [email for _, _, email in kept_leads(database)] == ["claire@lasne.example", "c.dumont@lasne.example"]


def kept_leads(database: Database) -> list[tuple[str, str, str]]:
    with database.read() as connection:
        found = connection.execute(select(leads.c.reference, leads.c.request_key, leads.c.email).order_by(leads.c.id)).all()
    return [tuple(row) for row in found]


def test_a_refusal_ends_the_form_and_registers_the_decision_only(database: Database) -> None:
    done = say("je suis étudiante et je voudrais un contact", label="demande")
    assert (done.said[-1]["custom"]["outcome"], done.slots["requested_slot"]) == ("declined", None)
    assert rows(database) == {"leads": 0, "outbox": 0, "decisions": 1}


def test_a_database_that_fails_at_the_last_yes_leaves_the_turn_undone_and_the_same_yes_registers_one_request(database: Database) -> None:
    before = say_all(OPENING, *ANSWERS).slots
    rename(database, "leads", "away")
    with pytest.raises(DatabaseAwayError, match=f"^{DATABASE}$"):
        say("oui", before)
    rename(database, "away", "leads")
    assert say("oui", before).said[-1]["custom"]["outcome"] == "qualified"
    assert rows(database)["leads"] == 1


def test_a_database_that_fails_before_leaves_the_turn_undone(database: Database) -> None:
    rename(database, "decisions", "away")
    with pytest.raises(DatabaseAwayError):
        say(OPENING, label="demande")
    rename(database, "away", "decisions")
    assert say(OPENING, label="demande").asks == "nom"


def test_a_request_that_cannot_be_registered_is_told_and_the_yes_can_be_said_again(
    database: Database, served: Services, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    before = say_all(OPENING, *ANSWERS).slots
    with monkeypatch.context() as broken, caplog.at_level(logging.ERROR):
        broken.setattr(Routing, "submit", refuse)
        failed = say("oui", before)
    assert failed.text == served.texts("demande.panne")
    assert (failed.asks, failed.slots["requested_slot"]) == ("consentement", "consentement")
    assert [button["payload"] for button in failed.said[-1]["buttons"]] == ["Oui"]
    assert CONVERSATION in caplog.text
    assert "Dumont" not in caplog.text
    assert say("oui", failed.slots).said[-1]["custom"]["outcome"] == "qualified"
    assert rows(database)["leads"] == 1


def test_a_request_that_cannot_be_screened_is_told_and_the_message_can_be_sent_again(
    served: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as broken:
        broken.setattr(Counter, "take", refuse)
        failed = say(OPENING, label="demande")
    assert failed.text == served.texts("demande.panne_avant")
    assert (failed.asks, failed.slots["requested_slot"]) == (None, None)
    assert say(OPENING, failed.slots, label="demande").asks == "nom"


def refuse(*_: object, **__: object) -> None:
    raise RequestError("Cette demande ne peut pas être transmise.")


def rename(database: Database, old: str, new: str) -> None:
    """Take a table away, so that the database refuses what is asked of it."""
    with database.begin() as connection:
        connection.execute(text(f"ALTER TABLE {old} RENAME TO {new}"))


def test_a_turn_that_changes_nothing_sets_a_slot_all_the_same_or_rasa_would_say_it_twice() -> None:
    before = say(OPENING, label="demande").slots
    done = say("c'est pour qui ?", before)
    assert [event["name"] for event in done.events] == ["dossier", "requested_slot"]
