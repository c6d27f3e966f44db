"""Municipalities named inside a free message. A name counts only where a municipality can stand."""

from __future__ import annotations

import re

from bot.places.countries import find_country, is_country
from bot.places.index import Index, Municipality
from bot.places.place import Mention, Place, known_place, unknown_place
from bot.places.words import Reading, read

_BODY = (
    r"(?:communes?|villes?|mairies?|municipalite|cpas|c\.p\.a\.s\.?|administration communale|maison communale|hotel de ville|"
    r"bourgm\w*|maires?|maieure?|mayeure?|echevine?s?|chef d'arrondissement|communale?s?|communaux|municipale?s?|municipaux)"
)
_KIND = r"(?: (?:rurale|urbaine|belge|wallonne|bruxelloise|flamande|beninoise|marocaine|senegalaise|burkinabe|congolaise))?"
_HEADED = re.compile(rf"\b{_BODY}{_KIND}\s*(?:,\s*|:\s*)?(?:de la ville |de la commune |de |d'|du |des |a |au |aux )?\s*$")
_NAMED = re.compile(rf"\b{_BODY}{_KIND}\s+(?:de la ville |de la commune )?(?:de\s+|d'\s*|a\s+)(?=[a-z0-9])")
_FUNCTION_NEAR = re.compile(
    r"\b(?:echevin|bourgmestre|maire|conseill|adjoint|direct|secretaire|president|receveur|chef|coordin|cpas)[^.;!?]{0,60}$"
)
_STANDS = re.compile(r"(?:^|[\s(,/'-])(?:a|de|d'|du|des|au|aux|sur|en)\s*$|\b(?:commune|ville|mairie)\b[^.;!?]{0,20}\b(?:est|c'est)\s*$")
_NOT_MUNICIPAL = re.compile(
    r"\b(?:rue|avenue|av|chaussee|place|boulevard|bd|route|quai|gare|aeroport|universite|univ|hopital|chu|chr|diocese|cercle|provinces?|"
    r"regions?|departement|district|prefecture|gouvernorat|cour|tribunal|festival|club|musee|ecole|athenee|lycee|port|cathedrale"
    r"|parlement|"
    r"quartier|conseil regional|wilaya|haut-commissariat|gouverneure?|prefete?)"
    r"(?: (?:communale?|fondamentale|libre|sociale?|provinciale?|regionale?|autonome))*\s+(?:de l'|de la |de |d'|du |des )?\s*$"
)
_TITLE = re.compile(r"\b(?:m|mr|mme|mlle|monsieur|madame|dr|me|maitre)\.?\s*$")
_STOP = frozenset(
    "a au aux avec bonjour c ce ces cette chez ci coeur dans de des droit du elle en est et eux formation ici il je l la le les leur lui "
    "ma mais merci mes moi moins mon montagne nos notre nous on ou par pas petite plus plusieurs pour premier profession proximite qu "
    "quelque quelques qui sa ses si son sur taille ta toi ton tous tout toute un une votre vous y taille grande "
    "metier naissance residence origine provenance region province pays programme mai juin avril mars "
    "mandat carriere communale communal titre cooperation depuis jusque jour nuit ans".split()
)
_TINY = frozenset({"di", "fo", "pa", "to", "ye"})
"""Names that people also type for everyday words (« elle a di », « il a pa »): they need their capital, or to stand alone."""
_PARTICLES = frozenset(
    "de la le les l d du des en sur sous lez les saint sainte el al ait ben ouled oulad sidi bni beni ain n m ten op upon".split()
)


def find(index: Index, text: str) -> tuple[Mention, ...]:
    """Return the municipalities named in `text`, in order, those announced by « commune de… » also when unknown or misspelt."""
    reading = read(text)
    found = _listed(index, reading)
    taken = [(mention.start, mention.end) for mention in found]
    for match in _NAMED.finditer(reading.flat):
        if not any(start <= match.end() < end for start, end in taken):
            mention = _unlisted(index, reading, match.end())
            if mention:
                found.append(mention)
                taken.append((mention.start, mention.end))
    return tuple(sorted(found, key=lambda mention: mention.start))


def _listed(index: Index, reading: Reading) -> list[Mention]:
    found, at = [], 0
    while at < len(reading.words):
        count, places = index.exact(reading.words, at)
        if count and _stands(index, reading, at, count):
            found.append(_mention(reading, at, count, places))
            at += count
        else:
            at += 1
    return found


def _stands(index: Index, reading: Reading, at: int, count: int) -> bool:
    """Tell whether the name at word `at` is used as a municipality's name."""
    word, left = reading.words[at], reading.flat[: reading.words[at].start]
    if _NOT_MUNICIPAL.search(left) or _TITLE.search(left):
        return False
    key = " ".join(w.key for w in reading.words[at : at + count])
    alone, headed, capital = count == len(reading.words), bool(_HEADED.search(left)), reading.is_capital(word)
    if key not in index.everyday:
        return capital or headed or alone or len(key) > 4 or bool(_STANDS.search(left))
    if key in _TINY and not (alone or capital):
        return False
    if key == "ans" and re.search(r"\d\s*$", left):
        return False
    near = bool(_STANDS.search(left)) and (capital or bool(_FUNCTION_NEAR.search(left)))
    apart = capital and bool(re.search(r"[,:(]\s*$", left)) and not _capital_follows(reading, at + count)
    return alone or (headed and key not in _STOP) or near or apart


def _capital_follows(reading: Reading, at: int) -> bool:
    """Tell whether a name goes on at word `at`: « Cordialement, Hervé Dumont » names a person, not Herve."""
    return at < len(reading.words) and reading.is_capital(reading.words[at]) and reading.flat[reading.words[at - 1].end] == " "


def _mention(reading: Reading, at: int, count: int, places: tuple[Municipality, ...]) -> Mention:
    start, end = reading.words[at].start, reading.words[at + count - 1].end
    place = known_place(places, reading.text[start:end], exact=True)
    country = _country_after(reading, end)
    if country and any(candidate.country == country for candidate in places):
        place = place.within(country)
    return Mention(place, start, end, bool(_HEADED.search(reading.flat[:start])))


def _country_after(reading: Reading, end: int) -> str | None:
    """Return the country named right after a municipality: « Lens, France », « Dassa (Bénin) », « Kpatchi au Bénin »."""
    near = re.match(r"[\s,(/-]*(?:en |au |aux |du |de |province d\S+ \S+,? )?(?:[a-z'-]+ ?){1,3}", reading.flat[end:])
    if not near or re.match(r"[\s,(/-]*(?:pour|avec|vers|et|entre|chez)\b", near[0]):
        return None
    return find_country(near[0])


def _unlisted(index: Index, reading: Reading, start: int) -> Mention | None:
    """Return the mention of the misspelt or unknown municipality announced just before `start`."""
    first = next((i for i, word in enumerate(reading.words) if word.start >= start), None)
    if first is None or reading.words[first].key in _STOP or _NOT_MUNICIPAL.search(reading.flat[: reading.words[first].start]):
        return None
    last = _name_end(reading, first)
    said = reading.said(first, last)
    if is_country(said):
        return None
    for end in range(last, first - 1, -1):
        near = index.close(" ".join(word.key for word in reading.words[first : end + 1]))
        if near:
            place = known_place(near, reading.said(first, end), exact=False)
            return Mention(place, reading.words[first].start, reading.words[end].end, True)
    country = _country_after(reading, reading.words[last].end)
    place = unknown_place(said, country)
    return Mention(place, reading.words[first].start, reading.words[last].end, True) if _is_name(reading, first, place) else None


def _name_end(reading: Reading, first: int) -> int:
    """Return the last word of the name that begins at word `first`: hyphens and capitals go on, particles bridge."""
    last, capital = first, reading.is_capital(reading.words[first])
    for at in range(first + 1, min(first + 6, len(reading.words))):
        word, gap = reading.words[at], reading.flat[reading.words[at - 1].end : reading.words[at].start]
        if not re.fullmatch(r"[ '-]+", gap):
            break
        joined = "-" in gap or "'" in gap
        if joined or (reading.is_capital(word) if capital else reading.words[at - 1].key in _PARTICLES):
            last = at
        elif word.key not in _PARTICLES:
            break
    return last


def _is_name(reading: Reading, first: int, place: Place) -> bool:
    """Tell whether an unlisted word is a name: a capital, or a lower-case word that closes its group."""
    word = reading.words[first]
    if reading.is_capital(word):
        return True
    after = reading.flat[word.start + len(place.said) :]
    return len(place.said) > 3 and bool(re.match(r"\s*(?:$|[,.;:!?()/]|au\b|en\b|et\b|je\b|nous\b|ici\b)", after))
