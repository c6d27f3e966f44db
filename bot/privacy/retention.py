"""Deletes what is too old, and keeps the promises that are due."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from sqlalchemy import delete, null, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.privacy.channels import purge_people
from bot.privacy.mails import Notice
from bot.privacy.promises import TURN_PATIENCE, keep_promises
from bot.privacy.quotes import forget_quotes, quoted_of
from bot.privacy.reviewing import delete_review, said_in, take_back
from bot.privacy.rewriting import mask_conversation
from bot.privacy.rows import blot_out, delete_rows, prove, tidy
from bot.storage import (
    Database,
    changes,
    codes,
    comments,
    conversations,
    decisions,
    drafts,
    events,
    exchanges,
    feedback,
    journal,
    judgements,
    lead_notes,
    leads,
    outbox,
    recorded_tests,
    sign_ins,
    trackers,
    turns,
)

PURGE = "purge"
"""Kind of the proof."""
_AT_ONCE = 500
"""Conversations named in one statement."""
PROMISES = "promises"
"""In the counts, beside rows deleted per table: promises kept. Each has a proof of its own."""


def purge(database: Database, now: datetime, retention_days: int, notice: Notice | None = None) -> dict[str, int]:
    """Delete everything older than the retention, leads that could not be forwarded included; return rows per table.

    Codes go as soon as they have expired, and promises that are due are kept. Conversations that a reviewer keeps for a reason stay, until
    the day that was given for it; their requests and the addresses of messaging accounts go, and what was typed into contact fields is
    masked: that was promised.
    """
    kept = keep_promises(database, now, notice=notice, patience=TURN_PATIENCE)
    limit = now - timedelta(days=retention_days)
    with database.begin() as connection:
        _keep_no_longer(connection, now)
        kept_on = select(conversations.c.conversation).where(is_kept(now)).scalar_subquery()
        old_leads = select(leads.c.id).where(leads.c.created_at < limit)
        old_notices = outbox.c.lead_id.is_(None) & (outbox.c.due_since < limit)
        conditions = [(outbox, outbox.c.lead_id.in_(old_leads) | old_notices), (codes, codes.c.expires_at <= now)]
        conditions += [(lead_notes, lead_notes.c.lead_id.in_(old_leads)), (leads, leads.c.created_at < limit)]
        for target in (turns, feedback, decisions):
            conditions.append((target, (target.c.created_at < limit) & target.c.conversation.not_in(kept_on)))
        conditions.append((events, (events.c.timestamp < limit.timestamp()) & events.c.sender_id.not_in(kept_on)))
        _have_read_again(connection, limit, kept_on)
        counts = {target.name: delete_rows(connection, target, condition) for target, condition in conditions}
        connection.execute(delete(trackers).where((trackers.c.updated_at < limit) & trackers.c.conversation.not_in(kept_on)))
        counts |= purge_people(connection, limit, now)
        counts |= _purge_review(connection, limit, kept_on)
        _mask_kept(connection, limit, now)
        prove(connection, PURGE, counts, now)
    tidy(database)
    return counts | {PROMISES: len(kept)}


def is_kept(now: datetime) -> ColumnElement:
    """Whether a reviewer keeps a conversation beyond the retention."""
    return conversations.c.kept_reason.is_not(None) & (conversations.c.kept_until > now)


def _mask_kept(connection: Connection, limit: datetime, now: datetime) -> None:
    """Mask what was typed into contact fields where a conversation is kept beyond the retention, which holds for that all the same."""
    beyond = select(conversations.c.conversation).where(is_kept(now) & (conversations.c.last_at < limit))
    for name in connection.execute(beyond).scalars().all():
        mask_conversation(connection, name, now)


def _keep_no_longer(connection: Connection, now: datetime) -> None:
    """Forget why conversations were kept whose day has passed: the retention holds for them again."""
    over = conversations.c.kept_until <= now
    blot_out(connection, conversations, over, ["kept_reason"])
    connection.execute(update(conversations).where(over).values(kept_reason=None, kept_by=None, kept_at=None, kept_until=None))


def _have_read_again(connection: Connection, limit: datetime, kept_on: ColumnElement) -> None:
    """Have conversations indexed again that go on without their beginning."""
    shorter = select(exchanges.c.conversation).where((exchanges.c.at < limit) & exchanges.c.conversation.not_in(kept_on))
    connection.execute(update(trackers).where(trackers.c.conversation.in_(shorter)).values(to_index=True))


def _purge_review(connection: Connection, limit: datetime, kept_on: ColumnElement) -> dict[str, int]:
    """Delete what is too old of what reviewers see and say, and of the journal; return rows per table."""
    old = (conversations.c.last_at < limit) & conversations.c.conversation.not_in(kept_on)
    names = connection.execute(select(conversations.c.conversation).where(old)).scalars().all()
    counts: Counter[str] = Counter()
    gone: set[str] = set()
    for first in range(0, len(names), _AT_ONCE):
        some = names[first : first + _AT_ONCE]
        gone |= said_in(connection, some)
        counts.update(delete_review(connection, some))
    take_back(connection, (judgements.c.at < limit) & judgements.c.conversation.not_in(kept_on))
    for target in (exchanges, judgements, comments, recorded_tests):
        # A test that was made without a conversation is nobody's message, and stays
        left = (target.c.at < limit) & target.c.conversation.is_not(None) & target.c.conversation.not_in(kept_on)
        gone |= quoted_of(connection, target.c.said, left) if target in (exchanges, judgements) else set()
        counts[target.name] += delete_rows(connection, target, left)
    counts[journal.name] += delete_rows(connection, journal, journal.c.at < limit)
    counts.update(forget_quotes(connection, gone))
    _empty_old(connection, limit)
    connection.execute(delete(sign_ins).where(sign_ins.c.last_at < limit))
    return dict(counts)


def _empty_old(connection: Connection, limit: datetime) -> None:
    """Leave of old drafts and changes what their authors wrote, and not the messages that they quote."""
    for target, name, at, nothing in ((drafts, "questions", drafts.c.at, []), (changes, "report", changes.c.created_at, null())):
        blot_out(connection, target, at < limit, [name])
        connection.execute(update(target).where(at < limit).values({name: nothing}))
