"""Checks the figure that a question takes for granted: « c'est bien six pays ? », « lancé en 2005, non ? ». Pure.

Only questions that ask for a yes or a no are judged, and only against the values of the fact and of its phrase.
"""

from __future__ import annotations

import re

from bot.knowledge import Base, Fact, Value
from bot.text import fold

_WORDS = {
    "un": 1, "deux": 2, "trois": 3, "quatre": 4, "cinq": 5, "six": 6, "sept": 7, "huit": 8, "neuf": 9, "dix": 10, "douze": 12,
    "quinze": 15, "vingt": 20, "trente": 30, "quarante": 40, "cinquante": 50, "soixante": 60, "cent": 100,
}  # fmt: skip
_CONFIRMS = re.compile(
    r"^(c'est bien|est-ce (bien|que)|il y a bien|y a bien|ya bien|on est bien|vous avez bien|donc|ainsi|c'est"
    r"|ce sont bien|il s'agit bien)\b"
    r"|\bbien\b.*\?|\b(non|hein|n'est-ce pas|c'est (exact|juste|correct|ca|vrai))\s*\?\s*$|\b(vrai|exact|correct|confirmez?)\b"
)
_OPEN = re.compile(r"\b(quel|quelle|quels|quelles|combien|comment|pourquoi|quand|qui|quoi|ou est|lesquels|lesquelles)\b")
_EARLIEST, _LATEST = 1900, 2100
"""Figures that are years: « de 2014 à 2018 » is wrong as a whole when one of them is."""
_NUMBER = re.compile(r"(?<![\w.,])(\d{1,3}(?:[ .]\d{3})+|\d+(?:,\d+)?)(?:\s*(millions?|mille|m€|m)\b)?")


def premise(base: Base, entry: str, text: str) -> bool | None:
    """True or False when the question takes a figure for granted that the fact has values for; None when it takes none."""
    folded = fold(text)
    fact = base.facts.get(entry)
    if fact is None or not _CONFIRMS.search(folded) or _OPEN.search(folded):
        return None
    said = _figures(folded)
    values = {number for value in _values(base, fact) for number in _numbers(value)}
    if not said or not values:
        return None
    years = all(_EARLIEST <= number <= _LATEST for number in said | values)
    return said <= values if years else bool(said & values)


def _values(base: Base, fact: Fact) -> list[Value]:
    """The fact's own values; those of its phrase when it has none."""
    own = list(fact.values.values())
    return own or [value for other in base.phrases[fact.phrase].facts for value in other.values.values()]


def _numbers(value: Value) -> set[float]:
    if value.date is not None:
        return {float(value.date.year)}
    return {float(value.number if value.number is not None else value.year or 0)}


def _figures(folded: str) -> set[float]:
    """The figures of a text, in digits or words; « 8,1 millions » is 8,100,000. « un » alone is an article."""
    found = {float(_WORDS[word]) for word in re.findall(r"[a-z]+", folded) if word in _WORDS and word != "un"}
    for digits, scale in _NUMBER.findall(folded):
        number = float(re.sub(r"[ .]", "", digits).replace(",", "."))
        found.add(number * {"": 1, "mille": 1000}.get(scale, 1_000_000))
    return found
