"""The mailbox and the mails that leave, on a real IMAP server and a real mail server."""

from __future__ import annotations

import asyncio
import email
import email.policy
import logging
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from imaplib import Time2Internaldate
from pathlib import Path
from typing import Any

import pytest
from conftest import OpenChannel
from mail.smtp_server import Postmaster, check_password, smtp_server
from sqlalchemy import select
from support.certificates import contexts
from support.dovecot import PASSWORD, Dovecot
from support.mailbox import Mailbox as PlayedSmtp
from support.mailbox import text_of
from support.platforms.mail import PlayedMail
from support.waiting import wait_for

from bot.channel_settings import Mailbox
from bot.channels import mail
from bot.channels.mail import ALL, SAME, LoopGuard, MailConnector
from bot.channels.mailbox import ImapMailbox, MailboxError
from bot.channels.model import Bubble, Failure, Health, Incoming
from bot.config import Settings
from bot.errors import PermanentDeliveryError, StorageError, TemporaryDeliveryError, UncertainDeliveryError
from bot.storage import REPLY_FAILED, REPLY_SENT, channel_messages, channel_replies, utc_now
from bot.text import typeset

ADDRESS = "cic@association.example"
THREAD = {"subject": "Programme CIC", "id": "<3@commune.example>", "references": ["<1@commune.example>", "<2@commune.example>"]}
PERSON = {"email": "awa@commune.example"}


@pytest.fixture(scope="module")
def imap() -> Iterator[Dovecot]:
    server = Dovecot()
    server.start()
    yield server
    server.remove()


@pytest.fixture
def smtp() -> Iterator[PlayedSmtp]:
    server = PlayedSmtp()
    server.open()
    yield server
    server.close()


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mail, "POLL_SECONDS", 0.02)
    monkeypatch.setattr(mail, "FIRST_WAIT", 0.05)


@dataclass
class Fetched:
    """What a connector stores, and what it cannot store: so many times the database is away."""

    stored: list[Incoming] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    away: int = 0

    async def __call__(self, messages: Sequence[Incoming], failures: Sequence[Failure] = ()) -> None:
        if self.away:
            self.away -= 1
            raise StorageError("the database is away")
        self.stored += messages
        self.failures += failures


@dataclass
class Box:
    """A mailbox of its own for one test, as the people see it who read it too."""

    server: Dovecot
    user: str
    settings: Mailbox

    def put(self, raw: bytes, flags: str = "", days: int = 0) -> None:
        arrived = Time2Internaldate(utc_now() - timedelta(days=days))
        with closing_client(self) as client:
            assert client.append("INBOX", flags, arrived, raw)[0] == "OK"

    def flags(self) -> list[set[str]]:
        with closing_client(self) as client:
            _, found = client.fetch("1:*", "(FLAGS)")
        lines = [line.decode() for line in found if line]
        return [set(line.partition("FLAGS (")[2].partition(")")[0].split()) - {"\\Recent"} for line in lines]

    def unsee(self) -> None:
        with closing_client(self) as client:
            client.store("1:*", "-FLAGS", "(\\Seen)")


def closing_client(box: Box) -> Any:
    client = box.server.client(box.user)

    class Client:
        def __enter__(self) -> Any:
            return client

        def __exit__(self, *_: object) -> None:
            client.logout()

    return Client()


@pytest.fixture
def box(imap: Dovecot, request: pytest.FixtureRequest) -> Box:
    return a_box(imap, request.node.name)


def a_box(server: Dovecot, name: str) -> Box:
    user = f"{abs(hash(name))}@association.example"
    return Box(server, user, Mailbox(ADDRESS, "127.0.0.1", user, PASSWORD, port=server.port, tls="none"))


def a_mail(text: str = "Quel est le budget ?\n", number: int = 1, **fields: str) -> bytes:
    message = EmailMessage(email.policy.SMTP)
    for name, value in ({"From": "awa@commune.example", "To": ADDRESS, "Message_ID": f"<{number}@commune.example>"} | fields).items():
        message[name.replace("_", "-")] = value
    message.set_content(text)
    return message.as_bytes()


def connector(box: Box, smtp_port: int = 1, clock: Callable[[], datetime] = utc_now, **changes: Any) -> MailConnector:
    settings = Settings(Path("/nonexistent"), "sqlite://", smtp_port=smtp_port, mail_from="assistant@association.example", **changes)
    return MailConnector(box.settings, settings, clock)


def fetch_until(box: Box, accept: Fetched, done: Callable[[], bool], meanwhile: Callable[[], None] = lambda: None) -> None:
    """Fetch as the web process does, until something is so."""

    async def run() -> None:
        stop = asyncio.Event()
        fetching = asyncio.create_task(connector(box).fetch(accept, stop))
        await asyncio.to_thread(meanwhile)
        await asyncio.to_thread(wait_for, "what the test waits for", done, 20, 0.02)
        stop.set()
        await asyncio.wait_for(fetching, 20)

    asyncio.run(run())


def taken(box: Box, number: int) -> Callable[[], bool]:
    return lambda: sum("\\Seen" in found for found in box.flags()) == number


# --- the mailbox ---


def test_a_mail_is_stored_then_marked_as_read_by_us(box: Box) -> None:
    box.put(a_mail())
    accept = Fetched()
    fetch_until(box, accept, taken(box, 1))
    assert [item.text for item in accept.stored] == ["Quel est le budget ?"]
    assert box.flags() == [{"\\Seen", "$CicLu"}]


def test_what_is_not_answered_stays_unread_for_people_and_says_why(box: Box) -> None:
    box.put(a_mail(Auto_Submitted="auto-replied"))
    box.put(a_mail(number=2, To="maire@commune.example", Cc=ADDRESS))
    box.put(a_mail(number=3, From=ADDRESS))
    box.put(a_mail(number=4, From="assistant@association.example"))
    accept = Fetched()
    fetch_until(box, accept, lambda: all("$CicLaisse" in found for found in box.flags()))
    whys = ("$CicAutomatique", "$CicCopie", "$CicBoucle", "$CicBoucle")
    assert box.flags() == [{"$CicLaisse", why} for why in whys]
    assert accept.stored == []


def test_where_the_server_judges_senders_without_a_name_its_word_on_top_decides(box: Box) -> None:
    word = b"Authentication-Results: spf=pass (sender IP is 192.0.2.1)\r\n smtp.mailfrom=commune.example;dmarc=pass action=none\r\n"
    word += b" header.from=commune.example;compauth=pass reason=100\r\n"
    box.settings = replace(box.settings, authserv="sans-nom")
    box.put(word + a_mail(number=1))
    box.put(b"Authentication-Results: mx.ailleurs.example; dmarc=fail header.from=commune.example\r\n" + word + a_mail(number=2))
    accept = Fetched()
    fetch_until(box, accept, lambda: any("$CicLaisse" in found for found in box.flags()) and taken(box, 1)())
    assert [item.platform_id.split()[0] for item in accept.stored] == ["<1@commune.example>"]
    assert box.flags() == [{"\\Seen", "$CicLu"}, {"$CicLaisse", "$CicFaux"}]


def test_what_people_have_read_before_us_and_what_is_old_is_theirs(box: Box) -> None:
    box.put(a_mail(number=1), flags="(\\Seen)")
    box.put(a_mail(number=2), days=7)
    box.put(a_mail(number=3), days=4)
    accept = Fetched()
    fetch_until(box, accept, taken(box, 2))
    assert [item.platform_id.split()[0] for item in accept.stored] == ["<3@commune.example>"]
    assert box.flags() == [{"\\Seen"}, set(), {"\\Seen", "$CicLu"}]


def test_what_could_not_be_stored_is_not_marked_and_fetched_again(box: Box) -> None:
    box.put(a_mail())
    accept = Fetched(away=2)
    fetch_until(box, accept, taken(box, 1))
    assert (accept.away, len(accept.stored)) == (0, 1)


def test_what_was_stored_and_not_marked_comes_again_as_the_same_message(box: Box) -> None:
    box.put(a_mail())
    accept = Fetched()
    fetch_until(box, accept, taken(box, 1))
    box.unsee()
    fetch_until(box, accept, taken(box, 1))
    assert len(accept.stored) == 2
    assert len({item.platform_id for item in accept.stored}) == 1


def test_many_mails_are_all_fetched_the_oldest_first(box: Box) -> None:
    with closing_client(box) as client:
        for number in range(45):
            client.append("INBOX", "", "", a_mail(f"question {number}\n", number))
    accept = Fetched()
    fetch_until(box, accept, taken(box, 45))
    assert [item.text for item in accept.stored] == [f"question {number}" for number in range(45)]


def test_a_large_mail_is_read_without_fetching_all_of_it(box: Box) -> None:
    message = email.message_from_bytes(a_mail(), EmailMessage, policy=email.policy.SMTP)
    message.add_attachment(b"\xff" * 4_000_000, "image", "jpeg", filename="photo.jpg")
    box.put(message.as_bytes())
    with closing(ImapMailbox(box.settings, utc_now)) as reader:
        reader.open()
        (found,) = reader.unread(20)
    assert len(found.raw) == 256 * 1024
    accept = Fetched()
    fetch_until(box, accept, taken(box, 1))
    assert accept.stored[0].text == "Quel est le budget ?"


def test_a_server_that_goes_away_is_found_again(caplog: pytest.LogCaptureFixture) -> None:
    server = Dovecot()
    server.start()
    box, accept = a_box(server, "away"), Fetched()

    def away_and_back() -> None:
        wait_for("the first mail", lambda: len(accept.stored) == 1)
        server.stop()
        wait_for("the connector notices", lambda: "the mailbox waits" in caplog.text)
        server.start()
        box.put(a_mail(number=2))

    try:
        box.put(a_mail(number=1))
        fetch_until(box, accept, lambda: len(accept.stored) == 2, meanwhile=away_and_back)
    finally:
        server.remove()
    assert box.user not in caplog.text


def test_where_the_server_keeps_no_keywords_mails_are_marked_as_read_alone() -> None:
    rights = "mail_plugins = acl\nplugin {\n  acl = vfile:{folder}/rights\n}\n"
    server = Dovecot(more=rights, files={"rights": b"* owner lrsip\n"})
    server.start()
    try:
        box, accept = a_box(server, "no keywords"), Fetched()
        box.put(a_mail(Precedence="bulk"))
        box.put(a_mail(number=2))
        fetch_until(box, accept, taken(box, 1))
        assert box.flags() == [set(), {"\\Seen"}]
        with closing(ImapMailbox(box.settings, utc_now)) as reader:
            reader.open()
            (left,) = reader.unread(20)
            reader.mark_left([left.uid], "automatique")
            assert reader.unread(20) == []
    finally:
        server.remove()


@pytest.fixture(scope="module")
def encrypted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Dovecot, ssl.SSLContext]]:
    """A server with a certificate of its own, and who trusts it."""
    folder = tmp_path_factory.mktemp("tls")
    _, trusting = contexts(folder, "127.0.0.1")
    server = Dovecot(tls=(folder / "certificate.pem").read_bytes())
    server.start()
    yield server, trusting
    server.remove()


@pytest.mark.parametrize("tls", ["tls", "starttls"])
def test_the_mailbox_is_read_over_tls_and_only_from_a_server_that_can_be_trusted(
    encrypted: tuple[Dovecot, ssl.SSLContext], tls: str
) -> None:
    server, context = encrypted
    settings = replace(a_box(server, tls).settings, tls=tls, port=server.tls_port if tls == "tls" else server.port)
    with closing(ImapMailbox(settings, utc_now, context)) as reader:
        reader.open()
        assert reader.unread(20) == []
    with closing(ImapMailbox(settings, utc_now)) as reader, pytest.raises(MailboxError, match="SSLCertVerificationError") as told:
        reader.open()
    assert not told.value.refused


# --- what leaves ---


def send(sending: MailConnector, text: str = "L’enveloppe est de 8 100 000 €.", key: str = "0" * 64, **context: Any) -> str | None:
    return asyncio.run(sending.send(PERSON, THREAD | context, sending.dress(Bubble(text)), key))


def test_an_answer_stands_in_its_thread_and_says_that_it_is_automatic(box: Box, smtp: PlayedSmtp) -> None:
    paragraph = "Le Programme soutient des partenariats entre communes. " * 8
    ident = send(connector(box, smtp.port), f"{paragraph}\n\n1. Oui\n2. Non")
    (mail_,) = smtp.all()
    assert ident == mail_["Message-ID"] == f"<cic.{'0' * 64}@association.example>"
    assert mail_["Subject"] == "Re: Programme CIC"
    assert mail_["In-Reply-To"] == "<3@commune.example>"
    assert str(mail_["References"]).split() == ["<1@commune.example>", "<2@commune.example>", "<3@commune.example>"]
    assert (mail_["Auto-Submitted"], mail_["Content-Language"]) == ("auto-replied", "fr")
    assert (mail_["From"], mail_["To"]) == (f"Assistant CIC <{ADDRESS}>", "awa@commune.example")
    assert smtp.postmaster.recipients == ["awa@commune.example"]
    assert text_of(mail_).splitlines()[0] == paragraph
    assert max(map(len, smtp.postmaster.accepted[0].split(b"\n"))) < 200


def test_an_answer_to_a_mail_without_subject_or_id_can_be_sent(box: Box, smtp: PlayedSmtp) -> None:
    send(connector(box, smtp.port), subject="", id=None, references=[])
    (mail_,) = smtp.all()
    assert (mail_["Subject"], mail_["References"]) == ("Re: votre message", None)


def test_long_ids_of_a_thread_are_not_broken(box: Box, smtp: PlayedSmtp) -> None:
    ids = [f"<{'x' * 200}{number}@commune.example>" for number in range(12)]
    send(connector(box, smtp.port), references=ids[:-1], id=ids[-1])
    raw = smtp.postmaster.accepted[0]
    assert all(ident.encode() in raw for ident in ids)
    assert b"=?" not in raw.partition(b"\r\n\r\n")[0]


@pytest.mark.parametrize("subject", ["x\r\nBcc: tous@commune.example", "x\nBcc: tous@commune.example", "é" * 300])
def test_no_subject_makes_a_field_of_its_own(box: Box, subject: str) -> None:
    box.put(a_mail(Subject="a"))
    raw = a_mail().replace(b"To:", b"Subject: =?utf-8?q?" + b"".join(b"=%02X" % byte for byte in subject.encode()) + b"?=\r\nTo:", 1)
    box.put(raw)
    accept, smtp_server = Fetched(), PlayedSmtp()
    fetch_until(box, accept, taken(box, 2))
    smtp_server.open()
    try:
        asyncio.run(connector(box, smtp_server.port).send(PERSON, accept.stored[1].context, {"text": "Oui."}, "1" * 64))
    finally:
        smtp_server.close()
    (mail_,) = smtp_server.all()
    assert "Bcc" not in mail_
    assert str(mail_["Subject"]).startswith("Re: x" if subject[0] == "x" else "Re: é")


def test_a_mail_that_may_have_arrived_is_sent_again_as_the_same(box: Box, smtp: PlayedSmtp) -> None:
    sending = connector(box, smtp.port)
    smtp.postmaster.drops = "after accepting"
    with pytest.raises(UncertainDeliveryError):
        send(sending)
    smtp.postmaster.drops = None
    send(sending)
    assert sending.repeats
    assert set(smtp.ids().values()) == {2}


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        ("550 5.1.1 <awa@commune.example> is unknown", PermanentDeliveryError),
        ("451 4.7.1 awa@commune.example: try later", TemporaryDeliveryError),
    ],
)
def test_why_a_mail_did_not_leave_is_told_without_naming_anybody(box: Box, smtp: PlayedSmtp, reply: str, error: type[Exception]) -> None:
    smtp.postmaster.rcpt_reply = reply
    with pytest.raises(error, match=reply[:9]) as told:
        send(connector(box, smtp.port))
    assert "@" not in str(told.value)
    assert "commune" not in str(told.value)


def test_a_mail_server_that_is_away_is_told_without_content(box: Box) -> None:
    with pytest.raises(TemporaryDeliveryError, match=r"ne peut pas être joint|n'accepte pas"):
        send(connector(box, smtp_port=1))


def test_a_machine_that_answers_ours_is_left_after_a_handful(box: Box, smtp: PlayedSmtp) -> None:
    sending = connector(box, smtp.port)
    for place in range(SAME):
        send(sending, "Je n'ai pas compris.", f"{place:064}")
    with pytest.raises(PermanentDeliveryError, match="machine"):
        send(sending, "Je n'ai pas compris.", f"{SAME:064}")
    send(sending, "Autre chose.", f"{SAME + 1:064}")
    asyncio.run(sending.send({"email": "moussa@commune.example"}, THREAD, {"text": "Je n'ai pas compris."}, "9" * 64))
    assert len(smtp.all()) == SAME + 2


def test_what_an_address_gets_within_an_hour_is_bounded_and_an_hour_later_forgotten() -> None:
    now = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)
    times = [now]
    guard = LoopGuard(lambda: times[-1])
    for place in range(ALL):
        guard.check("awa@commune.example", str(place))
        guard.note("awa@commune.example", str(place))
    with pytest.raises(PermanentDeliveryError):
        guard.check("awa@commune.example", "encore")
    times.append(now + timedelta(hours=1))
    guard.check("awa@commune.example", "encore")


# --- whether the credentials are good ---


def test_the_check_logs_into_both_servers_and_sends_nothing(box: Box, smtp: PlayedSmtp) -> None:
    health = asyncio.run(connector(box, smtp.port).check())
    assert health.valid is True
    assert "CIC_IMAP_AUTHSERV" in health.detail
    assert smtp.all() == []


@pytest.mark.parametrize(
    ("changes", "valid", "said"),
    [
        ({"password": "un autre"}, False, "CIC_IMAP_PASSWORD"),
        ({"folder": "Nulle part"}, False, "CIC_IMAP_FOLDER"),
        ({"port": 1}, None, "ConnectionRefusedError"),
    ],
    ids=["password", "folder", "away"],
)
def test_the_check_says_what_is_wrong_with_the_mailbox(
    box: Box, smtp: PlayedSmtp, changes: dict[str, Any], valid: bool | None, said: str
) -> None:
    wrong = replace(box, settings=replace(box.settings, **changes))
    health = asyncio.run(connector(wrong, smtp.port).check())
    assert (health.valid, said in health.detail) == (valid, True), health


def test_the_check_says_when_the_mail_server_is_away(box: Box) -> None:
    health = asyncio.run(connector(box, smtp_port=1).check())
    assert health.valid is None
    assert "serveur de courrier" in health.detail


@pytest.mark.parametrize(("password", "valid"), [("right", True), ("wrong", False)])
def test_the_check_says_whether_the_mail_server_takes_our_credentials(box: Box, password: str, valid: bool) -> None:
    async def run() -> Health:
        async with smtp_server(Postmaster(), authenticator=check_password, auth_require_tls=False) as port:
            return await connector(box, port, smtp_user="assistant", smtp_password=password).check()

    assert asyncio.run(run()).valid is valid


# --- the whole way ---


def test_a_person_is_answered_in_her_thread_and_chooses_by_number(open_channel: OpenChannel, caplog: pytest.LogCaptureFixture) -> None:
    platform, _ = open_channel("courriel")
    assert isinstance(platform, PlayedMail)
    caplog.set_level(logging.INFO)
    platform.write("awa", "Bonjour,\n\nQuel est le budget ?\n\nCordialement,\nAwa Ndiaye\n")
    (first,) = platform.wait_seen("awa", 1)
    assert "8\u202f100\u202f000" in first.text
    assert typeset("Source : « C'est combien ? »") in first.text
    assert first.text.endswith("1. Les secteurs par pays\n2. Les résultats")
    quoted = "\n".join(f"> {line}" for line in first.text.split("\n"))
    platform.write("awa", f"2\n\nAwa Ndiaye\n\nLe lun. 2 mars 2026 à 09:14, Assistant CIC <{ADDRESS}> a écrit :\n\n{quoted}\n")
    assert platform.wait_seen("awa", 2)[1].text == "Vous dites : Les résultats"
    assert platform.violations == []
    ours = "\n".join(record.getMessage() for record in caplog.records if record.name.startswith("bot")).lower()
    assert "1 messages on courriel" in ours
    assert not any(name in ours for name in ("awa", "ndiaye", "commune.example", "budget", PASSWORD))


def test_a_mail_that_bounces_is_a_failure_that_the_operator_sees(open_channel: OpenChannel, caplog: pytest.LogCaptureFixture) -> None:
    platform, site = open_channel("courriel")
    assert isinstance(platform, PlayedMail)
    platform.write("awa", "Quel est le budget ?")
    platform.wait_seen("awa", 1)
    wait_for("the reply is noted as sent", lambda: _statuses(site.database) == [REPLY_SENT])
    assert platform.bounce("5.1.1") == 200
    wait_for("the failure is noted", lambda: _statuses(site.database) == [REPLY_FAILED])
    assert "did not arrive" in caplog.text


def _statuses(database: Any) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(channel_replies.c.status)).scalars())


def test_nothing_of_a_forged_mail_is_stored(open_channel: OpenChannel) -> None:
    platform, site = open_channel("courriel")
    assert isinstance(platform, PlayedMail)
    genuine = platform.message("awa", "Quel est le budget ?")
    assert [platform.deliver(raw) for raw in platform.forged(genuine)] == [403, 403, 403]
    assert platform.flags_of(genuine) == {"$CicLaisse", "$CicFaux"}
    with site.database.read() as connection:
        assert connection.execute(select(channel_messages)).all() == []
