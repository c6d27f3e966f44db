"""What is kept of a person, told to that person: in the conversation itself, or elsewhere with a code mailed to the lead's own address.

Answers are the same whether a reference exists or not. Codes are kept as digests, for half an hour and a few tries. What a message
did here it does not do twice, when its turn was lost and it is handled again: it is known by its id.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.expression import ColumnElement, Select

from bot.config import Settings
from bot.mails import code_mail, copy_mail, lead_fields
from bot.mails.posting import post
from bot.privacy import may_have_left, promise, withdraw
from bot.routing import TOLD
from bot.silence import silence
from bot.storage import CONTACT, ERASE, MAIL_SENT, MASK, Database, channel_people, codes, leads, outbox, turns

CODE_LIFE = timedelta(minutes=30)
MOST_TRIES = 5
"""Wrong codes after which one is void: a million possible ones, so the chance to guess is five in a million."""
MOST_CODES = 3
"""Codes in a day for one lead, so that nobody floods its mailbox; and for one conversation, so that nobody tries references."""
TO_ERASE, TO_KNOW = "effacer", "savoir"
"""What a code is asked for."""
_DAY = timedelta(days=1)


@dataclass(frozen=True)
class KeptLead:
    """A registered request as it is told to its author. `mailed_at` is when its mail left for the contact person, if it has.

    `leaving` holds while that mail is being sent, or when nobody knows whether it has left.
    """

    reference: str
    conversation: str
    created_at: datetime
    status: str
    fields: tuple[tuple[str, str], ...]
    mailed_at: datetime | None
    leaving: bool

    @property
    def has_left(self) -> bool:
        """Whether the contact person has its mail, or may have it."""
        return self.mailed_at is not None or self.leaving


@dataclass(frozen=True)
class Kept:
    """What is kept of one conversation: so many messages of the person since `since`, and these leads.

    `account` holds when the address of the messaging account that it is held from is kept (sealed).
    """

    messages: int
    since: datetime | None
    leads: tuple[KeptLead, ...]
    account: bool = False


@dataclass(frozen=True)
class Redeemed:
    """A code that was good: what it was asked for, and the lead. `ident` tells the code from others, and not what it is."""

    purpose: str
    lead: KeptLead
    ident: str


class Records:
    """Tells and forgets. `clock` gives the time in UTC."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime]) -> None:
        self._database, self._settings, self._clock = database, settings, clock

    def of(self, conversation: str) -> Kept:
        """What is kept of a conversation."""
        counted = select(func.count(), func.min(turns.c.created_at)).where(turns.c.conversation == conversation)
        with self._database.read() as connection:
            messages, since = connection.execute(counted).one()
            account = connection.execute(select(exists().where(channel_people.c.conversation == conversation))).scalar_one()
            return Kept(messages, since, self._leads(connection, leads.c.conversation == conversation), bool(account))

    def leads_of(self, conversation: str) -> tuple[KeptLead, ...]:
        """The leads of a conversation, oldest first."""
        with self._database.read() as connection:
            return self._leads(connection, leads.c.conversation == conversation)

    def told_in(self, conversation: str) -> dict[str, str]:
        """What the latest lead of a conversation holds, by field; empty when there is none (any more)."""
        latest = select(*(leads.c[name] for name in TOLD)).where(leads.c.conversation == conversation).order_by(leads.c.id.desc())
        with self._database.read() as connection:
            found = connection.execute(latest.limit(1)).mappings().first()
        return {name: value for name, value in found.items() if value} if found else {}

    def keep_silent_later(self, conversation: str, channel: str | None = None) -> None:
        """Promise to mask what an open request holds, unless a message or a consent comes before the silence of its channel is over."""
        promise(self._database, conversation, MASK, self._clock() + silence(channel))

    def mask(self, conversation: str) -> None:
        """Promise to mask, as soon as this turn is saved, what was typed into contact fields."""
        promise(self._database, conversation, MASK, self._clock())

    def consented(self, conversation: str) -> None:
        """Take back the promise to mask: the person agreed that the request is kept and sent."""
        withdraw(self._database, conversation)

    def erase(self, conversation: str) -> None:
        """Promise to delete all that is kept of a conversation, as soon as this turn is saved."""
        promise(self._database, conversation, ERASE, self._clock())

    def send_code(self, reference: str, conversation: str, purpose: str, message_id: str | None = None) -> None:
        """Mail a one-time code to the address of a lead; nothing happens, silently, when there is none or too many were sent.

        A message that asks again gets no second one.
        """
        now = self._clock()
        with self._database.begin() as connection:
            lead = connection.execute(select(leads).where(leads.c.reference == reference.upper())).first()
            if lead is None or not self._may_send(connection, lead.id, conversation, message_id, now):
                return
            code = f"{secrets.randbelow(1_000_000):06d}"
            row = {"lead_id": lead.id, "conversation": conversation, "purpose": purpose, "asked_by": message_id}
            row |= {"created_at": now, "expires_at": now + CODE_LIFE, "digest": self._digest(f"code:{lead.id}:{conversation}:{code}")}
            connection.execute(insert(codes).values(**row))
            mail = code_mail(lead.reference, lead.nom, lead.email, code, purpose, self._settings, now)
            post(connection, mail, now, lead.id, now + CODE_LIFE)

    def send_copy(self, reference: str, ident: str) -> None:
        """Mail all that is kept of a lead to its own address, once for the code of this `ident`."""
        now = self._clock()
        with self._database.begin() as connection:
            lead = connection.execute(select(leads).where(leads.c.reference == reference)).first()
            if lead is None:
                return
            (kept,) = self._leads(connection, leads.c.id == lead.id)
            mail = copy_mail(lead, ident, kept.mailed_at, kept.leaving, self._settings, now)
            if connection.execute(select(outbox.c.id).where(outbox.c.message_id == mail.message_id)).first() is None:
                post(connection, mail, now, lead.id)

    def redeem(self, conversation: str, code: str, message_id: str | None = None) -> Redeemed | None:
        """What a typed code opens; each is good once, and void after a few wrong tries. A used one still counts for the day.

        A message that tries again opens what it opened, and its wrong try counts once.
        """
        this_try = self._digest(f"try:{conversation}:{message_id}:{code}") if message_id is not None else None
        with self._database.begin() as connection:
            for row in connection.execute(self._codes_for(conversation, this_try)).all():
                good = hmac.compare_digest(row.digest, self._digest(f"code:{row.lead_id}:{conversation}:{code}"))
                if this_try is None or row.last_try != this_try:
                    tried = {"tries": MOST_TRIES if good else codes.c.tries + 1, "last_try": this_try}
                    connection.execute(update(codes).where(codes.c.id == row.id).values(**tried))
                if good:
                    found = self._leads(connection, leads.c.id == row.lead_id)
                    return Redeemed(row.purpose, found[0], f"{row.id}.{row.digest[:12]}") if found else None
        return None

    def _codes_for(self, conversation: str, this_try: str | None) -> Select:
        """The codes that are open, and those on which the same was tried by the same message before; the latest comes first."""
        good = (codes.c.expires_at > self._clock()) & (codes.c.tries < MOST_TRIES)
        if this_try is not None:
            good |= codes.c.last_try == this_try
        return select(codes).where(good & (codes.c.conversation == conversation)).order_by(codes.c.id.desc())

    def _may_send(self, connection: Connection, lead_id: int, conversation: str, message_id: str | None, now: datetime) -> bool:
        asked = select(codes.c.id).where((codes.c.conversation == conversation) & (codes.c.asked_by == message_id))
        if message_id is not None and connection.execute(asked).first():
            return False
        recent = select(func.count()).select_from(codes).where(codes.c.created_at > now - _DAY)
        for_lead = connection.execute(recent.where(codes.c.lead_id == lead_id)).scalar_one()
        for_conversation = connection.execute(recent.where(codes.c.conversation == conversation)).scalar_one()
        return bool(for_lead < MOST_CODES and for_conversation < MOST_CODES)

    def _digest(self, text: str) -> str:
        return hmac.new(self._settings.secret().encode(), text.encode(), hashlib.sha256).hexdigest()

    def _leads(self, connection: Connection, condition: ColumnElement) -> tuple[KeptLead, ...]:
        found = connection.execute(select(leads).where(condition).order_by(leads.c.id)).all()
        return tuple(self._kept(connection, row) for row in found)

    def _kept(self, connection: Connection, row: Row) -> KeptLead:
        mine = (outbox.c.lead_id == row.id) & (outbox.c.kind == CONTACT)
        state = select(outbox.c.status, outbox.c.sent_at, may_have_left(self._clock()).label("may_have_left"))
        mail = connection.execute(state.where(mine)).first()
        mailed_at = mail.sent_at if mail and mail.status == MAIL_SENT else None
        leaving = bool(mail and mailed_at is None and mail.may_have_left)
        return KeptLead(row.reference, row.conversation, row.created_at, row.status, lead_fields(row), mailed_at, leaving)
