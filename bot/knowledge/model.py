"""The shape of the knowledge: facts at the grain of a question, phrases that say them, passages that hold together.

Frozen values without I/O. Ids are those of data/knowledge/*.yml; texts are typeset French.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from bot.text import NNBSP

_MONTHS = ("janvier", "février", "mars", "avril", "mai", "juin", "juillet", "août", "septembre", "octobre", "novembre", "décembre")
OVERVIEW = "apercu"
"""The attribute under which the grid holds the overview of one object, such as a country or a part of the objective."""
ASPECTS = frozenset("quoi pourquoi but quand annuel phase fin avant apres combien payeur qui ou comment liste exemple detail effet".split())
"""What a short message may ask after an answer: « pourquoi ? », « jusqu'à quand ? », « par exemple ? »."""
REFUSAL = "refus."
"""Before the kind of a refusal, where a follow-up leads to what the page does not say."""
_UNITS = {"EUR": f"{NNBSP}€", "pourcent": f"{NNBSP}%"}
"""What is written after the number. Other units are part of the sentence."""
_WORDS = {2: "deux", 3: "trois", 4: "quatre", 5: "cinq", 6: "six", 7: "sept", 8: "huit", 9: "neuf"}
"""Small numbers are said in words, unless a unit stands behind them."""


@dataclass(frozen=True)
class Value:
    """One value of a fact: a number with its unit, a year or a date. Exactly one of the three is given."""

    number: int | None = None
    unit: str = ""
    year: int | None = None
    date: datetime.date | None = None

    def say(self) -> str:
        """The value as French writes it: « 8 100 000 € », « 2014 », « 15 mars 2016 »."""
        if self.date is not None:
            day = "1er" if self.date.day == 1 else str(self.date.day)
            return f"{day} {_MONTHS[self.date.month - 1]} {self.date.year}"
        if self.year is not None:
            return str(self.year)
        number = self.number or 0
        if self.unit not in _UNITS and number in _WORDS:
            return _WORDS[number]
        return f"{number:,}".replace(",", NNBSP) + _UNITS.get(self.unit, "")


@dataclass(frozen=True)
class Fact:
    """One fact at the grain of a question, resting on `section` of the page. `follow`: the attribute that « et au Maroc ? » keeps."""

    id: str
    title: str
    thing: str
    attribute: str
    phrase: str
    section: str
    values: Mapping[str, Value] = field(default_factory=dict)
    follow: str = ""

    @property
    def phrases(self) -> tuple[str, ...]:
        """The phrase that says it; an overview has several."""
        return (self.phrase,)


@dataclass(frozen=True)
class Phrase:
    """A sentence that stands alone, and the facts that it says. `short` follows another phrase of its passage."""

    id: str
    section: str
    text: str
    short: str
    facts: tuple[Fact, ...]


@dataclass(frozen=True)
class Passage:
    """Phrases that hold together: what is said around a fact."""

    id: str
    phrases: tuple[str, ...]


@dataclass(frozen=True)
class Overview:
    """The answer to a general question: a short text, the phrases it covers, and the entries it leads on to."""

    id: str
    title: str
    text: str | None
    phrases: tuple[str, ...]
    next: tuple[str, ...]
    follow: str = ""
    thing: str = ""


Entry = Fact | Overview
"""What a question can be about: a label of the training data, behind `info/`."""


@dataclass(frozen=True)
class Thing:
    """What facts are about: a country, a pillar, a budget. `aliases` are the words that name it, folded."""

    id: str
    name: str
    at: str
    kind: str
    rank: int | None
    aliases: tuple[str, ...]


@dataclass(frozen=True)
class Listing:
    """Entries that people go through by rank: « le deuxième ? », « les autres ? ». `whole` says them all.

    `nouns` are the words, folded, that may stand beside the rank: « le deuxième pilier ».
    """

    id: str
    entries: tuple[str, ...]
    whole: str
    nouns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Edition:
    """One edition of the programme, and the page on which all its facts rest."""

    id: str
    start: int
    end: int
    page: str
    updated: datetime.date
    url: str | None


@dataclass(frozen=True)
class Base:
    """The whole knowledge of one edition.

    `nearest`: the phrase said after a refusal, by kind of neighbouring question. `asides`: what a bare follow-up leads to,
    by passage or entry, then by aspect: an entry, or `refus.` and a kind of refusal.
    """

    edition: Edition
    sections: Mapping[str, str]
    things: Mapping[str, Thing]
    phrases: Mapping[str, Phrase]
    passages: tuple[Passage, ...]
    overviews: Mapping[str, Overview]
    nearest: Mapping[str, str] = field(default_factory=dict)
    asides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    listings: tuple[Listing, ...] = ()

    @cached_property
    def facts(self) -> Mapping[str, Fact]:
        """All facts by id."""
        return {fact.id: fact for phrase in self.phrases.values() for fact in phrase.facts}

    @cached_property
    def entries(self) -> Mapping[str, Entry]:
        """Everything that a question can be about, by id."""
        return {**self.facts, **self.overviews}

    @cached_property
    def grid(self) -> Mapping[tuple[str, str], str]:
        """The entry of an object and an attribute: ("maroc", "secteur") -> "secteurs.maroc"."""
        grid = {(fact.thing, fact.attribute): fact.id for fact in self.facts.values()}
        return grid | {(overview.thing, OVERVIEW): overview.id for overview in self.overviews.values() if overview.thing}

    def passage_of(self, phrase: str) -> tuple[str, ...]:
        """The ids of the phrases that hold together with `phrase`, itself among them: those of the first passage with it."""
        return next((passage.phrases for passage in self.passages if phrase in passage.phrases), (phrase,))

    def around(self, entry: Entry) -> tuple[str, ...]:
        """The ids of the phrases said around an entry: those of the passage of a fact, or of an overview."""
        return self.passage_of(entry.phrase) if isinstance(entry, Fact) else entry.phrases

    def passage_id(self, entry: str) -> str:
        """The id of the passage in which an entry is said; empty for an unknown entry."""
        return self._passage_ids.get(entry, "")

    @cached_property
    def _passage_ids(self) -> Mapping[str, str]:
        return {ident: self._passage_with(entry) for ident, entry in self.entries.items()}

    def _passage_with(self, found: Entry) -> str:
        if isinstance(found, Overview):
            shared = [(_shared(passage.phrases, found.phrases), passage.id) for passage in self.passages]
            (count, _), passage = max(shared, key=lambda pair: pair[0], default=((0, False), ""))
            return passage if count else ""
        return next((passage.id for passage in self.passages if found.phrase in passage.phrases), "")

    def things_of(self, kind: str) -> tuple[Thing, ...]:
        """The objects of a kind (« pays », « pilier », « volet »), in the order of the file."""
        return tuple(thing for thing in self.things.values() if thing.kind == kind)


def _shared(passage: tuple[str, ...], phrases: tuple[str, ...]) -> tuple[int, bool]:
    """How much of a passage an overview says; the passage that begins as it does wins."""
    return len(set(passage) & set(phrases)), passage[0] == phrases[0]
