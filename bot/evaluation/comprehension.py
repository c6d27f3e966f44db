"""The report on what is understood, for people who do not program: one page without script, and the matrix as a table."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.evaluation.model import Reply
from bot.evaluation.reach import ENOUGH, Pair, Reached
from bot.knowledge import Base
from bot.text import defuse

_TEMPLATE = Path(__file__).with_suffix(".html")
_SHOWN = 40
"""Pairs on the page; the table has all of them."""
_FEWEST = 10
_WIDTH = 140
"""Characters of a reply on the page."""
_TAKEN_FOR_A_REQUEST = "(prise pour une demande de contact)"


@dataclass(frozen=True)
class Row:
    """One entry as the page shows it."""

    entry: str
    title: str
    right: int
    total: int
    examples: int
    missed: tuple[tuple[str, str], ...]


def page(base: Base, model: str, today: date, reached: Mapping[str, Reached], pairs: Sequence[Pair], examples: Mapping[str, int]) -> str:
    """The page, as HTML; every text of a person in it is escaped. `examples` counts those of each entry."""
    from jinja2 import Environment, select_autoescape

    rows = [_row(base, found, examples) for found in reached.values()]
    all_rows = (Row(entry, found.title, 0, 0, examples.get(entry, 0), ()) for entry, found in base.entries.items())
    few = sorted(all_rows, key=lambda row: row.examples)
    template = Environment(autoescape=select_autoescape(default=True)).from_string(_TEMPLATE.read_text("utf-8"))
    return template.render(
        model=model,
        date=f"{today:%d.%m.%Y}",
        right=sum(row.right for row in rows),
        total=sum(row.total for row in rows),
        reached=sum(row.right >= ENOUGH for row in rows),
        facts=len(rows),
        enough=ENOUGH,
        weak=sorted((row for row in rows if row.missed), key=lambda row: row.right - row.total),
        pairs=pairs[:_SHOWN],
        titles={ident: entry.title for ident, entry in base.entries.items()},
        fewest=few[:_FEWEST],
    )


def _row(base: Base, found: Reached, examples: Mapping[str, int]) -> Row:
    missed = tuple((result.turns[0].message, _said(result.turns[0].reply)) for result in found.missed)
    return Row(found.entry, base.entries[found.entry].title, found.right, len(found.results), examples.get(found.entry, 0), missed)


def _said(reply: Reply) -> str:
    """The beginning of a reply, or what happened instead of one."""
    if not reply.prose:
        return _TAKEN_FOR_A_REQUEST
    return reply.prose if len(reply.prose) <= _WIDTH else f"{reply.prose[:_WIDTH].rstrip()}…"


def matrix(pairs: Iterable[Pair]) -> str:
    """The matrix of confusions as a table for a spreadsheet, its empty cells left out; nothing in it can be taken for a formula."""
    out = io.StringIO()
    table = csv.writer(out, delimiter=";")
    table.writerow(("demandé", "pris pour", "confondus", "de justesse", "exemple"))
    table.writerows((pair.wanted, pair.other, pair.times, pair.near, defuse(pair.example)) for pair in pairs)
    return out.getvalue()
