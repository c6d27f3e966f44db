"""The outbox: every mail leaves, once, whatever happens to the mail server, the worker or the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sample_request import CONTACT_EMAIL, Clock, sample_request, sample_settings
from sqlalchemy import delete, select
from sqlalchemy.engine import Connection

from bot.errors import PermanentDeliveryError, RequestError, StorageError, TemporaryDeliveryError
from bot.outbox import LEASE, PATIENCE, Outbox, wait_after
from bot.routing import Routing
from bot.storage import Database, leads, outbox

ENQUIRER = "awa@commune.example"


class FlakyDatabase(Database):
    """A database that is away for the next so many transactions of a kind."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.failing_reads = 0
        self.failing_writes = 0

    @contextmanager
    def read(self) -> Iterator[Connection]:
        if self.failing_reads:
            self.failing_reads -= 1
            raise StorageError("away")
        with super().read() as connection:
            yield connection

    @contextmanager
    def begin(self) -> Iterator[Connection]:
        if self.failing_writes:
            self.failing_writes -= 1
            raise StorageError("away")
        with super().begin() as connection:
            yield connection


@dataclass
class MailServer:
    """Accepts mails, or raises what it is told to for a recipient."""

    errors: dict[str, Exception] = field(default_factory=dict)
    accepted: list[tuple[str, bytes]] = field(default_factory=list)
    tried: list[bytes] = field(default_factory=list)

    async def __call__(self, recipient: str, body: bytes) -> None:
        self.tried.append(body)
        await asyncio.sleep(0.001)
        if recipient in self.errors:
            raise self.errors[recipient]
        self.accepted.append((recipient, body))

    @property
    def recipients(self) -> list[str]:
        return [recipient for recipient, _ in self.accepted]


@pytest.fixture
def database(tmp_path: Path) -> Iterator[FlakyDatabase]:
    database = FlakyDatabase(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    yield database
    database.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def routing(database: Database, clock: Clock, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path), clock)


@pytest.fixture
def server() -> MailServer:
    return MailServer()


@pytest.fixture
def worker(database: Database, server: MailServer, clock: Clock) -> Outbox:
    return Outbox(database, server, clock, Random(1), poll_seconds=0.01)


def deliver(worker: Outbox) -> int:
    return asyncio.run(worker.deliver_due())


def mail(database: Database, kind: str) -> Any:
    with database.read() as connection:
        return connection.execute(select(outbox).where(outbox.c.kind == kind)).one()


@pytest.mark.parametrize(
    ("attempts", "seconds"), [(1, 10), (2, 20), (3, 40), (9, 2560), (10, 3600), (11, 3600), (10_000, 3600)], ids=lambda v: str(v)
)
def test_the_wait_doubles_up_to_an_hour_and_is_never_quite_the_same(attempts: int, seconds: int) -> None:
    waits = {wait_after(attempts, Random(seed)).total_seconds() for seed in range(50)}
    assert len(waits) > 1
    assert all(0.75 * seconds <= wait <= seconds for wait in waits)


def test_accepted_mails_are_sent_once_and_the_lead_is_forwarded(worker: Outbox, server: MailServer, routing: Routing) -> None:
    reference = routing.submit(sample_request()).reference
    assert (deliver(worker), deliver(worker)) == (2, 0)
    assert sorted(server.recipients) == [ENQUIRER, CONTACT_EMAIL]
    assert routing.status_of(reference) == "transmise"
    assert worker.unsent() == []


def test_a_temporary_failure_is_tried_again_later_with_the_same_mail(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: Clock
) -> None:
    reference = routing.submit(sample_request()).reference
    server.errors = {CONTACT_EMAIL: TemporaryDeliveryError("421 plus tard"), ENQUIRER: TemporaryDeliveryError("421 plus tard")}
    assert (deliver(worker), deliver(worker)) == (0, 0)
    assert (routing.status_of(reference), routing.is_mail_delayed()) == ("en_attente", True)
    assert mail(database, "contact").last_error == "421 plus tard"
    server.errors = {}
    clock.advance(timedelta(seconds=10))
    assert deliver(worker) == 2
    assert len(server.tried) == 4
    assert set(server.tried) == {body for _, body in server.accepted}
    assert (routing.status_of(reference), routing.is_mail_delayed()) == ("transmise", False)


def test_a_permanent_failure_is_told_kept_and_not_tried_again(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: Clock
) -> None:
    reference = routing.submit(sample_request()).reference
    server.errors = {CONTACT_EMAIL: PermanentDeliveryError("550 inconnu")}
    deliver(worker)
    clock.advance(timedelta(days=1))
    assert deliver(worker) == 0
    assert routing.status_of(reference) == "echec"
    (unsent,) = worker.unsent()
    assert (unsent["reference"], unsent["status"], unsent["last_error"]) == (reference, "echec", "550 inconnu")


def test_a_refused_confirmation_does_not_make_the_lead_fail(worker: Outbox, server: MailServer, routing: Routing) -> None:
    reference = routing.submit(sample_request()).reference
    server.errors = {ENQUIRER: PermanentDeliveryError("550 inconnu")}
    deliver(worker)
    assert routing.status_of(reference) == "transmise"


def test_a_mail_is_given_up_after_five_days_kept_and_sent_when_somebody_says_so(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: Clock
) -> None:
    reference = routing.submit(sample_request()).reference
    server.errors = {CONTACT_EMAIL: TemporaryDeliveryError("421")}
    start, statuses = clock.now, []
    while clock.now < start + PATIENCE + timedelta(hours=1):
        deliver(worker)
        statuses.append(mail(database, "contact").status)
        clock.advance(timedelta(hours=1))
    assert statuses == ["en_attente"] * 120 + ["echec"]
    assert routing.status_of(reference) == "echec"
    worker.retry(mail(database, "contact").id)
    assert routing.status_of(reference) == "en_attente"
    deliver(worker)
    assert mail(database, "contact").status == "en_attente"
    server.errors = {}
    clock.advance(timedelta(minutes=1))
    assert deliver(worker) == 1
    assert routing.status_of(reference) == "transmise"


@pytest.mark.parametrize("case", ["unknown", "sent", "being sent"])
def test_a_mail_that_cannot_be_retried_is_named(worker: Outbox, routing: Routing, case: str) -> None:
    routing.submit(sample_request())
    if case == "sent":
        deliver(worker)
    elif case == "being sent":
        worker._lease()
    with pytest.raises(RequestError, match="Aucun courriel"):
        worker.retry(99 if case == "unknown" else 1)


def test_two_workers_never_send_a_mail_twice(database: Database, server: MailServer, routing: Routing, clock: Clock) -> None:
    for number in range(8):
        routing.submit(sample_request(request_key=str(number)))
    both = asyncio.Event()
    began: set[int] = set()

    def sender(number: int) -> Callable[[str, bytes], Awaitable[None]]:
        async def send(recipient: str, body: bytes) -> None:
            """Hand the first mail over only when the other worker holds one too: both are at work at the same time."""
            began.add(number)
            if len(began) == 2:
                both.set()
            await both.wait()
            await server(recipient, body)

        return send

    workers = [Outbox(database, sender(n), clock, Random(n)) for n in range(2)]

    async def work() -> list[int]:
        return list(await asyncio.gather(*(worker.deliver_due() for worker in workers)))

    shares = asyncio.run(work())
    assert sum(shares) == len(server.accepted) == len({body for _, body in server.accepted}) == 16
    assert all(shares)


def test_the_mail_of_a_dead_worker_is_sent_by_another_when_the_lease_is_over(
    worker: Outbox, database: Database, server: MailServer, routing: Routing, clock: Clock
) -> None:
    class Killed(BaseException):
        pass

    async def die(recipient: str, body: bytes) -> None:
        raise Killed

    routing.submit(sample_request())
    with pytest.raises(Killed):
        deliver(Outbox(database, die, clock, Random(2)))
    assert deliver(worker) == 1
    assert server.recipients == [ENQUIRER]
    clock.advance(LEASE)
    assert deliver(worker) == 1
    assert server.recipients == [ENQUIRER, CONTACT_EMAIL]


def test_a_worker_that_comes_back_late_does_not_take_the_lease_of_another(
    worker: Outbox, database: Database, server: MailServer, routing: Routing, clock: Clock
) -> None:
    async def hang(recipient: str, body: bytes) -> None:
        clock.advance(LEASE)
        other = Outbox(database, server, clock, Random(3))
        leased = other._lease()
        assert leased is not None
        assert leased.recipient == recipient
        raise PermanentDeliveryError("late")

    routing.submit(sample_request())
    slow = Outbox(database, hang, clock, Random(2))
    leased = slow._lease()
    assert leased is not None
    asyncio.run(slow._attempt(leased, None))
    row = mail(database, "contact")
    assert (row.status, row.last_error, row.attempts) == ("en_attente", None, 2)
    assert row.lease_until > clock.now


def test_a_mail_that_left_is_not_sent_again_because_the_database_was_away(
    worker: Outbox, database: FlakyDatabase, server: MailServer, routing: Routing, clock: Clock
) -> None:
    async def accept(recipient: str, body: bytes) -> None:
        await server(recipient, body)
        database.failing_writes = 3

    routing.submit(sample_request())
    assert deliver(Outbox(database, accept, clock, Random(1), poll_seconds=0.01)) == 2
    clock.advance(LEASE * 2)
    assert deliver(worker) == 0
    assert len(server.accepted) == 2


def test_a_mail_that_is_erased_while_it_leaves_does_no_harm(database: Database, routing: Routing, clock: Clock) -> None:
    async def erase(recipient: str, body: bytes) -> None:
        with database.begin() as connection:
            connection.execute(delete(leads))

    routing.submit(sample_request())
    assert deliver(Outbox(database, erase, clock, Random(1))) == 1
    assert routing.leads() == []


def run_until(worker: Outbox, server: MailServer, mails: int) -> None:
    """Run the worker until the server has so many mails; a TimeoutError after five seconds."""

    async def scene() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))

        async def enough() -> None:
            while len(server.accepted) < mails:
                await asyncio.sleep(0.005)

        await asyncio.wait_for(enough(), 5)
        stop.set()
        await asyncio.wait_for(running, 5)

    asyncio.run(scene())


def test_the_worker_survives_a_database_that_is_away(worker: Outbox, database: FlakyDatabase, server: MailServer, routing: Routing) -> None:
    routing.submit(sample_request())
    database.failing_reads = 3
    run_until(worker, server, 2)


def test_the_worker_survives_a_fault_in_one_mail(
    worker: Outbox, server: MailServer, routing: Routing, caplog: pytest.LogCaptureFixture
) -> None:
    routing.submit(sample_request())
    server.errors = {CONTACT_EMAIL: ValueError("a fault")}
    run_until(worker, server, 1)
    assert server.recipients == [ENQUIRER]
    assert "a round of the outbox failed" in caplog.text


def test_notify_wakes_the_worker_at_once_from_any_thread(database: Database, server: MailServer, routing: Routing, clock: Clock) -> None:
    worker = Outbox(database, server, clock, Random(1), poll_seconds=60)
    worker.notify()  # nobody runs yet: no harm

    async def scene() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(worker.run(stop))
        await asyncio.sleep(0.1)
        routing.submit(sample_request())
        await asyncio.to_thread(worker.notify)
        while len(server.accepted) < 2:
            await asyncio.sleep(0.005)
        stop.set()
        await running

    asyncio.run(asyncio.wait_for(scene(), 5))
    worker.notify()  # nobody runs any more: no harm either


def test_a_mail_on_its_way_is_finished_when_the_worker_stops(
    database: Database, server: MailServer, routing: Routing, clock: Clock
) -> None:
    routing.submit(sample_request())

    async def scene() -> None:
        stop = asyncio.Event()

        async def stop_then_accept(recipient: str, body: bytes) -> None:
            stop.set()
            await server(recipient, body)

        await Outbox(database, stop_then_accept, clock, Random(1)).run(stop)

    asyncio.run(asyncio.wait_for(scene(), 5))
    assert server.recipients == [CONTACT_EMAIL]
    assert mail(database, "contact").status == "envoye"


def test_the_log_names_no_person(
    worker: Outbox, server: MailServer, routing: Routing, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    routing.submit(sample_request())
    server.errors = {CONTACT_EMAIL: TemporaryDeliveryError(f"450 <{CONTACT_EMAIL}>"), ENQUIRER: PermanentDeliveryError(f"550 <{ENQUIRER}>")}
    with caplog.at_level(logging.INFO, logger="bot"):
        deliver(worker)
    assert "mail 1" in caplog.text
    assert "@" not in caplog.text
