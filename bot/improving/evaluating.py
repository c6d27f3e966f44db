"""The evaluation of a release on the program's own cases and on the recorded tests; what was found of a release is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from sqlalchemy import select

from bot.config import PROJECT
from bot.evaluation import Chat, Result, evaluate, open_chats, read_set
from bot.evaluation.cases import CaseSet, FollowUp, Question
from bot.evaluation.questions import FALSE_ANSWER, ask_followups
from bot.evaluation.wanted import Cited
from bot.improving.assistants import Assistant
from bot.knowledge import Base
from bot.models import digest
from bot.storage import Database, recorded_tests

T = TypeVar("T")
SET = PROJECT / "tests" / "evaluation"
"""The cases of the program; a container has none, and is compared by the recorded tests alone."""
QUICK: Mapping[str, int] = {"questions": 200, "followups": 50, "off_topic": 50}
"""Cases of a quick evaluation, by part."""
RECORDED = "recorded"
"""The part of the recorded tests."""
_CODE = ("bot/**/*.py", "actions/*.py", "tests/evaluation/*.jsonl")
"""What an evaluation depends on besides the release."""
_FAULTS = 3
_KEPT = 10
Case = dict[str, Any]
"""How a case ended, as the report keeps it: `id`, `text` (the first message), `ok`, `faults`."""
Results = dict[str, list[Case]]


def choose_cases(quick: bool, base: Base, folder: Path) -> CaseSet:
    """The cases to play: all, or evenly spread ones of some parts. Raises KnowledgeError when they do not fit the knowledge."""
    if not folder.exists():
        return CaseSet()
    cases = read_set(folder, base)
    if not quick:
        return cases
    return replace(CaseSet(), **{part: _spread(getattr(cases, part), count) for part, count in QUICK.items()})


def recorded_cases(database: Database) -> tuple[FollowUp, ...]:
    """The recorded tests as cases, the oldest first."""
    with database.read() as connection:
        rows = connection.execute(select(recorded_tests.c.id, recorded_tests.c.steps).order_by(recorded_tests.c.id)).all()
    return tuple(_recorded(f"revue-{row.id}", row.steps) for row in rows)


def run_cases(assistant: Assistant, cases: CaseSet, tell: Callable[[str], None]) -> Results:
    """Play the cases with a running assistant."""
    with open_chats() as http:
        parts = evaluate(cases, partial(Chat, http, assistant.chat), assistant.read_leads, tell=tell)
    return {part: [_case(result) for result in results] for part, results in parts.items()}


def run_recorded(assistant: Assistant, recorded: Sequence[FollowUp]) -> Results:
    """Play the recorded tests with a running assistant."""
    with open_chats() as http:
        found = [_case(ask_followups(case, partial(Chat, http, assistant.chat))) for case in recorded]
    return {RECORDED: found} if found else {}


class Kept:
    """Evaluations of releases in a folder, so that one is not made again for the same release, program and cases."""

    def __init__(self, folder: Path, quick: bool) -> None:
        self._folder = folder
        self._set = hashlib.sha256(f"{digest(PROJECT, _CODE)} {quick}".encode()).hexdigest()[:12]

    def read(self, release_id: str) -> Results | None:
        """What was found; None when nothing was, or when it cannot be read."""
        try:
            found: Results = json.loads(self._path(release_id).read_text("utf-8"))
        except (OSError, ValueError):
            return None
        return found

    def write(self, release_id: str, results: Results) -> None:
        """Keep what was found, and forget the oldest."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        fresh = self._path(release_id).with_suffix(".tmp")
        fresh.write_text(json.dumps(results, ensure_ascii=False), "utf-8")
        fresh.replace(self._path(release_id))
        for path in sorted(self._folder.glob("*.json"), key=lambda path: path.stat().st_mtime)[:-_KEPT]:
            path.unlink(missing_ok=True)

    def _path(self, release_id: str) -> Path:
        return self._folder / f"{release_id}-{self._set}.json"


def _spread(cases: Sequence[T], count: int) -> tuple[T, ...]:
    """So many of the cases, evenly spread."""
    return tuple(cases[number * len(cases) // count] for number in range(count)) if len(cases) > count else tuple(cases)


def _recorded(ident: str, steps: Sequence[Mapping[str, str]]) -> FollowUp:
    return FollowUp(ident, tuple(_recorded_turn(f"{ident}.{number}", step) for number, step in enumerate(steps, 1)))


def _recorded_turn(ident: str, step: Mapping[str, str]) -> Question:
    wanted = tuple(Cited(fact) for fact in step.get("entry", "").split("+") if fact)
    return Question(ident, step["user"], RECORDED, wanted, asks=step.get("asks"), outcome=step.get("outcome"))


def _case(result: Result) -> Case:
    """A false answer counts as a fault, also where the evaluation only tells it."""
    ok = result.end != FALSE_ANSWER and (result.passes or not result.counts)
    return {"id": result.id, "text": result.turns[0].message if result.turns else "", "ok": ok, "faults": list(result.faults[:_FAULTS])}
