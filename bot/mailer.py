"""Hands one mail to the mail server and says how it went: accepted, not now, or never.

Writes to no table and knows nothing of retries. The log names codes and settings, never an address.
"""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING, NoReturn

from bot.config import Settings
from bot.errors import PermanentDeliveryError, TemporaryDeliveryError
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
        self._tls_context = tls_context
        self._step_timeout = step_timeout
        self._total_timeout = total_timeout

    async def send(self, recipient: str, body: bytes) -> None:
        """Return once the server has accepted the mail.

        Raises TemporaryDeliveryError or PermanentDeliveryError, whose message is for staff. When the connection is lost
        between the last byte and the server's answer nobody knows: that is temporary, and the mail keeps its Message-ID.
        """
        from aiosmtplib import SMTPException  # slow to load, and the commands that list need no mail server

        client = self._client()
        try:
            await asyncio.wait_for(self._hand_over(client, recipient, body), self._total_timeout)
            # From here on the mail is the server's: a failure to say goodbye must not send it a second time.
            with suppress(SMTPException, OSError):
                await client.quit(timeout=1)
        except SMTPException as error:
            _explain(error)
        except asyncio.TimeoutError as error:
            raise TemporaryDeliveryError(f"Le serveur de courrier n'a pas répondu en {self._total_timeout:g} s.") from error
        except OSError as error:
            raise TemporaryDeliveryError(f"Le serveur de courrier ne peut pas être joint ({type(error).__name__}).") from error
        except ValueError as error:  # after OSError: a certificate that is not trusted is both
            raise PermanentDeliveryError(f"Ce message ne peut pas être envoyé tel quel ({type(error).__name__}).") from error
        finally:
            client.close()

    async def _hand_over(self, client: SMTP, recipient: str, body: bytes) -> None:
        await client.connect()
        await client.sendmail(self._settings.mail_from, [recipient], body)

    def _client(self) -> SMTP:
        from aiosmtplib import SMTP

        settings = self._settings
        return SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_user,
            password=settings.smtp_password,
            local_hostname=settings.mail_from.rpartition("@")[2],
            timeout=self._step_timeout,
            use_tls=settings.smtp_tls == "tls",
            start_tls=settings.smtp_tls == "starttls",
            tls_context=self._tls_context,
        )


def _explain(error: SMTPException) -> NoReturn:
    """Raise our own error for the library's: 5xx is permanent, but only where it is about this mail."""
    from aiosmtplib import SMTPDataError, SMTPRecipientsRefused, SMTPResponseException

    refusal = error.recipients[0] if isinstance(error, SMTPRecipientsRefused) else error
    code = refusal.code if isinstance(refusal, SMTPResponseException) else 0
    detail = clean(f"{code or type(error).__name__} {refusal.message}", _LONGEST_REPLY)
    about_this_mail = isinstance(error, (SMTPRecipientsRefused, SMTPDataError))
    if about_this_mail and code >= 500 and code not in _CODES_OF_OUR_ACCESS:
        raise PermanentDeliveryError(f"Le serveur de courrier refuse ce message : {detail}") from error
    if settings := _settings_at_fault(error, code):
        log.error("the mail server does not take our mail as it is set (%s): check %s", code or type(error).__name__, settings)
    raise TemporaryDeliveryError(f"Le serveur de courrier n'accepte pas le message pour le moment : {detail}") from error


def _settings_at_fault(error: SMTPException, code: int) -> str | None:
    from aiosmtplib import SMTPException, SMTPSenderRefused

    if code in _CODES_OF_OUR_ACCESS:
        return "CIC_SMTP_USER, CIC_SMTP_PASSWORD and CIC_SMTP_TLS"
    if isinstance(error, SMTPSenderRefused) and code >= 500:
        return "CIC_MAIL_FROM"
    if type(error) is SMTPException:  # the library's way to say that the server offers no STARTTLS or no AUTH
        return "CIC_SMTP_TLS and CIC_SMTP_USER"
    return None
