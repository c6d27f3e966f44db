"""The outbox: every mail leaves, once, whatever happens to the mail server, the worker or the database."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sample_request import CONTACT_EMAIL, NOW, Clock, sample_request, sample_settings
from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Connection

from bot.errors import DeliveryError, PermanentDeliveryError, RequestError, StorageError, TemporaryDeliveryError, UncertainDeliveryError
from bot.outbox import LATE_AFTER, LEASE, LONGEST_WAIT, PATIENCE, TWICE, Outbox, wait_after
from bot.routing import Routing
from bot.storage import CODE, CONFIRMATION, CONTACT, NOTICE, Database, leads, outbox

ENQUIRER = "awa@commune.example"
DAY = timedelta(days=1)


class SettableClock(Clock):
    """A clock that shows the time that passes and may be set, and beside it a second one that nobody can set."""

    def __init__(self) -> None:
        super().__init__()
        self.started = self.now

    def set(self, step: timedelta) -> None:
        self.now += step
        self.started += step

    def monotonic(self) -> float:
        return (self.now - self.started).total_seconds()


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
def clock() -> SettableClock:
    return SettableClock()


@pytest.fixture
def routing(database: Database, clock: Clock, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path), clock)


@pytest.fixture
def server() -> MailServer:
    return MailServer()


@pytest.fixture
def worker(database: Database, server: MailServer, clock: SettableClock) -> Outbox:
    return open_worker(database, server, clock)


def open_worker(database: Database, sender: Callable[[str, bytes], Awaitable[None]], clock: SettableClock) -> Outbox:
    return Outbox(database, sender, clock, Random(1), poll_seconds=0.01, monotonic=clock.monotonic)


def deliver(worker: Outbox) -> int:
    return asyncio.run(worker.deliver_due())


def mail(database: Database, kind: str) -> Any:
    with database.read() as connection:
        return connection.execute(select(outbox).where(outbox.c.kind == kind)).one()


def post(database: Database, kind: str, now: datetime, recipient: str = ENQUIRER, **values: Any) -> None:
    """Put one mail of a kind into the outbox."""
    row = {"lead_id": None, "message_id": f"<cic-2026-7k4m9q.{kind}@association.example>", "body": b"Bonjour", "status": "en_attente"}
    with database.begin() as connection:
        connection.execute(
            insert(outbox).values(**(row | {"kind": kind, "recipient": recipient, "due_since": now, "next_attempt_at": now} | values))
        )


def take_and_die(database: Database, clock: SettableClock) -> None:
    """Be a worker that takes the mail that is due first, and is killed while it sends it."""
    assert open_worker(database, MailServer(), clock)._lease() is not None


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
    assert (mail(database, CONTACT).uncertain, mail(database, CONFIRMATION).uncertain) == (1, 0), "the dead one may have sent it"
    assert routing.leads()[0]["remarques"][-1] == TWICE


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


def test_a_mail_that_left_late_is_not_sent_again_whatever_becomes_of_the_second_attempt(
    database: Database, server: MailServer, routing: Routing, clock: SettableClock
) -> None:
    routing.submit(sample_request())
    slow, other = (open_worker(database, server, clock) for _ in range(2))
    first = slow._lease()
    clock.advance(LEASE)
    second = other._lease()
    assert first is not None
    assert second is not None
    assert (first.id, second.id) == (1, 1)
    slow._accepted(first)
    other._failed(second, PermanentDeliveryError("550"))
    assert (mail(database, CONTACT).status, mail(database, CONTACT).last_error) == ("envoye", None)
    assert routing.leads()[0]["status"] == "transmise"


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


def test_an_attempt_that_nobody_confirmed_is_counted_and_the_lead_says_so_once(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: SettableClock
) -> None:
    routing.submit(sample_request())
    server.errors = {CONTACT_EMAIL: UncertainDeliveryError("pas confirmé")}
    for times in (1, 2):
        deliver(worker)
        clock.advance(timedelta(minutes=1))
        assert mail(database, CONTACT).uncertain == times
        assert routing.leads()[0]["remarques"] == ["Commune non reconnue\u00a0: à confirmer.", TWICE]
    assert routing.leads()[0]["status"] == "en_attente"
    server.errors = {}
    assert deliver(worker) == 1
    assert server.tried.count(mail(database, CONTACT).body) == 3
    assert "n’a pas confirmé" in TWICE


@pytest.mark.parametrize(
    ("recipient", "kind", "error", "uncertain"),
    [
        (CONTACT_EMAIL, CONTACT, TemporaryDeliveryError("451"), 0),
        (CONTACT_EMAIL, CONTACT, PermanentDeliveryError("550"), 0),
        (ENQUIRER, CONFIRMATION, UncertainDeliveryError("pas confirmé"), 1),
    ],
    ids=["not now", "never", "another mail"],
)
def test_the_lead_says_nothing_of_what_its_contact_person_cannot_have_got_twice(
    worker: Outbox,
    server: MailServer,
    routing: Routing,
    database: Database,
    recipient: str,
    kind: str,
    error: DeliveryError,
    uncertain: int,
) -> None:
    routing.submit(sample_request(remarks=()))
    server.errors = {recipient: error}
    deliver(worker)
    assert mail(database, kind).uncertain == uncertain
    assert routing.leads()[0]["remarques"] == []


def test_an_uncertain_attempt_is_counted_even_if_the_lease_was_lost(
    database: Database, server: MailServer, routing: Routing, clock: SettableClock
) -> None:
    routing.submit(sample_request())
    slow, other = (open_worker(database, server, clock) for _ in range(2))
    first = slow._lease()
    assert first is not None
    clock.advance(LEASE)
    assert deliver(other) == 2
    slow._failed(first, UncertainDeliveryError("pas confirmé"))
    assert (mail(database, CONTACT).status, mail(database, CONTACT).uncertain) == ("envoye", 2)


def test_a_send_that_never_ends_is_cut_and_uncertain(database: Database, routing: Routing, clock: SettableClock) -> None:
    async def never_end(recipient: str, body: bytes) -> None:
        await asyncio.Event().wait()

    routing.submit(sample_request())
    assert deliver(Outbox(database, never_end, clock, Random(1), send_seconds=0.02)) == 0
    row = mail(database, CONTACT)
    assert (row.uncertain, row.lease_until, row.status) == (1, None, "en_attente")
    assert "0.02 s" in row.last_error


@pytest.mark.parametrize("tried", [False, True], ids=["not tried yet", "tried in vain"])
def test_a_mail_is_not_sent_once_it_has_expired(
    worker: Outbox, server: MailServer, database: Database, clock: SettableClock, caplog: pytest.LogCaptureFixture, tried: bool
) -> None:
    post(database, CODE, clock.now, expires_at=clock.now + timedelta(seconds=11))
    if tried:
        server.errors = {ENQUIRER: TemporaryDeliveryError("451 plus tard")}
        for _ in range(2):
            deliver(worker)
            clock.advance(timedelta(seconds=10))
        server.errors = {}
        assert mail(database, CODE).next_attempt_at > clock.now, "it expires before its next attempt"
    clock.now = NOW + timedelta(seconds=11)
    server.tried.clear()
    assert (deliver(worker), server.tried) == (0, [])
    (unsent,) = worker.unsent()
    assert (unsent["status"], unsent["state"], unsent["next_attempt_at"]) == ("echec", "expire", None)
    assert "délai de validité" in unsent["last_error"]
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_a_mail_leaves_up_to_the_moment_it_expires_and_does_not_stop_others(
    worker: Outbox, server: MailServer, database: Database, clock: SettableClock
) -> None:
    post(database, CODE, clock.now, expires_at=clock.now + timedelta(seconds=1), message_id="<1@association.example>")
    post(database, CODE, clock.now, expires_at=clock.now, message_id="<2@association.example>", body=b"too late")
    post(database, CODE, clock.now, message_id="<3@association.example>")
    assert deliver(worker) == 2
    assert b"too late" not in server.tried


def test_a_mail_that_is_being_sent_does_not_expire_under_the_worker(
    worker: Outbox, database: Database, server: MailServer, clock: SettableClock
) -> None:
    post(database, CODE, clock.now, expires_at=clock.now + timedelta(seconds=1))

    async def think_long(recipient: str, body: bytes) -> None:
        clock.advance(timedelta(minutes=1))
        assert await worker.deliver_due() == 0
        assert mail(database, CODE).status == "en_attente"
        await server(recipient, body)

    assert deliver(open_worker(database, think_long, clock)) == 1
    assert mail(database, CODE).status == "envoye"


@pytest.mark.parametrize("error", [None, PermanentDeliveryError("550"), UncertainDeliveryError("pas confirmé")], ids=repr)
def test_a_mail_without_a_lead_touches_no_lead(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: SettableClock, error: DeliveryError | None
) -> None:
    routing.submit(sample_request(remarks=()))
    deliver(worker)
    before = routing.leads()
    post(database, NOTICE, clock.now, recipient=CONTACT_EMAIL)
    server.errors = {CONTACT_EMAIL: error} if error else {}
    assert deliver(worker) == (0 if error else 1)
    assert routing.leads() == before
    assert [mail["reference"] for mail in worker.unsent()] == (["CIC-2026-7K4M9Q"] if error else [])


def test_a_mail_whose_message_id_names_no_lead_has_no_reference(worker: Outbox, database: Database, clock: SettableClock) -> None:
    post(database, NOTICE, clock.now, message_id="<anything@association.example>")
    (unsent,) = worker.unsent()
    assert (unsent["reference"], unsent["kind"]) == (None, NOTICE)


def test_every_state_of_a_mail_that_has_not_left(worker: Outbox, database: Database, clock: SettableClock) -> None:
    long_ago = clock.now - LATE_AFTER
    mails = {
        "en_attente": {"due_since": long_ago + timedelta(seconds=1)},
        "en_cours": {"due_since": long_ago, "lease_until": clock.now + LEASE, "lease_owner": "x"},
        "en_retard": {"due_since": long_ago, "lease_until": clock.now, "lease_owner": "x"},
        "echec": {"status": "echec", "due_since": long_ago},
        "expire": {"due_since": long_ago, "expires_at": clock.now},
    }
    for number, values in enumerate(mails.values()):
        post(database, CODE, clock.now, message_id=f"<{number}@association.example>", **values)
    post(database, CODE, clock.now, message_id="<gone@association.example>", status="envoye")
    assert [mail["state"] for mail in worker.unsent()] == list(mails)
    assert [mail["late"] for mail in worker.unsent()] == [False, True, True, False, False]


def test_all_mails_that_can_be_sent_again_are_made_due_at_once(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: SettableClock
) -> None:
    routing.submit(sample_request())
    server.errors = {CONTACT_EMAIL: PermanentDeliveryError("550"), ENQUIRER: TemporaryDeliveryError("451")}
    deliver(worker)
    clock.advance(timedelta(seconds=1))
    post(database, CODE, clock.now, expires_at=clock.now, status="echec", message_id="<expired@association.example>")
    busy = clock.now + LEASE
    post(database, NOTICE, clock.now, lease_until=busy, lease_owner="x", message_id="<busy@association.example>")
    server.errors = {}
    assert worker.retry_all() == 2
    assert (mail(database, CONTACT).due_since, mail(database, CONFIRMATION).due_since) == (clock.now, NOW), "who waits has waited"
    assert deliver(worker) == 2
    assert sorted(server.recipients) == [ENQUIRER, CONTACT_EMAIL]
    assert routing.leads()[0]["status"] == "transmise"
    assert worker.retry_all() == 0


def test_an_expired_mail_cannot_be_sent_again(worker: Outbox, database: Database, clock: SettableClock) -> None:
    post(database, CODE, clock.now, expires_at=clock.now)
    with pytest.raises(RequestError, match="expiré"):
        worker.retry(1)


def test_a_mail_of_a_dead_worker_that_is_sent_again_by_hand_is_still_uncertain(
    worker: Outbox, routing: Routing, database: Database, clock: SettableClock
) -> None:
    routing.submit(sample_request())
    take_and_die(database, clock)
    clock.advance(LEASE)
    worker.retry(1)
    assert deliver(worker) == 2
    assert mail(database, CONTACT).uncertain == 1


def test_patience_does_not_pass_while_nobody_tries(
    worker: Outbox, server: MailServer, routing: Routing, database: Database, clock: SettableClock
) -> None:
    routing.submit(sample_request())
    clock.advance(PATIENCE * 2)
    server.errors = {CONTACT_EMAIL: TemporaryDeliveryError("421")}
    deliver(worker)
    assert mail(database, CONTACT).status == "en_attente"
    server.errors = {}
    clock.advance(timedelta(seconds=10))
    deliver(worker)
    assert mail(database, CONTACT).status == "envoye"


@pytest.mark.parametrize("step", [DAY, -DAY, timedelta(minutes=10), -timedelta(minutes=10)], ids=str)
def test_a_clock_that_is_set_while_a_mail_leaves_does_not_make_another_worker_send_it(
    worker: Outbox, database: Database, server: MailServer, clock: SettableClock, step: timedelta
) -> None:
    deliver(worker)
    post(database, CONTACT, clock.now)

    async def set_the_clock(recipient: str, body: bytes) -> None:
        clock.set(step)
        assert await worker.deliver_due() == 0
        clock.advance(timedelta(minutes=3))
        assert await worker.deliver_due() == 0
        await server(recipient, body)

    assert deliver(open_worker(database, set_the_clock, clock)) == 1
    clock.advance(DAY)
    assert deliver(worker) == 0
    assert (len(server.accepted), mail(database, CONTACT).uncertain) == (1, 0)


@pytest.mark.parametrize("step", [DAY, -DAY], ids=str)
@pytest.mark.parametrize("age", ["from before", "new"])
def test_the_mail_of_a_dead_worker_waits_no_longer_because_the_clock_was_set(
    worker: Outbox, database: Database, server: MailServer, clock: SettableClock, step: timedelta, age: str
) -> None:
    deliver(worker)
    post(database, CONTACT, clock.now)
    take_and_die(database, clock)
    clock.set(step)
    if age == "from before":
        deliver(worker)
        clock.advance(LEASE)
    else:
        worker = open_worker(database, server, clock)
    assert deliver(worker) == 1


def test_the_lease_of_a_machine_whose_clock_is_a_little_ahead_is_respected(
    worker: Outbox, database: Database, server: MailServer, clock: SettableClock
) -> None:
    post(database, CONTACT, clock.now, lease_until=clock.now + LEASE + timedelta(seconds=50), lease_owner="x")
    assert deliver(worker) == 0


@pytest.mark.parametrize("tried", [False, True], ids=["new", "tried in vain"])
def test_a_mail_does_not_wait_until_a_time_that_the_clock_showed_before_it_was_set_back(
    worker: Outbox, database: Database, server: MailServer, clock: SettableClock, tried: bool
) -> None:
    clock.set(DAY * 365)
    post(database, CONTACT, clock.now)
    if tried:
        server.errors = {ENQUIRER: TemporaryDeliveryError("451")}
        deliver(worker)
        server.errors = {}
    clock.set(-DAY * 365)
    assert deliver(worker) == 1


def test_the_longest_wait_is_not_taken_for_a_clock_that_was_set_back(
    worker: Outbox, database: Database, server: MailServer, clock: SettableClock
) -> None:
    post(database, CONTACT, clock.now, next_attempt_at=clock.now + LONGEST_WAIT)
    assert deliver(worker) == 0


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
