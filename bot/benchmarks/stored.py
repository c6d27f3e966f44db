"""Copies of a recorded conversation, made within the database: an assistant with a past, in seconds instead of days.

Each copy goes on as the original would. Nobody may write events while copies are made.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import Connection

from bot.storage import Database, events, trackers, utc_now

CHUNK = 1000
"""Copies made in one transaction."""
_NUMBERS = "WITH RECURSIVE copies(k) AS (SELECT 0 UNION ALL SELECT k + 1 FROM copies WHERE k < :count - 1)"
_EVENTS = text(
    f"""INSERT INTO events (id, sender_id, type_name, timestamp, intent_name, action_name, data)
    {_NUMBERS}
    SELECT e.id + :shift + c.k * :span, :prefix || CAST(:first + c.k AS VARCHAR),
           e.type_name, e.timestamp, e.intent_name, e.action_name, e.data
    FROM events e CROSS JOIN copies c WHERE e.sender_id = :source ORDER BY c.k, e.id"""  # noqa: S608 - only constants are put together
)
_TURNS = text(
    f"""INSERT INTO turns (conversation, number, client_id, user_text, answer, created_at)
    {_NUMBERS}
    SELECT :prefix || CAST(:first + c.k AS VARCHAR), t.number, t.client_id, t.user_text, t.answer, t.created_at
    FROM turns t CROSS JOIN copies c WHERE t.conversation = :source ORDER BY c.k, t.number"""  # noqa: S608 - as above
)


def copy_conversation(database: Database, source: str, prefix: str, count: int) -> list[str]:
    """Store `count` copies of a conversation and return their names: `prefix` with 0, 1, 2, …; what stood on the disk is put in order."""
    for first in range(0, count, CHUNK):
        with database.begin() as connection:
            _copy(connection, source, prefix, first, min(CHUNK, count - first))
    return [f"{prefix}{number}" for number in range(count)]


def tidy(database: Database) -> None:
    """Do what a server does by itself once much was written, so that it is not at it while something is measured."""
    database.flush_log()
    if database.is_server:
        connection = database.connect_alone()
        with database.boundary():
            connection.exec_driver_sql("VACUUM ANALYZE")
            connection.exec_driver_sql("CHECKPOINT")
        connection.close()


def shifted(pointers: Mapping[str, Any], shift: int) -> dict[str, Any]:
    """What a tracker points at (bot/rasa/reading_points.py), for events whose ids are so much higher."""
    recent = [[message, first + shift, last + shift] for message, first, last in pointers.get("recent", ())]
    return {**pointers, "state": [place + shift for place in pointers.get("state", ())], "recent": recent}


def _copy(connection: Connection, source: str, prefix: str, first: int, count: int) -> None:
    of_source = events.c.sender_id == source
    lowest, highest = connection.execute(select(func.min(events.c.id), func.max(events.c.id)).where(of_source)).one()
    head = connection.execute(select(trackers).where(trackers.c.conversation == source)).one()
    shift, span = connection.execute(select(func.max(events.c.id))).scalar_one() + 1 - lowest, highest + 1 - lowest
    values = {"source": source, "prefix": prefix, "first": first, "count": count}
    connection.execute(_EVENTS, {**values, "shift": shift, "span": span})
    connection.execute(_TURNS, values)
    now = utc_now()
    rows = [
        {
            "conversation": f"{prefix}{first + k}",
            "born": uuid.uuid4().hex,
            "tail": head.tail + shift + k * span,
            "pointers": shifted(head.pointers, shift + k * span),
            "updated_at": now,
            "to_index": False,  # nobody reviews them, and reading them would be measured, too
        }
        for k in range(count)
    ]
    connection.execute(insert(trackers), rows)
    if connection.dialect.name == "postgresql":  # the next event gets its id from a sequence, which knows nothing of ours
        connection.execute(select(func.setval(func.pg_get_serial_sequence("events", "id"), highest + shift + (count - 1) * span)))
