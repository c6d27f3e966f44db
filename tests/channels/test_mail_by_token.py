"""Mail servers that take a token and no password (XOAUTH2): a mailbox on a real Dovecot, mails through real SMTP servers."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import ssl
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from email.message import EmailMessage
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from mail.smtp_server import Postmaster, smtp_server
from support.certificates import certificate, contexts
from support.dovecot import PASSWORD, Dovecot
from support.token_service import Reply, TokenService
from support.waiting import wait_for

from bot.channel_settings import Mailbox
from bot.channels import mail
from bot.channels.mail import MailConnector
from bot.channels.mailbox import ImapMailbox, MailboxError
from bot.channels.model import Bubble, Failure, Health, Incoming
from bot.config import Settings, load_settings
from bot.errors import TemporaryDeliveryError
from bot.mail_access import MailAccessError, MailTokens
from bot.mailer import Mailer
from bot.storage import utc_now

ADDRESS = "cic@association.example"
BODY = b"Subject: essai\r\n\r\nBonjour\r\n"
OAUTH = "auth_mechanisms = plain xoauth2\npassdb {\n  driver = oauth2\n  mechanisms = xoauth2\n  args = {folder}/oauth2.conf\n}\n"
EXPIRED = Reply(401, {"error": "invalid_client", "error_description": "AADSTS7000222: the secret of Awa is expired"})


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(mail, "FIRST_WAIT", 0.05)


@pytest.fixture(scope="module")
def shared() -> Iterator[TokenService]:
    service = TokenService()
    yield service
    service.close()


@pytest.fixture
def service(shared: TokenService, request: pytest.FixtureRequest) -> TokenService:
    """Its tokens open a mailbox of its own for each test."""
    shared.user, shared.reply = f"{abs(hash(request.node.name))}@association.example", None
    shared.revoke()
    shared.posted.clear()
    return shared


@dataclass
class Trusted:
    """A Dovecot that asks the service whom a token is for, and who trusts its certificate."""

    server: Dovecot
    context: ssl.SSLContext


@pytest.fixture(scope="module")
def imap(shared: TokenService, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trusted]:
    path = tmp_path_factory.mktemp("tls") / "certificate.pem"
    path.write_bytes(certificate("127.0.0.1"))
    asks = f"introspection_url = {shared.introspection}\nintrospection_mode = post\nusername_attribute = user\n"
    asks += "active_attribute = active\nactive_value = true\n"
    server = Dovecot(tls=path.read_bytes(), more=OAUTH, files={"oauth2.conf": asks.encode()})
    server.start()
    yield Trusted(server, ssl.create_default_context(cafile=str(path)))
    server.remove()


@dataclass(kw_only=True)
class Asked(Postmaster):
    """What a mail server with XOAUTH2 does: it takes the good tokens of a service; others it refuses as Google or as Microsoft does."""

    service: TokenService
    explains: bool = False
    seen: list[str] = field(default_factory=list)

    async def auth_XOAUTH2(self, server: SMTP, args: list[str]) -> AuthResult:
        user, token, *_ = base64.b64decode(args[1]).decode().split("\1")
        self.seen.append(token.removeprefix("auth=Bearer "))
        if user == f"user={self.service.user}" and self.service.is_good(self.seen[-1]):
            return AuthResult(success=True, auth_data=user)
        if self.explains:
            said = await server.challenge_auth(json.dumps({"status": "401"}), encode_to_b64=True)
            assert said == b"", "nothing is to be answered to the error"
        await server.push("535 5.7.3 Authentication unsuccessful for Awa")
        return AuthResult(success=False, handled=True)


OPTIONS: dict[str, Any] = {"auth_required": True, "auth_require_tls": False, "auth_exclude_mechanism": ["LOGIN", "PLAIN"]}
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")  # the test server says so


def box(imap: Trusted, service: TokenService, tls: str = "tls") -> Mailbox:
    port = imap.server.tls_port if tls == "tls" else imap.server.port
    return Mailbox(ADDRESS, "127.0.0.1", service.user, access=service.access, port=port, tls=tls)


def a_mail() -> bytes:
    message = EmailMessage()
    message["From"], message["To"], message["Message-ID"] = "awa@commune.example", ADDRESS, "<1@commune.example>"
    message.set_content("Quel est le budget ?\n")
    return message.as_bytes()


def put(imap: Trusted, service: TokenService) -> None:
    client = imap.server.client(service.user)
    assert client.append("INBOX", "", "", a_mail())[0] == "OK"
    client.logout()


def settings_for(service: TokenService, folder: Path, port: int, **changes: Any) -> Settings:
    known = Settings(folder, "sqlite://", smtp_port=port, smtp_user=service.user, mail_access=service.access, mail_from=ADDRESS)
    return replace(known, **changes)


# --- the mailbox ---


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_a_mailbox_is_read_with_a_token_alone(imap: Trusted, service: TokenService, tls: str) -> None:
    put(imap, service)
    with closing(ImapMailbox(box(imap, service, tls), utc_now, imap.context, MailTokens(service.access))) as reader:
        reader.open()
        (found,) = reader.unread(20)
        assert b"Quel est le budget ?" in found.raw
        reader.mark_taken([found.uid])
        assert reader.unread(20) == []


def test_a_token_that_the_mailbox_refuses_is_replaced_at_the_next_attempt(imap: Trusted, service: TokenService) -> None:
    tokens = MailTokens(service.access)
    first = tokens.token_now()
    service.revoke()
    for _ in range(2):
        with closing(ImapMailbox(box(imap, service), utc_now, imap.context, tokens)) as reader:
            if tokens.token_now() == first:
                with pytest.raises(MailboxError, match="CIC_MAIL_OAUTH_URL pour CIC_IMAP_USER") as caught:
                    reader.open()
                assert caught.value.refused
                assert first not in str(caught.value)
            else:
                reader.open()
    assert len(service.posted) == 2


def test_a_token_does_not_open_the_mailbox_of_another(imap: Trusted, service: TokenService) -> None:
    other = replace(box(imap, service), user="quelquun@association.example")
    with closing(ImapMailbox(other, utc_now, imap.context, MailTokens(service.access))) as reader, pytest.raises(MailboxError) as caught:
        reader.open()
    assert caught.value.refused


class Refusing(StreamRequestHandler):
    """A mailbox that tells an error before it refuses, and wants nothing but an empty line to it (as Google's)."""

    def handle(self) -> None:
        self.wfile.write(b"* OK ready\r\n")
        while line := self.rfile.readline().split():
            if line[1] == b"AUTHENTICATE":
                for challenge in (b"", base64.b64encode(b'{"status": "401"}')):
                    self.wfile.write(b"+ " + challenge + b"\r\n")
                    self.server.heard.append(base64.b64decode(self.rfile.readline()))  # type: ignore[attr-defined]
                self.wfile.write(line[0] + b" NO [AUTHENTICATIONFAILED] no\r\n")
            else:
                self.wfile.write(b"* CAPABILITY IMAP4rev1 AUTH=XOAUTH2\r\n" + line[0] + b" OK done\r\n")


def test_a_token_is_not_said_a_second_time_to_a_mailbox_that_explains_its_refusal(service: TokenService) -> None:
    with ThreadingTCPServer(("127.0.0.1", 0), Refusing) as server:
        server.daemon_threads, server.heard = True, []  # type: ignore[attr-defined]
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        settings = Mailbox(ADDRESS, "127.0.0.1", "cic", access=service.access, port=server.server_address[1], tls="none")
        with closing(ImapMailbox(settings, utc_now, None, MailTokens(service.access))) as reader, pytest.raises(MailboxError) as caught:
            reader.open()
        server.shutdown()
    assert caught.value.refused
    assert server.heard == [f"user=cic\1auth=Bearer {service.given[-1]}\1\1".encode(), b""]  # type: ignore[attr-defined]


@pytest.mark.parametrize(("reply", "refused"), [(EXPIRED, True), (Reply(503, b""), False)], ids=["refused", "away"])
def test_a_mailbox_without_a_token_waits(imap: Trusted, service: TokenService, reply: Reply, refused: bool) -> None:
    service.reply = reply
    with closing(ImapMailbox(box(imap, service), utc_now, imap.context, MailTokens(service.access))) as reader:
        with pytest.raises(MailboxError, match="AADSTS7000222" if refused else "HTTPStatusError") as caught:
            reader.open()
        assert caught.value.refused is refused


# --- the mail server ---


@pytest.mark.parametrize("mode", ["none", "starttls", "tls"])
def test_a_mail_leaves_with_a_token_alone(service: TokenService, tmp_path: Path, mode: str) -> None:
    server_side, client_side = contexts(tmp_path, "127.0.0.1")
    ways: dict[str, dict[str, Any]] = {"tls": {"tls": server_side}, "starttls": {"tls_context": server_side, "require_starttls": True}}
    handler = Asked(service=service)

    async def scene() -> None:
        async with smtp_server(handler, **OPTIONS, **ways.get(mode, {})) as port:
            mailer = Mailer(settings_for(service, tmp_path, port, smtp_tls=mode), client_side)
            await mailer.send("awa@commune.example", BODY)
            await mailer.send("awa@commune.example", BODY)

    asyncio.run(scene())
    assert handler.accepted == [BODY, BODY]
    assert handler.seen == [service.given[-1]] * 2
    assert len(service.posted) == 1


@pytest.mark.parametrize("explains", [False, True], ids=["as Microsoft", "as Google"])
def test_a_token_that_the_mail_server_refuses_is_replaced_and_loses_no_mail(
    service: TokenService, tmp_path: Path, caplog: pytest.LogCaptureFixture, explains: bool
) -> None:
    handler = Asked(service=service, explains=explains)

    async def scene() -> None:
        async with smtp_server(handler, **OPTIONS) as port:
            mailer = Mailer(settings_for(service, tmp_path, port))
            await mailer.check()
            service.revoke()
            with pytest.raises(TemporaryDeliveryError, match="535"):
                await mailer.send("awa@commune.example", BODY)
            await mailer.send("awa@commune.example", BODY)

    asyncio.run(scene())
    assert handler.accepted == [BODY]
    assert "CIC_MAIL_OAUTH_" in caplog.text
    assert not any(token in caplog.text for token in service.given)


def test_the_mail_server_is_told_nothing_without_a_token(service: TokenService, tmp_path: Path) -> None:
    handler = Asked(service=service)
    service.reply = EXPIRED

    async def scene() -> None:
        async with smtp_server(handler, **OPTIONS) as port:
            with pytest.raises(TemporaryDeliveryError, match="refuse nos réglages CIC_MAIL_OAUTH_… : AADSTS7000222"):
                await Mailer(settings_for(service, tmp_path, port)).send("awa@commune.example", BODY)

    asyncio.run(scene())
    assert (handler.seen, handler.accepted) == ([], [])


def test_a_mail_server_that_knows_no_tokens_is_said_to_the_operator(
    service: TokenService, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def scene() -> None:
        async with smtp_server(Postmaster()) as port:
            with pytest.raises(TemporaryDeliveryError, match="XOAUTH2"):
                await Mailer(settings_for(service, tmp_path, port)).send("awa@commune.example", BODY)

    asyncio.run(scene())
    assert "CIC_SMTP_USER" in caplog.text
    assert service.posted == []


# --- the whole channel ---


def environ(imap: Trusted, service: TokenService, smtp_port: int) -> dict[str, str]:
    """The settings of somebody who has no password at all."""
    return service.environ | {
        "CIC_MAILBOX": ADDRESS,
        "CIC_IMAP_HOST": "127.0.0.1",
        "CIC_IMAP_PORT": str(imap.server.tls_port),
        "CIC_IMAP_USER": service.user,
        "CIC_SMTP_HOST": "127.0.0.1",
        "CIC_SMTP_PORT": str(smtp_port),
        "CIC_SMTP_USER": service.user,
    }


def connector(imap: Trusted, service: TokenService, smtp_port: int) -> MailConnector:
    settings = load_settings(environ(imap, service, smtp_port), None)
    assert settings.channels.mailbox
    return MailConnector(settings.channels.mailbox, settings, tls_context=imap.context)


def test_the_channel_fetches_and_answers_with_tokens_alone(imap: Trusted, service: TokenService, caplog: pytest.LogCaptureFixture) -> None:
    put(imap, service)
    caplog.set_level(logging.INFO)
    handler = Asked(service=service)
    stored: list[Incoming] = []

    async def accept(messages: Sequence[Incoming], failures: Sequence[Failure] = ()) -> None:
        stored.extend(messages)

    async def scene() -> Health:
        async with smtp_server(handler, **OPTIONS) as port:
            ours, stop = connector(imap, service, port), asyncio.Event()
            fetching = asyncio.create_task(ours.fetch(accept, stop))
            await asyncio.to_thread(wait_for, "the mail is fetched", lambda: stored, 20, 0.02)
            stop.set()
            await asyncio.wait_for(fetching, 20)
            await ours.send(stored[0].address, stored[0].context, ours.dress(Bubble("Huit millions.")), "0" * 64)
            return await ours.check()

    assert asyncio.run(scene()).valid is True
    assert stored[0].text == "Quel est le budget ?"
    assert b"Huit millions." in handler.accepted[0]
    assert not any(token in caplog.text for token in service.given)


@pytest.mark.parametrize(("reply", "valid", "told"), [(EXPIRED, False, "AADSTS7000222"), (Reply(503, b""), None, "HTTPStatusError")])
@pytest.mark.parametrize("by_password", [False, True], ids=["both servers", "the mail server alone"])
def test_the_check_says_that_no_token_is_had(
    imap: Trusted, service: TokenService, reply: Reply, valid: bool | None, told: str, by_password: bool
) -> None:
    service.reply = reply

    async def scene() -> tuple[Health, str]:
        async with smtp_server(Asked(service=service), **OPTIONS) as port:
            ours = connector(imap, service, port)
            if by_password:
                settings = load_settings(environ(imap, service, port) | {"CIC_IMAP_PASSWORD": PASSWORD}, None)
                assert settings.channels.mailbox
                ours = MailConnector(settings.channels.mailbox, settings, tls_context=imap.context)
            with pytest.raises(TemporaryDeliveryError) as caught:
                await ours.send({"email": "awa@commune.example"}, {}, {"text": "Oui."}, "0" * 64)
            return await ours.check(), str(caught.value)

    health, said = asyncio.run(scene())
    assert (health.valid, health.detail) == (valid, said)
    assert told in said
    assert "Awa" not in said


def test_what_kept_an_answer_from_leaving_is_no_cause_of_itself(imap: Trusted, service: TokenService) -> None:
    service.reply = EXPIRED

    async def scene() -> BaseException | None:
        async with smtp_server(Asked(service=service), **OPTIONS) as port:
            with pytest.raises(TemporaryDeliveryError) as caught:
                await connector(imap, service, port).send({"email": "awa@commune.example"}, {}, {"text": "Oui."}, "0" * 64)
            return caught.value.__cause__

    assert isinstance(asyncio.run(scene()), MailAccessError)
