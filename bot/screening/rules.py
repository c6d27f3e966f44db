"""What a rule of admissibility is, and the tests that rules are made of. The rules themselves: bot.screening.table."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from bot.screening.claims import LOCAL, PARTNERS
from bot.screening.lexicon import AUTRE, PARTENAIRE
from bot.screening.profile import Profile

SOURCE = "Attention"
"""The section of the page that every rule rests on."""
ADMISSIBLE, NOT_ADMISSIBLE, TO_SPECIFY, HUMAN = "admissible", "non_admissible", "a_preciser", "humain"


@dataclass(frozen=True)
class Rule:
    """One line of the table. `condition` says in French what `when` tests; `asks` are the fields asked, if still unknown, in order."""

    id: str
    condition: str
    when: Callable[[Profile], bool]
    verdict: str
    reason: str
    asks: tuple[str, ...] = ()
    source: str = SOURCE


def kind(*kinds: str) -> Callable[[Profile], bool]:
    """Hold for profiles of one of these kinds."""
    return lambda p: p.kind in kinds


def type_(*types: str) -> Callable[[Profile], bool]:
    """Hold for persons outside a municipality, of one of these types."""
    return lambda p: p.kind in (AUTRE, PARTENAIRE) and p.type in types


def unknown(profile: Profile, fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return which of these fields are still unknown, in their order."""
    place = profile.partner_of if profile.kind == PARTENAIRE else profile.place
    named = place is not None and place.is_municipality
    missing = {
        "profil": True,
        "fonction": profile.function is None,
        "commune": profile.commune is None,
        "partenaire_de": not named,
        "pays": named and profile.pays is None,
    }
    return tuple(field for field in fields if missing[field])


COMPLETE = ("fonction", "commune", "pays")
"""What must be known of everybody who speaks for a municipality."""


def complete(*kinds: str) -> Callable[[Profile], bool]:
    """Hold for profiles of these kinds whose function, municipality and country are known."""
    return lambda p: p.kind in kinds and not unknown(p, COMPLETE)


def level(place_kind: str) -> Callable[[Profile], bool]:
    """Hold for persons who name another level of government, or none, where a municipality is asked."""
    return lambda p: p.kind in LOCAL and p.place is not None and p.place.kind == place_kind


def may_be_partner(p: Profile) -> bool:
    """Hold for those who say to be a partner, and for organisations that may be one."""
    return p.kind == PARTENAIRE or (p.kind == AUTRE and p.type in PARTNERS)


def has_partner(p: Profile) -> bool:
    """Hold for a partner whose municipality is named, with its country."""
    return p.kind == PARTENAIRE and p.partner is not False and not unknown(p, ("partenaire_de", "pays"))
