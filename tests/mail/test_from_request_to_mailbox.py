"""From a request to the contact person's mailbox, over a real mail server: exactly one mail arrives, and the status is true."""

from __future__ import annotations

import asyncio
import email
import email.policy
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import pytest
from smtp_server import Postmaster, settings_for, smtp_server

from bot.mailer import Mailer
from bot.outbox import TWICE, Outbox
from bot.routing import Request, Routing
from bot.storage import Database

CONTACT = "contact@association.example"
ENQUIRER = "awa@commune.example"


class Office:
    """Routing and workers on one database, with a clock that a test moves."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = datetime(2026, 3, 5, 8, 7, tzinfo=timezone.utc)
        self.database = Database(f"sqlite:///{folder / 'cic.sqlite'}")
        self.database.create_all()
        self.routing = Routing(self.database, settings_for(1, folder), lambda: self.now)

    def submit(self, key: str = "c/1") -> str:
        request = Request(
            *("Awa Exemple", "échevine", "Ixelles", "Belgique", ENQUIRER, None, "Un expert.", None),
            *("admissible", "Mandataire.", "La règle.", "1", (), "c", key, self.now),
        )
        return self.routing.submit(request).reference

    def worker(self, port: int) -> Outbox:
        sender = Mailer(settings_for(port, self.folder), step_timeout=0.3, total_timeout=1).send
        return Outbox(self.database, sender, lambda: self.now, Random(1))


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.database.close()


def message_ids(postmaster: Postmaster) -> list[str]:
    return [str(email.message_from_bytes(body, policy=email.policy.default)["Message-ID"]) for body in postmaster.accepted]


def test_both_mails_arrive_and_can_be_read(office: Office) -> None:
    postmaster = Postmaster()
    reference = office.submit()

    async def scene() -> None:
        async with smtp_server(postmaster) as port:
            assert await office.worker(port).deliver_due() == 2

    asyncio.run(scene())
    assert postmaster.recipients == [CONTACT, ENQUIRER]
    mail = email.message_from_bytes(postmaster.accepted[0], policy=email.policy.default)
    body = mail.get_body(("plain",))
    assert body is not None
    assert "échevine" in body.get_content()
    assert (mail["Subject"], mail["Reply-To"]) == (f"[CIC] Demande de Ixelles ({reference})", f"Awa Exemple <{ENQUIRER}>")
    assert office.routing.status_of(reference) == "transmise"


@pytest.mark.parametrize(
    "trouble",
    [Postmaster(rcpt_reply="451 later"), Postmaster(data_seconds=0.6), Postmaster(drops="before the answer"), None],
    ids=["busy", "slow", "drops", "away"],
)
def test_after_a_trouble_exactly_one_of_each_mail_arrives_and_the_status_was_true(office: Office, trouble: Postmaster | None) -> None:
    postmaster = Postmaster()
    reference = office.submit()

    async def scene() -> None:
        async with smtp_server(trouble or Postmaster()) as port:
            troubled = port
            if trouble is not None:
                assert await office.worker(port).deliver_due() == 0
        if trouble is None:
            assert await office.worker(troubled).deliver_due() == 0
        assert (office.routing.status_of(reference), office.routing.is_mail_delayed()) == ("en_attente", True)
        async with smtp_server(postmaster, port=troubled) as port:
            assert await office.worker(port).deliver_due() == 0, "it is not yet time to try again"
            office.now += timedelta(seconds=10)
            assert await office.worker(port).deliver_due() == 2
            office.now += timedelta(hours=2)
            assert await office.worker(port).deliver_due() == 0

    asyncio.run(scene())
    assert sorted(postmaster.recipients) == [ENQUIRER, CONTACT]
    assert (office.routing.status_of(reference), office.routing.is_mail_delayed()) == ("transmise", False)


def test_a_mail_refused_for_good_arrives_when_it_is_sent_again_by_hand(office: Office) -> None:
    postmaster = Postmaster(rcpt_reply="550 no such user")
    reference = office.submit()

    async def scene() -> None:
        async with smtp_server(postmaster) as port:
            worker = office.worker(port)
            assert await worker.deliver_due() == 0
            assert office.routing.status_of(reference) == "echec"
            postmaster.rcpt_reply = "250 OK"
            (contact,) = (mail["id"] for mail in worker.unsent() if mail["kind"] == "contact")
            worker.retry(contact)
            assert await worker.deliver_due() == 1

    asyncio.run(scene())
    assert postmaster.recipients == [CONTACT]
    assert office.routing.status_of(reference) == "transmise"


@pytest.mark.parametrize("trouble", [{"answer_seconds": 0.6}, {"drops": "after accepting"}], ids=["late", "cut"])
def test_a_lost_answer_sends_the_mail_again_under_the_same_message_id_and_the_lead_says_so(office: Office, trouble: dict[str, Any]) -> None:
    postmaster = Postmaster(**trouble)
    reference = office.submit()

    async def scene() -> None:
        async with smtp_server(postmaster) as port:
            assert await office.worker(port).deliver_due() == 0
            postmaster.answer_seconds, postmaster.drops = 0, None
            assert [mail["uncertain"] for mail in office.worker(port).unsent()] == [1, 1]
            office.now += timedelta(seconds=10)
            assert await office.worker(port).deliver_due() == 2

    asyncio.run(scene())
    domain = "association.example"
    sent = message_ids(postmaster)
    assert set(sent) == {f"<{reference.lower()}.contact@{domain}>", f"<{reference.lower()}.confirmation@{domain}>"}
    assert len(sent) == 4, "the server had both: nobody could know"
    assert office.routing.leads()[0]["remarques"] == [TWICE]


def test_a_refused_mail_is_not_said_to_have_arrived_twice(office: Office) -> None:
    office.submit()

    async def scene() -> None:
        async with smtp_server(Postmaster(data_reply="451 later")) as port:
            assert await office.worker(port).deliver_due() == 0
            assert [mail["uncertain"] for mail in office.worker(port).unsent()] == [0, 0]

    asyncio.run(scene())
    assert office.routing.leads()[0]["remarques"] == []


def test_two_workers_deliver_every_mail_exactly_once(office: Office) -> None:
    postmaster = Postmaster(data_seconds=0.01)
    for number in range(6):
        office.submit(str(number))

    async def scene() -> None:
        async with smtp_server(postmaster) as port:
            await asyncio.gather(*(office.worker(port).deliver_due() for _ in range(2)))

    asyncio.run(scene())
    assert len(postmaster.accepted) == len(set(message_ids(postmaster))) == 12
