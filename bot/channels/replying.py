"""What is said to a message of a channel: the assistant's answer, or a sentence of our own, as the platform can show it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from bot.channels.model import Connector, Kind
from bot.channels.rendering import Rendered, chosen, render
from bot.channels.rows import Message
from bot.channels.sentences import IN_PRIVATE, TEXT_ONLY, TOO_LONG, TOO_MANY, TOO_MANY_TODAY

_CANNED = {Kind.MEDIA: TEXT_ONLY, Kind.LONG: TOO_LONG, Kind.MANY: TOO_MANY, Kind.DAY: TOO_MANY_TODAY}
_STOP = "annuler"
"""What ends a request for contact."""


class Answering(Protocol):
    """What the channels need of the chat (bot.web.conversations.Conversations)."""

    async def answer(self, conversation: str, message: str, client_id: str | None, channel: str) -> dict[str, Any]:
        """Return the answer to a message, the same one under the same id."""


@dataclass(frozen=True)
class Opening:
    """What somebody is told who writes for the first time: who we are, in brief in a group, and subjects to begin with."""

    text: str
    brief: str
    suggestions: Sequence[Mapping[str, Any]]


class Replying:
    """Asks the assistant. `opening` is asked each time."""

    def __init__(self, answering: Answering, opening: Callable[[], Opening]) -> None:
        self._answering = answering
        self._opening = opening

    async def answer(self, connector: Connector, message: Message, offered: Sequence[str], welcomed: bool) -> Rendered:
        """Return what is said to a message, in the messages that the channel can show.

        `offered` may be chosen by number; who is not `welcomed` is told first who we are. Raises what the assistant raises.
        """
        opening = self._opening()
        if message.kind is Kind.START:
            return render([{"text": opening.text, "buttons": opening.suggestions}], connector.abilities)
        if message.kind is not Kind.TEXT:
            return render([{"text": _CANNED[message.kind]}], connector.abilities)
        group = bool(message.context.get("group"))
        said = await self._answering.answer(message.conversation, chosen(message.text, offered), message.key, connector.label)
        messages: list[Mapping[str, Any]] = list(said["messages"])
        if group and said["asks"]:
            await self._answering.answer(message.conversation, _STOP, f"{message.key}-groupe", connector.label)
            # What was asked for beside it is a fact, and may be read by all
            messages = [*(told for told in messages if told.get("source")), {"text": IN_PRIVATE}]
        first = {"text": opening.brief if group else opening.text}
        return render([*([] if welcomed else [first]), *messages], connector.abilities)
