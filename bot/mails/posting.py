"""Lays a mail into the outbox, in the transaction of what it tells of."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sqlalchemy import insert
from sqlalchemy.engine import Connection

from bot.mails import Mail
from bot.storage import MAIL_WAITING, outbox


def post(connection: Connection, mail: Mail, now: datetime, lead_id: int | None = None, expires_at: datetime | None = None) -> None:
    """Let a mail leave from `now` on, and not after `expires_at`. `lead_id`: the lead that it tells of, while there is one."""
    row = asdict(mail) | {"lead_id": lead_id, "status": MAIL_WAITING, "due_since": now, "next_attempt_at": now, "expires_at": expires_at}
    connection.execute(insert(outbox).values(**row))
