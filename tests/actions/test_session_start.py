"""The beginning of a session: nothing is carried over but the number of requests, and an open request is spoken of."""

from __future__ import annotations

import pytest
from sample_turn import run

from actions.opening import ActionSessionStart
from bot.intake.model import QUALIFIED, Dossier
from bot.wiring import Services

pytestmark = pytest.mark.usefixtures("served")
LEFT_OPEN = Dossier(number=3, asks="email", nom="Claire Dumont", objet="participer").as_json()


def test_the_first_session_begins_in_silence() -> None:
    done = run(ActionSessionStart(), "bonjour")
    assert done.said == []
    assert [event["event"] for event in done.events] == ["session_started", "action"]


def test_somebody_whose_request_was_left_open_is_told_so(served: Services) -> None:
    done = run(ActionSessionStart(), "me revoilà", slots={"dossier": LEFT_OPEN})
    assert done.text == served.texts("demande.reprise")
    assert done.asks is None


def test_nothing_of_the_person_is_carried_over() -> None:
    done = run(ActionSessionStart(), "me revoilà", slots={"dossier": LEFT_OPEN, "nom": "Claire Dumont"})
    carried = {event["name"]: event["value"] for event in done.events if event["event"] == "slot"}
    assert carried == {"dossier": Dossier(number=3).as_json()}
    assert [event["event"] for event in done.events] == ["session_started", "slot", "action"], "what stands before is forgotten by Rasa"


def test_the_next_request_of_another_day_has_a_number_of_its_own() -> None:
    qualified = Dossier(number=1, ended=QUALIFIED, reference="CIC-2026-7K4M9Q").as_json()
    done = run(ActionSessionStart(), "bonjour", slots={"dossier": qualified})
    assert done.slots["dossier"]["number"] == 1
    assert done.said == []
