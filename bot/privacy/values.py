"""The values that the contact fields of a conversation ever had, and the names by which somebody introduced themselves. Pure.

Both are read out of Rasa's events: the fields as the slots of all times, the names out of the messages, where no field may hold
them (« je m'appelle … », a signature, a name in front of a capacity).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bot.text import fold

MASKED = "[effacé]"
"""What stands where something was masked; reviewers see that there was something."""
CONTACT = ("nom", "email", "telephone", "objet")
"""The contact fields: slots of these names, and keys of the slot `dossier` (bot.intake.model.CONTACT)."""
DOSSIER = "dossier"


_NAME = r"(?:[^\W\d_a-zà-ÿ][\w'’-]+|[A-ZÀ-Ý]\.)(?:[ \t]+(?:d[eu]|des|van|von|der|den|el|ben|la|le|[^\W\d_a-zà-ÿ][\w'’-]*)){0,3}"
"""Words with capitals, with what may stand between them."""
_SAYS_NAME = re.compile(
    r"\b(?:(?i:je\s+m['’ ]?appelle|on\s+m['’]appelle|je\s+me\s+nomme|mon\s+nom(?:\s+complet)?(?:\s+est|\s*:)|moi,?\s+c['’ ]?est"
    r"|c['’]est|je\s+suis|ici|signé|nom\s*:)\s+(?:(?:m|mme|mlle|dr|madame|monsieur|maître)\b\.?\s+)?"
    r"|(?i:cordialement|salutations(?:\s+\w+)?|bien\s+à\s+vous|respectueusement|cdlt|merci(?:\s+d['’]avance)?)[\s,.:–-]+)"
    rf"({_NAME})"
)
_CALLED = re.compile(
    r"\b(?:je m['’ ]?appelle|on m['’]appelle|je me nomme|mon nom est)\s+([^\W\d_][\w'’-]+(?:\s+(?!et\b|je\b|suis\b|de\b|à\b|j['’])"
    r"[^\W\d_][\w'’-]+)?)",
    re.IGNORECASE,
)
"""Behind these words a name is a name without capitals, too."""
_BEGINS = re.compile(
    r"^\s*(?:(?i:bonjour|bonsoir|bjr|salut|hello|coucou|allo|madame|monsieur|oui|alors|voilà)[\s,.:–-]*)*"
    rf"({_NAME})(?=\s*(?:[,(–]|-\s|$|(?:je\s+)?suis\b))"
)
_SIGNED = re.compile(rf"(?:[.!?,–-]|\n)\s*({_NAME})\s*[.]?\s*$")
_NO_NAME = frozenset(
    "afrique assistant belgique benin bruxelles bourgmestre bourgmestres burkina burkinabe chef cic comment commune conseil conseiller"
    " conseillere cooperation cpas congo coordinateur coordinatrice depute deputee directeur directrice district echevin echevine"
    " faso federation flandre general generale hainaut hotel hopital ici je kinshasa la le les liege luxembourg madame maire mairie maroc"
    " mesdames messieurs ministre moi mon ma notre nous"
    " monsieur namur ong pays premier premiere president presidente programme province rdc region"
    " republique rwanda saint sainte secretaire senegal senegalaise service union universite uvcw ville wallonie".split()
)
"""Words with capitals that stand in no name of a person: of these the staff wants to read."""
_PLACES = frozenset({"commune", "pays", "partenaire_de"})
"""Slots whose values name no person."""


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
            told.update(names_told(str(event.get("text") or "")))
        if event.get("event") != "slot":
            continue
        for field, value in _given(event.get("name"), event.get("value")):
            if not isinstance(value, str) or not value.strip() or value == MASKED:
                continue
            if field in found:
                found[field].add(value.strip())
            elif field in _PLACES:
                places.add(_plain(value))
    found["nom"].update(name for name in told if not _is_in(_plain(name), places))
    return Values(*(frozenset(found[field]) for field in CONTACT))


def names_told(text: str) -> Iterator[str]:
    """The names by which the author of a message introduces or signs; nothing that names a function or an institution."""
    for said in (*_SAYS_NAME.finditer(text), *_CALLED.finditer(text)):
        yield from _persons(said[1])
    for alone in (_BEGINS.search(text), _SIGNED.search(text)):
        if alone and len(alone[1].split()) > 1:
            yield from _persons(alone[1])


def _persons(name: str) -> Iterator[str]:
    if not _NO_NAME.intersection(re.findall(r"\w+", fold(name))):
        yield name


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", fold(text)))


def _is_in(name: str, places: Iterable[str]) -> bool:
    return any(f" {name} " in f" {place} " for place in places)


def _given(slot: Any, value: Any) -> Iterable[tuple[Any, Any]]:
    if slot == DOSSIER and isinstance(value, Mapping):
        profile = value.get("profile")
        places = [(field, profile.get(field)) for field in _PLACES] if isinstance(profile, Mapping) else []
        return [*((field, value.get(field)) for field in CONTACT), (value.get("asks"), value.get("doubt")), *places]
    return [(slot, value)]
