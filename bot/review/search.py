"""Full-text search in exchanges: what was asked for, as SQLite and PostgreSQL put it, and where it stands in a text.

A search is words, all of which are wanted, each from three letters on also as the beginning of a longer one; « exact phrases » stand in
quotes. Case and accents do not count. Only letters and digits of what was typed reach a database, so nothing in it can be an operator.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, column, func, literal, literal_column, select, table
from sqlalchemy.sql.expression import ColumnElement

from bot.storage import WORDS, exchanges
from bot.text import fold
from bot.words import words

MOST_WORDS = 12
"""Of a search; what is typed after them is left out."""
EXCERPT = 180
"""Characters shown of a text in a list."""
_BEGINNING = 3
"""Letters of a word that also counts as a beginning: nearly everything begins with one letter or two."""
_PHRASE = re.compile(r'"([^"]*)"|«([^»]*)»|“([^”]*)”')
_WORD = re.compile(r"[^\W_]+")
_INDEX = table(WORDS, column("rowid"), column("words"))
_SIMPLE = literal_column("'simple'")
_VECTOR: ColumnElement = literal_column(f"exchanges.{WORDS}")
"""The words as PostgreSQL keeps them: a column that SQLite does not have."""
Span = tuple[int, int]


@dataclass(frozen=True)
class Piece:
    """A stretch of a text; `found` when it is what was searched."""

    text: str
    found: bool


@dataclass(frozen=True)
class Search:
    """What is searched: beginnings of words, and phrases as sequences of whole words. All folded, letters and digits only."""

    beginnings: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()

    @classmethod
    def parse(cls, typed: str) -> Search:
        """Read what was typed; it may be empty of anything to search."""
        phrases, left = [], MOST_WORDS
        for match in _PHRASE.finditer(typed):
            phrase = tuple(words(" ".join(filter(None, match.groups())))[:left])
            phrases += [phrase] if phrase else []
            left -= len(phrase)
        single = words(_PHRASE.sub(" ", typed))[:left]
        phrases += [(word,) for word in single if len(word) < _BEGINNING]
        return cls(tuple(word for word in single if len(word) >= _BEGINNING), tuple(phrases))

    def __bool__(self) -> bool:
        """Whether there is anything to search."""
        return bool(self.beginnings or self.phrases)

    def condition(self, dialect: str) -> ColumnElement:
        """The exchanges that hold all of it, as a condition on the table, for a name of SQLAlchemy's dialects."""
        return self._in_postgresql() if dialect == "postgresql" else self._in_sqlite()

    def _in_sqlite(self) -> ColumnElement:
        phrases = (f'"{" ".join(phrase)}"' for phrase in self.phrases)
        wanted = " AND ".join([*phrases, *(f'"{word}" *' for word in self.beginnings)])
        return exchanges.c.id.in_(select(_INDEX.c.rowid).where(_INDEX.c.words.op("MATCH")(wanted)))

    def _in_postgresql(self) -> ColumnElement:
        """Phrases by their words in the index, then by the text: its own operator for phrases cuts each candidate into words again."""
        whole = (word for phrase in self.phrases for word in phrase)
        wanted = " & ".join([*whole, *(f"{word}:*" for word in self.beginnings)])
        found = _VECTOR.op("@@")(func.to_tsquery(_SIMPLE, wanted))
        spaced = literal(" ") + exchanges.c.words + " "
        return and_(found, *(spaced.contains(f" {' '.join(phrase)} ") for phrase in self.phrases if len(phrase) > 1))

    def matches(self, told: str) -> bool:
        """The same for the words of one exchange, as they stand in the table."""
        spaced = f" {told} "
        phrases = all(f" {' '.join(phrase)} " in spaced for phrase in self.phrases)
        return phrases and all(f" {word}" in spaced for word in self.beginnings)

    def excerpt(self, text: str, most: int = EXCERPT) -> list[Piece]:
        """The pieces of a stretch of a text, at most so many characters, with the first of what was found in it."""
        first = min((start for start, _ in self._spans(text)), default=0)
        start = 0 if first < most // 2 else text.rfind(" ", 0, first - most // 4) + 1
        cut = text[start : start + most]
        return self.pieces(f"{'… ' if start else ''}{cut.rstrip()}{' …' if start + most < len(text) else ''}")

    def pieces(self, text: str) -> list[Piece]:
        """Cut a text into what was found and what stands around it; put together the pieces are the text."""
        pieces, at = [], 0
        for start, end in _merged(self._spans(text)):
            pieces += [Piece(text[at:start], False), Piece(text[start:end], True)]
            at = end
        return [piece for piece in [*pieces, Piece(text[at:], False)] if piece.text]

    def _spans(self, text: str) -> Iterator[Span]:
        told = _words_of(text) if self else []
        for word, span in told:
            if word.startswith(self.beginnings):
                yield span
        for phrase in self.phrases:
            for first in range(len(told) - len(phrase) + 1):
                window = told[first : first + len(phrase)]
                if tuple(word for word, _ in window) == phrase:
                    yield window[0][1][0], window[-1][1][1]


def _words_of(text: str) -> list[tuple[str, Span]]:
    """The words of a text, folded, each with where it stands in the text as it was written."""
    signs: list[tuple[str, int]] = []
    ends: list[int] = []
    for place, character in enumerate(text):
        folded = fold(character)
        if not folded and ends:
            ends[-1] = place + 1  # an accent of its own belongs to the letter before it
        signs += [(sign, place) for sign in folded]
        ends += [place + 1] * len(folded)
    found = _WORD.finditer("".join(sign for sign, _ in signs))
    return [(match.group(), (signs[match.start()][1], ends[match.end() - 1])) for match in found]


def _merged(spans: Iterable[Span]) -> Sequence[Span]:
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged
