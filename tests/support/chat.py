"""A person who writes to the assistant through its public chat API, and what she reads."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from support.waiting import wait_for

MOST_TURNS = 25
"""A request that takes more messages than this has gone wrong."""


@dataclass(frozen=True)
class Reply:
    """One answer of the chat API."""

    status: int
    body: dict[str, Any]

    @property
    def messages(self) -> list[dict[str, Any]]:
        return list(self.body["messages"])

    @property
    def text(self) -> str:
        """All that is said, a bubble a line; the error when it is one."""
        return str(self.body["error"]) if "error" in self.body else "\n".join(message["text"] for message in self.messages)

    @property
    def asks(self) -> str | None:
        return self.body["asks"]

    @property
    def outcome(self) -> str | None:
        return self.body["outcome"]

    @property
    def sources(self) -> list[dict[str, Any]]:
        return [message["source"] for message in self.messages if message["source"]]

    @property
    def facts(self) -> list[str]:
        return [fact for source in self.sources for fact in source["fact"]]

    @property
    def buttons(self) -> list[str]:
        return [button["value"] for message in self.messages for button in message["buttons"]]


@dataclass
class Chat:
    """One person in one session. `asked` are the fields that were asked for, in order."""

    client: httpx.Client
    session: str | None = None
    asked: list[str | None] = field(default_factory=list)

    def say(self, message: str, **more: object) -> Reply:
        """Send one message; no reply may say a thing twice. json.dumps and not httpx's own: odd characters travel as escapes."""
        response = self.client.post("/api/chat", content=json.dumps({"message": message, "session": self.session, **more}))
        reply = Reply(response.status_code, response.json())
        if reply.status == 200:
            said = [message["text"] for message in reply.messages]
            assert len(said) == len(set(said)), f"said twice in one reply: {reply.body}"
            self.session = reply.body["session"]
            self.asked.append(reply.asks)
        return reply

    def all(self, *messages: str) -> Reply:
        """Send several messages and return the last answer."""
        return [self.say(message) for message in messages][-1]

    def fill(self, opening: str, answers: Mapping[str, str]) -> Reply:
        """Make a request: open it and answer each field that is asked for, until it ends or a field without answer is asked."""
        reply = self.say(opening)
        for _ in range(MOST_TURNS):
            assert reply.status == 200, reply
            if reply.outcome or reply.asks not in answers:
                return reply
            reply = self.say(answers[reply.asks])
        raise AssertionError(f"no end after {MOST_TURNS} messages: {self.asked}")

    def history(self) -> dict[str, Any]:
        response = self.client.get("/api/chat/history", headers={"Authorization": f"Bearer {self.session}"})
        assert response.status_code == 200, response.text
        return dict(response.json())


class PatientChat(Chat):
    """A person whose browser sends a message again, under the same id, until it is answered."""

    def say(self, message: str, **more: object) -> Reply:
        more = {"id": uuid.uuid4().hex, **more}
        return wait_for("the message is answered", lambda: self._attempt(message, more), seconds=180, every=0.3)

    def _attempt(self, message: str, more: dict[str, object]) -> Reply | None:
        try:
            reply = super().say(message, **more)
        except httpx.TransportError:
            return None
        return None if reply.status == 503 else reply
