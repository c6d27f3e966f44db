"""All platforms around one assistant, and the one mail server that takes all of its mails."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtpd.smtp import SMTP, Envelope, Session
from mail.smtp_server import Postmaster

from support.assistant import Assistant
from support.mailbox import Mailbox
from support.platforms.every import PLATFORMS
from support.platforms.mail import ADDRESS, PlayedMail
from support.platforms.platform import SITE, Platform, merged

Platforms = dict[str, Platform]
"""By their channels' names."""


@contextmanager
def all_platforms(mailbox: Mailbox) -> Iterator[Platforms]:
    """Start them all. `mailbox` is the mail server of their assistant, which is opened."""
    platforms = {name: make() for name, make in PLATFORMS.items()}
    for platform in platforms.values():
        if isinstance(platform, PlayedMail):
            platform.smtp, mailbox.postmaster = mailbox, Sorting(platform)
        platform.start()
    mailbox.open()
    try:
        yield platforms
    finally:
        for platform in platforms.values():
            platform.stop()
        mailbox.close()


def settings_of(platforms: Platforms) -> dict[str, str]:
    """The settings of an assistant on which all of these channels are on."""
    return merged(list(platforms.values()), CIC_PUBLIC_URL=SITE)


def deliver_to(platforms: Platforms, assistant: Assistant) -> None:
    """Have the platforms deliver to an assistant."""
    for platform in platforms.values():
        platform.assistant = f"http://127.0.0.1:{assistant.settings.port}"


class Sorting(Postmaster):
    """Takes all mails: answers to people who wrote to the mailbox go to them, every other one is accepted."""

    def __init__(self, platform: PlayedMail) -> None:
        super().__init__()
        self._platform = platform

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if envelope.mail_from == ADDRESS:
            return self._platform.take(ADDRESS, envelope.rcpt_tos, bytes(envelope.content))
        return await super().handle_DATA(server, session, envelope)
