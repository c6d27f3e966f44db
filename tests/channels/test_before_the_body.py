"""Who proves nothing is refused on the headers alone, and what is read at once of each channel is bounded."""

from __future__ import annotations

import logging
import socket
from contextlib import ExitStack, closing
from pathlib import Path

import httpx
import pytest
from support.platforms.every import PLATFORMS
from support.platforms.messenger import PlayedMessenger
from support.platforms.opening import OpenChannel
from support.platforms.platform import Platform, Raw, merged
from support.platforms.slack import PlayedSlack
from support.waiting import wait_for
from support.web_process import web_process

from bot.channels.model import DELIVERY_BYTES
from bot.web.webhooks import IN_FLIGHT_BYTES

DELIVERING = [name for name in PLATFORMS if name != "courriel"]


def announce(platform: Platform, raw: Raw, length: int | None) -> socket.socket:
    """Send the head of a delivery and nothing of its body; without a length it comes in pieces."""
    size = "Transfer-Encoding: chunked" if length is None else f"Content-Length: {length}"
    head = [
        f"{raw.method} /webhooks/{platform.name} HTTP/1.1",
        "Host: x",
        size,
        *(f"{name}: {value}" for name, value in raw.headers.items()),
    ]
    host, port = platform.assistant.removeprefix("http://").split(":")
    line = socket.create_connection((host, int(port)), timeout=10)
    line.sendall("\r\n".join([*head, "", ""]).encode())
    return line


def answered(line: socket.socket) -> str:
    """The head of the answer."""
    with closing(line):
        return line.recv(65536).decode().partition("\r\n\r\n")[0]


def waits(line: socket.socket) -> bool:
    """Whether nothing is answered yet."""
    line.settimeout(0.2)
    try:
        line.recv(1)
    except TimeoutError:
        return True
    return False


@pytest.mark.parametrize("name", DELIVERING)
def test_who_proves_nothing_is_refused_before_any_body(name: str, open_channel: OpenChannel) -> None:
    platform, _ = open_channel(name)
    genuine = platform.message("awa", "bonjour")
    bare = platform.forged(genuine)[0]
    for length in (1000, None):
        assert answered(announce(platform, bare, length)).startswith("HTTP/1.1 403 ")
        with closing(announce(platform, genuine, length)) as line:
            assert waits(line), "who may be genuine is listened to"


@pytest.mark.parametrize(("name", "forgery"), [("telegram", 2), ("teams", 1), ("teams", 3), ("teams", 8), ("slack", 7)])
def test_what_headers_prove_is_judged_before_any_body(name: str, forgery: int, open_channel: OpenChannel) -> None:
    platform, _ = open_channel(name)
    raw = platform.forged(platform.message("awa", "bonjour"))[forgery]
    assert answered(announce(platform, raw, 1000)).startswith("HTTP/1.1 403 ")


@pytest.mark.parametrize("name", DELIVERING)
def test_what_is_longer_than_its_platform_delivers_is_not_read(name: str, open_channel: OpenChannel) -> None:
    platform, _ = open_channel(name)
    most = {"messenger": DELIVERY_BYTES, "whatsapp": DELIVERY_BYTES, "sms": 65536, "whatsapp-twilio": 65536}.get(name, 256 * 1024)
    raw = platform.message("awa", "bonjour")
    assert answered(announce(platform, raw, most + 1)).startswith("HTTP/1.1 413 ")
    with closing(announce(platform, raw, most)) as line:
        assert waits(line)


@pytest.mark.parametrize("length", [DELIVERY_BYTES, None], ids=["told", "not told"])
def test_so_much_of_one_channel_is_read_at_once_and_the_others_stay_open(tmp_path: Path, length: int | None) -> None:
    messenger, slack = PlayedMessenger().start(), PlayedSlack().start()
    with ExitStack() as stack:
        stack.callback(messenger.stop)
        stack.callback(slack.stop)
        port = stack.enter_context(web_process(tmp_path, **merged([messenger, slack])))
        messenger.assistant = slack.assistant = f"http://127.0.0.1:{port}"
        genuine = messenger.message("awa", "bonjour")
        lines = [announce(messenger, genuine, length) for _ in range(IN_FLIGHT_BYTES // DELIVERY_BYTES)]
        for line in lines:
            assert waits(line)
        refused = answered(announce(messenger, genuine, length))
        assert refused.startswith("HTTP/1.1 503 ")
        assert "retry-after: 5" in refused.lower()
        assert slack.deliver(slack.message("awa", "bonjour")) == 200
        for line in lines:
            line.close()
        wait_for("there is room again", lambda: messenger.deliver(genuine) == 200, 10, every=0.1)


def test_refusals_are_counted_each_and_said_once_a_minute(open_channel: OpenChannel, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING, "bot.web.webhooks")
    platform, _ = open_channel("telegram")
    bare = platform.forged(platform.message("awa", "bonjour"))[0]
    assert [platform.deliver(bare) for _ in range(5)] == [403] * 5
    assert caplog.text.count("a delivery on telegram was refused: wrong secret token (0 more since this was said)") == 1
    assert caplog.text.count("was refused") == 1
    figures = httpx.get(f"{platform.assistant}/metrics", trust_env=False).text
    assert 'cic_channel_total{channel="telegram",what="forged"} 5.0' in figures
