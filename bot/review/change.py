"""A change of the training data as values: its states, its options, its examples, what it does to the files. Pure, but for `nlu_of`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bot.review.nlu_files import Example, Files, Outcome, change_files, patch_of

DRAFT, TRAINING, COMPARING, READY, ADOPTED, ABANDONED, FAILED = (
    *("brouillon", "entrainement", "comparaison", "prete", "adoptee", "abandonnee", "echec"),
)
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


def nlu_of(folder: Path) -> dict[str, str]:
    """The training data of a release or a working copy; line breaks as they are."""
    return {f"data/nlu/{path.name}": path.read_bytes().decode() for path in sorted((folder / "data" / "nlu").glob("*.yml"))}


def draft_of(files: Files, examples: Sequence[Example]) -> Draft:
    """What examples make of the training data. Raises KnowledgeError when that cannot be done."""
    outcome = change_files(files, examples)
    return Draft(outcome, patch_of(files, outcome.files))
