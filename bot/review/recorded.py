"""Conversations that are to go on as they did: recorded as tests, played against every candidate, taken along as JSON lines."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.engine import Row

from bot.errors import RequestError
from bot.privacy.values import MASKED
from bot.review.model import CANCELLED, DECLINED, ROUTED
from bot.storage import Database, exchanges, recorded_tests

LONGEST = 40
"""Messages of a conversation that can be recorded."""
TITLE_CHARACTERS = 120
_ENDS = {ROUTED: "qualified", DECLINED: "declined", CANCELLED: "cancelled"}
"""How the chat API names the ends of a request."""


class Recordings:
    """The recorded tests of a database. `clock` gives the time with its zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def record(self, conversation: str, author: str) -> int:
        """Record a conversation as it went and return the id of the test. Raises RequestError when it cannot be played again."""
        with self._database.begin() as connection:
            said = select(exchanges).where(exchanges.c.conversation == conversation).order_by(exchanges.c.number).limit(LONGEST + 1)
            rows = list(connection.execute(said).mappings())
            _refuse(rows)
            steps = [_step(row) for row in rows]
            row = {"title": rows[0]["said"][:TITLE_CHARACTERS], "author": author, "at": self._clock(), "conversation": conversation}
            connection.execute(delete(recorded_tests).where(recorded_tests.c.conversation == conversation))
            return int(connection.execute(insert(recorded_tests).values(**row, steps=steps)).inserted_primary_key[0])

    def listed(self) -> list[Row]:
        """All tests, the newest first."""
        with self._database.read() as connection:
            return list(connection.execute(select(recorded_tests).order_by(recorded_tests.c.id.desc())))

    def remove(self, test_id: int) -> None:
        """Delete a test."""
        with self._database.begin() as connection:
            connection.execute(delete(recorded_tests).where(recorded_tests.c.id == test_id))

    def as_lines(self) -> str:
        """All tests in the form of tests/evaluation/followups.jsonl, the oldest first."""
        lines = ({"id": f"revue-{row.id}", "turns": row.steps} for row in reversed(self.listed()))
        return "".join(f"{json.dumps(line, ensure_ascii=False)}\n" for line in lines)


def _refuse(rows: Sequence[Mapping[str, Any]]) -> None:
    if not rows:
        raise RequestError("Cette conversation n'a aucun message à enregistrer.")
    if len(rows) > LONGEST:
        raise RequestError(f"Cette conversation a plus de {LONGEST} messages : elle est trop longue pour un test.")
    if any(MASKED in row["said"] for row in rows):
        raise RequestError("Des données personnelles sont masquées dans cette conversation : elle ne peut pas devenir un test.")


def _step(row: Mapping[str, Any]) -> dict[str, str]:
    """A message and what its reply has to hold: the facts that it rested on, the field that it asked for, the end of a request."""
    wanted = {"entry": "+".join(row["facts"]), "asks": row["asks"], "outcome": _ENDS.get(row["outcome"])}
    return {"user": row["said"]} | {name: value for name, value in wanted.items() if value}
