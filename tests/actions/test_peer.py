"""Rasa's own pipelines in the assistant's place, for comparisons: the same labels, the same parse data."""

from __future__ import annotations

import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.shared.nlu.training_data.message import Message

    from bot.rasa import channel
    from bot.rasa.peer import PeerParts, UnmendedInput, _with_selector, ranking_of

INTENTS = [
    {"name": "nlu_fallback", "confidence": 0.9},
    {"name": "info__combien.total", "confidence": 0.8},
    {"name": "hors_sujet__service", "confidence": 0.1},
]


def test_a_ranking_of_intents_is_one_of_our_labels_without_the_fallback() -> None:
    assert ranking_of(INTENTS) == [("info/combien.total", 0.8), ("hors_sujet/service", 0.1)]


def test_the_adapter_gives_the_assistant_parts_and_the_intent_that_its_rules_know() -> None:
    message = Message(data={"text": "le budget", "intent_ranking": INTENTS})
    PeerParts().process([message])
    assert message.get("parts") == [{"text": "le budget", "ranking": [("info/combien.total", 0.6), ("hors_sujet/service", -0.8)]}]
    assert message.get("intent")["name"] == "info"
    assert message.get("intent")["confidence"] == pytest.approx(0.8)


def test_a_message_without_a_ranking_is_gibberish() -> None:
    message = Message(data={"text": "???"})
    PeerParts().process([message])
    assert message.get("intent")["name"] == "hors_sujet"


def test_only_our_own_channel_mends_rasa(monkeypatch: pytest.MonkeyPatch) -> None:
    mended: list[str] = []
    monkeypatch.setattr(channel, "mend", lambda: mended.append("mended"))

    async def nobody(_: object) -> None:
        raise AssertionError

    plain = uris(UnmendedInput().blueprint(nobody))
    assert mended == []
    assert uris(channel.CicInput().blueprint(nobody)) == plain >= {"/health", "/phases", "/webhook"}
    assert mended == ["mended"]


def uris(routes: Any) -> set[str]:
    return {route.uri for route in routes._future_routes}


def test_the_share_of_info_is_spread_over_what_the_selector_found() -> None:
    parsed = {
        "intent_ranking": [{"name": "info", "confidence": 0.5}, {"name": "demande", "confidence": 0.4}],
        "response_selector": {
            "info": {
                "ranking": [
                    {"intent_response_key": "info/combien.total", "confidence": 0.9},
                    {"intent_response_key": "info/ou.nombre", "confidence": 0.1},
                ]
            }
        },
    }
    assert _with_selector(parsed) == [("info/combien.total", 0.45), ("demande", 0.4), ("info/ou.nombre", 0.05)]
