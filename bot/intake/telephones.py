"""Reads telephone numbers out of what a person typed, in the countries of the programme. Pure functions.

A number is optional: what says that there is none gives "", and nobody is held up by this field.
"""

from __future__ import annotations

import re

import phonenumbers

from bot.intake.reading import Reading, chosen
from bot.text import clean, fold

_REGIONS = {
    "belgique": "BE", "benin": "BJ", "burkina faso": "BF", "maroc": "MA", "rdc": "CD",
    "republique democratique du congo": "CD", "senegal": "SN", "france": "FR", "luxembourg": "LU",
}  # fmt: skip
_NONE = re.compile(
    r"^(?:non|nan|nn|no|nee|aucun|pas|rien|sans|nope|neant|idem|ras|je pref|je n'ai (?:pas|que)|j'(?:en )?ai (?:pas|plus)"
    r"|je n'en ai|ce n'est pas|c'est pas"
    r"|uniquement par|plutot par|seulement par|par (?:e-?)?mail|par courriel|mail|e-?mail|courriel|inutile|facultatif|passons"
    r"|suivant|x{1,3}|0{1,3}|/+|-+|_+)(?:\W|$)"
    r"|(?:prefer|plutot|uniquement|seulement|juste|suffi).*(?:mail|courriel|ecrit)|(?:mail|courriel|ecrit)\b.*(?:suffi|prefer"
    r"|mieux|convient)"
    r"|\bpas de (?:tel|num|gsm|fixe|portable)|\bcontact\w* (?:moi )?par (?:e-?)?mail|\b(?:ne pas|pas) (?:\w+ ){0,3}(?:donner"
    r"|communiquer|laisser|partager|transmettre)"
    r"|\b(?:pas (?:besoin|envie|necessaire|utile|obligatoire)|n'en ai pas|(?:je )?n'ai pas|sans (?:tel|num|gsm))"
)
_SHORTEST, _LONGEST = 6, 15
"""Digits of what may be a telephone number (E.164 knows no longer one)."""
_CERTAIN = 8
"""Digits from which a number is looked for beside other things."""


def read_phone(text: str, country: str | None) -> Reading:
    """A telephone number in international form, or "" when the person prefers none. An unusual number is in doubt."""
    digits = re.sub(r"\D", "", text)
    if len(digits) < _SHORTEST:
        return Reading("") if _NONE.search(fold(text).strip()) else Reading(fault="telephone")
    if found := _numbers(text, country, phonenumbers.Leniency.POSSIBLE):
        number = found[chosen(text, [(match.start, match.end) for match in found])].number
        return Reading(_international(number), doubt=not phonenumbers.is_possible_number(number))
    raw = re.search(r"\+?[\d ./()-]{6,24}", text)
    return Reading(clean(raw.group(), 40), doubt=True) if raw and len(digits) <= _LONGEST else Reading(fault="telephone")


def find_phone(text: str, country: str | None) -> str | None:
    """The telephone number given beside other things, in international form; None when there is none that is surely one."""
    if sum(character.isdigit() for character in text) < _CERTAIN:
        return None
    found = _numbers(text, country, phonenumbers.Leniency.VALID)
    return _international(found[chosen(text, [(match.start, match.end) for match in found])].number) if found else None


def without_phones(text: str, country: str | None) -> str:
    """`text` without the telephone numbers in it."""
    for match in reversed(_numbers(text, country, phonenumbers.Leniency.VALID)):
        text = text[: match.start] + text[match.end :]
    return clean(text)


def _numbers(text: str, country: str | None, leniency: int) -> list[phonenumbers.PhoneNumberMatch]:
    region = _REGIONS.get(fold(country or ""), "BE")
    return list(phonenumbers.PhoneNumberMatcher(_prefixed(text), region, leniency=leniency))


def _prefixed(text: str) -> str:
    """`text` with a + before a prefix that was typed without it, « (243) 99… »; of the same length, so that places stay true."""
    return re.sub(r"\((?=(?:32|229|226|212|243|221)\)\s*\d)(\d{2,3})\)", r"+\1 ", text)


def _international(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
