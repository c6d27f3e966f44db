"""Rasa's graph run straight through gives what dask makes of it, for understanding and for policies, on the trained model."""

from __future__ import annotations

import warnings
from typing import Any

import pytest
from sample_conversation import DOMAIN

from bot.training import model_to_run

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.channels.channel import UserMessage
    from rasa.engine.loader import load_predict_graph_runner
    from rasa.engine.runner.dask import DaskGraphRunner
    from rasa.engine.runner.interface import GraphRunner
    from rasa.engine.storage.local_model_storage import LocalModelStorage
    from rasa.shared.core.events import ActionExecuted, ActiveLoop, SessionStarted, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker

    from bot.rasa.graph_runner import StraightGraphRunner


@pytest.fixture(scope="module")
def runners(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, GraphRunner, GraphRunner]:
    """What is known of the model, and the model in our runner and in Rasa's."""
    model = model_to_run().path
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metadata, ours = load_predict_graph_runner(tmp_path_factory.mktemp("ours"), model, LocalModelStorage, StraightGraphRunner)
        _, rasas = load_predict_graph_runner(tmp_path_factory.mktemp("rasas"), model, LocalModelStorage, DaskGraphRunner)
    return metadata, ours, rasas


@pytest.mark.parametrize("text", ["Quel est le budget ?", "Je veux participer", "/restart", "", "Et au Maroc ? Combien de pays ?"])
def test_a_message_is_understood_alike(runners: tuple[Any, GraphRunner, GraphRunner], text: str) -> None:
    metadata, *both = runners

    def parsed(runner: GraphRunner) -> dict[str, Any]:
        inputs = {"__message__": [UserMessage(text, message_id="m1")], "__tracker__": DialogueStateTracker("c1", DOMAIN.slots)}
        (message,) = runner.run(inputs=inputs, targets=[metadata.nlu_target])[metadata.nlu_target]
        return dict(message.as_dict())

    ours, rasas = map(parsed, both)
    assert ours == rasas


@pytest.mark.parametrize(
    "told",
    [
        [UserUttered("Quel est le budget ?", {"name": "info"})],
        [UserUttered("Je veux participer", {"name": "demande"})],
        [UserUttered("Bonjour", {"name": "bavardage"}), ActionExecuted("action_repondre")],
        [UserUttered("x", {"name": "demande"}), ActionExecuted("formulaire_demande"), ActiveLoop("formulaire_demande")],
    ],
    ids=["a question", "a request", "an answer", "in the form"],
)
def test_the_same_action_is_predicted(runners: tuple[Any, GraphRunner, GraphRunner], told: list[Any]) -> None:
    metadata, *both = runners

    def predicted(runner: GraphRunner) -> tuple[Any, ...]:
        tracker = DialogueStateTracker("c1", DOMAIN.slots)
        tracker.update_with_events([SessionStarted(), ActionExecuted("action_listen"), *told], DOMAIN)
        found = runner.run(inputs={"__tracker__": tracker}, targets=[metadata.core_target])[metadata.core_target]
        return found.max_confidence_index, found.max_confidence, found.policy_name

    ours, rasas = map(predicted, both)
    assert ours == rasas
