"""The messages that are still to be judged, those that were understood least first."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import exists, select, tuple_
from sqlalchemy.sql import Select

from bot.review.judging import is_active
from bot.review.model import CANCELLED, DECLINED, EXCHANGE_OUTCOMES, FORM, ROUTED
from bot.storage import Database, exchanges, judgements

OF_REQUESTS = frozenset({FORM, ROUTED, DECLINED, CANCELLED})
"""Outcomes of messages that belong to a request: what they say is an answer, and no question to understand."""
JUDGED_OUTCOMES = {outcome: title for outcome, title in EXCHANGE_OUTCOMES.items() if outcome not in OF_REQUESTS}
PAGE = 50

Place = tuple[float, int]
"""Where a page ends: confidence and id of its last message."""


@dataclass(frozen=True)
class Wanted:
    """Which messages: understood as `label`, ended as `outcome`, of the last `days`, whose answer was found useless (`disliked`)."""

    label: str = ""
    outcome: str = ""
    days: int = 0
    disliked: bool = False


@dataclass(frozen=True)
class Page:
    """Messages of the list, and where the next page begins; None on the last one."""

    messages: list[Mapping[str, Any]]
    end: Place | None


class Worklist:
    """Reads the list. `clock` gives the time with its zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def page(self, wanted: Wanted, after: Place | None = None) -> Page:
        """The next PAGE messages behind a place. Messages without a confidence, such as buttons, are not among them."""
        with self._database.read() as connection:
            rows = list(connection.execute(self._query(wanted, after).limit(PAGE + 1)).mappings())
        last = rows[PAGE - 1] if len(rows) > PAGE else None
        return Page(rows[:PAGE], (last["confidence"], last["id"]) if last else None)

    def _query(self, wanted: Wanted, after: Place | None) -> Select:
        same = (judgements.c.conversation == exchanges.c.conversation) & (judgements.c.message_id == exchanges.c.message_id)
        query = select(exchanges).where(exchanges.c.confidence.is_not(None), ~exists().where(same & is_active()))
        query = query.where(exchanges.c.outcome == wanted.outcome if wanted.outcome else exchanges.c.outcome.not_in(OF_REQUESTS))
        if wanted.label:
            query = query.where(exchanges.c.label == wanted.label)
        if wanted.days:
            query = query.where(exchanges.c.at >= self._clock() - timedelta(days=wanted.days))
        if wanted.disliked:
            query = query.where(exchanges.c.useful.is_(False))
        if after:
            query = query.where(tuple_(exchanges.c.confidence, exchanges.c.id) > after)
        return query.order_by(exchanges.c.confidence, exchanges.c.id)
