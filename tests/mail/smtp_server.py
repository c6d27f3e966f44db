"""A real mail server on loopback that accepts, refuses, delays and drops as it is told."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

from bot.config import Settings


@dataclass
class Postmaster:
    """What the server does with a mail. A reply is what SMTP says, as "250 OK".

    It thinks for `data_seconds` before it takes a mail, and then for `answer_seconds` before it says so. Mails to `refuses` it
    never takes.
    """

    mail_reply: str = "250 OK"
    rcpt_reply: str = "250 OK"
    data_reply: str = "250 OK"
    data_seconds: float = 0.0
    answer_seconds: float = 0.0
    drops: str | None = None
    refuses: str = ""
    accepted: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)

    async def handle_MAIL(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        envelope.mail_from = address
        return self.mail_reply

    async def handle_RCPT(self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]) -> str:
        if address == self.refuses:
            return "550 no such user"
        if self.rcpt_reply.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt_reply

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        await asyncio.sleep(self.data_seconds)
        if self.drops == "before the answer":
            server.transport.abort()
            return self.data_reply
        if self.data_reply.startswith("2"):
            self.accepted.append(bytes(envelope.content))
            self.recipients.extend(envelope.rcpt_tos)
        await asyncio.sleep(self.answer_seconds)
        if self.drops == "after accepting":
            server.transport.abort()
        return self.data_reply

    async def handle_QUIT(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.drops == "at goodbye":
            server.transport.abort()
        return "221 Bye"


def check_password(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    return AuthResult(success=data.login == b"assistant" and data.password == b"right", handled=False)


@asynccontextmanager
async def smtp_server(postmaster: Postmaster, port: int = 0, tls: ssl.SSLContext | None = None, **options: Any) -> AsyncIterator[int]:
    """Serve on a free port, or on `port`; yields the port."""
    loop = asyncio.get_running_loop()
    sessions: list[SMTP] = []

    def open_session() -> SMTP:
        sessions.append(SMTP(postmaster, hostname="mail.example", loop=loop, **options))
        return sessions[-1]

    server = await loop.create_server(open_session, "127.0.0.1", port, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()
        for session in sessions:
            if session.transport is not None:
                session.transport.abort()
        await asyncio.sleep(0.01)


@asynccontextmanager
async def scripted_server(at_data: bytes | None, at_end: bytes | None = None) -> AsyncIterator[int]:
    """Say exactly these bytes when the client says DATA, and when the mail has ended; hang up for None. Yields the port."""
    writers: list[asyncio.StreamWriter] = []

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        writer.write(b"220 mail.example\r\n")
        while line := await reader.readline():
            said: bytes | None = b"250 OK\r\n"
            if line.startswith(b"DATA"):
                said = at_data
            elif line.startswith(b"Subject:"):
                await reader.readuntil(b"\r\n.\r\n")
                said = at_end
            if said is None:
                return writer.transport.abort()
            writer.write(said)

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            for writer in writers:
                writer.transport.abort()
            await asyncio.sleep(0.01)


def settings_for(port: int, folder: Path, **changes: Any) -> Settings:
    """Settings whose mail server is the one on this port."""
    values = {"contact_email": "contact@association.example", "mail_from": "assistant@association.example"} | changes
    return Settings(data_dir=folder, database_url=f"sqlite:///{folder / 'cic.sqlite'}", smtp_port=port, **values)
