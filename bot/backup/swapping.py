"""Puts several files in the place of others: all of them or none."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def swapped(fresh: Mapping[Path, Path | None], stamp: str) -> Iterator[list[Path]]:
    """Put each new file or folder in the place of its target (None: only take the target away), and give what was put aside.

    What stood there is renamed beside it, with `stamp`. When the block raises, or a file cannot be moved, all is as before.
    """
    staged = {target: _stage(source, target) if source else None for target, source in fresh.items()}
    done: list[tuple[Path, Path]] = []
    aside: list[Path] = []
    try:
        for target, source in staged.items():
            if target.exists():
                aside.append(target.with_name(f"{target.name}.avant-{stamp}"))
                _rename(target, aside[-1], done)
            if source:
                _rename(source, target, done)
        yield aside
    except BaseException:
        for source, target in reversed(done):
            target.rename(source)
        for left in filter(None, staged.values()):
            _remove(left)
        raise


def _stage(source: Path, target: Path) -> Path:
    """Bring a new file beside its target, so that the rest is renaming; on the disk before anything is renamed."""
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    staged = target.with_name(f"{target.name}.nouveau")
    _remove(staged)
    shutil.move(source, staged)
    os.sync()
    return staged


def _rename(source: Path, target: Path, done: list[tuple[Path, Path]]) -> None:
    source.rename(target)
    done.append((source, target))


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
