"""Reads the years that a message names: « 2014-2016 », « de 2017 à 2021 », « après 2016 ». Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.knowledge import Base
from bot.text import fold

_YEAR = r"(?<![\d.,])(?:19|20)\d\d(?!\d|[.,]\d|\s?\d{3}\b|\s?(?:€|eur\b|euros?|habitants?|personnes|communes|actes|fois|m\b|millions?))"
_RANGE = re.compile(rf"({_YEAR})\s*(?:-|–|/|\ba\b|\bau\b|jusqu'en|jusqu'a)\s*({_YEAR})|\bentre ({_YEAR}) et ({_YEAR})")
_SINGLE = re.compile(f"({_YEAR})")
_BESIDE = r"(?:-|(?:\s+(?:l'|la |le |les |fin )?\w+){0,2}?\s+(?:l')?)$"
_AFTER = re.compile(rf"(?<!d')\b(?:apres|au-dela de|post){_BESIDE}")
_BEFORE = re.compile(rf"\bavant{_BESIDE}")


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
    found: dict[int, Period] = {}
    taken: set[int] = set()
    for match in _RANGE.finditer(folded):
        found[match.start()] = _moved(folded[: match.start()], _years(match))
        taken.update(range(match.start(), match.end()))
    for match in _SINGLE.finditer(folded):
        if match.start() not in taken:
            found[match.start()] = _moved(folded[: match.start()], _years(match))
    return tuple(found[at] for at in sorted(found))


def within(text: str, own: Period) -> str:
    """A text, folded, without the periods that go beyond `own`."""
    folded = fold(text)
    for pattern in (_RANGE, _SINGLE):
        folded = pattern.sub(lambda match: match.group() if _years(match).within(own) else " ", folded)
    return folded


def without(text: str) -> str:
    """A folded text without the periods that it names."""
    return _SINGLE.sub(" ", _RANGE.sub(" ", fold(text)))


def _years(match: re.Match[str]) -> Period:
    """The years of a match, the first to the last."""
    years = [int(year) for year in match.groups() if year]
    return Period(min(years), max(years))


def _moved(before: str, period: Period) -> Period:
    """The year behind the period, or before it, when the words in front say so."""
    if _AFTER.search(before):
        return Period(period.end + 1, period.end + 1)
    if _BEFORE.search(before):
        return Period(period.start - 1, period.start - 1)
    return period


def tells_years(base: Base, entry: str) -> bool:
    """Whether what is said of an entry has years of its own, against which a year in the question can be held."""
    values = (value for phrase in base.entries[entry].phrases for fact in base.phrases[phrase].facts for value in fact.values.values())
    return any(value.year is not None or value.date is not None for value in values)
