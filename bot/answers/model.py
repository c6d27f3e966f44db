"""The values that pass through the answers: what was heard, what is said, what is remembered. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Part:
    """One question of a message, with the labels that fit it, best first. Scores are margins of the classifier (about -1 to 1)."""

    text: str
    ranking: tuple[tuple[str, float], ...] = ()

    @property
    def best(self) -> str:
        """The label that fits best; empty when nothing was understood."""
        return self.ranking[0][0] if self.ranking else ""

    @property
    def score(self) -> float:
        """The margin of the best label; -9 when nothing was understood."""
        return self.ranking[0][1] if self.ranking else -9.0

    def score_of(self, label: str) -> float:
        """The margin of one label; -9 when it is not in the ranking."""
        return next((score for name, score in self.ranking if name == label), -9.0)


@dataclass(frozen=True)
class Heard:
    """What Rasa understood of one message: the whole, and its parts when it asks several things."""

    text: str
    whole: Part
    parts: tuple[Part, ...] = ()
    persons: tuple[str, ...] = ()

    @property
    def intent(self) -> str:
        """The best label of the whole message."""
        return self.whole.best

    @classmethod
    def from_parse(cls, text: str, parse: Mapping[str, Any]) -> Heard:
        """Read the property that bot/rasa/understanding.py adds to Rasa's parse data."""
        whole, *parts = [
            Part(str(part["text"]), tuple((str(name), float(score)) for name, score in part["ranking"])) for part in parse.get("parts", ())
        ] or [Part(text)]
        return cls(text, whole, tuple(parts), tuple(parse.get("persons", ())))


@dataclass(frozen=True)
class Button:
    """A choice offered under a message. `value` is plain text, as if typed."""

    title: str
    value: str


@dataclass(frozen=True)
class Source:
    """What a factual message rests on: ids of facts, heading of the page, title of the page, ISO date of its update."""

    facts: tuple[str, ...]
    section: str
    page: str
    updated: str
    url: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """The form of contract.md; `url` is left out when the edition gives none."""
        source = {"fact": list(self.facts), "section": self.section, "page": self.page, "updated": self.updated}
        return source | ({"url": self.url} if self.url else {})


@dataclass(frozen=True)
class Message:
    """One bubble of the assistant."""

    text: str
    buttons: tuple[Button, ...] = ()
    source: Source | None = None


@dataclass(frozen=True)
class Context:
    """What is remembered between questions: the entry answered last, the objects it was about, the misses in a row."""

    entry: str = ""
    attribute: str = ""
    misses: int = 0

    def as_dict(self) -> dict[str, Any]:
        """For a Rasa slot."""
        return {"entry": self.entry, "attribute": self.attribute, "misses": self.misses}

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any] | None) -> Context:
        """From a Rasa slot; anything unreadable counts as nothing remembered."""
        raw = raw or {}
        return cls(str(raw.get("entry", "")), str(raw.get("attribute", "")), int(raw.get("misses", 0)))


@dataclass(frozen=True)
class Said:
    """The messages of one reply and what is to be remembered."""

    messages: tuple[Message, ...]
    context: Context = field(default_factory=Context)
