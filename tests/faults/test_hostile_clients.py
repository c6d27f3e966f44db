"""Clients that are slow, silent, endless, many or mad, before a real web process: they are refused or dropped, others are served."""

from __future__ import annotations

import json
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
import pytest
from support.waiting import wait_for
from support.web_process import web_process

from bot.web.bodies import BODY_BYTES
from bot.web.connections import HEAD_BYTES, REQUEST_BYTES, SPARE_FILES

PATIENCE = 60.0
"""Seconds after which a test gives up on the server: no time is measured."""
CHAT = b"POST /api/chat HTTP/1.1\r\nHost: assistant.example\r\nContent-Type: application/json\r\n"
GREETING = json.dumps({"message": "bonjour"}).encode()
CLIENT = {"X-Forwarded-For": "203.0.113.7"}


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with web_process(tmp_path_factory.mktemp("web"), CIC_TRUSTED_PROXIES="127.0.0.1") as opened:
        yield opened


@pytest.fixture(autouse=True)
def served_afterwards(port: int) -> Iterator[None]:
    """Whatever a test did to the process: somebody else is served."""
    yield
    assert greeted(port)


def greeted(port: int, **headers: str) -> bool:
    with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
        answer = client.post(f"http://127.0.0.1:{port}/api/chat", json={"message": "bonjour"}, headers=CLIENT | headers)
    return answer.status_code == 200 and answer.json()["messages"][0]["text"] == "Vous dites : bonjour"


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), PATIENCE)


@dataclass(frozen=True)
class Answer:
    """The first response on a connection, and whether the server then hung up. Status 0: none came."""

    status: int = 0
    headers: dict[str, str] | None = None
    body: bytes = b""

    @property
    def error(self) -> str:
        return str(json.loads(self.body)["error"])


def read_all(connection: socket.socket) -> bytes:
    """Read until the server hangs up, however it does that."""
    received = b""
    while True:
        try:
            piece = connection.recv(65536)
        except ConnectionError:
            return received
        if not piece:
            return received
        received += piece


def parse(received: bytes) -> Answer:
    head, _, body = received.partition(b"\r\n\r\n")
    if not head:
        return Answer()
    status, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    return Answer(int(status.split()[1]), headers, body)


def ask(port: int, *pieces: bytes) -> Answer:
    """Send something, and read until the server hangs up."""
    with closing(connect(port)) as connection:
        try:
            for piece in pieces:
                connection.sendall(piece)
        except ConnectionError:
            pass  # it hung up in the midst of our message: what it said before may still be read
        return parse(read_all(connection))


def chat(body: bytes, *headers: bytes) -> bytes:
    """A message to the chat API after which the connection ends."""
    lines = (b"Content-Length: %d" % len(body), b"Connection: close", *headers)
    return CHAT + b"\r\n".join(lines) + b"\r\n\r\n" + body


def is_refusal(answer: Answer, status: int) -> bool:
    assert answer.status == status, answer
    assert answer.headers
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    return answer.error.endswith((".", "?"))


# --- slow and silent ---------------------------------------------------------------------------------


def drip(connection: socket.socket, text: bytes, done: threading.Event) -> None:
    """Send one byte a second until the server hangs up."""
    for byte in text:
        try:
            connection.sendall(bytes([byte]))
        except OSError:
            return
        if done.wait(1):
            return


def slow_answer(port: int, at_once: bytes, dripped: bytes) -> Answer:
    with closing(connect(port)) as connection:
        done = threading.Event()
        connection.sendall(at_once)
        dripper = threading.Thread(target=drip, args=(connection, dripped, done))
        dripper.start()
        received = read_all(connection)
        done.set()
        dripper.join()
    return parse(received)


SLOW: dict[str, tuple[bytes, bytes, int]] = {
    "says nothing": (b"", b"", 0),
    "sends empty lines": (b"", b"\r\n" * 100, 408),
    "sends a head slowly": (b"GET / HTTP/1.1\r\n", b"X-Slow: " + b"a" * 100, 408),
    "stops in the midst of a head": (CHAT, b"", 408),
    "sends a body slowly": (CHAT + b"Content-Length: 500\r\n\r\n", b" " * 200, 408),
    "stops in the midst of a body": (CHAT + b"Content-Length: 500\r\n\r\n{", b"", 408),
    "sends pieces slowly": (CHAT + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n" * 40, 408),
    "sends on after a refusal": (b"POST /nowhere HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n", b" " * 200, 404),
}


def test_a_slow_client_is_told_so_and_dropped(port: int) -> None:
    """All at once: each of them takes as long as the server lets it."""
    answers: dict[str, Answer] = {}

    def play(name: str, at_once: bytes, dripped: bytes) -> None:
        answers[name] = slow_answer(port, at_once, dripped)

    threads = [threading.Thread(target=play, args=(name, *slow[:2])) for name, slow in SLOW.items()]
    for thread in threads:
        thread.start()
    assert greeted(port)
    for thread in threads:
        thread.join()
    assert {name: answer.status for name, answer in answers.items()} == {name: status for name, (_, _, status) in SLOW.items()}
    assert all(is_refusal(answer, 408) for answer in answers.values() if answer.status == 408)


def test_clients_that_vanish_leave_nothing_behind(port: int) -> None:
    process = next(child for child in psutil.Process().children() if "bot.web" in child.cmdline())
    before = process.num_fds()
    for sent in (b"", CHAT, CHAT + b"Content-Length: 500\r\n\r\n{", chat(GREETING)):
        for _ in range(25):
            with closing(connect(port)) as connection:
                connection.sendall(sent)
                connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # close() sends RST
    wait_for("the connections are gone", lambda: process.num_fds() <= before + 5, PATIENCE)


def test_idle_connections_keep_nobody_out(port: int) -> None:
    with ExitStack() as held:
        idle = [held.enter_context(closing(connect(port))) for _ in range(300)]
        for connection in idle[::2]:
            connection.sendall(CHAT)
        assert greeted(port)


# --- too long ----------------------------------------------------------------------------------------


LONG = {
    "address": b"GET /" + b"a" * (HEAD_BYTES + 1),
    "header": b"GET / HTTP/1.1\r\nX-Long: " + b"a" * (HEAD_BYTES + 1),
    "list of headers": b"GET / HTTP/1.1\r\n" + b"X-Many: a\r\n" * (HEAD_BYTES // 10),
}


@pytest.mark.parametrize("sent", LONG.values(), ids=LONG)
def test_a_head_that_does_not_end_is_refused(port: int, sent: bytes) -> None:
    assert is_refusal(ask(port, sent), 431)


def test_a_body_without_end_is_refused_and_the_client_dropped(port: int) -> None:
    piece, far_too_much = b"1000\r\n" + b" " * 4096 + b"\r\n", 64 * REQUEST_BYTES
    with closing(connect(port)) as connection:
        connection.sendall(CHAT + b"Transfer-Encoding: chunked\r\n\r\n")
        with pytest.raises(ConnectionError):
            connection.sendall(piece * (far_too_much // 4096))


@pytest.mark.parametrize("length", [BODY_BYTES + 1, 4 * BODY_BYTES])
def test_a_body_that_is_too_long_is_refused(port: int, length: int) -> None:
    assert is_refusal(ask(port, chat(GREETING.ljust(length))), 413)


def test_a_body_that_is_too_long_is_refused_before_it_has_come(port: int) -> None:
    with closing(connect(port)) as connection:
        connection.sendall(CHAT + b"Content-Length: 900000\r\n\r\n" + b" " * (BODY_BYTES + 1))
        assert parse(connection.recv(65536)).status == 413


# --- against the protocol ----------------------------------------------------------------------------


REFUSED: dict[str, tuple[bytes, int]] = {
    "not HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
    "HTTP/2 at once": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400),
    "a proxy's request": (b"CONNECT mail.example:25 HTTP/1.1\r\nHost: mail.example:25\r\n\r\n", 400),
    "a length that is no number": (CHAT + b"Content-Length: many\r\n\r\n", 400),
    "a length below zero": (CHAT + b"Content-Length: -1\r\n\r\n", 400),
    "two lengths": (CHAT + b"Content-Length: 22\r\nContent-Length: 5\r\n\r\n" + GREETING, 400),
    "a length and pieces": (CHAT + b"Content-Length: 22\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
    "a piece whose length is no number": (CHAT + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n", 400),
    "a null byte in a header": (b"GET / HTTP/1.1\r\nHost: a\x00b\r\n\r\n", 400),
    "a folded header": (b"GET / HTTP/1.1\r\nHost: a\r\n X: b\r\n\r\n", 400),
    "a length that is too short": (CHAT + b"Connection: close\r\nContent-Length: 5\r\n\r\n" + GREETING, 400),
    "no body": (CHAT + b"Connection: close\r\n\r\n", 400),
    "half a character": (chat(b'{"message": "bonjour \xc3"}'), 400),
    "another encoding": (chat('{"message": "été"}'.encode("latin-1")), 400),
    "not a number": (chat(b'{"message": "bonjour", "id": NaN}'), 400),
    "infinity": (chat(b'{"message": "bonjour", "x": -Infinity}'), 400),
    "a number of 5,000 digits": (chat(b'{"message": ' + b"9" * 5000 + b"}"), 400),
    "nested too deep": (chat(b'{"message": ' + b"[" * 30_000 + b"]" * 30_000 + b"}"), 400),
    "objects nested too deep": (chat(b'{"a":' * 12_000 + b"1" + b"}" * 4_000), 400),
    "null bytes only": (chat(b"\x00" * 500), 400),
    "a message of null bytes": (chat(b'{"message": "\\u0000\\u0000"}'), 422),
    "a message of half pairs": (chat(b'{"message": "\\udfff\\ud800"}'), 422),
    "the last of two messages counts": (chat(b'{"message": "bonjour", "message": 5}'), 422),
    "10,000 keys": (chat(b'{"message": "bonjour", ' + b",".join(b'"%d":0' % number for number in range(10_000)) + b"}"), 413),
    "10,000 times a key and no message": (chat(b"{" + b",".join([b'"a":0'] * 10_000) + b"}"), 422),
    "a path with a null byte": (b"GET /static/%00 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "a path that is no UTF-8": (b"GET /static/%ff%fe.css HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "a path out of the folder": (b"GET /static/..%2f..%2fapp.py HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "a path that is too long for a file": (b"GET /static/" + b"a" * 5000 + b" HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", 404),
    "a token that is no ASCII": (
        b"GET /api/chat/history HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xe9\xff\r\nConnection: close\r\n\r\n",
        401,
    ),
}


@pytest.mark.parametrize(("sent", "status"), REFUSED.values(), ids=REFUSED)
def test_what_breaks_the_rules_is_refused_with_a_sentence(port: int, sent: bytes, status: int) -> None:
    assert is_refusal(ask(port, sent), status)


ODD: dict[str, tuple[bytes, str]] = {
    "huge numbers beside the message": (b'{"message": "bonjour", "x": 1e999, "y": 99999999999999999999}', "bonjour"),
    "a key twice": (b'{"message": "premier", "message": "second"}', "second"),
    "null bytes within": (b'{"message": "bon\\u0000jour"}', "bon jour"),
    "half of a pair": (b'{"message": "bon\\ud83djour"}', "bonjour"),
    "half of a pair as bytes": (b'{"message": "bon\xed\xa0\x80jour"}', "bonjour"),
    "half of a pair as a session": (b'{"message": "bonjour", "session": "\\ud800"}', "bonjour"),
    "6,000 keys": (b'{"message": "bonjour", ' + b",".join(b'"%d":0' % number for number in range(6000)) + b"}", "bonjour"),
}


@pytest.mark.parametrize(("body", "received"), ODD.values(), ids=ODD)
def test_odd_json_is_a_message_like_any_other(port: int, body: bytes, received: str) -> None:
    answer = ask(port, chat(body))
    assert answer.status == 200, answer
    assert json.loads(answer.body)["messages"][0]["text"] == f"Vous dites : {received}"


def test_requests_sent_at_once_are_answered_one_after_the_other(port: int) -> None:
    health = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"
    with closing(connect(port)) as connection:
        connection.sendall(health * 9 + chat(GREETING))
        received = read_all(connection)
    assert received.count(b"HTTP/1.1 200 OK") == 10
    assert received.endswith(b"}")


def test_a_header_of_a_proxy_that_makes_no_sense_is_no_fault(port: int) -> None:
    for forwarded in ("fe80::1%eth0", "[", "::ffff:1.2.3.4", "1.2.3.4:99999", "," * 500, "\u00e9".encode().decode("latin-1")):
        assert ask(port, chat(GREETING, b"X-Forwarded-For: " + forwarded.encode("latin-1"))).status == 200


# --- too many ----------------------------------------------------------------------------------------


def test_a_flood_from_one_address_is_stopped_and_another_address_is_served(tmp_path: Path) -> None:
    with web_process(tmp_path, CIC_TRUSTED_PROXIES="127.0.0.1", CIC_RATE_LIMIT="5") as port:
        statuses: list[int] = []
        refused: list[httpx.Response] = []

        def flood() -> None:
            with httpx.Client(trust_env=False, timeout=PATIENCE) as client:
                for _ in range(25):
                    answer = client.post(f"http://127.0.0.1:{port}/api/chat", json={"message": "bonjour"}, headers=CLIENT)
                    statuses.append(answer.status_code)
                    refused.extend([answer] if answer.status_code == 429 else [])

        in_threads(flood, 8)
        assert sorted(set(statuses)) == [200, 429]
        assert statuses.count(200) >= 5
        assert all(1 <= int(answer.headers["Retry-After"]) <= 60 and answer.json()["error"].endswith(".") for answer in refused)
        assert greeted(port, **{"X-Forwarded-For": "198.51.100.9"})


def test_clients_for_whom_there_is_no_room_are_told_so(tmp_path: Path) -> None:
    room = 40
    with web_process(tmp_path, open_files=SPARE_FILES + room) as port:
        with ExitStack() as held:
            for _ in range(room):
                held.enter_context(closing(connect(port)))
            answer = ask(port)
            assert is_refusal(answer, 503)
            assert answer.headers
            assert answer.headers["retry-after"] == "5"
        wait_for("there is room again", lambda: greeted(port), PATIENCE)


def in_threads(work: Callable[[], None], number: int) -> None:
    threads = [threading.Thread(target=work) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
