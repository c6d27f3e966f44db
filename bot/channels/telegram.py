"""Telegram, by its Bot API (https://core.telegram.org/bots/api): updates to our webhook, `sendMessage` back.

In groups only what is addressed to the bot is read: a mention of its name, a reply to it, or a command.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from html import escape
from typing import Any

from bot.channel_settings import Telegram
from bot.channels.model import (
    PATIENCE,
    TELEGRAM,
    Abilities,
    AccessError,
    Body,
    Bubble,
    BusyError,
    Delivery,
    ForgedError,
    Health,
    Incoming,
    Kind,
    Receipt,
    Style,
    UnreachableError,
    UnreadableError,
)
from bot.channels.reading import at, list_at, moment, read_json, same, text_at
from bot.channels.wire import LONGEST_WAIT, Answer, Wire, refuse
from bot.errors import DeliveryError, UncertainDeliveryError

_SHOWN = "x-telegram-bot-api-secret-token"
"""The header in which Telegram shows the secret."""
_CALLBACK_BYTES = 64
"""What a button can carry."""
_BY_PLACE = "#"
"""Begins what a button carries whose value is longer: its place, and its title is what is said."""
_DELIVERY_BYTES = 256 * 1024
"""An update holds one message of at most 4096 characters, and the one that it replies to."""
_MEDIA = frozenset(
    {
        "animation", "audio", "checklist", "contact", "dice", "document", "game", "location", "paid_media", "photo", "poll", "sticker",
        "story", "venue", "video", "video_note", "voice",
    }
)  # fmt: skip
"""Fields of messages that are something else than text. What has none of them, nor a text, is news of the chat."""
_COMMAND = re.compile(r"/(\w{1,64})(@\w+)?\s*")
_BEGINNINGS = frozenset({"start", "help", "settings"})
_GONE = re.compile(
    r"(chat|user|message thread) not found|PEER_ID_INVALID|group (chat )?(was|is) (deleted|upgraded|migrated|deactivated)|"
    r"(not enough|have no) rights|CHAT_\w*(WRITE|PLAIN|RESTRICTED|FORBIDDEN)|TOPIC_(CLOSED|DELETED)",
    re.IGNORECASE,
)
"""What Telegram says with a 400 of a person, a group or a topic where we can write nothing at all."""


class TelegramConnector:
    """One bot."""

    name = TELEGRAM
    label = "telegram"
    abilities = Abilities(text=3500, buttons=20, button_title=200)
    patience = PATIENCE
    repeats = False
    delivery_bytes = _DELIVERY_BYTES

    def __init__(self, settings: Telegram, wire: Wire | None = None) -> None:
        self._settings = settings
        self._wire = wire or Wire()
        self._id = settings.token.partition(":")[0]
        self._name: str | None = None

    async def admit(self, delivery: Delivery) -> None:
        """Refuse who does not show the secret."""
        if not same(delivery.headers.get(_SHOWN, ""), self._settings.secret):
            raise ForgedError("wrong secret token")

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read an update: a message, or a button that was pressed. Edits, posts of channels and news of chats are nothing to us."""
        await self.admit(delivery)
        update = read_json(delivery)
        if pressed := at(update, "callback_query"):
            found = self._pressed(pressed)
        else:
            found = await self._message(at(update, "message"))
        return Receipt([found] if found else [])

    def dress(self, bubble: Bubble) -> Body:
        """The text as HTML, the source in italics, choices as buttons below it."""
        text = escape(bubble.text, quote=False)
        if bubble.source:
            source = escape(bubble.source, quote=False)
            linked = f'<a href="{escape(bubble.source_url)}">{source}</a>' if bubble.source_url else source
            text = f"{text}\n<i>{linked}</i>"
        body: Body = {"text": text, "parse_mode": "HTML", "link_preview_options": {"is_disabled": True}}
        if bubble.style is Style.BUTTONS:
            rows = [[{"text": choice.title, "callback_data": _carried(choice.value, place)}] for place, choice in enumerate(bubble.choices)]
            body["reply_markup"] = {"inline_keyboard": rows}
        return body

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one message, in the topic of a group in which it was asked for and as a reply to it."""
        if pressed := context.get("pressed"):
            with suppress(DeliveryError):  # only stops the little clock on the button
                await self._call("answerCallbackQuery", {"callback_query_id": pressed})
        chat = address["chat"]
        message: Body = {"chat_id": chat, **body}
        if context.get("topic"):
            message["message_thread_id"] = context["topic"]
        if context.get("reply"):
            message["reply_parameters"] = {"message_id": context["reply"], "allow_sending_without_reply": True}
        answer = await self._call("sendMessage", message)
        if moved := text_at(answer.json(), "parameters", "migrate_to_chat_id"):  # the group has become a supergroup
            chat, answer = moved, await self._call("sendMessage", {"chat_id": moved, **body})
        _refuse(answer, in_group=chat.startswith("-"))
        return f"{chat}:{text_at(answer.json(), 'result', 'message_id')}"

    async def check(self) -> Health:
        """Ask who we are and where updates go."""
        try:
            me, hook = await self._call("getMe", {}), await self._call("getWebhookInfo", {})
        except DeliveryError as error:
            return Health(None, str(error))
        if me.status in (401, 404):
            return Health(False, "Telegram ne connaît pas le jeton CIC_TELEGRAM_TOKEN.")
        if me.status != 200:
            return Health(None, f"Telegram a répondu {me.status}.")
        name = f"@{text_at(me.json(), 'result', 'username')}"
        url, trouble = text_at(hook.json(), "result", "url"), text_at(hook.json(), "result", "last_error_message")
        if not url:
            return Health(True, f"{name} ; aucune adresse de livraison n'est déclarée (setWebhook).")
        return Health(True, f"{name}, livré à {url}{f' ; dernière erreur : {trouble}' if trouble else ''}")

    async def close(self) -> None:
        """Give back the connections."""
        await self._wire.close()

    def _pressed(self, pressed: Any) -> Incoming | None:
        message, data = at(pressed, "message"), text_at(pressed, "data")
        chat, person = text_at(message, "chat", "id"), text_at(pressed, "from", "id")
        if not chat or not person or not data:
            return None
        text = _title(message, data) if data.startswith(_BY_PLACE) else data
        kind = Kind.TEXT if text else Kind.START  # the keyboard is too old for Telegram to show what stood on it
        group = text_at(message, "chat", "type") != "private"
        context = {"pressed": text_at(pressed, "id"), "topic": _topic(message)}
        ident = f"pressed:{text_at(pressed, 'id')}"
        return Incoming(ident, f"{chat}:{person}", {"chat": chat}, kind, text, None, context, group)

    async def _message(self, message: Any) -> Incoming | None:
        chat, person = text_at(message, "chat", "id"), text_at(message, "from", "id")
        if not chat or not person or _of_no_person(message):
            return None
        text = text_at(message, "text") or text_at(message, "caption")
        group = text_at(message, "chat", "type") != "private"
        if group:
            if (addressed := await self._addressed(message, text)) is None:
                return None
            text = addressed
        kind, text = _read(text, _is_media(message))
        if kind is None:
            return None
        context = {"topic": _topic(message), "reply": at(message, "message_id") if group else None}
        sent_at, ident = moment(at(message, "date")), f"{chat}:{text_at(message, 'message_id')}"
        if kind is Kind.MEDIA and (album := text_at(message, "media_group_id")):
            ident = f"{chat}:album:{album}"  # ten pictures are answered by one sentence
        return Incoming(ident, f"{chat}:{person}", {"chat": chat}, kind, text, sent_at, context, group)

    async def _addressed(self, message: Any, text: str) -> str | None:
        """What is said to the bot in a group, without its name; None when it is said to others."""
        replied = text_at(message, "reply_to_message", "from", "id") == self._id
        named = _named(message, text)
        if not named:
            return text if replied else None
        own = re.compile(rf"@{re.escape(await self._own_name())}\b", re.IGNORECASE)
        if not replied and not any(own.fullmatch(name) for name in named):
            return None
        said = own.sub("", text).strip()
        return said if said or _is_media(message) else "/start"

    async def _own_name(self) -> str:
        """Our name on Telegram. Raises UnreadableError while it cannot be asked for: the message is to be delivered again."""
        if self._name is None:
            with suppress(DeliveryError):
                self._name = text_at((await self._call("getMe", {})).json(), "result", "username") or None
        if self._name is None:
            raise UnreadableError("Telegram ne dit pas encore comment ce robot s'appelle.", 503)
        return self._name

    async def _call(self, method: str, body: Body) -> Answer:
        return await self._wire.call("POST", f"{self._settings.api}/bot{self._settings.token}/{method}", json=body)


def _read(text: str, media: bool) -> tuple[Kind | None, str]:
    """What a message is to us. A command that Telegram itself proposes begins the conversation; of any other one the words count."""
    if command := _COMMAND.match(text):
        if command[1].lower() in _BEGINNINGS:
            return Kind.START, ""
        text = f"{command[1]} {text[command.end() :]}"
    if text.strip():
        return Kind.TEXT, text.strip()
    return (Kind.MEDIA, "") if media else (None, "")


def _is_media(message: Any) -> bool:
    return bool(_MEDIA & message.keys())


def _of_no_person(message: Any) -> bool:
    """Whether it is a bot's, a channel's, or what a channel posted and Telegram itself puts into the channel's group."""
    return bool(at(message, "from", "is_bot") or at(message, "is_automatic_forward") or text_at(message, "chat", "type") == "channel")


def _topic(message: Any) -> Any:
    return at(message, "message_thread_id") if at(message, "is_topic_message") else None


def _named(message: Any, text: str) -> list[str]:
    """Whom a message names: those whom it mentions, and the bot whose command it gives (`/start@Name`)."""
    command = _COMMAND.match(text)
    return [*_mentions(message, text), *([command[2]] if command and command[2] else [])]


def _mentions(message: Any, text: str) -> Iterator[str]:
    """The names that are mentioned; places count in halves of UTF-16 pairs."""
    told = text.encode("utf-16-le", "surrogatepass")
    for entity in [*list_at(message, "entities"), *list_at(message, "caption_entities")]:
        start, length = at(entity, "offset"), at(entity, "length")
        if text_at(entity, "type") == "mention" and isinstance(start, int) and isinstance(length, int):
            yield told[2 * start : 2 * (start + length)].decode("utf-16-le", "replace")


def _carried(value: str, place: int) -> str:
    return value if len(value.encode()) <= _CALLBACK_BYTES and not value.startswith(_BY_PLACE) else f"{_BY_PLACE}{place}"


def _title(message: Any, data: str) -> str:
    """The title of the button that carries its place."""
    for row in list_at(message, "reply_markup", "inline_keyboard"):
        for button in row if isinstance(row, list) else []:
            if text_at(button, "callback_data") == data:
                return text_at(button, "text")
    return ""


def _refuse(answer: Answer, in_group: bool) -> None:
    """Raise the error that Telegram's answer means."""
    told = answer.json()
    if answer.status == 429:
        wait = at(told, "parameters", "retry_after")
        seconds = float(min(wait, LONGEST_WAIT)) if isinstance(wait, int) else answer.retry_after
        # A group may have twenty messages a minute: that is no reason to let all others wait
        raise BusyError("Telegram demande d'attendre : 429.", seconds, everybody=not in_group)
    if answer.status in (401, 404):
        raise AccessError(f"Telegram ne connaît pas le jeton CIC_TELEGRAM_TOKEN : {answer.status}.")
    if answer.status == 403 or (answer.status == 400 and _GONE.search(text_at(told, "description"))):
        raise UnreachableError(f"Telegram ne remet plus rien à cette personne : {answer.status}.")
    refuse(answer)
    if at(told, "ok") is not True:
        raise UncertainDeliveryError("Telegram a répondu autre chose qu'un résultat.")
