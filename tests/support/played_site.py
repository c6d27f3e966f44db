"""Everything around the web application, with Rasa and the mail worker played."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx

from bot.config import Settings
from bot.rasa_client import Reply
from bot.storage import Database
from bot.web.showing import Content, Showing
from bot.wiring import build_base, build_texts

BASE, TEXTS = build_base(), build_texts()
CONTENT = Content.of(BASE, TEXTS)
SOURCE = {"fact": ["combien.total"], "section": "C'est combien ?", "page": "Le Programme", "updated": "2016-03-15"}


@dataclass
class Clock:
    now: datetime = datetime(2026, 3, 2, 9, 0, tzinfo=timezone.utc)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **duration: float) -> None:
        self.now += timedelta(**duration)


@dataclass
class FakeRasa:
    """Answers what it is told to, in turn, else repeats the message; keeps what it was asked."""

    asked: list[tuple[str, str, str]] = field(default_factory=list)
    replies: list[Reply | Exception] = field(default_factory=list)
    away: tuple[str, ...] = ()
    gate: asyncio.Event | None = None

    async def ask(self, conversation: str, message: str, message_id: str, channel: str | None = None) -> Reply:
        self.asked.append((conversation, message, message_id))
        if self.gate:
            await self.gate.wait()
        reply = self.replies.pop(0) if self.replies else say(f"Vous dites : {message}")
        if isinstance(reply, Exception):
            raise reply
        return reply

    async def missing(self) -> tuple[str, ...]:
        return self.away

    async def close(self) -> None:
        """There is nothing to give back."""


@dataclass
class FakeMailWorker:
    notified: int = 0
    runs: int = 0
    failures: int = 0
    ended: int = 0

    async def run(self, stop: asyncio.Event) -> None:
        self.runs += 1
        if self.runs <= self.failures:
            raise RuntimeError("the worker broke")
        await stop.wait()
        self.ended += 1

    def notify(self) -> None:
        self.notified += 1


def say(*texts: str, asks: str | None = None, outcome: str | None = None, **more: Any) -> Reply:
    return Reply(tuple({"text": text, "buttons": [], "source": None, **more} for text in texts), asks, outcome)


@dataclass
class Site:
    """Everything around the application, and clients to reach it."""

    settings: Settings
    database: Database
    rasa: FakeRasa
    mail_worker: FakeMailWorker
    clock: Clock
    client: httpx.AsyncClient
    showing: Showing

    async def chat(self, message: str, session: str | None = None, **more: object) -> httpx.Response:
        # json.dumps and not httpx's own: a lone surrogate travels as an escape
        return await self.client.post("/api/chat", content=json.dumps({"message": message, "session": session, **more}))

    async def session(self) -> str:
        return str((await self.chat("bonjour")).json()["session"])


OpenSite = Callable[..., AbstractAsyncContextManager[Site]]
