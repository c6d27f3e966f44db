"""The form's action: opens the request, leads it to its end, registers it, and tells the truth when it cannot."""

from __future__ import annotations

import logging
from typing import Any

import pytest
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


def say(message: str, slots: dict[str, Any] | None = None, label: str = "") -> Done:
    return run(ValidateFormulaireDemande(), message, label, slots)


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
    assert done.said[-1]["custom"] == {"source": None, "asks": None, "outcome": "qualified"}
    assert done.slots["requested_slot"] is None
    assert done.slots["dossier"]["reference"] in done.text
    assert (done.slots["nom"], done.slots["email"]) == (None, None)


def test_the_last_yes_said_twice_to_the_same_slots_registers_once(database: Database, served: Services) -> None:
    """Rasa may die after the request was registered and before it has kept the turn."""
    before = say_all(OPENING, *ANSWERS).slots
    first, again = say("oui", before), say("oui", before)
    assert rows(database)["leads"] == 1
    assert again.text == served.texts("demande.deja_enregistree", reference=first.slots["dossier"]["reference"])


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
