"""Reads the contact fields out of what a person typed: name, e-mail, telephone, subject. Pure functions.

Each returns a Reading: the value, or why there is none. Nothing that a person types is trusted: lengths, control
characters, line breaks and formula prefixes are dealt with here, before a value is kept.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import phonenumbers

from bot.mails import is_email
from bot.text import clean, defuse, fold

_FORMULA_SIGNS = frozenset("=+@")
"""Signs with which a formula begins and no name does."""
NAME_LONGEST = 120
"""Characters of a name."""
SUBJECT_LONGEST = 1000
"""Characters of a subject."""

_EMAIL = re.compile(r"(?<![\w.+'’-])[\w.+'’-]{1,64}@[\w-]+(?:\.[\w-]+)+")
_SPOKEN = (
    (re.compile(r"\s*(?:\(at\)|\[at\]|\barobase\b|\barobas\b|\bat\b|\bchez\b)\s*"), "@"),
    (re.compile(r"\s*(?:\(dot\)|\bpoint\b|\bdot\b)\s*"), "."),
    (re.compile(r"\s*\btiret(?: bas)?\b\s*"), "-"),
)
_REGIONS = {
    "belgique": "BE", "benin": "BJ", "burkina faso": "BF", "maroc": "MA", "rdc": "CD",
    "republique democratique du congo": "CD", "senegal": "SN", "france": "FR", "luxembourg": "LU",
}  # fmt: skip
_NO_PHONE = re.compile(
    r"^(non|nan|no|aucun|pas|rien|sans|nope|je pref|je n'ai pas|j'ai pas|ce n'est pas|c'est pas|uniquement par|plutot par|seulement par"
    r"|par (e-?)?mail|par courriel|mail|e-?mail|inutile)\b|(prefer|plutot|uniquement|seulement|juste).*(mail|courriel|ecrit)"
    r"|pas de (tel|num|gsm)"
    r"|contact\w* par (e-?)?mail"
)
_NAME_OPENING = re.compile(
    r"^(?:(?:non|oui|ben|alors|bonjour|bonsoir|merci|voil[aà]|en fait)[\s,!.]+)*"
    r"(?:(?:je m['’]appelle|mon nom(?: complet)?(?: est| c['’]est|\s*:)|moi c['’]est|c['’]est|je suis|nom\s*:|ici)\s+)?",
    re.IGNORECASE,
)
_TITLE = re.compile(r"^(?:m\.|mr\.?|mme\.?|mlle\.?|madame|monsieur|dr\.?|ir\.?)\s+", re.IGNORECASE)
_EMAIL_LABEL = re.compile(
    r"[\s,;(-]*\b(?:mon |ma |l['’])?(?:adresse(?: e-?mail| mail)?|e-?mail|mail|courriel)(?:\s*:|\s+(?:est|c['’]?est))?\s*$", re.IGNORECASE
)
_NOT_IN_NAME = re.compile(r"[@<>{}\[\]|\\/\"=_#*%$€;?!]|https?:|\d")
_NOT_A_NAME = frozenset(
    "merci bonjour bonsoir salut oui non ok okay euh bof hein quoi pourquoi comment combien quel quelle votre vous ca test rien personne "
    "aucun aucune je sais veux faut dire anonyme secret stop annuler aide menu hello coucou voila attendez attends moment minute pas "
    "c'est il elle on nous mon ma mes qui que ou ne comprends comprend compris idem recommencer retour help importe peu deja nsp".split()
)
"""Words that are neither a name nor, alone, a subject."""
_BEHIND_NAME = re.compile(r"\s*\([^)]*\)?$|,\s+(?=[^\W\d_])(?:l['’])?[a-zà-ÿ].*$")
"""What is told with a name: « Claire Dumont, échevine à Huy », « Claire Dumont (échevine) »."""


@dataclass(frozen=True)
class Reading:
    """What an answer gives for a field. `doubt`: it has to be confirmed. `fault`: key of the sentence that says what is wrong."""

    value: str | None = None
    doubt: bool = False
    fault: str = ""


def read(field: str, text: str, country: str | None) -> Reading:
    """The reading of a contact field; `country` is where a telephone number without prefix belongs. Raises KeyError for another field."""
    if field == "telephone":
        return read_phone(text, country)
    return {"nom": read_name, "email": read_email, "objet": read_subject}[field](text)


def read_email(text: str) -> Reading:
    """An address inside a sentence; one that was spelt out (« arobase », « point ») is in doubt."""
    text = clean(text)
    if found := find_email(text):
        return Reading(found)
    spoken = fold(text)
    for pattern, sign in _SPOKEN:
        spoken = pattern.sub(sign, spoken)
    if spoken == fold(text):
        return Reading(fault="email")
    if match := re.search(r"([\w.+-]+(?: [\w.+-]+)*)@([\w-]+(?:\.[\w-]+)+)", spoken):
        words = [word for word in match.group(1).split() if word not in {"c'est", "est", "mon", "mail", "email", "adresse", "mon adresse"}]
        address = f"{'.'.join(words[-3:])}@{match.group(2)}"
        return Reading(address, doubt=True) if is_email(address) else Reading(fault="email")
    return Reading(fault="email")


def find_email(text: str) -> str | None:
    """The first well-formed address of a text, without the signs around it."""
    text = clean(text)
    for match in _EMAIL.finditer(text) if "@" in text else ():
        address = match.group().strip(".'’-")
        if is_email(address) and "@" not in text[match.end() : match.end() + 1]:
            return address
    return None


def without_email(text: str, email: str) -> str:
    """`text` without an address and the words that announce it: what is left of « Claire Dumont, mon mail c'est … »."""
    before, _, after = text.partition(email)
    return " ".join(part for part in (_EMAIL_LABEL.sub("", before).strip(" ,;-<("), after.strip(" ,;->).")) if part)


def read_phone(text: str, country: str | None) -> Reading:
    """A telephone number in international form, or "" when the person prefers none. An unusual number is in doubt."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < 6:
        return Reading("") if _NO_PHONE.search(fold(text).strip()) else Reading(fault="telephone")
    region = _REGIONS.get(fold(country or ""), "BE")
    for match in phonenumbers.PhoneNumberMatcher(text, region, leniency=phonenumbers.Leniency.POSSIBLE):
        shown = phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
        return Reading(shown)
    raw = re.search(r"\+?[\d ./()-]{6,24}", text)
    return Reading(clean(raw.group(), 40), doubt=True) if raw and len(digits) <= 15 else Reading(fault="telephone")


def read_name(text: str) -> Reading:
    """A person's name: one to six words of letters, particles and initials included."""
    if len(text) > NAME_LONGEST:
        return Reading(fault="nom_long")
    if text.lstrip()[:1] in _FORMULA_SIGNS:
        return Reading(fault="nom")
    bare = clean(_TITLE.sub("", _NAME_OPENING.sub("", text.strip())))
    name = defuse(_BEHIND_NAME.sub("", bare) if bare != bare.lower() else bare).strip(" .,:-")
    words = name.split()
    if not 1 <= len(words) <= 6 or ":" in bare or _NOT_IN_NAME.search(name) or not any(c.isalpha() for c in name):
        return Reading(fault="nom")
    plain = [fold(word).strip("',.-") for word in words]
    if plain[0] in _NOT_A_NAME or any(word.startswith("j'") for word in plain) or max(map(len, words)) > 40:
        return Reading(fault="nom")
    return Reading(_with_capitals(name) + ("." if re.search(r"\b\w\.$", text.strip()) else ""))


def read_subject(text: str) -> Reading:
    """What the person wants, in their own words."""
    subject = defuse(clean(text))
    if len(subject) > SUBJECT_LONGEST:
        return Reading(fault="objet_long")
    meant = [word for word in re.findall(r"[\w']+", fold(subject)) if word not in _NOT_A_NAME]
    return Reading(subject) if sum(c.isalpha() for word in meant for c in word) >= 3 else Reading(fault="objet")


def _with_capitals(name: str) -> str:
    """« claire dumont » is written Claire Dumont; a name that has its own capitals keeps them, shouting is calmed."""
    if name != name.lower() and name != name.upper():
        return name
    particles = {"de", "du", "des", "van", "von", "der", "den", "la", "le", "el", "ben", "bin", "d'", "y"}
    return " ".join(w if i and w.lower() in particles else _capital(w.lower()) for i, w in enumerate(name.lower().split()))


def _capital(word: str) -> str:
    return re.sub(r"(^|[-'’])(\w)", lambda match: match.group(1) + match.group(2).upper(), word)
