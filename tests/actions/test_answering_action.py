"""Everything that is not part of an open request."""

from __future__ import annotations

import pytest
from sample_turn import run

from actions.answering import ActionRepondre
from actions.session import FORM
from bot.answers.model import Context
from bot.intake.model import DECLINED, Dossier
from bot.wiring import Services

pytestmark = pytest.mark.usefixtures("served")
REFUSED = Dossier(number=1, ended=DECLINED).as_json()


def test_a_question_is_answered_with_its_source_and_remembered() -> None:
    done = run(ActionRepondre(), "quel est le secteur au Maroc ?", "info/secteurs.maroc")
    assert done.said[0]["custom"]["source"]["fact"][0] == "secteurs.maroc"
    assert Context.from_dict(done.slots["contexte"]) == Context("secteurs.maroc", "secteur", thing="maroc")
    assert done.asks is None


def test_the_next_question_may_lean_on_it() -> None:
    before = run(ActionRepondre(), "quel est le secteur au Maroc ?", "info/secteurs.maroc").slots
    done = run(ActionRepondre(), "et au Sénégal ?", "voisin/liste", before)
    assert done.said[0]["custom"]["source"]["fact"][0] == "secteurs.senegal"


def test_an_answer_opens_no_request_and_sets_no_field() -> None:
    done = run(ActionRepondre(), "quel est le budget ?", "info/combien.total")
    assert [event["name"] for event in done.events] == ["contexte"]


def test_who_speaks_is_remembered_beside_an_answer_so_that_a_request_need_not_ask() -> None:
    done = run(ActionRepondre(), "je suis bourgmestre de Namur, quel est le budget ?", "info/combien.total")
    assert [event["name"] for event in done.events] == ["contexte", "dossier"]
    assert (done.asks, done.slots["dossier"]["profile"]["function"]) == (None, "bourgmestre")


def test_somebody_who_only_says_who_they_are_is_asked_what_they_want(served: Services) -> None:
    done = run(ActionRepondre(), "je suis bourgmestre de Namur", "se_presenter")
    assert done.text == served.texts("demande.presentation")
    assert done.said[0]["buttons"][0]["payload"] == served.texts("demande.bouton")
    assert done.slots["dossier"]["profile"]["kind"] == "mandataire"
    assert done.asks is None


def test_somebody_who_was_refused_and_tells_another_story_is_sent_to_the_form() -> None:
    done = run(ActionRepondre(), "en fait je suis bourgmestre de Huy", "se_presenter", {"dossier": REFUSED})
    assert [(event["event"], event.get("name")) for event in done.events] == [("followup", FORM)]
    assert done.said == []


def test_somebody_who_was_refused_still_gets_answers() -> None:
    done = run(ActionRepondre(), "quel est le budget total ?", "info/combien.total", {"dossier": REFUSED})
    assert done.said[0]["custom"]["source"]["fact"][0] == "combien.total"
