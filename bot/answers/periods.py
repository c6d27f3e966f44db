"""Reads the years that a message names: « 2014-2016 », « de 2017 à 2021 », « après 2016 ». Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.knowledge import Base, Fact
from bot.text import fold

_YEAR = r"(?:19|20)\d\d"
_RANGE = re.compile(rf"(?<!\d)({_YEAR})\s*(?:-|–|/|a|au|et|jusqu'en|jusqu'a)\s*({_YEAR})(?!\d)")
_SINGLE = re.compile(rf"(?<![\d.,])({_YEAR})(?![\d.,]\d|\s?€)")
_AFTER = re.compile(rf"\b(?:apres|au-dela de|a partir de fin|post-?)\s*({_YEAR})\b")
_BEFORE = re.compile(rf"\bavant\s*({_YEAR})\b")


@dataclass(frozen=True)
class Period:
    """Years, first and last included."""

    start: int
    end: int

    def within(self, other: Period) -> bool:
        """Whether all its years are those of the other one."""
        return other.start <= self.start and self.end <= other.end


def period_of(base: Base) -> Period:
    """The years of an edition."""
    return Period(base.edition.start, base.edition.end)


def named(text: str) -> tuple[Period, ...]:
    """The periods that a text names, in its order; « après 2016 » begins in 2017, « avant 2014 » ends in 2013."""
    folded = fold(text)
    found = {match.start(1): Period(*sorted((int(match[1]), int(match[2])))) for match in _RANGE.finditer(folded)}
    taken = {position for match in _RANGE.finditer(folded) for position in (match.start(1), match.start(2))}
    after = {match.start(1) for match in _AFTER.finditer(folded)}
    before = {match.start(1) for match in _BEFORE.finditer(folded)}
    for match in _SINGLE.finditer(folded):
        if (at := match.start(1)) not in taken:
            year = int(match[1]) + (at in after) - (at in before)
            found[at] = Period(year, year)
    return tuple(found[at] for at in sorted(found))


def tells_years(base: Base, entry: str) -> bool:
    """Whether what is said of an entry has years of its own, against which a year in the question can be held."""
    found = base.entries[entry]
    phrases = (found.phrase,) if isinstance(found, Fact) else found.phrases
    values = (value for phrase in phrases for fact in base.phrases[phrase].facts for value in fact.values.values())
    return any(value.year is not None or value.date is not None for value in values)
