"""Countries named in a French text. Names come from CLDR (babel), plus the ways people really say them."""

from __future__ import annotations

import re
from functools import lru_cache

from bot.places.words import keys, read

PARTNERS = ("Bénin", "Burkina Faso", "Maroc", "République démocratique du Congo", "Sénégal")
"""The five countries in which the programme works, in the order of the page."""
BELGIUM = "Belgique"

_DISPLAY = {"CD": PARTNERS[3], "CG": "Congo-Brazzaville", "BF": PARTNERS[1]}
_CODES = {
    "rdc": "CD", "r d c": "CD", "congo": "CD", "rd congo": "CD", "congo kinshasa": "CD", "congo rdc": "CD", "zaire": "CD",
    "republique democratique du congo": "CD", "congo democratique": "CD", "drc": "CD", "congo brazzaville": "CG", "congo brazza": "CG",
    "republique du congo": "CG", "burkina": "BF", "faso": "BF", "haute volta": "BF", "dahomey": "BJ", "hollande": "NL", "angleterre": "GB",
    "belgie": "BE", "belgium": "BE", "usa": "US", "etats unis d amerique": "US", "grand duche": "LU", "grand duche de luxembourg": "LU",
    "grande bretagne": "GB", "centrafrique": "CF", "turquie": "TR", "birmanie": "MM", "palestine": "PS", "coree": "KR",
}  # fmt: skip
_DEMONYMS = {
    "BE": "belge belges", "BJ": "beninois beninoise beninoises", "BF": "burkinabe burkinabes burkinabaise voltaique",
    "MA": "marocain marocaine marocains marocaines", "CD": "congolais congolaise congolaises",
    "SN": "senegalais senegalaise senegalaises", "FR": "francais francaise francaises", "LU": "luxembourgeois luxembourgeoise",
    "RW": "rwandais rwandaise", "BI": "burundais burundaise", "CI": "ivoirien ivoirienne", "TG": "togolais togolaise",
    "ML": "malien malienne maliens", "NE": "nigerien nigerienne", "CM": "camerounais camerounaise", "GN": "guineen guineenne",
    "GA": "gabonais gabonaise", "TD": "tchadien tchadienne", "MG": "malgache malgaches", "HT": "haitien haitienne",
    "DZ": "algerien algerienne", "TN": "tunisien tunisienne", "CH": "suisse suisses", "CA": "canadien canadienne quebecois quebecoise",
}  # fmt: skip
_LINK = re.compile(r"[\s,(/-]*(?:\b(?:en|au|aux|du|de|la|le)\b[\s']*)*$", re.IGNORECASE)
_NOT_STATES = frozenset({"EU", "EZ", "UN", "QO", "XA", "XB", "ZZ"})
_ALSO_WORDS = frozenset({"reunion", "la reunion", "dominique", "maurice", "jersey", "georgie", "chypre", "nan"})
"""Country names that are also everyday words or first names: recognised only as a whole answer."""
_FILLERS = frozenset("le la les l au aux en du de d des c est dans pays republique nous sommes on je suis ici non oui plutot".split())


@lru_cache(maxsize=1)
def _display() -> dict[str, str]:
    from babel import Locale

    territories = Locale("fr").territories
    states = {code: name for code, name in territories.items() if len(code) == 2 and code.isalpha() and code not in _NOT_STATES}
    return {code: name.replace("’", "'") for code, name in (states | _DISPLAY).items()}


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    names = {" ".join(keys(name.split(" (")[0])): name for name in _display().values()}
    return names | {spoken: _display()[code] for spoken, code in _CODES.items()}


@lru_cache(maxsize=1)
def _demonyms() -> dict[str, str]:
    return {word: _display()[code] for code, words in _DEMONYMS.items() for word in words.split()}


def find_country(text: str) -> str | None:
    """Return the French name of the first country (or nationality) named in a text."""
    words = tuple(word.key for word in read(text).words)
    names = _names()
    for at in range(len(words)):
        for count in range(min(5, len(words) - at), 0, -1):
            key = " ".join(words[at : at + count])
            if key in names and key not in _ALSO_WORDS:
                return names[key]
        if words[at] in _demonyms():
            return _demonyms()[words[at]]
    return None


def names_country(said: str) -> bool:
    """Tell whether the words are the name of a country, spelt right, and nothing else."""
    return " ".join(keys(said)) in _names()


def is_country(said: str) -> bool:
    """Tell whether the words are the name of a country, misspellings included, and nothing else."""
    return names_country(said) or (len(keys(said)) == 1 and resolve_country(said) is not None)


def split_country(text: str) -> tuple[str, str | None]:
    """Return a text without the country that closes it, and that country: « Xyz au Bénin », « Xyz (Bénin) »."""
    reading = read(text)
    for at in range(1, len(reading.words)):
        country = _names().get(" ".join(word.key for word in reading.words[at:]))
        if country:
            return _LINK.sub("", reading.text[: reading.words[at].start]), country
    return text, None


def resolve_country(answer: str) -> str | None:
    """Return the French name of the country given as an answer, misspellings included; None when it is none."""
    from rapidfuzz import process
    from rapidfuzz.distance import OSA

    key = " ".join(word for word in keys(answer) if word not in _FILLERS)
    whole = _names().get(key) or find_country(answer)
    if whole or not 4 <= len(key) <= 40:
        return whole
    near = process.extractOne(key, _names().keys(), scorer=OSA.distance, score_cutoff=1 if len(key) < 7 else 2)
    return _names()[near[0]] if near else None
