"""Working copies of the tests' own, to publish from."""

from __future__ import annotations

import shutil
from pathlib import Path

from bot.config import PROJECT
from bot.models import model_path, model_to_run

KNOWLEDGE = "data/knowledge/cic-2014-2016.yml"


def copy_project(folder: Path, model: bytes | None = None) -> Path:
    """Copy what a release is made from; without `model`, the bytes of another one, the trained model of the project is in it."""
    shutil.copytree(PROJECT / "data", folder / "data")
    for name in ("config.yml", "domain.yml", "uv.lock"):
        shutil.copyfile(PROJECT / name, folder / name)
    (folder / "bot").symlink_to(PROJECT / "bot")
    add_model(folder, model_to_run().path.read_bytes() if model is None else model)
    return folder


def add_model(project: Path, model: bytes) -> None:
    """Put a model in place as the one of the present data."""
    model_path(project).parent.mkdir(exist_ok=True)
    model_path(project).write_bytes(model)


def reword(project: Path, old: str, new: str) -> None:
    """Change a sentence of the knowledge."""
    path = project / KNOWLEDGE
    text = path.read_text("utf-8")
    assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {path}"
    path.write_text(text.replace(old, new), "utf-8")
