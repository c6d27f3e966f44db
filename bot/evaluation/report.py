"""What is said of the results: figures by part, a line that a program can read, and the cases that failed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bot.evaluation.cases import NOT_OFF_TOPIC
from bot.evaluation.model import Result
from bot.evaluation.questions import ENDS, FALSE_ANSWER, ONE_CHOICE, WRONG

STRAYS = ("out_of_scope", "public_off_topic", "off_topic")
"""The parts with messages that the page does not answer."""


@dataclass(frozen=True)
class Figure:
    """So many out of so many."""

    good: int
    total: int

    @property
    def percent(self) -> float:
        """The share, 0 to 100."""
        return 100 * self.good / self.total if self.total else 0.0


def passed(results: Iterable[Result]) -> Figure:
    """The cases that pass, among those that count."""
    counted = [result for result in results if result.counts]
    return Figure(sum(result.passes for result in counted), len(counted))


def false_answers(results: Iterable[Result]) -> Figure:
    """The messages answered with a fact, among those that the page does not answer."""
    off_topic = [result for result in results if result.group not in NOT_OFF_TOPIC]
    return Figure(sum(result.end == FALSE_ANSWER for result in off_topic), len(off_topic))


def ends(results: Iterable[Result]) -> dict[str, Figure]:
    """How many questions ended in each way."""
    counts = Counter(result.end for result in results)
    return {end: Figure(counts[end], counts.total()) for end in ENDS}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that a `share` (0 to 1) of the values does not exceed; 0 when there is none."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else 0.0


def rows(parts: Mapping[str, Sequence[Result]]) -> list[tuple[str, str, Figure]]:
    """The table: part, what is counted, figure."""
    table: list[tuple[str, str, Figure]] = []
    for part, results in parts.items():
        table.append((part, "réussis", passed(results)))
        if part == "questions":
            table += [("", end, figure) for end, figure in ends(results).items()]
        if part in STRAYS:
            table.append(("", "réponses à tort (hors sujet seulement)", false_answers(results)))
    return table


def summary(parts: Mapping[str, Sequence[Result]]) -> str:
    """All that counts in one line of name=good/total."""
    words = []
    for part, results in parts.items():
        words.append(f"{part}={_ratio(passed(results))}")
        if part == "questions":
            found = ends(results)
            words += [f"one_choice={found[ONE_CHOICE].good}", f"wrong={found[WRONG].good}"]
        if part in STRAYS:
            words.append(f"false_answers_{part}={_ratio(false_answers(results))}")
    return " ".join(words)


def _ratio(figure: Figure) -> str:
    return f"{figure.good}/{figure.total}"


def failures(results: Iterable[Result]) -> list[Result]:
    """The cases to look at."""
    return [result for result in results if not result.passes or result.end == FALSE_ANSWER]


def latencies(parts: Mapping[str, Sequence[Result]]) -> list[float]:
    """Seconds of every reply."""
    return [turn.reply.seconds for results in parts.values() for result in results for turn in result.turns]


def as_json(parts: Mapping[str, Sequence[Result]]) -> dict[str, list[dict[str, Any]]]:
    """Everything, replies included."""
    return {part: [_as_json(result) for result in results] for part, results in parts.items()}


def _as_json(result: Result) -> dict[str, Any]:
    turns = [{"message": turn.message} | asdict(turn.reply) | {"facts": sorted(turn.reply.facts)} for turn in result.turns]
    return {"id": result.id, "group": result.group, "end": result.end, "counts": result.counts, "faults": result.faults, "turns": turns}
