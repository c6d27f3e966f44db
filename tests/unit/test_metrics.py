"""The figures of the outbox: what waits, what is late, what was given up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sample_request import Clock
from sqlalchemy import insert

from bot.outbox import LATE_AFTER, LEASE
from bot.storage import CODE, MAIL_FAILED, MAIL_SENT, MAIL_WAITING, Database, outbox
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
