"""Puts what a person says into the profile that the decision judges. Pure; holds the lexicon and the gazetteer."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.intake import corrections
from bot.places import COUNTRY, NOTHING, Gazetteer, Place, resolve_country
from bot.screening import (
    Claims,
    Decision,
    Lexicon,
    Profile,
    decide,
    read_claims,
    read_function,
    read_mandate,
    read_partner,
    with_country,
    with_place,
)
from bot.screening import update as add
from bot.screening.rules import unknown
from bot.text import fold

_UNDONE = frozenset({"negated", "former", "future", "relative"})
"""Signals that take a function away: they answer the question of the function too."""

_NO_FUNCTION = re.compile(
    r"@|https?:|^/|\d{4}|[<>{}]|\b(idem|recommencer|retour|help|nsp|deja dit|comprends? (pas|rien)|pas compris|pas besoin|je prefere"
    r"|m'appelle|mon nom|qui etes|ne suis rien)\b|^(aucune?|aide|meme|la meme|comme avant|ce que vous voulez)$"
)
"""What is typed where a function is waited for and is none, folded."""
_NO_PLACE = re.compile(r"@|\d{6}|(\d\W*){8}|^/|[<>{}]")
"""What no municipality's name holds; a postcode may stand before one."""


@dataclass(frozen=True)
class Screening:
    """Reads messages and answers into profiles."""

    lexicon: Lexicon
    gazetteer: Gazetteer

    def hear(self, profile: Profile, text: str) -> Profile:
        """The profile after a free message."""
        return add(profile, self.claims(text))

    def claims(self, text: str) -> Claims:
        """What a free message says of its author."""
        return read_claims(text, self.lexicon, self.gazetteer)

    def says_who(self, text: str) -> bool:
        """Whether a message says who speaks: a function, a capacity, a mandate."""
        claims = self.claims(text)
        return bool(claims.kind or claims.function or claims.private is not None)

    def names_something_else(self, name: str) -> bool:
        """Whether what looks like a person's name is a function or a municipality."""
        claims = self.claims(name)
        return bool(claims.kind or claims.function or claims.potential or self.gazetteer.find(name))

    def only_function(self, profile: Profile, text: str) -> Profile | None:
        """The profile with the function that was all that was typed where a name is waited for: « coordinatrice de projet »."""
        function = self.claims(text).function
        if function is None or text != text.lower() or fold(function) != fold(text):
            return None
        return replace(profile, function=profile.function or function)

    def answer(self, profile: Profile, field: str, text: str) -> Profile | None:
        """The profile after the answer to a question of the screening; None when it is no answer."""
        if field == "profil":
            return self._capacity(profile, text)
        if field == "fonction":
            claims = self._function(text)
            told = claims.kind or claims.function or claims.signals & _UNDONE or claims.place
            return add(profile, claims) if told else None
        if field == "commune":
            return self._commune(profile, text)
        if field == "pays":
            country = resolve_country(text)
            return with_country(profile, country) if country else None
        claims = read_partner(text, self.gazetteer)
        said = claims.partner is not None or claims.kind
        return add(profile, claims) if said else None

    def _capacity(self, profile: Profile, text: str) -> Profile | None:
        asked = decide(profile)
        if asked.rule == "agent.mandat":
            claims = read_mandate(text, self.lexicon, self.gazetteer)
            return add(profile, claims) if claims.mandate is not None or claims.kind else None
        claims = self.claims(text)
        if not (claims.kind or claims.function or claims.potential or claims.partner is not None or claims.private is not None):
            claims = replace(self._function(text), place=claims.place)
        said = claims.kind or claims.function or claims.potential or claims.partner is not None or claims.private is not None
        return add(profile, claims) if said or claims.place else None

    def _function(self, text: str) -> Claims:
        """What an answer says of a function; a municipality's name, an address or « idem » is none, even in a person's own words."""
        claims = read_function(text, self.lexicon, self.gazetteer)
        free = "texte_libre" in claims.signals
        place = claims.place.said if claims.place else ""
        none = free and (_NO_FUNCTION.search(fold(text)) or fold(claims.function or "") == fold(place))
        return replace(claims, function=None) if none else claims

    def _commune(self, profile: Profile, text: str) -> Profile | None:
        place = self.gazetteer.resolve(text, profile.country)
        if not place.known and _NO_PLACE.search(text):
            return None
        if place.kind in {NOTHING, COUNTRY}:
            claims = self.claims(text)
            return add(profile, claims) if claims.kind and claims.kind != profile.kind else None
        return with_place(profile, place)

    def correct(self, profile: Profile, text: str) -> Profile | None:
        """The profile after a correction of who or where: « non, Ixelles », « en fait je suis conseillère »; None when it is none."""
        claims = self.claims(text)
        named = corrections.field_named(text)
        place = self._other_place(text, profile.commune)
        changed = profile
        if claims.kind or claims.function:
            changed = add(changed, replace(claims, place=None))
        if place is not None and place.is_municipality and place.name != profile.commune:
            changed = with_place(replace(changed, country=None), place)
        if named == "pays" and (country := resolve_country(corrections.new_value(text))):
            changed = with_country(changed, country)
        return changed if changed != profile else None

    def _other_place(self, text: str, commune: str | None) -> Place | None:
        """The municipality that a correction puts in the place of `commune`: the last one named that is another."""
        named = [mention.place for mention in self.gazetteer.find(text) if mention.place.name != commune]
        return named[-1] if named else self._bare_place(text)

    def _bare_place(self, text: str) -> Place | None:
        """A municipality of our list that is all that a short correction says; guessed at only where a change is announced."""
        place = self.gazetteer.resolve(corrections.new_value(text))
        meant = place.certain or corrections.wants_change(text)
        return place if place.is_municipality and place.known and meant else None

    def place_in(self, profile: Profile, text: str) -> str:
        """The name of the municipality that an answer names."""
        return self.gazetteer.resolve(text, profile.country).name or ""

    def without_place(self, profile: Profile) -> Profile:
        """The profile after « non » to « Est-ce bien le nom de votre commune ? »."""
        return replace(profile, partner_of=None) if profile.kind == "partenaire_direct" else replace(profile, place=None)

    def doubtful_place(self, profile: Profile, confirmed: str) -> str:
        """The name of a municipality that has to be confirmed: unknown to us, or written so that it had to be guessed."""
        place = profile.partner_of if profile.kind == "partenaire_direct" else profile.place
        if place is None or not place.is_municipality or place.certain or place.name == confirmed:
            return ""
        return "" if place.known and len(place.candidates) > 1 else place.name or ""

    def unplaced(self, profile: Profile) -> tuple[str, ...]:
        """What is unknown of the municipality. A request needs one, also when the decision is left to a person."""
        return unknown(profile, ("partenaire_de", "pays") if profile.kind == "partenaire_direct" else ("commune", "pays"))

    def decide(self, profile: Profile) -> Decision:
        """The decision on a profile."""
        return decide(profile)
