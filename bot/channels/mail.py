"""E-mail: what people write is fetched from a mailbox by IMAP, answers leave by the mail server that sends all our mails.

An answer is a plain mail in the thread of the one that it answers, marked as automatic (RFC 3834), and does not repeat what was asked. A
paragraph of it is one line, which every program breaks at its window: lines broken at 72 signs are broken twice on a telephone.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections import defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from bot.channel_settings import Mailbox
from bot.channels.mail_reading import ANSWER_ID, Left, Why, read_mail
from bot.channels.mailbox import ImapMailbox, Mail, MailboxError
from bot.channels.model import MAIL, Abilities, Accept, Body, Bubble, Delivery, Failure, Health, Incoming, Receipt, UnreadableError
from bot.config import Settings
from bot.errors import DeliveryError, PermanentDeliveryError, StorageError
from bot.mail_access import MailAccessError, MailTokens
from bot.mailer import Mailer
from bot.outbox import PATIENCE

POLL_SECONDS = 5.0
"""Between two looks into the mailbox."""
AT_ONCE = 20
"""Mails that are fetched at once: five megabytes at most."""
FIRST_WAIT, LONGEST_WAIT = 5.0, 300.0
"""Seconds before a mailbox that failed is tried again: doubled each time."""
SAME, ALL = 5, 60
"""Answers with the same text, and answers at all, that an address gets within an hour: more of them is a machine that answers ours."""
HOUR = timedelta(hours=1)
_SEVEN_BITS = SMTP.clone(cte_type="7bit")
_CODE = re.compile(r"\b[245]\d\d(?: [245]\.\d{1,3}\.\d{1,3})?\b|\b[A-Z]\w+(?:Error|Refused|Disconnected)\b")
_OUR_ACCESS = re.compile(r"\b53[0458]\b")
"""The mail server's answer to wrong credentials (RFC 4954)."""
log = logging.getLogger(__name__)


class MailConnector:
    """One mailbox. `tls_context` is for servers with certificates of their own."""

    name = MAIL
    label = "courriel"
    abilities = Abilities(text=20_000, joined=True)
    patience = PATIENCE
    repeats = True
    delivery_bytes = 0

    def __init__(
        self,
        mailbox: Mailbox,
        settings: Settings,
        clock: Callable[[], datetime] = lambda: datetime.now(timezone.utc),
        tls_context: ssl.SSLContext | None = None,
    ) -> None:
        self._mailbox = mailbox
        self._clock = clock
        self._tls_context = tls_context
        self._tokens = MailTokens(mailbox.access, settings.proxy) if mailbox.access else None
        # Bounces come back to the mailbox, where we see them
        self._mailer = Mailer(replace(settings, mail_from=mailbox.address), tls_context)
        self._ours = frozenset({mailbox.address.lower(), settings.mail_from.lower()})
        self._guard = LoopGuard(clock)

    async def admit(self, delivery: Delivery) -> None:
        """Nobody delivers mails to an address of ours on the web."""
        raise UnreadableError("Les courriels arrivent dans une boîte aux lettres.", 404)

    async def receive(self, delivery: Delivery) -> Receipt:
        """Refuse it."""
        await self.admit(delivery)
        return Receipt()

    # --- what comes in ---

    async def fetch(self, accept: Accept, stop: asyncio.Event) -> None:
        """Fetch until `stop`, over one connection; a new one after each failure, later and later."""
        failures = 0
        while not stop.is_set():
            box = self._box()
            try:
                await asyncio.to_thread(box.open)
                while not stop.is_set():
                    fetched = await self._round(box, accept)
                    failures = 0
                    if fetched < AT_ONCE:
                        await _pause(stop, POLL_SECONDS)
            except (MailboxError, StorageError) as error:
                log.log(logging.ERROR if getattr(error, "refused", False) else logging.WARNING, "the mailbox waits: %s", error)
            except Exception as error:  # noqa: BLE001 - the edge of the worker; a traceback might hold what people wrote
                log.error("a look into the mailbox failed: %s", type(error).__name__)
            finally:
                await asyncio.to_thread(box.close)
            await _pause(stop, min(FIRST_WAIT * (1 << min(failures, 16)), LONGEST_WAIT))
            failures += 1

    async def _round(self, box: ImapMailbox, accept: Accept) -> int:
        """Take or leave what is unread; return how many mails that were. What is taken is stored before it is marked."""
        mails = await asyncio.to_thread(box.unread, AT_ONCE)
        if not mails:
            return 0
        read = await asyncio.to_thread(self._read, mails)
        messages = [item for _, item in read if isinstance(item, Incoming)]
        await accept(messages, [item for _, item in read if isinstance(item, Failure)])
        await asyncio.to_thread(box.mark_taken, [mail.uid for mail, item in read if not isinstance(item, Left)])
        for mail, item in read:
            if isinstance(item, Left):
                await asyncio.to_thread(box.mark_left, [mail.uid], item.why.value)
                level = logging.WARNING if item.why is Why.FORGED else logging.INFO
                log.log(level, "mail %s of the mailbox is left to people: %s", mail.uid, item.why.value)
        return len(mails)

    def _read(self, mails: Sequence[Mail]) -> list[tuple[Mail, Incoming | Failure | Left]]:
        return [(mail, read_mail(mail.raw, mail.arrived, self._mailbox, self._ours)) for mail in mails]

    def _box(self) -> ImapMailbox:
        return ImapMailbox(self._mailbox, self._clock, self._tls_context, self._tokens)

    # --- what goes out ---

    def dress(self, bubble: Bubble) -> Body:
        """The text, with its source and its numbers as lines."""
        return {"text": f"{bubble.text}\n{bubble.source}" if bubble.source else bubble.text}

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one mail. Its Message-ID is made of `key`: a mailbox that gets it twice can know it."""
        recipient = str(address["email"])
        self._guard.check(recipient, body["text"])
        ident = f"<{ANSWER_ID}{key}@{self._mailbox.address.rpartition('@')[2]}>"
        try:
            await self._mailer.send(recipient, self._mail(recipient, context, body["text"], ident))
        except DeliveryError as error:
            if (told := _without_words(error)) is error:
                raise
            raise told from error
        self._guard.note(recipient, body["text"])
        return ident

    def _mail(self, recipient: str, context: Mapping[str, Any], text: str, ident: str) -> bytes:
        message = EmailMessage(_SEVEN_BITS)
        message["Subject"] = f"Re: {context.get('subject') or 'votre message'}"
        message["From"] = _address("Assistant CIC", self._mailbox.address)
        message["To"] = _address("", recipient)
        message["Date"] = self._clock()
        message["Auto-Submitted"] = "auto-replied"
        message.set_content(f"{text}\n", cte="quoted-printable")
        message["Content-Language"] = "fr"
        # The library would break long ids; these are of printable ASCII without spaces (bot.channels.mail_reading)
        ids = [("Message-ID", [ident])]
        if asked := context.get("id"):
            ids += [("In-Reply-To", [asked]), ("References", [*context.get("references", ()), asked])]
        head = "".join(f"{name}: " + "\r\n ".join(values) + "\r\n" for name, values in ids)
        return head.encode("ascii") + message.as_bytes()

    async def check(self) -> Health:
        """Log into the mailbox and into the mail server; no mail is sent."""
        box = self._box()
        try:
            await asyncio.to_thread(box.open)
        except MailboxError as error:
            return Health(False if error.refused else None, str(error))
        finally:
            await asyncio.to_thread(box.close)
        try:
            await self._mailer.check()
        except DeliveryError as error:
            if isinstance(error.__cause__, MailAccessError):
                return Health(False if error.__cause__.refused else None, str(error))
            return Health(False if _OUR_ACCESS.search(str(error)) else None, str(_without_words(error)))
        sender = "" if self._mailbox.authserv else " ; sans CIC_IMAP_AUTHSERV, tout expéditeur est cru"
        return Health(True, f"{self._mailbox.address} : la boîte aux lettres et le serveur de courrier répondent{sender}")

    async def close(self) -> None:
        """There is nothing to give back: each mail has a connection of its own, and `fetch` closes its own."""


class LoopGuard:
    """Counts what an address got within the last hour, in this process."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._sent: dict[str, deque[tuple[datetime, int]]] = defaultdict(deque)

    def check(self, recipient: str, text: str) -> None:
        """Raise PermanentDeliveryError when this text, or anything, went to the address too often."""
        self._forget()
        sent = self._sent.get(recipient, ())
        if sum(1 for _, known in sent if known == hash(text)) >= SAME or len(sent) >= ALL:
            raise PermanentDeliveryError("Trop de réponses à la même adresse en une heure : une machine répond sans doute aux nôtres.")

    def note(self, recipient: str, text: str) -> None:
        """Count a mail that has left."""
        self._sent[recipient].append((self._clock(), hash(text)))

    def _forget(self) -> None:
        past = self._clock() - HOUR
        for recipient, sent in list(self._sent.items()):
            while sent and sent[0][0] <= past:
                sent.popleft()
            if not sent:
                del self._sent[recipient]


async def _pause(stop: asyncio.Event, seconds: float) -> None:
    with suppress(asyncio.TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


def _address(name: str, email: str) -> Address:
    user, _, domain = email.rpartition("@")
    return Address(name, user, domain)


def _without_words(error: DeliveryError) -> DeliveryError:
    """The same error without what the mail server said, which may name the person: our sentence and its code."""
    if isinstance(error.__cause__, MailAccessError):
        return error
    sentence, code = str(error).partition(":")[0].rstrip(" ."), _CODE.search(str(error))
    return type(error)(f"{sentence} : {code[0]}." if code and code[0] not in sentence else f"{sentence}.")
