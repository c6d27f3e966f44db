"""The answer to « Dans quelle commune ? », read for what it is: a municipality, another level, none, or no answer."""

from __future__ import annotations

import re

from bot.places.countries import find_country, is_country, names_country, resolve_country, split_country
from bot.places.index import Index, Municipality
from bot.places.mentions import find
from bot.places.place import COUNTRY, NONE, NOTHING, PROVINCE, REGION, Place, known_place, unknown_place
from bot.places.words import Reading, keys, read

_NO_ANSWER = re.compile(
    r"aucune idee|sais (?:pas|plus)|pourquoi|^(?:oui|non|ok|merci|bonjour|stop|euh|rien|la mienne|peu importe|je prefere\b.*)[ !.,]*$"
)
_QUESTION = re.compile(r"\b(?:quoi|quel\w*|combien|comment|qui|quand|est-ce|pouvez)\b.*\?")
_NO_COMMUNE = re.compile(
    r"\b(?:aucune?|pas de|sans|nulle) (?:commune|ville|mairie|municipalite)|\b(?:a|d'|de|dans|pour)\s?aucune\b|^(?:non,? )?aucune?\b|"
    r"\b(?:represente|travaille) (?:pas|aucune)\b|nulle part|pas (?:lie|liee|lies|rattache)"
)
_PROVINCE = re.compile(r"\bprovinc\w*|\bdepartement\b|\bprefecture\b")
_REGION = re.compile(
    r"\bregions?\b|\bregional\w*|\bwallonie(?!-bruxelles)\b|\bflandre\b|federation wallonie|"
    r"\bcommunaute (?:francaise|germano)"
)
_FILLERS = frozenset(
    "a ah alors au aux ba bah ben bien bonjour bref c celle cela cest chez commune communale cpas d dans de desole des dis disons donc du "
    "ecris elle en enfin entite erratum est et etait euh evidemment fait habite hein ici "
    "il ja je jhabite jsuis l la le les lieu ma maintenant "
    "mairie mais merci moi mon municipalite nom nomme nommee non nos notre nous oh ok on oui pardon plait plus plutot pour precisement "
    "quoi rural rurale s salut si simplement suis sur svp sommes travaille tout urbaine uniquement ville villes vient viens voila voyons "
    "vous vraiment dirais voulais dire appelle s'appelle t erreur celui toujours ecoute ecoutez petite bourgmestre maire".split()
)


def resolve(index: Index, answer: str, country: str | None = None) -> Place:
    """Return the place an answer names; `country`, when already known, settles homonyms."""
    reading = read(answer)
    if not reading.words or _NO_ANSWER.search(reading.flat) or _QUESTION.search(reading.flat):
        return Place(NOTHING, said=reading.text)
    place = _in_list(index, reading, country) or _other_level(index, reading)
    if place:
        return place
    if _NO_COMMUNE.search(reading.flat):
        return Place(NONE, said=reading.text)
    return _unlisted(index, reading, country)


def _in_list(index: Index, reading: Reading, country: str | None) -> Place | None:
    """Return the listed municipality: announced in the sentence, or all that the answer holds but for fillers."""
    mentions = [mention for mention in find(index, reading.text) if mention.known or len(reading.words) > 1]
    if not mentions and _other_level(index, reading):
        return None
    whole = _all_but_fillers(index, reading)
    if whole:
        exact = not names_country(whole[0])
        return _settle(known_place(whole[1], whole[0], exact), reading, country)
    known = [mention for mention in mentions if mention.known]
    chosen = known[-1] if known and re.match(r"\W*non\b", reading.flat) else next(iter(known or mentions), None)
    return _settle(chosen.place, reading, country) if chosen and (chosen.known or chosen.headed) else None


def _all_but_fillers(index: Index, reading: Reading) -> tuple[str, tuple[Municipality, ...]] | None:
    if _PROVINCE.search(reading.flat) or "region de" in reading.flat:
        return None
    for at in range(len(reading.words)):
        count, places = index.exact(reading.words, at)
        if count and _rest_is_filler(reading, at, count):
            return reading.said(at, at + count - 1), places
        if reading.words[at].key not in _FILLERS:
            return None
    return None


def _rest_is_filler(reading: Reading, at: int, count: int) -> bool:
    rest = [word.key for word in reading.words[at + count :]]
    return all(key in _FILLERS for key in rest) or find_country(" ".join(rest)) is not None or bool(_REGION.search(" ".join(rest)))


def _settle(place: Place, reading: Reading, country: str | None) -> Place:
    """Use the country or region said with the name, or known before, to choose among homonyms."""
    nearby = find_country(reading.text.replace(place.said, " "))
    for where in (nearby, country):
        if where and (len(place.candidates) > 1 or not place.known) and place.country != where:
            place = place.within(where)
    folded = [(candidate, read(candidate.region or "").flat) for candidate in place.candidates]
    here = tuple(candidate for candidate, region in folded if region and region in reading.flat.replace(read(place.said).flat, " ", 1))
    return known_place(here, place.said, True) if len(place.candidates) > 1 and len(here) == 1 else place


def _other_level(index: Index, reading: Reading) -> Place | None:
    """Return the province, region or country that the answer names instead of a municipality."""
    said = reading.text
    if _PROVINCE.search(reading.flat):
        return Place(PROVINCE, said, said=said)
    if _REGION.search(reading.flat):
        return Place(REGION, said, said=said)
    words = " ".join(word.key for word in reading.words if word.key not in _FILLERS)
    if words in index.regions:
        return Place(PROVINCE, said, said=said)
    named = resolve_country(words) if is_country(words) else None
    return Place(COUNTRY, named, named, said=said) if named else None


def _unlisted(index: Index, reading: Reading, country: str | None) -> Place:
    """Return the municipality that the answer misspells, or one we do not know; long sentences name none."""
    first, last = 0, len(reading.words) - 1
    while first < last and reading.words[first].key in _FILLERS:
        first += 1
    while last > first and reading.words[last].key in _FILLERS:
        last -= 1
    said, abroad = split_country(reading.said(first, last)) if last > first else (reading.said(first, last), None)
    if last - first > 4 or "?" in reading.text or reading.words[first].key in _FILLERS or len(said) < 2 or said.isdigit():
        return Place(NOTHING, said=reading.text)
    near = index.close(" ".join(keys(said)))
    if near:
        return _settle(known_place(near, said, exact=False), reading, country)
    return unknown_place(said, abroad or country)
