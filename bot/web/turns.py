"""The turns of conversations as the client got them, for sending again and for a reload; and judgements on them.

Blocking; the chat runs it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Column, and_, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql import Select

from bot.privacy import Notice, keep_promises
from bot.storage import Database, feedback, mark_changed, turns

HISTORY_TURNS = 200
"""The most that a reload gives back: the latest turns."""

Answer = dict[str, Any]
"""`messages`, `asks` and `outcome`, as the contract of the chat API says."""


@dataclass(frozen=True)
class Latest:
    """The latest turn of a conversation: its number, from 1 on, and the field that its answer asked for."""

    number: int = 0
    asks: str | None = None


@dataclass(frozen=True)
class Turn:
    """A message of the person, under the id that the client gave it, and what was answered."""

    text: str
    answer: Answer
    client_id: str | None = None


class Turns:
    """Turns in the database. `clock` gives the time with its zone, `notice` the mail that asks to delete a forwarded request."""

    def __init__(self, database: Database, clock: Callable[[], datetime], notice: Notice | None = None) -> None:
        self._database = database
        self._clock = clock
        self._notice = notice

    def before(self, conversation: str, client_id: str | None) -> tuple[Answer | None, Latest]:
        """Return what a message finds: the answer that was given to it if it was handled before, and the latest turn."""
        with self._database.read() as connection:
            stored = _find(connection, conversation, client_id) if client_id else None
            row = connection.execute(_latest_first(turns.c.number, turns.c.answer, of=conversation).limit(1)).first()
        return stored, Latest(row.number, row.answer["asks"]) if row else Latest()

    def add(self, conversation: str, client_id: str | None, user_text: str, answer: Answer, after: int = 0) -> Answer:
        """Keep a turn and return its answer; when the same message was answered meanwhile, that first answer.

        `after` is the number of the turn before it. When that is gone, the conversation was erased, and this turn of it is not kept.
        """
        # Locked for PostgreSQL: an erasure that has begun is waited for, and one that comes waits for this
        latest = _latest_first(turns.c.number, of=conversation)
        row = {"conversation": conversation, "client_id": client_id, "user_text": user_text, "answer": answer}
        try:
            with self._database.begin() as connection:
                number = connection.execute(latest.limit(1).with_for_update()).scalar() or 0
                if number >= after:
                    connection.execute(turns.insert().values(**row, number=number + 1, created_at=self._clock()))
        except IntegrityError:
            return (client_id and self.before(conversation, client_id)[0]) or answer
        return answer

    def forget(self, conversation: str) -> None:
        """Keep the promise to forget this conversation, if there is one and it is due."""
        keep_promises(self._database, self._clock(), conversation, self._notice)

    def history(self, conversation: str) -> list[Turn]:
        """Return what was said, oldest first."""
        query = _latest_first(turns.c.user_text, turns.c.answer, turns.c.client_id, of=conversation)
        with self._database.read() as connection:
            rows = connection.execute(query.limit(HISTORY_TURNS)).all()
        return [Turn(row.user_text, row.answer, row.client_id) for row in reversed(rows)]

    def judged(self, conversation: str) -> dict[str, bool]:
        """Return the judgements on messages of the conversation: was it useful, by the message's id."""
        query = select(feedback.c.message_id, feedback.c.useful).where(feedback.c.conversation == conversation)
        with self._database.read() as connection:
            return {row.message_id: row.useful for row in connection.execute(query)}

    def judge(self, conversation: str, message_id: str, useful: bool, comment: str | None) -> bool:
        """Keep the latest judgement on one message; False when the conversation has no such message."""
        said = (message["id"] for turn in self.history(conversation) for message in turn.answer["messages"])
        if message_id not in said:
            return False
        values = {"useful": useful, "comment": comment, "created_at": self._clock()}
        same = and_(feedback.c.conversation == conversation, feedback.c.message_id == message_id)
        with self._database.begin() as connection:
            if connection.execute(update(feedback).where(same).values(**values)).rowcount == 0:
                connection.execute(feedback.insert().values(conversation=conversation, message_id=message_id, **values))
            mark_changed(connection, conversation)
        return True


def _find(connection: Connection, conversation: str, client_id: str) -> Answer | None:
    query = select(turns.c.answer).where(turns.c.conversation == conversation, turns.c.client_id == client_id)
    answer: Answer | None = connection.execute(query).scalar_one_or_none()
    return answer


def _latest_first(*columns: Column, of: str) -> Select:
    """The turns of a conversation in the order of their index, so that a long one is not sorted for each message."""
    return select(*columns).where(turns.c.conversation == of).order_by(turns.c.number.desc(), turns.c.id.desc())
