"""Assistants side by side in one run: the same messages in turn, one after the other, then many conversations at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.benchmarks.cluster import Cluster, Plan, launch
from bot.benchmarks.figures import Spread, named, number, ratio
from bot.benchmarks.floor import Floor
from bot.benchmarks.latency import TURNS_PER_CONVERSATION
from bot.benchmarks.load import Loaded, client, conversations, together, under_load
from bot.benchmarks.parts import PARTS, Clocks, keeping, parts
from bot.evaluation.chat import Chat
from bot.processes import ACTIONS, RASA, WEB

OURS = "le nôtre"
WARM_UP = 16
"""Messages that are not counted, for each side."""
PROCESSES: Mapping[str, str] = {RASA: "Rasa", ACTIONS: "actions", WEB: "web"}


@dataclass(frozen=True)
class Side:
    """What was measured of one assistant: one message after the other (`single`) and its parts in milliseconds, many conversations at
    once (`loaded`), megabytes of each process (resident).
    """

    name: str
    single: Spread
    parts_ms: Mapping[str, float]
    loaded: Loaded
    megabytes: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        single = {"name": self.name, "single": asdict(self.single), "parts_ms": dict(self.parts_ms)}
        return single | {"load": self.loaded.as_dict(), "megabytes": dict(self.megabytes)}

    def ratios(self, other: Side) -> dict[str, float]:
        """This side's figures as so many times those of another."""
        pairs = zip(self._compared().items(), other._compared().values(), strict=True)
        return {name: ratio(ours, theirs) for (name, ours), theirs in pairs}

    def _compared(self) -> dict[str, float]:
        single, load = self.single, self.loaded.load.spread
        return {
            "p50": single.p50,
            "p95": single.p95,
            "p99": single.p99,
            "load_p50": load.p50,
            "load_p95": load.p95,
            "load_p99": load.p99,
            "per_second": self.loaded.load.per_second,
            "per_cpu_second": self.loaded.per_cpu_second,
            "per_rasa_cpu_second": self.loaded.per_rasa_cpu_second,
            "megabytes": sum(self.megabytes.values()),
        }


@dataclass(frozen=True)
class _Single:
    """One message after the other: seconds of each, of each again from the store of the web process, and what was counted meanwhile."""

    times: tuple[float, ...]
    replays: tuple[float, ...]
    counted: Clocks


def compare(
    plans: Mapping[str, Plan], messages: Sequence[str], at_once: int, folder: Path, tell: Callable[[str], None] = lambda _: None
) -> list[Side]:
    """Measure all sides. Raises UnavailableError when one does not start or does not answer."""
    with ExitStack() as stack:
        tell("Les assistants démarrent…")
        started = {name: stack.enter_context(launch(plan, folder / str(place))) for place, (name, plan) in enumerate(plans.items())}
        for cluster in started.values():
            cluster.wait_until_ready()
            together(cluster.chat, conversations(messages[:WARM_UP]), 1)
        tell("Un message après l'autre…")
        singles = _one_by_one(list(started.values()), messages)
        first, second = _halves(conversations(messages))
        tell(f"{at_once} conversations à la fois…")
        loaded = {name: under_load(cluster, first, at_once) for name, cluster in started.items()}
        for name in reversed(started):  # what the machine does meanwhile favours none
            loaded[name] += under_load(started[name], second, at_once)
        kept_in = keeping(folder / "keeping.sqlite", messages)
        return [_side(name, started[name], single, loaded[name], kept_in) for name, single in zip(started, singles, strict=True)]


def _one_by_one(clusters: Sequence[Cluster], messages: Sequence[str]) -> list[_Single]:
    """Say each message to every side in turn, whose order changes; then each once more, for what the web process alone takes."""
    with ExitStack() as stack:
        connections = [stack.enter_context(client()) for _ in clusters]
        before = [Clocks.of(cluster) for cluster in clusters]
        said: list[list[tuple[Chat, str, str]]] = [[] for _ in clusters]
        times: list[list[float]] = [[] for _ in clusters]
        for place, message in enumerate(messages):
            for turn in range(len(clusters)):
                side = (place + turn) % len(clusters)
                is_new = place % TURNS_PER_CONVERSATION == 0
                chat = Chat(connections[side], clusters[side].chat) if is_new else said[side][-1][0]
                times[side].append(chat.say(message, f"bench-{place}").seconds)
                said[side].append((chat, message, f"bench-{place}"))
        counted = [Clocks.of(cluster).since(clocks) for cluster, clocks in zip(clusters, before, strict=True)]
        replays = [[chat.say(message, ident).seconds for chat, message, ident in each] for each in said]
    return [_Single(tuple(a), tuple(b), clocks) for a, b, clocks in zip(times, replays, counted, strict=True)]


def _halves(told: Sequence[Sequence[str]]) -> tuple[Sequence[Sequence[str]], Sequence[Sequence[str]]]:
    """Each side takes its turn twice."""
    middle = (len(told) + 1) // 2
    return told[:middle], told[middle:] or told


def _side(name: str, cluster: Cluster, single: _Single, loaded: Loaded, kept_in: float) -> Side:
    messages = len(single.times)
    whole, replay = sum(single.times) / messages, sum(single.replays) / messages
    parts_ms = parts(whole, replay, kept_in, loaded.cpu_ms[ACTIONS] / 1000, single.counted, messages)
    memory = {kind: usage.megabytes for kind, usage in cluster.usage().items()}
    return Side(name, Spread.of(single.times), parts_ms, loaded, memory)


RATIOS: Mapping[str, str] = {
    "p50": "médiane",
    "p95": "95 %",
    "p99": "99 %",
    "load_p50": "médiane sous charge",
    "load_p95": "95 % sous charge",
    "load_p99": "99 % sous charge",
    "per_second": "messages par seconde",
    "per_cpu_second": "messages par seconde de processeur",
    "per_rasa_cpu_second": "messages par seconde de processeur de Rasa",
    "megabytes": "mémoire",
}


def lines(sides: Sequence[Side], floor: Floor) -> list[str]:
    """Return the figures as French sentences, the first side beside each other one."""
    ours, *others = sides
    found = [line for side in sides for line in _side_lines(side)]
    for other in others:
        shown = ", ".join(f"{RATIOS[name]} × {number(value)}" for name, value in ours.ratios(other).items())
        found.append(f"{ours.name} / {other.name} : {shown}")
    above, above_cpu = ratio(ours.single.p50, floor.whole.p50), ratio(sum(ours.loaded.cpu_ms.values()), floor.cpu_ms)
    found.append(
        f"plancher, le classifieur et spaCy seuls : {floor.whole} ; processeur {number(floor.cpu_ms)} ms ; "
        f"spaCy sur un message {number(floor.spacy.p50)} ms, demandé pour {number(100 * floor.spacy_share)} % des messages"
    )
    found.append(f"un message entier dure {number(above)} fois le plancher, et coûte {number(above_cpu)} fois son processeur")
    return found


def _side_lines(side: Side) -> list[str]:
    loaded, load = side.loaded, side.loaded.load
    per_second = f"{number(loaded.per_cpu_second)} en tout, {number(loaded.per_rasa_cpu_second)} pour Rasa seul"
    return [
        side.name,
        f"  un message après l'autre : {side.single}",
        f"  dont, en moyenne ({number(side.single.mean)} ms) : {named(side.parts_ms, PARTS, 'ms')}",
        f"  {load.at_once} conversations à la fois : {number(load.per_second)} messages par seconde, {load.spread}",
        f"  processeur par message : {named(loaded.cpu_ms, PROCESSES, 'ms')}",
        f"  messages par seconde de processeur : {per_second}",
        f"  mémoire : {named(side.megabytes, PROCESSES, 'Mo')}",
    ]
