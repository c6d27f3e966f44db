"""E-mail, played: a mailbox on a real IMAP server, which says of each mail whether its sender is proven, and a real mail server."""

from __future__ import annotations

import email
import email.policy
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timezone
from email.message import EmailMessage
from email.utils import format_datetime
from imaplib import IMAP4
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope, Session
from mail.smtp_server import Postmaster

from support.dovecot import PASSWORD, Dovecot
from support.mailbox import Mailbox, text_of
from support.platforms.platform import Call, Platform, Raw, Reply, Shown

ADDRESS = "cic@association.example"
AUTHSERV = "mx.association.example"
_SEPARATOR = b"\n=== the next mail ===\n"
_WHOLE_SECONDS = 20.0


class PlayedMail(Platform):
    """What is delivered is put into the mailbox; its answer is what the assistant marks it with: taken, left, forged, unreadable."""

    name = "courriel"
    label = "courriel"
    presses = False

    def __init__(self) -> None:
        super().__init__()
        self.imap = Dovecot()
        self.smtp = Mailbox()
        self.smtp.postmaster = _Postman(self)
        self.sent: list[bytes] = []
        """Every mail of ours that was taken."""
        self._client: _OneAtATime | None = None

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CIC_MAILBOX": ADDRESS,
            "CIC_IMAP_HOST": "127.0.0.1",
            "CIC_IMAP_PORT": str(self.imap.port),
            "CIC_IMAP_TLS": "none",
            "CIC_IMAP_USER": ADDRESS,
            "CIC_IMAP_PASSWORD": PASSWORD,
            "CIC_IMAP_AUTHSERV": AUTHSERV,
            "CIC_SMTP_HOST": "127.0.0.1",
            "CIC_SMTP_PORT": str(self.smtp.port),
        }

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return _raw(self._mail(person, text, ident, at))

    def batch(self, messages: Sequence[tuple[str, str, int]]) -> Raw:
        return Raw(_SEPARATOR.join(_raw(self._mail(person, text, ident)).body for person, text, ident in messages))

    def media(self, person: str) -> Raw:
        mail = self._mail(person, "\n")
        mail.add_attachment(b"\xff\xd8\xff\xe0 a picture", "image", "jpeg", filename="IMG_2031.jpg")
        return _raw(mail)

    def begin(self, person: str) -> None:
        return None

    def noise(self, person: str) -> list[Raw]:
        away = self._mail(person, "Je suis absente jusqu'au 12.")
        away["Auto-Submitted"] = "auto-replied"
        letter = self._mail(person, "Notre lettre du mois.")
        letter["List-Id"] = "<lettre.commune.example>"
        copied = self._mail(person, "Pour votre information.")
        copied.replace_header("To", "quelquun@commune.example")
        copied["Cc"] = ADDRESS
        echo = self._mail(person, "Une réponse de l'assistant.")
        echo.replace_header("From", f"Assistant CIC <{ADDRESS}>")
        return [_raw(mail) for mail in (away, letter, copied, echo)]

    def forged(self, raw: Raw) -> list[Raw]:
        def with_results(*told: str) -> Raw:
            mail = email.message_from_bytes(raw.body, EmailMessage, policy=email.policy.SMTP)
            del mail["Authentication-Results"]
            head = "".join(f"Authentication-Results: {value}\r\n" for value in told)
            return replace(raw, body=head.encode() + mail.as_bytes())

        proven = f"{AUTHSERV}; dmarc=pass header.from=commune.example"
        return [
            with_results(),
            with_results(f"{AUTHSERV}; dmarc=fail header.from=commune.example; spf=pass smtp.mailfrom=ailleurs.example", proven),
            with_results("mx.ailleurs.example; dmarc=pass header.from=commune.example"),
        ]

    def mistyped(self, raw: Raw) -> Raw:
        """It is no mail: it has no header."""
        return replace(raw, body=b"\r\n" + raw.body)

    def press(self, person: str, title: str) -> Raw:
        raise NotImplementedError

    def write(self, person: str, text: str) -> None:
        assert self.deliver(self.message(person, text)) == 200

    def deliver(self, raw: Raw) -> int:
        """Put mails into the mailbox, and see what becomes of them while the assistant is there; else they wait there, as they do."""
        client = self._mailbox()
        uids = [_append(client, body) for body in raw.body.split(_SEPARATOR)]
        deadline = time.monotonic() + _WHOLE_SECONDS
        while time.monotonic() < deadline:
            flags = [_flags(client, uid) for uid in uids]
            if all("\\Seen" in found or "$CicLaisse" in found for found in flags):
                return _status(set().union(*flags))
            if not self._assistant_listens():
                return 200
            time.sleep(0.01)
        return 504

    def bounce(self, status: str) -> int:
        """The last mail that we sent comes back: its server could not deliver it."""
        ident = email.message_from_bytes(self.sent[-1])["Message-ID"]
        parts = (
            "Content-Type: text/plain\n\nYour mail could not be delivered.",
            f"Content-Type: message/delivery-status\n\nReporting-MTA: dns; mx.example\n\nAction: failed\nStatus: {status}",
            f"Content-Type: text/rfc822-headers\n\nMessage-ID: {ident}\n",
        )
        head = f"From: mailer-daemon@mx.example\nTo: {ADDRESS}\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        return self.deliver(Raw((head + "".join(f"--b\n{part}\n" for part in parts) + "--b--\n").encode()))

    def flags_of(self, raw: Raw) -> set[str]:
        """What stands at a mail that was delivered."""
        client, ident = self._mailbox(), email.message_from_bytes(raw.body)["Message-ID"]
        _, (found,) = client.uid("SEARCH", "HEADER", "Message-ID", ident)
        return _flags(client, found.split()[-1].decode())

    def _mail(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> EmailMessage:
        mail = EmailMessage(policy=email.policy.SMTP)
        mail["Authentication-Results"] = f"{AUTHSERV}; dmarc=pass (p=reject) header.from=commune.example"
        mail["From"] = f"{person.capitalize()} <{person}@commune.example>"
        mail["To"] = f"CIC <{ADDRESS}>"
        mail["Message-ID"] = f"<{self.new_id() if ident is None else ident}@commune.example>"
        mail["Date"] = format_datetime(datetime.fromtimestamp(at or time.time(), timezone.utc))
        mail.set_content(text)
        return mail

    def _mailbox(self) -> _OneAtATime:
        with self._lock:
            if self._client is None:
                self._client = _OneAtATime(self.imap.client(ADDRESS))
            return self._client

    def _assistant_listens(self) -> bool:
        host, _, port = self.assistant.removeprefix("http://").partition(":")
        try:
            socket.create_connection((host, int(port)), 1).close()
        except OSError:
            return False
        return True

    # --- the servers ---

    def serve(self, call: Call) -> Reply:
        raise NotImplementedError

    def start(self) -> PlayedMail:
        self.imap.start()
        self.up()
        return self

    def stop(self) -> None:
        self.down()
        if self._client is not None:
            self._client.shutdown()
        self.imap.remove()

    def up(self) -> None:
        self.smtp.open()

    def down(self) -> None:
        self.smtp.close()

    def take(self, sender: str, recipients: Sequence[str], raw: bytes) -> str:
        """A mail of ours: checked as the rules say, then read by its person, or met by trouble."""
        mail = email.message_from_bytes(raw, EmailMessage, policy=email.policy.default)
        self.require(sender == ADDRESS, "the envelope comes from elsewhere")
        self.require(
            len(recipients) == 1 and [found.addr_spec for found in mail["To"].addresses] == list(recipients), "not to the person alone"
        )
        self.require(mail["Auto-Submitted"] == "auto-replied", "not marked as automatic (RFC 3834)")
        self.require(mail["Subject"].startswith("Re: ") and not mail["Subject"].startswith("Re: Re"), "the subject")
        self.require(mail["In-Reply-To"] and str(mail["References"]).endswith(str(mail["In-Reply-To"])), "out of its thread")
        self.require(all(mail[name] for name in ("Date", "Message-ID", "From")), "a field is missing")
        self.require(all(len(line) <= 998 and line.isascii() for line in raw.split(b"\r\n")), "lines that servers break")
        if (trouble := self.next_trouble()) is not None:
            return trouble.body.decode()
        if any(email.message_from_bytes(known)["Message-ID"] == mail["Message-ID"] for known in self.sent):
            return "250 OK"
        self.sent.append(raw)
        self.show(recipients[0].partition("@")[0], Shown(text_of(mail).replace("\r\n", "\n").strip()))
        return "250 OK"


class _OneAtATime:
    """A connection of which many threads make use: one command after the other."""

    def __init__(self, client: IMAP4) -> None:
        self._client = client
        self._lock = threading.Lock()

    def append(self, *arguments: Any) -> Any:
        with self._lock:
            return self._client.append(*arguments)

    def uid(self, *arguments: Any) -> Any:
        with self._lock:
            return self._client.uid(*arguments)

    def shutdown(self) -> None:
        self._client.shutdown()


class _Postman(Postmaster):
    """The mail server, which hands over what it takes. A mail that comes twice is seen once, by its Message-ID."""

    def __init__(self, platform: PlayedMail) -> None:
        super().__init__()
        self._platform = platform

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        return self._platform.take(str(envelope.mail_from), envelope.rcpt_tos, bytes(envelope.content))


def _raw(mail: EmailMessage) -> Raw:
    return Raw(mail.as_bytes())


def _append(client: _OneAtATime, body: bytes) -> str:
    status, (told, *_) = client.append("INBOX", "", "", body)
    assert status == "OK", told
    return told.decode().partition("APPENDUID")[2].split()[1].rstrip("]")


def _flags(client: _OneAtATime, uid: str) -> set[str]:
    _, (found, *_) = client.uid("FETCH", uid, "(FLAGS)")
    return set(found.decode().partition("FLAGS (")[2].partition(")")[0].split()) - {"\\Recent"} if found else set()


def _status(flags: set[str]) -> int:
    return 403 if "$CicFaux" in flags else 415 if "$CicIllisible" in flags else 200
