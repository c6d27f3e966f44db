"""What a training costs: seconds and memory, beside the floor that scikit-learn alone sets, and the second time, when nothing is to do."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from bot.benchmarks.figures import number, ratio
from bot.benchmarks.floor import TrainingFloor, training_floor
from bot.config import PROJECT, child_environment
from bot.errors import UnavailableError
from bot.training import train

_PROJECT_PARTS = ("actions", "bot", "config.yml", "data", "domain.yml", "uv.lock")
_SAMPLE_SECONDS = 0.1


@dataclass(frozen=True)
class Training:
    """Seconds of a whole training and the megabytes that it held at most; `again` when the model is in a cache; the floor."""

    seconds: float
    peak_megabytes: float
    again_seconds: float
    floor: TrainingFloor

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        ratios = {"seconds": ratio(self.seconds, self.floor.seconds), "megabytes": ratio(self.peak_megabytes, self.floor.megabytes)}
        return asdict(self) | {"ratios": ratios}


class Peak(threading.Thread):
    """The most that the children of this process hold in memory together, looked at ten times a second."""

    def __init__(self) -> None:
        super().__init__(name="peak", daemon=True)
        self.megabytes = 0.0
        self._over = threading.Event()

    def __enter__(self) -> Peak:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()

    def run(self) -> None:
        """Look until the block ends."""
        while not self._over.wait(_SAMPLE_SECONDS):
            self.megabytes = max(self.megabytes, _held_by_children())


def measure(pairs: Sequence[tuple[str, str]], folder: Path, tell: Callable[[str], None]) -> Training:
    """Train a model in a copy of the project, on the present data. Raises TrainingError, UnavailableError."""
    project = copy_of_project(folder / "project")
    began = time.perf_counter()
    with Peak() as peak:
        made = train(folder / "train.log", tell, project)
    seconds = time.perf_counter() - began
    tell("Une seconde fois, le modèle étant là…")
    again = _again(made.parent)
    tell("Le plancher : scikit-learn seul…")
    return Training(seconds, peak.megabytes, again, training_floor(pairs))


def copy_of_project(folder: Path) -> Path:
    """A project with the same files and no model."""
    folder.mkdir(parents=True)
    for name in _PROJECT_PARTS:
        (folder / name).symlink_to(PROJECT / name)
    return folder


def _again(cache: Path) -> float:
    """Seconds of `cic train --if-needed` with the model in a cache."""
    command = (sys.executable, "-c", "from bot.cli import app; app()", "train", "--if-needed", "--cache", str(cache))
    began = time.perf_counter()
    done = subprocess.run(command, cwd=PROJECT, env=child_environment({}), capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode != 0:
        raise UnavailableError(f"« cic train --if-needed » a échoué : {(done.stdout + done.stderr)[-1000:]}")
    return time.perf_counter() - began


def _held_by_children() -> float:
    held = 0.0
    for child in psutil.Process().children(recursive=True):
        try:
            held += child.memory_info().rss / 1e6
        except psutil.NoSuchProcess:
            continue
    return held


def lines(found: Training) -> list[str]:
    """Return the figures as French sentences."""
    floor = found.floor
    return [
        f"entraînement : {number(found.seconds)} s, {number(found.peak_megabytes)} Mo au plus",
        f"une seconde fois, le modèle étant là : {number(found.again_seconds)} s",
        f"plancher, le classifieur sans Rasa : {number(floor.seconds)} s, dont {number(floor.machine_seconds)} s de scikit-learn, "
        f"{number(floor.megabytes)} Mo au plus",
        f"rapport au plancher : × {number(ratio(found.seconds, floor.seconds))} en temps, "
        f"× {number(ratio(found.peak_megabytes, floor.megabytes))} en mémoire",
    ]
