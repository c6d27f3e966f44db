"""What the comparison of two releases found, as the report of a change keeps it (bot.review.comparison reads it). Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.improving.asking import Answer, is_right
from bot.improving.evaluating import Case, Results
from bot.knowledge import Base
from bot.review.nlu_files import Example

SHOWN = 60
"""Cases of a part that are named in the report, for better and for worse."""


@dataclass(frozen=True)
class Seen:
    """What one release did: its answers to the questions, and how the cases ended. `base` is its knowledge."""

    answers: Mapping[str, Answer]
    results: Results
    base: Base


def compare_questions(logged: Sequence[tuple[str, int]], before: Seen, after: Seen) -> list[dict[str, Any]]:
    """The two answers to each logged question; `differs` says whether they rest on other facts, ask something else or say it otherwise."""
    return [{"text": text, "count": count} | _answers(text, before, after) for text, count in logged]


def compare_examples(examples: Sequence[Example], before: Seen, after: Seen) -> list[dict[str, Any]]:
    """The two answers to each example that was judged, and whether each is right; None where that cannot be told."""
    return [
        {"text": each.text, "label": each.label}
        | _answers(each.text, before, after)
        | {"was_right": is_right(before.answers[each.text], each.label, before.base)}
        | {"is_right": is_right(after.answers[each.text], each.label, after.base)}
        for each in examples
    ]


def compare_results(before: Results, after: Results) -> list[dict[str, Any]]:
    """The figures of each part, and the cases that got better and worse."""
    return [_compare_part(part, {case["id"]: case for case in before.get(part, [])}, cases) for part, cases in after.items()]


def _answers(text: str, before: Seen, after: Seen) -> dict[str, Any]:
    old, new = before.answers[text], after.answers[text]
    return {"before": old, "after": new, "differs": old != new}


def _compare_part(part: str, before: Mapping[str, Case], after: Sequence[Case]) -> dict[str, Any]:
    both = [(before[case["id"]], case) for case in after if case["id"] in before]
    better = [_named(new, old) for old, new in both if new["ok"] and not old["ok"]]
    worse = [_named(new, new) for old, new in both if old["ok"] and not new["ok"]]
    figures = {"before": sum(old["ok"] for old, _ in both), "after": sum(new["ok"] for _, new in both), "total": len(both)}
    return {"part": part, **figures, "better": better[:SHOWN], "worse": worse[:SHOWN], "gained": len(better), "lost": len(worse)}


def _named(case: Case, faulty: Case) -> dict[str, Any]:
    return {"id": case["id"], "text": case["text"], "faults": faulty["faults"]}
