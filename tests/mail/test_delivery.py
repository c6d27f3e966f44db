"""The mailer against a real mail server: what counts as accepted, as not now, and as never."""

from __future__ import annotations

import asyncio
import logging
import socket
from pathlib import Path
from typing import Any

import pytest
from smtp_server import Postmaster, check_password, scripted_server, settings_for, smtp_server
from support.certificates import contexts

from bot.alerts import cause_of
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError, UncertainDeliveryError
from bot.mailer import Mailer

pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # the test server says so

BODY = b"Subject: essai\r\nMessage-ID: <1@association.example>\r\n\r\nBonjour\r\n.\r\nfin\r\n"
WITH_PASSWORD = {"authenticator": check_password, "auth_required": True, "auth_require_tls": False}


def send(postmaster: Postmaster, folder: Path, changes: dict[str, Any] | None = None, **options: Any) -> None:
    """Send one mail to a server that behaves so; the server's answers have 0.3 s each, the whole 1 s."""
    tls_context = options.pop("client_context", None)

    async def scene() -> None:
        async with smtp_server(postmaster, **options) as port:
            mailer = Mailer(settings_for(port, folder, **(changes or {})), tls_context, step_timeout=0.3, total_timeout=1)
            await mailer.send("awa@commune.example", BODY)

    asyncio.run(scene())


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("drops", [None, "at goodbye"])
def test_an_accepted_mail_arrives_byte_for_byte(tmp_path: Path, drops: str | None) -> None:
    postmaster = Postmaster(drops=drops)
    send(postmaster, tmp_path)
    assert (postmaster.accepted, postmaster.recipients) == ([BODY], ["awa@commune.example"])


@pytest.mark.parametrize(
    ("postmaster", "expected", "cause"),
    [
        (Postmaster(rcpt_reply="450 mailbox busy"), TemporaryDeliveryError, "450"),
        (Postmaster(rcpt_reply="550 no such user"), PermanentDeliveryError, "550"),
        (Postmaster(rcpt_reply="530 authentication required"), TemporaryDeliveryError, "530"),
        (Postmaster(mail_reply="451 try later"), TemporaryDeliveryError, "451"),
        (Postmaster(mail_reply="553 sender not allowed"), TemporaryDeliveryError, "553"),
        (Postmaster(data_reply="452 disk full"), TemporaryDeliveryError, "452"),
        (Postmaster(data_reply="554 looks like spam"), PermanentDeliveryError, "554"),
        (Postmaster(data_seconds=0.6), UncertainDeliveryError, "SMTPReadTimeoutError"),
        (Postmaster(drops="before the answer"), UncertainDeliveryError, "SMTPServerDisconnected"),
    ],
    ids=["rcpt 450", "rcpt 550", "rcpt 530", "mail 451", "mail 553", "data 452", "data 554", "silence", "dropped"],
)
def test_a_refusal_is_for_now_or_for_good(tmp_path: Path, postmaster: Postmaster, expected: type[DeliveryError], cause: str) -> None:
    with pytest.raises(DeliveryError) as caught:
        send(postmaster, tmp_path)
    assert type(caught.value) is expected
    assert "serveur de courrier" in str(caught.value)
    assert cause_of(str(caught.value)) == cause


def send_to_script(folder: Path, at_data: bytes | None, at_end: bytes | None = None, step: float = 0.3, total: float = 1) -> None:
    async def scene() -> None:
        async with scripted_server(at_data, at_end) as port:
            await Mailer(settings_for(port, folder), step_timeout=step, total_timeout=total).send("awa@commune.example", BODY)

    asyncio.run(scene())


@pytest.mark.parametrize(
    ("at_data", "at_end", "expected"),
    [
        (None, None, TemporaryDeliveryError),
        (b"", None, TemporaryDeliveryError),
        (b"451 try later\r\n", None, TemporaryDeliveryError),
        (b"what?\r\n", None, TemporaryDeliveryError),
        (b"354 go on\r\n", b"421 closing\r\n", TemporaryDeliveryError),
        (b"354 go on\r\n", b"554 no\r\n", PermanentDeliveryError),
        (b"354 go on\r\n", None, UncertainDeliveryError),
        (b"354 go on\r\n", b"", UncertainDeliveryError),
        (b"354 go on\r\n", b"250-half an answer\r\n", UncertainDeliveryError),
        (b"354 go on\r\n", b"what?\r\n", UncertainDeliveryError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else repr(value),
)
def test_only_a_mail_that_was_handed_over_and_not_answered_is_uncertain(
    tmp_path: Path, at_data: bytes | None, at_end: bytes | None, expected: type[DeliveryError]
) -> None:
    with pytest.raises(DeliveryError) as caught:
        send_to_script(tmp_path, at_data, at_end)
    assert type(caught.value) is expected
    assert cause_of(str(caught.value)) != "unknown"


@pytest.mark.parametrize(("at_data", "expected"), [(b"", TemporaryDeliveryError), (b"354 go on\r\n", UncertainDeliveryError)])
def test_time_that_is_up_for_the_whole_mail_is_uncertain_only_in_the_end(
    tmp_path: Path, at_data: bytes, expected: type[DeliveryError]
) -> None:
    with pytest.raises(DeliveryError) as caught:
        send_to_script(tmp_path, at_data, b"", step=5, total=0.3)
    assert (type(caught.value), cause_of(str(caught.value))) == (expected, "TimeoutError")


def test_every_answer_that_begins_with_a_2_is_acceptance(tmp_path: Path) -> None:
    send_to_script(tmp_path, b"354 go on\r\n", b"251 taken for somebody else\r\n")


@pytest.mark.parametrize("body", [b"Subject: a\n\n.b\n..", b"Subject: a\r\r.b\r..\r", BODY], ids=repr)
def test_lines_end_as_smtp_wants_and_their_dots_stay(tmp_path: Path, body: bytes) -> None:
    postmaster = Postmaster()

    async def scene() -> None:
        async with smtp_server(postmaster) as port:
            await Mailer(settings_for(port, tmp_path)).send("awa@commune.example", body)

    asyncio.run(scene())
    lines = body.replace(b"\r\n", b"\n").replace(b"\r", b"\n").removesuffix(b"\n").split(b"\n")
    assert postmaster.accepted == [b"\r\n".join([*lines, b""])]


def test_a_server_that_is_away_is_temporary(tmp_path: Path) -> None:
    with pytest.raises(TemporaryDeliveryError):
        asyncio.run(Mailer(settings_for(free_port(), tmp_path)).send("awa@commune.example", BODY))


def test_a_server_that_says_nothing_at_all_is_temporary(tmp_path: Path) -> None:
    async def scene() -> None:
        writers: list[asyncio.StreamWriter] = []
        server = await asyncio.start_server(lambda reader, writer: writers.append(writer), "127.0.0.1", 0)
        async with server:
            port = server.sockets[0].getsockname()[1]
            try:
                await Mailer(settings_for(port, tmp_path), step_timeout=5, total_timeout=0.2).send("awa@commune.example", BODY)
            finally:
                writers[0].close()
                await asyncio.sleep(0.01)

    with pytest.raises(TemporaryDeliveryError, match=r"0\.2 s"):
        asyncio.run(scene())


def test_a_mail_that_cannot_be_said_in_smtp_is_permanent(tmp_path: Path) -> None:
    with pytest.raises(PermanentDeliveryError):
        send(Postmaster(), tmp_path, {"mail_from": "é@association.example"})


def test_the_right_password_is_accepted(tmp_path: Path) -> None:
    postmaster = Postmaster()
    send(postmaster, tmp_path, {"smtp_user": "assistant", "smtp_password": "right"}, **WITH_PASSWORD)
    assert postmaster.accepted == [BODY]


@pytest.mark.parametrize(
    ("changes", "options", "said"),
    [
        ({"smtp_user": "assistant", "smtp_password": "wrong"}, WITH_PASSWORD, "CIC_SMTP_PASSWORD"),
        ({}, WITH_PASSWORD, "CIC_SMTP_USER"),
        ({"smtp_tls": "starttls"}, {}, "CIC_SMTP_TLS"),
    ],
    ids=["wrong password", "no password", "no starttls"],
)
def test_a_wrong_setting_is_named_in_the_log_and_loses_no_mail(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, changes: dict[str, Any], options: dict[str, Any], said: str
) -> None:
    with caplog.at_level(logging.ERROR, logger="bot.mailer"), pytest.raises(TemporaryDeliveryError):
        send(Postmaster(), tmp_path, changes, **options)
    assert said in caplog.text
    assert "@" not in caplog.text
    assert "wrong" not in caplog.text


@pytest.mark.parametrize("mode", ["tls", "starttls"])
@pytest.mark.parametrize("trusted", [True, False], ids=["trusted", "not trusted"])
def test_mail_is_encrypted_and_only_to_a_server_that_can_be_trusted(tmp_path: Path, mode: str, trusted: bool) -> None:
    server_context, trusting = contexts(tmp_path, "127.0.0.1")
    client_context = trusting if trusted else None
    wrapped: dict[str, Any] = {"tls": server_context} if mode == "tls" else {"tls_context": server_context, "require_starttls": True}
    postmaster = Postmaster()
    if trusted:
        send(postmaster, tmp_path, {"smtp_tls": mode}, client_context=client_context, **wrapped)
        assert postmaster.accepted == [BODY]
    else:
        with pytest.raises(TemporaryDeliveryError):
            send(postmaster, tmp_path, {"smtp_tls": mode}, client_context=client_context, **wrapped)
        assert postmaster.accepted == []
