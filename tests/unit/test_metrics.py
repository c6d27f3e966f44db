"""The figures of the outbox and of the messaging channels: what waits, what is late, what was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sample_channels import answer, lease_one, ledger_of, written
from sample_request import Clock
from sqlalchemy import insert, update

from bot.channels.model import MAIL, SMS, TELEGRAM
from bot.outbox import LATE_AFTER, LEASE
from bot.storage import CODE, MAIL_FAILED, MAIL_SENT, MAIL_WAITING, REPLY_FAILED, REPLY_UNCERTAIN, Database, channel_replies, outbox
from bot.web.metrics import Metrics


def figures(database: Database, clock: Clock) -> dict[str, float]:
    """The figures of the outbox, without the beginning of their names."""
    samples = [sample for family in Metrics(database, clock).registry.collect() for sample in family.samples]
    return {sample.name.removeprefix("cic_outbox_"): sample.value for sample in samples if sample.name.startswith("cic_outbox_")}


def post(database: Database, clock: Clock, age: timedelta, **values: Any) -> None:
    due = clock.now - age
    row = {"kind": CODE, "recipient": "awa@commune.example", "body": b"", "status": MAIL_WAITING, "due_since": due, "next_attempt_at": due}
    with database.begin() as connection:
        connection.execute(insert(outbox).values(**(row | {"message_id": f"<{age}{values}>"} | values)))


def test_an_empty_outbox_is_all_zero(database: Database) -> None:
    post(database, clock := Clock(), timedelta(days=1), status=MAIL_SENT)
    assert figures(database, clock) == {"waiting": 0, "late": 0, "failed": 0, "oldest_seconds": 0}


def test_mails_are_counted_by_what_they_wait_for(database: Database) -> None:
    clock = Clock()
    post(database, clock, timedelta(seconds=5))
    post(database, clock, LATE_AFTER - timedelta(seconds=1))
    post(database, clock, LATE_AFTER)
    post(database, clock, LATE_AFTER * 2, lease_until=clock.now + LEASE, lease_owner="x")
    post(database, clock, timedelta(days=9), status=MAIL_FAILED)
    post(database, clock, timedelta(days=9), status=MAIL_SENT)
    assert figures(database, clock) == {"waiting": 4, "late": 2, "failed": 1, "oldest_seconds": 3600}


@pytest.mark.parametrize("status", [MAIL_WAITING, MAIL_FAILED])
def test_an_expired_mail_counts_nowhere(database: Database, status: str) -> None:
    clock = Clock()
    post(database, clock, timedelta(days=1), status=status, expires_at=clock.now)
    assert figures(database, clock) == {"waiting": 0, "late": 0, "failed": 0, "oldest_seconds": 0}


def test_a_clock_that_was_set_back_makes_no_age_below_zero(database: Database) -> None:
    clock = Clock()
    post(database, clock, -timedelta(days=1))
    assert figures(database, clock)["oldest_seconds"] == 0


def on_channels(database: Database, clock: Clock, *watched: str) -> dict[str, dict[str, float]]:
    """The figures of each channel that are read from the database, without the beginning of their names."""
    metrics = Metrics(database, clock)
    metrics.watch_channels(watched)
    found: dict[str, dict[str, float]] = {}
    for family in metrics.registry.collect():
        for sample in family.samples if family.type == "gauge" else ():
            if sample.name.startswith("cic_channel_"):
                found.setdefault(sample.labels["channel"], {})[sample.name.removeprefix("cic_channel_")] = sample.value
    return found


ALL_ZERO = {"waiting": 0, "failed": 0, "uncertain": 0, "oldest_seconds": 0}


def test_a_channel_has_figures_when_it_is_on_or_has_rows(database: Database) -> None:
    clock = Clock()
    assert on_channels(database, clock) == {}
    ledger_of(database, clock).accept(MAIL, [written("1")])
    assert on_channels(database, clock, TELEGRAM) == {TELEGRAM: ALL_ZERO, MAIL: ALL_ZERO | {"waiting": 1}}


def test_messages_and_replies_are_counted_by_what_became_of_them(database: Database) -> None:
    ledger = ledger_of(database, clock := Clock())
    ledger.accept(SMS, [written("1")])
    (person,) = ledger.lease("w", 1, [SMS])
    answer(ledger, person, "un", "deux", "trois", "quatre")
    with database.begin() as connection:
        for part, status in enumerate((REPLY_FAILED, REPLY_UNCERTAIN)):
            connection.execute(update(channel_replies).where(channel_replies.c.part == part).values(status=status))
    clock.advance(timedelta(seconds=90))
    ledger.accept(SMS, [written("2")])
    clock.advance(timedelta(seconds=10))
    assert on_channels(database, clock)[SMS] == {"waiting": 3, "failed": 1, "uncertain": 1, "oldest_seconds": 100}


def test_what_was_answered_and_sent_counts_nowhere(database: Database) -> None:
    ledger = ledger_of(database, clock := Clock())
    ledger.accept(TELEGRAM, [written("1")])
    answer(ledger, lease_one(ledger))
    assert on_channels(database, clock, TELEGRAM) == {TELEGRAM: ALL_ZERO}
