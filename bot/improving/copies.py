"""Working copies: the content of a release in a folder of its own, from which a model can be trained and a release be made."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from bot.config import PROJECT
from bot.releases import Release

_CODE = ("bot", "actions")
"""What a model and a release have to fit is looked for in the working copy: the running program's own."""


def copy_release(release: Release, source: Path, target: Path) -> Path:
    """Copy the files of a release from its folder, and put the running program's code and lock file beside them."""
    for path in release.files:
        (target / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / path, target / path)
    for name in _CODE:
        (target / name).symlink_to(PROJECT / name)
    shutil.copyfile(PROJECT / "uv.lock", target / "uv.lock")
    return target


def write_files(folder: Path, files: Mapping[str, str]) -> None:
    """Write texts over those of a working copy, byte for byte."""
    for path, text in files.items():
        (folder / path).write_bytes(text.encode())
