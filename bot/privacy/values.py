"""The values that the contact fields of a conversation ever had, read out of Rasa's events. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

MASKED = "[effacé]"
"""What stands where something was masked; reviewers see that there was something."""
CONTACT = ("nom", "email", "telephone", "objet")
"""The contact fields: slots of these names, and keys of the slot `dossier` (bot.intake.model.CONTACT)."""
DOSSIER = "dossier"


@dataclass(frozen=True)
class Values:
    """All values that the contact fields of a conversation ever had."""

    names: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    subjects: frozenset[str] = frozenset()


def values_of(events: Iterable[Mapping[str, Any]]) -> Values:
    """Collect the values from every version of the slots and of the dossier, those to be confirmed included."""
    found: dict[str, set[str]] = {field: set() for field in CONTACT}
    for event in events:
        if event.get("event") != "slot":
            continue
        for field, value in _given(event.get("name"), event.get("value")):
            if field in found and isinstance(value, str) and value.strip() and value != MASKED:
                found[field].add(value.strip())
    return Values(*(frozenset(found[field]) for field in CONTACT))


def _given(slot: Any, value: Any) -> Iterable[tuple[Any, Any]]:
    if slot == DOSSIER and isinstance(value, Mapping):
        return [*((field, value.get(field)) for field in CONTACT), (value.get("asks"), value.get("doubt"))]
    return [(slot, value)]
