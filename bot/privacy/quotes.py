"""Blanks what drafts and the reports of changes quote of messages that are deleted.

Neither is tied to a conversation: they quote what several people may have asked. What somebody else asked as well stays.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from typing import Any

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, FromClause

from bot.privacy.rows import blot_out
from bot.privacy.values import MASKED
from bot.storage import changes, drafts, exchanges
from bot.words import words

_COMPARED = 200
"""Characters of the words of a message that are compared: a quote of a long one is cut."""
_LOOKED_FOR = 24
"""Characters of them that the database compares."""
_QUOTING: tuple[tuple[FromClause, tuple[str, ...]], ...] = ((drafts, ("title", "questions")), (changes, ("report",)))
_MESSAGES = frozenset({"title", "questions", "text"})
"""Columns, and keys of a report, under which messages stand."""
_PATCH = "patch"
_IN_PATCH = re.compile(r"^([+-]\s+- )(.+)$", re.MULTILINE)
"""Examples that a change adds or moves; those around them are training data."""
Write = Callable[[str], str]


def quoted_of(connection: Connection, said: ColumnElement, which: ColumnElement) -> set[str]:
    """The messages of a column, where `which` holds, as `forget_quotes` compares them: by their words."""
    return {_key(row[0]) for row in connection.execute(select(said).where(which).distinct())} - {""}


def forget_quotes(connection: Connection, gone: Collection[str]) -> dict[str, int]:
    """After messages were deleted: write « [effacé] » where they are quoted and nobody else has said the same; return rows per table."""
    found = {target.name: _quoting(connection, target, names, gone) for target, names in _QUOTING}
    candidates = {key for rows in found.values() for keys in rows.values() for key in keys}
    lost = candidates - standing(connection, candidates)
    counts = {}
    for target, names in _QUOTING:
        rows = [row for row, keys in found[target.name].items() if keys & lost]
        for row in rows:
            _blank(connection, target, row, names, lambda text: MASKED if _key(text) in lost else text)
        counts[target.name] = len(rows)
    return counts


def standing(connection: Connection, keys: Collection[str]) -> set[str]:
    """Those of these messages, by their words, that somebody's exchange still holds."""
    beginnings: dict[int, set[str]] = defaultdict(set)
    for key in keys:
        beginnings[min(len(key), _LOOKED_FOR)].add(key[:_LOOKED_FOR])
    if not beginnings:
        return set()
    # The words of an exchange begin with those of the message
    begins = or_(*(func.substr(exchanges.c.words, 1, length).in_(some) for length, some in beginnings.items()))
    return quoted_of(connection, exchanges.c.said, begins).intersection(keys)


def still_said(connection: Connection, texts: Collection[str]) -> set[str]:
    """Those of these messages that somebody's exchange still holds; what has no word in it is nobody's."""
    there = standing(connection, {_key(text) for text in texts} - {""})
    return {text for text in texts if _key(text) in there or not _key(text)}


def _quoting(connection: Connection, target: FromClause, names: Collection[str], gone: Collection[str]) -> dict[int, set[str]]:
    """The rows that quote some of these messages, each with which."""
    found: dict[int, set[str]] = {}
    for ident, *values in connection.execute(select(target.c.id, *(target.c[name] for name in names))) if gone else ():
        keys = {key for name, value in zip(names, values, strict=True) for key in _keys(value, name)}
        if keys.intersection(gone):
            found[ident] = keys.intersection(gone)
    return found


def _keys(value: Any, name: str) -> set[str]:
    """The messages that a column quotes."""
    texts: list[str] = []

    def note(text: str) -> str:
        texts.append(text)
        return text

    _rewrite(value, note, name)
    return set(map(_key, texts))


def _blank(connection: Connection, target: FromClause, row: int, names: Collection[str], write: Write) -> None:
    this = target.c.id == row
    stored = connection.execute(select(*(target.c[name] for name in names)).where(this)).mappings().one()
    blot_out(connection, target, this, names)
    connection.execute(update(target).where(this).values({name: _rewrite(value, write, name) for name, value in stored.items()}))


def _rewrite(value: Any, write: Write, name: str) -> Any:
    """A column, or any JSON value below the key `name`, with `write` done to the messages in it."""
    if isinstance(value, str):
        if name == _PATCH:
            return _IN_PATCH.sub(lambda line: line[1] + write(line[2]), value)
        return write(value) if name in _MESSAGES else value
    if isinstance(value, Mapping):
        return {key: _rewrite(item, write, key) for key, item in value.items()}
    return [_rewrite(item, write, name) for item in value] if isinstance(value, list) else value


def _key(text: str) -> str:
    return " ".join(words(text))[:_COMPARED]
