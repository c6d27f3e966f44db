"""What the operator sees of the channels: what waits, what has failed, when something last came and left; and how it is tried again."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import false, func, literal, select, union_all, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, Select

from bot.privacy import lock_people
from bot.storage import (
    MESSAGE_FAILED,
    MESSAGE_WAITING,
    REPLY_FAILED,
    REPLY_LEAVING,
    REPLY_UNCERTAIN,
    REPLY_WAITING,
    Database,
    channel_messages,
    channel_people,
    channel_replies,
)
from bot.text import clean

LATELY = timedelta(days=7)
"""What has failed within is shown, and can be tried again: nobody waits for an older answer."""
_WAITING = {MESSAGE_WAITING, REPLY_WAITING, REPLY_LEAVING}
_STANDING = (*_WAITING, MESSAGE_FAILED, REPLY_FAILED, REPLY_UNCERTAIN)
"""What has not come to a good end. A message and a reply that have failed have the same status."""
_NEVER_ANSWERED = "Message resté sans réponse : il a attendu trop longtemps, ou CIC_SECRET_KEY a changé."
_NO_REASON = "Sans raison notée."
_LONGEST_REASON = 200


@dataclass
class Standing:
    """What stands on one channel: messages to be answered and replies to be sent, and those that have failed or are uncertain.

    `oldest` is since when the one waits that has waited longest; None when none does.
    """

    waiting: int = 0
    failed: int = 0
    uncertain: int = 0
    oldest: datetime | None = None


@dataclass(frozen=True)
class Reason:
    """Why so many failed or are uncertain, a sentence for staff, and whether they can be sent again."""

    text: str
    count: int
    can_be_sent_again: bool


@dataclass(frozen=True)
class Latest:
    """When a channel last received and sent something; None when it never did, as far back as anything is kept."""

    received: datetime | None = None
    sent: datetime | None = None


def standing(connection: Connection, since: datetime | None = None) -> dict[str, Standing]:
    """What stands, by channel; failed and uncertain since then, or within the retention. Quick: rows are found by their status."""
    messages = _by_status(channel_messages.c.channel, channel_messages.c.status, channel_messages.c.received_at, since)
    replies = _by_status(channel_replies.c.channel, channel_replies.c.status, channel_replies.c.created_at, since)
    found: dict[str, Standing] = {}
    for channel, status, count, oldest in connection.execute(union_all(messages, replies)):
        seen = found.setdefault(channel, Standing())
        if status in _WAITING:
            seen.waiting += count
            seen.oldest = min(seen.oldest or oldest, oldest)
        elif status == REPLY_UNCERTAIN:
            seen.uncertain += count
        else:
            seen.failed += count
    return found


def latest(connection: Connection) -> dict[str, Latest]:
    """When each channel last received and sent something."""
    received = _last(connection, channel_messages.c.channel, channel_messages.c.received_at)
    sent = _last(connection, channel_replies.c.channel, channel_replies.c.sent_at)
    return {channel: Latest(received.get(channel), sent.get(channel)) for channel in {*received, *sent}}


def reasons(connection: Connection, since: datetime) -> dict[str, list[Reason]]:
    """Why messages and replies failed or are uncertain since then, by channel, most first."""
    replies, messages = channel_replies.c, channel_messages.c
    lost = replies.status.in_((REPLY_FAILED, REPLY_UNCERTAIN)) & (replies.created_at > since)
    again = replies.body.is_not(None) & replies.person_id.is_not(None)
    why = select(replies.channel, func.coalesce(replies.last_error, _NO_REASON), func.count(), again).where(lost)
    never = (messages.status == MESSAGE_FAILED) & (messages.received_at > since)
    unanswered = select(messages.channel, literal(_NEVER_ANSWERED), func.count(), false()).where(never).group_by(messages.channel)
    found: dict[str, list[Reason]] = {}
    for channel, told, count, can in connection.execute(union_all(why.group_by(replies.channel, replies.last_error, again), unanswered)):
        # Ours already, with codes of the platform; whatever they hold, it stays a short line
        found.setdefault(channel, []).append(Reason(clean(told, _LONGEST_REASON), count, bool(can)))
    return {channel: sorted(told, key=lambda one: (-one.count, one.text)) for channel, told in found.items()}


def retry(database: Database, channels: Collection[str], now: datetime) -> int:
    """Make replies of these channels due again that failed or are uncertain lately; return how many. What was erased cannot be sent.

    They are as new: patience with the platform begins again.
    """
    lost = channel_replies.c.status.in_((REPLY_FAILED, REPLY_UNCERTAIN)) & (channel_replies.c.created_at > now - LATELY)
    lost &= channel_replies.c.channel.in_(channels) & channel_replies.c.body.is_not(None) & channel_replies.c.person_id.is_not(None)
    with database.begin() as connection:
        wanted = connection.execute(select(channel_replies.c.person_id).where(lost).distinct()).scalars().all()
        people = lock_people(connection, channel_people.c.id.in_(wanted))
        due = func.coalesce(channel_people.c.due_at, now, type_=channel_people.c.due_at.type)
        connection.execute(update(channel_people).where(channel_people.c.id.in_(people)).values(due_at=due))
        # Only theirs, for what was lost meanwhile is of people who are not locked; and in the order in which all lock them
        lost &= channel_replies.c.person_id.in_(people)
        in_order = select(channel_replies.c.id).where(lost).order_by(channel_replies.c.id)
        of_them = channel_replies.c.id.in_(connection.execute(in_order.with_for_update()).scalars().all())
        return int(connection.execute(update(channel_replies).where(of_them).values(status=REPLY_WAITING, created_at=now)).rowcount)


def _by_status(channel: ColumnElement, status: ColumnElement, at: ColumnElement, since: datetime | None) -> Select:
    counted = select(channel, status, func.count(), func.min(at)).where(status.in_(_STANDING)).group_by(channel, status)
    return counted.where(status.in_(_WAITING) | (at > since)) if since else counted


def _last(connection: Connection, channel: ColumnElement, at: ColumnElement) -> dict[str, datetime | None]:
    return dict(connection.execute(select(channel, func.max(at)).group_by(channel)).all())
