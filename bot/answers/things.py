"""Finds what a message names: the objects of the knowledge, and countries that are none of them.

Pure. The grid object × attribute turns "et au Maroc ?" into the same question about another object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from bot.answers.model import Part
from bot.knowledge import OVERVIEW, Base, Fact
from bot.text import fold

_RANKS = {
    "premier": 1,
    "premiere": 1,
    "1er": 1,
    "deuxieme": 2,
    "second": 2,
    "seconde": 2,
    "2e": 2,
    "2eme": 2,
    "troisieme": 3,
    "3e": 3,
    "3eme": 3,
}
_NOT_FOREIGN = {"belgique", "monde"}
"""Names that Babel lists among the territories and that do not make a question one about another country."""
_MORE_PLACES = frozenset(
    {
        "flandre",
        "kigali",
        "bamako",
        "abidjan",
        "lome",
        "niamey",
        "alger",
        "tunis",
        "yaounde",
        "bujumbura",
        "conakry",
        "brazzaville",
        "haiti",
        "palestine",
        "gaza",
        "afrique du sud",
        "amerique",
        "asie",
        "vietnam",
        "kosovo",
        "cote d'ivoire",
    }
)
"""Towns, regions and short names that Babel does not list among the territories."""


def named(base: Base, text: str) -> tuple[str, ...]:
    """Ids of the objects that the text names, in the order of the file."""
    folded = fold(text)
    rest = folded.replace("congo-brazzaville", " ").replace("congo brazzaville", " ")
    return tuple(thing.id for thing in base.things.values() if thing.kind and any(_stands_in(alias, rest) for alias in thing.aliases))


def rank_named(text: str) -> int | None:
    """The rank that a text names on its own: « le troisième ? » -> 3."""
    return next((_RANKS[word] for word in re.findall(r"\w+", fold(text)) if word in _RANKS), None)


def foreign_country(base: Base, text: str) -> str | None:
    """A country or place outside the programme that the text names, as a French name with its article; None when there is none."""
    folded, partners = fold(text), _partners(base)
    for name, display in _territories().items():
        if name not in partners and _stands_in(name, folded):
            return display
    return next(("ce pays" for place in _MORE_PLACES if _stands_in(place, folded)), None)


def realign(base: Base, part: Part) -> str:
    """The best label of `part`, moved along the grid when the message names another object than the label's.

    « Quel est le secteur au Sénégal ? » taken for secteurs.maroc becomes secteurs.senegal.
    """
    entry = base.entries.get(part.best.removeprefix("info/"))
    things = named(base, part.text)
    if entry is None or entry.thing not in base.things or len(things) != 1 or entry.thing == things[0]:
        return part.best
    attribute = entry.attribute if isinstance(entry, Fact) else OVERVIEW
    other = base.grid.get((things[0], attribute))
    same_kind = base.things[entry.thing].kind == base.things[things[0]].kind
    return f"info/{other}" if other and same_kind else part.best


def lacks(base: Base, part: Part) -> bool:
    """Whether a message asks of another object what the page says only of the label's: « la part wallonne »."""
    entry = base.facts.get(part.best.removeprefix("info/"))
    things = named(base, part.text)
    if entry is None or entry.thing not in base.things or len(things) != 1 or entry.thing == things[0]:
        return False
    same_kind = base.things[entry.thing].kind == base.things[things[0]].kind
    return same_kind and (things[0], entry.attribute) not in base.grid


def attribute_of(base: Base, entry: str) -> str:
    """The attribute that a follow-up about another object keeps; empty when the entry has none."""
    found = base.entries.get(entry)
    if found is None or found.follow:
        return found.follow if found else ""
    return found.attribute if isinstance(found, Fact) and found.thing in base.things and base.things[found.thing].kind else ""


def _stands_in(name: str, folded: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", folded) is not None


def _partners(base: Base) -> frozenset[str]:
    return frozenset(alias for thing in base.things_of("pays") for alias in thing.aliases)


@lru_cache(maxsize=1)
def _territories() -> Mapping[str, str]:
    from babel import Locale

    names: Iterable[tuple[str, str]] = Locale("fr").territories.items()
    found = {fold(name).replace("’", "'"): _article(name) for code, name in names if len(code) == 2 and code.isalpha()}
    return {name: display for name, display in found.items() if name not in _NOT_FOREIGN and len(name) > 3}


def _article(name: str) -> str:
    """The country with its article: l'Algérie, le Mali, la Guinée, les Philippines; islands and cities without one."""
    bare = {"Cuba", "Haïti", "Israël", "Malte", "Chypre", "Monaco", "Madagascar", "Maurice", "Djibouti", "Oman", "Singapour", "Bahreïn"}
    if name in bare or name.startswith(("Saint", "Sainte", "Île", "Trinité")):
        return name
    if name[0] in "AEIOUÉÎÔÂ":
        return f"l’{name}"
    if name.endswith("s") and name not in {"Laos", "Honduras"}:
        return f"les {name}"
    return f"la {name}" if name.endswith("e") and name not in {"Mexique", "Mozambique", "Zimbabwe", "Cambodge", "Belize"} else f"le {name}"
