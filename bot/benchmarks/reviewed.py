"""A database as it is after a year of conversations and of reviewing, made in a minute: for `cic bench review`, and to look at.

Written straight into the tables that reviewers read, without events. The same seed gives the same database.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from bot.benchmarks.invented import Invention, Rows
from bot.benchmarks.reviewers import Reviewers
from bot.benchmarks.stored import tidy
from bot.review.reading import Row
from bot.storage import Database, conversations, exchanges, leads, outbox

CONVERSATIONS, EXCHANGES = 20_000, 200_000
_CHUNK = 1000
"""Conversations written in one transaction."""
_LAST = (leads, outbox)
"""Written in this order behind the others: one points at the other."""


def fill(
    database: Database,
    now: datetime,
    count: int = CONVERSATIONS,
    said: int = EXCHANGES,
    seed: int = 7,
    tell: Callable[[int], None] = lambda _: None,
) -> None:
    """Write so many conversations with so many exchanges in all into an empty database; `tell` hears how many conversations stand."""
    dice = random.Random(seed)  # noqa: S311 - nothing here is a secret
    invention, reviewers = Invention(dice, now), Reviewers(dice, now)
    lengths = iter(_lengths(dice, count, said))
    done = 0
    while chunk := list(islice(lengths, _CHUNK)):
        rows: dict[Any, list[Row]] = defaultdict(list)
        for length in chunk:
            _collect(rows, invention.conversation(length), reviewers)
        _write(database, rows)
        done += len(chunk)
        tell(done)
    _write(database, reviewers.shared())
    tidy(database)


def _lengths(dice: random.Random, count: int, said: int) -> list[int]:
    """How many exchanges each conversation has: most few, some very many."""
    weights = [min(30.0, dice.paretovariate(1.3)) for _ in range(count)]
    more = Counter(dice.choices(range(count), weights, k=said - count))
    return [1 + more[number] for number in range(count)]


def _collect(rows: dict[Any, list[Row]], invented: Rows, reviewers: Reviewers) -> None:
    for found in (invented, reviewers.decide(invented[conversations][0], invented[exchanges])):
        for target, more in found.items():
            rows[target] += more


def _write(database: Database, rows: Mapping[Any, list[Row]]) -> None:
    with database.begin() as connection:
        for target in sorted(rows, key=lambda each: _LAST.index(each) if each in _LAST else -1):
            if rows[target]:
                connection.execute(insert(target), rows[target])
        if leads in rows:
            _count_on(connection)


def _count_on(connection: Connection) -> None:
    """The next lead gets its id from a sequence, which knows nothing of ours (PostgreSQL)."""
    if connection.dialect.name == "postgresql":
        highest = select(func.max(leads.c.id)).scalar_subquery()
        connection.execute(select(func.setval(func.pg_get_serial_sequence("leads", "id"), highest)))
