"""Deletes what is too old, and keeps the promises that are due."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select

from bot.privacy.mails import Notice
from bot.privacy.promises import TURN_PATIENCE, keep_promises
from bot.privacy.rows import delete_rows, prove
from bot.storage import Database, codes, decisions, events, feedback, leads, outbox, trackers, turns

PURGE = "purge"
"""Kind of the proof."""
PROMISES = "promises"
"""In the counts, beside rows deleted per table: promises kept. Each has a proof of its own."""


def purge(database: Database, now: datetime, retention_days: int, notice: Notice | None = None) -> dict[str, int]:
    """Delete everything older than the retention, leads that could not be forwarded included; return rows per table.

    Codes go as soon as they have expired, and promises that are due are kept.
    """
    kept = keep_promises(database, now, notice=notice, patience=TURN_PATIENCE)
    limit = now - timedelta(days=retention_days)
    with database.begin() as connection:
        old_leads = outbox.c.lead_id.in_(select(leads.c.id).where(leads.c.created_at < limit))
        old_notices = outbox.c.lead_id.is_(None) & (outbox.c.due_since < limit)
        conditions = [(outbox, old_leads | old_notices), (codes, codes.c.expires_at <= now)]
        conditions += [(target, target.c.created_at < limit) for target in (turns, feedback, decisions, leads)]
        conditions.append((events, events.c.timestamp < limit.timestamp()))
        counts = {target.name: delete_rows(connection, target, condition) for target, condition in conditions}
        connection.execute(delete(trackers).where(trackers.c.updated_at < limit))
        prove(connection, PURGE, counts, now)
    database.flush_log()
    return counts | {PROMISES: len(kept)}
