"""The invented year of conversations for `cic bench review`: whole, always the same, and as the application would have made it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from bot.benchmarks.figures import Spread
from bot.benchmarks.invented import DAYS
from bot.benchmarks.postgresql import new_database
from bot.benchmarks.review_pages import GOAL_MS, Found, Page, lines
from bot.benchmarks.reviewed import fill
from bot.benchmarks.reviewers import PEOPLE
from bot.review.model import CHANNELS, EXCHANGE_OUTCOMES, OUTCOMES, PRIORITIES, STATUSES
from bot.storage import Database, accounts, conversations, exchanges, journal, judgements, leads, outbox, tags, utc_now

COUNT, SAID = 700, 6000
NOW = utc_now()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def full(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    on_server = request.param == "postgresql"
    folder = tmp_path_factory.mktemp("reviewed")
    database = Database(new_database(request.getfixturevalue("postgresql")) if on_server else f"sqlite:///{folder / 'cic.sqlite'}")
    database.create_all()
    fill(database, NOW, COUNT, SAID)
    yield database
    database.close()


def values(database: Database, query: Any) -> list[Any]:
    with database.read() as connection:
        return list(connection.execute(query).scalars())


def test_there_are_as_many_conversations_and_exchanges_as_wanted(full: Database) -> None:
    assert values(full, select(func.count()).select_from(conversations)) == [COUNT]
    assert values(full, select(func.count()).select_from(exchanges)) == [SAID]
    counted = select(exchanges.c.conversation, func.count().label("said")).group_by(exchanges.c.conversation).subquery()
    both = counted.join(conversations, conversations.c.conversation == counted.c.conversation)
    with full.read() as connection:
        rows = connection.execute(select(conversations.c.exchanges, counted.c.said).select_from(both)).all()
    assert len(rows) == COUNT
    assert all(told == said for told, said in rows)


@pytest.mark.parametrize(
    ("column", "known"),
    [
        (conversations.c.channel, CHANNELS),
        (conversations.c.outcome, OUTCOMES),
        (conversations.c.status, STATUSES),
        (conversations.c.priority, PRIORITIES),
        (exchanges.c.outcome, EXCHANGE_OUTCOMES),
    ],
    ids=str,
)
def test_there_is_something_of_nearly_every_kind(full: Database, column: Any, known: dict[Any, str]) -> None:
    found = set(values(full, select(column.distinct())))
    assert found <= set(known)
    assert len(found) >= 3


def test_all_of_it_lies_within_the_retention(full: Database) -> None:
    [first], [last] = values(full, select(func.min(exchanges.c.at))), values(full, select(func.max(exchanges.c.at)))
    assert NOW - timedelta(days=DAYS + 1) < first < last < NOW


def test_reviewers_have_left_their_traces(full: Database) -> None:
    assert set(values(full, select(accounts.c.name))) == set(PEOPLE)
    for target in (tags, judgements, journal, leads, outbox):
        assert values(full, select(func.count()).select_from(target))[0] > 0


def test_the_next_request_gets_an_id_of_its_own(full: Database) -> None:
    with full.begin() as connection:
        row = dict.fromkeys(("nom", "fonction", "commune", "pays", "email", "objet", "decision", "reason", "rule", "status"), "x")
        row |= {"reference": "R", "request_key": "K", "conversation": "C", "remarques": [], "created_at": NOW, "consent_at": NOW}
        assert connection.execute(leads.insert().values(**row)).inserted_primary_key[0] > 1


def test_the_same_seed_gives_the_same_database(tmp_path: Path) -> None:
    told = []
    for number in range(2):
        database = Database(f"sqlite:///{tmp_path / f'{number}.sqlite'}")
        database.create_all()
        fill(database, NOW, 60, 500, seed=3)
        told.append(values(database, select(exchanges.c.words).order_by(exchanges.c.id)))
        database.close()
    assert told[0] == told[1]
    assert len(set(told[0])) > 100


def page(name: str, milliseconds: float) -> Page:
    return Page(name, "/revue", Spread.of([milliseconds / 1000] * 3), 12_000)


def test_a_page_that_misses_the_goal_is_named() -> None:
    found = Found("sqlite", 60.0, [page("à lire", GOAL_MS - 1), page("lacunes", GOAL_MS + 1)], [page("export", 9000)], [80.0, 90.0, 95.0])
    said = lines(found)
    assert [line for line in said if "plus de 300 ms" in line] == ["lacunes : 301 ms, 301 ms (maximum), 12,0 ko : plus de 300 ms"]
    assert "2 pages, 1 au-dessus de 300 ms ; la plus lente : 301 ms (médiane)." in said
    assert said[-1] == "Mémoire du serveur web : 80 Mo au début, 90 Mo après les pages, 95 Mo après les exports."
