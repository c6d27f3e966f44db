"""Erases conversations and leads, whole. What has left by mail cannot be called back: the contact person is asked to delete it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import RequestError
from bot.mails import is_email
from bot.privacy.mails import Notice, erase_mails
from bot.privacy.reviewing import erase_mentions, erase_review
from bot.privacy.rows import delete_rows, prove, tidy
from bot.privacy.traces import whole_address
from bot.privacy.values import Values
from bot.storage import (
    ERASE,
    Database,
    codes,
    decisions,
    events,
    feedback,
    forgetting,
    lead_notes,
    leads,
    trackers,
    turns,
    utc_now,
)

_REFERENCE = re.compile(r"CIC-\d{4}-[A-Z0-9]{6}")
_JSON_ESCAPE = re.compile(r"\\u[0-9a-f]{4}|\\.")
"""So that the n of a line break before an address is not taken for its first letter."""


def erase(database: Database, reference_or_email: str, now: datetime | None = None, notice: Notice | None = None) -> dict[str, int]:
    """Delete a lead, its mails and its conversation, by its reference; or all that holds an address. Return rows per table.

    Raises RequestError for anything else: half an address would take other people's conversations with it.
    """
    now = now or utc_now()
    with database.begin() as connection:
        counts = _erase(connection, reference_or_email, now, notice)
        prove(connection, ERASE, counts, now)
    tidy(database)
    return counts


def rehearse(database: Database, reference_or_email: str, now: datetime, notice: Notice | None = None) -> dict[str, int]:
    """What `erase` would do now, in rows per table: it is done and taken back, so nothing changes."""
    counts: dict[str, int] = {}
    with suppress(_RehearsedError), database.begin() as connection:
        counts = _erase(connection, reference_or_email, now, notice)
        raise _RehearsedError
    return counts


def what_is_meant(reference_or_email: str) -> str:
    """The reference or the address that was typed. Raises RequestError for anything else."""
    key = reference_or_email.strip()
    if is_email(key):
        return key
    if not _REFERENCE.fullmatch(key.upper()):
        raise RequestError("Donnez une référence (comme CIC-2026-7K4M9Q) ou une adresse e-mail entière.")
    return key.upper()


class _RehearsedError(Exception):
    """Takes back what was only to be counted."""


def erase_conversation(connection: Connection, conversation: str, now: datetime, notice: Notice | None) -> dict[str, int]:
    """Delete everything of a conversation, its leads included; return rows per table."""
    return erase_rows(connection, {conversation}, leads.c.conversation == conversation, now, notice)


def _erase(connection: Connection, reference_or_email: str, now: datetime, notice: Notice | None) -> dict[str, int]:
    key = what_is_meant(reference_or_email)
    by_email = is_email(key)
    owned = func.lower(leads.c.email) == key.lower() if by_email else leads.c.reference == key
    conversations = set(connection.execute(select(leads.c.conversation).where(owned)).scalars())
    if by_email:
        conversations.update(_conversations_with(connection, key))
    counts = erase_rows(connection, conversations, owned, now, notice)
    return _added(counts, erase_mentions(connection, Values(addresses=frozenset({key})))) if by_email else counts


def erase_rows(
    connection: Connection, conversations: Collection[str], owned: ColumnElement, now: datetime, notice: Notice | None
) -> dict[str, int]:
    """Delete these conversations, the leads of the condition `owned`, and promises about them; return rows per table."""
    found = connection.execute(select(leads).where(owned)).all()
    counts = erase_mails(connection, {row.id: row.reference for row in found}, now, notice)
    their_codes = codes.c.lead_id.in_([row.id for row in found])
    counts[codes.name] = delete_rows(connection, codes, their_codes | codes.c.conversation.in_(conversations))
    counts[lead_notes.name] = delete_rows(connection, lead_notes, lead_notes.c.lead_id.in_([row.id for row in found]))
    counts[leads.name] = delete_rows(connection, leads, leads.c.id.in_([row.id for row in found]))
    for target in (turns, feedback, decisions):
        counts[target.name] = delete_rows(connection, target, target.c.conversation.in_(conversations))
    # Before its events: a store that adds some holds the row, and finds it gone when it comes later (bot.rasa.tracker_store)
    connection.execute(delete(trackers).where(trackers.c.conversation.in_(conversations)))
    counts[events.name] = delete_rows(connection, events, events.c.sender_id.in_(conversations))
    connection.execute(delete(forgetting).where(forgetting.c.conversation.in_(conversations)))
    return _added(counts, erase_review(connection, conversations), erase_mentions(connection, _values_of(found)))


def _values_of(found: Iterable[Row]) -> Values:
    rows = list(found)
    numbers = frozenset(row.telephone for row in rows if row.telephone)
    return Values(frozenset(row.nom for row in rows), frozenset(row.email for row in rows), numbers)


def _added(*counts: Mapping[str, int]) -> dict[str, int]:
    added: Counter[str] = Counter()
    for each in counts:
        added.update(each)
    return dict(added)


def _conversations_with(connection: Connection, email: str) -> Iterator[str]:
    """Conversations in which the address was typed, also those that led to no request."""
    places = [
        (turns.c.conversation, turns.c.user_text),
        (feedback.c.conversation, feedback.c.comment),
        (events.c.sender_id, events.c.data),
    ]
    whole = re.compile(whole_address(email))
    for conversation, text in places:
        candidates = select(conversation, text).where(func.lower(text).contains(email.lower(), autoescape=True))
        for row in connection.execute(candidates):
            if whole.search(_JSON_ESCAPE.sub(" ", row[1])):
                yield row[0]
