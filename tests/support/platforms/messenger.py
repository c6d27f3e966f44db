"""Messenger, played: events as the Messenger Platform delivers them, and its Send API (developers.facebook.com/docs/messenger-platform)."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from support.platforms.meta import APP_SECRET, TOKEN, VERIFY_TOKEN, VERSION, PlayedMeta, error, unknown
from support.platforms.platform import Call, Raw, Reply, Shown

PAGE = "1067280970047460"
_FIRST = 7_000_000_000


class PlayedMessenger(PlayedMeta):
    """A quick reply that is only a number stands for the line of the text with that number: so it is shown, and so it is pressed."""

    name = "messenger"
    label = "messenger"

    def __init__(self) -> None:
        super().__init__()
        self.quick_replies: dict[str, list[dict[str, str]]] = {}
        """The last that each person was shown; they go with the next message."""
        self._titles: dict[str, list[str]] = {}

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CIC_MESSENGER_PAGE_ID": PAGE,
            "CIC_MESSENGER_TOKEN": TOKEN,
            "CIC_MESSENGER_APP_SECRET": APP_SECRET,
            "CIC_MESSENGER_VERIFY_TOKEN": VERIFY_TOKEN,
            "CIC_MESSENGER_API": f"{self.address}/{VERSION}",
        }

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return self.update([self._said(person, text, ident, at)])

    def batch(self, messages: Sequence[tuple[str, str, int]]) -> Raw:
        events = [self._said(person, text, ident) for person, text, ident in messages]
        return self.signed({"object": "page", "entry": [self._entry(events[:1]), self._entry(events[1:])]})

    def media(self, person: str) -> Raw:
        photo = {"type": "image", "payload": {"url": "https://scontent.example/photo.jpg"}}
        return self.update([self.event(person, message={"mid": self._mid(), "attachments": [photo]})])

    def begin(self, person: str) -> Raw:
        return self.postback(person, "GET_STARTED", "Démarrer")

    def postback(self, person: str, payload: str, title: str) -> Raw:
        """A button of the page is pressed."""
        return self.update([self.event(person, postback={"mid": self._mid(), "payload": payload, "title": title})])

    def noise(self, person: str) -> list[Raw]:
        text = "Quel est le budget, au fait ?"
        echo = self.event(person, message={"mid": self._mid(), "is_echo": True, "app_id": 1517776481860111, "text": text})
        echo["sender"], echo["recipient"] = echo["recipient"], echo["sender"]
        elsewhere = self._said(person, text) | {"recipient": {"id": "1999"}}
        return [
            self.update([echo]),
            self.update([self.event(person, delivery={"mids": [self._mid()], "watermark": 1458668856253})]),
            self.update([self.event(person, read={"watermark": 1458668856253})]),
            self.update([self.event(person, message_edit={"mid": self._mid(), "text": text, "num_edit": 1})]),
            self.update([self.event(person, reaction={"mid": self._mid(), "action": "react", "emoji": "\u2764", "reaction": "love"})]),
            self.update([self.event(person, referral={"ref": "site", "source": "SHORTLINK", "type": "OPEN_THREAD"})]),
            self.signed({"object": "page", "entry": [{"id": PAGE, "time": 1, "standby": [self._said(person, text)]}]}),
            self.signed({"object": "page", "entry": [{"id": "1999", "time": 1, "messaging": [elsewhere]}]}),
            self.signed({"object": "page", "entry": [{"id": PAGE, "time": 1, "changes": [{"field": "feed", "value": {"item": "post"}}]}]}),
            self.signed({"object": "instagram", "entry": [self._entry([self._said(person, text)])]}),
        ]

    def press(self, person: str, title: str) -> Raw:
        pressed = self.quick_replies[person][self._titles[person].index(title)]
        message = {"mid": self._mid(), "text": pressed["title"], "quick_reply": {"payload": pressed["payload"]}}
        return self.update([self.event(person, message=message)])

    def update(self, events: list[dict[str, Any]]) -> Raw:
        """A delivery of these events of our page."""
        return self.signed({"object": "page", "entry": [self._entry(events)]})

    def event(self, person: str, at: float | None = None, **content: object) -> dict[str, Any]:
        """One event of a person."""
        stamp = int(1000 * (at or time.time()))
        return {"sender": {"id": self.psid(person)}, "recipient": {"id": PAGE}, "timestamp": stamp, **content}

    def psid(self, person: str) -> str:
        """The id of a person on our page."""
        return str(_FIRST + self.number(person))

    def _said(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> dict[str, Any]:
        return self.event(person, at, message={"mid": self._mid(ident), "text": text})

    def _entry(self, events: list[dict[str, Any]]) -> dict[str, Any]:
        return {"id": PAGE, "time": int(1000 * time.time()), "messaging": events}

    def _mid(self, ident: int | None = None) -> str:
        return f"m_{self.new_id() if ident is None else ident}"

    # --- the API ---

    def serve(self, call: Call) -> Reply:
        if (refused := self.refused(call)) is not None:
            return refused
        if (call.method, call.path) == ("GET", f"/{VERSION}/me"):
            return Reply(200, json.dumps({"id": PAGE, "name": "Programme CIC"}).encode())
        if (call.method, call.path) != ("POST", f"/{VERSION}/{PAGE}/messages"):
            return unknown(call)
        return self._send(json.loads(call.body))

    def _send(self, body: dict[str, Any]) -> Reply:
        message, named = body.get("message", {}), {self.psid(person): person for person in list(self._numbers)}
        person = named.get(body.get("recipient", {}).get("id"))
        if person is None:
            return error(400, 100, "(#100) No matching user found", 2018001)
        if body.get("messaging_type") != "RESPONSE":
            return error(400, 100, "(#100) Param messaging_type must be one of {RESPONSE, UPDATE, MESSAGE_TAG}")
        if not 0 < len(message.get("text", "")) <= 2000:
            return error(400, 100, "(#100) Length of param message[text] must be less than or equal to 2000")
        quick = message.get("quick_replies", [])
        if "quick_replies" in message and not 0 < len(quick) <= 13:
            return error(400, 100, "(#100) Invalid keys: param message[quick_replies] must have between 1 and 13 elements")
        self.require(set(message) <= {"text", "quick_replies"}, f"fields {sorted(message)}")
        for reply in quick:
            self.require(reply.get("content_type") == "text", "a quick reply without its kind")
            self.require(0 < len(reply.get("title", "")) <= 20, "the title of a quick reply is empty, or will be cut")
            self.require(0 < len(reply.get("payload", "")) <= 1000, "the payload of a quick reply is empty or too long")
        if (trouble := self.next_trouble()) is not None:
            return trouble
        self.quick_replies[person], self._titles[person] = quick, [_meant(reply["title"], message["text"]) for reply in quick]
        self.show(person, Shown(message["text"], tuple(self._titles[person])))
        return Reply(200, json.dumps({"recipient_id": self.psid(person), "message_id": self._mid()}).encode())


def _meant(title: str, text: str) -> str:
    """What a person takes a quick reply for."""
    line = re.search(rf"^{re.escape(title)}\. (.+)$", text, re.MULTILINE) if title.isdecimal() else None
    return line[1] if line else title
