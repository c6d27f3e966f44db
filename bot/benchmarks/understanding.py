"""Compares ways of understanding in one run, on our own examples: what each is worth for the same number of false answers.

Every way learns the same examples and is judged on messages by other hands (tests/evaluation/). Its threshold is the lowest at
which at most BUDGET of the off-topic messages get a fact: below it, the first three entries are offered.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.answers.compose import say
from bot.benchmarks.variants import WAYS, Ranked, Way
from bot.checking import Example
from bot.evaluation.cases import NOT_OFF_TOPIC, CaseSet, Question
from bot.evaluation.wanted import Cited
from bot.knowledge import Base
from bot.understanding.classifier import Ranking, is_entry

BUDGET = 0.01
"""Share of the off-topic messages that may get a fact."""
CHOICES = 3
"""Entries that are offered below the threshold."""
OFFERED = 2
"""Below the threshold, entries are offered when the best entry is among the first labels, so many at most."""


@dataclass(frozen=True)
class Score:
    """Shares, 0 to 1, of questions that ask for one thing; then costs. `label`: the paragraph of the best label holds the fact."""

    way: str
    questions: int
    off_topic: int
    label: float
    right: float
    choice: float
    wrong: float
    false_answers: float
    threshold: float
    train_seconds: float
    message_ms: float
    megabytes: float

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self)


def sample(examples: Iterable[Example], every: int) -> list[Example]:
    """Every n-th example of each label: what a slow way can learn as well."""
    by_label: dict[str, list[Example]] = defaultdict(list)
    for example in examples:
        by_label[example.label].append(example)
    return [example for group in by_label.values() for example in group[::every]]


def compare(
    examples: Sequence[Example], cases: CaseSet, base: Base, ways: Sequence[Way] = WAYS, tell: Callable[[str], None] = lambda _: None
) -> list[Score]:
    """Train and judge every way that is installed."""
    questions = [case for case in cases.questions if _asks_one_thing(base, case)]
    strays = [case.text for case in cases.off_topic if case.category not in NOT_OFF_TOPIC]
    scores = []
    for number, way in enumerate(ways, 1):
        if way.missing():
            tell(f"{way.name} : {way.missing()} n'est pas installé")
            continue
        tell(f"{number} sur {len(ways)} : {way.name}")
        ranked = way.rank(examples, [*(case.text for case in questions), *strays], base)
        scores.append(judge(way, ranked, questions, base))
    return scores


def judge(way: Way, ranked: Ranked, questions: Sequence[Question], base: Base) -> Score:
    """Count what the rankings are worth; those of the off-topic messages come after those of the questions."""
    asked, strays = ranked.rankings[: len(questions)], ranked.rankings[len(questions) :]
    threshold = _threshold([_score(ranking, way.lead) for ranking in strays])
    counts = {"right": 0, "choice": 0, "wrong": 0}
    for case, ranking in zip(questions, asked, strict=True):
        entries = [label for label, _ in ranking if is_entry(label)]
        if _score(ranking, way.lead) > threshold:
            counts["right" if tells(base, entries[0], case) else "wrong"] += 1
        elif any(is_entry(label) for label, _ in ranking[:OFFERED]) and any(tells(base, label, case) for label in entries[:CHOICES]):
            counts["choice"] += 1
    total = max(1, len(questions))
    return Score(
        way=way.name,
        questions=len(questions),
        off_topic=len(strays),
        label=sum(tells(base, ranking[0][0], case) for case, ranking in zip(questions, asked, strict=True)) / total,
        **{name: count / total for name, count in counts.items()},
        false_answers=sum(_score(ranking, way.lead) > threshold for ranking in strays) / max(1, len(strays)),
        threshold=threshold,
        train_seconds=ranked.train_seconds,
        message_ms=ranked.message_ms,
        megabytes=ranked.megabytes,
    )


def tells(base: Base, label: str, case: Question) -> bool:
    """Whether the paragraph said for `label` holds what the question asks for."""
    if not is_entry(label):
        return False
    source = say(base, label.removeprefix("info/")).source
    return source is not None and all(isinstance(fact, Cited) and fact.id in source.facts for fact in case.wanted)


def _asks_one_thing(base: Base, case: Question) -> bool:
    return bool(case.wanted) and any(tells(base, f"info/{entry}", case) for entry in base.entries)


def _score(ranking: Ranking, lead: bool) -> float:
    """How surely the best label is an entry; nothing when it is none. With `lead`, its lead over all that is no entry counts as much."""
    label, score = ranking[0]
    if not is_entry(label):
        return float("-inf")
    rival = next((other for name, other in ranking if not is_entry(name)), -1.0)
    return score + (score - max(-1.0, rival)) if lead else score


def _threshold(strays: Sequence[float]) -> float:
    """The score that at most BUDGET of the off-topic messages exceed."""
    ordered = sorted(strays, reverse=True)
    return ordered[int(BUDGET * len(ordered))] if ordered else float("-inf")
