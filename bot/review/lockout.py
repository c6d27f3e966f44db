"""The slow lockout: who fails to sign in waits longer and longer, and nobody can make somebody else wait for good.

Three counts of failures, each with a curve of its own:

- of one name from one address, what a person who mistypes does: five are free, then 5 seconds, doubling up to 15 minutes;
- of one address, whatever names it tries: twenty are free, for an office of many people may share it; then the same;
- of one name from anywhere, what many machines together do: twenty are free, then 5 seconds, doubling up to one minute only.

The last two could be used by an attacker to keep an administrator out: by trying her name from everywhere, or any name from behind the
same proxy. A browser from which an account has signed in before (bot.web.review.password_desk gives it a signed cookie) is therefore
counted by itself, and by nothing else: five are free, then 5 seconds, doubling up to 15 minutes. From a browser that was never used she
may have to try for a while, as long as the attack lasts; the guesses of all the world on one name remain about 1,500 a day.

An attempt during a wait is refused without looking at the password, and is not counted, so that who waits gets in. An attempt is counted
before its password is looked at, in one transaction: a hundred at once are no more than one after the other. A success takes its name's
counts away, and from its address' only itself: who has an account of their own cannot wash an address clean with it. A day without a
failure is forgotten. Names and addresses are kept as keyed digests only.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from bot.storage import Database, sign_ins

MEMORY = timedelta(days=1)
"""After so long without a failure all is forgotten."""
_DOUBLINGS = 30
"""More than any curve needs, and few enough to be computed."""


@dataclass(frozen=True)
class Curve:
    """How long to wait after so many failures: not at all for the first `free`, then `first` seconds, doubling up to `longest`."""

    free: int
    first: float
    longest: float

    def seconds(self, failures: int) -> float:
        """How long the next attempt has to wait after the last one."""
        over = failures - self.free
        return min(self.longest, self.first * 2.0 ** min(over, _DOUBLINGS)) if over >= 0 else 0.0


ONE_BY_ONE = Curve(5, 5, 900)
OF_ADDRESS = Curve(20, 5, 900)
OF_NAME = Curve(20, 5, 60)


@dataclass(frozen=True)
class Attempt:
    """Somebody tries to sign in: under a name as it was typed, from an address, maybe in a `browser` that the account has used before."""

    name: str
    address: str
    browser: str | None = None


class Lockout:
    """Counts attempts in the database, for all web processes together. `clock` gives the time with its zone."""

    def __init__(self, database: Database, secret: str, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._key = secret.encode()
        self._clock = clock

    def enter(self, attempt: Attempt) -> int:
        """Count an attempt and return 0, or return the whole seconds that it still has to wait; then its password is not looked at."""
        curves, now = self._curves(attempt), self._clock()
        with self._database.read() as connection:  # a flood of attempts that must wait writes nothing
            if wait := _wait(_known(connection, curves), curves, now):
                return wait
        self._forget(now - MEMORY)
        with self._database.begin() as connection:
            _lock(connection, sorted(curves), now)
            if wait := _wait(_known(connection, curves), curves, now):
                return wait
            of_it = sign_ins.c.key.in_(curves)
            connection.execute(update(sign_ins).where(of_it).values(failures=sign_ins.c.failures + 1, last_at=now))
        return 0

    def succeed(self, attempt: Attempt) -> None:
        """Take back what was counted: the password was the right one."""
        address = self._digest("adresse", attempt.address)
        with self._database.begin() as connection:
            query = select(sign_ins.c.key).where(sign_ins.c.key.in_(self._curves(attempt)))
            # In the order in which they are counted, and nothing beyond what is locked here: two of us must not wait for each other
            counted = connection.execute(query.order_by(sign_ins.c.key).with_for_update()).scalars().all()
            connection.execute(delete(sign_ins).where(sign_ins.c.key.in_([key for key in counted if key != address])))
            if address in counted:
                once_less = (sign_ins.c.key == address) & (sign_ins.c.failures > 0)
                connection.execute(update(sign_ins).where(once_less).values(failures=sign_ins.c.failures - 1))

    def _forget(self, before: datetime) -> None:
        """Delete what is too old, but for what somebody else counts at this moment. By itself, so that it holds nothing up."""
        with self._database.begin() as connection:
            old = select(sign_ins.c.key).where(sign_ins.c.last_at < before).with_for_update(skip_locked=True)
            connection.execute(delete(sign_ins).where(sign_ins.c.key.in_(old)))

    def _curves(self, attempt: Attempt) -> dict[str, Curve]:
        """The counts of an attempt, by their keys."""
        name = attempt.name.strip().lower()
        if attempt.browser:
            return {self._digest("navigateur", name, attempt.browser): ONE_BY_ONE}
        return {
            self._digest("nom et adresse", name, attempt.address): ONE_BY_ONE,
            self._digest("adresse", attempt.address): OF_ADDRESS,
            self._digest("nom", name): OF_NAME,
        }

    def _digest(self, *what: str) -> str:
        return hmac.new(self._key, f"revue-essais:{json.dumps(what)}".encode(), hashlib.sha256).hexdigest()


def _lock(connection: Connection, keys: list[str], now: datetime) -> None:
    """Make the counts that there are not yet, and let nobody else count until the end of the transaction.

    Always in the order of the keys, so that two that share some wait for each other, and not each for the other.
    """
    added = (sqlite if connection.dialect.name == "sqlite" else postgresql).insert(sign_ins)
    added = added.values([{"key": key, "failures": 0, "last_at": now} for key in keys])
    # An update that changes nothing locks the row, and makes it again when somebody deletes it at this moment
    connection.execute(added.on_conflict_do_update(index_elements=["key"], set_={"failures": sign_ins.c.failures}))


def _known(connection: Connection, keys: Collection[str]) -> Mapping[str, tuple[int, datetime]]:
    """Failures and last moment of each key that is counted."""
    rows = connection.execute(select(sign_ins).where(sign_ins.c.key.in_(keys)))
    return {row.key: (row.failures, row.last_at) for row in rows}


def _wait(known: Mapping[str, tuple[int, datetime]], curves: Mapping[str, Curve], now: datetime) -> int:
    """Whole seconds until every curve lets an attempt through."""
    return math.ceil(max((_left(*known[key], curve, now) for key, curve in curves.items() if key in known), default=0.0))


def _left(failures: int, last_at: datetime, curve: Curve, now: datetime) -> float:
    """Seconds of the wait that are left; none when the last failure lies so far ahead that the clock must have been set back."""
    wait = curve.seconds(failures)
    left = (last_at - now).total_seconds() + wait
    return left if 0 < left <= 2 * wait else 0.0
