"""Hands one mail to the mail server and says how it went: accepted, not now, or never.

Writes to no table and knows nothing of retries. The log names codes and settings, never an address.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, NoReturn

from bot.config import Settings
from bot.errors import PermanentDeliveryError, TemporaryDeliveryError, UncertainDeliveryError
from bot.mail_access import MailAccessError, MailTokens
from bot.text import clean

if TYPE_CHECKING:
    from aiosmtplib import SMTP, SMTPException

log = logging.getLogger(__name__)

STEP_TIMEOUT = 30.0
"""Seconds that the mail server has for each answer."""
TOTAL_TIMEOUT = 120.0
"""Seconds for one mail from connecting to acceptance, however slowly the server answers."""
_CODES_OF_OUR_ACCESS = frozenset({530, 534, 535, 538})
"""RFC 4954: the server wants authentication, or another one. For the operator to put right, so no reason to give up a mail."""
_LONGEST_REPLY = 300
_GO_AHEAD = 354
"""The server's answer to DATA: it wants the mail."""
_LINE_END = re.compile(rb"\r\n|\r|\n")
_FIRST_DOT = re.compile(rb"^\.", re.MULTILINE)


@dataclass
class _Exchange:
    """How far one attempt has come. `unanswered`: the whole mail is on its way, and the server has not said what it does with it.

    `token` is what we logged in with, if it was a token.
    """

    unanswered: bool = False
    token: str = ""


class Mailer:
    """Sends through the server of the settings. `tls_context` is for servers with a certificate of their own."""

    def __init__(
        self,
        settings: Settings,
        tls_context: ssl.SSLContext | None = None,
        step_timeout: float = STEP_TIMEOUT,
        total_timeout: float = TOTAL_TIMEOUT,
    ) -> None:
        self._settings = settings
        self._tokens = MailTokens(settings.smtp_access, settings.proxy) if settings.smtp_access else None
        self._tls_context = tls_context
        self._step_timeout = step_timeout
        self._total_timeout = total_timeout

    async def send(self, recipient: str, body: bytes) -> None:
        """Return once the server has accepted the mail.

        Raises TemporaryDeliveryError or PermanentDeliveryError, whose message is for staff: a sentence of ours, then a code or
        the name of an error after a colon or in brackets. When the connection is lost or time is up between the last byte and
        the server's answer nobody knows: that is UncertainDeliveryError.
        """
        from aiosmtplib import SMTPException  # slow to load, and the commands that list need no mail server

        exchange = _Exchange()
        client = self._client(exchange)
        try:
            await asyncio.wait_for(self._hand_over(client, recipient, body, exchange), self._total_timeout)
            # From here on the mail is the server's: a failure to say goodbye must not send it a second time.
            with suppress(SMTPException, OSError):
                await client.quit(timeout=1)
        except (SMTPException, asyncio.TimeoutError, OSError, ValueError) as error:
            if exchange.unanswered:
                raise UncertainDeliveryError(f"Le serveur de courrier n'a pas confirmé l'envoi : {type(error).__name__}.") from error
            self._explain(error, exchange)
        finally:
            client.close()

    async def check(self) -> None:
        """Connect and log in, and send nothing. Raises TemporaryDeliveryError as `send` does."""
        from aiosmtplib import SMTPException

        exchange = _Exchange()
        client = self._client(exchange)
        try:
            await asyncio.wait_for(client.connect(), self._total_timeout)
            with suppress(SMTPException, OSError):
                await client.quit(timeout=1)
        except (SMTPException, asyncio.TimeoutError, OSError, ValueError) as error:
            self._explain(error, exchange)
        finally:
            client.close()

    async def _hand_over(self, client: SMTP, recipient: str, body: bytes, exchange: _Exchange) -> None:
        """The steps of SMTP one by one: the library's `sendmail` does not tell at which of them the connection was lost."""
        from aiosmtplib import SMTPDataError, SMTPServerDisconnected

        await client.connect()
        await client.mail(self._settings.mail_from)
        await client.rcpt(recipient)
        reply = await client.execute_command(b"DATA")
        if reply.code != _GO_AHEAD:
            raise SMTPDataError(reply.code, reply.message)
        if client.protocol is None:
            raise SMTPServerDisconnected("Connection lost")
        client.protocol.write(_as_data(body))  # raises when the connection is lost already: then no byte has left
        exchange.unanswered = True
        reply = await client.protocol.read_response(self._step_timeout)
        exchange.unanswered = False
        if not 200 <= reply.code < 300:
            raise SMTPDataError(reply.code, reply.message)

    def _explain(self, error: Exception, exchange: _Exchange) -> NoReturn:
        """Raise our own error for one of the library's or the system's."""
        from aiosmtplib import SMTPException

        name = type(error).__name__
        if self._tokens and getattr(error, "code", None) in _CODES_OF_OUR_ACCESS:
            self._tokens.forget(exchange.token)
        if isinstance(error, SMTPException):
            _explain_reply(error)
        if isinstance(error, asyncio.TimeoutError):
            raise TemporaryDeliveryError(f"Le serveur de courrier n'a pas répondu en {self._total_timeout:g} s ({name}).") from error
        if isinstance(error, OSError):  # before ValueError: a certificate that is not trusted is both
            raise TemporaryDeliveryError(f"Le serveur de courrier ne peut pas être joint ({name}).") from error
        raise PermanentDeliveryError(f"Ce message ne peut pas être envoyé tel quel ({name}).") from error

    def _client(self, exchange: _Exchange) -> SMTP:
        from aiosmtplib import SMTP

        settings = self._settings
        return SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=settings.smtp_password,
            oauth_token_generator=partial(_token, self._tokens, exchange) if self._tokens else None,
            local_hostname=settings.mail_from.rpartition("@")[2],
            timeout=self._step_timeout,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            tls_context=self._tls_context,
        )


async def _token(tokens: MailTokens, exchange: _Exchange) -> str:
    """A token to log in with. Raises TemporaryDeliveryError."""
    try:
        exchange.token = await tokens.token()
    except MailAccessError as error:
        raise TemporaryDeliveryError(str(error)) from error
    return exchange.token


def _as_data(body: bytes) -> bytes:
    """The mail as SMTP carries it (RFC 5321, 4.5.2): lines end in CR LF, a first dot is doubled, a lone dot ends it."""
    lines = _LINE_END.sub(b"\r\n", body)
    if not lines.endswith(b"\r\n"):
        lines += b"\r\n"
    return _FIRST_DOT.sub(b"..", lines) + b".\r\n"


def _explain_reply(error: SMTPException) -> NoReturn:
    """Raise our own error for what the server answered: 5xx is permanent, but only where it is about this mail."""
    from aiosmtplib import SMTPDataError, SMTPRecipientRefused, SMTPResponseException

    code = max(error.code, 0) if isinstance(error, SMTPResponseException) else 0  # -1: what was answered is no SMTP
    detail = clean(f"{code or type(error).__name__} {error.message}", _LONGEST_REPLY)
    about_this_mail = isinstance(error, (SMTPRecipientRefused, SMTPDataError))
    if about_this_mail and code >= 500 and code not in _CODES_OF_OUR_ACCESS:
        raise PermanentDeliveryError(f"Le serveur de courrier refuse ce message : {detail}") from error
    if settings := _settings_at_fault(error, code):
        log.error("the mail server does not take our mail as it is set (%s): check %s", code or type(error).__name__, settings)
    raise TemporaryDeliveryError(f"Le serveur de courrier n'accepte pas le message pour le moment : {detail}") from error


def _settings_at_fault(error: SMTPException, code: int) -> str | None:
    from aiosmtplib import SMTPException, SMTPSenderRefused

    if code in _CODES_OF_OUR_ACCESS:
        return "CIC_SMTP_USER, CIC_SMTP_PASSWORD (or CIC_MAIL_OAUTH_…) and CIC_SMTP_TLS"
    if isinstance(error, SMTPSenderRefused) and code >= 500:
        return "CIC_MAIL_FROM"
    if type(error) is SMTPException:  # the library's way to say that the server offers no STARTTLS or no AUTH
        return "CIC_SMTP_TLS and CIC_SMTP_USER"
    return None
