"""Tells the operator in the log which mails are late or were given up. Runs in the web process.

A line names ids, codes and counts. It never quotes a server: its answer may hold an address.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from bot.errors import StorageError
from bot.outbox import FAILED

log = logging.getLogger(__name__)

ROUND_SECONDS = 60.0
AGAIN_AFTER = timedelta(hours=6)
"""How long a mail that goes on waiting is not spoken of again."""
_CAUSE = re.compile(r"(?:[^:(]*[:(] ?)?(\d{3}|SMTP[A-Za-z]+|[A-Za-z]*(?:[Ee]rror|Timeout)|AADSTS\d+|[a-z]+(?:_[a-z]+)+)\b")
"""A code or the name of an error, at the start or where the mailer puts it: behind the first colon or bracket.

The last two are those of a service that gives tokens (bot/mail_access.py).
"""


class MailAlerts:
    """One line for a mail that becomes late, again every six hours while it waits; one line for a mail that was given up.

    `unsent` is that of the outbox. What was told is remembered by this object: each web process speaks for itself.
    """

    def __init__(self, unsent: Callable[[], list[dict[str, Any]]], clock: Callable[[], datetime]) -> None:
        self._unsent = unsent
        self._clock = clock
        self._told: dict[tuple[object, ...], datetime] = {}

    async def run(self, stop: asyncio.Event, every: float = ROUND_SECONDS) -> None:
        """Look every so many seconds until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.round)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), every)

    def round(self) -> None:
        """Tell what is to be told now."""
        try:
            mails = self._unsent()
        except StorageError:
            log.warning("the outbox cannot be read: nobody knows which mails are late")
            return
        now, told = self._clock(), self._told
        self._told = {}
        for mail in mails:
            if mail["late"] or mail["state"] == FAILED:
                case = (mail["id"], mail["status"], mail["due_since"])  # sent again by hand it is another case
                self._told[case] = self._tell(mail, told.get(case), now)

    def _tell(self, mail: dict[str, Any], last: datetime | None, now: datetime) -> datetime:
        """Tell of a mail unless that was done lately; return when it was told last."""
        if last is not None and (not mail["late"] or last <= now < last + AGAIN_AFTER):  # told later than now: the clock was set back
            return last
        what = "is late" if mail["late"] else "has failed for good"
        since, cause = mail["due_since"].isoformat(timespec="seconds"), cause_of(mail["last_error"])
        facts = (mail["reference"], mail["kind"], mail["attempts"], since, cause)
        log.error("mail %s %s: reference %s, kind %s, attempts %s, due since %s, last error %s", mail["id"], what, *facts)
        return now


def cause_of(last_error: str | None) -> str:
    """The code or the name of the error that a message of a DeliveryError begins with or explains, and nothing else of it."""
    if last_error is None:
        return "none"
    found = _CAUSE.match(last_error)
    return found[1] if found else "unknown"
