"""How long the assistant takes to start, from the disk and from memory, and what its processes hold then."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import httpx

from bot.benchmarks.cluster import KINDS, START_SECONDS, Cluster, Plan, launch
from bot.benchmarks.figures import named, number, ratio
from bot.config import PROJECT
from bot.errors import UnavailableError
from bot.evaluation.chat import Chat
from bot.processes import ACTIONS, RASA, WEB

ANSWER = "answer"
"""The first answer to a message, which needs all processes."""
COLD, WARM = "cold", "warm"
NAMES: Mapping[str, str] = {RASA: "Rasa", ACTIONS: "actions", WEB: "web", ANSWER: "première réponse"}
_POLL_SECONDS = 0.05
_QUESTION = "Quel est le budget total du Programme ?"


@dataclass(frozen=True)
class Start:
    """One start: seconds until each process can do its part and until the first answer; then, of each process, megabytes read from the
    disk, resident, and its share of what it holds with others (PSS).
    """

    seconds: Mapping[str, float]
    read_mb: Mapping[str, float]
    rss_mb: Mapping[str, float]
    pss_mb: Mapping[str, float]


@dataclass(frozen=True)
class Starts:
    """Starts of one kind, cold or warm."""

    runs: tuple[Start, ...]

    def median(self, figure: str) -> dict[str, float]:
        """The median of one figure (a field of Start) over the runs, by process."""
        found = [getattr(run, figure) for run in self.runs]
        return {name: median(each[name] for each in found) for name in found[0]}

    def as_dict(self) -> dict[str, Any]:
        """Medians, and all runs."""
        figures = {name: self.median(name) for name in Start.__dataclass_fields__}
        return figures | {"runs": [asdict(run) for run in self.runs]}


def measure(model: Path, folder: Path, runs: int, tell: Callable[[str], None] = lambda _: None) -> dict[str, Starts]:
    """Start the assistant cold and warm in turn, so many times each. Raises UnavailableError when it does not start."""
    found: dict[str, list[Start]] = {COLD: [], WARM: []}
    for run in range(runs):
        for kind in (COLD, WARM):
            tell(f"Démarrage {run + 1} sur {runs}, {'à froid' if kind == COLD else 'à chaud'}…")
            if kind == COLD:
                forget_pages([model, *read_at_start()])
            found[kind].append(_start(Plan(model), folder / f"{kind}{run}"))
    return {kind: Starts(tuple(starts)) for kind, starts in found.items()}


def read_at_start() -> list[Path]:
    """The folders out of which the processes are loaded: libraries, Python, our own code and data."""
    return [Path(sys.prefix), Path(sys.base_prefix) / "lib", *(PROJECT / name for name in ("bot", "actions", "data"))]


def forget_pages(paths: Iterable[Path]) -> None:
    """Ask the kernel to drop what it holds of these files and folders in memory. It keeps what another process has mapped."""
    for path in _files(paths):
        with suppress(OSError):  # a socket, or a file that went away
            handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
            try:
                os.posix_fadvise(handle, 0, 0, os.POSIX_FADV_DONTNEED)
            finally:
                os.close(handle)


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (Path(folder) / name for folder, _, names in os.walk(path) for name in names)
        else:
            yield path


def _start(plan: Plan, folder: Path) -> Start:
    began = time.perf_counter()
    with launch(plan, folder) as cluster:
        seconds = {kind: at - began for kind, at in _moments(cluster, began + START_SECONDS)}
        with httpx.Client(timeout=START_SECONDS, trust_env=False) as http:
            Chat(http, cluster.chat).say(_QUESTION)
        seconds[ANSWER] = time.perf_counter() - began
        found = {kind: cluster.process(kind) for kind in KINDS}
        memory = {kind: process.memory_full_info() for kind, process in found.items()}
        return Start(
            {name: seconds[name] for name in (*KINDS, ANSWER)},
            {kind: process.io_counters().read_bytes / 1e6 for kind, process in found.items()},
            {kind: each.rss / 1e6 for kind, each in memory.items()},
            {kind: each.pss / 1e6 for kind, each in memory.items()},
        )


def _moments(cluster: Cluster, deadline: float) -> Iterator[tuple[str, float]]:
    """When each process could do its part, in the order in which they could."""
    waiting = list(KINDS)
    while waiting:
        for kind in [kind for kind in waiting if cluster.answers(kind)]:
            waiting.remove(kind)
            yield kind, time.perf_counter()
        if time.perf_counter() > deadline:
            raise UnavailableError(f"L'assistant à mesurer n'a pas démarré.\n{cluster.last_lines()}")
        time.sleep(_POLL_SECONDS)


def lines(found: Mapping[str, Starts]) -> Sequence[str]:
    """Return the figures as French sentences."""
    cold, warm = found[COLD], found[WARM]
    many, longer = len(cold.runs), ratio(cold.median("seconds")[ANSWER], warm.median("seconds")[ANSWER])
    return (
        f"{many} démarrage{'s' if many > 1 else ''} de chaque sorte, médianes ; secondes jusqu'à ce que chaque processus réponde",
        f"à froid : {named(cold.median('seconds'), NAMES, 's')}",
        f"  lu sur le disque : {named(cold.median('read_mb'), NAMES, 'Mo')}",
        f"à chaud : {named(warm.median('seconds'), NAMES, 's')}",
        f"  lu sur le disque : {named(warm.median('read_mb'), NAMES, 'Mo')}",
        f"la première réponse à froid, par rapport à celle à chaud : × {number(longer)}",
        f"mémoire résidente : {named(warm.median('rss_mb'), NAMES, 'Mo')}",
        f"mémoire, part de ce qui est partagé (PSS) : {named(warm.median('pss_mb'), NAMES, 'Mo')}",
        "À froid : le noyau a été prié d'oublier les fichiers des bibliothèques, de Python, du modèle et du projet (posix_fadvise) ;",
        "il garde ceux qu'un autre processus utilise, et le disque peut avoir sa propre mémoire.",
    )
