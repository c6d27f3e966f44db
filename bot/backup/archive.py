"""The file of a backup: a compressed tar whose first member says what the others are.

The sums find what was damaged or left out. They are no signature: who can write the file can write them as well.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import tarfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from bot.errors import BackupError

FORMAT = 1
"""Raised when an older version could not read what is written."""
MANIFEST = "manifest.json"
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Manifest:
    """What a backup holds: when it was made, by which version, the revision of its tables, the SHA-256 of each part by name."""

    made_at: datetime
    version: str
    revision: str | None
    parts: Mapping[str, str]

    def as_json(self) -> str:
        """Return it as it stands in the file."""
        fields = {"format": FORMAT, "made_at": self.made_at.isoformat(), "version": self.version, "revision": self.revision}
        return json.dumps(fields | {"parts": dict(self.parts)}, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> Manifest:
        """Read it. Raises BackupError when it is none, or that of a newer version."""
        try:
            fields: dict[str, Any] = json.loads(text)
            if fields["format"] != FORMAT:
                raise BackupError("Cette sauvegarde vient d'une version plus récente de l'assistant : installez cette version.")
            made_at = datetime.fromisoformat(fields["made_at"])
            return cls(made_at, fields["version"], fields["revision"], {_safe(name): sha for name, sha in fields["parts"].items()})
        except (ValueError, LookupError, TypeError, AttributeError) as error:
            raise _not_one() from error


def sha256(path: Path) -> str:
    """Return the sum of a file."""
    sums = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_BLOCK):
            sums.update(block)
    return sums.hexdigest()


def pack(folder: Path, manifest: Manifest, target: Path) -> None:
    """Write the parts of `folder` that the manifest names into a new file `target`, which only its owner may read."""
    (folder / MANIFEST).write_text(manifest.as_json(), "utf-8")
    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as stream:
        with tarfile.open(fileobj=stream, mode="w:gz", compresslevel=6) as archive:
            for name in (MANIFEST, *manifest.parts):
                archive.add(folder / name, name)
        stream.flush()
        os.fsync(stream.fileno())


def unpack(file: Path, folder: Path) -> Manifest:
    """Write the parts of a backup into `folder` and return its manifest. Raises BackupError for anything that is not as it was made."""
    try:
        with gzip.open(file) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
            manifest = _read_manifest(archive)
            found = {_unpack(archive, member, folder) for member in archive}
            while stream.read(_BLOCK):  # up to the sum at the end of the file, behind what the last member is padded with
                pass
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        if isinstance(error, OSError) and error.errno is not None:
            raise BackupError(f"La sauvegarde ne peut pas être lue ou déballée : {error.strerror}.") from error
        raise _not_one() from error
    if found - {MANIFEST} != set(manifest.parts) or any(sha256(folder / name) != sha for name, sha in manifest.parts.items()):
        raise BackupError("La sauvegarde est abîmée : une partie manque ou a changé. Rien n'a été rétabli, prenez-en une autre.")
    return manifest


def _read_manifest(archive: tarfile.TarFile) -> Manifest:
    first = archive.next()
    content = archive.extractfile(first) if first and first.name == MANIFEST else None
    if content is None:
        raise _not_one()
    return Manifest.from_json(content.read())


def _unpack(archive: tarfile.TarFile, member: tarfile.TarInfo, folder: Path) -> str:
    """Write one member, whatever it calls itself, as a plain file below `folder`."""
    target, content = folder / _safe(member.name), archive.extractfile(member)
    if content is None:
        raise _not_one()
    target.parent.mkdir(parents=True, exist_ok=True)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as stream:
        while block := content.read(_BLOCK):
            stream.write(block)
    return member.name


def _safe(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or not path.parts:
        raise _not_one()
    return name


def _not_one() -> BackupError:
    return BackupError("Ce fichier n'est pas une sauvegarde de l'assistant, ou il est abîmé. Rien n'a été rétabli.")
