"""Sends the mails that routing has written, each until the mail server has accepted it, and never two at a time.

A mail is leased before it is sent, so that several workers share the work; a worker that dies leaves a lease that runs out.
A mail leaves once, but for one case that no protocol can rule out: the server accepts it and the answer, or our note of it,
is lost. It is then sent again with the same Message-ID, by which mailboxes know it.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import DeliveryError, PermanentDeliveryError, RequestError, StorageError
from bot.storage import (
    CONTACT,
    LEAD_FAILED,
    LEAD_FORWARDED,
    LEAD_WAITING,
    MAIL_FAILED,
    MAIL_SENT,
    MAIL_WAITING,
    Database,
    leads,
    outbox,
)

log = logging.getLogger(__name__)

Sender = Callable[[str, bytes], Awaitable[None]]
"""Hands a complete mail over to a recipient, or raises DeliveryError."""

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
PATIENCE = timedelta(days=5)
"""How long a mail is tried: what RFC 5321 (4.5.4.1) advises before giving up."""
LEASE = timedelta(minutes=5)
"""Longer than the two minutes that the mailer takes at most, so that a living worker never loses its lease."""

_LEAD_STATUS = {MAIL_WAITING: LEAD_WAITING, MAIL_SENT: LEAD_FORWARDED, MAIL_FAILED: LEAD_FAILED}
"""What the state of its mail to the contact person makes of a lead."""


@dataclass(frozen=True)
class _Leased:
    id: int
    recipient: str
    body: bytes
    attempts: int
    due_since: datetime


def wait_after(attempts: int, rng: Random) -> timedelta:
    """How long to wait after so many failed attempts: 10 s, doubling up to an hour, up to a quarter less at random.

    The randomness keeps mails that failed together from coming back together.
    """
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 20))
    return min(doubled, LONGEST_WAIT) * rng.uniform(0.75, 1)


class Outbox:
    """The mails that wait. One object per worker, which looks every `poll_seconds`; `notify` may be called from any thread."""

    def __init__(self, database: Database, sender: Sender, clock: Callable[[], datetime], rng: Random, poll_seconds: float = 1.0) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._rng = rng
        self._poll_seconds = poll_seconds
        self._owner = secrets.token_hex(8)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until `stop` is set; a mail on its way is finished first."""
        self._loop = asyncio.get_running_loop()
        try:
            while not stop.is_set():
                await self._round(stop)
                await self._pause(stop)
        finally:
            self._loop = None

    def notify(self) -> None:
        """Wake the worker at once: a mail was just written."""
        if self._loop is not None:
            with suppress(RuntimeError):  # the loop was closed in this very moment: nobody is left to wake
                self._loop.call_soon_threadsafe(self._wake.set)

    async def deliver_due(self, stop: asyncio.Event | None = None) -> int:
        """Try every mail that is due, one after the other; return how many were accepted."""
        accepted = 0
        while not (stop and stop.is_set()):
            mail = await asyncio.to_thread(self._lease)
            if mail is None:
                break
            accepted += await self._attempt(mail, stop)
        return accepted

    def retry(self, mail_id: int) -> None:
        """Make a mail due now, with new patience, also one that was given up; not one that a worker is sending."""
        now = self._clock()
        due = {"status": MAIL_WAITING, "due_since": now, "next_attempt_at": now, "attempts": 0}
        with self._database.begin() as connection:
            if not _settle(connection, mail_id, (outbox.c.status != MAIL_SENT) & _is_free(now), due):
                raise RequestError(f"Aucun courriel à renvoyer ne porte le numéro {mail_id}, ou il est justement en train de partir.")

    def unsent(self) -> list[dict[str, Any]]:
        """The mails that have not left, oldest first, without what is in them or whom they go to."""
        names = ("id", "kind", "status", "attempts", "next_attempt_at", "last_error")
        columns = [leads.c.reference, *(outbox.c[name] for name in names)]
        waiting = select(*columns).join(leads, leads.c.id == outbox.c.lead_id).where(outbox.c.status != MAIL_SENT)
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(waiting.order_by(outbox.c.id)).mappings()]

    async def _round(self, stop: asyncio.Event) -> None:
        try:
            await self.deliver_due(stop)
        except StorageError:
            log.warning("the outbox cannot be read or written: trying again")
        except Exception:  # the edge of the worker: a fault in one mail must not keep the others from leaving
            log.exception("a round of the outbox failed")

    async def _pause(self, stop: asyncio.Event) -> None:
        waits = {asyncio.ensure_future(stop.wait()), asyncio.ensure_future(self._wake.wait())}
        try:
            await asyncio.wait(waits, timeout=self._poll_seconds, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        self._wake.clear()

    async def _attempt(self, mail: _Leased, stop: asyncio.Event | None) -> bool:
        try:
            await self._sender(mail.recipient, mail.body)
        except DeliveryError as error:
            await self._note(partial(self._failed, mail, error), stop)
            return False
        await self._note(partial(self._accepted, mail), stop)
        return True

    async def _note(self, outcome: Callable[[], None], stop: asyncio.Event | None) -> None:
        """Write the outcome, however long the database is away: a mail that has left must not leave again."""
        while True:
            try:
                return await asyncio.to_thread(outcome)
            except StorageError:
                if stop and stop.is_set():
                    raise
                log.warning("the outcome of a mail cannot be written: trying again")
                await asyncio.sleep(self._poll_seconds)

    def _lease(self) -> _Leased | None:
        now = self._clock()
        due = (outbox.c.status == MAIL_WAITING) & (outbox.c.next_attempt_at <= now) & _is_free(now)
        with self._database.read() as connection:  # most looks find nothing, and should not take SQLite's write lock
            if connection.execute(select(outbox.c.id).where(due).limit(1)).first() is None:
                return None
        first = select(outbox).where(due).order_by(outbox.c.next_attempt_at, outbox.c.id).limit(1)
        with self._database.begin() as connection:
            row = connection.execute(first.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            lease = {"lease_until": now + LEASE, "lease_owner": self._owner, "attempts": row.attempts + 1}
            connection.execute(update(outbox).where(outbox.c.id == row.id).values(**lease))
        return _Leased(row.id, row.recipient, row.body, row.attempts + 1, row.due_since)

    def _accepted(self, mail: _Leased) -> None:
        sent = {"status": MAIL_SENT, "sent_at": self._clock(), "last_error": None}
        with self._database.begin() as connection:
            # Whoever holds the lease by now: what has left must not leave again
            _settle(connection, mail.id, outbox.c.status != MAIL_SENT, sent)
        log.info("mail %s left at attempt %s", mail.id, mail.attempts)

    def _failed(self, mail: _Leased, error: DeliveryError) -> None:
        now = self._clock()
        final = isinstance(error, PermanentDeliveryError) or now - mail.due_since >= PATIENCE
        values: dict[str, Any] = {"status": MAIL_FAILED if final else MAIL_WAITING, "last_error": str(error)}
        values["next_attempt_at"] = now + wait_after(mail.attempts, self._rng)
        with self._database.begin() as connection:
            _settle(connection, mail.id, outbox.c.lease_owner == self._owner, values)
        log.log(logging.ERROR if final else logging.WARNING, "mail %s: %s at attempt %s", mail.id, type(error).__name__, mail.attempts)


def _is_free(now: datetime) -> ColumnElement:
    return outbox.c.lease_until.is_(None) | (outbox.c.lease_until <= now)


def _settle(connection: Connection, mail_id: int, condition: ColumnElement, values: dict[str, Any]) -> bool:
    """Write what became of a mail, end its lease, and tell its lead; False when it is gone or another worker's."""
    free = {"lease_until": None, "lease_owner": None}
    changed = connection.execute(update(outbox).where((outbox.c.id == mail_id) & condition).values(**values, **free))
    if not changed.rowcount:
        return False
    of_this_mail = select(outbox.c.lead_id).where((outbox.c.id == mail_id) & (outbox.c.kind == CONTACT)).scalar_subquery()
    connection.execute(update(leads).where(leads.c.id == of_this_mail).values(status=_LEAD_STATUS[values["status"]]))
    return True
