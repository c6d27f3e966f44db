"""Masks a conversation in the database: reads what is kept of it, and writes back what bot.privacy.masking changed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import FromClause

from bot.privacy.channels import mask_replies
from bot.privacy.masking import mask_events, mask_turns, mask_values
from bot.privacy.rows import blot_out
from bot.privacy.traces import Traces
from bot.privacy.values import values_of
from bot.storage import channel_replies, decisions, events, feedback, mark_changed, turns

Change = tuple[int, dict[str, Any]]
"""The id of a row and its new values."""


def mask_conversation(connection: Connection, conversation: str, until: datetime) -> dict[str, int]:
    """Mask what was typed into contact fields; return how many rows changed, per table. Leads were consented to and stay.

    What a channel could not send up to then is not kept to be sent again.
    """
    rows = _events_of(connection, conversation)
    told = [json.loads(data) for _, data in rows]
    traces = Traces(values_of(told))
    masked = [
        (row[0], {"data": json.dumps(new)}) for row, old, new in zip(rows, told, mask_events(told, traces), strict=True) if new != old
    ]
    changed = {
        events.name: _rewrite(connection, events, masked),
        turns.name: _rewrite(connection, turns, _turns_of(connection, conversation, traces)),
        feedback.name: _rewrite(connection, feedback, _comments_of(connection, conversation, traces)),
        decisions.name: _rewrite(connection, decisions, _profiles_of(connection, conversation, traces)),
    }
    if any(changed.values()):
        mark_changed(connection, conversation)
    return changed | {channel_replies.name: mask_replies(connection, conversation, until)}


def _events_of(connection: Connection, conversation: str) -> Sequence[tuple[int, str]]:
    of_it = select(events.c.id, events.c.data).where(events.c.sender_id == conversation)
    rows: Sequence[tuple[int, str]] = connection.execute(of_it.order_by(events.c.id)).all()
    return rows


def _as_long_as(old: str, new: Any) -> str:
    """JSON as long as it was, where that can be: SQLite then overwrites it where it stands and moves no other row."""
    return json.dumps(new, separators=(",", ":")).ljust(len(old))


def _turns_of(connection: Connection, conversation: str, traces: Traces) -> list[Change]:
    of_it = select(turns.c.id, turns.c.user_text, turns.c.answer).where(turns.c.conversation == conversation)
    rows = connection.execute(of_it.order_by(turns.c.number, turns.c.id)).all()
    said = [(row.user_text, row.answer) for row in rows]
    pairs = zip(rows, said, mask_turns(said, traces), strict=True)
    return [(row.id, {"user_text": new[0], "answer": new[1]}) for row, old, new in pairs if new != old]


def _comments_of(connection: Connection, conversation: str, traces: Traces) -> list[Change]:
    rows = connection.execute(select(feedback.c.id, feedback.c.comment).where(feedback.c.conversation == conversation)).all()
    masked = ((row, mask_values(row.comment, traces.typed)) for row in rows)
    return [(row.id, {"comment": new}) for row, new in masked if new != row.comment]


def _profiles_of(connection: Connection, conversation: str, traces: Traces) -> list[Change]:
    rows = connection.execute(select(decisions.c.id, decisions.c.profile).where(decisions.c.conversation == conversation)).all()
    masked = ((row, mask_values(row.profile, traces.kept)) for row in rows)
    return [(row.id, {"profile": new}) for row, new in masked if new != row.profile]


def _rewrite(connection: Connection, target: FromClause, changes: list[Change]) -> int:
    if changes:
        names = changes[0][1]
        blot_out(connection, target, target.c.id.in_([row for row, _ in changes]), names)
        statement = update(target).where(target.c.id == bindparam("row")).values({name: bindparam(f"new_{name}") for name in names})
        connection.execute(statement, [{"row": row} | {f"new_{name}": value for name, value in new.items()} for row, new in changes])
    return len(changes)
