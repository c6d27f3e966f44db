"""What a release is: its files by checksum, and the code that can read them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath

from bot.config import PROJECT
from bot.errors import SettingError
from bot.models import code_fingerprint, model_to_run
from bot.texts import Texts

CONTENT = (
    "config.yml",
    "domain.yml",
    "data/knowledge/*.yml",
    "data/textes/*.yml",
    "data/relances/*.yml",
    "data/lieux/*.yml",
    "data/tri/*.yml",
    "data/nlu/*.yml",
    "data/stories/*.yml",
)
"""The files of a release besides the model: what is read at run time, and what the model was trained from."""
_READERS = (
    "bot/knowledge/*.py",
    "bot/texts.py",
    "bot/answers/wordings.py",
    "bot/places/*.py",
    "bot/screening/lexicon.py",
)
"""Code that reads these files: when their form changes, it changes."""


@dataclass(frozen=True)
class Release:
    """A release. `code` is the fingerprint of the code that it was made for, `files` its paths, each with its sha256."""

    id: str
    created_at: datetime
    code: str
    note: str
    files: Mapping[str, str]

    @property
    def model(self) -> str | None:
        """The path of its model; None when the working copy has none yet."""
        return next((path for path in self.files if path.startswith("models/")), None)


@dataclass(frozen=True)
class Running:
    """What a process said last: the release that it runs, and why it does not run the active one (`error`)."""

    process: str
    release: str
    at: datetime
    error: str | None


def release_of(project: Path, code: str, now: datetime, note: str = "") -> Release:
    """The working copy as a release: its present data and the model that would be run with them."""
    paths = [path for pattern in CONTENT for path in project.glob(pattern)]
    with suppress(SettingError):  # without any model, what needs none, such as the pages, runs all the same
        paths.append(model_to_run(project).path)
    files = {path.relative_to(project).as_posix(): sha256(path.read_bytes()) for path in sorted(paths)}
    return Release(id_of(files), now, code, note, files)


def id_of(files: Mapping[str, str]) -> str:
    """Twelve hexadecimal digits of the paths and their checksums."""
    return sha256(json.dumps(sorted(files.items())).encode())[:12]


def code_of(project: Path = PROJECT) -> str:
    """Twelve hexadecimal digits that change with whatever a release must fit: code, libraries, and the texts that the code says."""
    keys = sorted(Texts.load(project / "data" / "textes" / "assistant.yml"))
    return sha256(f"{code_fingerprint(_READERS, project)} {keys}".encode())[:12]


def sha256(content: bytes) -> str:
    """The checksum of a file, in hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def is_safe(path: str) -> bool:
    """Whether a path stays inside of the folder of its release, and can only be one of its files."""
    pure = PurePosixPath(path)
    plain = pure.as_posix() == path and not pure.is_absolute() and ".." not in pure.parts and "\0" not in path and "\\" not in path
    return plain and any(pure.match(pattern) and len(pure.parts) == pattern.count("/") + 1 for pattern in (*CONTENT, "models/*.tar.gz"))
