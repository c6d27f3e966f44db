"""The inbox: which conversations there are, what needs a human first, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import and_, case, func, literal, or_, select, true, union_all
from sqlalchemy.engine import Connection, Row, RowMapping
from sqlalchemy.sql.expression import ColumnElement, FromClause, Select

from bot.review.filters import ALL, BY_DATE, BY_PRIORITY, Filters
from bot.review.model import SMALL_TALK, STATUSES
from bot.review.search import Piece, Search
from bot.review.selection import Selection
from bot.storage import Database, conversations, exchanges, tags

PAGE = 50
"""Conversations of a page."""
_MOST_TAGS = 200
"""Tags proposed, by name."""
_ORDERS = {
    BY_PRIORITY: (("priority", False), ("last_at", True), ("conversation", False)),
    BY_DATE: (("last_at", True), ("conversation", False)),
}
"""Columns, and whether they go downwards; the last one leaves no two conversations in the same place."""
_TOLD = (exchanges.c.conversation, exchanges.c.number, exchanges.c.said, exchanges.c.reply, exchanges.c.words)
_KEY = (conversations.c.conversation, conversations.c.status, conversations.c.priority, conversations.c.last_at)


@dataclass(frozen=True)
class Line:
    """One conversation of a list: its first question `said`, or the exchange `number` that was searched, and what was found in `reply`."""

    row: Mapping[str, Any]
    number: int
    said: Sequence[Piece]
    reply: Sequence[Piece]
    tags: Sequence[str]


@dataclass(frozen=True)
class Listing:
    """A page of the inbox. `counts` says how many there are of each status, and under ALL of all of them."""

    lines: Sequence[Line]
    counts: Mapping[str, int]
    page: int
    pages: int


class Inbox:
    """Lists conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, filters: Filters, viewer: str, page: int = 1) -> Listing:
        """A page of what the filters choose; the last one when there are not so many. `viewer` is who looks."""
        with self._database.read() as connection:
            selection = Selection.on(connection, filters, viewer)
            counts, names = _listed(connection, selection, page)
            pages = max(1, -(-counts[filters.etat] // PAGE))
            if page > pages:
                page = pages
                counts, names = _listed(connection, selection, page)
            return Listing(_lines(connection, selection, names), counts, page, pages)

    def around(self, filters: Filters, viewer: str, conversation: str) -> tuple[str | None, str | None]:
        """The conversations before and behind one in a list, which need not hold it (any more)."""
        with self._database.read() as connection:
            row = connection.execute(select(*_KEY).where(conversations.c.conversation == conversation)).first()
            if row is None:
                return None, None
            selection = Selection.on(connection, filters, viewer)
            found = {each.side: each.conversation for each in connection.execute(_neighbours(selection, row))}
        return found.get("before"), found.get("behind")

    def tags(self) -> list[str]:
        """The tags that are in use."""
        with self._database.read() as connection:
            return list(connection.execute(select(tags.c.tag).distinct().order_by(tags.c.tag).limit(_MOST_TAGS)).scalars())


def _listed(connection: Connection, selection: Selection, page: int) -> tuple[dict[str, int], list[str]]:
    """How many there are of each status, and the names on one page: in one statement, so that what is searched is searched once."""
    found = select(*_KEY).where(*selection.conversations()).cte("found")
    numbers = select(found.c.status.label("status"), func.count().label("number"), literal("").label("conversation")).group_by(
        found.c.status
    )
    wanted = select(found.c.conversation).order_by(*_ordered(selection, found)).limit(PAGE).offset((page - 1) * PAGE)
    if selection.filters.etat != ALL:
        wanted = wanted.where(found.c.status == selection.filters.etat)
    shown = wanted.subquery("shown")
    rows = connection.execute(union_all(numbers, select(literal(""), literal(0), shown.c.conversation))).all()
    counts = dict.fromkeys(STATUSES, 0) | {row.status: row.number for row in rows if row.status}
    return counts | {ALL: sum(counts.values())}, [row.conversation for row in rows if row.conversation]


def _ordered(selection: Selection, of: FromClause, backwards: bool = False) -> list[ColumnElement]:
    order = _ORDERS[selection.filters.tri]
    return [of.c[name].desc() if descending != backwards else of.c[name] for name, descending in order]


def _neighbours(selection: Selection, row: Row) -> Select:
    """The first conversation on each side of a row in the order of the list: « before » and « behind »."""
    found = select(*_KEY).where(*selection.conversations(), *selection.status()).cte("found")
    sides = []
    for side, backwards in (("before", True), ("behind", False)):
        on_it = select(literal(side).label("side"), found.c.conversation).where(_lies_behind(selection, found, row, backwards))
        sides.append(on_it.order_by(*_ordered(selection, found, backwards)).limit(1).subquery(side))
    return union_all(*(select(side.c.side, side.c.conversation) for side in sides))


def _lies_behind(selection: Selection, of: FromClause, row: Row, backwards: bool) -> ColumnElement:
    """Whether a row comes later in the order than another one: by the first column in which they differ."""
    cases: list[ColumnElement] = []
    same: list[ColumnElement] = []
    for name, descending in _ORDERS[selection.filters.tri]:
        column, value = of.c[name], row._mapping[name]
        cases.append(and_(*same, column < value if descending != backwards else column > value))
        same.append(column == value)
    return or_(*cases)


def _lines(connection: Connection, selection: Selection, names: Sequence[str]) -> list[Line]:
    """What is shown of the conversations of a page, in the order of the list."""
    order = _ordered(selection, conversations)
    rows = connection.execute(select(conversations).where(conversations.c.conversation.in_(names)).order_by(*order)).mappings()
    search, told, tagged = Search.parse(selection.filters.q), _told(connection, selection, names), _tags(connection, names)
    return [_line(dict(row), search, told.get(row["conversation"]), tagged.get(row["conversation"], [])) for row in rows]


def _line(row: Mapping[str, Any], search: Search, told: RowMapping | None, tagged: Sequence[str]) -> Line:
    if told is None:
        return Line(row, 1, [], [], tagged)
    said, reply = search.excerpt(told["said"]), search.excerpt(told["reply"])
    return Line(row, told["number"], said, reply if any(piece.found for piece in reply) else [], tagged)


def _told(connection: Connection, selection: Selection, names: Sequence[str]) -> dict[str, RowMapping]:
    """The exchange that is shown of each conversation: the first that the filters ask for, else the first that is no greeting."""
    search, here = Search.parse(selection.filters.q), exchanges.c.conversation.in_(names)
    fits = and_(true(), *selection.but_search().exchanges())
    if search:
        query = select(*_TOLD).where(here, fits).order_by(exchanges.c.conversation, exchanges.c.number)
        return _first_of_each(row for row in connection.execute(query).mappings() if search.matches(row["words"]))
    # Not a condition of the query: SQLite would go through all exchanges that fit, and not through those of a page
    best, any_ = (func.min(case((and_(*wanted), exchanges.c.number))) for wanted in ((fits, exchanges.c.outcome != SMALL_TALK), (fits,)))
    places = select(exchanges.c.conversation, func.coalesce(best, any_).label("number")).where(here)
    place = places.group_by(exchanges.c.conversation).subquery("place")
    at_it = and_(exchanges.c.conversation == place.c.conversation, exchanges.c.number == place.c.number)
    return _first_of_each(connection.execute(select(*_TOLD).join(place, at_it)).mappings())


def _first_of_each(rows: Iterable[RowMapping]) -> dict[str, RowMapping]:
    found: dict[str, RowMapping] = {}
    for row in rows:
        found.setdefault(row["conversation"], row)
    return found


def _tags(connection: Connection, names: Sequence[str]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    query = select(tags).where(tags.c.conversation.in_(names)).order_by(tags.c.tag)
    for row in connection.execute(query):
        found.setdefault(row.conversation, []).append(row.tag)
    return found
