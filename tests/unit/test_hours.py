"""The day by which a request is answered: weekends, Belgian holidays, closing hour, and how the day is said.

Dates of holidays stand here as a calendar gives them, not as the library does.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import date, datetime, time, timedelta, timezone

import pytest

from bot.hours import Period, is_working_day, reply_by, say_day, say_deadline

OFFICE_HOURS = (time(9), time(17))
YEAR_END: tuple[Period, ...] = ((date(2026, 12, 24), date(2026, 12, 24)), (date(2026, 12, 28), date(2026, 12, 31)))
SUMMER: tuple[Period, ...] = ((date(2026, 7, 13), date(2026, 7, 31)), (date(2026, 7, 27), date(2026, 8, 7)))


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=timezone.utc)


HOLIDAYS = {
    "new year": date(2027, 1, 1),
    "Easter Monday": date(2027, 3, 29),
    "labour day, on a Friday": date(2026, 5, 1),
    "Ascension": date(2027, 5, 6),
    "Pentecost Monday": date(2027, 5, 17),
    "national day": date(2026, 7, 21),
    "Assumption, on a Monday": date(2033, 8, 15),
    "All Saints, on a Monday": date(2027, 11, 1),
    "armistice": date(2026, 11, 11),
    "Christmas": date(2026, 12, 25),
}
ORDINARY = {
    "Good Friday": date(2027, 3, 26),
    "day after Ascension": date(2027, 5, 7),
    "Christmas Eve": date(2026, 12, 24),
    "day after Christmas": date(2028, 12, 26),
    "last day of the year": date(2026, 12, 31),
    "All Souls": date(2026, 11, 2),
    "king's day": date(2027, 11, 15),
    "day of the French Community": date(2027, 9, 27),
    "day of Brussels": date(2028, 5, 8),
    "leap day, a Tuesday": date(2028, 2, 29),
}


@pytest.mark.parametrize("day", HOLIDAYS.values(), ids=HOLIDAYS)
def test_nobody_works_on_a_legal_holiday(day: date) -> None:
    assert day.weekday() < 5
    assert not is_working_day(day)


@pytest.mark.parametrize("day", ORDINARY.values(), ids=ORDINARY)
def test_regional_and_bank_holidays_are_working_days(day: date) -> None:
    assert is_working_day(day)


def test_nobody_works_at_the_weekend() -> None:
    week = [date(2026, 9, 7) + timedelta(days=n) for n in range(7)]
    assert [is_working_day(day) for day in week] == [True] * 5 + [False] * 2


def test_a_closed_period_holds_its_first_and_its_last_day() -> None:
    days = [date(2026, 12, n) for n in (23, 24, 28, 29, 30, 31)]
    assert [is_working_day(day, YEAR_END) for day in days] == [True] + [False] * 5
    assert is_working_day(date(2027, 1, 4), YEAR_END)


# What arrives when (UTC), the days promised, the closed periods, the last day
DEADLINES: dict[str, tuple[str, int, tuple[Period, ...], date]] = {
    "Monday morning": ("2026-09-07T08:00", 2, (), date(2026, 9, 9)),
    "early morning is of that day": ("2026-09-07T03:00", 2, (), date(2026, 9, 9)),
    "Friday morning goes over the weekend": ("2026-09-04T08:00", 1, (), date(2026, 9, 7)),
    "Friday evening counts from Monday": ("2026-09-04T18:00", 1, (), date(2026, 9, 8)),
    "Saturday counts from Monday": ("2026-09-05T08:00", 1, (), date(2026, 9, 8)),
    "Saturday evening too": ("2026-09-05T18:00", 1, (), date(2026, 9, 8)),
    "Sunday evening too": ("2026-09-06T18:00", 1, (), date(2026, 9, 8)),
    "a second before closing": ("2026-09-08T14:59:59", 1, (), date(2026, 9, 9)),
    "at the closing hour": ("2026-09-08T15:00:00", 1, (), date(2026, 9, 9)),
    "a second after closing": ("2026-09-08T15:00:01", 1, (), date(2026, 9, 10)),
    "15:30 UTC is before closing in winter": ("2026-03-26T15:30", 1, (), date(2026, 3, 27)),
    "15:30 UTC is after closing in summer": ("2026-03-30T15:30", 1, (), date(2026, 4, 1)),
    "from winter time to summer time": ("2026-03-27T15:30", 2, (), date(2026, 3, 31)),
    "15:30 UTC on the last Friday of summer time": ("2026-10-23T15:30", 1, (), date(2026, 10, 27)),
    "15:30 UTC on the first Monday of winter time": ("2026-10-26T15:30", 1, (), date(2026, 10, 27)),
    "the hour that comes twice": ("2026-10-25T00:30", 1, (), date(2026, 10, 27)),
    "tomorrow in Brussels already, in summer": ("2026-09-07T23:30", 1, (), date(2026, 9, 9)),
    "tomorrow in Brussels already, in winter": ("2026-12-01T23:30", 1, (), date(2026, 12, 3)),
    "Sunday in UTC, Monday in Brussels": ("2026-09-06T23:30", 1, (), date(2026, 9, 8)),
    "Friday in UTC, Saturday in Brussels": ("2026-09-04T23:30", 1, (), date(2026, 9, 8)),
    "a year that has begun in Brussels only": ("2026-12-31T23:30", 1, (), date(2027, 1, 5)),
    "before the armistice": ("2026-11-10T09:00", 1, (), date(2026, 11, 12)),
    "the evening before the armistice": ("2026-11-10T17:00", 1, (), date(2026, 11, 13)),
    "on the armistice": ("2026-11-11T09:00", 1, (), date(2026, 11, 13)),
    "Thursday before Easter": ("2027-03-25T09:00", 2, (), date(2027, 3, 30)),
    "eve of Ascension": ("2027-05-05T09:00", 1, (), date(2027, 5, 7)),
    "Friday before Pentecost": ("2027-05-14T09:00", 1, (), date(2027, 5, 18)),
    "24 December": ("2026-12-24T09:00", 1, (), date(2026, 12, 28)),
    "24 December, evening": ("2026-12-24T17:00", 1, (), date(2026, 12, 29)),
    "24 December, closed until January": ("2026-12-24T09:00", 1, YEAR_END, date(2027, 1, 5)),
    "23 December, closed until January": ("2026-12-23T09:00", 1, YEAR_END, date(2027, 1, 4)),
    "31 December into January": ("2026-12-31T09:00", 1, (), date(2027, 1, 4)),
    "31 December, evening": ("2026-12-31T17:00", 1, (), date(2027, 1, 5)),
    "closed periods that overlap": ("2026-07-10T09:00", 2, SUMMER, date(2026, 8, 11)),
    "leap day is counted": ("2028-02-28T09:00", 1, (), date(2028, 2, 29)),
    "on leap day": ("2028-02-29T09:00", 1, (), date(2028, 3, 1)),
    "no leap day in an ordinary year": ("2027-02-26T09:00", 1, (), date(2027, 3, 1)),
    "sixty days": ("2026-09-07T08:00", 60, (), date(2026, 12, 1)),
}


@pytest.mark.parametrize(("now", "days", "closed", "last"), DEADLINES.values(), ids=DEADLINES)
def test_the_reply_comes_by(now: str, days: int, closed: tuple[Period, ...], last: date) -> None:
    assert reply_by(utc(now), days, OFFICE_HOURS, closed) == last


def test_another_closing_hour_is_kept_to_the_minute() -> None:
    hours = (time(8, 30), time(16, 45))
    moments = [utc("2026-12-01T15:44"), utc("2026-12-01T15:46")]
    assert [reply_by(now, 1, hours) for now in moments] == [date(2026, 12, 2), date(2026, 12, 3)]


def test_the_zone_of_the_moment_changes_nothing() -> None:
    kinshasa = datetime(2026, 9, 8, 15, 30, tzinfo=timezone(timedelta(hours=1)))
    assert reply_by(kinshasa, 1, OFFICE_HOURS) == reply_by(utc("2026-09-08T14:30"), 1, OFFICE_HOURS) == date(2026, 9, 9)


def test_who_writes_later_is_never_answered_earlier() -> None:
    moments = [utc("2026-12-01T00:30") + timedelta(hours=n) for n in range(24 * 60)]
    deadlines = [reply_by(now, 3, OFFICE_HOURS, YEAR_END) for now in moments]
    assert deadlines == sorted(day for day in deadlines if day)
    assert all(is_working_day(day, YEAR_END) for day in deadlines if day)


def test_nothing_is_promised_without_a_number_of_days() -> None:
    assert reply_by(utc("2026-09-07T08:00"), None, OFFICE_HOURS) is None


def test_a_moment_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="aware"):
        reply_by(datetime(2026, 9, 7, 8), 1, OFFICE_HOURS)


@pytest.mark.parametrize(
    ("day", "said"),
    [
        (date(2026, 12, 1), "mardi 1er décembre 2026"),
        (date(2026, 12, 2), "mercredi 2 décembre 2026"),
        (date(2026, 8, 11), "mardi 11 août 2026"),
        (date(2026, 12, 21), "lundi 21 décembre 2026"),
        (date(2028, 2, 29), "mardi 29 février 2028"),
        (date(2027, 1, 4), "lundi 4 janvier 2027"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_day_is_said_in_french(day: date, said: str) -> None:
    assert say_day(day) == said
    assert say_deadline(day) == f"au plus tard le {said}"


@pytest.mark.parametrize(
    "call", ["", "reply_by(datetime.now(timezone.utc), None, (time(9), time(17)))"], ids=["imported", "nothing promised"]
)
def test_slow_libraries_are_loaded_only_for_a_promise(call: str) -> None:
    code = f"import sys\nfrom datetime import *\nimport bot.config\nfrom bot.hours import reply_by\n{call}\n"
    code += "print(sorted({'holidays', 'babel'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
