"""WhatsApp, by Meta's own Cloud API (https://developers.facebook.com/documentation/business-messaging/whatsapp).

People may hide their number behind a name; then the API knows them by an id that holds for us only, and takes it in place of the number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.channel_settings import WhatsApp
from bot.channels.meta import Graph, admit, confirm, read_signed
from bot.channels.model import (
    DELIVERY_BYTES,
    WHATSAPP,
    WINDOW,
    Abilities,
    Body,
    Bubble,
    Choice,
    Delivery,
    Failure,
    Health,
    Incoming,
    Kind,
    Receipt,
    Style,
)
from bot.channels.reading import at, code_at, list_at, moment, text_at
from bot.channels.rendering import cut
from bot.channels.sentences import OPEN_LIST
from bot.channels.whatsapp_text import unformatted
from bot.channels.wire import Wire

_NEWS = frozenset({"edit", "errors", "reaction", "revoke", "system"})
"""Types of what comes among the messages and is none."""
_UNSUPPORTED_NEWS = frozenset({"edit", "pin", "poll_update"})
"""The same where WhatsApp only says that its API does not know it."""


class WhatsAppConnector:
    """One number of WhatsApp."""

    name = WHATSAPP
    label = "whatsapp"
    abilities = Abilities(text=1000, buttons=3, button_title=20, rows=10, row_title=24, row_detail=72, value=200)
    patience = WINDOW
    repeats = False
    delivery_bytes = DELIVERY_BYTES

    def __init__(self, settings: WhatsApp, wire: Wire | None = None) -> None:
        self._settings = settings
        self._graph = Graph(settings, wire)

    async def admit(self, delivery: Delivery) -> None:
        """Refuse what has no signature, or not our word."""
        admit(delivery, self._settings.verify_token)

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read messages, and what became of ours. Groups, reactions, edits and news of the account are nothing to us."""
        if delivery.method == "GET":
            return confirm(delivery, self._settings.verify_token)
        values = list(self._values(read_signed(delivery, self._settings.app_secret)))
        messages = [message for value in values for raw in list_at(value, "messages") if (message := _read(raw))]
        return Receipt(messages, [failure for value in values for failure in _failures(value)])

    def dress(self, bubble: Bubble) -> Body:
        """The text, its source in italics; reply buttons, or a list."""
        text = unformatted(bubble.text)
        if bubble.source:
            text = f"{text}\n_{unformatted(bubble.source)}_"
        if bubble.style is Style.BUTTONS:
            buttons = [{"type": "reply", "reply": {"id": choice.value, "title": choice.title}} for choice in bubble.choices]
            return _interactive("button", text, {"buttons": buttons})
        if bubble.style is Style.LIST:
            rows = [_row(choice, self.abilities.row_title) for choice in bubble.choices]
            return _interactive("list", text, {"button": OPEN_LIST, "sections": [{"title": OPEN_LIST, "rows": rows}]})
        return {"type": "text", "text": {"body": text, "preview_url": False}}

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one message."""
        message = {"messaging_product": "whatsapp", "recipient_type": "individual", **address, **body}
        return text_at(await self._graph.post(f"{self._settings.phone_id}/messages", message), "messages", 0, "id") or None

    async def check(self) -> Health:
        """Ask for our number, and for the address that it is delivered to."""
        return await self._graph.check(self._settings.phone_id, "display_phone_number,verified_name,webhook_configuration", _describe)

    async def close(self) -> None:
        """Give back the connections."""
        await self._graph.close()

    def _values(self, update: dict[str, Any]) -> Iterator[Any]:
        """What happened on our number; one delivery may hold many changes, of each many messages."""
        if text_at(update, "object") != "whatsapp_business_account":
            return
        for entry in list_at(update, "entry"):
            for change in list_at(entry, "changes"):
                ours = text_at(change, "value", "metadata", "phone_number_id") == self._settings.phone_id
                if ours and text_at(change, "field") == "messages":
                    yield at(change, "value")


def _read(message: Any) -> Incoming | None:
    ident, number, own_id = text_at(message, "id"), text_at(message, "from"), text_at(message, "from_user_id")
    kind, text = _said(message)
    if not ident or not (number or own_id) or kind is None or at(message, "group_id"):
        return None
    address = {"to": number} if number else {"recipient": own_id}
    return Incoming(ident, own_id or number, address, kind, text, moment(at(message, "timestamp")))


def _said(message: Any) -> tuple[Kind | None, str]:
    """What a message is to us, and the words in it: typed, below a picture, or carried by what was chosen."""
    sort = text_at(message, "type")
    if not sort or sort in _NEWS or text_at(message, "unsupported", "type") in _UNSUPPORTED_NEWS:
        return None, ""
    if sort == "request_welcome":
        return Kind.START, ""
    paths: list[tuple[str, ...]] = [("text", "body"), ("button", "payload"), ("button", "text"), (sort, "caption")]
    paths += [("interactive", reply, part) for reply in ("button_reply", "list_reply") for part in ("id", "title")]
    text = next((found for path in paths if (found := text_at(message, *path)).strip()), "")
    return (Kind.TEXT, text) if text else (Kind.MEDIA, "")


def _failures(value: Any) -> Iterator[Failure]:
    for status in list_at(value, "statuses"):
        ident = text_at(status, "id")
        if ident and text_at(status, "status") == "failed":
            yield Failure(ident, code_at(status, "errors", 0, "code") or "sans code")


def _interactive(sort: str, text: str, action: Body) -> Body:
    return {"type": "interactive", "interactive": {"type": sort, "body": {"text": text}, "action": action}}


def _row(choice: Choice, longest: int) -> dict[str, str]:
    if len(choice.title) <= longest:
        return {"id": choice.value, "title": choice.title}
    return {"id": choice.value, "title": f"{cut(choice.title, longest - 1)[0]}…", "description": choice.title}


def _describe(number: dict[str, Any]) -> Health:
    hooks = at(number, "webhook_configuration")
    url = next((found for kind in ("phone_number", "whatsapp_business_account", "application") if (found := text_at(hooks, kind))), "")
    where = f"livré à {url}" if url else "aucune adresse de livraison n'est déclarée"
    return Health(True, f"{text_at(number, 'verified_name')}, {text_at(number, 'display_phone_number')}, {where}")
