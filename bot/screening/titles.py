"""The functions that the author gives as her own, each as a claim; a title is judged by what follows it.

« directeur général d'une intercommunale » is no head of a municipality; « directrice financière à Gembloux » is one.
"""

from __future__ import annotations

import re

from bot.screening.claims import Claims
from bot.screening.found import Found
from bot.screening.lexicon import AGENT, AUTRE, COMMUNE, GENERAL, MANDATAIRE, ORGANISATION, PERSONNE, RESPONSABLE, TITRE, Hit
from bot.screening.patterns import OWN, VERBS

_CONSULTATIVE = re.compile(
    r"\W*(?:(?:du|au) conseil(?: communal| municipal)? )?(?:des |de |d')?(?:enfants|jeunes|aines|seniors"
    r"|ados|eleves|consultati\w+|juniors?|un jour)\b"
)
_FIELD = re.compile(
    r"(?: (?:communale?s?|municipale?s?|administrati[fv]e?s?|techniques?|principale?s?|adjointe?s?|ff|faisant fonction)\b)*"
    r"(?: (?:(?:et )?(?:(?:en charge )?(?:de la |de l'|des |du |de |d'|aux |au |a la |a l'))|(?<=service )|(?<=services ))"
    r"(?!(?:la |le |l'|ma |mon |notre |une? )?(?:communes?|ville|mairie|administration|cpas|municipalite|"
    r"benin|senegal|maroc|congo|burkina)\b)[a-z'-]{3,}"
    r"(?: (?:civil|sociale?s?|internationale?s?|decentralisee|locale?|publics?|nord-sud|techniques?|population|durable|economique)\b)*)*"
)
_FIRST_MAGISTRATES = frozenset({"bourgmestre", "maire"})
_OF = re.compile(r" (?:du|de la|de l'|de notre|de ma|des|d'une?) ?([a-z-]+)")
_MUNICIPAL = frozenset(
    "commune communes ville villes cite municipalite localite arrondissement capitale entite metropole collectivite village section bourg "
    "majorite centre liste conseil territoire coin grande petite belle jeune nouvelle".split()
)
"""Common nouns after « maire de la… » that leave her a mayor."""
_IN_SERVICE = re.compile(
    r"\b(?:suis|travaille|bosse|oeuvre|sommes|affectee?|employee?)(?: ici| actuellement)? (?:en charge )?(?:au|aux|a la|a l'"
    r"|dans le|dans les|du|des|de la|de l')\s?"
    r"(?:services? (?:des?|du|de la|de l')?\s?)?$"
)
"""« je suis aux affaires sociales »: in a service of the municipality; what function is asked."""
_CLAUSE_AT = re.compile(
    r"(?:^|[,;.!?])\W*(?:(?:bonjour|bonsoir|moi|ici|slt|salut)\W+)?(?:a|au|a la|a l'|dans la|dans le|pour la"
    r"|pour le|au sein d\w+)\W*(?:la |le |l')?$"
)
_JUST_AFTER = re.compile(
    r"(?:[\w' -]{0,25})?,?\W*(?:moi,? |et |ou |j'y |je )*(?:je |j'|on |c'est moi )?(?:suis |sommes |est "
    r"|en suis )?(?:le |la |l'|une? )?"
)
_WE = re.compile(r"\b(?:nous|notre (?:commune|ville)|la commune)\b[^.;!?]{0,25}$")
_CANDIDATE_FOR = re.compile(
    r"\W*(?:comme|en tant qu|au (?:programme|partenariat|jumelage)|a (?:l'appel|un|une|votre|ce|cette|la cooperation)"
    r"|pour (?!les elections|le conseil|la liste|le mandat))"
)
_THEN_BODY = re.compile(
    r"(?: (?:ff|adjointe?|faisant fonction))?\s*[,(–:-]\s*(?:ici |a |a la |au |de la |pour la )?(?:commune|ville|mairie|cpas"
    r"|administration communale)\b"
)
"""« Directeur général, commune de Lobbes »."""
_COUNCIL_TITLES = frozenset({"président", "vice président", "membre", "conseiller"})
_COUNCIL = re.compile(r" (?:du|au) conseil (?:de |d'|du )(?:la (?:commune|ville) (?:de |d'))?")
RELATIVE_TYPE = "proche"
"""The type of who is somebody's spouse or child: that is no function."""
_LINKING = frozenset("de du des d la le les l un une et en charge a au".split())


def own(found: Found) -> list[Claims]:
    """Return one claim for each function or organisation that the author gives as hers, now."""
    claims = []
    for at, (hit, found_role) in enumerate(found.hits):
        if found_role == OWN and not _is_candidacy(found, hit):
            claims.append(_title(found, at) if hit.entry.kind in (TITRE, GENERAL) else _plain_claim(found, hit))
    if any(_IN_SERVICE.search(found.reading.flat[: found.reading.words[service.first].start]) for service in found.services):
        claims.append(Claims(AGENT))
    return [claim for claim in claims if claim]


def _is_candidacy(found: Found, hit: Hit) -> bool:
    """Tell whether « candidats » is said of the programme, a mission, a partnership, and not of an election."""
    if hit.entry.label != "candidat":
        return False
    left, right = found.reading.flat[: found.reading.words[hit.first].start], found.reading.flat[found.reading.words[hit.last].end :]
    return bool(_WE.search(left) or _CANDIDATE_FOR.match(right))


def _plain_claim(found: Found, hit: Hit) -> Claims:
    if hit.entry.kind == COMMUNE:
        return Claims(AGENT, hit.entry.label)
    if hit.entry.kind == AUTRE:
        told = hit.entry.form == PERSONNE and hit.entry.label != RELATIVE_TYPE
        return Claims(AUTRE, hit.entry.label, said(found, hit) if told else None)
    after = found.reading.flat[found.reading.words[hit.last].end :]
    if _CONSULTATIVE.match(after):
        return Claims(AUTRE, "conseil consultatif", said(found, hit))
    if hit.entry.label in _FIRST_MAGISTRATES and _is_no_municipality(found, hit, after):
        return Claims(AUTRE, "particulier", said(found, hit))
    return Claims(hit.entry.kind, function=said(found, hit))


def _is_no_municipality(found: Found, hit: Hit, after: str) -> bool:
    """Tell whether « maire du camping » is the mayor of no municipality: a common noun stands where its name would."""
    of = _OF.match(after)
    start = found.reading.words[hit.last].end
    if of is None or of[1] in _MUNICIPAL or any(start <= mention.start <= start + of.end() for mention in found.mentions):
        return False
    return found.reading.text[start + of.start(1)].islower()


def _title(found: Found, at: int) -> Claims:
    """Judge a title by what follows it: « directeur général d'une intercommunale », « coordinatrice à la ville »."""
    hit = found.hits[at][0]
    words = said(found, hit)
    end = _group_end(found, hit)
    organisation = _organisation(found, hit, end) or _organisation_before(found, hit)
    if organisation and organisation.entry.kind == AUTRE:
        return Claims(AUTRE, organisation.entry.label, words)
    if hit.entry.kind == GENERAL:
        return _general(found, hit)
    if organisation and organisation.entry.kind in (MANDATAIRE, RESPONSABLE):
        return Claims(AGENT, function=words)
    if hit.entry.label in _COUNCIL_TITLES and _is_of_council(found, hit):
        return Claims(MANDATAIRE, function=f"{words} communal" if words.endswith("conseil") else words)
    if hit.entry.becomes and _THEN_BODY.match(found.reading.flat, found.reading.words[hit.last].end):
        return Claims(hit.entry.becomes, function=words)
    if hit.entry.becomes and (organisation or _is_municipal(found, hit, end)):
        return Claims(hit.entry.becomes, function=words)
    return Claims(function=words, potential=hit.entry.becomes)


def _is_of_council(found: Found, hit: Hit) -> bool:
    """Tell whether « vice-présidente du conseil de Tiznit » sits in a municipality's council: its name follows at once."""
    start = found.reading.words[hit.last].end
    of = _COUNCIL.match(found.reading.flat, start)
    return of is not None and any(mention.start == of.end() for mention in found.mentions)


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


def _organisation_before(found: Found, hit: Hit) -> Hit | None:
    """Return the municipality's body that « à la mairie, je suis… » names just before a title."""
    start = found.reading.words[hit.first].start
    for other, _ in found.hits:
        end = found.reading.words[other.last].end
        begins = _CLAUSE_AT.search(found.reading.flat[: found.reading.words[other.first].start])
        if other.entry.kind == COMMUNE and other.last < hit.first and begins and _JUST_AFTER.fullmatch(found.reading.flat[end:start]):
            return other
    return None


def _is_municipal(found: Found, hit: Hit, end: int) -> bool:
    """Tell whether a title without organisation is a municipality's: by its service, or by the municipality right after it."""
    start = found.reading.words[hit.last].end
    if re.search(r"\bchez\b", found.reading.flat[start:end]):
        return False
    if any(hit.last < service.first and found.reading.words[service.first].start < end for service in found.services):
        return True
    after = next((m for m in found.mentions if m.start >= start), None)
    between = found.reading.flat[start : after.start] if after else "-"
    return hit.entry.leading and bool(
        re.fullmatch(
            r"[\s,(:]*(?:(?:ff|adjointe?|ici|de la ville|de|d'|du|des|a|au"
            r"|aux)[\s,:]*)*",
            between,
        )
    )


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
