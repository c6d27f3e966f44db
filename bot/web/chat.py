"""The chat API: sessions, messages, history and judgements. Parse, call, translate; no rule lives here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.bodies import RefusedError, chat_request, feedback_request, read_object
from bot.web.conversations import Conversations
from bot.web.sessions import Session, Sessions
from bot.web.turns import Answer, Turn, Turns
from bot.web.turnstile import Turnstile


@dataclass(frozen=True)
class ChatApi:
    """The four routes. All but messages are counted apart from messages, so that they take none of them away.

    `opening` is what a client may show before the first message: how long conversations are kept, and questions to begin with.
    """

    conversations: Conversations
    turns: Turns
    sessions: Sessions
    messages: Turnstile
    others: Turnstile
    opening: Callable[[], Mapping[str, Any]]

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted at /api."""
        return [
            Route("/api/session", self.start, methods=["POST"]),
            Route("/api/chat", self.chat, methods=["POST"]),
            Route("/api/chat/history", self.history, methods=["GET"]),
            Route("/api/feedback", self.feedback, methods=["POST"]),
        ]

    async def start(self, request: Request) -> Response:
        """Begin a conversation: a client that has its session before the first message can send that one again, too."""
        self.others.count(request)
        missing = await self.conversations.missing()
        return JSONResponse({"session": self.sessions.start().token, "missing": list(missing), **self.opening()})

    async def chat(self, request: Request) -> Response:
        """Answer one message."""
        self.messages.count(request)
        asked = chat_request(await read_object(request))
        known = self.sessions.resume(asked.session)
        session = known or self.sessions.start()
        answer = await self.conversations.answer(session.conversation, asked.message, asked.id)
        restarted = {"restarted": True} if asked.session and not known else {}
        return JSONResponse({"session": session.token, **answer, **restarted})

    async def history(self, request: Request) -> Response:
        """Give a conversation back, for a reload."""
        self.others.count(request)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self._resume(token.strip() if scheme.lower() == "bearer" else None)
        said = await run_sync(self.turns.history, session.conversation)
        judged = await run_sync(self.turns.judged, session.conversation)
        last: Answer = said[-1].answer if said else {}
        body = {"session": session.token, "messages": _history(said), "asks": last.get("asks"), "outcome": last.get("outcome")}
        return JSONResponse({**body, "judged": judged, "asked": _asked(said)})

    async def feedback(self, request: Request) -> Response:
        """Keep a judgement on one message; a later one replaces it."""
        self.others.count(request)
        judged = feedback_request(await read_object(request))
        session = self._resume(judged.session)
        if not await run_sync(self.turns.judge, session.conversation, judged.id, judged.useful, judged.comment):
            raise RefusedError(404, "Cette réponse ne fait pas partie de votre conversation.")
        return JSONResponse({"status": "ok"})

    def _resume(self, token: str | None) -> Session:
        session = self.sessions.resume(token)
        if session is None:
            raise RefusedError(401, "Cette conversation n'est pas connue ou a expiré.", {"WWW-Authenticate": "Bearer"})
        return session


def _history(said: list[Turn]) -> list[dict[str, Any]]:
    """Return all messages in order, each with `from`: "user" or "assistant"; one of the person has the `id` that her client gave it."""
    messages: list[dict[str, Any]] = []
    for turn in said:
        messages.append({"from": "user", "text": turn.text} | ({"id": turn.client_id} if turn.client_id else {}))
        messages += ({"from": "assistant", **message} for message in turn.answer["messages"])
    return messages


def _asked(said: list[Turn]) -> list[str]:
    """Return the ids of the messages of turns that asked for a field: a client does not offer to judge them."""
    return [message["id"] for turn in said if turn.answer["asks"] for message in turn.answer["messages"]]
