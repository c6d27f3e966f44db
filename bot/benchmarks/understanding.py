"""Compares ways of understanding in one run, on our own examples: what each part is worth, and what it costs.

Cross-validation by hand: the examples of a label stand in the order of those who wrote them, and each fold keeps back one
stretch of every label, so that a message is never judged by a model that learnt its writer's other messages.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.answers.compose import say
from bot.answers.judgement import ANSWER
from bot.checking import Example
from bot.evaluation.reading import cited
from bot.evaluation.report import percentile
from bot.knowledge import Base
from bot.understanding.classifier import Classifier, is_entry
from bot.understanding.features import Features

FOLDS = 4
_TIMED = 200
"""Messages that are ranked one by one for the time that one takes."""
_OFF_TOPIC = "hors_sujet/"
_OPINIONS = "hors_sujet/avis"
"""Asked for an opinion, the assistant says what the page says: a fact is no false answer."""


@dataclass(frozen=True)
class Variant:
    """One way of understanding: words, and pieces of words, the embedding of the sentence, noisy copies, or not."""

    name: str
    pieces: bool = True
    sentences: bool = True
    noise: bool = True

    def train(self, examples: Sequence[Example]) -> Classifier:
        """Learn the examples in this way."""
        pairs = [(example.text, example.label) for example in examples]
        return Classifier.train(pairs, Features(self.pieces, self.sentences), self.noise)


VARIANTS = (
    Variant("mots", pieces=False, sentences=False, noise=False),
    Variant("mots, morceaux", sentences=False, noise=False),
    Variant("tout sans bruit", noise=False),
    Variant("tout sans phrase", sentences=False),
    Variant("tout (le nôtre)"),
)


@dataclass(frozen=True)
class Score:
    """Counts over the messages kept back. `answered` is at the working threshold; `paragraph` of the best label, at any score."""

    variant: str
    questions: int = 0
    label: int = 0
    paragraph: int = 0
    answered: int = 0
    answered_right: int = 0
    off_topic: int = 0
    false_answers: int = 0
    train_seconds: float = 0.0
    message_ms: float = 0.0

    def __add__(self, other: Score) -> Score:
        """Counts are summed, the seconds of one training and the milliseconds of one message are the larger ones."""
        mine, its = asdict(self), asdict(other)
        sums = {name: mine[name] + its[name] for name in mine if isinstance(mine[name], int)}
        worst = {name: max(mine[name], its[name]) for name in ("train_seconds", "message_ms")}
        return Score(self.variant, **sums, **worst)

    def as_dict(self) -> dict[str, Any]:
        """All counts."""
        return asdict(self)


def folds(examples: Iterable[Example]) -> list[tuple[list[Example], list[Example]]]:
    """For each fold what is learnt and what is kept back."""
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.label].append(example)
    return [_split(list(by_label.values()), fold) for fold in range(FOLDS)]


def _split(groups: Sequence[list[Example]], fold: int) -> tuple[list[Example], list[Example]]:
    learnt: list[Example] = []
    kept: list[Example] = []
    for group in groups:
        start, end = (len(group) * edge // FOLDS for edge in (fold, fold + 1))
        kept += group[start:end]
        learnt += group[:start] + group[end:]
    return learnt, kept


def compare(examples: Sequence[Example], base: Base, quick: bool, tell: Callable[[str], None] = lambda _: None) -> list[Score]:
    """Train and judge every variant; `quick` takes one fold only."""
    rounds = folds(examples)[-1:] if quick else folds(examples)
    scores = []
    for variant in VARIANTS:
        score = Score(variant.name)
        for number, (learnt, kept) in enumerate(rounds, 1):
            tell(f"{variant.name} : entraînement {number} sur {len(rounds)}")
            score += judge(variant, learnt, kept, base)
        scores.append(score)
    return scores


def judge(variant: Variant, learnt: Sequence[Example], kept: Sequence[Example], base: Base) -> Score:
    """Train on `learnt` and count on `kept`."""
    began = time.perf_counter()
    classifier = variant.train(learnt)
    seconds = time.perf_counter() - began
    best = [ranking[0] for ranking in classifier.rank([example.text for example in kept], top=1)]
    asked = [(example.label, label, score) for example, (label, score) in zip(kept, best, strict=True) if is_entry(example.label)]
    strays = [found for example, found in zip(kept, best, strict=True) if _is_off_topic(example.label)]
    answered = [(wanted, label) for wanted, label, score in asked if is_entry(label) and score >= ANSWER]
    return Score(
        variant=variant.name,
        questions=len(asked),
        label=sum(wanted == label for wanted, label, _ in asked),
        paragraph=sum(tells(base, label, wanted) for wanted, label, _ in asked),
        answered=len(answered),
        answered_right=sum(tells(base, label, wanted) for wanted, label in answered),
        off_topic=len(strays),
        false_answers=sum(is_entry(label) and score >= ANSWER for label, score in strays),
        train_seconds=seconds,
        message_ms=_milliseconds(classifier, [example.text for example in kept]),
    )


def _is_off_topic(label: str) -> bool:
    return label.startswith(_OFF_TOPIC) and label != _OPINIONS


def tells(base: Base, label: str, wanted: str) -> bool:
    """Whether the paragraph said for `label` holds what a question about `wanted` asks for."""
    if not is_entry(label):
        return False
    source = say(base, label.removeprefix("info/")).source
    return source is not None and all(fact.id in source.facts for fact in cited(base, wanted.removeprefix("info/")))


def _milliseconds(classifier: Classifier, texts: Sequence[str]) -> float:
    times = []
    for text in texts[:: max(1, len(texts) // _TIMED)]:
        began = time.perf_counter()
        classifier.rank([text])
        times.append(1000 * (time.perf_counter() - began))
    return percentile(times, 0.5)
