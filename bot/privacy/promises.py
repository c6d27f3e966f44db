"""Promises to forget a conversation: made in the middle of a turn by the action server, kept after it by the web process."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from bot.privacy.erasing import erase_conversation
from bot.privacy.mails import Notice, sweep
from bot.privacy.rewriting import mask_conversation
from bot.privacy.rows import prove, tidy
from bot.storage import ERASE, MASK, Database, forgetting

TURN_PATIENCE = timedelta(minutes=2)
"""Longer than a turn may take, from the action that promises to the web process that stores it."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Kept:
    """A promise that was kept: MASK or ERASE, and how many rows were changed or deleted, per table (see bot.privacy.erasing)."""

    kind: str
    counts: dict[str, int]


def promise(database: Database, conversation: str, kind: str, due_at: datetime) -> None:
    """Promise to forget a conversation: MASK or ERASE, from `due_at` on.

    A later promise to mask replaces an earlier one. A promise to erase stays one, and is never put off.
    """
    try:
        _promise(database, conversation, kind, due_at)
    except IntegrityError:  # on PostgreSQL: another process has just made one
        _promise(database, conversation, kind, due_at)


def withdraw(database: Database, conversation: str) -> None:
    """Take a promise to mask back: the person consented. A promise to erase stays."""
    with database.begin() as connection:
        connection.execute(delete(forgetting).where((forgetting.c.conversation == conversation) & (forgetting.c.kind == MASK)))


def keep_promises(
    database: Database, now: datetime, conversation: str | None = None, notice: Notice | None = None, patience: timedelta = timedelta(0)
) -> list[Kept]:
    """Keep every promise that is due, or that of one conversation if it is due; return what was done.

    A promise may be due before the turn that made it is stored: who has not stored it gives `patience`, such as TURN_PATIENCE.

    Each is kept in a transaction of its own, with its proof. One that fails stays, and does not keep the others from being kept.
    """
    due = forgetting.c.due_at <= now - patience
    if conversation is not None:
        due &= forgetting.c.conversation == conversation
    with database.read() as connection:
        waiting = connection.execute(select(forgetting.c.conversation).where(due).order_by(forgetting.c.due_at)).scalars().all()
    kept = [done for name in waiting if (done := _try_to_keep(database, name, now, notice))]
    swept = sweep(database, now) if conversation is None else 0
    if swept or any(any(done.counts.values()) for done in kept):
        tidy(database)
    return kept


def _promise(database: Database, conversation: str, kind: str, due_at: datetime) -> None:
    of_it = forgetting.c.conversation == conversation
    with database.begin() as connection:
        made = connection.execute(select(forgetting.c.kind, forgetting.c.due_at).where(of_it).with_for_update()).first()
        if made is None:
            connection.execute(insert(forgetting).values(conversation=conversation, kind=kind, due_at=due_at))
        elif made.kind == MASK:
            connection.execute(update(forgetting).where(of_it).values(kind=kind, due_at=due_at))
        elif kind == ERASE and due_at < made.due_at:
            connection.execute(update(forgetting).where(of_it).values(due_at=due_at))


def _try_to_keep(database: Database, conversation: str, now: datetime, notice: Notice | None) -> Kept | None:
    try:
        return _keep(database, conversation, now, notice)
    except Exception as error:  # noqa: BLE001 - the others are to be kept; and a traceback might hold what is to be forgotten
        log.error("the promise to forget conversation %s could not be kept: %s", conversation, type(error).__name__)
        return None


def _keep(database: Database, conversation: str, now: datetime, notice: Notice | None) -> Kept | None:
    of_it = forgetting.c.conversation == conversation
    with database.begin() as connection:
        due = of_it & (forgetting.c.due_at <= now)
        made = connection.execute(select(forgetting.c.kind, forgetting.c.due_at).where(due).with_for_update()).first()
        if made is None:  # taken back or put off meanwhile
            return None
        if made.kind == ERASE:
            counts = erase_conversation(connection, conversation, now, notice, made.due_at)
        else:
            counts = mask_conversation(connection, conversation, made.due_at)
        connection.execute(delete(forgetting).where(of_it))
        prove(connection, made.kind, counts, now)
    return Kept(made.kind, counts)
