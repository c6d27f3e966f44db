"""The days on which the association works, and the day by which the contact person answers.

Closed are Saturdays, Sundays, the legal holidays of Belgium and what the settings add; regional and bank holidays are not.
Pure: the moment and the settings are arguments. Dates are those of Brussels. Libraries are loaded when they are needed.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import cache
from itertools import count, islice
from zoneinfo import ZoneInfo

Period = tuple[date, date]
"""First and last day, both included."""

ZONE = ZoneInfo("Europe/Brussels")
"""Days are those of Brussels."""
_SATURDAY = 5


def is_working_day(day: date, closed: Iterable[Period] = ()) -> bool:
    """Whether somebody works on `day`; `closed` holds the association's own closed periods."""
    return day.weekday() < _SATURDAY and day not in _legal_holidays(day.year) and not any(first <= day <= last for first, last in closed)


def reply_by(now: datetime, days: int | None, office_hours: tuple[time, time], closed: tuple[Period, ...] = ()) -> date | None:
    """The last day on which a request that arrives at `now` is answered; None when `days` is None: nothing is promised.

    `now` is aware; `days` are working days, `office_hours` the opening and the closing time in Brussels. A request counts from
    the day of its arrival, that day not included. One that comes after the closing time or on a closed day counts from the next
    working day, as if it had arrived then. The opening time changes nothing: what comes in the early morning is of that day.
    """
    if days is None:
        return None
    if now.utcoffset() is None:
        raise ValueError("the moment must be aware: a naive one would be read in the zone of the machine")
    here = now.astimezone(ZONE)
    start = here.date() + timedelta(days=here.time() > office_hours[1])
    working = (day for n in count() if is_working_day(day := start + timedelta(days=n), closed))
    return next(islice(working, days, None))


def say_day(day: date) -> str:
    """The day in French: « mardi 1er décembre 2026 »."""
    from babel.dates import format_date  # slow to load, see reply_by

    return format_date(day, "EEEE d'er' MMMM y" if day.day == 1 else "EEEE d MMMM y", locale="fr")


def say_deadline(day: date) -> str:
    """The end of a sentence of the promise: « au plus tard le mardi 1er décembre 2026 »."""
    return f"au plus tard le {say_day(day)}"


@cache
def _legal_holidays(year: int) -> frozenset[date]:
    from holidays import country_holidays  # slow to load, see reply_by; the class of one country would load them all

    return frozenset(country_holidays("BE", years=year, expand=False))
