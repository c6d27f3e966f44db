"""Says that something of a conversation has changed, so that what reviewers see of it is made anew (bot.review.indexing)."""

from __future__ import annotations

from sqlalchemy import update
from sqlalchemy.engine import Connection

from bot.storage.tables import trackers


def mark_changed(connection: Connection, conversation: str) -> None:
    """Have a conversation indexed again; one that was erased meanwhile stays erased."""
    connection.execute(update(trackers).where(trackers.c.conversation == conversation).values(to_index=True))
