"""The chat API: POST /api/chat, GET /api/chat/history, POST /api/feedback. Parse, call, translate; no rule lives here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from bot.web.bodies import RefusedError, chat_request, feedback_request, read_object
from bot.web.conversations import Conversations
from bot.web.limits import RateLimit, client_address
from bot.web.sessions import Session, Sessions
from bot.web.turns import Answer, Turns


@dataclass(frozen=True)
class ChatApi:
    """The three routes. Reading back and judging are counted apart from messages, so that they take none of them away."""

    conversations: Conversations
    turns: Turns
    sessions: Sessions
    messages: RateLimit
    others: RateLimit
    trusted_proxies: tuple[str, ...]

    def routes(self) -> list[Route]:
        """Return the routes, to be mounted at /api."""
        return [
            Route("/api/chat", self.chat, methods=["POST"]),
            Route("/api/chat/history", self.history, methods=["GET"]),
            Route("/api/feedback", self.feedback, methods=["POST"]),
        ]

    async def chat(self, request: Request) -> Response:
        """Answer one message."""
        self._count(request, self.messages)
        asked = chat_request(await read_object(request))
        session = self.sessions.resume(asked.session) or self.sessions.start()
        answer = await self.conversations.answer(session.conversation, asked.message, asked.id)
        return JSONResponse({"session": session.token, **answer})

    async def history(self, request: Request) -> Response:
        """Give a conversation back, for a reload."""
        self._count(request, self.others)
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        session = self._resume(token.strip() if scheme.lower() == "bearer" else None)
        said = await run_sync(self.turns.history, session.conversation)
        last: Answer = said[-1][1] if said else {}
        body = {"session": session.token, "messages": _history(said), "asks": last.get("asks"), "outcome": last.get("outcome")}
        return JSONResponse(body)

    async def feedback(self, request: Request) -> Response:
        """Keep a judgement on one message; a later one replaces it."""
        self._count(request, self.others)
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

    def _count(self, request: Request, limit: RateLimit) -> None:
        peer = request.client.host if request.client else None
        client = client_address(peer, request.headers.getlist("x-forwarded-for"), self.trusted_proxies)
        wait = limit.seconds_to_wait(client)
        if wait:
            sentence = f"Vous avez envoyé beaucoup de messages. Vous pourrez continuer dans {wait} seconde{'s' if wait > 1 else ''}."
            raise RefusedError(429, sentence, {"Retry-After": str(wait)})


def _history(said: list[tuple[str, Answer]]) -> list[dict[str, Any]]:
    """Return all messages in order, each with `from`: "user" or "assistant"."""
    messages: list[dict[str, Any]] = []
    for text, answer in said:
        messages.append({"from": "user", "text": text})
        messages += ({"from": "assistant", **message} for message in answer["messages"])
    return messages
