"""The figures of the dashboard, counted in SQL and never loaded.

A conversation counts on each day on which it was under way, as in the filters of the inbox. What is counted can be listed: by these
filters, or here (`conversations_of`, `answers_of`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, case, cast, func, literal, or_, select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement, Select

from bot.review.labels import ENTRY
from bot.review.model import ABANDONED, DECLINED, ROUTED
from bot.review.periods import Period
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, LEAD_KEPT, LEAD_WAITING, REVIEWED, Database, conversations, decisions, exchanges, leads

STARTED, DECIDED, ADMITTED, REGISTERED, DELIVERED = "commencees", "decidees", "admises", "enregistrees", "remises"
FUNNEL = (STARTED, DECIDED, ADMITTED, REGISTERED, DELIVERED)
"""Steps of a request, each within the one before."""
PENDING, FAILED = "en_attente", "en_echec"
DELIVERIES = (DELIVERED, PENDING, FAILED)
"""What became of the requests that were registered."""
PAGE = 50
_ADMITTING = ("admissible", "humain")
_MILLISECONDS = 1000


@dataclass(frozen=True)
class Count:
    """How many conversations of a channel and an outcome were under way from one slice to another; of them reviewed, liked, disliked."""

    first: int
    last: int
    channel: str
    outcome: str
    conversations: int
    reviewed: int
    liked: int
    disliked: int


@dataclass(frozen=True)
class Figures:
    """The figures of a period. `requests` counts the conversations of each of REQUESTS, `asked` those in which an entry was asked, by
    its label, the most asked first; `delays` are response times in milliseconds, in order, each with how many answers took it.
    """

    period: Period
    slices: Sequence[Period]
    counts: Sequence[Count]
    requests: Mapping[str, int]
    asked: Mapping[str, int]
    delays: Sequence[tuple[int, int]]

    def total(self, column: str = "conversations", **wanted: str) -> int:
        """The sum of a column of the counts, of a channel or an outcome where one is named."""
        return sum(getattr(count, column) for count in self._of(wanted))

    def by_slice(self, column: str = "conversations", **wanted: str) -> list[int]:
        """The same slice by slice; a conversation of two days counts on both."""
        sums = [0] * len(self.slices)
        for count in self._of(wanted):
            for place in range(count.first, count.last + 1):
                sums[place] += getattr(count, column)
        return sums

    def _of(self, wanted: Mapping[str, str]) -> list[Count]:
        return [count for count in self.counts if all(getattr(count, name) == value for name, value in wanted.items())]

    @property
    def answers(self) -> int:
        """How many answers were timed."""
        return sum(count for _, count in self.delays)

    def within(self, start: int, end: int | None) -> int:
        """How many answers took `start` milliseconds or more, and less than `end`."""
        return sum(count for delay, count in self.delays if start <= delay and (end is None or delay < end))

    def delay(self, share: float) -> int | None:
        """The milliseconds that so great a share of the answers did not exceed; None when nothing was timed."""
        wanted, reached = share * self.answers, 0
        for delay, count in self.delays:
            reached += count
            if reached >= wanted:
                return delay
        return None


def read_figures(database: Database, period: Period) -> Figures:
    """Count what the period holds."""
    slices = period.slices()
    with database.read() as connection:
        counts, requests = _counts(connection, period, slices), _requests(connection, period)
        return Figures(period, slices, counts, requests, _asked(connection, period), _delays(connection, period))


def conversations_of(database: Database, period: Period, name: str, page: int) -> tuple[list[dict[str, Any]], int]:
    """A page, from 1 on, of the conversations that one of REQUESTS counts, the latest first; and how many there are."""
    wanted = _under_way(period) & REQUESTS[name]
    names = ("conversation", "channel", "first_at", "last_at", "exchanges", "outcome", "status")
    order = (conversations.c.last_at.desc(), conversations.c.conversation)
    return _page(database, select(*(conversations.c[name] for name in names)).where(wanted).order_by(*order), page)


def answers_of(database: Database, period: Period, start: int, end: int | None, page: int) -> tuple[list[dict[str, Any]], int]:
    """A page, from 1 on, of the exchanges that took `start` milliseconds or more, and less than `end`, the latest first; and how many."""
    wanted = _said_in(period) & (start <= _DELAY)
    names = ("conversation", "number", "at", "said", "seconds", "outcome")
    query = select(*(exchanges.c[name] for name in names)).where(wanted if end is None else wanted & (end > _DELAY))
    return _page(database, query.order_by(exchanges.c.at.desc(), exchanges.c.id), page)


def _page(database: Database, query: Select, page: int) -> tuple[list[dict[str, Any]], int]:
    with database.read() as connection:
        total: int = connection.execute(select(func.count()).select_from(query.order_by(None).subquery())).scalar_one()
        return [dict(row) for row in connection.execute(query.limit(PAGE).offset(PAGE * (page - 1))).mappings()], total


def _under_way(period: Period) -> ColumnElement:
    """The conversations that count in a period."""
    row = conversations.c
    return (row.last_at >= period.start) & (row.first_at < period.end) & (row.exchanges > 0)


def _said_in(period: Period) -> ColumnElement:
    return (exchanges.c.at >= period.start) & (exchanges.c.at < period.end)


def _with_lead(*statuses: str) -> ColumnElement:
    return conversations.c.conversation.in_(select(leads.c.conversation).where(leads.c.status.in_(statuses)))


def _with_decision(*verdicts: str) -> ColumnElement:
    found = select(decisions.c.conversation)
    return conversations.c.conversation.in_(found.where(decisions.c.verdict.in_(verdicts)) if verdicts else found)


_REGISTERED = conversations.c.conversation.in_(select(leads.c.conversation))
REQUESTS: Mapping[str, ColumnElement] = {
    STARTED: or_(conversations.c.outcome.in_((ROUTED, DECLINED, ABANDONED)), _with_decision(), _REGISTERED),
    DECIDED: or_(_with_decision(), _REGISTERED),
    ADMITTED: or_(_with_decision(*_ADMITTING), _REGISTERED),
    REGISTERED: _REGISTERED,
    DELIVERED: _with_lead(LEAD_FORWARDED),
    PENDING: _with_lead(LEAD_WAITING, LEAD_KEPT),
    FAILED: _with_lead(LEAD_FAILED),
}
"""What the filters of the inbox do not know: the conversations that came to a step of a request."""
_DELAY = cast(func.round(exchanges.c.seconds * _MILLISECONDS), Integer)


def _slice_of(column: ColumnElement, slices: Sequence[Period]) -> ColumnElement:
    """The place of the slice that holds a moment, the first or last one for what lies outside; their ends are those of days in Brussels."""
    ends = [(column < piece.end, place) for place, piece in enumerate(slices[:-1])]
    return case(*ends, else_=len(slices) - 1) if ends else literal(0)


def _counts(connection: Connection, period: Period, slices: Sequence[Period]) -> list[Count]:
    row = conversations.c
    groups = {
        "first": _slice_of(row.first_at, slices),
        "last": _slice_of(row.last_at, slices),
        "channel": row.channel,
        "outcome": row.outcome,
    }
    sums = {"conversations": func.count(), "reviewed": _count_if(row.status == REVIEWED)}
    sums |= {"liked": _count_if(row.thumbs_up > 0), "disliked": _count_if(row.thumbs_down > 0)}
    columns = [expression.label(name) for name, expression in (groups | sums).items()]
    query = select(*columns).where(_under_way(period)).group_by(*groups)
    return [Count(**found) for found in connection.execute(query).mappings()]


def _requests(connection: Connection, period: Period) -> dict[str, int]:
    # One by one: each then starts from the few requests there are, and not from all conversations
    counting = {name: select(func.count()).select_from(conversations).where(_under_way(period) & REQUESTS[name]) for name in REQUESTS}
    return {name: connection.execute(query).scalar_one() for name, query in counting.items()}


def _asked(connection: Connection, period: Period) -> dict[str, int]:
    label, count = exchanges.c.label, func.count(exchanges.c.conversation.distinct())
    of_entries = (label >= ENTRY) & (label < ENTRY[:-1] + chr(ord(ENTRY[-1]) + 1))
    found = connection.execute(select(label, count).where(of_entries & _said_in(period)).group_by(label)).all()
    return dict(sorted(found, key=lambda pair: (-pair[1], pair[0])))


def _delays(connection: Connection, period: Period) -> list[tuple[int, int]]:
    query = select(_DELAY.label("delay"), func.count()).where(_said_in(period) & exchanges.c.seconds.is_not(None))
    return sorted((delay, count) for delay, count in connection.execute(query.group_by("delay")))


def _count_if(condition: ColumnElement) -> ColumnElement:
    return func.sum(case((condition, 1), else_=0))
