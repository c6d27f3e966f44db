"""What is known of a person, added up from message to message; a later statement corrects an earlier one and is remembered as such."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from bot.places import COUNTRY, NOTHING, Municipality, Place
from bot.screening.claims import FIRMS, LOCAL, MANDATE, PARTNERS, Claims
from bot.screening.lexicon import AGENT, AUTRE, MANDATAIRE, PARTENAIRE, RESPONSABLE

_OPEN = "organisation"
"""An organisation that has not yet said whether it is a municipality's partner: saying so contradicts nothing."""


@dataclass(frozen=True)
class Profile:
    """A person's statements so far. Fields are those of Claims; `contradictions` quotes what was declared before and changed.

    `predecessor` is what somebody else said to be who was refused in the same conversation; `silent` holds for who will not say,
    `unplaced_title` for who gave a title and a municipality and never said that the one is held in the other.
    """

    kind: str | None = None
    type: str | None = None
    function: str | None = None
    potential: str | None = None
    free_function: bool = False
    place: Place | None = None
    country: str | None = None
    partner_of: Place | None = None
    partner: bool | None = None
    several: bool = False
    mandate: bool | None = None
    private: bool | None = None
    contradictions: tuple[str, ...] = ()
    predecessor: str = ""
    silent: bool = False
    unplaced_title: bool = False

    @property
    def commune(self) -> str | None:
        """The municipality's name, when one was named."""
        return self.place.name if self.place and self.place.is_municipality else None

    @property
    def pays(self) -> str | None:
        """The country of the municipality, or the one that was said."""
        place = self.partner_of if self.kind == PARTENAIRE else self.place
        return (place.country if place else None) or self.country

    def as_json(self) -> dict[str, Any]:
        """Return the profile as JSON values, for a slot or a log of decisions."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: Mapping[str, Any] | None) -> Profile:
        """Return the profile that `as_json` gave."""
        values = dict(values or {})
        for name in ("place", "partner_of"):
            values[name] = _place(values.get(name))
        return cls(**values | {"contradictions": tuple(values.get("contradictions", ()))})


def _place(values: Mapping[str, Any] | None) -> Place | None:
    if values is None:
        return None
    return Place(**{**values, "candidates": tuple(Municipality(**candidate) for candidate in values["candidates"])})


def update(profile: Profile, claims: Claims) -> Profile:
    """Return the profile after one more message."""
    after = _with_kind(replace(profile, silent=False), claims)
    after = _with_capacity(after, claims)
    after = replace(
        after,
        place=_better(claims.place, profile.place),
        partner_of=claims.partner_of or after.partner_of,
        partner=True if claims.partner_of else claims.partner if claims.partner is not None else after.partner,
        several=after.several or "plusieurs" in claims.signals,
    )
    if claims.partner is False and profile.partner_of:
        after = replace(after, partner_of=None)
    if claims.partner and (after.kind is None or (after.kind == AUTRE and after.type in PARTNERS | FIRMS)):
        after = replace(after, kind=PARTENAIRE)
    return _remember(profile, after)


def with_place(profile: Profile, place: Place) -> Profile:
    """Return the profile after an answer to « Dans quelle commune ? »."""
    if place.kind == NOTHING:
        return profile
    if place.kind == COUNTRY:
        return replace(profile, country=place.country)
    here = place.within(profile.country) if profile.country and place.is_municipality and place.country is None else place
    return replace(profile, place=here)


def with_country(profile: Profile, country: str) -> Profile:
    """Return the profile after an answer to « Dans quel pays ? »."""
    place, partner_of = (p.within(country) if p and p.is_municipality else p for p in (profile.place, profile.partner_of))
    return replace(profile, country=country, place=place, partner_of=partner_of)


def _with_kind(profile: Profile, claims: Claims) -> Profile:
    """Add what was said of the function and its kind."""
    if claims.kind is None:
        return _without_kind(profile, claims)
    if claims.kind in (AGENT, MANDATE) and not claims.function and profile.kind in LOCAL:
        return profile
    if claims.kind == AGENT and not claims.function and profile.potential and profile.kind is None:
        return replace(profile, kind=profile.potential)
    alike = profile.kind in (None, claims.kind) or {profile.kind, claims.kind} <= LOCAL
    keeps = profile.function if claims.function is None and alike else None
    free = "texte_libre" in claims.signals if claims.function else profile.free_function
    return replace(
        profile,
        kind=claims.kind,
        type=claims.type,
        function=claims.function or keeps,
        potential=claims.potential,
        free_function=free,
    )


def _without_kind(profile: Profile, claims: Claims) -> Profile:
    """Add a title that means something within a municipality only, a free text, or the denial of a function."""
    if claims.function or claims.potential:
        kind = claims.potential if profile.kind == AGENT or (profile.kind in LOCAL and claims.potential) else profile.kind
        kind = kind or profile.kind
        free = "texte_libre" in claims.signals
        return replace(profile, kind=kind, function=claims.function or profile.function, potential=claims.potential, free_function=free)
    if "negated" in claims.signals and profile.kind in (MANDATAIRE, RESPONSABLE):
        return replace(profile, kind=None, function=None, potential=None)
    return profile


def _with_capacity(profile: Profile, claims: Claims) -> Profile:
    """Add in whose name the person writes: by mandate, privately, officially."""
    mandate = claims.mandate if claims.mandate is not None else profile.mandate
    kind = profile.kind
    if mandate and kind == AGENT:
        kind = MANDATE
    if mandate is False and kind == MANDATE:
        kind = AGENT
    official = claims.kind in (MANDATAIRE, RESPONSABLE, MANDATE) and claims.private is None
    private = False if official and profile.private else claims.private if claims.private is not None else profile.private
    return replace(profile, kind=kind, mandate=mandate, private=private)


def _better(new: Place | None, old: Place | None) -> Place | None:
    return old if new is None or (old and old.is_municipality and not new.is_municipality) else new


def _group(profile: Profile) -> str | None:
    """Local authority, partner, or neither: what a change between is worth telling the contact person."""
    if profile.kind is None:
        return None
    if profile.private:
        return "privé"
    if profile.kind in LOCAL:
        return "locale"
    if profile.kind == PARTENAIRE:
        return PARTENAIRE
    return _OPEN if profile.partner is None and profile.type in PARTNERS | FIRMS else AUTRE


def _remember(before: Profile, after: Profile) -> Profile:
    """Keep the earlier statement when the person now says something else."""
    groups = (_group(before), _group(after))
    if before.kind is None or groups[0] == groups[1] or (groups[0] == _OPEN and groups[1] in (PARTENAIRE, AUTRE)):
        return after
    return replace(after, contradictions=tuple(dict.fromkeys((*after.contradictions, describe(before)))))


def describe(profile: Profile) -> str:
    """Return in a few French words what a person said to be."""
    names = {PARTENAIRE: "partenaire direct d'une commune", AGENT: "agent communal", MANDATE: "mandaté par une autorité communale"}
    what = profile.function or profile.type or names.get(profile.kind or "", profile.kind or "")
    if profile.partner is False and profile.type:
        what = f"{what}, sans commune partenaire"
    return f"{what}, à titre privé" if profile.private else what
