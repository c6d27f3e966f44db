"""Many conversations at once through the chat API, each person with a loopback address of their own, and the processors they take."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any

import httpx

from bot.benchmarks.cluster import Cluster
from bot.benchmarks.figures import Spread
from bot.benchmarks.latency import TURNS_PER_CONVERSATION
from bot.evaluation.chat import SECONDS, Chat
from bot.processes import RASA

_REST_SECONDS = 0.2
"""After a load, so that what its turns leave to do is done."""


@dataclass(frozen=True)
class Load:
    """What came of many conversations at once: by the clock, and the times of the messages."""

    at_once: int
    wall_seconds: float
    times: tuple[float, ...]

    @property
    def per_second(self) -> float:
        """Messages answered in a second by the clock."""
        return len(self.times) / self.wall_seconds

    @property
    def spread(self) -> Spread:
        """The times summed up."""
        return Spread.of(self.times)

    def __add__(self, other: Load) -> Load:
        """Two loads, one after the other."""
        return Load(self.at_once, self.wall_seconds + other.wall_seconds, self.times + other.times)


@dataclass(frozen=True)
class Loaded:
    """A load on an assistant, and the seconds of processors that it took, by process."""

    load: Load
    cpu_seconds: Mapping[str, float]

    @property
    def cpu_ms(self) -> dict[str, float]:
        """Milliseconds of processors for one message, by process."""
        return {kind: 1000 * seconds / len(self.load.times) for kind, seconds in self.cpu_seconds.items()}

    @property
    def per_cpu_second(self) -> float:
        """Messages for each second of processors that all processes use."""
        return 1000 / sum(self.cpu_ms.values())

    @property
    def per_rasa_cpu_second(self) -> float:
        """Messages for each second of a processor that Rasa alone uses."""
        return 1000 / self.cpu_ms[RASA]

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        rates = {"per_cpu_second": self.per_cpu_second, "per_rasa_cpu_second": self.per_rasa_cpu_second, "cpu_ms": self.cpu_ms}
        return {"at_once": self.load.at_once, "per_second": self.load.per_second} | rates | asdict(self.load.spread)

    def __add__(self, other: Loaded) -> Loaded:
        """Two loads, one after the other."""
        return Loaded(self.load + other.load, {kind: seconds + other.cpu_seconds[kind] for kind, seconds in self.cpu_seconds.items()})


def under_load(cluster: Cluster, told: Sequence[Sequence[str]], at_once: int) -> Loaded:
    """Hold these conversations with an assistant, so many at once. Raises UnavailableError when a message is not answered."""
    before = cluster.usage()
    load = together(cluster.chat, told, at_once)
    time.sleep(_REST_SECONDS)
    return Loaded(load, {kind: usage.cpu_seconds - before[kind].cpu_seconds for kind, usage in cluster.usage().items()})


def conversations(messages: Sequence[str]) -> list[Sequence[str]]:
    """The messages as conversations of a usual length."""
    return [messages[start : start + TURNS_PER_CONVERSATION] for start in range(0, len(messages), TURNS_PER_CONVERSATION)]


def client(number: int = 0) -> httpx.Client:
    """The connections of one person. HAProxy spreads people over the web processes by their addresses, of which this gives each one."""
    address = f"127.0.{1 + number // 250 % 250}.{1 + number % 250}"
    return httpx.Client(transport=httpx.HTTPTransport(local_address=address), timeout=SECONDS, trust_env=False)


def together(chat: str, told: Sequence[Sequence[str]], at_once: int) -> Load:
    """Hold these conversations, so many at once. Raises UnavailableError when a message is not answered."""
    began = time.perf_counter()
    with ThreadPoolExecutor(at_once, "people") as people:
        try:
            times = list(people.map(lambda each: _hold(chat, *each), enumerate(told)))
        except BaseException:
            people.shutdown(wait=False, cancel_futures=True)  # else those who have not begun would still have their turn
            raise
    return Load(at_once, time.perf_counter() - began, tuple(seconds for each in times for seconds in each))


def _hold(chat: str, number: int, messages: Sequence[str]) -> list[float]:
    with client(number) as http:
        person = Chat(http, chat)
        return [person.say(message).seconds for message in messages]
