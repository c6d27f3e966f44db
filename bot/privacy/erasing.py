"""Erases conversations and leads, whole. What has left by mail cannot be called back: the contact person is asked to delete it."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import RequestError
from bot.mails import is_email
from bot.privacy.mails import Notice, erase_mails
from bot.privacy.rows import delete_rows, prove
from bot.storage import ERASE, Database, codes, decisions, events, feedback, forgetting, leads, trackers, turns, utc_now

_REFERENCE = re.compile(r"CIC-\d{4}-[A-Z0-9]{6}")
_JSON_ESCAPE = re.compile(r"\\u[0-9a-f]{4}|\\.")
"""So that the n of a line break before an address is not taken for its first letter."""


def erase(database: Database, reference_or_email: str, now: datetime | None = None, notice: Notice | None = None) -> dict[str, int]:
    """Delete a lead, its mails and its conversation, by its reference; or all that holds an address. Return rows per table.

    Raises RequestError for anything else: half an address would take other people's conversations with it.
    """
    key = reference_or_email.strip()
    by_email = is_email(key)
    if not by_email and not _REFERENCE.fullmatch(key.upper()):
        raise RequestError("Donnez une référence (comme CIC-2026-7K4M9Q) ou une adresse e-mail entière.")
    now = now or utc_now()
    with database.begin() as connection:
        owned = func.lower(leads.c.email) == key.lower() if by_email else leads.c.reference == key.upper()
        conversations = set(connection.execute(select(leads.c.conversation).where(owned)).scalars())
        if by_email:
            conversations.update(_conversations_with(connection, key))
        counts = erase_rows(connection, conversations, owned, now, notice)
        prove(connection, ERASE, counts, now)
    database.flush_log()
    return counts


def erase_conversation(connection: Connection, conversation: str, now: datetime, notice: Notice | None) -> dict[str, int]:
    """Delete everything of a conversation, its leads included; return rows per table."""
    return erase_rows(connection, {conversation}, leads.c.conversation == conversation, now, notice)


def erase_rows(
    connection: Connection, conversations: Collection[str], owned: ColumnElement, now: datetime, notice: Notice | None
) -> dict[str, int]:
    """Delete these conversations, the leads of the condition `owned`, and promises about them; return rows per table."""
    found = connection.execute(select(leads.c.id, leads.c.reference).where(owned)).all()
    counts = erase_mails(connection, {row.id: row.reference for row in found}, now, notice)
    their_codes = codes.c.lead_id.in_([row.id for row in found])
    counts[codes.name] = delete_rows(connection, codes, their_codes | codes.c.conversation.in_(conversations))
    counts[leads.name] = delete_rows(connection, leads, leads.c.id.in_([row.id for row in found]))
    for target in (turns, feedback, decisions):
        counts[target.name] = delete_rows(connection, target, target.c.conversation.in_(conversations))
    # Before its events: a store that adds some holds the row, and finds it gone when it comes later (bot.rasa.tracker_store)
    connection.execute(delete(trackers).where(trackers.c.conversation.in_(conversations)))
    counts[events.name] = delete_rows(connection, events, events.c.sender_id.in_(conversations))
    connection.execute(delete(forgetting).where(forgetting.c.conversation.in_(conversations)))
    return counts


def _conversations_with(connection: Connection, email: str) -> Iterator[str]:
    """Conversations in which the address was typed, also those that led to no request."""
    places = [
        (turns.c.conversation, turns.c.user_text),
        (feedback.c.conversation, feedback.c.comment),
        (events.c.sender_id, events.c.data),
    ]
    # An address is a part of longer ones: ann@x.example stands in joann@x.example
    whole = re.compile(rf"(?<![\w.+-]){re.escape(email)}(?![\w-]|\.\w)", re.IGNORECASE)
    for conversation, text in places:
        candidates = select(conversation, text).where(func.lower(text).contains(email.lower(), autoescape=True))
        for row in connection.execute(candidates):
            if whole.search(_JSON_ESCAPE.sub(" ", row[1])):
                yield row[0]
