"""Forgets what the messaging channels hold: the address to reply to, what waits for an answer, what is left of answers.

Rows are locked in the channels' own order (bot.channels.rows): people by their digests, messages, replies by their ids. Of messages
the keys stay, as digests of nobody's: what a platform delivers again is not answered again.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta

from sqlalchemy import Text, case, cast, exists, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.privacy.rows import blot_out, delete_rows
from bot.storage import (
    MESSAGE_DONE,
    MESSAGE_WAITING,
    REPLY_FAILED,
    REPLY_LEAVING,
    REPLY_UNCERTAIN,
    REPLY_WAITING,
    channel_messages,
    channel_people,
    channel_replies,
)

LONGEST_LEASE = timedelta(minutes=1)
"""Longer than any lease of bot.channels.rows: one that ends later was written before the clock was set back."""
LIMITED = timedelta(days=1)
"""Within what limits by sender count (bot.channels.arrivals)."""
RETRIED = timedelta(days=7)
"""How long what was not sent can be sent again by hand (bot.channels.overview)."""
KEYS_KEPT = timedelta(days=30)
"""How long what is delivered again is known in any case, however short the retention is."""
_MASKED = "Effacée comme promis avant d'être partie : elle pouvait contenir des coordonnées."


def lock_people(connection: Connection, condition: ColumnElement) -> list[int]:
    """Lock several people in the order that all keep to, and return their ids: who locks them must not wait for who waits for them."""
    in_order = select(channel_people.c.id).where(condition).order_by(channel_people.c.person)
    return list(connection.execute(in_order.with_for_update()).scalars())


def blank_messages(connection: Connection, condition: ColumnElement, status: str) -> int:
    """Leave of messages that they came, and what became of them; return how many."""
    blot_out(connection, channel_messages, condition, ["text", "context"])
    nothing = {"status": status, "text": None, "context": None, "conversation": None}
    return int(connection.execute(update(channel_messages).where(condition).values(**nothing)).rowcount)


def drop_bodies(connection: Connection, condition: ColumnElement) -> None:
    """Leave of answers what became of them."""
    blot_out(connection, channel_replies, condition, ["body", "context"])
    connection.execute(update(channel_replies).where(condition).values(body=None, context=None))


def conversations_of(connection: Connection, people: Collection[str]) -> list[str]:
    """The conversations of whom a channel knows by these digests."""
    of_them = channel_people.c.person.in_(people) & channel_people.c.conversation.is_not(None)
    return list(connection.execute(select(channel_people.c.conversation).where(of_them)).scalars())


def erase_people(
    connection: Connection, conversations: Collection[str], now: datetime, promised_at: datetime | None = None, people: Collection[str] = ()
) -> dict[str, int]:
    """Forget who had these conversations on a channel, and whom a channel knows by the digests `people`; return rows per table.

    `promised_at` is when she asked for it herself: what she wrote since is answered, in a new conversation, and what was answered since
    still leaves, for it says that all is erased. Without it nothing that waits is answered or sent any more. Who is being served, or has
    something left to get, is deleted when that is done (`Ledger.release`).
    """
    of_them = or_(channel_people.c.conversation.in_(conversations), channel_people.c.person.in_(people))
    ids = lock_people(connection, of_them)
    if not ids:
        return {target.name: 0 for target in (channel_messages, channel_replies, channel_people)}
    theirs = channel_messages.c.person_id.in_(ids)
    waiting = theirs & (channel_messages.c.status == MESSAGE_WAITING)
    answers = channel_replies.c.person_id.in_(ids)
    if promised_at is not None:
        answers &= channel_replies.c.created_at <= promised_at
    counts = {channel_messages.name: _drop(connection, waiting) if promised_at is None else 0}
    connection.execute(update(channel_messages).where(theirs & (channel_messages.c.status != MESSAGE_WAITING)).values(person_id=None))
    counts[channel_replies.name] = delete_rows(connection, channel_replies, answers)
    counts[channel_people.name] = _forget(connection, ids, now)
    return counts


def mask_replies(connection: Connection, conversation: str, until: datetime) -> int:
    """Drop what is left of answers up to then, for one may repeat contact details; they are not sent (again). Return how many."""
    person = select(channel_people.c.id).where(channel_people.c.conversation == conversation).scalar_subquery()
    told = channel_replies.c.body.is_not(None) & (channel_replies.c.created_at <= until)
    of_it = (channel_replies.c.person_id == person) & told
    waits = channel_replies.c.status == REPLY_WAITING
    connection.execute(select(channel_replies.c.id).where(of_it).order_by(channel_replies.c.id).with_for_update()).all()
    blot_out(connection, channel_replies, of_it, ["body", "context"])
    values = {
        "status": case((waits, REPLY_FAILED), else_=channel_replies.c.status),
        "last_error": case((waits, _MASKED), else_=channel_replies.c.last_error),
    }
    return int(connection.execute(update(channel_replies).where(of_it).values(**values, body=None, context=None)).rowcount)


def purge_people(connection: Connection, limit: datetime, now: datetime) -> dict[str, int]:
    """Delete what the channels hold from before `limit`: also the address of whoever was silent since. Return rows per table.

    Keys of messages stay a month in any case, of nobody's: a platform delivers again for a week. Who sent them is forgotten after a day.
    """
    silent = channel_people.c.last_at < limit
    lock_people(connection, silent)
    _drop(connection, (channel_messages.c.received_at < limit) & (channel_messages.c.status == MESSAGE_WAITING))
    connection.execute(update(channel_messages).where(channel_messages.c.received_at < limit).values(person_id=None))
    past = (channel_messages.c.received_at < now - LIMITED) & channel_messages.c.sender.is_not(None)
    connection.execute(update(channel_messages).where(past).values(sender=None))
    _blank_lost(connection, now - RETRIED)
    old = channel_messages.c.received_at < min(limit, now - KEYS_KEPT)
    connection.execute(select(channel_messages.c.id).where(old).with_for_update()).all()
    answers = (channel_replies.c.created_at < limit) | channel_replies.c.message_id.in_(select(channel_messages.c.id).where(old))
    conditions = ((channel_replies, answers), (channel_messages, old), (channel_people, silent))
    return {target.name: delete_rows(connection, target, condition) for target, condition in conditions}


def _blank_lost(connection: Connection, before: datetime) -> None:
    """Leave of answers that failed before then only that they did."""
    lost = channel_replies.c.status.in_((REPLY_FAILED, REPLY_UNCERTAIN)) & channel_replies.c.body.is_not(None)
    lost &= channel_replies.c.created_at <= before
    drop_bodies(connection, lost)


def people_saying(connection: Connection, holds: Callable[[str], bool], candidate: Callable[[ColumnElement], ColumnElement]) -> set[str]:
    """The digests of whose messages or answers that wait hold something: `candidate` is a condition that finds too much."""
    said = cast(channel_replies.c.body, Text)
    places = ((channel_messages, channel_messages.c.text), (channel_replies, said))
    found: set[str] = set()
    for target, text in places:
        with_people = target.join(channel_people, channel_people.c.id == target.c.person_id)
        rows = connection.execute(select(channel_people.c.person, text).select_from(with_people).where(candidate(text)))
        found.update(person for person, told in rows if holds(told))
    return found


def _drop(connection: Connection, waiting: ColumnElement) -> int:
    """Leave of messages that wait nothing but their keys."""
    connection.execute(select(channel_messages.c.id).where(waiting).with_for_update()).all()
    return blank_messages(connection, waiting, MESSAGE_DONE)


def _forget(connection: Connection, ids: Collection[int], now: datetime) -> int:
    """Delete whom nobody serves and for whom nothing is left; part the others from their conversation. Return how many in all."""
    them = channel_people.c.id.in_(ids)
    deleted = delete_rows(connection, channel_people, them & _is_free(now) & ~_has_left_over())
    blot_out(connection, channel_people, them, ["offered"])
    return deleted + int(
        connection.execute(update(channel_people).where(them).values(conversation=None, offered=None, welcomed=False)).rowcount
    )


def _is_free(now: datetime) -> ColumnElement:
    until = channel_people.c.lease_until
    return or_(until.is_(None), until <= now, until > now + LONGEST_LEASE)


def _has_left_over() -> ColumnElement:
    """Whether a message of a person is to be answered, or an answer to be sent."""
    message = (channel_messages.c.person_id == channel_people.c.id) & (channel_messages.c.status == MESSAGE_WAITING)
    reply = (channel_replies.c.person_id == channel_people.c.id) & channel_replies.c.status.in_((REPLY_WAITING, REPLY_LEAVING))
    return exists(select(channel_messages.c.id).where(message)) | exists(select(channel_replies.c.id).where(reply))
