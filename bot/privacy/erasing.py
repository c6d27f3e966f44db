"""Erases conversations and leads, whole. What has left by mail cannot be called back: the contact person is asked to delete it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, func, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import RequestError
from bot.mails import is_email
from bot.privacy.channels import conversations_of, erase_people, people_saying
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

_LASTING = {table.name: table for table in (turns, events)}
"""Tables whose rows say the same for good. The few of `feedback` are judged again in their places: they are looked at twice."""
_SAME = ("conversation", "sender_id", "created_at", "timestamp")


def erase(
    database: Database, reference_or_email: str, now: datetime | None = None, notice: Notice | None = None, people: Collection[str] = ()
) -> dict[str, int]:
    """Delete a lead, its mails and its conversation, by its reference; or all that holds an address. Return rows per table.

    `people` are digests under which a channel knows the address (bot.channels.people): what it holds goes too.
    Raises RequestError for anything else: half an address would take other people's conversations with it.
    """
    now, seen = now or utc_now(), _look(database, reference_or_email)
    with database.begin() as connection:
        counts = _erase(connection, reference_or_email, now, notice, seen, people)
        prove(connection, ERASE, counts, now)
    tidy(database)
    return counts


def rehearse(
    database: Database, reference_or_email: str, now: datetime, notice: Notice | None = None, people: Collection[str] = ()
) -> dict[str, int]:
    """What `erase` would do now, in rows per table: it is done and taken back, so nothing changes."""
    counts: dict[str, int] = {}
    seen = _look(database, reference_or_email)
    with suppress(_RehearsedError), database.begin() as connection:
        counts = _erase(connection, reference_or_email, now, notice, seen, people)
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


def erase_conversation(
    connection: Connection, conversation: str, now: datetime, notice: Notice | None, promised_at: datetime
) -> dict[str, int]:
    """Delete everything of a conversation, its leads included, as was promised then; return rows per table."""
    counts = erase_rows(connection, {conversation}, leads.c.conversation == conversation, now, notice)
    return _added(counts, erase_people(connection, {conversation}, now, promised_at))


def _erase(
    connection: Connection, reference_or_email: str, now: datetime, notice: Notice | None, seen: _Seen, people: Collection[str]
) -> dict[str, int]:
    key = what_is_meant(reference_or_email)
    by_email = is_email(key)
    owned = func.lower(leads.c.email) == key.lower() if by_email else leads.c.reference == key
    conversations = set(connection.execute(select(leads.c.conversation).where(owned)).scalars())
    if by_email:
        conversations.update(seen.conversations, _conversations_with(connection, key, seen.up_to(connection)))
        people = {*people, *_people_with(connection, key)}
    conversations.update(conversations_of(connection, people))
    counts = erase_rows(connection, conversations, owned, now, notice)
    counts = _added(counts, erase_people(connection, conversations, now, people=people))
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


@dataclass(frozen=True)
class _Seen:
    """What was found before the transaction that erases: conversations, and by the name of a table the last row that was looked at."""

    conversations: frozenset[str] = frozenset()
    last: Mapping[str, Row] = field(default_factory=dict)

    def up_to(self, connection: Connection) -> dict[str, int]:
        """Ids that were looked at and need no second look. All do when the last row is not there any more: SQLite gives its id again."""
        return {name: row.id for name, row in self.last.items() if _row(connection, name, row.id) == row}


def _look(database: Database, reference_or_email: str) -> _Seen:
    """Look through all that was said, which takes seconds, while others go on writing.

    Not on PostgreSQL, where nobody waits for who only reads, and where a row may come to light after one with a higher id.
    """
    key = what_is_meant(reference_or_email)
    if not is_email(key) or database.is_server:
        return _Seen()
    with database.read() as connection:
        last = {name: _row(connection, name) for name in _LASTING}
        return _Seen(frozenset(_conversations_with(connection, key, {})), {name: row for name, row in last.items() if row})


def _row(connection: Connection, name: str, ident: int | None = None) -> Row | None:
    """A row of a table, or its last one: what tells it from another that got the same id."""
    target = _LASTING[name]
    query = select(target.c.id, *(target.c[column] for column in _SAME if column in target.c))
    chosen = query.where(target.c.id == ident) if ident is not None else query.order_by(target.c.id.desc()).limit(1)
    return connection.execute(chosen).first()


def _people_with(connection: Connection, email: str) -> set[str]:
    """The digests of people of the channels in whose messages or answers that wait the address stands."""
    whole = re.compile(whole_address(email))
    return people_saying(
        connection,
        lambda text: bool(whole.search(_JSON_ESCAPE.sub(" ", text))),
        lambda text: func.lower(text).contains(email.lower(), autoescape=True),
    )


def _conversations_with(connection: Connection, email: str, up_to: Mapping[str, int]) -> Iterator[str]:
    """Conversations in which the address was typed, also those that led to no request; in rows above these ids, by table."""
    places = [
        (turns, turns.c.conversation, turns.c.user_text),
        (feedback, feedback.c.conversation, feedback.c.comment),
        (events, events.c.sender_id, events.c.data),
    ]
    whole = re.compile(whole_address(email))
    for target, conversation, text in places:
        candidates = select(conversation, text).where(func.lower(text).contains(email.lower(), autoescape=True))
        for row in connection.execute(candidates.where(target.c.id > up_to.get(target.name, 0))):
            if whole.search(_JSON_ESCAPE.sub(" ", row[1])):
                yield row[0]
