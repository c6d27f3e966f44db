"""The turns of conversations as the client got them, for sending again and for a reload; and judgements on them.

Blocking; the chat runs it in a thread.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select, update
from sqlalchemy.exc import IntegrityError

from bot.storage import Database, feedback, turns

HISTORY_TURNS = 200
"""The most that a reload gives back: the latest turns."""

Answer = dict[str, Any]
"""`messages`, `asks` and `outcome`, as the contract of the chat API says."""


class Turns:
    """Turns in the database. `clock` gives the time with its zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def find(self, conversation: str, client_id: str) -> Answer | None:
        """Return the answer that was given to this message, if it was handled before."""
        query = select(turns.c.answer).where(turns.c.conversation == conversation, turns.c.client_id == client_id)
        with self._database.read() as connection:
            answer: Answer | None = connection.execute(query).scalar_one_or_none()
        return answer

    def asked_field(self, conversation: str) -> str | None:
        """Return the field that the latest answer asked for."""
        query = select(turns.c.answer).where(turns.c.conversation == conversation).order_by(turns.c.number.desc(), turns.c.id.desc())
        with self._database.read() as connection:
            answer: Answer | None = connection.execute(query.limit(1)).scalar_one_or_none()
        return answer["asks"] if answer else None

    def add(self, conversation: str, client_id: str | None, user_text: str, answer: Answer) -> Answer:
        """Keep a turn and return its answer; when the same message was answered meanwhile, that first answer."""
        number = select(func.coalesce(func.max(turns.c.number), 0) + 1).where(turns.c.conversation == conversation)
        row = {"conversation": conversation, "client_id": client_id, "user_text": user_text, "answer": answer}
        try:
            with self._database.begin() as connection:
                values = row | {"number": connection.execute(number).scalar_one(), "created_at": self._clock()}
                connection.execute(turns.insert().values(**values))
        except IntegrityError:
            return (client_id and self.find(conversation, client_id)) or answer
        return answer

    def history(self, conversation: str) -> list[tuple[str, Answer]]:
        """Return what was said, oldest first: the person's text and the answer of each turn."""
        query = select(turns.c.user_text, turns.c.answer).where(turns.c.conversation == conversation)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(turns.c.number.desc(), turns.c.id.desc()).limit(HISTORY_TURNS)).all()
        return [(row.user_text, row.answer) for row in reversed(rows)]

    def judge(self, conversation: str, message_id: str, useful: bool, comment: str | None) -> bool:
        """Keep the latest judgement on one message; False when the conversation has no such message."""
        said = (message["id"] for _, answer in self.history(conversation) for message in answer["messages"])
        if message_id not in said:
            return False
        values = {"useful": useful, "comment": comment, "created_at": self._clock()}
        same = and_(feedback.c.conversation == conversation, feedback.c.message_id == message_id)
        with self._database.begin() as connection:
            if connection.execute(update(feedback).where(same).values(**values)).rowcount == 0:
                connection.execute(feedback.insert().values(conversation=conversation, message_id=message_id, **values))
        return True
