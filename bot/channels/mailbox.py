"""The mailbox that people write to, over IMAP (RFC 3501). Blocking; one connection, used by one thread at a time. Deletes nothing.

A mail that nobody has read is ours. One that we took is marked as read and with `$CicLu`; one that we leave to people stays unread, with
`$CicLaisse` and a keyword that says why. Where a server keeps no keywords, what we left is remembered as long as the connection lives.

We look every few seconds rather than wait with IDLE: a server may tell of a mail while we do something else, and then never again; a
connection that is dead is noticed at the next look; and it works with every server. The library (IMAPClient) was taken for it reads
answers into values, which the standard library leaves to its user, and for it asks for a part of a mail.
"""

from __future__ import annotations

import logging
import re
import ssl
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from imaplib import IMAP4
from typing import Any

from bot.channel_settings import Mailbox
from bot.errors import AssistantError
from bot.mail_access import MailAccessError, MailTokens

CONNECT_SECONDS, ANSWER_SECONDS = 15.0, 30.0
"""For connecting, TLS and the greeting; and for each answer of the server."""
MAIL_BYTES = 256 * 1024
"""What is fetched of a mail: texts come before attachments, and we read 2,000 characters."""
YOUNG = timedelta(days=5)
"""Older mails are none of ours: a mailbox that is switched on may hold years of them, and nobody waits any more (bot/outbox.py)."""
TAKEN, LEFT = "$CicLu", "$CicLaisse"
_BODY = f"BODY.PEEK[]<0.{MAIL_BYTES}>"
_FIRST_BYTES = b"BODY[]<0>"
_ANY_KEYWORD = b"\\*"
_NOT_NOW = re.compile(r"\[(?:UNAVAILABLE|INUSE|LIMIT|SERVERBUG)\]", re.IGNORECASE)
"""With these (RFC 5530) a login fails that may succeed later."""


class MailboxError(AssistantError):
    """The mailbox cannot be read. `refused`: the server does not accept user and password, or has no such folder."""

    def __init__(self, sentence: str, refused: bool = False) -> None:
        super().__init__(sentence)
        self.refused = refused


@dataclass(frozen=True)
class Mail:
    """A mail in the mailbox: its number there, when it arrived, and its bytes or the first of them."""

    uid: int
    arrived: datetime
    raw: bytes


class ImapMailbox:
    """One connection. `tokens` are for a mailbox without a password, `tls_context` for servers with a certificate of their own."""

    def __init__(
        self,
        settings: Mailbox,
        clock: Callable[[], datetime],
        tls_context: ssl.SSLContext | None = None,
        tokens: MailTokens | None = None,
    ) -> None:
        self._settings = settings
        self._tokens = tokens
        self._clock = clock
        self._tls_context = tls_context
        self._client: Any = None
        self._keywords = False
        self._left: set[int] = set()

    def open(self) -> None:
        """Connect, log in and choose the folder. Raises MailboxError."""
        with _explained():
            self._client = self._connected()
            self._log_in()
            self._select()

    def unread(self, most: int) -> list[Mail]:
        """The oldest mails that are ours to look at, at most so many. Raises MailboxError."""
        since = (self._clock() - YOUNG).date()
        criteria: list[object] = ["UNSEEN", "UNDELETED", "SINCE", since, *(["UNKEYWORD", LEFT] if self._keywords else [])]
        with _explained():
            self._client.noop()  # a search sees what the server knew at the end of the command before
            uids = sorted(set(self._client.search(criteria)) - self._left)[:most]
            found = self._client.fetch(uids, ["INTERNALDATE", _BODY]) if uids else {}
        return [_mail(uid, found[uid], self._clock()) for uid in uids if _FIRST_BYTES in found.get(uid, {})]

    def mark_taken(self, uids: Sequence[int]) -> None:
        """These are read. Raises MailboxError."""
        self._mark(uids, ["\\Seen", *([TAKEN] if self._keywords else [])])

    def mark_left(self, uids: Collection[int], why: str) -> None:
        """These are for people. Raises MailboxError."""
        self._left |= set(uids)
        if self._keywords:
            self._mark(sorted(uids), [LEFT, f"$Cic{why.capitalize()}"])

    def close(self) -> None:
        """Hang up."""
        client, self._client = self._client, None
        if client is not None:
            with suppress(Exception):  # a connection that is lost says goodbye in many ways
                client.logout()
            with suppress(Exception):
                client.shutdown()

    def _mark(self, uids: Sequence[int], flags: Sequence[str]) -> None:
        if uids:
            with _explained():
                self._client.add_flags(uids, flags, silent=True)

    def _connected(self) -> Any:
        from imapclient import IMAPClient, SocketTimeout

        # It would log who logs in, and each goodbye
        logging.getLogger("imapclient").setLevel(logging.WARNING)
        settings, context = self._settings, self._tls_context or ssl.create_default_context()
        timeout = SocketTimeout(CONNECT_SECONDS, ANSWER_SECONDS)
        client = IMAPClient(settings.host, settings.port, ssl=settings.tls == "tls", ssl_context=context, timeout=timeout)
        client.normalise_times = False
        if settings.tls == "starttls":
            client.starttls(context)
        return client

    def _log_in(self) -> None:
        from imapclient.exceptions import LoginError

        settings, token = self._settings, self._token()
        try:
            if token:
                self._client.sasl_login("XOAUTH2", _xoauth2(settings.user, token))
            # The command LOGIN takes no letter outside ASCII
            elif self._client.has_capability("AUTH=PLAIN"):
                self._client.plain_login(settings.user, settings.password)
            else:
                self._client.login(settings.user, settings.password)
        except LoginError as error:
            if isinstance(error.__context__, IMAP4.abort) or _NOT_NOW.search(str(error)):
                raise
            if self._tokens:
                self._tokens.forget(token)
            with_what = "le jeton de CIC_MAIL_OAUTH_URL pour CIC_IMAP_USER" if self._tokens else "CIC_IMAP_USER et CIC_IMAP_PASSWORD"
            raise MailboxError(f"La boîte aux lettres refuse {with_what}.", refused=True) from error

    def _token(self) -> str:
        """What we log in with in the place of a password; nothing when there is one."""
        try:
            return self._tokens.token_now() if self._tokens else ""
        except MailAccessError as error:
            raise MailboxError(str(error), error.refused) from error

    def _select(self) -> None:
        try:
            told = self._client.select_folder(self._settings.folder)
        except IMAP4.abort:
            raise
        except IMAP4.error as error:
            raise MailboxError("La boîte aux lettres n'a pas le dossier CIC_IMAP_FOLDER.", refused=True) from error
        if b"READ-ONLY" in told:
            raise MailboxError("Le dossier CIC_IMAP_FOLDER ne peut être que lu : rien n'y peut être marqué.", refused=True)
        self._keywords = _ANY_KEYWORD in told.get(b"PERMANENTFLAGS", ())


def _xoauth2(user: str, token: str) -> Callable[[bytes], bytes]:
    """What is answered to the server: who we are, and nothing to the error that it tells before it refuses us."""
    return lambda challenge: b"" if challenge else f"user={user}\1auth=Bearer {token}\1\1".encode()


def _mail(uid: int, found: Mapping[bytes, Any], now: datetime) -> Mail:
    arrived = found.get(b"INTERNALDATE")
    return Mail(uid, arrived if isinstance(arrived, datetime) and arrived.tzinfo else now, bytes(found[_FIRST_BYTES] or b""))


@contextmanager
def _explained() -> Iterator[None]:
    """Raise our own error for one of the library's or the system's; what the server said stays out of it, for it may name people."""
    try:
        yield
    except (IMAP4.error, OSError, ValueError) as error:
        raise MailboxError(f"La boîte aux lettres ne peut pas être lue ({type(error).__name__}).") from error
