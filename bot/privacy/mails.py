"""Erases the mails of leads. For what has left, the contact person is asked by another mail to delete it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.mails import Mail
from bot.mails.posting import post
from bot.privacy.rows import blot_out, delete_rows
from bot.storage import CONTACT, MAIL_SENT, NOTICE, Database, outbox

Notice = Callable[[str], "Mail | None"]
"""Writes the mail that asks the contact person to delete the request of a reference; None when nobody is named to get it."""
FORWARDED, NOTICES = "forwarded", "notices"
"""In the counts, beside rows deleted per table: leads whose mail had left, and mails written that ask to delete them."""
LONGEST_LEASE = timedelta(hours=1)
"""Longer than any lease of bot.outbox: one that ends later was written before the clock was set back."""


def erase_mails(connection: Connection, references: Mapping[int, str], now: datetime, notice: Notice | None) -> dict[str, int]:
    """Delete the mails of leads, given as id and reference, and write the notices; return how many.

    To be called before the leads are deleted: mails are locked first, as the worker does, or the two could wait for each other.
    """
    of_them = outbox.c.lead_id.in_(list(references))
    mails = len(connection.execute(select(outbox.c.id).where(of_them).with_for_update()).all())
    to_contact = of_them & (outbox.c.kind == CONTACT) & may_have_left(now)
    forwarded = sorted(set(connection.execute(select(outbox.c.lead_id).where(to_contact)).scalars()))
    notices = [mail for lead_id in forwarded if notice and (mail := notice(references[lead_id]))]
    for mail in notices:
        post(connection, mail, now)
    _empty(connection, of_them & (outbox.c.lease_until > now), now)
    delete_rows(connection, outbox, of_them)
    return {outbox.name: mails, FORWARDED: len(forwarded), NOTICES: len(notices)}


def sweep(database: Database, now: datetime) -> int:
    """Delete the shells of erased mails that were being sent, now that they are not; return how many."""
    over = or_(outbox.c.lease_until.is_(None), outbox.c.lease_until <= now, outbox.c.lease_until > now + LONGEST_LEASE)
    shells = outbox.c.lead_id.is_(None) & (outbox.c.kind != NOTICE) & over
    with database.read() as connection:  # most looks find nothing, and should not take SQLite's write lock
        if not connection.execute(select(exists().where(shells))).scalar():
            return 0
    with database.begin() as connection:
        return delete_rows(connection, outbox, shells)


def may_have_left(now: datetime) -> ColumnElement:
    """Sent, being sent, or tried by somebody who never said how it went: such a mail keeps the owner of its lease."""
    return or_(outbox.c.status == MAIL_SENT, outbox.c.uncertain > 0, outbox.c.lease_owner.is_not(None), outbox.c.lease_until > now)


def _empty(connection: Connection, leased: ColumnElement, now: datetime) -> None:
    """Leave of a mail that a worker is sending an empty shell, on which it notes the outcome. It is not sent again."""
    blot_out(connection, outbox, leased)
    shell = {"lead_id": None, "recipient": "", "body": b"", "expires_at": now}
    connection.execute(update(outbox).where(leased).values(**shell))
