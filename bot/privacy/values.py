"""The values that the contact fields of a conversation ever had, and the names by which somebody introduced themselves. Pure.

Both are read out of Rasa's events: the fields as the slots of all times, the names out of the messages, where no field may hold
them (bot.privacy.names).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.privacy.names import names_told
from bot.text import fold

MASKED = "[effacé]"
"""What stands where something was masked; reviewers see that there was something."""
CONTACT = ("nom", "email", "telephone", "objet")
"""The contact fields: slots of these names, and keys of the slot `dossier` (bot.intake.model.CONTACT)."""
DOSSIER = "dossier"
_PLACES = frozenset({"commune", "pays", "partenaire_de"})
"""Slots whose values name no person."""
_LONGEST = 120
"""Characters of what may be a name; messages are much longer, and may be made of capitals."""
_MOST_WORDS = 12
"""Words of a place."""


@dataclass(frozen=True)
class Values:
    """All values that the contact fields of a conversation ever had."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


def values_of(events: Iterable[Mapping[str, Any]]) -> Values:
    """Collect the values from every version of the slots and of the dossier, those to be confirmed included, and the names told."""
    found: dict[str, set[str]] = {field: set() for field in CONTACT}
    told: set[str] = set()
    places: set[str] = set()
    for event in events:
        if event.get("event") == "user":
            told.update(name for name in names_told(str(event.get("text") or "")) if len(name) <= _LONGEST)
        if event.get("event") != "slot":
            continue
        for field, value in _given(event.get("name"), event.get("value")):
            if not isinstance(value, str) or not value.strip() or value == MASKED:
                continue
            if field in found:
                found[field].add(value.strip())
            elif field in _PLACES:
                places.update(_runs(value))
    found["nom"].update(name for name in told if " ".join(_plain(name)) not in places)
    return Values(*(frozenset(found[field]) for field in CONTACT))


def _runs(place: str) -> Iterator[str]:
    """A place and all words and sequences of words of it: who says « je suis Louvain » is at Louvain-la-Neuve."""
    words = _plain(place)[:_MOST_WORDS]
    return (" ".join(words[first:end]) for first in range(len(words)) for end in range(first + 1, len(words) + 1))


def _plain(text: str) -> list[str]:
    return re.findall(r"\w+", fold(text))


def _given(slot: Any, value: Any) -> Iterable[tuple[Any, Any]]:
    if slot == DOSSIER and isinstance(value, Mapping):
        profile = value.get("profile")
        places = [(field, profile.get(field)) for field in _PLACES] if isinstance(profile, Mapping) else []
        waiting = [(value.get("asks"), value.get("doubt")), ("nom", value.get("former_name"))]
        return [*((field, value.get(field)) for field in CONTACT), *waiting, *places]
    return [(slot, value)]
