"""Finds what a message names: the objects of the knowledge, and countries that are none of them.

Pure. The grid object × attribute turns "et au Maroc ?" into the same question about another object.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache, lru_cache

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
    "quatrieme": 4,
    "4e": 4,
    "4eme": 4,
    "cinquieme": 5,
    "5e": 5,
    "5eme": 5,
    "dernier": -1,
    "derniere": -1,
}
_NOT_FOREIGN = {"belgique", "monde"}
"""Names that Babel lists among the territories and that do not make a question one about another country."""
_NOT_STATES = {"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"}
"""Codes of Babel's that are no country: unions, regions, tests."""
_WITHOUT_ARTICLE = frozenset(
    (
        "Andorre, Anguilla, Antigua-et-Barbuda, Aruba, Bahreïn, Ceuta et Melilla, Chypre, Cuba, Curaçao, Diego Garcia, Djibouti, Eswatini, "
        "Gibraltar, Guam, Guernesey, Haïti, Israël, Jersey, Kiribati, Madagascar, Malte, Maurice, Mayotte, Monaco, Montserrat, Nauru, "
        "Niue, Oman, Porto Rico, Sao Tomé-et-Principe, Singapour, Taïwan, Tokelau, Trinité-et-Tobago, Tristan da Cunha, Tuvalu, "
        "Wallis-et-Futuna"
    ).split(", ")
)
_PLURAL, _FEMININE = {"Fidji", "Tonga"}, {"Sierra"}
_MASCULINE = {"Belize", "Cambodge", "Mexique", "Mozambique", "Royaume", "Suriname", "Territoire", "Zimbabwe"}
"""First words whose gender or number their last letter does not tell."""
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


def names(base: Base) -> frozenset[str]:
    """The words by which objects are named, folded."""
    return frozenset(word for thing in base.things.values() for alias in thing.aliases for word in re.findall(r"\w+", alias))


def rank_named(text: str) -> int | None:
    """The rank that a text names on its own: « le troisième ? » -> 3, « le dernier ? » -> -1."""
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
    return name in folded and _whole(name).search(folded) is not None


@cache
def _whole(name: str) -> re.Pattern[str]:
    """Some hundred names, looked for in each message: more than `re` itself remembers."""
    return re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")


def _partners(base: Base) -> frozenset[str]:
    return frozenset(alias for thing in base.things_of("pays") for alias in thing.aliases)


@lru_cache(maxsize=1)
def _territories() -> Mapping[str, str]:
    """Folded names of the world's countries with their display, the longest first: « Soudan du Sud » is not « Soudan »."""
    from babel import Locale

    names: Iterable[tuple[str, str]] = Locale("fr").territories.items()
    states = [name for code, name in names if len(code) == 2 and code.isalpha() and code not in _NOT_STATES]
    found = {fold(name): _article(name) for name in sorted(states, key=len, reverse=True)}
    return {name: display for name, display in found.items() if name not in _NOT_FOREIGN}


def _article(name: str) -> str:
    """The country with its article, which its first word decides: l'Algérie, le Mali, la Corée du Sud, les États-Unis; or none."""
    head = re.split("[ -]", name)[0]
    if name in _WITHOUT_ARTICLE or head in {"La", "Saint", "Sainte"}:
        return name
    if head in _PLURAL or (head.endswith("s") and head not in {"Laos", "Honduras"}):
        return f"les {name}"
    if fold(head)[0] in "aeiou":
        return f"l’{name}"
    return f"la {name}" if head in _FEMININE or (head.endswith("e") and head not in _MASCULINE) else f"le {name}"
