"""Releases as folders on this machine: written whole or not at all, and looked through before they are used."""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bot.errors import ReleaseError
from bot.releases.model import Release, is_safe, sha256

_HALF_DONE_SECONDS = 3600.0
"""A folder that is younger may still be on its way into the database, or be written."""


@dataclass(frozen=True)
class Folders:
    """The folders under `root`, each named after its release; only the user of the assistant reads them."""

    root: Path

    def of(self, release: Release) -> Path:
        """Where a release is, or will be."""
        return self.root / release.id

    def fault(self, release: Release) -> str | None:
        """The first file of a release that is missing, too much, or not what its checksum says; None when all is well."""
        folder = self.of(release)
        try:
            found = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not path.is_dir()}
            if odd := sorted(found ^ release.files.keys()):
                return odd[0]
            return next((path for path, wanted in release.files.items() if sha256((folder / path).read_bytes()) != wanted), None)
        except OSError as error:
            return str(error.filename)

    def fill(self, release: Release, contents: Iterable[tuple[str, bytes]]) -> Path:
        """Write a release and return its folder; nobody ever sees half of it.

        Raises ReleaseError when a path leads elsewhere, a file is not what its checksum says or is missing, or the disk refuses.
        """
        try:
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".", dir=self.root) as made:
                folder = Path(made) / release.id
                folder.mkdir(mode=0o700)
                _write_all(folder, release, contents)
                with suppress(FileExistsError):  # another process was faster
                    _rename(folder, self.of(release))
        except OSError as error:
            raise ReleaseError(f"La version {release.id} ne peut pas être écrite dans {self.root} ({error.strerror}).") from error
        return self.of(release)

    def remove(self, release_id: str) -> None:
        """Remove the folder of a release; it is out of the way at once."""
        with tempfile.TemporaryDirectory(prefix=".", dir=self.root) as away, suppress(FileNotFoundError):
            (self.root / release_id).rename(Path(away) / release_id)

    def sweep(self, known: Collection[str]) -> None:
        """Remove what is no release that is known, nor about to become one."""
        if not self.root.exists():
            return
        for path in self.root.iterdir():
            with suppress(FileNotFoundError):  # another process may remove it at the same time
                if path.name not in known and time.time() - path.stat().st_mtime > _HALF_DONE_SECONDS:
                    shutil.rmtree(path)


def _write_all(folder: Path, release: Release, contents: Iterable[tuple[str, bytes]]) -> None:
    missing = set(release.files)
    for path, content in contents:
        if not is_safe(path):
            raise ReleaseError(f"La version {release.id} contient un chemin qui n'est pas permis : {path!r}.")
        if release.files.get(path) != sha256(content):
            raise ReleaseError(f"La version {release.id} est abîmée : {path} n'a pas la somme de contrôle attendue.")
        _write(folder / path, content, folder)
        missing.discard(path)
    if missing:
        raise ReleaseError(f"La version {release.id} est incomplète : il manque {min(missing)}.")


def _write(path: Path, content: bytes, folder: Path) -> None:
    for parent in reversed([parent for parent in path.parents if folder in parent.parents]):
        parent.mkdir(mode=0o700, exist_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())


def _rename(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError as error:
        if target.exists():
            raise FileExistsError(target) from error
        raise
