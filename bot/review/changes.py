"""Changes of the training data: from judgements that wait to a version that is trained, compared and adopted, or abandoned.

A draft holds judgements. It is trained and compared by a process of its own (bot.improving), which `launch` starts and which writes
what it finds through bot.review.working. Nothing reaches the running assistant before somebody adopts it.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import AssistantError, RequestError
from bot.releases import Releases
from bot.review.change import (
    ABANDONED,
    ADOPTED,
    DRAFT,
    FAILED,
    INTERRUPTED,
    OPEN,
    READY,
    RESTORED,
    SILENT,
    TITLE_CHARACTERS,
    TRAINING,
    WORKING,
    Change,
    Draft,
    Judged,
    Options,
    adoption_fault,
    draft_of,
    nlu_of,
)
from bot.review.journal import ADOPTED as ADOPTION
from bot.review.journal import Journal
from bot.review.judging import TEACHING, is_active, is_pending
from bot.storage import Database, changes, judgements

_CHANGED = "Cette correction vient de changer : rechargez la page."
Launch = Callable[[int, str], None]
"""Starts the process for a change, under the name of a run. Raises RequestError when this machine cannot."""


class Changes:
    """The changes of a database. `clock` gives the time with its zone."""

    def __init__(self, database: Database, releases: Releases, journal: Journal, launch: Launch, clock: Callable[[], datetime]) -> None:
        self.releases = releases
        self._database = database
        self._journal = journal
        self._launch = launch
        self._clock = clock

    def pending(self) -> list[Judged]:
        """The judgements that would change the training data and are in no change yet, the latest first."""
        with self._database.read() as connection:
            return _judged(connection, is_pending())

    def prepare(self, title: str, author: str) -> int:
        """Make a draft of all that is pending and return its id. Raises RequestError when nothing is."""
        row = {"title": title[:TITLE_CHARACTERS].strip(), "author": author, "created_at": self._clock(), "state": DRAFT}
        if not row["title"]:
            raise RequestError("Donnez un titre à la correction, pour la retrouver.")
        base = self.releases.active().id
        with self._database.begin() as connection:
            made = connection.execute(insert(changes).values(**row, base=base, progress="")).inserted_primary_key[0]
            taken = update(judgements).where(is_pending()).values(change_id=made)
            if not connection.execute(taken).rowcount:
                raise RequestError("Aucun exemple n'attend d'être repris dans une correction.")
            return int(made)

    def listed(self, limit: int = 50) -> list[Row]:
        """The newest changes, each with its number of `examples`, without their reports."""
        self._settle()
        counts = (
            select(judgements.c.change_id, func.count().label("examples")).where(_teaches()).group_by(judgements.c.change_id).subquery()
        )
        columns = [changes.c[name] for name in ("id", "title", "author", "created_at", "state", "progress", "ended_at", "ended_by")]
        query = select(*columns, counts.c.examples).outerjoin(counts, counts.c.change_id == changes.c.id)
        with self._database.read() as connection:
            return list(connection.execute(query.order_by(changes.c.id.desc()).limit(limit)))

    def find(self, change_id: int) -> Change | None:
        """A change; one whose process has died is failed."""
        self._settle()
        with self._database.read() as connection:
            row = connection.execute(select(changes).where(changes.c.id == change_id)).mappings().first()
        return Change(**{**row, "options": Options(**(row["options"] or {}))}) if row else None

    def examples(self, change_id: int) -> list[Judged]:
        """The judgements of a change that still hold, the first ones first."""
        with self._database.read() as connection:
            return _judged(connection, judgements.c.change_id == change_id)[::-1]

    def draft(self, change: Change) -> Draft:
        """What the examples of a change make of the data that they start from: those of the active release until it is started."""
        try:
            folder = self.releases.folder(self.releases.active().id if change.state == DRAFT else change.base)
            return draft_of(nlu_of(folder), [each.example for each in self.examples(change.id)])
        except AssistantError as error:
            return Draft(None, "", str(error))

    def take_out(self, change_id: int, judgement_id: int) -> None:
        """Give a judgement back to those that wait; what was trained with it is a draft again. Raises RequestError."""
        with self._database.begin() as connection:
            release = self._release_of(connection, change_id)
            again = {"state": DRAFT, "report": None, "release": None, "error": None, "progress": ""}
            self._alter(connection, change_id, OPEN, again, "Une correction au travail ou terminée ne change plus.")
            place = (judgements.c.id == judgement_id) & (judgements.c.change_id == change_id)
            if not connection.execute(update(judgements).where(place).values(change_id=None)).rowcount:
                raise RequestError("Cet exemple n'est pas dans cette correction.")
        self._forget(release)

    def start(self, change_id: int, options: Options) -> None:
        """Train and compare a change from the active release, in a process of its own; one change at a time. Raises RequestError."""
        base, run = self.releases.active().id, secrets.token_hex(8)
        fresh = {
            "state": TRAINING,
            "base": base,
            "run": run,
            "options": asdict(options),
            "progress": "Démarrage…",
            "alive_at": self._clock(),
        }
        with self._database.begin() as connection:
            self._take_turn(connection)
            release = self._release_of(connection, change_id)
            if not _judged(connection, judgements.c.change_id == change_id):
                raise RequestError("Cette correction n'a plus aucun exemple.")
            fresh |= {"error": None, "report": None, "release": None}
            self._alter(connection, change_id, OPEN, fresh, "Cette correction est déjà au travail ou terminée.")
        self._forget(release)
        try:
            self._launch(change_id, run)
        except RequestError as error:
            with self._database.begin() as connection:
                self._alter(connection, change_id, WORKING, {"state": FAILED, "error": str(error), "progress": ""}, INTERRUPTED)
            raise

    def abandon(self, change_id: int, who: str) -> None:
        """End a change; its examples wait again, and a process that is at it stops. Raises RequestError."""
        ended = {"state": ABANDONED, "ended_at": self._clock(), "ended_by": who, "progress": ""}
        with self._database.begin() as connection:
            release = self._release_of(connection, change_id)
            self._alter(connection, change_id, (*OPEN, *WORKING), ended, "Cette correction est déjà terminée.")
            connection.execute(update(judgements).where(judgements.c.change_id == change_id).values(change_id=None))
        self._forget(release)

    def adopt(self, change_id: int, who: str) -> None:
        """Make what was compared the active release, if its base still is and its examples still hold.

        Raises RequestError; nothing is changed then.
        """
        change = self.find(change_id)
        if change is None or change.release is None or change.state != READY:
            raise RequestError("Seule une correction entraînée et comparée peut être adoptée.")
        self._follow()
        if self.releases.active().id != change.base:
            raise RequestError("Une autre version est devenue active depuis la comparaison : refaites-la sur la version active.")
        ended = {"state": ADOPTED, "ended_at": self._clock(), "ended_by": who, "progress": ""}
        with self._database.begin() as connection:
            self._alter(connection, change_id, (READY,), ended, _CHANGED)
            if fault := adoption_fault(change.report, _judged(connection, judgements.c.change_id == change_id)):
                raise RequestError(fault)
        try:
            self.releases.activate(change.release, _signature(who), instead_of=change.base)
        except AssistantError:
            with self._database.begin() as connection:
                self._alter(connection, change_id, (ADOPTED,), _ready(change.progress), INTERRUPTED)
            raise
        self.releases.forget_old()
        self._journal.note(who, ADOPTION, change.release, f"Correction {change_id}")

    def go_back(self, change_id: int, who: str) -> None:
        """Make the base of an adopted change the active release again, if it is not already; the change is ready again.

        Raises RequestError, also when neither the change nor its base is active.
        """
        change = self.find(change_id)
        if change is None or change.state != ADOPTED or change.release is None:
            raise RequestError("Cette correction n'est pas adoptée.")
        self._follow()
        if self.releases.active().id != change.base:
            self.releases.activate(change.base, _signature(who), instead_of=change.release)
            self._journal.note(who, ADOPTION, change.base, f"Retour en arrière après la correction {change_id}")
        with self._database.begin() as connection:
            self._alter(connection, change_id, (ADOPTED,), _ready(RESTORED), _CHANGED)

    def _follow(self) -> None:
        if not self.releases.follows:
            raise RequestError("Ce programme ne suit pas les versions publiées (CIC_FOLLOW_RELEASES) : rien ne peut être adopté.")

    def _forget(self, release: str | None) -> None:
        if release:
            self.releases.forget(release)
            self.releases.sweep()

    def _settle(self) -> None:
        with self._database.read() as connection:
            dead = connection.execute(select(changes.c.id).where(self._is_dead())).first()
        if dead:
            with self._database.begin() as connection:
                self._bury(connection)

    def _is_dead(self) -> ColumnElement:
        return changes.c.state.in_(WORKING) & (changes.c.alive_at < self._clock() - SILENT)

    def _bury(self, connection: Connection) -> None:
        connection.execute(update(changes).where(self._is_dead()).values(state=FAILED, error=INTERRUPTED))

    def _take_turn(self, connection: Connection) -> None:
        """Hold off others who want to start a change; refuse when a process is at one."""
        if self._database.is_server:
            connection.exec_driver_sql("LOCK TABLE changes IN SHARE ROW EXCLUSIVE MODE")
        self._bury(connection)
        if connection.execute(select(changes.c.id).where(changes.c.state.in_(WORKING))).first():
            raise RequestError("Une correction est déjà au travail : attendez la fin de sa comparaison, ou abandonnez-la.")

    @staticmethod
    def _release_of(connection: Connection, change_id: int) -> str | None:
        row = connection.execute(select(changes.c.release).where(changes.c.id == change_id, changes.c.state != ADOPTED)).first()
        return row[0] if row else None

    @staticmethod
    def _alter(connection: Connection, change_id: int, states: tuple[str, ...], values: Mapping[str, Any], refusal: str) -> None:
        """Change a row if its state is one of these, whoever else changes it at the same time."""
        change = update(changes).where(changes.c.id == change_id, changes.c.state.in_(states)).values(**values)
        if not connection.execute(change).rowcount:
            raise RequestError(refusal)


def _ready(progress: str) -> dict[str, Any]:
    return {"state": READY, "ended_at": None, "ended_by": None, "progress": progress}


def _teaches() -> ColumnElement:
    return is_active() & judgements.c.verdict.in_(TEACHING)


def _judged(connection: Connection, which: ColumnElement) -> list[Judged]:
    columns = [judgements.c[field.name] for field in fields(Judged)]
    rows = connection.execute(select(*columns).where(_teaches(), which).order_by(judgements.c.id.desc()))
    return [Judged(**row) for row in rows.mappings()]


def _signature(who: str) -> str:
    return f"{who} (revue)"
