"""Pictures of figures as templates draw them: stacked columns in which each bar is a link, and the table that says the same."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from babel.dates import format_date

from bot.review.charts import Bar, columns, ticks
from bot.review.filters import ALL, Filters
from bot.review.periods import Period
from bot.text import NNBSP
from bot.web.review.addresses import address_of
from bot.web.review.rendering import say_number, say_percent

_FIRST = "'er'"


@dataclass(frozen=True)
class Series:
    """What stands in one colour: `counts` slice by slice, `style` its colour and pattern (revue.css), `chosen` the filter behind it."""

    label: str
    style: int
    counts: Sequence[int]
    chosen: Mapping[str, str]


@dataclass(frozen=True)
class Segment:
    """One bar, its link, and what it says to who does not see it."""

    bar: Bar
    style: int
    href: str
    label: str


@dataclass(frozen=True)
class Cell:
    """One number of the table, with its link; `share` where the picture shows shares."""

    count: int
    href: str
    share: str = ""


@dataclass(frozen=True)
class Picture:
    """Columns and their table. `ticks` holds the label of each column, empty for those without, and whether it is left out where there is
    little room; `rows` a label, a cell a series, and one of all conversations.
    """

    series: Sequence[Series]
    segments: Sequence[Segment]
    ticks: Sequence[tuple[str, bool]]
    scale: Sequence[str]
    step: str
    rows: Sequence[tuple[str, Sequence[Cell], Cell]]


def inbox(period: Period, **chosen: str) -> str:
    """The address of the conversations of a period, of any status unless one is chosen."""
    return address_of(Filters(etat=ALL, du=period.first, au=period.last).but(**chosen))


def draw(slices: Sequence[Period], step: str, series: Sequence[Series], wholes: Sequence[int]) -> Picture:
    """Columns of numbers of conversations, the series on top of each other; `wholes` counts all conversations of each slice."""
    geometry = columns([each.counts for each in series] or [[0] * len(slices)])
    scale = [say_number(int(geometry.top)), say_number(int(geometry.top / 2)) if geometry.top > 1 else "", "0"]
    return _picture(slices, step, series, geometry.bars, scale, wholes, lambda count, _: "")


def draw_shares(slices: Sequence[Period], step: str, series: Sequence[Series], wholes: Sequence[int]) -> Picture:
    """Columns of shares of all conversations of a slice, of which the series are only some."""
    shares = [[count / whole if whole else 0.0 for count, whole in zip(each.counts, wholes, strict=True)] for each in series]
    scale = [say_percent(1), say_percent(0.5), say_percent(0)]
    return _picture(slices, step, series, columns(shares, top=1).bars, scale, wholes, _say_share)


def _picture(
    slices: Sequence[Period],
    step: str,
    series: Sequence[Series],
    bars: Sequence[Bar],
    scale: Sequence[str],
    wholes: Sequence[int],
    say_share: Callable[[int, int], str],
) -> Picture:
    labelled = ticks(len(slices))
    rows = []
    for place, piece in enumerate(slices):
        counts = [(each.counts[place], each.chosen) for each in series]
        cells = [Cell(count, inbox(piece, **chosen), say_share(count, wholes[place])) for count, chosen in counts]
        rows.append((say_slice(piece, step), cells, Cell(wholes[place], inbox(piece))))
    segments = [_segment(bar, series[bar.series], rows[bar.column]) for bar in bars]
    spare = labelled[1::2]
    names = [(say_tick(piece, step) if place in labelled else "", place in spare) for place, piece in enumerate(slices)]
    return Picture(series, segments, names, scale, step, rows)


def _segment(bar: Bar, series: Series, row: tuple[str, Sequence[Cell], Cell]) -> Segment:
    when, cells, _ = row
    cell = cells[bar.series]
    share = f" ({cell.share})" if cell.share else ""
    return Segment(bar, series.style, cell.href, f"{when}, {series.label} : {say_conversations(cell.count)}{share}")


def say_conversations(count: int) -> str:
    """« 1 conversation », « 20 000 conversations »."""
    return f"{say_number(count)} conversation{'s' if count > 1 else ''}"


def say_slice(piece: Period, step: str) -> str:
    """A slice as a row of a table names it: « 3 novembre 2026 », « du 2 au 8 novembre 2026 », « novembre 2026 »."""
    if step == "mois":
        return format_date(piece.last, "MMMM y", locale="fr")
    last = say_day(piece.last, "MMMM y")
    if piece.first == piece.last:
        return last
    return f"du {say_day(piece.first, '' if piece.first.month == piece.last.month else 'MMMM')} au {last}"


def say_tick(piece: Period, step: str) -> str:
    """A slice in a few letters, for the axis: its first day, or its month."""
    return format_date(piece.first, "MMM yy", locale="fr") if step == "mois" else say_day(piece.first, "MMM")


def say_day(day: date, rest: str) -> str:
    """A day, and what Babel's pattern adds to its number: « 1er novembre »."""
    return format_date(day, f"{'d' if day.day > 1 else 'd' + _FIRST} {rest}".strip(), locale="fr")


def say_milliseconds(delay: int | None) -> str:
    """A response time: « 150 ms », « 1,2 s »; a dash for none."""
    if delay is None:
        return "–"
    return f"{delay}{NNBSP}ms" if delay < 1000 else f"{delay / 1000:.1f}{NNBSP}s".replace(".", ",")


def _say_share(count: int, whole: int) -> str:
    return say_percent(count / whole if whole else None)
