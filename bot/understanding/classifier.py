"""The classifier: one linear separation per label, with its margin. Labels are `info/<entry>` and the other intents.

Trained on the examples and one noisy copy of each. Margins, not probabilities: they are compared with the
thresholds of bot/answers/answerer.py and say "nothing fits" as well as "this fits".
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import joblib
import numpy as np
from sklearn.svm import LinearSVC

from bot.understanding.features import Features
from bot.understanding.lexicon import Lexicon
from bot.understanding.noise import noisy

REGULARISATION = 0.5
"""C of the linear SVM."""
FOREIGN = 0.4
"""Margin that a label with a sourced reply loses when every word of a message with a meaning is none of ours; less in proportion."""
SEED = 2016
"""Of the noise: the same data give the same model."""

Ranking = list[tuple[str, float]]
"""Labels with their margins (about -1 to 1), best first."""


class Classifier:
    """Ranks the labels for a message."""

    def __init__(self, features: Features, lexicon: Lexicon, labels: Sequence[str], weights: Any, biases: Any) -> None:
        self.features, self.lexicon = features, lexicon
        self.labels, self.weights, self.biases = list(labels), weights, biases
        self.sourced = np.array([is_sourced(label) for label in self.labels])

    @classmethod
    def train(
        cls, examples: Sequence[tuple[str, str]], features: Features | None = None, noise: bool = True, machine: Any = None
    ) -> Classifier:
        """Learn from (message, label) pairs. Raises ValueError when there are fewer than two labels.

        `features`, `noise` and `machine` (a linear model) are for comparisons: what is run has the defaults.
        """
        rng = random.Random(SEED)  # noqa: S311 - noise, no secret
        copies = [(noisy(text, rng), label) for text, label in examples] if noise else []
        texts, labels = zip(*examples, *copies, strict=True)
        features = features or Features()
        machine = (machine or LinearSVC(C=REGULARISATION, random_state=SEED)).fit(features.fit(texts), labels)
        lexicon = Lexicon.learn(text for text, label in examples if is_entry(label))
        weights, biases = _weights(machine)
        return cls(features, lexicon, machine.classes_.tolist(), weights, biases)

    def rank(self, texts: Sequence[str], top: int = 40) -> list[Ranking]:
        """For each text its `top` labels: misspelt words are put right first, words of other subjects cost entries their margin."""
        if not texts:
            return []
        texts = [self.lexicon.correct(text) for text in texts]
        margins = self.features.transform(texts) @ self.weights.T + self.biases
        foreign = np.array([self.lexicon.foreign_share(text) for text in texts])
        margins -= FOREIGN * np.outer(foreign, self.sourced)
        order = np.argsort(-margins, axis=1)[:, :top]
        return [[(self.labels[k], round(float(row[k]), 4)) for k in best] for row, best in zip(margins, order, strict=True)]

    def save(self, path: Path) -> None:
        """Write to one file."""
        parts = {"features": self.features, "lexicon": self.lexicon, "labels": self.labels, "weights": self.weights, "biases": self.biases}
        joblib.dump(parts, path, compress=3)

    @classmethod
    def load(cls, path: Path) -> Classifier:
        """Read what `save` wrote."""
        return cls(**joblib.load(path))


def _weights(machine: Any) -> tuple[Any, Any]:
    """The weights and biases of each label, of one model of all labels or of one model for each."""
    single = getattr(machine, "estimators_", None) or [machine]
    weights = np.vstack([model.coef_ for model in single]).astype(np.float32)
    return weights, np.concatenate([model.intercept_ for model in single]).astype(np.float32)


def is_entry(label: str) -> bool:
    """Whether a label stands for an entry of the knowledge."""
    return label.startswith("info/")


def is_sourced(label: str) -> bool:
    """Whether the reply to a label states a fact, and its subject has no words of its own (other countries and programmes have)."""
    return is_entry(label) or label in {"voisin/periode", "voisin/chiffre", "voisin/liste", "voisin/procedure"}
