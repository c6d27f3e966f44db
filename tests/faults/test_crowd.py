"""A thousand people at once: each is answered once, whatever the queue."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
from sqlalchemy import select
from support.assistant import Assistant

from bot.storage import events, turns

PEOPLE = 1000
QUESTION = "Quel est le budget du Programme ?"
Send = Callable[[], Awaitable[httpx.Response]]


async def one(http: httpx.AsyncClient, refused: list[int]) -> tuple[str, str]:
    """A person who sends her first message until it is answered: the id of the message, and the answer."""
    session = (await until_answered(lambda: http.post("/api/session", json={}), refused))["session"]
    body = {"message": QUESTION, "session": session, "id": uuid.uuid4().hex}
    answer = await until_answered(lambda: http.post("/api/chat", json=body), refused)
    return body["id"], answer["messages"][0]["text"]


async def until_answered(send: Send, refused: list[int]) -> dict[str, Any]:
    while True:
        try:
            response = await send()
        except httpx.TransportError:
            refused.append(0)
        else:
            if response.status_code == 200:
                return dict(response.json())
            refused.append(response.status_code)
        await asyncio.sleep(1)


async def everybody(url: httpx.URL, refused: list[int]) -> list[tuple[str, str]]:
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=0)
    async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=90, limits=limits) as http:
        return await asyncio.gather(*(one(http, refused) for _ in range(PEOPLE)))


def test_a_thousand_conversations_at_once_are_each_answered_once(assistant: Assistant) -> None:
    refused: list[int] = []
    answered = asyncio.run(everybody(assistant.client.base_url, refused))
    assert set(refused) <= {0, 503}
    assert len({text for _, text in answered}) == 1
    with assistant.database.read() as connection:
        kept = Counter(connection.execute(select(turns.c.client_id)).scalars())
        told = connection.execute(select(events.c.data).where(events.c.type_name == "user")).scalars()
        heard = Counter(json.loads(data)["message_id"] for data in told)
    assert {(kept[ident], heard[ident]) for ident, _ in answered} == {(1, 1)}
    assert assistant.missing() == []
    print(f"{PEOPLE} conversations at once, refused and sent again: {Counter(refused)}")
