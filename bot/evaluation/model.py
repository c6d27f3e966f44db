"""The values of an evaluation: what the assistant replied, and how a case ended. Frozen, no I/O."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


def normalise(text: str) -> str:
    """`text` as patterns read it: straight apostrophes, ordinary spaces."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").replace("‘", "'")
    return re.sub(r"[ \t\u00a0\u202f]+", " ", text)


@dataclass(frozen=True)
class Reply:
    """One answer of the chat API. `refused` is the status of a refusal of the input (too long, empty), else 0."""

    prose: str
    buttons: tuple[tuple[str, str], ...] = ()
    facts: frozenset[str] = frozenset()
    sourced: bool = False
    asks: str | None = None
    outcome: str | None = None
    refused: int = 0
    seconds: float = 0.0

    @property
    def text(self) -> str:
        """All that is read: the prose and the titles of the buttons."""
        return normalise("\n".join([self.prose, *(title for title, _ in self.buttons)]))

    @classmethod
    def from_body(cls, body: Mapping[str, Any], seconds: float) -> Reply:
        """Read the answer of contract.md."""
        messages = body.get("messages") or []
        sources = [message["source"] for message in messages if message.get("source")]
        return cls(
            prose=normalise("\n".join(message.get("text") or "" for message in messages)),
            buttons=tuple((b.get("title", ""), b.get("value") or b.get("title", "")) for m in messages for b in m.get("buttons") or []),
            facts=frozenset(fact for source in sources for fact in source.get("fact") or []),
            sourced=bool(sources),
            asks=body.get("asks"),
            outcome=body.get("outcome"),
            seconds=seconds,
        )


@dataclass(frozen=True)
class Turn:
    """One message and its reply."""

    message: str
    reply: Reply


class Talk(Protocol):
    """A conversation with the assistant."""

    turns: list[Turn]

    def say(self, message: str) -> Reply:
        """Send a message and return what is replied."""


@dataclass(frozen=True)
class Result:
    """How one case ended. It passes when it has no fault; `end` is the kind of its end, for those that have several.

    `counts` is False for a case that could not be played to its point.
    """

    id: str
    group: str
    faults: tuple[str, ...]
    turns: tuple[Turn, ...]
    end: str = ""
    counts: bool = True

    @property
    def passes(self) -> bool:
        """Whether nothing is wrong."""
        return not self.faults
