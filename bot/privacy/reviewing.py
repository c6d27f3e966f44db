"""Erases what reviewers see and say of conversations, and what they say elsewhere of a person who is erased.

A name is whatever somebody typed where a name was asked for, « quel est le budget » as well. So it is only taken out of the remarks of
reviewers, and nothing is deleted for it but saved searches; what quotes messages holds no names (bot.review.indexing).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, FromClause

from bot.privacy.rows import blot_out, delete_keyed, delete_rows
from bot.privacy.traces import mention_of
from bot.privacy.values import MASKED, Values
from bot.storage import (
    changes,
    comments,
    conversations,
    drafts,
    exchanges,
    journal,
    judgements,
    lead_notes,
    recorded_tests,
    saved_filters,
    tags,
)
from bot.words import words

_SHORTEST_PART = 3
"""Letters of a part of a name; a search for nothing but such parts is one for the person."""
_Places = tuple[tuple[FromClause, ColumnElement, tuple[str, ...]], ...]
_REMARKS: _Places = (
    (comments, comments.c.id, ("text",)),
    (lead_notes, lead_notes.c.id, ("text",)),
    (journal, journal.c.id, ("reason",)),
    (conversations, conversations.c.conversation, ("kept_reason",)),
)
"""What reviewers write of people: names, addresses and numbers are taken out."""
_WRITTEN: _Places = (
    (drafts, drafts.c.id, ("title", "text", "questions")),
    (changes, changes.c.id, ("title", "error", "report")),
)
"""What they write for the assistant: addresses and numbers are."""
_QUOTED: tuple[tuple[FromClause, tuple[str, ...]], ...] = ((judgements, ("said",)), (recorded_tests, ("title", "steps")))
"""Messages of people as examples and tests, of no use with a hole in them: deleted."""


def erase_review(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Delete what reviewers see and say of conversations; return rows per table.

    What they have taken over into the training data holds nobody's words any more: they read and adopted it as an example.
    """
    counts = {}
    for target in (exchanges, judgements, comments, recorded_tests):
        counts[target.name] = delete_rows(connection, target, target.c.conversation.in_(names))
    for keyed in (tags, conversations):
        counts[keyed.name] = delete_keyed(connection, keyed, keyed.c.conversation.in_(names))
    return counts


def erase_mentions(connection: Connection, values: Values) -> dict[str, int]:
    """Take whole names, addresses and numbers out of what reviewers wrote, wherever it is; return rows per table."""
    anybody, certain = mention_of(values), mention_of(replace(values, names=frozenset()))
    counts: dict[str, int] = {}
    if anybody:
        for target, key, names in _REMARKS:
            counts[target.name] = sum(_take_out(connection, target, key, name, anybody) for name in names)
        counts[saved_filters.name] = _erase_filters(connection, anybody, values.names)
    if certain:
        for target, key, names in _WRITTEN:
            counts[target.name] = sum(_take_out(connection, target, key, name, certain) for name in names)
        for quoted, names in _QUOTED:
            found = [row[0] for row in _rows(connection, quoted, quoted.c.id, names) if _holds(list(row[1:]), certain)]
            counts[quoted.name] = delete_rows(connection, quoted, quoted.c.id.in_(found)) if found else 0
        tagged = [row.tag for row in connection.execute(select(tags.c.tag).distinct()) if certain.search(row.tag)]
        counts[tags.name] = delete_keyed(connection, tags, tags.c.tag.in_(tagged)) if tagged else 0
    return counts


def _rows(connection: Connection, target: FromClause, key: ColumnElement, names: Iterable[str]) -> Any:
    return connection.execute(select(key, *(target.c[name] for name in names)))


def _take_out(connection: Connection, target: FromClause, key: ColumnElement, name: str, pattern: re.Pattern[str]) -> int:
    """Write « [effacé] » in the place of what is found in a column; return how many rows."""
    found = [(row[0], row[1]) for row in _rows(connection, target, key, [name]) if _holds(row[1], pattern)]
    for row, value in found:
        blot_out(connection, target, key == row, [name])
        connection.execute(update(target).where(key == row).values({name: _without(value, pattern)}))
    return len(found)


def _holds(value: Any, pattern: re.Pattern[str]) -> bool:
    return bool(_without(value, pattern) != value)


def _without(value: Any, pattern: re.Pattern[str]) -> Any:
    """A text, or any JSON value, with « [effacé] » where something is found."""
    if isinstance(value, str):
        return pattern.sub(MASKED, value)
    if isinstance(value, Mapping):
        return {key: _without(item, pattern) for key, item in value.items()}
    return [_without(item, pattern) for item in value] if isinstance(value, list) else value


def _erase_filters(connection: Connection, pattern: re.Pattern[str], names: Collection[str]) -> int:
    """Delete the saved filters that search for the person."""
    parts = {word for name in names for word in words(name) if len(word) >= _SHORTEST_PART}
    rows = _rows(connection, saved_filters, saved_filters.c.id, ["name", "query"]).all()
    found = [row.id for row in rows if pattern.search(unquote_plus(f"{row.name}\n{row.query}")) or _searches(row.query, parts)]
    # One by one: overwritten together, two names of the same length would be the same
    return sum(delete_rows(connection, saved_filters, saved_filters.c.id == ident) for ident in found)


def _searches(query: str, parts: Collection[str]) -> bool:
    """Whether what an address searches for is nothing but parts of a name."""
    typed = (words(value) for name, value in parse_qsl(query) if name == "q")
    return any(said and all(word in parts for word in said) for said in typed)
