"""A text made ready for recognition: its words folded, with their places in the original.

Recognition works on `flat`, which has one character for each character of `text`, so that what is found can be quoted as it was written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from bot.text import clean, fold

_WORD = re.compile(r"[^\W_]+")
_SAME = {"st": "saint", "ste": "sainte"}


@dataclass(frozen=True)
class Word:
    """One word: `key` is folded (St is saint), `start` and `end` are offsets in the text."""

    key: str
    start: int
    end: int


@dataclass(frozen=True)
class Reading:
    """A cleaned text, its folded twin of the same length, and its words."""

    text: str
    flat: str
    words: tuple[Word, ...]

    def is_capital(self, word: Word) -> bool:
        """Tell whether the word was written with a capital in a text that is not all capitals."""
        return self.text[word.start].isupper() and not self.text.isupper()

    def said(self, first: int, last: int) -> str:
        """Return the words `first` to `last` (included) as they were written."""
        return self.text[self.words[first].start : self.words[last].end]


def read(text: str) -> Reading:
    """Return the reading of an outside text; œ and æ are written out first, so that lengths stay equal."""
    text = clean(text)
    for joined, letters in (("œ", "oe"), ("Œ", "Oe"), ("æ", "ae"), ("Æ", "Ae")):
        text = text.replace(joined, letters)
    flat = "".join((fold(character) or " ")[0] for character in text)
    words = (Word(_SAME.get(m[0], m[0]), m.start(), m.end()) for m in _WORD.finditer(flat))
    return Reading(text, flat, tuple(words))


def keys(text: str) -> tuple[str, ...]:
    """Return the folded words of a text, as names are compared."""
    return tuple(word.key for word in read(text).words)
