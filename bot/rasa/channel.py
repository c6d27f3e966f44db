"""Our one door into Rasa: the web process hands a message over and gets everything that was said back in one answer.

No message can force an intent here, and none is handled twice: this process remembers its latest turns, and the store those of
all processes (bot/rasa/processor.py). What was not handled is said to be so, and may be sent again.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rasa.core.channels.channel import InputChannel, OutputChannel, UserMessage
from rasa.core.lock_store import LockError
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.config import load_settings
from bot.errors import StorageError
from bot.rasa.action_server import ActionsAwayError
from bot.rasa.mending import mend, settle_memory
from bot.rasa.phases import Phases
from bot.rasa.uptake import build_uptake
from bot.rasa_client import ACTIONS, DATABASE, channel_token
from bot.text import WORD_JOINER, clean

NAME = "cic"
REMEMBERED_SECONDS = 300.0
"""How long a turn is kept in memory, so that a message sent again while its turn runs, or after an erasure, gets its first answer."""

_WARM_UP = "Bonjour, je suis Claire Dumont, échevine à Namur. Quel est le budget ?"
"""Read once at the start: what understanding loads when it is first needed is then there for the first person."""

OnMessage = Callable[[UserMessage], Awaitable[Any]]
log = logging.getLogger(__name__)


class CollectingChannel(OutputChannel):  # type: ignore[misc]
    """Keeps each message of the bot whole and in order; Rasa's own splits texts and tears `custom` off."""

    def __init__(self) -> None:
        self.messages: list[dict[str, Any]] = []

    @classmethod
    def name(cls) -> str:
        """Return the name by which responses of the domain may be written for this channel."""
        return NAME

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Keep one message of the bot."""
        self.messages.append(dict(message))


class NotHandledError(Exception):
    """A message was surely not handled; `missing` says what for."""

    def __init__(self, missing: str) -> None:
        super().__init__(missing)
        self.missing = missing


@dataclass
class Turns:
    """The latest turns, running or done, by conversation and message id. One that failed is forgotten: it left nothing."""

    handle: OnMessage
    now: Callable[[], float] = time.monotonic
    running: dict[tuple[str, str], tuple[asyncio.Task[dict[str, Any]], float]] = field(default_factory=dict)

    async def answer(self, sender: str, message: str, message_id: str, channel: str | None = None) -> dict[str, Any]:
        """Return the answer to a message; the same id waits for the same turn.

        The turn runs on when the caller goes away: half a turn must never be lost.
        """
        key = (sender, message_id)
        self._forget_old()
        if key not in self.running:
            turn = asyncio.create_task(self._run(sender, message, message_id, channel))
            self.running[key] = turn, self.now()
            turn.add_done_callback(lambda done: self._look_back(key, done))
        return await asyncio.shield(self.running[key][0])

    def _look_back(self, key: tuple[str, str], turn: asyncio.Task[dict[str, Any]]) -> None:
        """Forget a turn that left nothing; what an erasure left of the rest of its conversation goes, too."""
        if turn.cancelled() or turn.exception() or turn.result()["failed"]:
            del self.running[key]
        elif turn.result()["erased"]:
            for other in [other for other in self.running if other[0] == key[0] and other != key]:
                del self.running[other]

    def _forget_old(self) -> None:
        """The store remembers them longer, for all processes. The oldest stand first: no more is looked at than goes, and one."""
        oldest = self.now() - REMEMBERED_SECONDS
        while self.running:
            key, (turn, begun) = next(iter(self.running.items()))
            if begun >= oldest or not turn.done():
                return
            del self.running[key]

    async def _run(self, sender: str, message: str, message_id: str, channel: str | None) -> dict[str, Any]:
        collected = CollectingChannel()
        try:
            await self.handle(user_message(message, collected, sender, message_id, channel))
        except ActionsAwayError as error:
            log.warning("message %s of conversation %s waits for the action server: %s", message_id, sender, error)
            raise NotHandledError(ACTIONS) from error
        except (StorageError, LockError) as error:
            log.warning("message %s of conversation %s waits for the database: %s", message_id, sender, type(error).__name__)
            raise NotHandledError(DATABASE) from error
        except asyncio.TimeoutError:
            log.error("message %s of conversation %s took too long", message_id, sender)
            return answer_of([], failed=True)
        except Exception:
            log.exception("message %s of conversation %s failed", message_id, sender)
            return answer_of([], failed=True)
        return answer_of(collected.messages)


class CicInput(InputChannel):  # type: ignore[misc]
    """The input channel of the web process; named in credentials.yml."""

    @classmethod
    def name(cls) -> str:
        """Return the name in the channel's address: /webhooks/cic."""
        return NAME

    def prepare(self) -> None:
        """Put right what has to be before Rasa loads its model."""
        mend()

    def blueprint(self, on_new_message: OnMessage) -> Blueprint:
        """Return the routes of the channel."""
        self.prepare()
        routes = Blueprint("cic_channel")
        turns, phases = Turns(on_new_message), Phases()
        expected = f"Bearer {channel_token(load_settings().secret())}".encode()

        async def health(request: Request) -> HTTPResponse:
            ready = agent_is_ready(request)
            return response.json({"model": ready}, status=200 if ready else 503)

        def knows_token(request: Request) -> bool:
            return hmac.compare_digest(request.headers.get("authorization", "").encode(), expected)

        async def times(request: Request) -> HTTPResponse:
            return response.json(phases.as_dict()) if knows_token(request) else response.json({"error": "unauthorised"}, status=401)

        async def webhook(request: Request) -> HTTPResponse:
            if not knows_token(request):
                return response.json({"error": "unauthorised"}, status=401)
            if not is_turn(request.json):
                return response.json({"error": "sender, message or id is wrong"}, status=400)
            if not agent_is_ready(request):
                return response.json({"error": "no model"}, status=503)
            phases.watch(getattr(request.app.ctx.agent, "processor", None))
            phases.messages += 1
            body = request.json
            try:
                answer = await turns.answer(body["sender"], body["message"], body.get("id") or uuid.uuid4().hex, body.get("channel"))
            except NotHandledError as error:
                return response.json({"error": "not handled", "missing": error.missing}, status=503)
            return response.json(answer)

        async def follow_releases(app: Any, _: Any) -> None:
            app.ctx.uptake = build_uptake(app.ctx.agent)
            app.ctx.uptake.start()
            if app.ctx.agent is not None and app.ctx.agent.is_ready():
                await app.ctx.agent.parse_message(_WARM_UP)
            settle_memory()

        async def rest(app: Any, _: Any) -> None:
            app.ctx.uptake.stop()

        routes.listener(follow_releases, "after_server_start")
        routes.listener(rest, "before_server_stop")
        routes.add_route(health, "/health", methods=["GET"])
        routes.add_route(times, "/phases", methods=["GET"])
        routes.add_route(webhook, "/webhook", methods=["POST"])
        return routes


def is_turn(body: Any) -> bool:
    """Say whether a body has a sender, a message, and at most texts as id and as channel."""
    return (
        isinstance(body, dict)
        and isinstance(body.get("sender"), str)
        and bool(body["sender"])
        and isinstance(body.get("message"), str)
        and isinstance(body.get("id"), str | None)
        and isinstance(body.get("channel"), str | None)
    )


def agent_is_ready(request: Request) -> bool:
    """Say whether Rasa has loaded a model; it serves also when loading failed, and then drops messages silently."""
    agent = getattr(request.app.ctx, "agent", None)
    return agent is not None and bool(agent.is_ready())


def user_message(message: str, output: OutputChannel, sender: str, message_id: str, channel: str | None = None) -> UserMessage:
    """Return a message as Rasa may see it: a leading slash, which Rasa would read as an intent, is only text.

    Rasa strips white space before it looks, but not a word joiner. `channel` is where it was written, None for the site.
    """
    text = clean(message)
    metadata = {"channel": channel} if channel else {}
    if text.startswith("/"):
        text, metadata = WORD_JOINER + text, {**metadata, "original": message}
    return UserMessage(text, output, sender, input_channel=NAME, message_id=message_id, metadata=metadata)


def answer_of(said: list[dict[str, Any]], failed: bool = False) -> dict[str, Any]:
    """Return one turn for the web process: messages, the field asked for, how a request ended, whether nothing is to be kept.

    The last message that has `asks` or `outcome` decides.
    """
    customs = [message.get("custom") or {} for message in said]
    messages = [_outward(message, custom) for message, custom in zip(said, customs, strict=True) if message.get("text")]
    last = {key: value for custom in customs for key, value in custom.items() if key in {"asks", "outcome"}}
    ended = {"outcome": last.get("outcome"), "erased": any(custom.get("erased") for custom in customs)}
    return {"messages": messages, "asks": last.get("asks"), **ended, "failed": failed or not messages}


def _outward(message: dict[str, Any], custom: dict[str, Any]) -> dict[str, Any]:
    buttons = [{"title": button["title"], "value": button["payload"]} for button in message.get("buttons") or []]
    language = {"lang": custom["lang"]} if custom.get("lang") else {}
    return {"text": message["text"], "buttons": buttons, "source": custom.get("source"), **language}
