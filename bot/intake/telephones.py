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
_UNWANTED = re.compile(
    r"\b(?:sans|plus de|(?:on|j') ?oublie|oublie[zr]?|laisse\w* tomber|tant pis pour)"
    r" (?:le |la |l'|mon |ma |du )?(?:tel|num|gsm|fixe|portable)"
)
"""What gives up the number, where no number stands beside it."""
_WANTS_CALL = re.compile(
    r"\b(?:pas|plutot que|au lieu) (?:par |de |du |d'|le )?(?:e-?mails?|mails?|courriels?|ecrit)\b"
    r".*\b(?:telephone|tel|gsm|portable|appel\w*)\b"
    r"|^(?:non\W+)?(?:je prefere |plutot )(?:par |le |etre (?:appelee?|contactee?) par )?(?:telephone|tel|gsm)\W*$"
)
_LOOSE = re.compile(r"(?<![\w-])(?:\+|\((?=\d))?\d[\d ./()-]*\d(?!-?\w)")
"""Figures that no letter touches."""
_DATE = re.compile(r"\d{1,2}([./-])\d{1,2}\1\d{2,4}")
_DAY = re.compile(r"(?<![\d.+/-])[0-3]?\d([./-])[01]?\d\1(?:19|20)\d\d(?![./ -]?\d)")
"""A day with its year, which could be dialled."""
_SHORTEST, _LONGEST = 6, 15
"""Digits of what may be a telephone number (E.164 knows no longer one)."""
_CERTAIN = 8
"""Digits from which a number is looked for beside other things."""


def read_phone(text: str, country: str | None) -> Reading:
    """A telephone number in international form, or "" when the person prefers none. An unusual number is in doubt."""
    text = _DAY.sub(" ", text)
    digits = re.sub(r"\D", "", text)
    if len(digits) < _SHORTEST:
        said = fold(text).strip()
        declined = (_NONE.search(said) or _UNWANTED.search(said)) and not wants_call(text)
        return Reading("") if declined else Reading(fault="telephone")
    if found := _numbers(text, country, phonenumbers.Leniency.POSSIBLE):
        number = found[chosen(text, [(match.start, match.end) for match in found])].number
        return Reading(_international(number), doubt=not phonenumbers.is_possible_number(number))
    loose = _loose_number(text) if len(digits) <= _LONGEST else None
    return Reading(loose, doubt=True) if loose else Reading(fault="telephone")


def wants_call(text: str) -> bool:
    """Whether the message chooses the telephone rather than mail: « pas par mail, par téléphone »."""
    return _WANTS_CALL.search(fold(text)) is not None


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


def _loose_number(text: str) -> str | None:
    """Figures that may be a number although no country has such, in groups apart; None for a date, or a code with letters."""
    for match in _LOOSE.finditer(text):
        figures = match.group()
        if sum(c.isdigit() for c in figures) >= _SHORTEST and not _DATE.fullmatch(figures):
            return clean(re.sub(r"[./()-]", " ", figures))
    return None


def _prefixed(text: str) -> str:
    """`text` with a + before a prefix that was typed without it, « (243) 99… »; of the same length, so that places stay true."""
    return re.sub(r"\((?=(?:32|229|226|212|243|221)\)\s*\d)(\d{2,3})\)", r"+\1 ", text)


def _international(number: phonenumbers.PhoneNumber) -> str:
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
