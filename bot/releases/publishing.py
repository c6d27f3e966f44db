"""Which release every process shall run: published through the database, kept in a folder of each machine.

The working copy is a release too, the first one; its files are used where they are.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, union
from sqlalchemy.engine import Connection

from bot.config import PROJECT
from bot.errors import ReleaseError, RequestError
from bot.models import model_to_run
from bot.releases.folders import Folders
from bot.releases.model import Release, Running, code_of, release_of
from bot.storage import Database, activations, forget_candidates, needed_releases, release_files, releases, taken_up

KEPT = 5
"""Releases that are kept besides the active one, those that a process runs, and those that a change needs."""
STALE = timedelta(days=1)
"""A process that has said nothing for so long is gone."""
_TURN_LOCK = 2014_2017
"""Any number of our own: processes that take up a release do so one after the other (PostgreSQL)."""
log = logging.getLogger(__name__)


class Releases:
    """The releases that this program may run. Safe to share between threads.

    `folder` holds those that were published, `project` is the working copy. A program that does not follow (`follows`) runs
    its own whatever is published.
    """

    def __init__(
        self, database: Database, folder: Path, clock: Callable[[], datetime], project: Path = PROJECT, follows: bool = True
    ) -> None:
        self.follows = follows
        self._database = database
        self._folders = Folders(folder)
        self._clock = clock
        self._project = project
        self._warned: set[str] = set()

    @cached_property
    def code(self) -> str:
        """The fingerprint of the running program, which a release must have been made for."""
        return code_of()

    @cached_property
    def _own(self) -> Release:
        return release_of(self._project, self.code, self._clock())

    def own(self) -> Release:
        """The working copy, as it was when this was asked for first."""
        return self._own

    def active(self) -> Release:
        """The release that every process shall run. Raises StorageError when the database does not answer.

        One that was made for another program is not run by this one: an update brings its own content.
        """
        with self._database.read() as connection:
            return self._active(connection)

    def _active(self, connection: Connection) -> Release:
        release = self._latest(connection) if self.follows else None
        if release is None:
            return self.own()
        if release.code != self.code:
            if release.id not in self._warned:
                self._warned.add(release.id)
                log.warning("release %s was published for another version of the program: this one runs its own content", release.id)
            return self.own()
        return release

    def folder(self, release_id: str) -> Path:
        """Return the folder of a release, every file of it checked; what this machine lacks or has damaged comes from the database.

        Raises ReleaseError when it cannot be had whole, StorageError when the database does not answer.
        """
        release = self._find(release_id)
        if self._folders.of(release).exists():
            fault = self._folders.fault(release)
            if fault is None:
                return self._folders.of(release)
            log.error("release %s is damaged on this machine, file %s: it is removed", release.id, fault)
            self._folders.remove(release.id)
        if release.id == self.own().id:
            return self._project
        return self._folders.fill(release, self._stored(release))

    def publish(self, note: str = "", by: str = "") -> Release:
        """Keep the working copy as a release, make it the active one, and forget the oldest. Publishing the same again changes nothing.

        Raises RequestError when its model is not that of its data.
        """
        release = self.keep(note)
        self._point_at(release.id, by)
        self.forget_old()
        return release

    def keep(self, note: str = "") -> Release:
        """Keep the working copy as a release that nobody runs yet.

        Raises RequestError when its model is not that of its data.
        """
        if not model_to_run(self._project).fits:
            raise RequestError("Le modèle des données actuelles n'est pas entraîné : lancez « make train », puis recommencez.")
        release = release_of(self._project, self.code, self._clock(), note)
        self._keep(release)
        return release

    def activate(self, release_id: str, by: str = "", instead_of: str | None = None) -> Release:
        """Make another release the active one: one that is kept, or the working copy, which is kept then.

        Raises RequestError when it is not known or not for this program, or when the active release is not the one that it is to
        replace (`instead_of`); ReleaseError when it cannot be had whole.
        """
        if release_id == self.own().id:
            self._keep(self.own())
        release = self.known().get(release_id)
        if release is None:
            raise RequestError(f"Aucune version {release_id} n'est conservée : « cic releases » montre celles qui le sont.")
        if release.code != self.code:
            raise RequestError(f"La version {release_id} a été publiée avec un autre état du programme, celui-ci ne peut pas la reprendre.")
        self.folder(release_id)
        self._point_at(release_id, by, instead_of)
        return release

    def known(self) -> dict[str, Release]:
        """The releases that are kept, the newest first."""
        with self._database.read() as connection:
            rows = connection.execute(select(releases).order_by(releases.c.created_at.desc()))
            return {row["id"]: _release(row) for row in rows.mappings()}

    def forget_old(self, keep: int = KEPT) -> None:
        """Delete all but the newest `keep` releases, the active one, those that a process runs, and those that a change needs."""
        with self._database.begin() as connection:
            newest = connection.execute(select(releases.c.id).order_by(releases.c.created_at.desc()).limit(keep)).scalars().all()
            run = connection.execute(select(taken_up.c.release)).scalars().all()
            active = connection.execute(select(activations.c.release).order_by(activations.c.id.desc()).limit(1)).scalars().all()
            needed = connection.execute(union(*needed_releases())).scalars().all()
            connection.execute(delete(releases).where(releases.c.id.not_in({*newest, *run, *active, *needed})))
        self.sweep()

    def forget(self, release_id: str) -> None:
        """Delete a release that was kept, never became the active one and that no change needs; any other stays."""
        with self._database.begin() as connection:
            forget_candidates(connection, [release_id])

    def sweep(self) -> None:
        """Remove the folders of releases that are not known any more from this machine."""
        self._folders.sweep(self.known().keys())

    def tell(self, process: str, release_id: str, error: str | None = None) -> None:
        """Write down what a process runs, and why it does not run the active release if it cannot."""
        now = self._clock()
        with self._database.begin() as connection:
            connection.execute(delete(taken_up).where((taken_up.c.process == process) | (taken_up.c.at < now - STALE)))
            connection.execute(insert(taken_up).values(process=process, release=release_id, at=now, error=error))

    def running(self) -> list[Running]:
        """What each process said last, by its name."""
        with self._database.read() as connection:
            rows = connection.execute(select(taken_up).where(taken_up.c.at >= self._clock() - STALE).order_by(taken_up.c.process))
            return [Running(**row) for row in rows.mappings()]

    def id_at(self, path: Path) -> str | None:
        """The id of the release that a file belongs to, if it is in one of their folders or is the model of the working copy."""
        if self._folders.root in path.parents:
            return path.relative_to(self._folders.root).parts[0]
        return self.own().id if self.own().model and path == self._project / str(self.own().model) else None

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait until no other process of the cluster takes up a release; the turn of one that dies is over."""
        if not self._database.is_server:
            yield
            return
        connection = self._database.connect_alone()
        try:
            with self._database.boundary():
                connection.exec_driver_sql(f"SELECT pg_advisory_lock({_TURN_LOCK})")
            yield
        finally:
            connection.close()

    def _find(self, release_id: str) -> Release:
        release = self.own() if release_id == self.own().id else self.known().get(release_id)
        if release is None:
            raise ReleaseError(f"La version {release_id} n'est pas connue ici.")
        return release

    def _latest(self, connection: Connection) -> Release | None:
        rows = select(releases).join(activations, activations.c.release == releases.c.id).order_by(activations.c.id.desc()).limit(1)
        row = connection.execute(rows).mappings().first()
        return _release(row) if row else None

    def _stored(self, release: Release) -> Iterator[tuple[str, bytes]]:
        """The files of a release in the database; none in SQLite, which serves one machine."""
        for path in release.files:
            with self._database.read() as connection:
                content = select(release_files.c.bytes).where(release_files.c.release == release.id, release_files.c.path == path)
                row = connection.execute(content).first()
            if row is None:
                raise ReleaseError(f"La version {release.id} n'est pas entière sur cette machine, et la base de données n'a pas {path}.")
            yield path, bytes(row[0])

    def _keep(self, release: Release) -> None:
        """Keep the working copy in a folder of this machine, and in the database where others can get it."""
        if self._folders.of(release).exists() and self._folders.fault(release):
            self._folders.remove(release.id)
        folder = self._folders.fill(release, ((path, (self._project / path).read_bytes()) for path in release.files))
        with self._database.begin() as connection:
            connection.execute(delete(releases).where(releases.c.id == release.id, releases.c.code != release.code))
            if connection.execute(select(releases.c.id).where(releases.c.id == release.id)).first() is None:
                self._insert(connection, release, folder)

    def _insert(self, connection: Connection, release: Release, folder: Path) -> None:
        values = {name: getattr(release, name) for name in ("id", "created_at", "code", "note")}
        connection.execute(insert(releases).values(**values, files=dict(release.files)))
        if self._database.is_server:
            for path, checksum in release.files.items():
                content = (folder / path).read_bytes()
                connection.execute(insert(release_files).values(release=release.id, path=path, sha256=checksum, bytes=content))

    def _point_at(self, release_id: str, by: str, instead_of: str | None = None) -> None:
        with self._database.begin() as connection:
            if instead_of is not None:
                if self._database.is_server:
                    connection.exec_driver_sql("LOCK TABLE activations IN SHARE ROW EXCLUSIVE MODE")
                if self._active(connection).id != instead_of:
                    raise RequestError(f"La version {instead_of} n'est plus la version active : rien n'a été changé.")
            connection.execute(insert(activations).values(release=release_id, at=self._clock(), by=by))


def _release(row: Mapping[str, Any]) -> Release:
    return Release(row["id"], row["created_at"], row["code"], row["note"], row["files"])
