"""The rows that forgetting works on: what is locked before it is deleted, and the proof."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import JSON, LargeBinary, Text, cast, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, FromClause

from bot.storage import WORDS, Database, erasures

_PAGES = 500
"""Pages of the index that are rewritten in one transaction, some 30 ms."""
_MERGE = text(f"INSERT INTO {WORDS} ({WORDS}, rank) VALUES ('merge', :pages)")  # noqa: S608 - a constant
_CHANGES = select(func.total_changes())


def delete_rows(connection: Connection, target: FromClause, condition: ColumnElement) -> int:
    """Delete rows; return how many.

    They are locked first. A store that is adding to them holds the latest (bot.rasa.tracker_store, bot.web.turns): it is
    waited for, and what it added goes too. PostgreSQL would else delete only what was there when the delete began.
    """
    connection.execute(select(target.c.id).where(condition).order_by(target.c.id).with_for_update()).all()
    blot_out(connection, target, condition)
    return int(connection.execute(delete(target).where(condition)).rowcount)


def blot_out(connection: Connection, target: FromClause, condition: ColumnElement, names: Collection[str] = ()) -> None:
    """Overwrite what rows say, or the columns `names`, with as many zeros, before it is deleted or replaced by less (SQLite).

    SQLite moves rows from page to page when there are few left on one, and does not overwrite where they stood before.
    What has the same length is overwritten where it is.
    """
    said = [item for item in target.c if isinstance(item.type, Text | JSON | LargeBinary) and not getattr(item, "unique", False)]
    texts = [item for item in said if not names or item.name in names]
    if texts and connection.dialect.name == "sqlite":
        connection.execute(update(target).where(condition).values({item: _zeros(item) for item in texts}))


def _zeros(item: ColumnElement) -> ColumnElement:
    length = func.length(cast(item, LargeBinary))
    return func.substr(func.hex(func.zeroblob(length)), 1, length)


def delete_keyed(connection: Connection, target: FromClause, condition: ColumnElement) -> int:
    """Delete rows of a table whose key is the conversation; return how many. Only one worker at a time writes them."""
    blot_out(connection, target, condition)
    return int(connection.execute(delete(target).where(condition)).rowcount)


def tidy(database: Database) -> None:
    """Leave nothing of what was deleted beside the rows: in the index of the words that reviewers search, and in SQLite's log.

    FTS5 only marks words as deleted until it rewrites its pages. It does so here in steps of some milliseconds each, so that nobody who
    writes waits for all of it.
    """
    if not database.is_server:
        pages = -_PAGES  # below zero: begin with all of the index, as « optimize » does
        while _merges(database, pages):
            pages = _PAGES
    database.flush_log()


def _merges(database: Database, pages: int) -> bool:
    """Rewrite so many pages of the index; say whether there was anything to do."""
    with database.begin() as connection:
        before = connection.execute(_CHANGES).scalar_one()
        connection.execute(_MERGE, {"pages": pages})
        return bool(connection.execute(_CHANGES).scalar_one() - before > 1)


def prove(connection: Connection, kind: str, counts: Mapping[str, int], now: datetime) -> None:
    """Write the proof, if there was anything to do."""
    if any(counts.values()):
        connection.execute(insert(erasures).values(created_at=now, kind=kind, counts=dict(counts)))
