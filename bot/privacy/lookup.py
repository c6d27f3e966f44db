"""Finds values in texts by looking their words up, so that thousands of values, which anybody can type, cost no more than one. Pure.

A value is found whatever its case, accents, spaces and apostrophes: what was typed as « l'hôte » is shown as « l’hôte ».
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from enum import Flag, auto
from typing import Any

SHORTEST_NUMBER = 6
"""Digits of a telephone number that is also looked for without its country's prefix."""
Span = tuple[int, int]
"""Where something stands in a text."""
_PREFIXES = (1, 2, 3)
"""Digits of a country's prefix."""
_LETTERS = [*range(0xC0, 0x250), *range(0x1E00, 0x1F00)]
_PLAIN = {code: unicodedata.normalize("NFD", chr(code))[0] for code in _LETTERS} | dict.fromkeys(map(ord, "’‘ʼ"), "'") | {ord("ς"): "σ"}
_WORD = re.compile(r"[^\W_]+")
_SPACE = re.compile(r"[\s‐‑–-]+")
_DIGITS = re.compile(r"\d+")
_BETWEEN_DIGITS = re.compile(r"[\s./()–-]{1,3}")
_QUOTE_BEFORE = re.compile(r"(?:^|[:«]\s)\Z", re.MULTILINE)
_QUOTE_AFTER = re.compile(r"\s*(?:»|$)", re.MULTILINE)
_END = ""
"""Where a tree of words keeps what ends there; no word is empty."""


class Kind(Flag):
    """Where a value counts as found."""

    ANYWHERE = auto()
    CAPITAL = auto()
    """Where it begins with a capital: « Claire » and not « une réponse claire »."""
    QUOTED = auto()
    """Behind a colon or « at the end of a line »."""
    OURS = auto()
    """Anywhere, in our own texts only."""


class Words:
    """Values as a tree of their words, each with what stands before it."""

    def __init__(self) -> None:
        self._tree: dict[str, Any] = {}

    def add(self, value: str, kind: Kind) -> None:
        """Look for a value from its first letter or digit on; one without any is left out. Signs at its end are found if they are there."""
        plain = _plain(value)
        branch, end = self._tree, None
        for word in _WORD.finditer(plain):
            branch = branch.setdefault(_step(plain, end, word), {})
            end = word.end()
        if end is not None:
            known, signs = branch.get(_END, (kind, ""))
            branch[_END] = known | kind, max(signs, _SPACE.sub("", plain[end:]), key=len)

    def find(self, text: str, kinds: Kind) -> Iterator[Span]:
        """Where values of these kinds stand: of those that begin at the same place the longest."""
        plain = _plain(text) if self._tree else ""
        words = list(_WORD.finditer(plain))
        for place, first in enumerate(words):
            if first[0] in self._tree and plain[first.start() - 1 : first.start()] != "_":
                end = self._longest(text, plain, words, place, kinds)
                if end is not None:
                    yield first.start(), end

    def _longest(self, text: str, plain: str, words: Sequence[re.Match[str]], place: int, kinds: Kind) -> int | None:
        start, branch, end, found = words[place].start(), self._tree, None, None
        while place < len(words) and (longer := branch.get(_step(plain, end, words[place]))) is not None:
            branch, end = longer, words[place].end()
            if _END in branch and plain[end : end + 1] != "_":
                known, signs = branch[_END]
                whole = _behind(plain, end, signs)
                found = whole if _counts(text, start, whole, known & kinds) else found
            place += 1
        return found


class Numbers:
    """Telephone numbers, however they are spaced, and without their prefix."""

    def __init__(self, numbers: Iterable[str]) -> None:
        self._forms = frozenset(form for number in numbers for form in _forms(number))
        self._longest = max(map(len, self._forms), default=0)

    def find(self, text: str) -> Iterator[Span]:
        """Where they stand."""
        runs = list(_DIGITS.finditer(text)) if self._forms else []
        for place, first in enumerate(runs):
            start = first.start() - (text[first.start() - 1 : first.start()] == "+")
            told, end = "", start
            for run in runs[place : place + self._longest]:
                if told and not _BETWEEN_DIGITS.fullmatch(text, end, run.start()):
                    break
                told, end = told + run[0], run.end()
                if told in self._forms:
                    yield start, end


def _plain(text: str) -> str:
    """The text in small letters without accents, as long as it was."""
    return text.replace("İ", "I").lower().translate(_PLAIN)


def _step(plain: str, end: int | None, word: re.Match[str]) -> str:
    """A word with what stands between it and the end of the one before; spaces and hyphens are the same, and none beside other signs."""
    return word[0] if end is None else (_SPACE.sub("", plain[end : word.start()]) or " ") + word[0]


def _behind(plain: str, end: int, signs: str) -> int:
    """The end of a value with the signs behind it; without, when they are not there."""
    place = end
    for sign in signs:
        place += len(plain[place : place + 2]) - len(plain[place : place + 2].lstrip())
        if plain[place : place + 1] != sign:
            return end
        place += 1
    return place


def _counts(text: str, start: int, end: int, kinds: Kind) -> bool:
    if kinds & (Kind.ANYWHERE | Kind.OURS) or (Kind.CAPITAL in kinds and not text[start].islower()):
        return True
    return Kind.QUOTED in kinds and bool(_QUOTE_BEFORE.search(text, max(0, start - 2), start) and _QUOTE_AFTER.match(text, end))


def _forms(number: str) -> Iterator[str]:
    """The digits of a number as they may be typed."""
    digits = re.sub(r"\D", "", number)
    if len(digits) < SHORTEST_NUMBER:
        return
    yield from (digits, f"00{digits}")
    if number.startswith("+"):
        for local in (digits[cut:] for cut in _PREFIXES if len(digits) - cut >= SHORTEST_NUMBER):
            yield from (local, f"0{local}")
