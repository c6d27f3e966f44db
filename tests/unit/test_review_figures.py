"""Figures of the dashboard: by days of Brussels, and as many as can be listed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from itertools import pairwise
from typing import Any

import pytest
from sqlalchemy import delete, insert
from support.databases import KINDS, new_one
from support.leads import store_lead
from support.reviewer import NOW, exchange, store_conversation

from bot.review.figures import (
    ADMITTED,
    DECIDED,
    DELIVERED,
    FAILED,
    PENDING,
    REGISTERED,
    REQUESTS,
    STARTED,
    Figures,
    answers_of,
    conversations_of,
    read_figures,
)
from bot.review.filters import ALL, Filters
from bot.review.inbox import Inbox
from bot.review.model import ABANDONED, ANSWERED, DECLINED, ROUTED, UNKNOWN
from bot.review.periods import LONGEST, PRESETS, Period, today_in_brussels
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, LEAD_KEPT, REVIEWED, Database, conversations, decisions, exchanges, leads

DAY = Period(date(2026, 11, 26), date(2026, 11, 26))


@pytest.fixture(scope="module", params=KINDS)
def kept(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database of each kind, made once: the tables take longer than the tests."""
    with new_one(request, request.param, tmp_path_factory.mktemp("figures")) as database:
        yield database


@pytest.fixture
def database(kept: Database) -> Iterator[Database]:
    yield kept
    with kept.begin() as connection:
        for table in (leads, decisions, exchanges, conversations):
            connection.execute(delete(table))


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=timezone.utc)  # type: ignore[arg-type, misc]


def short(database: Database, name: str, at: datetime, **columns: Any) -> None:
    """A conversation of a moment."""
    store_conversation(database, name, at=at, **{"first_at": at, "last_at": at, "exchanges": 1} | columns)


def listed(database: Database, period: Period, **chosen: Any) -> int:
    """How many conversations the inbox lists for a period."""
    filters = Filters(etat=ALL, du=period.first, au=period.last).but(**chosen)
    return Inbox(database).page(filters, "Ines").counts[filters.etat]


# --- periods ---


@pytest.mark.parametrize(
    ("fields", "first", "last"),
    [
        ({}, date(2026, 10, 28), date(2026, 11, 26)),
        ({"du": "2026-11-01", "au": "2026-11-03"}, date(2026, 11, 1), date(2026, 11, 3)),
        ({"du": "2026-11-03", "au": "2026-11-01"}, date(2026, 10, 3), date(2026, 11, 1)),
        ({"du": "2026-11-20", "au": "2030-01-01"}, date(2026, 11, 20), date(2026, 11, 26)),
        ({"du": "hier", "au": "2026-02-30"}, date(2026, 10, 28), date(2026, 11, 26)),
        ({"du": "0001-01-01", "au": "0001-01-01"}, date(2026, 10, 28), date(2026, 11, 26)),
        ({"du": "2000-01-01"}, date(2026, 11, 26) - timedelta(days=LONGEST - 1), date(2026, 11, 26)),
    ],
    ids=["none", "both", "the wrong way round", "in the future", "no dates", "before all", "too long"],
)
def test_a_period_is_read_from_an_address_and_nonsense_left_out(fields: dict[str, str], first: date, last: date) -> None:
    assert Period.read(fields, date(2026, 11, 26)) == Period(first, last)


def test_a_period_begins_and_ends_at_midnight_in_brussels_whatever_the_clocks_do() -> None:
    period = Period(date(2026, 3, 29), date(2026, 3, 29))
    assert (period.start, period.end) == (utc(2026, 3, 28, 23), utc(2026, 3, 29, 22))
    period = Period(date(2026, 10, 25), date(2026, 10, 25))
    assert (period.start, period.end) == (utc(2026, 10, 24, 22), utc(2026, 10, 25, 23))


def test_today_is_the_day_in_brussels() -> None:
    assert today_in_brussels(utc(2026, 11, 25, 23, 30)) == date(2026, 11, 26)


@pytest.mark.parametrize("days", [*PRESETS.values(), 1, 31, 32, 217, 218, LONGEST])
def test_slices_and_parts_cover_a_period_once_and_are_few(days: int) -> None:
    period = Period.until(date(2026, 11, 26), days)
    for cut in (period.slices(), period.parts(10)):
        assert (cut[0].first, cut[-1].last) == (period.first, period.last)
        assert all(one.last + timedelta(days=1) == following.first for one, following in pairwise(cut))
        assert sum(piece.days for piece in cut) == days
        assert len(cut) <= 38


def test_weeks_begin_on_mondays_and_months_on_their_first_day() -> None:
    weeks = Period.until(date(2026, 11, 26), 90).slices()
    assert {week.first.weekday() for week in weeks[1:]} == {0}
    assert {month.first.day for month in Period.until(date(2026, 11, 26), 365).slices()[1:]} == {1}


# --- figures ---


def test_nothing_counts_nothing(database: Database) -> None:
    figures = read_figures(database, DAY)
    assert (figures.total(), figures.by_slice(), figures.answers, figures.delay(0.5)) == (0, [0], 0, None)
    assert figures.requests == dict.fromkeys(REQUESTS, 0)
    assert figures.asked == {}


def test_a_conversation_counts_on_the_day_of_brussels(database: Database) -> None:
    short(database, "before", utc(2026, 11, 25, 22, 59, 59))
    short(database, "first", utc(2026, 11, 25, 23))
    short(database, "last", utc(2026, 11, 26, 22, 59, 59))
    short(database, "after", utc(2026, 11, 26, 23))
    figures = read_figures(database, Period(date(2026, 11, 25), date(2026, 11, 27)))
    assert figures.by_slice() == [1, 2, 1]
    assert read_figures(database, DAY).total() == listed(database, DAY) == 2


@pytest.mark.parametrize(
    ("day", "inside", "outside"),
    [
        (date(2026, 3, 29), (utc(2026, 3, 28, 23), utc(2026, 3, 29, 21, 59)), utc(2026, 3, 29, 22)),
        (date(2026, 10, 25), (utc(2026, 10, 24, 22), utc(2026, 10, 25, 22, 59)), utc(2026, 10, 25, 23)),
    ],
    ids=["of 23 hours", "of 25 hours"],
)
def test_days_on_which_clocks_change_count_right(
    database: Database, day: date, inside: tuple[datetime, datetime], outside: datetime
) -> None:
    for place, at in enumerate((*inside, outside)):
        short(database, f"c{place}", at)
    figures = read_figures(database, Period(day, day + timedelta(days=1)))
    assert figures.by_slice() == [2, 1]


def test_a_conversation_of_two_days_counts_on_both_and_once_in_all(database: Database) -> None:
    short(database, "c", utc(2026, 11, 25, 12), last_at=utc(2026, 11, 26, 12))
    period = Period(date(2026, 11, 24), date(2026, 11, 27))
    figures = read_figures(database, period)
    assert (figures.by_slice(), figures.total()) == ([0, 1, 1, 0], 1)
    assert [listed(database, piece) for piece in figures.slices] == [0, 1, 1, 0]


def test_a_conversation_that_began_before_the_period_counts_from_its_start(database: Database) -> None:
    short(database, "c", utc(2026, 11, 1, 12), last_at=utc(2026, 11, 26, 12))
    assert read_figures(database, Period(date(2026, 11, 25), date(2026, 11, 27))).by_slice() == [1, 1, 0]


def test_a_conversation_in_which_nothing_was_said_does_not_count(database: Database) -> None:
    short(database, "c", NOW, exchanges=0)
    assert read_figures(database, DAY).total() == 0


def test_channels_outcomes_status_and_feedback_are_told_apart(database: Database) -> None:
    short(database, "a", NOW, channel="site", outcome=ANSWERED, thumbs_up=3, status=REVIEWED)
    short(database, "b", NOW, channel="whatsapp", outcome=UNKNOWN, thumbs_down=1)
    short(database, "c", NOW, channel="whatsapp", outcome=ANSWERED, thumbs_up=1, thumbs_down=2)
    figures = read_figures(database, DAY)
    assert (figures.by_slice(channel="whatsapp"), figures.total(outcome=ANSWERED)) == ([2], 2)
    assert (figures.total("liked"), figures.total("disliked"), figures.total("reviewed")) == (2, 2, 1)
    assert figures.total("liked") == listed(database, DAY, avis="up")
    assert figures.total("reviewed") == listed(database, DAY, etat=REVIEWED)


def requested(database: Database) -> Figures:
    """Conversations at every step of a request, some with two requests, and one without any."""
    short(database, "none", NOW)
    short(database, "begun", NOW, outcome=ABANDONED)
    for name, verdict in (("refused", "non_admissible"), ("admitted", "admissible"), ("to judge", "humain")):
        short(database, name, NOW, outcome=DECLINED if name == "refused" else ABANDONED)
        row = {"conversation": name, "request_key": name, "verdict": verdict, "rule": "r", "rule_version": "1", "reason": "r"}
        with database.begin() as connection:
            connection.execute(insert(decisions).values(profile={}, created_at=NOW, **row))
    short(database, "erased decision", NOW, outcome=ROUTED)
    registered = {"forwarded": (LEAD_FORWARDED, LEAD_FORWARDED), "failed": (LEAD_FAILED, LEAD_FORWARDED), "kept": (LEAD_KEPT,)}
    for name, statuses in registered.items():
        for number, status in enumerate(statuses):
            store_lead(database, f"CIC-2026-{name}-{number}", conversation=name, status=status)
        short(database, name, NOW, outcome=ROUTED)
    return read_figures(database, DAY)


def test_the_steps_of_a_request_are_counted_in_conversations(database: Database) -> None:
    assert requested(database).requests == {
        STARTED: 8,
        DECIDED: 6,
        ADMITTED: 5,
        REGISTERED: 3,
        DELIVERED: 2,
        PENDING: 1,
        FAILED: 1,
    }


@pytest.mark.parametrize("name", REQUESTS)
def test_behind_a_step_stand_as_many_conversations_as_it_says(database: Database, name: str) -> None:
    figures = requested(database)
    rows, total = conversations_of(database, DAY, name, 1)
    assert len(rows) == total == figures.requests[name]
    assert conversations_of(database, DAY, name, 2) == ([], total)


def test_entries_are_counted_once_a_conversation_and_on_the_day_they_were_asked(database: Database) -> None:
    total, phase, off = {"label": "info/combien.total"}, {"label": "info/quand.phase"}, {"label": "hors_sujet/service"}
    store_conversation(database, "a", [total, total, off])
    store_conversation(database, "b", [total, phase])
    store_conversation(database, "c", [phase, {"label": "infos"}], at=NOW - timedelta(days=1))
    figures = read_figures(database, DAY)
    assert list(figures.asked.items()) == [("info/combien.total", 2), ("info/quand.phase", 1)]
    assert all(listed(database, DAY, entree=label) == count for label, count in figures.asked.items())


def timed(database: Database, *seconds: float | None) -> Figures:
    store_conversation(database, "c", exchanges=len(seconds))
    rows = [exchange("c", number, NOW + timedelta(seconds=number), seconds=value) for number, value in enumerate(seconds, 1)]
    with database.begin() as connection:
        connection.execute(insert(exchanges), rows)
    return read_figures(database, DAY)


def test_response_times_are_told_by_shares_and_what_was_not_timed_left_out(database: Database) -> None:
    figures = timed(database, *(number / 100 for number in range(1, 101)), None)
    assert (figures.answers, figures.delay(0.5), figures.delay(0.95), figures.delay(1)) == (100, 500, 950, 1000)


def test_behind_a_response_time_stand_as_many_answers_as_it_says_to_the_millisecond(database: Database) -> None:
    figures = timed(database, 0.0, 0.2494, 0.2496, 0.25, 0.4999, 0.5, 7.25, None)
    for start, end in ((0, 250), (250, 500), (500, None), (0, None)):
        rows, total = answers_of(database, DAY, start, end, 1)
        assert len(rows) == total == figures.within(start, end)
    assert figures.within(0, None) == 7
    assert [row["seconds"] for row in answers_of(database, DAY, 500, None, 1)[0]] == [7.25, 0.5, 0.4999]
