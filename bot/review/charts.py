"""Numbers made into the geometry of small pictures, in percent of their width and height. Pure; templates draw them as SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

_GAP = 0.24
"""Share of a column that is left free between two bars."""
_STEPS = (1, 2, 4, 6, 8, 10)
"""What the top of a scale may be, times a power of ten: half of it, a line in the middle, is a whole number too, but of 1."""
_SMALLEST = 1.0
"""Percent: what is not zero can be seen."""


@dataclass(frozen=True)
class Bar:
    """A rectangle in percent of the picture. `column` and `series` are places in what was given."""

    x: float
    y: float
    width: float
    height: float
    column: int
    series: int
    value: float


@dataclass(frozen=True)
class Columns:
    """Stacked bars, one column beside the other, up to `top`, the end of the scale."""

    bars: tuple[Bar, ...]
    top: float
    count: int


def columns(series: Sequence[Sequence[float]], top: float | None = None) -> Columns:
    """Stack the values of each column, the first series at the bottom. All series are of one length; values are not negative."""
    totals = [sum(values) for values in zip(*series, strict=True)]
    top = top or scale_top(max(totals, default=0))
    width = 100 / max(len(totals), 1)
    bars = []
    for column in range(len(totals)):
        reached = 0.0
        for place, values in enumerate(series):
            if values[column]:
                height = 100 * values[column] / top
                x = width * (column + _GAP / 2)
                bars.append(Bar(_r(x), _r(100 - reached - height), _r(width * (1 - _GAP)), _r(height), column, place, values[column]))
                reached += height
    return Columns(tuple(bars), top, len(totals))


def scale_top(most: float) -> float:
    """A round number that is not below `most`: 1, 2, 4, 6, 8, 10, 20…"""
    power = 1.0
    while 10 * power < most:
        power *= 10
    return next((step * power for step in _STEPS if step * power >= most), 10 * power)


def ticks(count: int, most: int = 6) -> tuple[int, ...]:
    """The columns under which a label stands, evenly, at most so many; the first always."""
    step = max(-(-count // most), 1)
    return tuple(range(0, count, step))


def lengths(values: Sequence[float], whole: float | None = None) -> tuple[float, ...]:
    """The lengths of lying bars, in percent of the longest, or of `whole`."""
    whole = whole or max(values, default=0) or 1
    return tuple(_r(max(min(100 * value / whole, 100), _SMALLEST)) if value else 0.0 for value in values)


def sparkline(values: Sequence[float]) -> tuple[Bar, ...]:
    """Little bars that show how something went, the highest as high as the picture."""
    return columns([values], max(values, default=0) or 1).bars


def _r(number: float) -> float:
    """Short enough for a page of many bars."""
    return round(number, 2)
