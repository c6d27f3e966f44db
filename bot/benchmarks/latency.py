"""How long a reply takes, measured from outside through the chat API, on a fixed mixed script.

Seconds depend on the machine; the two ratios much less: the web process alone against a whole reply, and the slowest
replies against the usual one.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import chain, cycle, islice
from typing import Any

from bot.evaluation.cases import CaseSet
from bot.evaluation.model import Reply
from bot.evaluation.report import percentile

TURNS_PER_CONVERSATION = 8
"""Messages before a new conversation begins, as people do."""
QUESTIONS_PER_OTHER = 3
"""Questions for each message that is none."""
_STRIDE = 37
"""Step through the cases: with their numbers coprime to it, neighbours are about different subjects."""

Send = Callable[[str, str], Reply]
"""Sends a message under an id; the same id again gets the stored reply."""


@dataclass(frozen=True)
class Latency:
    """Milliseconds of each reply, and of the same reply asked for again: the latter is the work of the web process alone."""

    turns: int
    seconds: float
    p50_ms: float
    p95_ms: float
    max_ms: float
    replay_p50_ms: float

    @property
    def per_second(self) -> float:
        """Messages a second, one after the other."""
        return self.turns / self.seconds

    @property
    def web_share(self) -> float:
        """Time of the web process and its store as a share of a whole reply, 0 to 1."""
        return self.replay_p50_ms / self.p50_ms

    @property
    def tail(self) -> float:
        """How many times longer than the usual reply the slowest in twenty takes."""
        return self.p95_ms / self.p50_ms

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self) | {"per_second": self.per_second, "web_share": self.web_share, "tail": self.tail}


def script(cases: CaseSet, turns: int) -> list[str]:
    """`turns` messages: questions of all subjects, with small talk and off-topic messages between them, always the same."""
    questions = cycle(_mixed([case.text for case in cases.questions]))
    others = cycle(_mixed([case.text for case in chain(cases.off_topic, cases.out_of_scope)]))
    return list(islice(_interleave(questions, others), turns))


def _mixed(texts: Sequence[str]) -> list[str]:
    return [texts[number * _STRIDE % len(texts)] for number in range(len(texts))]


def _interleave(questions: Iterator[str], others: Iterator[str]) -> Iterator[str]:
    while True:
        yield from islice(questions, QUESTIONS_PER_OTHER)
        yield next(others)


def measure(messages: Sequence[str], open_chat: Callable[[], Send], now: Callable[[], float] = time.perf_counter) -> Latency:
    """Send the messages, a new conversation every few, each once more under its id; the first reply of all is not counted."""
    open_chat()(messages[0], "bench-0")
    first: list[float] = []
    again: list[float] = []
    for start in range(0, len(messages), TURNS_PER_CONVERSATION):
        send = open_chat()
        for number, message in enumerate(messages[start : start + TURNS_PER_CONVERSATION], start):
            for times in (first, again):
                began = now()
                send(message, f"bench-{number}")
                times.append(now() - began)
    return Latency(
        turns=len(first),
        seconds=sum(first),
        p50_ms=1000 * percentile(first, 0.5),
        p95_ms=1000 * percentile(first, 0.95),
        max_ms=1000 * max(first),
        replay_p50_ms=1000 * percentile(again, 0.5),
    )
