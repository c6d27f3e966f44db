"""Facebook Messenger, by the Messenger Platform (https://developers.facebook.com/docs/messenger-platform): events to our webhook, the
Send API back.

Choices are quick replies. Where a title is too long for one, the choices stand in the text and the quick replies are their numbers.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.channel_settings import Messenger
from bot.channels.meta import Graph, admit, confirm, read_signed
from bot.channels.model import DELIVERY_BYTES, MESSENGER, WINDOW, Abilities, Body, Bubble, Delivery, Health, Incoming, Kind, Receipt, Style
from bot.channels.reading import at, list_at, moment, text_at
from bot.channels.wire import Wire

_PAYLOAD = 1000
"""Characters that a quick reply can carry."""
_QUICK_REPLIES = 13
_BEGINNINGS = frozenset({"GET_STARTED", "GET_STARTED_PAYLOAD"})


class MessengerConnector:
    """One page of Facebook."""

    name = MESSENGER
    label = "messenger"
    abilities = Abilities(text=1900, buttons=_QUICK_REPLIES, button_title=20, value=_PAYLOAD)
    patience = WINDOW
    repeats = False
    delivery_bytes = DELIVERY_BYTES

    def __init__(self, settings: Messenger, wire: Wire | None = None) -> None:
        self._settings = settings
        self._graph = Graph(settings, wire)

    async def admit(self, delivery: Delivery) -> None:
        """Refuse what has no signature, or not our word."""
        admit(delivery, self._settings.verify_token)

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read events: messages, and buttons that were pressed. Echoes, receipts, reactions and edits are nothing to us."""
        if delivery.method == "GET":
            return confirm(delivery, self._settings.verify_token)
        update = read_signed(delivery, self._settings.app_secret)
        return Receipt([message for event in self._events(update) if (message := self._read(event))])

    def dress(self, bubble: Bubble) -> Body:
        """The text, its source, and quick replies."""
        body: Body = {"text": f"{bubble.text}\n{bubble.source}" if bubble.source else bubble.text}
        if bubble.style is not Style.NONE and len(bubble.choices) <= _QUICK_REPLIES:
            body["quick_replies"] = list(_quick_replies(bubble))
        return body

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one message, as a response to what the person wrote."""
        message = {"recipient": {"id": address["person"]}, "messaging_type": "RESPONSE", "message": body}
        return text_at(await self._graph.post(f"{self._settings.page_id}/messages", message), "message_id") or None

    async def check(self) -> Health:
        """Ask whose token we have: of a page's own token, that is the page."""
        return await self._graph.check("me", "id,name", self._describe)

    async def close(self) -> None:
        """Give back the connections."""
        await self._graph.close()

    def _describe(self, me: dict[str, Any]) -> Health:
        if text_at(me, "id") != self._settings.page_id:
            return Health(False, "CIC_MESSENGER_TOKEN n'est pas le jeton de la page CIC_MESSENGER_PAGE_ID.")
        return Health(True, f"page « {text_at(me, 'name')} »")

    def _events(self, update: dict[str, Any]) -> Iterator[Any]:
        """What happened on our page; one delivery may hold many events."""
        if text_at(update, "object") == "page":
            for entry in list_at(update, "entry"):
                if text_at(entry, "id") == self._settings.page_id:
                    yield from list_at(entry, "messaging")

    def _read(self, event: Any) -> Incoming | None:
        page, person = self._settings.page_id, text_at(event, "sender", "id")
        if text_at(event, "recipient", "id") != page or person in ("", page):
            return None
        message, postback = at(event, "message"), at(event, "postback")
        kind, text = _read_message(message) if isinstance(message, dict) else _read_postback(postback)
        stamp = text_at(event, "timestamp")
        ident = text_at(message, "mid") or text_at(postback, "mid") or (stamp and f"{person}:{stamp}")
        if kind is None or not ident:
            return None
        return Incoming(ident, person, {"person": person}, kind, text, moment(f"{stamp[:-3]}.{stamp[-3:]}"))  # in milliseconds


def _read_message(message: dict[str, Any]) -> tuple[Kind | None, str]:
    if at(message, "is_echo"):
        return None, ""
    text = text_at(message, "quick_reply", "payload") or text_at(message, "text")
    if text.strip():
        return Kind.TEXT, text
    return (Kind.MEDIA if at(message, "attachments") or at(message, "is_unsupported") else None), ""


def _read_postback(postback: Any) -> tuple[Kind | None, str]:
    """A button of the page: "Get started", a question that the page proposes, or its menu."""
    said = text_at(postback, "payload") or text_at(postback, "title")
    if said.upper() in _BEGINNINGS:
        return Kind.START, ""
    return (Kind.TEXT if said.strip() else None), said


def _quick_replies(bubble: Bubble) -> Iterator[dict[str, str]]:
    for number, choice in enumerate(bubble.choices, bubble.first):
        title = str(number) if bubble.style is Style.NUMBERS else choice.title
        payload = choice.value if len(choice.value) <= _PAYLOAD else title
        yield {"content_type": "text", "title": title, "payload": payload}
