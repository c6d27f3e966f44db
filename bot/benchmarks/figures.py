"""What every benchmark says of its figures: times summed up, ratios, and the machine that they were taken on."""

from __future__ import annotations

import math
import platform
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bot.config import PROJECT
from bot.evaluation.report import percentile
from bot.text import NNBSP


@dataclass(frozen=True)
class Spread:
    """Times of messages, in milliseconds."""

    count: int
    mean: float
    p50: float
    p95: float
    p99: float
    longest: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """Sum up times that were taken in seconds; without any, all is 0."""
        times = [1000 * each for each in seconds]
        p50, p95, p99 = (percentile(times, share) for share in (0.5, 0.95, 0.99))
        return cls(len(times), sum(times) / max(1, len(times)), p50, p95, p99, max(times, default=0.0))

    def __str__(self) -> str:
        return f"{number(self.p50)} ms (médiane), {number(self.p95)} ms (95 %), {number(self.p99)} ms (99 %)"


def ratio(ours: float, theirs: float) -> float:
    """How many times theirs ours is; not a number when theirs is nothing."""
    return ours / theirs if theirs else math.nan


def machine() -> dict[str, Any]:
    """The machine, the versions and the state of the code: figures mean little without them."""
    return {
        "cores": psutil.cpu_count(),
        "processor": _processor(),
        "memory_gb": round(psutil.virtual_memory().total / 1e9, 1),
        "python": platform.python_version(),
        "commit": _commit(),
    }


def cores() -> str:
    """A sentence without which throughput by the clock is misread."""
    count = psutil.cpu_count() or 1
    return f"Cette machine a {count} cœur{'s' if count > 1 else ''} : tous les processus et la charge elle-même se les partagent."


def number(value: float) -> str:
    """A figure as people read it: three digits that count, decimals only below 100."""
    if math.isnan(value):
        return "—"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2
    return f"{value:,.{digits}f}".replace(",", NNBSP).replace(".", ",")


def named(figures: Mapping[str, float], names: Mapping[str, str], unit: str) -> str:
    """Figures in one line, each with its name."""
    return ", ".join(f"{names.get(key, key)} {number(value)} {unit}" for key, value in figures.items())


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.machine()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _commit() -> str | None:
    """The commit of this folder, with a + when files differ from it; None without git."""
    git = shutil.which("git")
    if git is None:
        return None
    command = (git, "describe", "--always", "--dirty=+", "--abbrev=8", "--exclude=*")
    done = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout.strip() or None
