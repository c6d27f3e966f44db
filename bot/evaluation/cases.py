"""The cases of an evaluation, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bot.evaluation.wanted import Wanted

PARTS = ("questions", "followups", "out_of_scope", "public_off_topic", "off_topic", "personas", "dialogues")
"""The parts of a set, each a file of its own, in the order in which they are run."""
NOT_OFF_TOPIC = frozenset({"voisin", "avis", "conversation", "bavardage"})
"""Categories of messages to which a fact of the page may be a good reply. A fact in reply to any other is a false answer."""


@dataclass(frozen=True)
class Question:
    """A message and the facts that the reply has to hold; none where only `must_not` matters.

    Within a dialogue the reply may have to ask for a field (`asks`) or to end a request (`outcome`).
    """

    id: str
    text: str
    group: str
    wanted: tuple[Wanted, ...]
    must_not: tuple[str, ...] = ()
    asks: str | None = None
    outcome: str | None = None


@dataclass(frozen=True)
class FollowUp:
    """Questions that lean on each other, in one conversation."""

    id: str
    turns: tuple[Question, ...]


@dataclass(frozen=True)
class Stray:
    """A message that the page does not answer."""

    id: str
    text: str
    category: str
    must_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Expected:
    """What must be there when a request has ended: patterns by field of the lead, `*` for the whole of it.

    `least` and `most` bound the number of leads, where a case bounds it.
    """

    lead: bool
    either: bool = False
    contains: Mapping[str, str] = field(default_factory=dict)
    lacks: Mapping[str, str] = field(default_factory=dict)
    least: int | None = None
    most: int | None = None


@dataclass(frozen=True)
class Persona:
    """Somebody who answers what is asked. `answers` are by the field that the reply asks for."""

    id: str
    group: str
    opening: str
    answers: Mapping[str, str]
    expected: Expected
    before: tuple[str, ...] = ()
    declined: bool | None = None
    never: tuple[str, ...] = ()
    after_decline: str | None = None
    answers_after: Mapping[str, str] = field(default_factory=dict)
    after_any: tuple[str, ...] = ()
    after_not: tuple[str, ...] = ()


@dataclass(frozen=True)
class Step:
    """One turn of a dialogue: a message, sent only when `if_slot` is asked for; or the answers up to the field `auto_until`."""

    user: str = ""
    if_slot: str | None = None
    auto_until: str | None = None
    optional: bool = False
    expect_any: tuple[str, ...] = ()
    expect_all: tuple[str, ...] = ()
    expect_not: tuple[str, ...] = ()
    may_be_empty: bool = False


@dataclass(frozen=True)
class Dialogue:
    """A scripted conversation, and what must be there at its end."""

    id: str
    title: str
    steps: tuple[Step, ...]
    answers: Mapping[str, str]
    expected: Expected


@dataclass(frozen=True)
class CaseSet:
    """All the cases of a folder."""

    questions: tuple[Question, ...] = ()
    followups: tuple[FollowUp, ...] = ()
    out_of_scope: tuple[Stray, ...] = ()
    public_off_topic: tuple[Stray, ...] = ()
    off_topic: tuple[Stray, ...] = ()
    personas: tuple[Persona, ...] = ()
    dialogues: tuple[Dialogue, ...] = ()
