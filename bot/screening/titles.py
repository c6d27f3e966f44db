"""The functions that the author gives as her own, each as a claim; a title is judged by what follows it.

« directeur général d'une intercommunale » is no head of a municipality; « directrice financière à Gembloux » is one.
"""

from __future__ import annotations

import re

from bot.screening.claims import Claims
from bot.screening.found import Found
from bot.screening.lexicon import AGENT, AUTRE, COMMUNE, GENERAL, MANDATAIRE, ORGANISATION, PERSONNE, RESPONSABLE, TITRE, Hit
from bot.screening.patterns import OWN, VERBS

_CONSULTATIVE = re.compile(r"\W*(?:des |de |d')?(?:enfants|jeunes|aines|seniors|ados|eleves|consultati\w+|juniors?|un jour)\b")
_FIELD = re.compile(
    r"(?: (?:communale?s?|municipale?s?|administrati[fv]e?s?|techniques?|principale?s?|adjointe?s?|ff|faisant fonction)\b)*"
    r"(?: (?:(?:et )?(?:(?:en charge )?(?:de la |de l'|des |du |de |d'|aux |au |a la |a l'))|(?<=service )|(?<=services ))"
    r"(?!(?:la |le |l'|ma |mon |notre |une? )?(?:communes?|ville|mairie|administration|cpas|municipalite|"
    r"benin|senegal|maroc|congo|burkina)\b)[a-z'-]{3,}"
    r"(?: (?:civil|sociale?s?|internationale?s?|decentralisee|locale?|publics?|nord-sud|techniques?|population|durable|economique)\b)*)*"
)
_LINKING = frozenset("de du des d la le les l un une et en charge a au".split())


def own(found: Found) -> list[Claims]:
    """Return one claim for each function or organisation that the author gives as hers, now."""
    claims = []
    for at, (hit, found_role) in enumerate(found.hits):
        if found_role == OWN:
            claims.append(_title(found, at) if hit.entry.kind in (TITRE, GENERAL) else _plain_claim(found, hit))
    return [claim for claim in claims if claim]


def _plain_claim(found: Found, hit: Hit) -> Claims:
    if hit.entry.kind == COMMUNE:
        return Claims(AGENT)
    if hit.entry.kind == AUTRE:
        return Claims(AUTRE, hit.entry.label, said(found, hit) if hit.entry.form == PERSONNE else None)
    if _CONSULTATIVE.match(found.reading.flat[found.reading.words[hit.last].end :]):
        return Claims(AUTRE, "conseil consultatif", said(found, hit))
    return Claims(hit.entry.kind, function=said(found, hit))


def _title(found: Found, at: int) -> Claims:
    """Judge a title by what follows it: « directeur général d'une intercommunale », « coordinatrice à la ville »."""
    hit = found.hits[at][0]
    words = said(found, hit)
    end = _group_end(found, hit)
    organisation = _organisation(found, hit, end)
    if organisation and organisation.entry.kind == AUTRE:
        return Claims(AUTRE, organisation.entry.label, words)
    if hit.entry.kind == GENERAL:
        return _general(found, hit)
    if organisation and organisation.entry.kind in (MANDATAIRE, RESPONSABLE):
        return Claims(AGENT, function=words)
    if hit.entry.becomes and (organisation or _is_municipal(found, hit, end)):
        return Claims(hit.entry.becomes, function=words)
    return Claims(function=words, potential=hit.entry.becomes)


def _general(found: Found, hit: Hit) -> Claims:
    """« élu communal », « mandataire » say the kind; « élu » or « fonctionnaire » alone may be anything."""
    alone = hit.first == hit.last and found.reading.words[hit.first].key[:7] not in ("mandata", "partena")
    return Claims(potential=hit.entry.becomes, function=said(found, hit)) if alone else Claims(hit.entry.becomes)


def _group_end(found: Found, hit: Hit) -> int:
    """Return where the group of words that a title heads ends."""
    start = found.reading.words[hit.last].end
    group = re.match(r"(?:(?![,.;!?:](?:\s|$)|\bje\b|\bj'|\bnous\b|\bon\b|\bqui\b|\bpour (?!l|un)).){0,90}", found.reading.flat[start:])
    return start + (group.end() if group else 0)


def _organisation(found: Found, hit: Hit, end: int) -> Hit | None:
    """Return the organisation, or the officer, named in the group of a title."""
    inside = (other for other, _ in found.hits if hit.last < other.first and found.reading.words[other.first].start < end)
    return next((other for other in inside if other.entry.form == ORGANISATION or other.entry.kind in (MANDATAIRE, RESPONSABLE)), None)


def _is_municipal(found: Found, hit: Hit, end: int) -> bool:
    """Tell whether a title without organisation is a municipality's: by its service, or by the municipality right after it."""
    start = found.reading.words[hit.last].end
    if re.search(r"\bchez\b", found.reading.flat[start:end]):
        return False
    if any(hit.last < service.first and found.reading.words[service.first].start < end for service in found.services):
        return True
    after = next((m for m in found.mentions if m.start >= start), None)
    between = found.reading.flat[start : after.start] if after else "-"
    return hit.entry.leading and bool(re.fullmatch(r"[\s,(:]*(?:(?:ff|adjointe?|ici|de la ville|de|d'|du|des|a|au|aux)[\s,:]*)*", between))


def said(found: Found, hit: Hit) -> str:
    """Return the function as it was said, with the field of work that follows: « échevine des finances »."""
    reading, last = found.reading, hit.last
    if reading.words[hit.first].key in VERBS:
        return hit.entry.label if hit.entry.kind != TITRE else "chef de service"
    start = reading.words[hit.last].end
    stop = next((m.start for m in found.mentions if m.start >= start), len(reading.flat))
    field_of_work = _FIELD.match(reading.flat[:stop], start)
    if field_of_work:
        last = max(i for i, word in enumerate(reading.words) if word.end <= max(field_of_work.end(), start))
    adjacent = {service.first: service.last for service in found.services}
    while last + 1 in adjacent:
        last = adjacent[last + 1]
    while last > hit.last and reading.words[last].key in _LINKING:
        last -= 1
    return reading.said(hit.first, last)
