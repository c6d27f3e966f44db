"""One, two, four of each process behind HAProxy on PostgreSQL: what a message costs Rasa's processors, and what comes out by the clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.benchmarks.cluster import Plan, start
from bot.benchmarks.figures import number, ratio
from bot.benchmarks.floor import floor_of
from bot.benchmarks.load import Loaded, conversations, together, under_load
from bot.benchmarks.postgresql import new_database, running_server

WARM_UP = 24
"""Messages that are not counted, for each Rasa."""


@dataclass(frozen=True)
class Step:
    """A load on so many of each process."""

    sets: int
    loaded: Loaded
    megabytes: float

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return {"sets": self.sets, "megabytes": self.megabytes} | self.loaded.as_dict()

    def ratios(self, first: Step) -> dict[str, float]:
        """This step's figures as so many times those of the first."""
        return {
            "per_rasa_cpu_second": ratio(self.loaded.per_rasa_cpu_second, first.loaded.per_rasa_cpu_second),
            "per_second": ratio(self.loaded.load.per_second, first.loaded.load.per_second),
            "p50": ratio(self.loaded.load.spread.p50, first.loaded.load.spread.p50),
            "p99": ratio(self.loaded.load.spread.p99, first.loaded.load.spread.p99),
        }


def measure(
    model: Path, sets: Sequence[int], messages: Sequence[str], at_once: int, folder: Path, tell: Callable[[str], None] = lambda _: None
) -> list[Step]:
    """Measure each number of sets, one after the other, on one server that waits for the disk. Raises UnavailableError."""
    with running_server(durable=True) as server:
        steps = []
        for many in sets:
            tell(f"{many} de chaque processus…")
            plan = Plan(model, sets=many, database=new_database(server), proxied=True)
            with start(plan, folder / str(many)) as cluster:
                together(cluster.chat, conversations((list(messages) * many)[: WARM_UP * many]), at_once)
                loaded = under_load(cluster, conversations(messages), at_once)
                steps.append(Step(many, loaded, sum(usage.megabytes for usage in cluster.usage().values())))
        return steps


def machine_ratios(
    model: Path, sets: Sequence[int], messages: Sequence[str], tell: Callable[[str], None] = lambda _: None
) -> dict[int, float]:
    """What the machine itself loses: messages per second of a processor of the classifier alone, so many of it at once, to one.

    These processes share nothing but the machine. Raises UnavailableError when one fails.
    """
    costs = {}
    for many in (1, *sets):
        tell(f"Le classifieur seul, {many} fois à la fois…")
        with ThreadPoolExecutor(many) as pool:
            found = list(pool.map(lambda _: floor_of(model, messages), range(many)))
        costs[many] = sum(each.cpu_ms for each in found) / many
    return {many: ratio(costs[1], costs[many]) for many in sets}


def lines(steps: Sequence[Step], machine: Mapping[int, float]) -> list[str]:
    """Return the figures as French sentences."""
    first, told = steps[0], []
    for step in steps:
        load, times = step.loaded.load, {name: number(each) for name, each in step.ratios(first).items()}
        per_second = number(step.loaded.per_rasa_cpu_second)
        told += [
            f"{step.sets} de chaque processus, {load.at_once} conversations à la fois",
            f"  messages par seconde de processeur de Rasa : {per_second} (× {times['per_rasa_cpu_second']})",
            f"  ce que la machine en permet, le classifieur seul autant de fois à la fois : × {number(machine[step.sets])}",
            f"  messages par seconde : {number(load.per_second)} (× {times['per_second']}), {load.spread}",
            f"  mémoire : {number(step.megabytes)} Mo",
        ]
    return told
