"""A change of the training data as values: its states, its options, its examples, what it does to the files. Pure, but for `nlu_of`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.review.nlu_files import Example, Files, Outcome, as_example, change_files, patch_of
from bot.storage import CHANGE_ADOPTED, CHANGE_COMPARING, CHANGE_DRAFT, CHANGE_READY, CHANGE_TRAINING
from bot.text import clean

DRAFT, TRAINING, COMPARING, READY, ADOPTED = CHANGE_DRAFT, CHANGE_TRAINING, CHANGE_COMPARING, CHANGE_READY, CHANGE_ADOPTED
ABANDONED, FAILED = "abandonnee", "echec"
STATES = {
    DRAFT: "Brouillon",
    TRAINING: "Entraînement en cours",
    COMPARING: "Comparaison en cours",
    READY: "Prête à être adoptée",
    ADOPTED: "Adoptée",
    ABANDONED: "Abandonnée",
    FAILED: "Échec",
}
WORKING = (TRAINING, COMPARING)
"""A process is at it."""
OPEN = (DRAFT, READY, FAILED)
"""It may be changed and started (again)."""
SILENT = timedelta(seconds=90)
"""A process that has written nothing for so long is dead: it writes every few seconds."""
INTERRUPTED = "Le travail a été interrompu avant la fin. Vous pouvez le lancer à nouveau."
OUTDATED = "Un exemple a été jugé autrement ou effacé depuis : refaites la comparaison."
NOT_KEPT = "La comparaison n'est plus conservée : refaites-la avant d'adopter."
RESTORED = "Adoptée, puis retirée : la version précédente a été rétablie."
"""What is said of a change that was adopted and is ready again."""
TITLE_CHARACTERS = 120


@dataclass(frozen=True)
class Options:
    """How a change is compared: `quick` evaluates on 300 cases only, `days` back the logged questions are asked again."""

    quick: bool = False
    days: int = 30


@dataclass(frozen=True)
class Judged:
    """A judgement that is to be learnt: `said` as `label`. `understood` is the label that the assistant found."""

    id: int
    conversation: str
    said: str
    understood: str | None
    verdict: str
    label: str
    author: str
    at: datetime

    @property
    def example(self) -> Example:
        """What goes into the training data."""
        return Example(self.said, self.label)


@dataclass(frozen=True)
class Change:
    """A row of `changes`."""

    id: int
    title: str
    author: str
    created_at: datetime
    state: str
    base: str
    release: str | None
    options: Options
    run: str | None
    progress: str
    error: str | None
    report: Mapping[str, Any] | None
    alive_at: datetime | None
    ended_at: datetime | None
    ended_by: str | None

    @property
    def works(self) -> bool:
        """Whether a process is at it."""
        return self.state in WORKING

    @property
    def is_open(self) -> bool:
        """Whether it may be changed and started (again)."""
        return self.state in OPEN


@dataclass(frozen=True)
class Draft:
    """What a change makes of the training data of its base, or why it cannot: `fault` is a French sentence."""

    outcome: Outcome | None
    patch: str
    fault: str | None = None


def unlike(report: Mapping[str, Any], examples: Sequence[Judged]) -> list[str]:
    """The texts that were trained and are not to be learnt any more, or not so; and those that are to be and were not."""
    trained = {(step["text"], step["label"]) for step in report["steps"]}
    wanted = {(as_example(each.said) or clean(each.said), each.label) for each in examples}
    return sorted({text for text, _ in trained ^ wanted})


def adoption_fault(report: Mapping[str, Any] | None, examples: Sequence[Judged]) -> str:
    """Why what was compared may not be adopted, in a sentence; empty when it may. `examples` are those of the change now."""
    if report is None:
        return NOT_KEPT
    return OUTDATED if unlike(report, examples) else ""


def nlu_of(folder: Path) -> dict[str, str]:
    """The training data of a release or a working copy; line breaks as they are."""
    return {f"data/nlu/{path.name}": path.read_bytes().decode() for path in sorted((folder / "data" / "nlu").glob("*.yml"))}


def draft_of(files: Files, examples: Sequence[Example]) -> Draft:
    """What examples make of the training data. Raises KnowledgeError when that cannot be done."""
    outcome = change_files(files, examples)
    return Draft(outcome, patch_of(files, outcome.files))
