"""Rasa's own pipelines, for comparisons: the adapter and the channel that let the assistant run on one, and the process that asks one.

As a process (`python -m bot.rasa.peer`) it reads a JSON object from its input: `model`, a file, and `texts`. It prints, as JSON, the
rankings in the labels of data/nlu, the milliseconds of each message and the megabytes that the process holds.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.rasa.channel import CicInput
from bot.understanding.labels import from_rasa

_FALLBACK = "nlu_fallback"


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=False)
class PeerParts(GraphComponent, IntentClassifier):  # type: ignore[misc]  # Rasa is untyped here
    """Stands last in a pipeline of Rasa's own, whose intents are our labels, and gives the assistant what ours would give it."""

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> PeerParts:
        """Rasa's way to make a component."""
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add `parts` with the whole message only, its labels ranked by confidence; confidences become margins between -1 and 1."""
        for message in messages:
            ranking = [(label, round(2 * score - 1, 4)) for label, score in ranking_of(message.get(INTENT_RANKING_KEY) or [])]
            message.set("parts", [{"text": message.get(TEXT), "ranking": ranking}], add_to_output=True)
            best, score = ranking[0] if ranking else ("hors_sujet/charabia", 0.0)
            message.set(INTENT, {INTENT_NAME_KEY: best.split("/")[0], PREDICTED_CONFIDENCE_KEY: (score + 1) / 2}, add_to_output=True)
        return messages


class UnmendedInput(CicInput):
    """Our channel before Rasa as it comes: nothing is mended."""

    def prepare(self) -> None:
        """Leave Rasa as it is."""


def ranking_of(intents: list[dict[str, Any]]) -> list[tuple[str, float]]:
    """Rasa's ranking of intents as ours: labels of data/nlu with their confidences, without the fallback."""
    return [(from_rasa(str(intent["name"])), float(intent["confidence"])) for intent in intents if intent["name"] != _FALLBACK]


def _with_selector(parsed: dict[str, Any]) -> list[tuple[str, float]]:
    """The ranking of a pipeline with a response selector: the share of « info » is spread over its entries."""
    ranking = ranking_of(parsed.get(INTENT_RANKING_KEY) or [])
    selected = parsed.get("response_selector", {}).get("info", {}).get("ranking") or []
    spread = [(str(found["intent_response_key"]), float(found["confidence"])) for found in selected]
    whole = dict(ranking).get("info", 0.0)
    return sorted(
        [*(pair for pair in ranking if pair[0] != "info"), *((label, whole * share) for label, share in spread)], key=lambda p: -p[1]
    )


async def _ask(model: str, texts: list[str]) -> dict[str, Any]:
    import psutil
    from rasa.core.agent import Agent

    agent = Agent.load(model)
    rankings, times = [], []
    await agent.parse_message("bonjour")
    for text in texts:
        began = time.perf_counter()
        parsed = await agent.parse_message(text)
        times.append(1000 * (time.perf_counter() - began))
        rankings.append(_with_selector(parsed))
    return {"rankings": rankings, "times_ms": times, "megabytes": psutil.Process().memory_info().rss / 1e6}


def main() -> None:
    """Ask the model that the input names."""
    asked = json.load(sys.stdin)
    print(json.dumps(asyncio.run(_ask(asked["model"], asked["texts"]))))  # noqa: T201 - its answer


if __name__ == "__main__":
    main()
