"""The way of a change: its data checked, its model trained, what runs and the candidate asked the same, a release in waiting."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bot.checking import check_project
from bot.config import Settings
from bot.errors import KnowledgeError
from bot.evaluation.cases import FollowUp
from bot.improving.asking import ask_all, logged_questions, still_asked
from bot.improving.assistants import Assistant, run_release
from bot.improving.comparing import Seen, compare_examples, compare_questions, compare_results
from bot.improving.copies import copy_release, write_files
from bot.improving.evaluating import SET, Kept, Results, choose_cases, recorded_cases, run_cases, run_recorded
from bot.improving.pulse import BEAT_SECONDS, Pulse
from bot.releases import Releases, release_of
from bot.review.change import Change, Draft, draft_of, nlu_of
from bot.review.nlu_files import REFUSED, Example
from bot.review.working import Run
from bot.storage import Database, utc_now
from bot.training import find_model, train
from bot.wiring import build_base

FAULTS = 20
"""Faults of the data that are shown."""
NOTHING_NEW = "Tous ces exemples sont déjà dans les données, ou ne peuvent pas s'apprendre : il n'y a rien à entraîner."


class RefusedError(Exception):
    """The data cannot be trained as they are. `faults` are French sentences for who made the change."""

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("the data cannot be trained")
        self.faults = faults


def train_once(project: Path, cache: Path, log: Path, tell: Callable[[str], None]) -> None:
    """Train the model of a working copy, unless one of the same content is kept."""
    if find_model(project, cache) is None:
        train(log, tell, project, cache)


@dataclass(frozen=True)
class Tools:
    """What tests play: how the model of a working copy is trained, how a working copy is run in a folder, the folder of the cases,
    seconds between two beats.
    """

    train: Callable[[Path, Path, Path, Callable[[str], None]], None] = train_once
    run: Callable[[Path, Path], AbstractContextManager[Assistant]] = run_release
    cases: Path = SET
    beat: float = BEAT_SECONDS


@dataclass
class Work:
    """One run of a change. `examples` are what is to be learnt; all that is written on the way is in `folder`, which goes at the end."""

    settings: Settings
    database: Database
    releases: Releases
    change: Change
    examples: Sequence[Example]
    pulse: Pulse
    tools: Tools = Tools()
    seconds: dict[str, float] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    @property
    def kept(self) -> Path:
        """What outlives a run: models by their content, evaluations by their release."""
        return self.settings.data_dir / "corrections"

    @property
    def folder(self) -> Path:
        """Where this run works."""
        return self.kept / str(self.change.id)

    def do(self, run: Run) -> tuple[str, dict[str, Any]]:
        """Return the release that was made, kept and run by nobody yet, and the report.

        Raises RefusedError when there is something to mend first, AssistantError when it cannot be done.
        """
        shutil.rmtree(self.folder, ignore_errors=True)
        try:
            return self._do(run)
        finally:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _do(self, run: Run) -> tuple[str, dict[str, Any]]:
        current, candidate = self.folder / "actuelle", self.folder / "candidate"
        draft = self._prepare(current, candidate)
        self._timed("training", lambda: self._train("Entraînement", candidate))
        run.compare()
        report = self._compare(current, candidate, draft)
        release = Releases(self.database, self.settings.data_dir / "releases", utc_now, candidate).keep(self.change.title)
        return release.id, report

    def _prepare(self, current: Path, candidate: Path) -> Draft:
        """Make the two working copies, and refuse data with a fault."""
        self.pulse.tell("Vérification des données…")
        source = self.releases.folder(self.change.base)
        base = self.releases.known().get(self.change.base) or self.releases.own()
        copy_release(base, source, current)
        copy_release(base, source, candidate)
        shutil.rmtree(candidate / "models", ignore_errors=True)
        try:
            draft = draft_of(nlu_of(candidate), self.examples)
        except KnowledgeError as error:
            raise RefusedError([str(error)]) from error
        if draft.outcome is None or not draft.outcome.changes:
            raise RefusedError([NOTHING_NEW])
        write_files(candidate, draft.outcome.files)
        if faults := check_project(candidate, environ={}):
            raise RefusedError([fault.say(candidate) for fault in faults[:FAULTS]])
        return draft

    def _train(self, name: str, project: Path) -> None:
        log = self.settings.data_dir / "logs" / "corrections-entrainement.log"
        self.tools.train(project, self.kept / "modeles", log, lambda step: self.pulse.tell(f"{name} : {step}"))

    def _compare(self, current: Path, candidate: Path, draft: Draft) -> dict[str, Any]:
        logged = logged_questions(self.database, utc_now() - timedelta(days=self.change.options.days))
        steps = [step for step in (draft.outcome.steps if draft.outcome else ()) if step.what != REFUSED]
        examples = [Example(step.text, step.label) for step in steps]
        texts = list(dict.fromkeys([*(text for text, _ in logged), *(each.text for each in examples)]))
        recorded = recorded_cases(self.database)
        before = self._timed("current", lambda: self._see("Version active", current, texts, recorded))
        after = self._timed("candidate", lambda: self._see("Candidate", candidate, texts, recorded))
        return {
            "patch": draft.patch,
            "steps": [vars(step) for step in (draft.outcome.steps if draft.outcome else ())],
            "questions": compare_questions(still_asked(self.database, logged), before, after),
            "examples": compare_examples(examples, before, after),
            "evaluation": compare_results(before.results, after.results),
            "quick": self.change.options.quick,
            "days": self.change.options.days,
            "remarks": list(dict.fromkeys(self.remarks)),
            "seconds": {name: round(value, 1) for name, value in self.seconds.items()},
        }

    def _see(self, name: str, project: Path, texts: Sequence[str], recorded: Sequence[FollowUp]) -> Seen:
        """Run a release and ask it everything; a copy that was changed by hand and never trained is trained first."""
        base, pulse = build_base(project), self.pulse
        pulse.tell(f"{name} : démarrage…")
        self._train(name, project)
        with self.tools.run(project, self.folder / "essai") as assistant:
            answers = ask_all(assistant.chat, texts, lambda number: pulse.tell(f"{name} : question {number + 1} sur {len(texts)}"))
            results = self._evaluate(name, project, assistant)
            pulse.tell(f"{name} : tests enregistrés")
            results = results | run_recorded(assistant, recorded)
        shutil.rmtree(self.folder / "essai", ignore_errors=True)
        return Seen(answers, results, base)

    def _evaluate(self, name: str, project: Path, assistant: Assistant) -> Results:
        kept = Kept(self.kept / "evaluations", self.change.options.quick)
        release_id = release_of(project, self.releases.code, utc_now()).id
        if found := kept.read(release_id):
            return found
        try:
            cases = choose_cases(self.change.options.quick, build_base(project), self.tools.cases)
        except KnowledgeError as error:
            self.remarks.append(f"Les cas d'évaluation du programme ne vont pas avec ces connaissances : {error}")
            return {}
        results = run_cases(assistant, cases, lambda at: self.pulse.tell(f"{name} : évaluation, {at}"))
        kept.write(release_id, results)
        return results

    def _timed(self, name: str, work: Callable[[], Any]) -> Any:
        started = time.monotonic()
        done = work()
        self.seconds[name] = time.monotonic() - started
        return done
