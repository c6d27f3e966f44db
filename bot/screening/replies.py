"""One entry for the conversation: an answer to the field that was asked, added to the profile."""

from __future__ import annotations

from dataclasses import replace

from bot.places import Gazetteer, resolve_country
from bot.screening.answers import read_function, read_mandate, read_partner
from bot.screening.decision import decide
from bot.screening.lexicon import Lexicon
from bot.screening.messages import read_claims
from bot.screening.profile import Profile, update, with_country, with_place

AGENT_MANDATE = "agent.mandat"
"""The rule whose question (« profil ») is whether an officer or head had the employee write."""


def take(field: str, answer: str, profile: Profile, lexicon: Lexicon, gazetteer: Gazetteer) -> Profile:
    """Return the profile after an answer to one of profil, fonction, commune, pays, partenaire_de.

    An answer that says nothing to the point leaves the profile as it was.
    """
    if field == "profil" and decide(profile).rule == AGENT_MANDATE:
        return update(profile, read_mandate(answer, lexicon, gazetteer))
    if field == "fonction":
        return update(profile, read_function(answer, lexicon, gazetteer))
    if field == "commune":
        return with_place(_beside(profile, answer, lexicon, gazetteer), gazetteer.resolve(answer, profile.country))
    if field == "pays":
        country = resolve_country(answer)
        return with_country(profile, country) if country else profile
    if field == "partenaire_de":
        return update(profile, read_partner(answer, gazetteer))
    return update(profile, read_claims(answer, lexicon, gazetteer))


def _beside(profile: Profile, answer: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Profile:
    """Add what an answer says besides a municipality: « aucune, je suis étudiante », « à Huy, mais je ne suis plus échevin »."""
    claims = read_claims(answer, lexicon, gazetteer)
    return update(profile, replace(claims, place=None)) if claims.kind and (claims.function or claims.type) else profile
