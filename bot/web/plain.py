"""The conversation without JavaScript: one form, sent and shown again. The rules are those of the chat API."""

from __future__ import annotations

import hashlib
import logging
from dataclasses import dataclass
from typing import Any

from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from bot.errors import StorageError
from bot.web.bodies import RefusedError, chat_request, read_form
from bot.web.conversations import Conversations
from bot.web.fields import field_for
from bot.web.refusals import EXPECTED, Refusal, Refusals
from bot.web.sessions import Session, Sessions
from bot.web.showing import Showing
from bot.web.templating import Templates
from bot.web.turns import Answer, Turn, Turns
from bot.web.turnstile import Turnstile

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plain:
    """The page of a conversation; its sources are links to the facts that the page at / shows."""

    conversations: Conversations
    turns: Turns
    sessions: Sessions
    messages: Turnstile
    others: Turnstile
    refusals: Refusals
    templates: Templates
    showing: Showing

    def routes(self) -> list[Route]:
        """Return the route."""
        return [Route("/question", self.question, methods=["GET", "POST"])]

    async def question(self, request: Request) -> Response:
        """Answer one message and show the conversation; whoever comes without one begins at the start page."""
        if request.method != "POST":
            return RedirectResponse("/", 303)
        form: dict[str, Any] = {}
        try:
            form = await read_form(request)  # before it is counted, so that a visitor who must wait keeps the text
            if is_foreign(request):
                form.pop("session", None)
            self.messages.count(request)
            return await self._answer(form)
        except EXPECTED as error:
            return await self._refuse(request, form, self.refusals.tell(error))

    async def _answer(self, form: dict[str, Any]) -> Response:
        asked = chat_request(form)
        session = self._session(asked.session)
        # Of this form and this text: who stops the browser, corrects the text and sends the form again says something else
        message_id = hashlib.sha256(f"{asked.id} {asked.message}".encode()).hexdigest() if asked.id else None
        answer = await self.conversations.answer(session.conversation, asked.message, message_id)
        said = await self._history(session.conversation)
        return self._page(session, with_turn(said, Turn(asked.message, answer, message_id)))

    async def _refuse(self, request: Request, form: dict[str, Any], refusal: Refusal) -> Response:
        """Show the conversation as it was, the sentence, and what was typed, to be sent again."""
        session = self._session(form.get("session"))
        said = await self._history(session.conversation) if self._may_read(request) else []
        return self._page(session, said, refusal, form.get("message", ""))

    def _may_read(self, request: Request) -> bool:
        """Whether the conversation is shown beside a refusal: not to who asks for nothing but refusals."""
        try:
            self.others.count(request)
        except RefusedError:
            return False
        return True

    def _session(self, token: str | None) -> Session:
        return self.sessions.resume(token) or self.sessions.start()

    async def _history(self, conversation: str) -> list[Turn]:
        """Return what was said; nothing while the database is away, for an answer or a refusal is to be shown all the same."""
        try:
            return await run_sync(self.turns.history, conversation)
        except StorageError:
            log.exception("the history of conversation %s could not be read", conversation)
            return []

    def _page(self, session: Session, said: list[Turn], refusal: Refusal | None = None, typed: str = "") -> Response:
        last: Answer = said[-1].answer if said else {"messages": [], "asks": None}
        base = self.showing.content.base
        html = self.templates.render(
            "question.html",
            edition=base.edition,
            turns=said,
            facts=base.facts,
            buttons=[button for message in last["messages"] for button in message["buttons"]],
            field=field_for(last["asks"]),
            session=session.token,
            sentence=refusal.sentence if refusal else "",
            typed=typed,
        )
        return HTMLResponse(html, refusal.status if refusal else 200, refusal.headers if refusal else None)


def is_foreign(request: Request) -> bool:
    """Whether a page of another site sent the form: it might put a visitor into a conversation that somebody else reads, too."""
    return request.headers.get("sec-fetch-site", "same-origin") in {"cross-site", "same-site"}


def with_turn(said: list[Turn], turn: Turn) -> list[Turn]:
    """Return what was said with this turn, which is not kept when it erased the conversation or could not be stored."""
    kept = {message["id"] for earlier in said for message in earlier.answer["messages"]}
    return said if any(message["id"] in kept for message in turn.answer["messages"]) else [*said, turn]
