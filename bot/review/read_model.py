"""What is written of one conversation into `conversations` and `exchanges`, and what that rests on.

Rows that stay the same are not written, and a row keeps its id: a page that was opened before still means the same message.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, text, update
from sqlalchemy.engine import Connection

from bot.review.model import DISLIKED
from bot.review.reading import Row, read_exchanges
from bot.review.summary import Around, conversation_row, exchange_rows
from bot.storage import REVIEWED, SET_ASIDE, UNREAD, conversations, events, exchanges, feedback, leads, trackers, turns

MARKED = text("trackers.to_index")
"""As the index has it: SQLite does not find it for « to_index = 1 »."""


@dataclass(frozen=True)
class State:
    """What a reading rests on: when it is the same before and after, nothing was missed."""

    born: str
    last_event: int | None
    judged: Sequence[tuple[str, bool]]
    open_requests: Sequence[str]


@dataclass(frozen=True)
class Gathered:
    """What is kept of one conversation: its events, the rows that were made of them before, and judgements by the message answered."""

    conversation: str
    state: State
    events: Sequence[tuple[int, str]]
    stored: Sequence[Row]
    judged: Mapping[str, Sequence[bool]]


@dataclass(frozen=True)
class Changes:
    """What is to be written of one conversation; no `conversation` when nobody wrote in it. `is_new`: it went on since it was read."""

    conversation: Row | None
    added: Sequence[Row]
    changed: Sequence[Row]
    gone: Sequence[int]
    is_new: bool


def lock(connection: Connection, conversation: str) -> bool:
    """Hold a conversation that is marked, so that nobody adds to it or erases it meanwhile; False when somebody else holds it."""
    marked = select(trackers.c.born).where(trackers.c.conversation == conversation, MARKED)
    return connection.execute(marked.with_for_update(skip_locked=True)).first() is not None


def state_of(connection: Connection, conversation: str) -> State | None:
    """The state of a conversation that is marked."""
    born = connection.execute(select(trackers.c.born).where(trackers.c.conversation == conversation, MARKED)).scalar()
    if born is None:
        return None
    last = select(func.max(events.c.id)).where(events.c.sender_id == conversation)
    judged = select(feedback.c.message_id, feedback.c.useful).where(feedback.c.conversation == conversation).order_by(feedback.c.id)
    waiting = select(leads.c.status).where(leads.c.conversation == conversation, leads.c.closed_at.is_(None)).order_by(leads.c.id)
    return State(
        born,
        connection.execute(last).scalar(),
        [(row.message_id, row.useful) for row in connection.execute(judged)],
        connection.execute(waiting).scalars().all(),
    )


def gather(connection: Connection, conversation: str) -> Gathered | None:
    """Everything that is kept of a conversation that is marked; None when it is not."""
    state = state_of(connection, conversation)  # first: what comes later is noticed
    if state is None:
        return None
    told = select(events.c.id, events.c.data).where(events.c.sender_id == conversation).order_by(events.c.id)
    stored = select(exchanges).where(exchanges.c.conversation == conversation)
    return Gathered(
        conversation,
        state,
        connection.execute(told).all(),
        [dict(row) for row in connection.execute(stored).mappings()],
        _by_message(connection, conversation, state.judged),
    )


def changes_of(gathered: Gathered) -> Changes:
    """What is to be written of it. Pure."""
    found = read_exchanges(gathered.conversation, [(row, json.loads(data)) for row, data in gathered.events])
    around = Around(gathered.judged, gathered.state.open_requests)
    old = {row["first_event"]: row for row in gathered.stored}
    added, changed = [], []
    for row in exchange_rows(found, around):
        before = old.pop(row["first_event"], None)
        if before is None:
            added.append(row)
        elif row | {"id": before["id"]} != before:
            changed.append(row | {"id": before["id"]})
    gone = [row["id"] for row in old.values()]
    read_to = max((row["last_event"] for row in gathered.stored), default=None)
    is_new = read_to is not None and any(row["first_event"] > read_to for row in added)
    return Changes(conversation_row(found, around) if found else None, added, changed, gone, is_new)


def _by_message(connection: Connection, conversation: str, judged: Sequence[tuple[str, bool]]) -> dict[str, list[bool]]:
    """The judgements by the message of the person whose answer was judged."""
    useful = dict(judged)
    found: dict[str, list[bool]] = {}
    if useful:
        said = select(turns.c.client_id, turns.c.answer).where(turns.c.conversation == conversation)
        for row in connection.execute(said):
            ids = [message["id"] for message in row.answer["messages"] if message["id"] in useful]
            found.setdefault(row.client_id, []).extend(useful[each] for each in ids)
    return found


def write(connection: Connection, changes: Changes) -> None:
    """Write what differs. A row keeps its id, so that a page that was opened before still means the same message."""
    if changes.gone:
        connection.execute(delete(exchanges).where(exchanges.c.id.in_(changes.gone)))
    if changes.changed:
        names = [column.name for column in exchanges.c if column.name != "id"]
        statement = update(exchanges).where(exchanges.c.id == bindparam("row")).values({name: bindparam(f"new_{name}") for name in names})
        connection.execute(statement, [_bound(row, names) for row in changes.changed])
    if changes.added:
        connection.execute(insert(exchanges), changes.added)
    if changes.conversation:
        _write_conversation(connection, changes.conversation, changes.is_new)


def _bound(row: Row, names: Sequence[str]) -> dict[str, Any]:
    return {"row": row["id"]} | {f"new_{name}": row[name] for name in names}


def _write_conversation(connection: Connection, row: Row, is_new: bool) -> None:
    """Write the derived columns. What reviewers decided stays.

    But one that goes on, or of which something more urgent is known by now (a mail that was given up, a thumb down), is to be read again.
    """
    of_it = conversations.c.conversation == row["conversation"]
    before = connection.execute(select(conversations.c.priority).where(of_it)).scalar()
    if before is None:
        connection.execute(insert(conversations).values(**row))
    else:
        connection.execute(update(conversations).where(of_it).values(**row))
    if is_new or (before is not None and row["priority"] < before and row["priority"] <= DISLIKED):
        again = of_it & conversations.c.status.in_((REVIEWED, SET_ASIDE))
        connection.execute(update(conversations).where(again).values(status=UNREAD))
