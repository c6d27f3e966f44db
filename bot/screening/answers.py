"""Answers to the questions of the screening, read in the light of the question."""

from __future__ import annotations

import re
from dataclasses import replace

from bot.places import COMMUNE, NONE, Gazetteer
from bot.places.words import read
from bot.screening import turns
from bot.screening.claims import Claims
from bot.screening.found import find
from bot.screening.lexicon import AGENT, MANDATAIRE, RESPONSABLE, Lexicon
from bot.screening.messages import read_claims
from bot.screening.patterns import OTHER, OWN
from bot.text import clean, fold

_LIMIT = 120
"""The longest function kept in a person's own words, in characters."""
_NO_ANSWER = re.compile(
    r"\?|\bsais (?:pas|plus)\b|"
    r"^\W*(?:oui|non|ok|d'accord|merci|bonjour|stop|rien|euh|bof|pourquoi|peu importe|aucune idee|je prefere (?:ne )?pas\b.*)?"
    r"(?:\W+(?:merci|bien|beaucoup|oui|non))*\W*$|\bpas (?:envie|votre affaire|vous le dire)\b|\bregarde pas\b"
)
_LEADING = re.compile(
    r"^\W*(?:(?:alors|euh|ben|bah|oui|non|en fait|plutot|pardon|c'?est|ma fonction(?: est)?|fonction|je suis|:|,|-|le|la|l'|un|une)\s*)+",
    re.I,
)
_INSIDE = re.compile(
    r"(?:fais|fait|faisons) partie (?:moi-meme )?(?:de|d')|(?:commune|ville|mairie) elle-meme|"
    r"travaille (?:a|pour) la (?:commune|ville|mairie)|"
    r"suis (?:de )?la commune|nous sommes la commune|c'est nous la commune"
)
_GENERAL_WORDS = frozenset({"elu", "elue", "elus", "mandataire", "responsable"})
_FOR_COMMUNE = re.compile(
    r"^\W*(?:(?:c'est |j'ecris |nous ecrivons |oui )?(?:pour|au nom de|de la part de|au service de)\W+)?(?:la|ma|notre|une|le|mon)\W+"
    r"(ville|commune|mairie|municipalite|cpas|administration communale)\b"
)
_SHORT_ANSWER = 14
"""Words of an answer that names a function and little else."""
_OF_SOMEBODY = re.compile(
    r"\b(?:mon|ma|mes|notre|nos|son|sa|leur|votre|pour|avec|par|du|de la|de l'|de|d'|connais\w*"
    r"|chez)\W+(?:\w+\W+)?$"
)
_YES = re.compile(r"^\W*(?:oui|ouais|yes|exact\w*|tout a fait|bien sur|effectivement|absolument|si|affirmatif)\b")
_AUTHORITY = re.compile(
    r"^\W*(?:(?:oui|c'est)\W+)?(?:le|la|l'|notre|mon|ma)\s*"
    r"(?:college|bourgmestre|maire|maieure?|echevine?|directeur general|directrice generale|dg|"
    r"presidente?|secretaire (?:general|communal|executif))"
)
_NO = re.compile(r"^\W*(?:non|nan|no|pas du tout|personne|aucun\w*|jamais|negatif)\b|\bc'est (?:moi|mon idee)\b|\bpersonne\b")


def read_function(answer: str, lexicon: Lexicon, gazetteer: Gazetteer, body: str | None = None) -> Claims:
    """Return what an answer to « Quelle est votre fonction ? » says; a function we do not know is kept in its own words.

    `body` is the municipality's body for which the person works, when it is known: it completes « présidente ».
    """
    claims = _within(_named(read_claims(answer, lexicon, gazetteer), answer, lexicon, gazetteer), body, lexicon, gazetteer)
    if claims.kind in (MANDATAIRE, RESPONSABLE) and claims.function:
        return claims
    bare = _LEADING.sub("", clean(answer, _LIMIT)).strip(" .!,;")
    if claims.kind is None and not claims.function and "negated" not in claims.signals:
        claims = read_claims(f"Je suis {bare}", lexicon, gazetteer)
    if claims.function or claims.signals & {"negated", "former", "future", "relative"}:
        return claims
    if claims.kind:
        return replace(claims, function=bare)
    if _NO_ANSWER.search(read(answer).flat) or not re.search(r"\w{2}", bare):
        return Claims()
    return replace(claims, function=bare, signals=claims.signals | {"texte_libre"})


def _named(claims: Claims, answer: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Claims:
    """The function that a short answer names without saying « je suis »: « chez nous on dit Schöffin, donc échevine »."""
    if claims.kind or claims.function or claims.mandate or len(answer.split()) > _SHORT_ANSWER:
        return claims
    found = find(answer, lexicon, gazetteer)
    heads = [hit for hit, role in found.hits if hit.entry.kind in (MANDATAIRE, RESPONSABLE) and role == OTHER]
    others = [hit for hit, role in found.hits if role not in (OTHER, OWN)]
    if len(heads) != 1 or others or _OF_SOMEBODY.search(found.reading.flat[: found.reading.words[heads[0].first].start]):
        return claims
    told = read_claims(f"Je suis {found.reading.said(heads[0].first, heads[0].last)}", lexicon, gazetteer)
    return replace(told, place=claims.place)


def _within(claims: Claims, body: str | None, lexicon: Lexicon, gazetteer: Gazetteer) -> Claims:
    """A title completed by the body that was named before: « présidente », of the CPAS."""
    if body is None or claims.kind or not claims.function:
        return claims
    for whole in (f"Je suis {claims.function} {body}", f"Je suis {claims.function} communal"):
        told = read_claims(whole, lexicon, gazetteer)
        if told.kind in (MANDATAIRE, RESPONSABLE):
            return replace(told, place=claims.place, signals=claims.signals)
    return claims


def read_capacity(answer: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Claims:
    """Return what an answer to « À quel titre, pour quelle organisation écrivez-vous ? » says: what it names is the person's own."""
    claims = _general_as_kind(read_claims(answer, lexicon, gazetteer))
    if _tells(claims):
        return claims
    bare = _LEADING.sub("", clean(answer, _LIMIT)).strip(" .!,;")
    for opening in ("Je suis ", "Nous sommes "):
        told = _general_as_kind(read_claims(f"{opening}{bare}", lexicon, gazetteer))
        if _tells(told):
            return replace(told, place=claims.place or told.place)
    for_body = _FOR_COMMUNE.search(read(answer).flat)
    return replace(claims, kind=AGENT, type=for_body[1]) if for_body else claims


def _general_as_kind(claims: Claims) -> Claims:
    """« élu », « responsable » alone answer in which capacity one writes; which function that is, is asked next."""
    general = claims.kind is None and claims.potential in (MANDATAIRE, RESPONSABLE) and fold(claims.function or "") in _GENERAL_WORDS
    return replace(claims, kind=claims.potential, function=None) if general else claims


def _tells(claims: Claims) -> bool:
    return bool(claims.kind or claims.function or claims.potential or claims.partner is not None or claims.private is not None)


def read_partner(answer: str, gazetteer: Gazetteer) -> Claims:
    """Return what an answer to « De quelle commune êtes-vous partenaire direct ? » says."""
    flat = read(answer).flat
    if _INSIDE.search(flat):
        return Claims(kind=AGENT)
    if turns.partner(flat) is False:
        return Claims(partner=False)
    place = gazetteer.resolve(re.sub(r"^\W*(?:oui|si)\b[\s,]*", "", clean(answer), flags=re.I))
    if place.kind == NONE or turns.partner(flat) is False:
        return Claims(partner=False)
    if place.kind == COMMUNE and (place.known or not turns.several(flat)):
        return Claims(partner_of=place, partner=True)
    if turns.several(flat):
        return Claims(partner=True, signals=frozenset({"plusieurs"}))
    return Claims(partner=False) if _NO.search(flat) else Claims()


def read_mandate(answer: str, lexicon: Lexicon, gazetteer: Gazetteer) -> Claims:
    """Return what an answer to « Un mandataire ou un responsable vous a-t-il chargé d'écrire ? » says."""
    flat = read(answer).flat
    claims = read_claims(answer, lexicon, gazetteer)
    if claims.mandate is None and _names_authority(flat):
        return Claims(mandate=True)
    if claims.mandate is not None or claims.kind:
        return claims
    if _NO.search(flat) or claims.private:
        return replace(claims, mandate=False)
    return replace(claims, mandate=True) if _YES.search(flat) else claims


def _names_authority(flat: str) -> bool:
    """Tell whether the whole answer is who gave the order: « le bourgmestre », « oui, notre collège »."""
    return len(flat.split()) <= 6 and bool(_AUTHORITY.match(flat))
