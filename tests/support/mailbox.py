"""A real mail server in a thread of its own, which can be told to refuse, to think long, to hang up, and to be away."""

from __future__ import annotations

import email
import email.policy
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta
from email.message import EmailMessage

from aiosmtpd.controller import Controller
from mail.smtp_server import Postmaster
from sqlalchemy import select, update

from bot.benchmarks.ports import free_ports
from bot.outbox import LEASE
from bot.storage import MAIL_WAITING, Database, outbox, utc_now
from support.waiting import wait_for

LEASED_SECONDS = 15
"""Longer than a living worker needs for a mail on loopback."""


class Mailbox:
    """The mails of everybody. `postmaster` says how the next one is treated (tests/mail/smtp_server.py)."""

    def __init__(self) -> None:
        (self.port,) = free_ports(1)
        self.postmaster = Postmaster()
        self._controller: Controller | None = None

    def open(self) -> None:
        """Take mails, unless it does."""
        if self._controller is None:
            self._controller = Controller(self.postmaster, hostname="127.0.0.1", port=self.port)
            self._controller.start()

    def close(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def behave(self) -> None:
        """Accept everything again, at once."""
        if self._controller is None:
            self.open()
        vars(self.postmaster).update({name: value for name, value in vars(Postmaster()).items() if name not in {"accepted", "recipients"}})

    def clear(self) -> None:
        """Forget what was accepted so far."""
        self.postmaster.accepted.clear()
        self.postmaster.recipients.clear()

    def all(self) -> list[EmailMessage]:
        """Every mail that was accepted, in order."""
        return [email.message_from_bytes(body, EmailMessage, policy=email.policy.default) for body in self.postmaster.accepted]

    def about(self, reference: str) -> list[EmailMessage]:
        """The mails about one request."""
        return [mail for mail in self.all() if reference in str(mail["Subject"])]

    def ids(self) -> Counter[str]:
        """How often each Message-ID has arrived."""
        return ids_of(self.all())


def text_of(mail: EmailMessage, kind: str = "plain") -> str:
    """What a person reads in a mail."""
    body = mail.get_body((kind,))
    assert body is not None
    return str(body.get_content())


def ids_of(mails: Iterable[EmailMessage]) -> Counter[str]:
    """How often each Message-ID is among some mails."""
    return Counter(str(mail["Message-ID"]) for mail in mails)


def expected_ids(*references: str, kinds: tuple[str, ...] = ("contact", "confirmation"), times: int = 1) -> Counter[str]:
    """The Message-IDs of the mails about some leads, each arrived so many times."""
    return Counter({f"<{reference.lower()}.{kind}@association.example>": times for reference in references for kind in kinds})


def wait_until_mails_have_left(database: Database, seconds: float = 60.0) -> None:
    """Wait for every mail. One whose sender was killed is free again at once here; its lease would run out after five minutes."""

    def all_left() -> bool:
        of_the_dead = outbox.c.lease_until < utc_now() + LEASE - timedelta(seconds=LEASED_SECONDS)
        with database.begin() as connection:
            connection.execute(update(outbox).where(outbox.c.status == MAIL_WAITING, of_the_dead).values(lease_until=None))
            return connection.execute(select(outbox.c.id).where(outbox.c.status == MAIL_WAITING).limit(1)).first() is None

    wait_for("every mail has left", all_left, seconds)
