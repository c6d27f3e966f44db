"""The way between Rasa's trackers and the values of bot/: nothing is lost, and nothing is left where it should not be."""

from __future__ import annotations

import inspect
import json
from dataclasses import replace
from typing import Any

import pytest
from rasa_sdk import Action
from rasa_sdk.executor import CollectingDispatcher
from sample_turn import DOMAIN, tracker

import actions.answering
import actions.opening
import actions.request
from actions.session import FORM, context, dossier, heard, kept, utter
from bot.answers.model import NOTHING, Button, Context, Message, Source
from bot.intake.model import CONFIRMATION, CONSENT, CONTACT, SCREENING, Dossier, Turn
from bot.screening import Profile

OPEN = Dossier(number=2, profile=Profile(kind="mandataire", function="échevine"), asks="email", nom="Claire Dumont", telephone="", tries=1)


def every_action() -> list[type[Action]]:
    modules = (actions.answering, actions.opening, actions.request)
    found = [value for module in modules for _, value in inspect.getmembers(module, inspect.isclass) if value.__module__ == module.__name__]
    return [value for value in found if issubclass(value, Action)]


def slots_after(made: Dossier, said: Context = NOTHING, before: dict[str, Any] | None = None) -> dict[str, Any]:
    """The slots after a turn, given those before it."""
    given = before or {}
    events: list[Any] = kept(tracker("", slots=given), Turn((), made, said))
    return dict.fromkeys(DOMAIN["slots"]) | given | {event["name"]: event["value"] for event in events}


def test_rasa_s_domain_names_exactly_our_actions_and_our_form() -> None:
    assert sorted(action().name() for action in every_action()) == sorted(DOMAIN["actions"])
    assert list(DOMAIN["forms"]) == [FORM]
    assert f"validate_{FORM}" in DOMAIN["actions"]


def test_the_form_has_exactly_the_fields_of_the_request() -> None:
    assert DOMAIN["forms"][FORM]["required_slots"] == [*SCREENING, *CONTACT, CONFIRMATION, CONSENT]


def test_no_slot_is_filled_by_an_entity_or_from_the_text() -> None:
    assert {mapping["type"] for slot in DOMAIN["slots"].values() for mapping in slot["mappings"]} == {"custom"}


def test_the_message_is_heard_as_clean_text_with_what_was_understood() -> None:
    said = heard(tracker("\u2060/restart\u0000\r\nBcc: x", "hors_sujet/charabia"))
    assert said.text == "/restart Bcc: x"
    assert said.intent == "hors_sujet/charabia"


def test_a_message_of_which_nothing_was_understood_is_heard_all_the_same() -> None:
    silent = tracker("zzz")
    silent.latest_message = {"text": None}
    assert (heard(silent).text, heard(silent).intent) == ("", "")


@pytest.mark.parametrize("made", [OPEN, Dossier(), replace(OPEN, asks=None, ended="declined"), replace(OPEN, doubt="Ixel")], ids=str)
def test_a_request_comes_back_from_its_slot_as_it_was(made: Dossier) -> None:
    stored = json.loads(json.dumps(slots_after(made)["dossier"]))
    assert dossier(tracker("", slots={"dossier": stored})) == made


def test_without_slots_there_is_no_request_and_nothing_to_remember() -> None:
    empty = tracker("")
    assert (dossier(empty), context(empty)) == (Dossier(), Context())


def test_what_the_answers_remember_comes_back_from_its_slot() -> None:
    said = Context("secteurs.maroc", "secteur", 1)
    assert context(tracker("", slots=slots_after(Dossier(), said))) == said


def test_the_fields_of_an_open_request_stand_in_their_slots() -> None:
    slots = slots_after(OPEN)
    assert (slots["nom"], slots["fonction"], slots["email"], slots["telephone"]) == ("Claire Dumont", "échevine", None, "")
    assert (slots[CONFIRMATION], slots[CONSENT]) == (None, None)


def test_the_recap_counts_as_confirmed_only_while_the_consent_is_asked_for() -> None:
    assert slots_after(replace(OPEN, asks=CONSENT))[CONFIRMATION] == "oui"


def test_when_no_request_is_open_no_field_is_left_in_a_slot() -> None:
    slots = slots_after(replace(OPEN, asks=None, ended="qualified"), before=slots_after(OPEN))
    assert {name: slots[name] for name in (*SCREENING, *CONTACT, CONFIRMATION, CONSENT)} == dict.fromkeys(
        (*SCREENING, *CONTACT, CONFIRMATION, CONSENT)
    )


def test_a_slot_that_holds_its_value_already_is_not_set_again() -> None:
    before = json.loads(json.dumps(slots_after(OPEN, Context("secteurs.maroc", "secteur", 1))))
    assert kept(tracker("", slots=before), Turn((), OPEN, Context("secteurs.maroc", "secteur", 1))) == []
    changed: list[Any] = kept(
        tracker("", slots=before), Turn((), replace(OPEN, nom="Awa Exemple"), Context("secteurs.maroc", "secteur", 1))
    )
    assert sorted(event["name"] for event in changed) == ["dossier", "nom"]


def test_each_message_carries_its_own_source_and_what_the_turn_waits_for() -> None:
    dispatcher, source = CollectingDispatcher(), Source(("combien.total",), "C'est combien ?", "Le Programme", "2016-03-15")
    utter(dispatcher, (Message("8 100 000 €", source=source), Message("Votre nom ?", (Button("Annuler", "annuler"),))), "nom", None)
    first, second = dispatcher.messages
    assert first["custom"] == {"source": source.as_dict(), "asks": "nom", "outcome": None, "kind": ""}
    assert second["custom"] == {"source": None, "asks": "nom", "outcome": None, "kind": ""}
    assert second["buttons"] == [{"title": "Annuler", "payload": "annuler"}]
