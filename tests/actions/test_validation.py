"""Answers of the action server are still checked, by one validator instead of one made anew for each."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import ValidationError
from jsonschema.validators import validator_for

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.actions.action import RemoteAction

    from bot.rasa.validation import check_schema_once

GOOD = {"events": [{"event": "slot", "name": "nom", "value": "x", "timestamp": None}], "responses": [{"text": "Bonjour."}]}
BAD = {
    "responses are no list": {"events": [], "responses": "Bonjour."},
    "events are no list": {"events": {"event": "slot"}, "responses": []},
    "a response is no object": {"events": [], "responses": ["Bonjour."]},
    "an unknown event": {"events": [{"event": "nothing of Rasa's"}], "responses": []},
}


@pytest.fixture
def action(monkeypatch: pytest.MonkeyPatch) -> Iterator[RemoteAction]:
    monkeypatch.setattr(RemoteAction, "_validate_action_result", RemoteAction._validate_action_result)
    check_schema_once()
    return RemoteAction("action_repondre", None)


def test_a_good_answer_passes(action: RemoteAction) -> None:
    assert action._validate_action_result(GOOD) is True


@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
def test_a_bad_answer_is_refused(action: RemoteAction, answer: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="Action server response"):
        action._validate_action_result(answer)


def test_the_schema_is_not_checked_again_for_each_answer(action: RemoteAction, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("checked again")

    monkeypatch.setattr(validator_for(RemoteAction.action_response_format_spec()), "check_schema", refuse)
    assert action._validate_action_result(GOOD) is True
