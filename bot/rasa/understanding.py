"""Our classifier as a component of Rasa's graph: trained by `rasa train`, tested by `rasa test`.

It sets Rasa's intent (`info`, `demande`, …) and adds the property `parts` to the parse data: the whole message first,
then its questions, each with its ranked labels. What follows from them is decided in bot/answers/.
"""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.shared.nlu.constants import INTENT, INTENT_NAME_KEY, INTENT_RANKING_KEY, INTENT_RESPONSE_KEY, PREDICTED_CONFIDENCE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.text import clean
from bot.understanding.classifier import Classifier
from bot.understanding.parts import load_language, persons
from bot.understanding.reading import read
from bot.understanding.requests import introduces
from bot.understanding.trained import FILE

_LONGEST = 2000
"""Characters of a message that are read; the chat API refuses longer ones."""


@DefaultV1Recipe.register([DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER], is_trainable=True)
class Understanding(GraphComponent, IntentClassifier):  # type: ignore[misc]  # Rasa is untyped here
    """Ranks the entries of the knowledge and the other intents for a message and for each question in it."""

    def __init__(self, storage: ModelStorage, resource: Resource, classifier: Classifier | None = None) -> None:
        self.storage, self.resource, self.classifier = storage, resource, classifier
        self.language = load_language() if classifier else None

    @classmethod
    def create(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext
    ) -> Understanding:
        """Rasa's way to make an untrained component."""
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls, config: dict[str, Any], model_storage: ModelStorage, resource: Resource, execution_context: ExecutionContext, **kwargs: Any
    ) -> Understanding:
        """Rasa's way to read a trained component."""
        with model_storage.read_from(resource) as folder:
            component = cls(model_storage, resource, Classifier.load(folder / FILE))
        component._warm_up()
        return component

    @staticmethod
    def required_packages() -> list[str]:
        """What must be importable; Rasa wants names that are both a module and a distribution."""
        return ["numpy", "scipy", "spacy", "joblib"]

    def train(self, training_data: TrainingData) -> Resource:
        """Learn from all examples; the label is `info/<entry>` where there is one, else the intent."""
        examples = [(clean(e.get(TEXT)), e.get(INTENT_RESPONSE_KEY) or e.get(INTENT)) for e in training_data.intent_examples if e.get(TEXT)]
        self.classifier = Classifier.train(examples)
        with self.storage.write_to(self.resource) as folder:
            self.classifier.save(folder / FILE)
        return self.resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Add intent, ranking and parts to each message."""
        for message in messages:
            self._read(message, clean(message.get(TEXT) or "", _LONGEST))
        return messages

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Nothing of ours is needed by later components."""
        return training_data

    def _warm_up(self) -> None:
        """Load word lists and embedding now, so that the first person does not wait for them."""
        if self.classifier is not None:
            self.classifier.rank(["Bonjour"])

    def _read(self, message: Message, text: str) -> None:
        if not text or self.classifier is None:
            message.set(INTENT, {INTENT_NAME_KEY: None, PREDICTED_CONFIDENCE_KEY: 0.0}, add_to_output=True)
            return
        if self.language is None:
            self.language = load_language()
        parts = read(text, self.classifier.rank)
        message.set("parts", [{"text": part, "ranking": ranking} for part, ranking in parts], add_to_output=True)
        rankings = [ranking for _, ranking in parts]
        named = persons(text, self.language) if introduces(rankings) else ()
        message.set("persons", list(named), add_to_output=True)
        intents = _as_intents(rankings[0])
        message.set(INTENT, intents[0], add_to_output=True)
        message.set(INTENT_RANKING_KEY, intents[:10], add_to_output=True)


def _as_intents(ranking: list[tuple[str, float]]) -> list[dict[str, Any]]:
    """Rasa's form: the best margin of each intent, squeezed between 0 and 1."""
    best: dict[str, float] = {}
    for label, margin in ranking:
        best.setdefault(label.split("/")[0], margin)
    return [
        {INTENT_NAME_KEY: name, PREDICTED_CONFIDENCE_KEY: round(1 / (1 + 2.718281828 ** (-4 * (margin + 0.35))), 4)}
        for name, margin in best.items()
    ]
