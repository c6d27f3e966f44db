"""A mail server that accepts everything and keeps the Message-IDs: what has really arrived."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Any

from bot.benchmarks.ports import free_ports
from bot.errors import UnavailableError


@dataclass
class Mailbox:
    """What has arrived at a port of this machine, in order."""

    port: int
    arrived: list[str] = field(default_factory=list)

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        """Accept a mail."""
        self.arrived.append(str(message_from_bytes(envelope.content)["Message-ID"]))
        return "250 OK"


@contextmanager
def open_mailbox() -> Iterator[Mailbox]:
    """Run the server until the block ends. Raises UnavailableError without the tools of the tests."""
    try:
        from aiosmtpd.controller import Controller
    except ImportError as error:
        raise UnavailableError("Il faut les outils des tests : lancez « uv sync », puis recommencez.") from error
    mailbox = Mailbox(free_ports(1)[0])
    controller = Controller(mailbox, hostname="127.0.0.1", port=mailbox.port)
    controller.start()
    try:
        yield mailbox
    finally:
        controller.stop()
