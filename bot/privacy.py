"""Forgets: what is too old, and what a person asks to have erased. Keeps a proof of it without any content.

Covers the tables of bot.storage, and the events that Rasa's tracker store keeps in the same database under the same
conversation ids. What has left by mail cannot be called back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import column, delete, func, insert, inspect, select, table
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, TableClause

from bot.errors import RequestError
from bot.mails import is_email
from bot.storage import Database, decisions, erasures, feedback, leads, outbox, turns, utc_now

PURGE = "purge"
ERASURE = "effacement"

events = table("events", column("sender_id"), column("timestamp"), column("data"))
"""Rasa's own table, made by Rasa: `timestamp` is in seconds since 1970, `data` is JSON as text."""
_REFERENCE = re.compile(r"CIC-\d{4}-[A-Z0-9]{6}")
_JSON_ESCAPE = re.compile(r"\\u[0-9a-f]{4}|\\.")
"""So that the n of a line break before an address is not taken for its first letter."""


def purge(database: Database, now: datetime, retention_days: int) -> dict[str, int]:
    """Delete everything older than the retention, leads that could not be forwarded included; return rows per table."""
    limit = now - timedelta(days=retention_days)
    with database.begin() as connection:
        conditions = [(t, t.c.created_at < limit) for t in (turns, feedback, decisions, leads)]
        if _has_events(connection):
            conditions.append((events, events.c.timestamp < limit.timestamp()))
        counts = _forget(connection, conditions, PURGE, now)
    database.flush_log()
    return counts


def erase(database: Database, reference_or_email: str, now: datetime | None = None) -> dict[str, int]:
    """Delete a lead, its mails and its conversation, by its reference; or all that holds an address. Return rows per table.

    Raises RequestError for anything else: half an address would take other people's conversations with it.
    """
    key = reference_or_email.strip()
    by_email = is_email(key)
    if not by_email and not _REFERENCE.fullmatch(key.upper()):
        raise RequestError("Donnez une référence (comme CIC-2026-7K4M9Q) ou une adresse e-mail entière.")
    with database.begin() as connection:
        owned = func.lower(leads.c.email) == key.lower() if by_email else leads.c.reference == key.upper()
        conversations = set(connection.execute(select(leads.c.conversation).where(owned)).scalars())
        if by_email:
            conversations.update(_conversations_with(connection, key))
        conditions = [(leads, owned), *((t, t.c.conversation.in_(conversations)) for t in (turns, feedback, decisions))]
        if _has_events(connection):
            conditions.append((events, events.c.sender_id.in_(conversations)))
        counts = _forget(connection, conditions, ERASURE, now or utc_now())
    database.flush_log()
    return counts


def _conversations_with(connection: Connection, email: str) -> Iterator[str]:
    """Conversations in which the address was typed, also those that led to no request."""
    places = [(turns.c.conversation, turns.c.user_text), (feedback.c.conversation, feedback.c.comment)]
    if _has_events(connection):
        places.append((events.c.sender_id, events.c.data))
    # An address is a part of longer ones: ann@x.example stands in joann@x.example
    whole = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE)
    for conversation, text in places:
        candidates = select(conversation, text).where(func.lower(text).contains(email.lower(), autoescape=True))
        for row in connection.execute(candidates):
            if whole.search(_JSON_ESCAPE.sub(" ", row[1])):
                yield row[0]


def _has_events(connection: Connection) -> bool:
    return bool(inspect(connection).has_table(events.name))


def _forget(connection: Connection, conditions: list[tuple[TableClause, ColumnElement]], kind: str, now: datetime) -> dict[str, int]:
    """Delete the rows, the mails of leads among them, and write the proof if there was anything to delete."""
    (owned,) = (condition for target, condition in conditions if target is leads)
    mails = outbox.c.lead_id.in_(select(leads.c.id).where(owned))
    counts = {outbox.name: connection.execute(delete(outbox).where(mails)).rowcount}
    for target, condition in conditions:
        counts[target.name] = connection.execute(delete(target).where(condition)).rowcount
    if any(counts.values()):
        connection.execute(insert(erasures).values(created_at=now, kind=kind, counts=counts))
    return counts
