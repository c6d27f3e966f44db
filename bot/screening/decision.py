"""The decision: a pure function of the profile. What the person claims is judged here and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass

from bot.places import BELGIUM, PARTNERS, Place
from bot.places.words import keys
from bot.screening.claims import MANDATE
from bot.screening.lexicon import PARTENAIRE
from bot.screening.profile import Profile
from bot.screening.rules import Rule, unknown
from bot.screening.table import RULES, VERSION


@dataclass(frozen=True)
class Decision:
    """What is to be done with a request, and why.

    `verdict`: admissible, non_admissible, a_preciser or humain. `rule`: id in the table. `reason`: a French sentence for the person.
    `missing`: fields to ask, in order. `remarks`: French sentences for the contact person. `version`: of the table.
    """

    verdict: str
    rule: str
    reason: str
    missing: tuple[str, ...]
    remarks: tuple[str, ...]
    version: str = VERSION
    source: str = "Attention"


def decide(profile: Profile, rules: tuple[Rule, ...] = RULES) -> Decision:
    """Return the decision of the first rule that applies."""
    rule = next(rule for rule in rules if rule.when(profile))
    return Decision(rule.verdict, rule.id, rule.reason, unknown(profile, rule.asks), remarks(profile), source=rule.source)


def remarks(profile: Profile) -> tuple[str, ...]:
    """Return what the contact person should know beside the fields."""
    place = profile.partner_of if profile.kind == PARTENAIRE else profile.place
    noted = [f"Déclaration changée : la personne a déclaré d'abord « {said} »." for said in profile.contradictions]
    if profile.unplaced_title:
        noted.append("Titre et commune donnés sans nommer l'institution : à vérifier.")
    if profile.predecessor:
        noted.append(f"Dans la même conversation, une autre personne (« {profile.predecessor} ») n'a pas été admise.")
    if place and place.is_municipality:
        noted += _on_place(place, profile.pays)
    if profile.kind == MANDATE:
        noted.append("Écrit au nom d'un mandataire, d'un responsable ou du collège : mandat déclaré, à vérifier.")
    if profile.kind == PARTENAIRE and profile.partner_of:
        noted.append(f"Se dit partenaire direct de {profile.partner_of.name} : convention ou mandat à vérifier.")
    if profile.several:
        noted.append("Se dit partenaire de plusieurs communes.")
    if profile.free_function and profile.function:
        noted.append(f"Fonction donnée en texte libre, non reconnue : « {profile.function} ».")
    return tuple(noted)


def _on_place(place: Place, country: str | None) -> list[str]:
    """Return what is doubtful or unusual about the municipality."""
    noted = []
    if not place.known:
        noted.append(f"Commune absente de notre liste : « {place.said} », à vérifier.")
    elif len(place.candidates) > 1:
        countries = {candidate.country for candidate in place.candidates}
        regions = " ou ".join(sorted(countries if len(countries) > 1 else {candidate.region or "?" for candidate in place.candidates}))
        noted.append(f"Plusieurs communes portent ce nom ({regions}) : à vérifier.")
    elif not place.certain:
        noted.append(f"Commune écrite « {place.said} », comprise comme {place.name}.")
    elif place.said and place.name and keys(place.said) != keys(place.name):
        noted.append(f"La personne a écrit « {place.said} », autre nom ou section de {place.name}.")
    if country and country != BELGIUM and country not in PARTNERS:
        noted.append(f"Pays hors des cinq pays partenaires du programme : {country}.")
    return noted
