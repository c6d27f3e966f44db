"""The questions that are put to both releases: what people asked lately, and the examples that were judged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bot.errors import KnowledgeError
from bot.evaluation import Chat, Reply, open_chats
from bot.evaluation.reading import cited
from bot.knowledge import Base
from bot.privacy import MASKED, still_said
from bot.review.nlu_files import key_of
from bot.storage import Database, exchanges

MOST = 300
"""Logged questions that are asked again."""
_READ = 5000
"""Different texts that are looked at: spelling makes many of one question."""
_CHARACTERS = 2000
"""Of a message, as the chat API takes it."""
Answer = dict[str, Any]
"""A reply as the report keeps it: `facts` (ids), `asks` (a field or None), `text`."""


def logged_questions(database: Database, since: datetime, most: int = MOST) -> list[tuple[str, int]]:
    """What people asked since then, as the most frequent of them wrote it, and how often; the most frequent first.

    Left out: answers to a question of the form, and messages in which something is masked.
    """
    before = exchanges.alias()
    earlier = (before.c.conversation == exchanges.c.conversation) & (before.c.number == exchanges.c.number - 1)
    times = func.count()
    query = select(exchanges.c.said, times).outerjoin(before, earlier)
    query = query.where(exchanges.c.at >= since, before.c.asks.is_(None), exchanges.c.said.not_like(f"%{MASKED}%"))
    with database.read() as connection:
        rows = connection.execute(query.group_by(exchanges.c.said).order_by(times.desc(), exchanges.c.said).limit(_READ)).all()
    counts: Counter[str] = Counter()
    texts: dict[str, str] = {}
    for said, count in rows:
        if 0 < len(said.strip()) <= _CHARACTERS:
            texts.setdefault(key_of(said), said)
            counts[key_of(said)] += count
    return [(texts[key], count) for key, count in counts.most_common(most)]


def still_asked(database: Database, logged: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Logged questions without those that were erased since they were read."""
    with database.read() as connection:
        there = still_said(connection, [text for text, _ in logged])
    return [(text, count) for text, count in logged if text in there]


def ask_all(chat: str, texts: Sequence[str], tell: Callable[[int], None]) -> dict[str, Answer]:
    """Put each text to a conversation of its own. `tell` hears how many are done."""
    answers = {}
    with open_chats() as http:
        for number, text in enumerate(texts):
            tell(number)
            answers[text] = _answer(Chat(http, chat).say(text))
    return answers


def is_right(answer: Answer, label: str, base: Base) -> bool | None:
    """Whether an answer is what the label asks for, as far as it can be told from outside; None when it cannot."""
    family, _, entry = label.partition("/")
    if family == "info":
        try:
            wanted = {fact.id for fact in cited(base, entry)}
        except KeyError as error:
            raise KnowledgeError(f"« {entry} » n'est plus dans les connaissances.") from error
        return wanted <= set(answer["facts"])
    if family == "hors_sujet":
        return not answer["facts"] and answer["asks"] is None
    return answer["asks"] is not None if family == "demande" else None


def _answer(reply: Reply) -> Answer:
    return {"facts": sorted(reply.facts), "asks": reply.asks, "text": reply.prose}
