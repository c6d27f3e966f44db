"""The database of the assistant: its tables, and transactions on them. Knows nothing of what the rows mean.

Everything that other modules use is named here.
"""

from __future__ import annotations

from bot.storage.database import Database
from bot.storage.tables import (
    CODE,
    CONFIRMATION,
    CONTACT,
    COPY,
    ERASE,
    LEAD_FAILED,
    LEAD_FORWARDED,
    LEAD_KEPT,
    LEAD_WAITING,
    MAIL_FAILED,
    MAIL_SENT,
    MAIL_WAITING,
    MASK,
    NOTICE,
    codes,
    decisions,
    erasures,
    feedback,
    forgetting,
    leads,
    metadata,
    outbox,
    turns,
    utc_now,
)

__all__ = [
    "CODE",
    "CONFIRMATION",
    "CONTACT",
    "COPY",
    "ERASE",
    "LEAD_FAILED",
    "LEAD_FORWARDED",
    "LEAD_KEPT",
    "LEAD_WAITING",
    "MAIL_FAILED",
    "MAIL_SENT",
    "MAIL_WAITING",
    "MASK",
    "NOTICE",
    "Database",
    "codes",
    "decisions",
    "erasures",
    "feedback",
    "forgetting",
    "leads",
    "metadata",
    "outbox",
    "turns",
    "utc_now",
]
