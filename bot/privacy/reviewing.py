"""Erases what reviewers see and say of conversations, and what they say elsewhere of a person who is erased.

A name is whatever somebody typed where a name was asked for, « quel est le budget » as well. Remarks of reviewers lose it in any case;
in what quotes messages it is looked for with more care (bot.privacy.examples).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, FromClause

from bot.privacy.examples import Write, masks_in_examples
from bot.privacy.quotes import forget_quotes, quoted_of
from bot.privacy.rows import blot_out, delete_keyed, delete_rows
from bot.privacy.traces import mention_of
from bot.privacy.values import MASKED, Values
from bot.storage import (
    CHANGE_COMPARING,
    CHANGE_DRAFT,
    CHANGE_READY,
    CHANGE_TRAINING,
    changes,
    comments,
    conversations,
    drafts,
    exchanges,
    forget_candidates,
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
"""What they write for the assistant, which quotes messages: the same, with more care for names."""
_QUOTED: tuple[tuple[FromClause, tuple[str, ...]], ...] = ((judgements, ("said",)), (recorded_tests, ("title", "steps")))
"""Messages of people as examples and tests, of no use with a hole in them: deleted."""
_UNDECIDED = (CHANGE_TRAINING, CHANGE_COMPARING, CHANGE_READY)
_TAKEN_BACK = "Un exemple a été effacé depuis l'entraînement : lancez-le de nouveau."


def erase_review(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Delete what reviewers see and say of conversations, and blank what they quote of them elsewhere; return rows per table.

    What they have taken over into the training data holds nobody's words any more: they read and adopted it as an example.
    """
    gone = said_in(connection, names)
    return delete_review(connection, names) | forget_quotes(connection, gone)


def said_in(connection: Connection, names: Collection[str]) -> set[str]:
    """What was said in conversations, as bot.privacy.quotes compares it."""
    return {key for item in (exchanges, judgements) for key in quoted_of(connection, item.c.said, item.c.conversation.in_(names))}


def delete_review(connection: Connection, names: Collection[str]) -> dict[str, int]:
    """Delete what reviewers see and say of conversations; return rows per table."""
    counts = {}
    take_back(connection, judgements.c.conversation.in_(names))
    for target in (exchanges, judgements, comments, recorded_tests):
        counts[target.name] = delete_rows(connection, target, target.c.conversation.in_(names))
    for keyed in (tags, conversations):
        counts[keyed.name] = delete_keyed(connection, keyed, keyed.c.conversation.in_(names))
    return counts


def take_back(connection: Connection, which: ColumnElement) -> None:
    """Before these judgements are deleted: make drafts again of the changes that learn from them and that nobody has adopted yet.

    What was trained goes, and a process that is at it stops. The folders of the releases go when each machine sweeps the next time.
    """
    learning = changes.c.id.in_(select(judgements.c.change_id).where(which)) & changes.c.state.in_(_UNDECIDED)
    found = connection.execute(select(changes.c.id, changes.c.release).where(learning).with_for_update()).all()
    if not found:
        return
    these = changes.c.id.in_([row.id for row in found])
    blot_out(connection, changes, these, ["report"])
    draft = {"state": CHANGE_DRAFT, "report": None, "release": None, "error": None, "progress": _TAKEN_BACK}
    connection.execute(update(changes).where(these).values(**draft))
    forget_candidates(connection, [row.release for row in found if row.release])


def erase_mentions(connection: Connection, values: Values) -> dict[str, int]:
    """Take whole names, addresses and numbers out of what reviewers wrote, wherever it is; return rows per table."""
    anybody, example = mention_of(values), masks_in_examples(values)
    counts: dict[str, int] = {}
    if anybody:
        for target, key, names in _REMARKS:
            counts[target.name] = _take_out(connection, target, key, names, partial(anybody.sub, MASKED))
        counts[saved_filters.name] = _erase_filters(connection, anybody, values.names)
    if example:
        for target, key, names in _WRITTEN:
            counts[target.name] = _take_out(connection, target, key, names, example)
        for quoted, names in _QUOTED:
            found = [row[0] for row in _rows(connection, quoted, quoted.c.id, names) if _holds(list(row[1:]), example)]
            if found and quoted is judgements:
                take_back(connection, judgements.c.id.in_(found))
            counts[quoted.name] = delete_rows(connection, quoted, quoted.c.id.in_(found)) if found else 0
        tagged = [row.tag for row in connection.execute(select(tags.c.tag).distinct()) if _holds(row.tag, example)]
        counts[tags.name] = delete_keyed(connection, tags, tags.c.tag.in_(tagged)) if tagged else 0
    return counts


def _rows(connection: Connection, target: FromClause, key: ColumnElement, names: Iterable[str]) -> Any:
    return connection.execute(select(key, *(target.c[name] for name in names)))


def _take_out(connection: Connection, target: FromClause, key: ColumnElement, names: Collection[str], write: Write) -> int:
    """Write columns anew where something is found in them; return how many rows."""
    found = []
    for row, *values in _rows(connection, target, key, names):
        if held := {name: value for name, value in zip(names, values, strict=True) if _holds(value, write)}:
            found.append((row, held))
    for row, held in found:
        blot_out(connection, target, key == row, list(held))
        connection.execute(update(target).where(key == row).values({name: _written(value, write) for name, value in held.items()}))
    return len(found)


def _holds(value: Any, write: Write) -> bool:
    return bool(_written(value, write) != value)


def _written(value: Any, write: Write) -> Any:
    """A text, or any JSON value, with `write` done to its texts."""
    if isinstance(value, str):
        return write(value)
    if isinstance(value, Mapping):
        return {key: _written(item, write) for key, item in value.items()}
    return [_written(item, write) for item in value] if isinstance(value, list) else value


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
