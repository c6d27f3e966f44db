"""Telegram, played: updates as its Bot API delivers them, and the methods that a bot calls (https://core.telegram.org/bots/api)."""

from __future__ import annotations

import html
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from support.platforms.platform import Call, Platform, Raw, Reply, Shown

TOKEN = "110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaw"
SECRET = "un-secret-pour-les-tests_2026"
BOT = {"id": 110201543, "is_bot": True, "first_name": "Assistant CIC", "username": "AssistantCicBot"}
_TAG = re.compile(r"<(/?)(b|i|u|s|a|code|pre|blockquote)( [^<>]*)?>")
_FIELDS = {"chat_id", "text", "parse_mode", "link_preview_options", "reply_markup", "message_thread_id", "reply_parameters"}


class PlayedTelegram(Platform):
    name = "telegram"
    label = "telegram"
    batches = False

    def __init__(self) -> None:
        super().__init__()
        self._keyboards: dict[str, list[list[dict[str, str]]]] = {}
        self.answered_presses: list[str] = []

    @property
    def environ(self) -> dict[str, str]:
        return {"CIC_TELEGRAM_TOKEN": TOKEN, "CIC_TELEGRAM_SECRET": SECRET, "CIC_TELEGRAM_API": self.address}

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return self.update(message=self._message(person, ident, at) | {"text": text})

    def media(self, person: str) -> Raw:
        photo = [{"file_id": "AgACAgQ", "file_unique_id": "AQAD", "width": 90, "height": 60, "file_size": 1101}]
        return self.update(message=self._message(person) | {"photo": photo})

    def begin(self, person: str) -> Raw:
        entity = {"offset": 0, "length": 6, "type": "bot_command"}
        return self.update(message=self._message(person) | {"text": "/start", "entities": [entity]})

    def noise(self, person: str) -> list[Raw]:
        edited = self._message(person) | {"edit_date": int(time.time()), "text": "Quel est le budget, au fait ?"}
        group = {"chat": {"id": -1001234, "type": "supergroup", "title": "Commune"}}
        member = {"status": "member", "user": BOT}
        news = {"chat": self._chat(person), "from": self._person(person), "date": int(time.time())}
        return [
            self.update(edited_message=edited),
            self.update(message=self._message(person) | group | {"text": "Quel est le budget ?"}),
            self.update(message=self._message(person) | group | {"new_chat_members": [BOT]}),
            self.update(channel_post={"message_id": 5, "date": 1, "chat": {"id": -100, "type": "channel"}, "text": "Bonjour"}),
            self.update(my_chat_member=news | {"old_chat_member": member, "new_chat_member": {**member, "status": "kicked"}}),
            self.update(message_reaction={"chat": self._chat(person), "message_id": 3, "date": 1, "old_reaction": [], "new_reaction": []}),
        ]

    def forged(self, raw: Raw) -> list[Raw]:
        bare = {name: value for name, value in raw.headers.items() if not name.startswith("X-Telegram")}
        return [
            replace(raw, headers=bare),
            replace(raw, headers={**bare, "X-Telegram-Bot-Api-Secret-Token": "autre"}),
            replace(raw, headers={**bare, "X-Telegram-Bot-Api-Secret-Token": SECRET[:-1]}),
        ]

    def press(self, person: str, title: str) -> Raw:
        keyboard = self._keyboards[person]
        data = next(button["callback_data"] for row in keyboard for button in row if button["text"] == title)
        message = self._message(person) | {"from": BOT, "text": "…", "reply_markup": {"inline_keyboard": keyboard}}
        pressed = {"id": str(self.new_id()), "from": self._person(person), "message": message, "chat_instance": "1", "data": data}
        return self.update(callback_query=pressed)

    def update(self, **content: Mapping[str, Any]) -> Raw:
        """A delivery of one update."""
        body = json.dumps({"update_id": self.new_id(), **content}).encode()
        return Raw(body, {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": SECRET})

    def _message(self, person: str, ident: int | None = None, at: float | None = None) -> dict[str, Any]:
        ident = self.new_id() if ident is None else ident
        return {"message_id": ident, "from": self._person(person), "chat": self._chat(person), "date": int(at or time.time())}

    def _person(self, person: str) -> dict[str, Any]:
        return {"id": _number(person), "is_bot": False, "first_name": "Awa", "language_code": "fr"}

    def _chat(self, person: str) -> dict[str, Any]:
        return {"id": _number(person), "first_name": "Awa", "type": "private"}

    # --- the API ---

    def serve(self, call: Call) -> Reply:
        token, _, method = call.path.removeprefix("/bot").partition("/")
        if token != TOKEN:
            return _error(401, "Unauthorized")
        body = json.loads(call.body or b"{}")
        if method == "getMe":
            return _ok(BOT)
        if method == "getWebhookInfo":
            return _ok({"url": "https://assistant.example/webhooks/telegram", "pending_update_count": 0})
        if method == "answerCallbackQuery":
            self.answered_presses.append(body["callback_query_id"])
            return _ok(True)
        if method != "sendMessage":
            return _error(404, "Not Found")
        return self._send(body)

    def _send(self, body: dict[str, Any]) -> Reply:
        text = body.get("text", "")
        self.require(body.get("parse_mode") == "HTML" and not body.keys() - _FIELDS, f"fields {sorted(body)}")
        places = [body.get("message_thread_id"), body.get("reply_parameters", {}).get("message_id")]
        self.require(all(place is None or isinstance(place, int) for place in places), "a topic or a message that is no number")
        if not _is_html(text):
            return _error(400, "Bad Request: can't parse entities: unsupported start tag")
        shown = html.unescape(re.sub(r"<[^>]+>", "", text))
        if not shown.strip():
            return _error(400, "Bad Request: message text is empty")
        if len(shown) > 4096:
            return _error(400, "Bad Request: message is too long")
        keyboard = body.get("reply_markup", {}).get("inline_keyboard", [])
        buttons = [button for row in keyboard for button in row]
        if len(buttons) > 100 or any(not button["text"] or not 1 <= len(button["callback_data"].encode()) <= 64 for button in buttons):
            return _error(400, "Bad Request: BUTTON_DATA_INVALID")
        if (trouble := self.next_trouble()) is not None:
            return trouble
        person = _named(body["chat_id"])
        self._keyboards[person] = keyboard
        self.show(person, Shown(shown, tuple(button["text"] for button in buttons)))
        return _ok({"message_id": self.new_id(), "chat": {"id": int(body["chat_id"])}, "date": 1, "text": shown})


def _number(person: str) -> int:
    return 7_000_000 + int.from_bytes(person.encode(), "big")


def _named(chat: int | str) -> str:
    number = int(chat) - 7_000_000
    return number.to_bytes((number.bit_length() + 7) // 8, "big").decode() if number > 0 else str(chat)


def _is_html(text: str) -> bool:
    """Whether there are only tags that Telegram knows, each closed in order, and no other sign that looks like one."""
    open_tags: list[str] = []
    for closing, tag, _ in _TAG.findall(text):
        if not closing:
            open_tags.append(tag)
        elif not open_tags or open_tags.pop() != tag:
            return False
    return not open_tags and "<" not in _TAG.sub("", text)


def _ok(result: object) -> Reply:
    return Reply(200, json.dumps({"ok": True, "result": result}).encode())


def _error(status: int, description: str, **more: object) -> Reply:
    return Reply(status, json.dumps({"ok": False, "error_code": status, "description": description, **more}).encode())


def busy(seconds: int) -> Reply:
    """Too many requests, as Telegram says it."""
    return _error(429, f"Too Many Requests: retry after {seconds}", parameters={"retry_after": seconds})
