"""A small service on a port of loopback that gives tokens to an app (RFC 6749, 4.4), and tells mail servers whom one is for (RFC 7662)."""

from __future__ import annotations

import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any
from urllib.parse import parse_qsl

from bot.channel_settings import MailAccess

CLIENT_ID, SECRET = "assistant", "un~secret+d'essai&%=/"


@dataclass(frozen=True)
class Reply:
    """What is answered instead of a token: an object, or bytes as they are."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass
class TokenService:
    """Gives `token-1`, `token-2` and so on to who knows the secret; each opens the mailbox of `user` until it is revoked."""

    user: str = ""
    tls: ssl.SSLContext | None = None
    reply: Reply | None = None
    """What it answers instead, when it is asked for a token."""
    more: dict[str, Any] = field(default_factory=lambda: {"expires_in": 3599})
    """What stands beside a token."""
    posted: list[dict[str, str]] = field(default_factory=list)
    """Every request for a token."""
    paths: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    given: list[str] = field(default_factory=list)
    revoked: set[str] = field(default_factory=set)
    open: Event = field(default_factory=Event)
    """Cleared, it keeps who asks waiting."""

    def __post_init__(self) -> None:
        self.open.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True, do_handshake_on_connect=False)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/token"

    @property
    def introspection(self) -> str:
        """Where a mail server asks whom a token is for."""
        return f"http://127.0.0.1:{self.port}/introspect"

    @property
    def access(self) -> MailAccess:
        return MailAccess(self.url, CLIENT_ID, SECRET)

    @property
    def environ(self) -> dict[str, str]:
        """The settings of who asks here."""
        return {"CIC_MAIL_OAUTH_URL": self.url, "CIC_MAIL_OAUTH_CLIENT_ID": CLIENT_ID, "CIC_MAIL_OAUTH_SECRET": SECRET}

    def is_good(self, token: str) -> bool:
        return token in self.given and token not in self.revoked

    def revoke(self) -> None:
        """No token that was given is good any more."""
        self.revoked |= set(self.given)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, path: str, form: dict[str, str], headers: Mapping[str, str]) -> Reply:
        if path == "/introspect":
            return Reply(200, {"active": True, "user": self.user} if self.is_good(form.get("token", "")) else {"active": False})
        self.posted.append(form)
        self.paths.append(path)
        self.headers.append(headers)
        self.open.wait(10)
        if self.reply:
            return self.reply
        if (form.get("client_id"), form.get("client_secret"), form.get("grant_type")) != (CLIENT_ID, SECRET, "client_credentials"):
            return Reply(401, {"error": "invalid_client"})
        self.given.append(f"token-{len(self.given) + 1}")
        return Reply(200, {"token_type": "Bearer", "access_token": self.given[-1], **self.more})

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        service = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                form = dict(parse_qsl(self.rfile.read(int(self.headers["content-length"])).decode()))
                reply = service._answer(self.path, form, {name.lower(): value for name, value in self.headers.items()})
                body = reply.body if isinstance(reply.body, bytes) else json.dumps(reply.body).encode()
                self.send_response(reply.status)
                for name, value in ({"Content-Type": "application/json", "Content-Length": str(len(body))} | dict(reply.headers)).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self) -> None:
                service.posted.append({"path": self.path})
                self.send_error(404)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        return Handler
