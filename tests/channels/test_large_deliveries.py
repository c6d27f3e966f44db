"""What a platform delivers at once may be longer than what people send, up to a bound."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest
from support.platforms.messenger import PlayedMessenger
from support.web_process import web_process

from bot.channels.model import DELIVERY_BYTES
from bot.web.bodies import BODY_BYTES

PLAYED = PlayedMessenger()
FAR_TOO_MUCH = 16 * DELIVERY_BYTES


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    with web_process(tmp_path_factory.mktemp("web"), **PLAYED.environ) as port:
        yield port


def post(port: int, path: str, size: int) -> int:
    """The status that a body of so many bytes is answered."""
    bare = len(PLAYED.signed({"padding": ""}).body)
    raw = PLAYED.signed({"padding": "x" * (size - bare)})
    assert len(raw.body) == size
    headers = dict(raw.headers)
    return httpx.post(f"http://127.0.0.1:{port}{path}", content=raw.body, headers=headers, trust_env=False, timeout=30).status_code


@pytest.mark.parametrize("size", [BODY_BYTES + 1, DELIVERY_BYTES])
def test_a_large_delivery_is_taken(port: int, size: int) -> None:
    assert post(port, "/webhooks/messenger", size) == 200


@pytest.mark.parametrize(("path", "size"), [("/webhooks/messenger", DELIVERY_BYTES + 1), ("/api/chat", BODY_BYTES + 1)])
def test_what_is_too_large_is_told_so(port: int, path: str, size: int) -> None:
    assert post(port, path, size) == 413


@pytest.mark.parametrize("path", ["/webhooks/messenger", "/api/chat"])
def test_what_is_endless_is_cut(port: int, path: str) -> None:
    piece, sent = b"x" * 65536, 0
    with socket.create_connection(("127.0.0.1", port), timeout=30) as line:
        line.sendall(f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: {FAR_TOO_MUCH}\r\n\r\n".encode())
        with suppress(ConnectionError):
            while sent < FAR_TOO_MUCH:
                line.sendall(piece)
                sent += len(piece)
    assert sent < FAR_TOO_MUCH


@pytest.mark.parametrize("path", ["/webhooks/cic/webhook", "/webhooks/cic/health", "/webhooks/rest/webhook", "/webhooks/sms", "/webhooks/"])
def test_rasas_own_channels_and_those_that_are_off_do_not_exist_here(port: int, path: str) -> None:
    assert post(port, path, 100) in (404, 405)
