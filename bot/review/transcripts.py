"""One conversation, whole: its exchanges without personal data, what staff said of it, and what led from it.

What is kept unmasked stands in the events only. It is read here for who may see it and has said why (bot.web.review.transcript).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.engine import Connection

from bot.privacy import Event, mask_events
from bot.review.reading import traces_of
from bot.review.summary import answers_form
from bot.storage import Database, comments, conversations, events, exchanges, leads, tags
from bot.text import WORD_JOINER

PAGE = 200
"""Exchanges of a page."""
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Raw:
    """What was said in one exchange, as it is kept."""

    said: str
    reply: str


@dataclass(frozen=True)
class Transcript:
    """A page of a conversation. `leads` are the requests that it led to; `answered` holds the fields of the form, and `raw`
    what is shown unmasked, both by number of exchange.
    """

    row: Row
    exchanges: Sequence[Row]
    page: int
    pages: int
    tags: Sequence[str]
    comments: Sequence[Row]
    leads: Sequence[Row]
    answered: Mapping[int, str]
    raw: Mapping[int, Raw] = field(default_factory=dict)


class Transcripts:
    """Reads conversations."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def page(self, conversation: str, page: int = 1, unmasked: bool = False) -> Transcript | None:
        """A page of a conversation, the last one when there are not so many; None when it is not there (any more)."""
        with self._database.read() as connection:
            row = connection.execute(select(conversations).where(conversations.c.conversation == conversation)).mappings().first()
            if row is None:
                return None
            of_it = exchanges.c.conversation == conversation
            total = connection.execute(select(func.count()).select_from(exchanges).where(of_it)).scalar_one()
            pages = max(1, -(-total // PAGE))
            page = min(page, pages)
            query = select(exchanges).where(of_it).order_by(exchanges.c.number).limit(PAGE).offset((page - 1) * PAGE)
            found = connection.execute(query).mappings().all()
            raw = _raw(connection, conversation, found) if unmasked else {}
            return Transcript(row, found, page, pages, *_around(connection, conversation), _answered(connection, conversation, found), raw)

    def events(self, conversation: str, number: int) -> list[Event] | None:
        """What Rasa stored of one exchange, masked; None when it is not there. Reads the whole conversation: values told in it are masked
        wherever they stand.
        """
        wanted = select(exchanges.c.first_event, exchanges.c.last_event)
        wanted = wanted.where(exchanges.c.conversation == conversation, exchanges.c.number == number)
        told = select(events.c.id, events.c.data).where(events.c.sender_id == conversation).order_by(events.c.id)
        with self._database.read() as connection:
            place = connection.execute(wanted).first()
            rows = connection.execute(told).all() if place else []
        if place is None:
            return None
        kept = [json.loads(row.data) for row in rows]
        masked = zip(rows, mask_events(kept, traces_of(kept)), strict=True)
        return [event for row, event in masked if place.first_event <= row.id <= place.last_event]


def _around(connection: Connection, conversation: str) -> tuple[Sequence[str], Sequence[Row], Sequence[Row]]:
    """Tags, comments and requests of a conversation."""
    tagged = connection.execute(select(tags.c.tag).where(tags.c.conversation == conversation).order_by(tags.c.tag)).scalars().all()
    said = select(comments).where(comments.c.conversation == conversation).order_by(comments.c.id)
    led = select(leads.c.reference, leads.c.status, leads.c.created_at, leads.c.closed_at).where(leads.c.conversation == conversation)
    return tagged, connection.execute(said).mappings().all(), connection.execute(led.order_by(leads.c.id)).mappings().all()


def _answered(connection: Connection, conversation: str, found: Sequence[Row]) -> dict[int, str]:
    """The field of the form that each of these exchanges gave: it was asked for in the one before, be that on another page."""
    if not found:
        return {}
    first, last = found[0]["number"] - 1, found[-1]["number"] - 1
    asking = select(exchanges.c.number, exchanges.c.asks).where(exchanges.c.conversation == conversation, exchanges.c.asks.is_not(None))
    asked = {row.number + 1: row.asks for row in connection.execute(asking.where(exchanges.c.number.between(first, last)))}
    return {row["number"]: asked[row["number"]] for row in found if answers_form(row["number"] in asked, row["outcome"])}


def _raw(connection: Connection, conversation: str, found: Sequence[Row]) -> dict[int, Raw]:
    if not found:
        return {}
    within = events.c.id.between(found[0]["first_event"], found[-1]["last_event"])
    query = select(events.c.id, events.c.data).where(events.c.sender_id == conversation, within).order_by(events.c.id)
    kept = [(row.id, json.loads(row.data)) for row in connection.execute(query)]
    return {row["number"]: _said([event for at, event in kept if row["first_event"] <= at <= row["last_event"]]) for row in found}


def _said(told: Iterable[Event]) -> Raw:
    said, replies = "", []
    for event in told:
        text = str(event.get("text") or "")
        if event.get("event") == "user":
            said = text.removeprefix(WORD_JOINER)
        elif event.get("event") == "bot" and text:
            replies.append(text)
    return Raw(said, "\n\n".join(replies))
