"""Masks in a text the values of contact fields, and what has the form of an address or a number. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

from bot.privacy.lookup import SHORTEST_NUMBER, Kind, Numbers, Span, Words
from bot.privacy.names import names_told
from bot.privacy.values import MASKED, Values

_SHORTEST_PART = 3
"""Letters of a part of a name that is masked where it stands alone."""
_PARTICLES = frozenset("van von der den des les del dos".split())
"""Words of names that also begin sentences."""
_LONG_SUBJECT = 20
"""Characters from which a subject is looked for anywhere; « participer » alone would take our own sentences with it."""
_ALIKE = {"a": "aàáâãäå", "c": "cç", "e": "eèéêë", "i": "iìíîï", "n": "nñ", "o": "oòóôõö", "u": "uùúûü", "y": "yýÿ"}
_ADDRESS = r"[\w.+'’-]{1,64}\s?@+\s?[\w-]+(?:\.+[\w-]+)*"
_SPELT_ADDRESS = (
    r"(?i:(?:[\w-]{1,64}\s(?:point|tiret)\s){0,3}[\w.+-]{1,64}\s?(?:\(at\)|\[at\]|\barr?obas?e?\b)\s?[\w-]+"
    r"(?:\s?(?:\(dot\)|\[dot\]|\bpoint\b|\bdot\b|\.)\s?[\w-]+)*)"
    r"|(?i:[\w.+-]{1,64}\sat\s[\w-]+(?:(?:\.|\s(?:point|dot)\s)[\w-]+)+)"
)
_NUMBER = r"(?<!\d)(?<!(?i:cic-))\+?\(?\d(?:[\s./()–-]{0,3}\d){7,}"
"""Eight digits or more, with what may stand between them; not those of a reference."""
_FORMS = tuple(map(re.compile, (_ADDRESS, _SPELT_ADDRESS, _NUMBER)))
_YEARS_OR_DATE = re.compile(r"(?:19|20)\d\d(?:\D{1,3}(?:19|20)\d\d)+|[0-3]?\d[/.-][01]?\d[/.-](?:19|20)\d\d")
_AMOUNT = re.compile(r"\s?(?:€|(?:eur|euros?|millions?|habitant\w*|personnes?)\b)", re.IGNORECASE)
_DIALLED = re.compile(r"\(?[+0]")
"""What a telephone number begins with, and no amount."""


class Traces:
    """Masks the values of one conversation in its texts."""

    def __init__(self, values: Values) -> None:
        self._words, self._numbers = Words(), Numbers(values.numbers)
        short = [number for number in values.numbers if _SHORTEST_PART < len(re.sub(r"\D", "", number)) < SHORTEST_NUMBER]
        for value in [*short, *(order for whole in values.addresses | values.names for order in _orders(whole))]:
            self._words.add(value, Kind.ANYWHERE)
        for part in _parts(values.names):
            self._words.add(part, Kind.CAPITAL)
        for subject in values.subjects:
            self._words.add(subject, Kind.OURS if len(subject) >= _LONG_SUBJECT else Kind.QUOTED)

    def typed(self, text: str) -> str:
        """A text of the person: the values, and whatever has the form of an address or a number. The subject stays."""
        return _masked(text, [*self._found(text, Kind.ANYWHERE | Kind.CAPITAL), *_forms(text)])

    def said(self, text: str) -> str:
        """A text of ours: the values that it quotes. Addresses and numbers of our own stay."""
        return _masked(text, self._found(text, ~Kind(0)))

    def kept(self, text: str) -> str:
        """A value of another field, a function or a municipality: parts of names stay, somebody may be called Namur."""
        return _masked(text, [*self._found(text, Kind.ANYWHERE), *_forms(text)])

    def _found(self, text: str, kinds: Kind) -> list[Span]:
        return [*self._words.find(text, kinds), *self._numbers.find(text)]


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


def _masked(text: str, spans: Iterable[Span]) -> str:
    """The text with MASKED in the place of what was found; what overlaps is one."""
    pieces, at, end = [], 0, -1
    for start, stop in sorted(spans):
        if start >= end:
            pieces += [text[at:start], MASKED]
        at = end = max(end, stop)
    return "".join([*pieces, text[at:]])


def _forms(text: str) -> Iterator[Span]:
    """Whatever has the form of an address or a number."""
    for form in _FORMS:
        yield from (match.span() for match in form.finditer(text) if form.pattern != _NUMBER or not _is_no_number(match))


def _is_no_number(match: re.Match[str]) -> bool:
    """« 2014-2016 » is an edition, « 15/03/2016 » a date, « 10 000 000 € » an amount: questions about them stay readable."""
    if _YEARS_OR_DATE.fullmatch(match[0]):
        return True
    return not _DIALLED.match(match[0]) and _AMOUNT.match(match.string, match.end()) is not None


def _any_of(patterns: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(filter(None, patterns)) or r"(?!)", re.MULTILINE)


def _name(value: str) -> str:
    """A whole name or address, in any case; the words of a short name also in the other order."""
    orders = sorted(_orders(value))
    return "(?i:" + "|".join(map(_bounded, orders)) + ")" if orders else ""


def _orders(value: str) -> set[str]:
    words = value.split()
    if len(value) < _SHORTEST_PART:
        return set()
    return {value, " ".join(reversed(words))} if len(words) == 2 else {value}


def _parts(names: Iterable[str]) -> set[str]:
    parts = {part for name in names for part in re.findall(r"[^\W\d_]+", name) if len(part) >= _SHORTEST_PART}
    return {part for part in parts if part.lower() not in _PARTICLES} | {name for name in names if len(name) == 2 and name.isalpha()}


def _number(value: str) -> str:
    """A telephone number however it is spaced, and without its prefix."""
    digits = re.sub(r"\D", "", value)
    if len(digits) < SHORTEST_NUMBER:
        return _bounded(value) if len(digits) > _SHORTEST_PART else ""
    forms = [r"(?:\+|00)?" + _spaced(digits)]
    if value.startswith("+"):
        forms += ["0?" + _spaced(digits[cut:]) for cut in (1, 2, 3) if len(digits) - cut >= SHORTEST_NUMBER]
    return rf"(?<!\d)(?:{'|'.join(forms)})(?!\d)"


def _spaced(digits: str) -> str:
    return r"[\s./()–-]{0,3}".join(digits)


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
