"""Which conversations a list shows: read from the query of an address, where it can be bookmarked and shared, and written back to one.

Pure. What an address says wrongly is left out and named, so that the page can say so.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any
from urllib.parse import parse_qsl, urlencode

from bot.review.model import CHANNELS, EXCHANGE_OUTCOMES, OUTCOMES, PRIORITIES, STATUSES
from bot.storage import UNREAD
from bot.text import clean
from bot.words import words

ALL = "tout"
"""In place of a status: all of them."""
UP, DOWN = "up", "down"
FEEDBACK = {UP: "Utile", DOWN: "Inutile"}
ME, NOBODY = "moi", "personne"
"""In place of an assignee: who looks at the list, and nobody."""
BY_PRIORITY, BY_DATE = "priorite", "date"
ORDERS = {BY_PRIORITY: "Les plus urgentes d’abord", BY_DATE: "Les plus récentes d’abord"}
TAG_CHARACTERS = 40
NAME_CHARACTERS = 80
SEARCH_CHARACTERS = 200
_MOST_EXCHANGES = 100_000
_PAIRS = 60
"""Fields of an address at most; what comes behind is not read."""
_SHOWN = 60
"""Characters shown of what was not understood."""
_INTENT = re.compile(r"[a-z][a-z_]*")
_ENTRY = re.compile(r"[\w.-]+(/[\w.-]+)?")
_NOT_OURS = frozenset({"page", "liste", "format", "lignes", "impression", "annuler", "fait", "reste"})
"""Fields of the same addresses that choose nothing."""


@dataclass(frozen=True)
class Filters:
    """What is wanted. All of it counts together; an empty field, or None, wants everything.

    `du` and `au` are days in Brussels, both included; `confiance` is the highest confidence, in percent; `entree` a label, or the id of
    an entry. What is said of exchanges is said of one and the same exchange.
    """

    etat: str = UNREAD
    du: date | None = None
    au: date | None = None
    canal: str = ""
    min: int | None = None
    max: int | None = None
    confiance: int | None = None
    intention: str = ""
    entree: str = ""
    issue: str = ""
    echange: str = ""
    etiquette: str = ""
    avis: str = ""
    assigne: str = ""
    signale: bool = False
    priorite: int | None = None
    q: str = ""
    tri: str = BY_PRIORITY

    def __iter__(self) -> Iterator[tuple[str, Any]]:
        """The fields that differ from those of an empty filter, in their order, as values."""
        return ((each.name, value) for each in fields(self) if (value := getattr(self, each.name)) != each.default)

    @property
    def query(self) -> str:
        """The query of the address that asks for it; empty when nothing is chosen."""
        return urlencode([(name, _written(value)) for name, value in self])

    def but(self, **changes: Any) -> Filters:
        """The same with other values."""
        return replace(self, **changes)

    def without(self, name: str) -> Filters:
        """The same without one field."""
        return replace(self, **{name: getattr(_EMPTY, name)})

    @property
    def cleared(self) -> Filters:
        """The same status in the same order, without the rest."""
        return Filters(etat=self.etat, tri=self.tri)

    @property
    def narrowing(self) -> list[str]:
        """The names of the fields that leave conversations out, the status apart."""
        return [name for name, _ in self if name not in {"etat", "tri"}]


@dataclass(frozen=True)
class Reading:
    """A filter out of an address, and what of the address was not understood: « priorite=9 »."""

    filters: Filters
    strange: tuple[str, ...] = ()


def read_filters(query: str) -> Reading:
    """Read the query of an address. Nothing in it is an error; of a name given twice the last counts; an empty value chooses nothing."""
    try:
        pairs = parse_qsl(query, max_num_fields=_PAIRS)
    except ValueError:
        return Reading(Filters(), ("adresse trop longue",))
    values: dict[str, Any] = {}
    strange: list[str] = []
    for name, typed in dict(pairs).items():
        text = clean(typed, SEARCH_CHARACTERS)
        if name in _NOT_OURS or not text:
            continue
        try:
            values[name] = _READERS[name](text)
        except (KeyError, ValueError):
            strange.append(clean(f"{name}={text}", _SHOWN))
    return Reading(Filters(**values), tuple(strange))


def normal_tag(typed: str) -> str:
    """A tag as it is kept: small letters, one space between words, no comma; empty when nothing is left."""
    return clean(typed.lower().replace(",", " ").replace("#", " "), TAG_CHARACTERS)


def _written(value: Any) -> str:
    return "1" if value is True else str(value)


def _one_of(allowed: Mapping[str, str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in allowed:
            raise ValueError(text)
        return text

    return read


def _shaped(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if len(text) > NAME_CHARACTERS or not pattern.fullmatch(text):
            raise ValueError(text)
        return text

    return read


def _number(least: int, most: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
        if not least <= number <= most:
            raise ValueError(text)
        return number

    return read


def day_of(text: str) -> date:
    """A day out of an address. Raises ValueError when it is none, or far from our time."""
    day = date.fromisoformat(text)
    if not 2000 <= day.year <= 2100:
        raise ValueError(text)
    return day


def _tag(text: str) -> str:
    if not (tag := normal_tag(text)):
        raise ValueError(text)
    return tag


def _search(text: str) -> str:
    if not words(text):
        raise ValueError(text)
    return text


def _name(text: str) -> str:
    return text[:NAME_CHARACTERS].rstrip()


def _flag(text: str) -> bool:
    if text not in {"1", "oui"}:
        raise ValueError(text)
    return True


_READERS: Mapping[str, Callable[[str], Any]] = {
    "etat": _one_of({**STATUSES, ALL: ""}),
    "du": day_of,
    "au": day_of,
    "canal": _one_of(CHANNELS),
    "min": _number(1, _MOST_EXCHANGES),
    "max": _number(1, _MOST_EXCHANGES),
    "confiance": _number(0, 100),
    "intention": _shaped(_INTENT),
    "entree": _shaped(_ENTRY),
    "issue": _one_of(OUTCOMES),
    "echange": _one_of(EXCHANGE_OUTCOMES),
    "etiquette": _tag,
    "avis": _one_of(FEEDBACK),
    "assigne": _name,
    "signale": _flag,
    "priorite": _number(min(PRIORITIES), max(PRIORITIES)),
    "q": _search,
    "tri": _one_of(ORDERS),
}
_EMPTY = Filters()
