"""Sends the mails that routing has written, each until the mail server has accepted it, and never two at a time.

A mail is leased before it is sent, so that several workers share the work; a worker that dies leaves a lease that runs out.
A mail leaves once, but for one case that no protocol can rule out: the server accepts it and the answer, or our note of it,
is lost. It is then sent again with the same Message-ID, by which mailboxes know it; the outbox counts it as uncertain, and
the lead tells whoever reads it.

Leases and waits are moments of the machine's clock, which may be set while mails wait or leave. A moment further ahead than
any that is written was written before the clock was set back, and counts as past. After the clock was set no worker takes
over a lease for as long as its mail may be on its way. Workers on several machines need clocks that agree within a minute.
"""

from __future__ import annotations

import asyncio
import logging
import re
import secrets
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

from sqlalchemy import case, exists, literal, select, true, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import DeliveryError, PermanentDeliveryError, RequestError, StorageError, UncertainDeliveryError
from bot.pauses import pause
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
    mark_changed,
    outbox,
)
from bot.text import typeset

log = logging.getLogger(__name__)

Sender = Callable[[str, bytes], Awaitable[None]]
"""Hands a complete mail over to a recipient, or raises DeliveryError."""

FIRST_WAIT = timedelta(seconds=10)
LONGEST_WAIT = timedelta(hours=1)
PATIENCE = timedelta(days=5)
"""How long a mail is tried: what RFC 5321 (4.5.4.1) advises before giving up."""
LEAST_ATTEMPTS = 12
"""How often at least, about three hours: patience must not pass while the machine is off or its clock is wrong."""
LATE_AFTER = timedelta(minutes=30)
"""From then on a mail that waits is late, and somebody should look."""
SEND_SECONDS = 240.0
"""How long one attempt may take, whatever the sender does; the mailer takes two minutes at most."""
LEASE = timedelta(seconds=SEND_SECONDS) + timedelta(minutes=1)
"""Longer than an attempt, so that a living worker never loses its lease. The minute is for the database and unequal clocks."""
CLOCK_TOLERANCE = timedelta(seconds=30)
"""A step of the clock that a lease bears."""

WAITING = "en_attente"
SENDING = "en_cours"
LATE = "en_retard"
FAILED = "echec"
EXPIRED = "expire"
"""The states of a mail that has not left, as `cic outbox --json` says them."""

TWICE = typeset("Le courriel a pu vous parvenir deux fois : le serveur de courrier n'a pas confirmé un envoi.")
"""What the lead says once when its mail may have reached the contact person twice."""
_TOO_LATE = "Ce courriel n'est plus envoyé : son délai de validité est passé."
_LEAD_STATUS = {MAIL_WAITING: LEAD_WAITING, MAIL_SENT: LEAD_FORWARDED, MAIL_FAILED: LEAD_FAILED}
"""What the state of its mail to the contact person makes of a lead."""
_FREE: dict[str, Any] = {"lease_until": None, "lease_owner": None}
_REFERENCE = re.compile(r"<(cic-\d{4}-[a-z0-9]+)", re.IGNORECASE)


@dataclass(frozen=True)
class _Leased:
    id: int
    lease: str
    recipient: str
    body: bytes
    attempts: int
    due_since: datetime


class _SteadyClock:
    """Tells whether the clock has lately been set, by a second one that cannot be (in seconds, from any start)."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._zero: datetime | None = None
        self._steady_from = timedelta(0)

    def is_steady(self, now: datetime) -> bool:
        """Whether no step of the clock was seen for as long as a lease lasts. To be asked often: each call looks for a step."""
        elapsed = timedelta(seconds=self._monotonic())
        zero = now - elapsed
        if self._zero is None:
            self._zero, self._steady_from = zero, elapsed
        elif abs(zero - self._zero) > CLOCK_TOLERANCE:
            log.warning("the clock was set: leases of other workers are respected for %s", LEASE)
            self._zero, self._steady_from = zero, elapsed + LEASE
        return elapsed >= self._steady_from


def wait_after(attempts: int, rng: Random) -> timedelta:
    """How long to wait after so many failed attempts: 10 s, doubling up to an hour, up to a quarter less at random.

    The randomness keeps mails that failed together from coming back together.
    """
    doubled = FIRST_WAIT * (1 << min(attempts - 1, 20))
    return min(doubled, LONGEST_WAIT) * rng.uniform(0.75, 1)


def is_expired(now: datetime) -> ColumnElement:
    """Mails whose time is over, whether they were tried or not."""
    return outbox.c.expires_at.is_not(None) & (outbox.c.expires_at <= now)


def is_waiting(now: datetime) -> ColumnElement:
    """Mails that are still to leave."""
    return (outbox.c.status == MAIL_WAITING) & ~is_expired(now)


def is_late(now: datetime) -> ColumnElement:
    """Mails that have been due for longer than they should, even if one more attempt is just being made."""
    return is_waiting(now) & (outbox.c.due_since <= now - LATE_AFTER)


def has_failed(now: datetime) -> ColumnElement:
    """Mails that were given up and would still be of use."""
    return (outbox.c.status == MAIL_FAILED) & ~is_expired(now)


def state_at(now: datetime) -> ColumnElement:
    """The state of a mail that has not left: WAITING, SENDING, LATE, FAILED or EXPIRED."""
    states = ((is_expired(now), EXPIRED), (has_failed(now), FAILED), (~_is_free(now), SENDING), (is_late(now), LATE))
    return case(*states, else_=WAITING)


def make_due(connection: Connection, wanted: ColumnElement, now: datetime) -> int:
    """Make mails due now, those of the condition that may be sent again: none that has left, is on its way or has expired.

    One that was given up gets new patience. Return how many.
    """
    since = case((outbox.c.status == MAIL_FAILED, literal(now, outbox.c.due_since.type)), else_=outbox.c.due_since)
    # The owner stays: it tells whoever leases the mail next that nobody knows how the last attempt went
    due = {"status": MAIL_WAITING, "due_since": since, "next_attempt_at": now, "attempts": 0, "lease_until": None}
    allowed = can_be_sent_again(now)
    found = connection.execute(select(outbox.c.id).where(wanted & allowed)).scalars().all()
    return sum(_settle(connection, mail_id, allowed, due) for mail_id in found)


def can_be_sent_again(now: datetime) -> ColumnElement:
    """Mails that have not left, are not on their way and have not expired."""
    return (outbox.c.status != MAIL_SENT) & ~is_expired(now) & _is_free(now)


class Outbox:
    """The mails that wait. One object per worker, which looks every `poll_seconds`; `notify` may be called from any thread."""

    def __init__(
        self,
        database: Database,
        sender: Sender,
        clock: Callable[[], datetime],
        rng: Random,
        poll_seconds: float = 1.0,
        monotonic: Callable[[], float] = time.monotonic,
        send_seconds: float = SEND_SECONDS,
    ) -> None:
        self._database = database
        self._sender = sender
        self._clock = clock
        self._rng = rng
        self._poll_seconds = poll_seconds
        self._steady = _SteadyClock(monotonic)
        self._send_seconds = send_seconds
        self._loop: asyncio.AbstractEventLoop | None = None
        self._wake = asyncio.Event()

    async def run(self, stop: asyncio.Event) -> None:
        """Send what is due until `stop` is set; a mail on its way is finished first."""
        self._loop = asyncio.get_running_loop()
        try:
            while not stop.is_set():
                await self._round(stop)
                await pause(stop, self._wake, self._poll_seconds)
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
        """Make a mail due now; one that was given up gets new patience. Not one that a worker is sending, nor an expired one."""
        if not self._make_due(outbox.c.id == mail_id):
            reasons = "il est parti, il a expiré ou il est justement en train de partir"
            raise RequestError(f"Aucun courriel à renvoyer ne porte le numéro {mail_id}, ou {reasons}.")

    def retry_all(self) -> int:
        """Make every mail due now that `retry` would take; return how many."""
        return self._make_due(true())

    def unsent(self) -> list[dict[str, Any]]:
        """The mails that have not left, oldest first, without what is in them or whom they go to.

        `reference` is None when there is no lead any more and the Message-ID names none, `next_attempt_at` when none follows;
        `late` is true of a late mail also while it is being sent.
        """
        now = self._clock()
        names = ("id", "kind", "status", "attempts", "uncertain", "due_since", "next_attempt_at", "expires_at", "last_error", "message_id")
        columns = [leads.c.reference, state_at(now).label("state"), is_late(now).label("late"), *(outbox.c[name] for name in names)]
        waiting = select(*columns).select_from(outbox.outerjoin(leads, leads.c.id == outbox.c.lead_id)).where(outbox.c.status != MAIL_SENT)
        with self._database.read() as connection:
            return [_told(row) for row in connection.execute(waiting.order_by(outbox.c.id)).mappings()]

    def _make_due(self, wanted: ColumnElement) -> int:
        with self._database.begin() as connection:
            return make_due(connection, wanted, self._clock())

    async def _round(self, stop: asyncio.Event) -> None:
        try:
            await self.deliver_due(stop)
        except StorageError:
            log.warning("the outbox cannot be read or written: trying again")
        except Exception:  # the edge of the worker: a fault in one mail must not keep the others from leaving
            log.exception("a round of the outbox failed")

    async def _attempt(self, mail: _Leased, stop: asyncio.Event | None) -> bool:
        try:
            await self._send(mail)
        except DeliveryError as error:
            await self._note(partial(self._failed, mail, error), stop)
            return False
        await self._note(partial(self._accepted, mail), stop)
        return True

    async def _send(self, mail: _Leased) -> None:
        """Give up in time: when the lease runs out another worker sends the mail. The clock is watched meanwhile."""
        watching = asyncio.create_task(self._watch_clock())
        try:
            await asyncio.wait_for(self._sender(mail.recipient, mail.body), self._send_seconds)
        except asyncio.TimeoutError as error:
            sentence = f"Le serveur de courrier n'a pas confirmé l'envoi en {self._send_seconds:g} s : TimeoutError."
            raise UncertainDeliveryError(sentence) from error
        finally:
            watching.cancel()

    async def _watch_clock(self) -> None:
        while True:
            self._steady.is_steady(self._clock())
            await asyncio.sleep(self._poll_seconds)

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
        free = _is_free(now) if self._steady.is_steady(now) else outbox.c.lease_until.is_(None)
        expired = (outbox.c.status == MAIL_WAITING) & is_expired(now) & free
        due = is_waiting(now) & _is_due(now) & free
        with self._database.read() as connection:  # most looks find nothing, and should not take SQLite's write lock
            if not connection.execute(select(exists().where(expired | due))).scalar():
                return None
        first = select(outbox).where(due).order_by(outbox.c.next_attempt_at, outbox.c.id).limit(1)
        with self._database.begin() as connection:
            _expire(connection, expired)
            row = connection.execute(first.with_for_update(skip_locked=True)).first()
            if row is None:
                return None
            if row.lease_owner is not None:  # whoever had it did not say how it went, and may have sent it
                _count_uncertain(connection, row.id)
            mail = _Leased(row.id, secrets.token_hex(8), row.recipient, row.body, row.attempts + 1, row.due_since)
            lease = {"lease_until": now + LEASE, "lease_owner": mail.lease, "attempts": mail.attempts}
            connection.execute(update(outbox).where(outbox.c.id == mail.id).values(**lease))
        return mail

    def _accepted(self, mail: _Leased) -> None:
        sent = {"status": MAIL_SENT, "sent_at": self._clock(), "last_error": None, **_FREE}
        with self._database.begin() as connection:
            # Whoever holds the lease by now: what has left must not leave again
            _settle(connection, mail.id, outbox.c.status != MAIL_SENT, sent)
        log.info("mail %s left at attempt %s", mail.id, mail.attempts)

    def _failed(self, mail: _Leased, error: DeliveryError) -> None:
        now = self._clock()
        out_of_patience = now - mail.due_since >= PATIENCE and mail.attempts >= LEAST_ATTEMPTS
        final = isinstance(error, PermanentDeliveryError) or out_of_patience
        values: dict[str, Any] = {"status": MAIL_FAILED if final else MAIL_WAITING, "last_error": str(error), **_FREE}
        values["next_attempt_at"] = now + wait_after(mail.attempts, self._rng)
        with self._database.begin() as connection:
            if isinstance(error, UncertainDeliveryError):
                # Whoever holds the lease by now: the server may have it
                _count_uncertain(connection, mail.id)
            _settle(connection, mail.id, outbox.c.lease_owner == mail.lease, values)
        # No error yet: bot.alerts says once what an operator has to look at
        log.warning("mail %s: %s at attempt %s", mail.id, type(error).__name__, mail.attempts)


def _is_free(now: datetime) -> ColumnElement:
    # Twice the lease: another machine's clock may be a little ahead
    until = outbox.c.lease_until
    return until.is_(None) | (until <= now) | (until > now + 2 * LEASE)


def _is_due(now: datetime) -> ColumnElement:
    return (outbox.c.next_attempt_at <= now) | (outbox.c.next_attempt_at > now + LONGEST_WAIT + LEASE)


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    """A mail as it is listed: its reference, where the lead is gone, is read in the Message-ID."""
    mail = {name: value for name, value in row.items() if name != "message_id"}
    if mail["reference"] is None and (named := _REFERENCE.match(row["message_id"])):
        mail["reference"] = named[1].upper()
    if mail["state"] in (FAILED, EXPIRED):
        mail["next_attempt_at"] = None
    return mail


def _expire(connection: Connection, expired: ColumnElement) -> None:
    """Give up what is not to be sent any more."""
    given_up = {"status": MAIL_FAILED, "last_error": _TOO_LATE, **_FREE}
    for mail_id in connection.execute(select(outbox.c.id).where(expired)).scalars().all():
        if _settle(connection, mail_id, expired, given_up):
            log.info("mail %s has expired", mail_id)


def _settle(connection: Connection, mail_id: int, condition: ColumnElement, values: dict[str, Any]) -> bool:
    """Write what became of a mail and tell its lead; False when it is gone or another worker's."""
    if not connection.execute(update(outbox).where((outbox.c.id == mail_id) & condition).values(**values)).rowcount:
        return False
    if (lead_id := _lead_of(connection, mail_id)) is not None:
        connection.execute(update(leads).where(leads.c.id == lead_id).values(status=_LEAD_STATUS[values["status"]]))
        mark_changed(connection, connection.execute(select(leads.c.conversation).where(leads.c.id == lead_id)).scalar_one())
    return True


def _count_uncertain(connection: Connection, mail_id: int) -> None:
    """Note that nobody knows whether the server has the mail; its lead says so once."""
    connection.execute(update(outbox).where(outbox.c.id == mail_id).values(uncertain=outbox.c.uncertain + 1))
    of_lead = leads.c.id == _lead_of(connection, mail_id)
    remarks = connection.execute(select(leads.c.remarques).where(of_lead).with_for_update()).scalar()
    if remarks is not None and TWICE not in remarks:
        connection.execute(update(leads).where(of_lead).values(remarques=[*remarks, TWICE]))


def _lead_of(connection: Connection, mail_id: int) -> int | None:
    """The lead that a mail tells the contact person of; None for every other kind of mail, and when it is gone."""
    of_lead = select(outbox.c.lead_id).where((outbox.c.id == mail_id) & (outbox.c.kind == CONTACT))
    lead_id: int | None = connection.execute(of_lead).scalar()
    return lead_id
