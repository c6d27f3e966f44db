"""Several mail workers, each a process, on one database: each mail is received once, whatever happens to them or to the clock."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session
from mail.smtp_server import Postmaster
from support.assistant import environment
from support.mailbox import Mailbox, expected_ids
from support.waiting import wait_for

from bot.config import load_settings
from bot.mailer import Mailer
from bot.outbox import LEASE, TWICE, Outbox
from bot.routing import Request, Routing
from bot.storage import Database, utc_now

TESTS = Path(__file__).parents[1]
LEADS = 20
"""Two mails each."""
HOUR = 3600.0
POLL_SECONDS = 0.01


class Clock:
    """A file by which the clocks of all workers are set."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "clock"
        self.set(0)

    def set(self, seconds: float) -> None:
        """Let the clocks go so many seconds ahead of the machine's; in one step, for those who read it just now."""
        written = self.path.with_suffix(".new")
        written.write_text(str(seconds), "ascii")
        os.replace(written, self.path)


@dataclass
class Restless(Postmaster):
    """Sets the clock another way while it has a mail in its hands."""

    clock: Clock | None = None
    steps: Iterator[float] = field(default_factory=lambda: cycle((HOUR, -HOUR, 0.0)))

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert self.clock is not None
        self.clock.set(next(self.steps))
        return await super().handle_DATA(server, session, envelope)


class Office:
    """A database with the mails of some leads in it, and workers that are started on it.

    `ahead` is how far the clock of workers in this process is ahead of the machine's.
    """

    def __init__(self, folder: Path) -> None:
        self.mailbox, self.clock = Mailbox(), Clock(folder)
        self.environment = environment(folder, self.mailbox.port)
        self.settings = load_settings(self.environment, dotenv=None)
        self.database = Database(self.settings.database_url)
        self.database.create_all()
        self.workers: list[subprocess.Popen[str]] = []
        self.ahead = timedelta(0)
        # Long due, whatever the clock is set to
        self.routing = Routing(self.database, self.settings, lambda: utc_now() - timedelta(hours=2))

    def submit(self, number: int) -> str:
        request = Request(
            *("Awa Exemple", "échevine", "Ixelles", "Belgique", "awa@commune.example", None, "Un expert.", None),
            *("admissible", "Mandataire.", "La règle.", "1", (), f"c{number}", f"c{number}/1", utc_now()),
        )
        return self.routing.submit(request).reference

    def start(self) -> subprocess.Popen[str]:
        """A worker that is ready and waits for `begin`."""
        command = [sys.executable, "-m", "support.mail_worker", str(self.clock.path)]
        pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.workers.append(subprocess.Popen(command, cwd=TESTS, env=self.environment, **pipes))
        assert said(self.workers[-1]) == "ready"
        return self.workers[-1]

    def begin(self, *workers: subprocess.Popen[str]) -> None:
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.write("go\n")
            worker.stdin.flush()

    def unsent(self) -> list[dict[str, Any]]:
        return Outbox(self.database, Mailer(self.settings).send, utc_now, Random(1)).unsent()

    def close(self) -> None:
        for worker in self.workers:
            worker.kill()
            worker.communicate()
        self.database.close()
        self.mailbox.close()


def said(worker: subprocess.Popen[str]) -> str:
    """The next line of a worker."""
    assert worker.stdout is not None
    return worker.stdout.readline().strip()


def delivered(worker: subprocess.Popen[str]) -> int:
    """How many mails a worker says, at its end, to have delivered."""
    count = int(said(worker))
    assert worker.wait(10) == 0
    return count


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    office = Office(tmp_path)
    yield office
    office.close()


def test_two_workers_share_the_mails_and_each_is_received_once(office: Office) -> None:
    office.mailbox.postmaster.data_seconds = 0.02
    office.mailbox.open()
    references = [office.submit(number) for number in range(LEADS)]
    both = office.start(), office.start()
    office.begin(*both)
    shares = [delivered(worker) for worker in both]
    assert (sum(shares), min(shares) > 0) == (2 * LEADS, True)
    assert office.mailbox.ids() == expected_ids(*references)
    assert all_have_left(office)
    assert all(lead["remarques"] == [] for lead in office.routing.leads())


@pytest.mark.parametrize("workers", [1, 2])
def test_while_the_clock_is_set_an_hour_forth_and_back_every_mail_leaves(office: Office, workers: int) -> None:
    """And once, when one worker is there; two that miss a step, because they are busy, may double one, and then its lead says so."""
    office.mailbox.postmaster = Restless(clock=office.clock, data_seconds=0.02)
    office.mailbox.open()
    references = [office.submit(number) for number in range(LEADS)]
    started = [office.start() for _ in range(workers)]
    office.begin(*started)
    assert sum(delivered(worker) for worker in started) >= 2 * LEADS
    arrived = office.mailbox.ids()
    assert arrived.keys() == expected_ids(*references).keys()
    assert all_have_left(office)
    doubled = {mail_id for mail_id, times in arrived.items() if times > 1}
    told = [lead["reference"] for lead in office.routing.leads() if TWICE in lead["remarques"]]
    assert {mail_id for mail_id in doubled if ".contact@" in mail_id} == expected_ids(*told, kinds=("contact",)).keys()
    assert workers > 1 or not doubled


def test_a_worker_that_was_busy_while_the_clock_went_back_and_forth_takes_no_lease_of_another(office: Office) -> None:
    office.mailbox.open()

    async def scene() -> tuple[str, list[int]]:
        busy, other = GatedWorker(office), GatedWorker(office)
        assert [await worker.outbox.deliver_due() for worker in (busy, other)] == [0, 0], "both know the clock"
        reference = office.submit(1)
        sending = asyncio.create_task(busy.outbox.deliver_due())
        await busy.has_begun.wait()
        office.ahead = timedelta(hours=-1)
        sending_too = asyncio.create_task(other.outbox.deliver_due())
        await other.has_begun.wait()
        await asyncio.sleep(20 * POLL_SECONDS)  # long enough to be seen by who looks
        office.ahead = timedelta(0)
        busy.may_send.set()
        first = await sending
        other.may_send.set()
        return reference, [first, await sending_too]

    reference, shares = asyncio.run(scene())
    assert shares == [1, 1]
    assert office.mailbox.ids() == expected_ids(reference)


class GatedWorker:
    """A worker in this process that waits with a mail in its hands until it may send."""

    def __init__(self, office: Office) -> None:
        self.has_begun, self.may_send = asyncio.Event(), asyncio.Event()
        self.outbox = Outbox(office.database, self.send, lambda: utc_now() + office.ahead, Random(1), POLL_SECONDS)
        self._mailer = Mailer(office.settings)

    async def send(self, recipient: str, body: bytes) -> None:
        self.has_begun.set()
        await self.may_send.wait()
        await self._mailer.send(recipient, body)


def all_have_left(office: Office) -> bool:
    """Whether nothing waits any more, and every lead knows it."""
    return office.unsent() == [] and {lead["status"] for lead in office.routing.leads()} == {"transmise"}


def test_the_mail_of_a_worker_that_was_killed_stays_visible_and_leaves_again_under_its_message_id(office: Office) -> None:
    office.mailbox.postmaster.answer_seconds = 60
    office.mailbox.open()
    references = [office.submit(number) for number in range(3)]
    killed, other, later = (office.start() for _ in range(3))
    office.begin(killed)
    wait_for("the server has a mail", lambda: office.mailbox.postmaster.accepted)
    killed.kill()
    killed.wait(10)

    office.mailbox.postmaster.answer_seconds = 0
    office.begin(other)
    assert delivered(other) == 5, "the lease of the dead one is respected"
    (left,) = office.unsent()
    assert (left["reference"], left["kind"], left["state"]) == (references[0], "contact", "en_cours")
    assert office.mailbox.ids() == expected_ids(*references)

    office.clock.set(LEASE.total_seconds() + 1)
    office.begin(later)
    assert delivered(later) == 1
    assert office.unsent() == []
    assert office.mailbox.ids() - expected_ids(*references) == expected_ids(references[0], kinds=("contact",))
    assert Counter(set(office.mailbox.ids())) == expected_ids(*references)
    assert [lead["remarques"] for lead in office.routing.leads()] == [[TWICE], [], []]
