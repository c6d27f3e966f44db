"""The slow lockout: how long who fails has to wait, and that nobody waits for somebody else's failures for good."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest
from sqlalchemy import select

from bot.review.lockout import ONE_BY_ONE, Attempt, Curve, Lockout
from bot.storage import Database, sign_ins

INES = Attempt("ines", "203.0.113.7")
KNOWN = replace(INES, browser="a browser of hers")
WAITS = [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]

on_both_databases = pytest.mark.parametrize("stored", ["sqlite", "postgresql"], indirect=True)


class Clock:
    now = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def lockout(stored: Database, clock: Clock) -> Lockout:
    return Lockout(stored, "a key for tests only", clock)


def fail(lockout: Lockout, clock: Clock, attempt: Attempt, times: int) -> list[int]:
    """Fail so often, each time as soon as one may; return the waits before each."""
    waits = []
    for _ in range(times):
        waits.append(lockout.enter(attempt))
        if waits[-1]:
            clock.advance(waits[-1])
            assert lockout.enter(attempt) == 0
    return waits


@pytest.mark.parametrize("attempt", [INES, KNOWN], ids=["one name from one address", "a known browser"])
def test_after_five_failures_each_attempt_waits_twice_as_long_up_to_a_quarter_of_an_hour(
    lockout: Lockout, clock: Clock, attempt: Attempt
) -> None:
    assert fail(lockout, clock, attempt, 15) == [0] * 5 + WAITS


def test_an_attempt_during_the_wait_is_not_counted_so_that_who_waits_gets_in(lockout: Lockout, clock: Clock) -> None:
    fail(lockout, clock, INES, 8)
    assert [lockout.enter(INES) for _ in range(50)] == [40] * 50
    clock.advance(39.5)
    assert lockout.enter(INES) == 1
    clock.advance(0.5)
    assert lockout.enter(INES) == 0


@on_both_databases
def test_a_success_takes_the_count_of_the_name_away(lockout: Lockout, clock: Clock) -> None:
    fail(lockout, clock, INES, 9)
    lockout.succeed(INES)
    assert fail(lockout, clock, INES, 6) == [0] * 5 + [5]


@on_both_databases
def test_a_day_without_a_failure_is_forgotten(lockout: Lockout, clock: Clock, stored: Database) -> None:
    fail(lockout, clock, INES, 12)
    clock.advance(24 * 3600 + 1)
    assert fail(lockout, clock, replace(INES, name="omar"), 1) == [0]
    with stored.read() as connection:
        assert connection.execute(select(sign_ins.c.failures)).scalars().all() == [1, 1, 1]
    assert fail(lockout, clock, INES, 6) == [0] * 5 + [5]


def test_names_are_counted_without_regard_to_capitals(lockout: Lockout, clock: Clock) -> None:
    fail(lockout, clock, INES, 5)
    assert lockout.enter(replace(INES, name=" INES ")) == 5


def test_somebody_else_at_the_same_address_does_not_wait_for_one_who_mistypes(lockout: Lockout, clock: Clock) -> None:
    fail(lockout, clock, INES, 6)
    assert lockout.enter(replace(INES, name="omar")) == 0


def test_an_address_that_tries_many_names_waits(lockout: Lockout, clock: Clock) -> None:
    waits = [fail(lockout, clock, replace(INES, name=f"nom{number}"), 1)[0] for number in range(30)]
    assert waits == [0] * 20 + WAITS


def test_a_success_washes_no_address_clean(lockout: Lockout, clock: Clock) -> None:
    for number in range(25):
        fail(lockout, clock, replace(INES, name=f"nom{number}"), 1)
    clock.advance(3600)
    own = replace(INES, name="omar")
    assert lockout.enter(own) == 0
    lockout.succeed(own)
    assert lockout.enter(replace(INES, name="nom99")) == 160


def test_many_addresses_that_try_one_name_wait_a_minute_at_most(lockout: Lockout, clock: Clock) -> None:
    waits = [fail(lockout, clock, replace(INES, address=f"198.51.100.{number}"), 1)[0] for number in range(30)]
    assert waits == [0] * 20 + [5, 10, 20, 40] + [60] * 6


@pytest.mark.parametrize("address", ["198.51.100.9", INES.address], ids=["from elsewhere", "behind the same proxy"])
def test_an_attack_never_keeps_an_administrator_out_of_a_browser_that_she_has_used(lockout: Lockout, clock: Clock, address: str) -> None:
    for number in range(200):
        lockout.enter(replace(INES, address=address))
        lockout.enter(Attempt("ines", f"10.0.0.{number}"))
        clock.advance(1)
    assert lockout.enter(INES) > 0
    assert lockout.enter(KNOWN) == 0


def test_a_known_browser_that_is_stolen_is_slowed_down_by_itself(lockout: Lockout, clock: Clock) -> None:
    assert fail(lockout, clock, KNOWN, 6)[-1] == 5
    assert lockout.enter(replace(KNOWN, name="omar")) == 0
    assert lockout.enter(replace(KNOWN, browser="another of hers")) == 0


@pytest.mark.parametrize("hours", [-3, -24 * 40])
def test_a_clock_that_is_set_back_locks_nobody_out(lockout: Lockout, clock: Clock, hours: int) -> None:
    fail(lockout, clock, INES, 12)
    clock.advance(hours * 3600)
    assert lockout.enter(INES) == 0
    assert lockout.enter(INES) == 900


def test_a_process_whose_clock_is_a_little_behind_waits_too(lockout: Lockout, clock: Clock) -> None:
    fail(lockout, clock, INES, 6)
    clock.advance(-2)
    assert lockout.enter(INES) == 12


@on_both_databases
def test_attempts_at_the_same_time_are_no_more_than_one_after_the_other(lockout: Lockout, stored: Database, clock: Clock) -> None:
    others = [Lockout(stored, "a key for tests only", clock) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(lambda number: others[number % 4].enter(INES), range(40)))
    assert Counter(waits) == {0: 5, 5: 35}


@on_both_databases
def test_attempts_and_successes_at_the_same_time_neither_fail_nor_wait_for_each_other(lockout: Lockout) -> None:
    def attempt(number: int) -> None:
        one = Attempt(f"nom{number % 3}", f"203.0.113.{number % 2}")
        lockout.enter(one)
        lockout.succeed(one)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(attempt, range(120)))


def keys_of(database: Database) -> list[str]:
    with database.read() as connection:
        return list(connection.execute(select(sign_ins.c.key)).scalars())


def test_neither_names_nor_addresses_are_kept_in_clear(lockout: Lockout, stored: Database, clock: Clock) -> None:
    lockout.enter(INES)
    lockout.enter(KNOWN)
    keys = keys_of(stored)
    assert [key for key in keys if len(key) != 64 or "ines" in key] == []
    assert len(keys) == 4
    Lockout(stored, "another key of the machine", clock).enter(INES)
    assert len(keys_of(stored)) == 7


@pytest.mark.parametrize(("failures", "seconds"), [(0, 0), (4, 0), (5, 5), (6, 10), (12, 640), (13, 900), (10**6, 900)])
def test_the_curve(failures: int, seconds: float) -> None:
    assert ONE_BY_ONE.seconds(failures) == seconds
    assert Curve(0, 1, 8).seconds(failures) == min(8, 2.0 ** min(failures, 10))
