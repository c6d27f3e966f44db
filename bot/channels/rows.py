"""The rows of the channels: people who are served under a lease, what waits for them, and how rows are locked. Blocking.

All lock in one order, or they would wait for each other (PostgreSQL): people by their digests, then messages, then replies by number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, or_, select
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.expression import ColumnElement

from bot.channels.model import Kind
from bot.privacy import blot_out, drop_bodies
from bot.storage import MESSAGE_WAITING, REPLY_LEAVING, REPLY_WAITING, channel_messages, channel_people, channel_replies

LEASE = timedelta(seconds=30)
"""How long a worker holds a person without saying that it lives; it says so every few seconds."""
LONGEST_WAIT = timedelta(hours=2)
"""Longer than anything is put off (bot.channels.wire, bot.channels.courier)."""


@dataclass(frozen=True)
class Person:
    """Somebody for whom there is something to do. `name` is the beginning of her digest, for logs; `owner` the worker that serves her."""

    id: int
    channel: str
    name: str
    owner: str
    address: Mapping[str, Any]
    last_at: datetime
    attempts: int
    welcomed: bool
    offered: tuple[str, ...]


class LostLeaseError(Exception):
    """Another worker serves the person by now: this one has to stop, and nothing was written."""


@dataclass(frozen=True)
class Message:
    """A message that waits for its answer. `key` is its digest, the id by which the assistant knows it; `conversation` its conversation."""

    id: int
    key: str
    conversation: str
    kind: Kind
    text: str
    context: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True)
class Reply:
    """A part of an answer that waits to be sent. `key` is the same at every attempt."""

    id: int
    message_id: int
    key: str
    body: dict[str, Any]
    context: Mapping[str, Any]
    created_at: datetime


def is_free(now: datetime) -> ColumnElement:
    """People whom nobody serves."""
    # Further ahead than any lease is: written before the clock was set back
    until = channel_people.c.lease_until
    return or_(until.is_(None), until <= now, until > now + 2 * LEASE)


def is_due(now: datetime) -> ColumnElement:
    """People for whom there is something to do now."""
    # Further ahead than anything waits, or of one who writes in the future: from before the clock was set back
    due, ahead = channel_people.c.due_at, channel_people.c.last_at > now
    return or_(due <= now, due > now + LONGEST_WAIT, due.is_not(None) & ahead)


def held(connection: Connection, person: Person) -> Row:
    """Her row, locked. Raises LostLeaseError when another worker serves her by now."""
    row = locked(connection, person, person.owner)
    if row is None:
        raise LostLeaseError
    return row


def locked(connection: Connection, person: Person, owner: str) -> Row | None:
    """The row of a person whom this worker holds; None when it is another's by now, or gone."""
    hers = (channel_people.c.id == person.id) & (channel_people.c.lease_owner == owner)
    return connection.execute(select(channel_people.c.conversation, channel_people.c.attempts).where(hers).with_for_update()).first()


def waits(connection: Connection, person_id: int) -> bool:
    """Whether a message of hers is to be answered, or an answer to be sent."""
    message = (channel_messages.c.person_id == person_id) & (channel_messages.c.status == MESSAGE_WAITING)
    reply = (channel_replies.c.person_id == person_id) & channel_replies.c.status.in_((REPLY_WAITING, REPLY_LEAVING))
    return any(connection.execute(select(exists().where(condition))).scalar() for condition in (message, reply))


def forget(connection: Connection, person_id: int) -> None:
    """Delete a person, and what is left of answers that did not reach her."""
    answers = (channel_replies.c.person_id == person_id) & channel_replies.c.body.is_not(None)
    drop_bodies(connection, answers)
    blot_out(connection, channel_people, channel_people.c.id == person_id)
    connection.execute(channel_people.delete().where(channel_people.c.id == person_id))
