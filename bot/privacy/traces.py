"""Finds the values of contact fields in a text, and masks them. Pure.

A value is found whatever its case, accents, spaces and apostrophes: what was typed as « l'hôte » is shown as « l’hôte ».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from bot.privacy.names import names_told
from bot.privacy.values import MASKED, Values

_SHORTEST_PART = 3
"""Letters of a part of a name that is masked where it stands alone."""
_PARTICLES = frozenset("van von der den des les del dos".split())
"""Words of names that also begin sentences."""
_SHORTEST_NUMBER = 6
"""Digits of a telephone number that is also looked for without its country's prefix."""
_LONG_SUBJECT = 20
"""Characters from which a subject is looked for anywhere; « participer » alone would take our own sentences with it."""
_ALIKE = {"a": "aàáâãäå", "c": "cç", "e": "eèéêë", "i": "iìíîï", "n": "nñ", "o": "oòóôõö", "u": "uùúûü", "y": "yýÿ"}
_ADDRESS = r"[\w.+'’-]{1,64}\s?@+\s?[\w-]+(?:\.+[\w-]+)*"
_SPELT_ADDRESS = (
    r"(?i:(?:[\w-]+\s(?:point|tiret)\s){0,3}[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|\barr?obas?e?\b)\s?[\w-]+"
    r"(?:\s?(?:\(dot\)|\[dot\]|\bpoint\b|\bdot\b|\.)\s?[\w-]+)*)"
)
_NUMBER = r"(?P<number>(?<!\d)(?<!(?i:cic-))\+?\(?\d(?:[\s./()–-]{0,3}\d){7,})"
"""Eight digits or more, with what may stand between them; not those of a reference."""
_YEARS_OR_DATE = re.compile(r"(?:19|20)\d\d(?:\D{1,3}(?:19|20)\d\d)+|[0-3]?\d[/.-][01]?\d[/.-](?:19|20)\d\d")
_AMOUNT = re.compile(r"\s?(?:€|(?:eur|euros?|millions?|habitant\w*|personnes?)\b)", re.IGNORECASE)


class Traces:
    """Masks the values of one conversation in its texts."""

    def __init__(self, values: Values) -> None:
        longest_first = [sorted(group, key=len, reverse=True) for group in (values.addresses, values.names)]
        whole = [_name(value) for group in longest_first for value in group] + [_number(value) for value in values.numbers]
        parts = [_part(part) for part in sorted(_parts(values.names), key=len, reverse=True)]
        patterns = [_ADDRESS, _SPELT_ADDRESS, _NUMBER]
        self._typed = _any_of([*whole, *patterns, *parts])
        self._said = _any_of([*(_subject(value) for value in sorted(values.subjects, key=len, reverse=True)), *whole, *parts])
        self._kept = _any_of([*whole, *patterns])

    def typed(self, text: str) -> str:
        """A text of the person: the values, and whatever has the form of an address or a number. The subject stays."""
        return self._typed.sub(_masked, text)

    def said(self, text: str) -> str:
        """A text of ours: the values that it quotes. Addresses and numbers of our own stay."""
        return self._said.sub(_masked, text)

    def kept(self, text: str) -> str:
        """A value of another field, a function or a municipality: parts of names stay, somebody may be called Namur."""
        return self._kept.sub(_masked, text)


def mention_of(values: Values) -> re.Pattern[str] | None:
    """Finds these whole names, addresses and numbers in a text, and nothing else; None when there is nothing to find.

    A name of one word is not looked for: « Claire » would be found in any clear answer. Nor is what is no name of a person.
    """
    names = [_name(name) for name in values.names if len(name.split()) > 1 and any(names_told(f"Je m'appelle {name}"))]
    wholes = [*map(whole_address, values.addresses), *names, *map(_number, values.numbers)]
    return _any_of(wholes) if any(wholes) else None


def whole_address(email: str) -> str:
    """A pattern of an address that is no part of a longer one: ann@x.example stands in joann@x.example."""
    return rf"(?<![\w.+-])(?i:{re.escape(email)})(?![\w-]|\.\w)"


def _masked(match: re.Match[str]) -> str:
    if match.lastgroup == "number" and _is_no_number(match):
        return match.group()
    return MASKED


def _is_no_number(match: re.Match[str]) -> bool:
    """« 2014-2016 » is an edition, « 15/03/2016 » a date, « 10 000 000 € » an amount: questions about them stay readable."""
    return _YEARS_OR_DATE.fullmatch(match.group()) is not None or _AMOUNT.match(match.string, match.end()) is not None


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(filter(None, patterns)) or r"(?!)", re.MULTILINE)


def _name(value: str) -> str:
    """A whole name or address, in any case; the words of a short name also in the other order."""
    words = value.split()
    if len(value) < _SHORTEST_PART:
        return ""
    orders = {value, " ".join(reversed(words))} if len(words) == 2 else {value}
    return "(?i:" + "|".join(_bounded(order) for order in sorted(orders)) + ")"


def _parts(names: Iterable[str]) -> set[str]:
    parts = {part for name in names for part in re.findall(r"[^\W\d_]+", name) if len(part) >= _SHORTEST_PART}
    return {part for part in parts if part.lower() not in _PARTICLES} | {name for name in names if len(name) == 2 and name.isalpha()}


def _part(part: str) -> str:
    """A part of a name, where it has a capital: « Claire » and not « une réponse claire »."""
    first = _ALIKE.get(_base(part[0]), part[0]).upper()
    return rf"(?<!\w)[{first}](?i:{_flexible(part[1:])})(?!\w)"


def _number(value: str) -> str:
    """A telephone number however it is spaced, and without its prefix."""
    digits = re.sub(r"\D", "", value)
    if len(digits) < _SHORTEST_NUMBER:
        return _bounded(value) if len(digits) > _SHORTEST_PART else ""
    forms = [r"(?:\+|00)?" + _spaced(digits)]
    if value.startswith("+"):
        forms += ["0?" + _spaced(digits[cut:]) for cut in (1, 2, 3) if len(digits) - cut >= _SHORTEST_NUMBER]
    return rf"(?<!\d)(?:{'|'.join(forms)})(?!\d)"


def _spaced(digits: str) -> str:
    return r"[\s./()–-]{0,3}".join(digits)


def _subject(value: str) -> str:
    """A subject; a short one only where it is quoted: behind a colon or « at the end of a line »."""
    if len(value) >= _LONG_SUBJECT:
        return f"(?i:{_bounded(value)})"
    return rf"(?:^|(?<=[:«]\s))(?i:{_flexible(value)})(?=\s*(?:»|$))"


def _bounded(value: str) -> str:
    left, right = (r"(?<!\w)" if value[0].isalnum() else ""), (r"(?!\w)" if value[-1].isalnum() else "")
    return left + _flexible(value) + right


def _flexible(value: str) -> str:
    return "".join(_sign(character) for character in re.sub(r"[\s‐‑–-]+", " ", value))


def _sign(character: str) -> str:
    if character == " ":
        return r"[\s‐‑–-]+"
    if character in "'’‘ʼ":
        return "['’‘ʼ]"
    alike = _ALIKE.get(_base(character))
    return f"[{alike}]" if alike else re.escape(character)


def _base(character: str) -> str:
    return unicodedata.normalize("NFD", character)[0].lower()
