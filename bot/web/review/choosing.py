"""What pages over a period share: the form that chooses it, and the addresses that carry it on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from urllib.parse import urlencode

from bot.review.periods import PRESETS, Period


@dataclass(frozen=True)
class Preset:
    """A link to a usual period."""

    label: str
    href: str
    is_chosen: bool


@dataclass(frozen=True)
class Choice:
    """The form that chooses a period for a page; `kept` are other fields of its address."""

    path: str
    period: Period
    today: date
    kept: Mapping[str, str] = field(default_factory=dict)

    @property
    def presets(self) -> list[Preset]:
        """The usual periods, up to today."""
        return [self._preset(label, Period.until(self.today, days)) for label, days in PRESETS.items()]

    def address(self, **fields: object) -> str:
        """The address of the page for this period, with other fields."""
        return address(self.path, self.period, **{**self.kept, **fields})

    def _preset(self, label: str, period: Period) -> Preset:
        return Preset(label, address(self.path, period, **self.kept), period == self.period)


def address(path: str, period: Period, **fields: object) -> str:
    """The address of a page for a period, with other fields; those that are None are left out."""
    return f"{path}?{urlencode({**period.fields, **{name: value for name, value in fields.items() if value is not None}})}"
