"""The connections of the web process: how long a request may take to arrive, how long it may be, how many clients there may be at once.

uvicorn waits for ever for a client that has begun to speak, and keeps what it says; behind our proxy nobody notices, before it one
machine with a few thousand sockets would do.
"""

from __future__ import annotations

import asyncio
import json
import resource
from collections.abc import Mapping
from types import MappingProxyType

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from bot.channels.model import DELIVERY_BYTES
from bot.text import typeset
from bot.web.edge import HEADERS
from bot.web.refusals import RETRY_SECONDS
from bot.web.webhooks import PREFIX

REQUEST_SECONDS = 20.0
"""How long a request may take to arrive, from the connection or its first byte to its last. Bodies have less (bot.web.bodies)."""
HEAD_BYTES = 32 * 1024
"""The longest first line and headers together; our widget needs less than one of these kilobytes."""
REQUEST_BYTES = 1024 * 1024
"""A body is refused long before; the rest is read up to here, so that the client reads the refusal and not that we hung up.

What messaging platforms deliver may be longer by DELIVERY_BYTES.
"""
CONNECTIONS = 4000
"""The most at once. What a municipality's readers need is a tenth of it."""
SPARE_FILES = 128
"""Of the files that the process may open, so many are for the database and Rasa."""
MOST_FILES = 65_536

_NOT_HTTP = "Cette requête n'est pas du HTTP valable."
_TOO_SLOW = "La requête n'est pas arrivée à temps. Pouvez-vous l'envoyer à nouveau ?"
_HEAD_TOO_LONG = "Les en-têtes de la requête sont trop longs."
_TOO_MANY = "L'assistant est très demandé pour l'instant. Vous pouvez envoyer votre message à nouveau dans un moment."


class Connection(HttpToolsProtocol):
    """A connection with a client that may be slow, silent or endless: it is refused in French where it can still read that."""

    _deadline: asyncio.TimerHandle | None = None
    _received = 0
    """Bytes of the request that is arriving."""
    _head_complete = False
    _most = REQUEST_BYTES

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take a client in, or refuse it when there are too many."""
        super().connection_made(transport)
        if len(self.connections) > _most_connections():
            self._refuse(503, _TOO_MANY, {"Retry-After": RETRY_SECONDS})
        else:
            self._expect_a_request()

    def data_received(self, data: bytes) -> None:
        """Read on, within bounds."""
        if self._deadline is None:
            self._expect_a_request()
        self._received += len(data)
        super().data_received(data)
        if self.transport.is_closing():
            return
        if not self._head_complete and self._received > HEAD_BYTES:
            self._refuse(431, _HEAD_TOO_LONG)
        elif self._received > self._most:
            self.transport.close()

    def on_headers_complete(self) -> None:
        """Begin to handle the request."""
        self._head_complete = True
        super().on_headers_complete()
        self._most = REQUEST_BYTES + (DELIVERY_BYTES if self.scope["path"].startswith(PREFIX) else 0)

    def on_message_complete(self) -> None:
        """The request has arrived."""
        super().on_message_complete()
        self._stop_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        """The client has gone."""
        self._stop_waiting()
        super().connection_lost(exc)

    def send_400_response(self, msg: str) -> None:
        """Refuse what the parser does not understand."""
        self._refuse(400, _NOT_HTTP)

    def _expect_a_request(self) -> None:
        self._received, self._head_complete = 0, False
        self._deadline = self.loop.call_later(REQUEST_SECONDS, self._give_up)

    def _stop_waiting(self) -> None:
        self._received = 0
        if self._deadline:
            self._deadline.cancel()
            self._deadline = None

    def _give_up(self) -> None:
        """Hang up on who has not sent a whole request; one who sent half a head is told why, a body was refused before."""
        self._deadline = None
        if self.transport.is_closing():
            return
        if self._received and not self._head_complete:
            self._refuse(408, _TOO_SLOW)
        else:
            self.transport.close()

    def _refuse(self, status: int, sentence: str, more: Mapping[str, str] = MappingProxyType({})) -> None:
        """Answer for the application, which does not know of this request, and hang up; only hang up where another answer is due."""
        due = self.cycle and not self.cycle.response_complete and (self.cycle.response_started or not self.cycle.more_body)
        if due:
            self.transport.close()
            return
        body = json.dumps({"error": typeset(sentence)}, ensure_ascii=False).encode()
        headers = HEADERS | {"Content-Type": "application/json", "Content-Length": str(len(body)), "Cache-Control": "no-store"}
        lines = "".join(f"{name}: {value}\r\n" for name, value in (headers | dict(more)).items())
        self.transport.write(STATUS_LINE[status] + lines.encode() + b"Connection: close\r\n\r\n" + body)
        self.transport.close()


def raise_file_limit() -> None:
    """Let this process have as many open files as the system allows it, within reason: each connection is one."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


def _most_connections() -> int:
    return min(CONNECTIONS, resource.getrlimit(resource.RLIMIT_NOFILE)[0] - SPARE_FILES)
