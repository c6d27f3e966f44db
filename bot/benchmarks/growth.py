"""What a message costs as a conversation grows, and as the database does."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from itertools import cycle, islice
from pathlib import Path
from statistics import mean, median
from typing import Any

import httpx

from bot.benchmarks.cluster import Cluster, Plan, start
from bot.benchmarks.figures import Spread, number, ratio
from bot.benchmarks.load import client
from bot.benchmarks.postgresql import new_database, running_server
from bot.benchmarks.stored import copy_conversation, tidy
from bot.evaluation.chat import Chat
from bot.storage import Database, utc_now
from bot.web.sessions import Sessions

BLOCK = 10
"""Messages said in a row at one point, so that the processors' clocks, which tick a hundred times a second, tell them apart."""
DRIFT = 0.2
"""A conversation may grow by this share while messages are measured in it; then another copy of it is taken."""
WARM_UP = 20
RECORDED_TURNS = 2
"""Turns of the conversations that fill the database."""


@dataclass(frozen=True)
class Point:
    """Messages at one size, in turns or conversations. Milliseconds of processors of all three processes for one message: the median of
    blocks of messages, and the mean, in which what happens now and then stands too (collecting garbage, keeping house).
    """

    size: int
    times: Spread
    cpu_ms: float
    cpu_mean_ms: float

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return {"size": self.size, "cpu_ms": self.cpu_ms, "cpu_mean_ms": self.cpu_mean_ms} | asdict(self.times)


@dataclass(frozen=True)
class Growth:
    """Points at growing sizes of one thing; `twins` are two points of the same size, whose ratio is what the measure itself is worth."""

    points: tuple[Point, ...]
    twins: tuple[Point, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """All figures, and the ratios of the largest to the smallest."""
        found: dict[str, Any] = {"points": [point.as_dict() for point in self.points], "ratios": ratios(self.points)}
        return found | ({"twins": [point.as_dict() for point in self.twins], "twin_ratios": ratios(self.twins)} if self.twins else {})


def ratios(points: Sequence[Point]) -> dict[str, float]:
    """Median time and processor time of the last point as so many times those of the first."""
    return {"p50": ratio(points[-1].times.p50, points[0].times.p50), "cpu_ms": ratio(points[-1].cpu_ms, points[0].cpu_ms)}


@dataclass
class Stop:
    """Where messages are said: `say` says one and returns its seconds, in `cluster`, whose processors are looked at."""

    size: int
    cluster: Cluster
    say: Callable[[str], float]
    times: list[float] = field(default_factory=list)
    blocks_ms: list[float] = field(default_factory=list)
    """Milliseconds of processors for one message, block by block."""

    def visit(self, messages: Sequence[str]) -> None:
        """Say some messages."""
        before = _cpu_seconds(self.cluster)
        self.times.extend(self.say(message) for message in messages)
        self.blocks_ms.append(1000 * (_cpu_seconds(self.cluster) - before) / len(messages))

    def point(self) -> Point:
        """What was measured here."""
        return Point(self.size, Spread.of(self.times), median(self.blocks_ms), mean(self.blocks_ms))


def by_length(cluster: Cluster, sizes: Sequence[int], messages: Sequence[str], samples: int) -> Growth:
    """Measure in conversations of so many turns, growing; at all of them in turn, `samples` messages at each."""
    with _recorder(cluster) as recorder, client() as http:
        said, talk, stops = 0, Chat(http, cluster.chat), []
        endless = cycle(messages)
        for size in sizes:
            for message in islice(endless, size - said):
                talk.say(message)
            said = size
            copies = recorder.copies(talk, f"long{size}-", copies_for(size, samples + WARM_UP))
            stops.append(Stop(size, cluster, recorder.resume(http, copies)))
        _tour(stops, endless, samples)
    return Growth(tuple(stop.point() for stop in stops))


def by_number(
    clusters: Sequence[Cluster], sizes: Sequence[int], messages: Sequence[str], samples: int, tell: Callable[[str], None]
) -> Growth:
    """Measure in fresh conversations beside so many stored ones: two assistants, first with as many each, then one with more."""
    small, large = sizes
    with ExitStack() as stack:
        http = stack.enter_context(client())
        recorders = [stack.enter_context(_recorder(cluster)) for cluster in clusters]
        talks = [Chat(http, cluster.chat) for cluster in clusters]
        for talk, recorder in zip(talks, recorders, strict=True):
            for message in messages[:RECORDED_TURNS]:
                talk.say(message)
            recorder.copies(talk, "first-", small)
        twins = _fresh(clusters, (small, small), http, messages, samples)
        tell(f"{large} conversations sont conservées…")
        recorders[1].copies(talks[1], "more-", large - small)
        return Growth(_fresh(clusters, sizes, http, messages, samples), twins)


def copies_for(size: int, samples: int) -> int:
    """How many copies of a conversation of `size` turns take `samples` messages without growing by more than DRIFT."""
    return math.ceil(samples / max(1, int(size * DRIFT)))


@contextmanager
def two_assistants(model: Path, folder: Path, on_server: bool) -> Iterator[list[Cluster]]:
    """Two assistants, each with a database of its own: SQLite, or PostgreSQL that waits for the disk."""
    with ExitStack() as stack:
        server = stack.enter_context(running_server(durable=True)) if on_server else None
        plans = [Plan(model, database=new_database(server) if server else None) for _ in range(2)]
        yield [stack.enter_context(start(plan, folder / str(place))) for place, plan in enumerate(plans)]


@dataclass(frozen=True)
class _Recorder:
    """Copies conversations of an assistant, and goes on with the copies."""

    cluster: Cluster
    database: Database

    def copies(self, talk: Chat, prefix: str, count: int) -> list[str]:
        session = self._sessions("").resume(talk.session)
        assert session is not None  # noqa: S101 - the assistant itself has just given it
        names = copy_conversation(self.database, session.conversation, prefix, count)
        tidy(self.database)
        return names

    def resume(self, http: httpx.Client, names: Sequence[str]) -> Callable[[str], float]:
        """Say each message in the next of these conversations."""
        talks = []
        for name in names:
            talk = Chat(http, self.cluster.chat)
            talk.session = self._sessions(name).start().token
            talks.append(talk)
        following = cycle(talks)
        return lambda message: next(following).say(message).seconds

    def _sessions(self, name: str) -> Sessions:
        return Sessions(self.cluster.settings.secret(), utc_now, lambda: name)


@contextmanager
def _recorder(cluster: Cluster) -> Iterator[_Recorder]:
    database = Database(cluster.settings.database_url)
    try:
        yield _Recorder(cluster, database)
    finally:
        database.close()


def _fresh(
    clusters: Sequence[Cluster], sizes: Sequence[int], http: httpx.Client, messages: Sequence[str], samples: int
) -> tuple[Point, ...]:
    stops = [Stop(size, cluster, _newcomer(http, cluster)) for size, cluster in zip(sizes, clusters, strict=True)]
    _tour(stops, cycle(messages), samples)
    return tuple(stop.point() for stop in stops)


def _newcomer(http: httpx.Client, cluster: Cluster) -> Callable[[str], float]:
    """Say each message as somebody who says two."""
    talks = (talk for _ in iter(int, 1) for talk in [Chat(http, cluster.chat)] * RECORDED_TURNS)
    return lambda message: next(talks).say(message).seconds


def _tour(stops: Sequence[Stop], messages: Iterator[str], samples: int) -> None:
    """Visit all stops again and again, in an order that changes; the same messages at each."""
    for stop in stops:
        for message in islice(messages, WARM_UP):
            stop.say(message)
    for lap in range(math.ceil(samples / BLOCK)):
        block = list(islice(messages, BLOCK))
        for turn in range(len(stops)):
            stops[(lap + turn) % len(stops)].visit(block)


def _cpu_seconds(cluster: Cluster) -> float:
    return sum(usage.cpu_seconds for usage in cluster.usage().values())


def lines(found: Mapping[str, Growth]) -> list[str]:
    """Return the figures as French sentences."""
    names = {"turns": "tours dans la conversation", "stored": "conversations conservées"}
    told: list[str] = []
    for what, growth in found.items():
        told.extend(f"{point.size} {names[what]} : {point.times}, processeur {number(point.cpu_ms)} ms" for point in growth.points)
        told.append(f"  rapport du plus grand au plus petit : {_ratio_line(growth.points)}")
        if growth.twins:
            told.append(f"  le même rapport avant, à {growth.twins[0].size} des deux côtés : {_ratio_line(growth.twins)}")
    return told


def _ratio_line(points: Sequence[Point]) -> str:
    found = ratios(points)
    return f"médiane × {number(found['p50'])}, processeur × {number(found['cpu_ms'])}"
