"""The values that pass through the answers: what was heard, what is said, what is remembered. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol


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
    """What Rasa understood of one message: the whole, and its parts when it asks several things.

    `message_id` tells the message from every other one of its conversation: handled again, it is the same. `channel` is where it was
    written, None for the site.
    """

    text: str
    whole: Part
    parts: tuple[Part, ...] = ()
    persons: tuple[str, ...] = ()
    message_id: str | None = None
    channel: str | None = None

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
        channel = (parse.get("metadata") or {}).get("channel")
        return cls(text, whole, tuple(parts), tuple(parse.get("persons", ())), parse.get("message_id"), channel)


@dataclass(frozen=True)
class Button:
    """A choice offered under a message. `value` is plain text, as if typed."""

    title: str
    value: str

    @classmethod
    def saying(cls, title: str) -> Button:
        """A button that says its own title."""
        return cls(title, title)


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


CHOICE, NEAREST = "choix", "voisin"
"""Kinds of a message that is not plainly an answer: entries to choose from; the nearest fact behind a refusal."""


@dataclass(frozen=True)
class Message:
    """One bubble of the assistant. `language` is the code of its language when that is not French, `kind` for who reviews it."""

    text: str
    buttons: tuple[Button, ...] = ()
    source: Source | None = None
    language: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Context:
    """What is remembered between questions.

    The entry answered last, its attribute, the misses in a row, the object named last, and the edition when it is not the current one.
    """

    entry: str = ""
    attribute: str = ""
    misses: int = 0
    thing: str = ""
    edition: str = ""

    def as_dict(self) -> dict[str, Any]:
        """For a Rasa slot."""
        return asdict(self)

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any] | None) -> Context:
        """From a Rasa slot; anything unreadable counts as nothing remembered."""
        raw = raw or {}
        texts = {name: str(raw.get(name, "")) for name in ("entry", "attribute", "thing", "edition")}
        return cls(misses=int(raw.get("misses", 0)), **texts)


NOTHING = Context()
"""Nothing was said before."""


@dataclass(frozen=True)
class Said:
    """The messages of one reply and what is to be remembered."""

    messages: tuple[Message, ...]
    context: Context = field(default_factory=Context)


class Answers(Protocol):
    """What a request in the making needs of the answers: one edition (Answerer) or all of them (Editions)."""

    def reply(self, heard: Heard, context: Context) -> Said:
        """What is said to a message; never silence."""

    def knows(self, heard: Heard, context: Context) -> bool:
        """Whether the message is a question about the programme that would be answered at once."""

    def asked_beside(self, heard: Heard) -> Said | None:
        """The answer to a question that stands beside a request."""
