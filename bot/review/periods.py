"""Periods of days in Brussels, as figures are told of them. Pure: today is an argument."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from itertools import pairwise

from bot.hours import ZONE

PRESETS = {"7 jours": 7, "30 jours": 30, "90 jours": 90, "1 an": 365}
"""Periods that end today, by their length in days."""
ORDINARY = 30
LONGEST = 3 * 366
"""Days of a period at most; of a longer one the last."""
_EARLIEST = date(2000, 1, 1)
_DAYS = 31
"""Up to so many days a picture shows each day, and up to so many weeks each week; then months."""
_WEEK = timedelta(days=7)
_ONE = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days, the first and the last one included."""

    first: date
    last: date

    @classmethod
    def until(cls, last: date, days: int) -> Period:
        """So many days up to `last`."""
        return cls(last - timedelta(days=days - 1), last)

    @classmethod
    def read(cls, fields: Mapping[str, str], today: date) -> Period:
        """The period of an address (du, au); what makes no sense is left out, and without a beginning it is the last 30 days."""
        last = min(_day(fields.get("au", "")) or today, today)
        first = _day(fields.get("du", ""))
        if first is None or first > last:
            return cls.until(last, ORDINARY)
        return cls(max(first, last - timedelta(days=LONGEST - 1)), last)

    @property
    def days(self) -> int:
        """How many days."""
        return (self.last - self.first).days + 1

    @property
    def start(self) -> datetime:
        """The midnight in Brussels at which it begins, in UTC."""
        return midnight(self.first)

    @property
    def end(self) -> datetime:
        """The midnight at which it is over."""
        return midnight(self.last + _ONE)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of an address that asks for it."""
        return {"du": self.first.isoformat(), "au": self.last.isoformat()}

    @property
    def step(self) -> str:
        """What its slices are: « jour », « semaine » or « mois »."""
        return "jour" if self.days <= _DAYS else "semaine" if self.days <= 7 * _DAYS else "mois"

    def slices(self) -> list[Period]:
        """Its days, its weeks from Monday, or its months, so that a picture of them can be read; the first and last may be cut."""
        found, at = [], self.first
        while at <= self.last:
            found.append(Period(at, min(self._end_of_step(at), self.last)))
            at = found[-1].last + _ONE
        return found

    def parts(self, most: int) -> list[Period]:
        """It, cut into at most so many parts of about the same length."""
        count = min(most, self.days)
        edges = [self.first + timedelta(days=self.days * place // count) for place in range(count + 1)]
        return [Period(first, following - _ONE) for first, following in pairwise(edges)]

    def _end_of_step(self, day: date) -> date:
        if self.step == "jour":
            return day
        if self.step == "semaine":
            return day - timedelta(days=day.weekday()) + _WEEK - _ONE
        return (day.replace(day=1) + timedelta(days=31)).replace(day=1) - _ONE


def today_in_brussels(now: datetime) -> date:
    """The day in Brussels at a moment."""
    return now.astimezone(ZONE).date()


def midnight(day: date) -> datetime:
    """The moment at which a day begins in Brussels, in UTC."""
    return datetime.combine(day, time.min, ZONE).astimezone(timezone.utc)


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if day >= _EARLIEST else None
