"""Calls to a platform over HTTP: what its answer means, and whether what was sent may have arrived when there is none."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.benchmarks.ports import free_ports
from bot.channels.model import AccessError, BusyError
from bot.channels.wire import ANSWER_BYTES, CONNECT_SECONDS, LONGEST_WAIT, TOTAL_SECONDS, Answer, Wire, refuse
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError, UncertainDeliveryError

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SHORT = aiohttp.ClientTimeout(total=0.3, connect=0.2)


def answering(raw: bytes) -> Serve:
    """A server that answers a request with these bytes, and closes."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        with suppress(ConnectionError):
            await writer.drain()

    return serve


def told(status: str, body: bytes = b"{}", *headers: str) -> Serve:
    head = "\r\n".join([f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers])
    return answering(f"{head}\r\n\r\n".encode() + body)


async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    await reader.read()  # until the client gives up


async def vanishing(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


@asynccontextmanager
async def served(serve: Serve) -> AsyncIterator[str]:
    """Where such a server listens; at its end every one of its connections is closed."""
    handled: list[asyncio.Task[None]] = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        finally:
            writer.close()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(lambda *ends: handled.append(asyncio.create_task(handle(*ends))), "127.0.0.1", 0)
    try:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}/x"
    finally:
        await asyncio.gather(*handled)
        server.close()
        await server.wait_closed()


async def post(url: str, timeout: aiohttp.ClientTimeout | None = None) -> Answer:
    wire = Wire(timeout) if timeout else Wire()
    try:
        return await wire.call("POST", url, json={"text": "Bonjour"})
    finally:
        await wire.close()


def call(serve: Serve, timeout: aiohttp.ClientTimeout | None = None, scheme: str = "http") -> Answer:
    """One call to a server that answers so."""

    async def run() -> Answer:
        async with served(serve) as place:
            return await post(f"{scheme}://{place}", timeout)

    return asyncio.run(run())


def answer(status: int, retry_after: str | None = None) -> Answer:
    return Answer(status, {} if retry_after is None else {"retry-after": retry_after}, b"")


def test_an_answer_is_its_status_its_headers_in_small_letters_and_its_body() -> None:
    found = call(told("201 Created", b'{"ok": true}', "X-Request-ID: 7"))
    assert (found.status, found.headers["x-request-id"], found.json()) == (201, "7", {"ok": True})


@pytest.mark.parametrize("body", [b"", b"<html>", b"[1]", b"\xff", b"[" * 100_000, b"9" * 5000])
def test_what_is_no_json_object_is_an_empty_one(body: bytes) -> None:
    assert Answer(200, {}, body).json() == {}


def test_a_redirect_is_not_followed_and_refuses_the_message() -> None:
    found = call(told("307 Temporary Redirect", b"", "Location: http://127.0.0.1:9/"))
    assert found.status == 307
    with pytest.raises(PermanentDeliveryError):
        refuse(found)


def test_of_a_huge_body_only_the_beginning_is_read() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % (8 * ANSWER_BYTES) + b"x" * (8 * ANSWER_BYTES))
        with suppress(OSError):  # who has read enough goes away
            await reader.read()

    found = call(serve)
    assert ANSWER_BYTES <= len(found.body) < 2 * ANSWER_BYTES


def test_a_body_in_pieces_is_read_to_its_end() -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\nConnection: close\r\n\r\n")
        for piece in (b'{"ok"', b": tr", b"ue}"):
            await writer.drain()
            await asyncio.sleep(0)
            writer.write(piece)
        await writer.drain()

    assert call(serve).json() == {"ok": True}


# --- no answer ---


@pytest.mark.parametrize("url", [None, "https://127.0.0.1:9/x", "http://[x/", "nothing"])
def test_a_refused_connection_or_an_address_that_leads_nowhere_has_sent_nothing(url: str | None) -> None:
    with pytest.raises(TemporaryDeliveryError) as raised:
        asyncio.run(post(url or f"http://127.0.0.1:{free_ports(1)[0]}/x"))
    assert not isinstance(raised.value, UncertainDeliveryError)


def test_a_handshake_that_takes_too_long_has_sent_nothing() -> None:
    async def never(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(1 << 16):
            pass

    with pytest.raises(TemporaryDeliveryError) as raised:
        call(never, aiohttp.ClientTimeout(total=20, connect=0.2), "https")
    assert not isinstance(raised.value, UncertainDeliveryError)


def test_a_name_that_is_looked_up_for_too_long_has_sent_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: object, **__: object) -> list[Any]:
        return await asyncio.Event().wait() and []

    monkeypatch.setattr(aiohttp.ThreadedResolver, "resolve", never)
    with pytest.raises(TemporaryDeliveryError) as raised:
        asyncio.run(post("https://platform.example/x", aiohttp.ClientTimeout(total=20, connect=0.2)))
    assert not isinstance(raised.value, UncertainDeliveryError)


def test_by_default_everything_before_the_request_is_within_the_time_to_connect() -> None:
    timeout = Wire()._timeout
    assert timeout.connect == CONNECT_SECONDS < TOTAL_SECONDS == timeout.total


@pytest.mark.parametrize(
    ("serve", "timeout"),
    [
        (silent, SHORT),
        (vanishing, None),
        (answering(b"nothing like HTTP\r\n\r\n"), None),
        (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"), None),
    ],
    ids=["silent", "closes", "no HTTP", "half an answer"],
)
def test_whoever_took_the_request_and_does_not_answer_may_have_the_message(serve: Serve, timeout: aiohttp.ClientTimeout | None) -> None:
    with pytest.raises(UncertainDeliveryError) as raised:
        call(serve, timeout=timeout)
    assert "127.0.0.1" not in str(raised.value)


def test_connections_are_opened_again_after_they_were_closed() -> None:
    async def run() -> list[int]:
        async with served(told("200 OK")) as place:
            wire, found = Wire(), []
            for _ in range(2):
                found.append((await wire.call("GET", f"http://{place}")).status)
                await wire.close()
            await wire.close()
            return found

    assert asyncio.run(run()) == [200, 200]


# --- what a status means ---


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_a_success_raises_nothing(status: int) -> None:
    refuse(answer(status))


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (301, PermanentDeliveryError),
        (400, PermanentDeliveryError),
        (401, AccessError),
        (403, AccessError),
        (404, PermanentDeliveryError),
        (408, BusyError),
        (413, PermanentDeliveryError),
        (425, BusyError),
        (429, BusyError),
        (500, BusyError),
        (503, BusyError),
        (599, BusyError),
    ],
)
def test_every_other_status_is_an_error_that_names_it(status: int, kind: type[DeliveryError]) -> None:
    with pytest.raises(DeliveryError) as raised:
        refuse(answer(status, "7"), "E42")
    assert type(raised.value) is kind
    assert f"{status} E42" in str(raised.value)
    if isinstance(raised.value, BusyError):
        assert (raised.value.seconds, raised.value.everybody) == (7.0, status == 429)


def test_a_wait_that_stands_elsewhere_goes_before_the_header() -> None:
    with pytest.raises(BusyError) as raised:
        refuse(answer(429, "7"), seconds=30.0)
    assert raised.value.seconds == 30.0


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, 0),
        ("", 0),
        ("120", 120),
        (" 0.5 ", 0.5),
        ("-5", 0),
        ("999999999", LONGEST_WAIT),
        ("inf", 0),
        ("nan", 0),
        ("bientôt", 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2999 07:28:00 GMT", LONGEST_WAIT),
        ("Wed, 21 Oct 2999 07:28:00 -0000", 0),
        ("Wed, 21 Oct 99999 07:28:00 GMT", 0),
        ("Wed, 21 Oct 2099 07:28:00 +99999999999999999999", 0),
    ],
)
def test_retry_after_is_a_number_or_a_date_and_believed_within_reason(header: str | None, seconds: float) -> None:
    assert answer(429, header).retry_after == seconds


def test_retry_after_as_a_date_is_counted_from_now() -> None:
    now = time.time()
    date = format_datetime(datetime.fromtimestamp(now, timezone.utc) + timedelta(seconds=300), usegmt=True)
    assert 0 < answer(503, date).retry_after <= 300


@given(st.text(max_size=40) | st.from_regex(r"\w{3}, \d{1,3} (Jan|Oct) \d{1,6} \d\d:\d\d:\d\d [+-]?\d{0,30}", fullmatch=True))
def test_retry_after_may_be_any_nonsense(header: str) -> None:
    assert 0 <= answer(429, header).retry_after <= LONGEST_WAIT
