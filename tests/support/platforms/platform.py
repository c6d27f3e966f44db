"""What every played platform has in common: a server of its own, people who write on it, and what they saw of our answers.

A platform checks what we send against its documented limits; what breaks one stands in `violations`, which every test wants empty.
"""

from __future__ import annotations

import itertools
import threading
from abc import ABC, abstractmethod
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx

from bot.benchmarks.ports import free_ports
from support.waiting import wait_for

SITE = "https://assistant.example"
"""The public address of the assistant, by which platforms know it."""


@dataclass(frozen=True)
class Shown:
    """One message of ours as a person sees it: its text without formatting, source and numbers included, and what she may press."""

    text: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True)
class Raw:
    """A delivery to our webhook as it goes over the wire."""

    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ""
    method: str = "POST"


@dataclass(frozen=True)
class Call:
    """A request of ours to the platform."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What the platform answers."""

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Platform(ABC):
    """One platform. `assistant` is the address of the web process that it delivers to."""

    name: str
    label: str
    batches = True
    """Whether one delivery may hold several messages."""
    presses = True
    """Whether choices are shown apart from the text; else their numbers are typed."""

    def __init__(self) -> None:
        self.port = free_ports(1)[0]
        self.assistant = ""
        self.calls: list[Call] = []
        self.violations: list[str] = []
        self.trouble: list[Reply] = []
        """What is answered to the next messages instead of taking them, first to last."""
        self._shown: dict[str, list[Shown]] = defaultdict(list)
        self._ids = itertools.count(1000)
        self._server: ThreadingHTTPServer | None = None
        self._lock = threading.Lock()

    # --- what each platform says ---

    @property
    @abstractmethod
    def environ(self) -> dict[str, str]:
        """The settings that switch the channel on and point it to this server."""

    @abstractmethod
    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        """A genuine delivery of a text; `ident` makes its platform's id, the next one unless given; `at` in seconds since 1970."""

    def batch(self, messages: Sequence[tuple[str, str, int]]) -> Raw:
        """A genuine delivery of several texts: person, text, `ident`."""
        raise NotImplementedError

    @abstractmethod
    def media(self, person: str) -> Raw:
        """A genuine delivery of a picture without any text."""

    @abstractmethod
    def begin(self, person: str) -> Raw | None:
        """The platform's own way to begin a conversation, if it has one."""

    @abstractmethod
    def noise(self, person: str) -> list[Raw]:
        """Genuine deliveries that are nothing to us: edits, receipts, echoes, others who talk in a group."""

    @abstractmethod
    def forged(self, raw: Raw) -> list[Raw]:
        """The same delivery without what proves that it is genuine, and with what only looks like it."""

    def mistyped(self, raw: Raw) -> Raw:
        """The same delivery with a content type that the platform never sends."""
        return replace(raw, headers={**raw.headers, "Content-Type": "text/xml"})

    @abstractmethod
    def press(self, person: str, title: str) -> Raw:
        """A genuine delivery of a choice that was shown to the person."""

    @abstractmethod
    def serve(self, call: Call) -> Reply:
        """Answer a request to the platform's API; what is a message is shown by `show`."""

    def reads(self, text: str) -> str:
        """How a text of ours reads on this platform; as it is, unless the platform shows less."""
        return text

    # --- people ---

    def new_id(self) -> int:
        return next(self._ids)

    def show(self, person: str, shown: Shown) -> None:
        """A person sees a message of ours."""
        with self._lock:
            self._shown[person].append(shown)

    def seen(self, person: str) -> list[Shown]:
        """What a person saw of us, oldest first."""
        with self._lock:
            return list(self._shown[person])

    def seen_by_all(self) -> dict[str, list[Shown]]:
        with self._lock:
            return {person: list(shown) for person, shown in self._shown.items() if shown}

    def wait_seen(self, person: str, number: int, seconds: float = 20.0) -> list[Shown]:
        """Wait until a person has seen so many messages."""
        wait_for(f"{number} messages for {person} on {self.name}", lambda: len(self.seen(person)) >= number, seconds, every=0.02)
        return self.seen(person)

    def deliver(self, raw: Raw) -> int:
        """Deliver as the platform does; return the status that it is answered."""
        url = f"{self.assistant}/webhooks/{self.name}" + (f"?{raw.query}" if raw.query else "")
        with httpx.Client(trust_env=False, timeout=30, verify=False) as client:  # by http: no certificates are to be loaded each time
            return client.request(raw.method, url, content=raw.body, headers=dict(raw.headers)).status_code

    def write(self, person: str, text: str) -> None:
        """A person writes, and the platform delivers it until it is taken."""
        raw = self.message(person, text)
        wait_for("the delivery is taken", lambda: self._taken(raw), 60, every=0.2)

    def _taken(self, raw: Raw) -> bool:
        try:
            return self.deliver(raw) == 200
        except httpx.TransportError:
            return False

    # --- the server ---

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> Platform:
        self.up()
        return self

    def stop(self) -> None:
        self.down()

    def up(self) -> None:
        """Listen, on the same port as ever."""
        if self._server is None:
            ThreadingHTTPServer.allow_reuse_address = True
            self._server = ThreadingHTTPServer(("127.0.0.1", self.port), self._handler())
            self._server.daemon_threads = True
            threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()

    def down(self) -> None:
        """Go away: connections are refused."""
        if self._server:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def next_trouble(self) -> Reply | None:
        """The trouble that a message meets; `serve` asks for it once a message is otherwise right, and does not show it then."""
        with self._lock:
            return self.trouble.pop(0) if self.trouble else None

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        platform = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def answer(self) -> None:
                path, _, query = self.path.partition("?")
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                call = Call(self.command, path, query, {name.lower(): value for name, value in self.headers.items()}, body)
                platform.calls.append(call)
                reply = platform.serve(call)
                self.send_response(reply.status)
                for name, value in {"Content-Type": "application/json", **reply.headers}.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(reply.body)))
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = do_PUT = do_DELETE = answer

            def log_message(self, *_: Sequence[object]) -> None:
                """Say nothing."""

        return Handler

    def require(self, condition: object, what: str) -> None:
        """Note a violation of the platform's documented rules."""
        if not condition:
            self.violations.append(what)


Make = Callable[[], Platform]


def merged(platforms: Sequence[Platform], **more: Any) -> dict[str, str]:
    """The settings that switch all of these platforms on."""
    settings: dict[str, str] = {}
    for platform in platforms:
        settings |= platform.environ
    return settings | more
