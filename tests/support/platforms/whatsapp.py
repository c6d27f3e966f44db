"""WhatsApp's Cloud API, played: webhooks and messages (developers.facebook.com/documentation/business-messaging/whatsapp).

Every second person hides her number behind a name: she is known by an id that holds for our business only.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from typing import Any

from support.platforms.meta import APP_SECRET, TOKEN, VERIFY_TOKEN, VERSION, PlayedMeta, error, unknown
from support.platforms.platform import SITE, Call, Raw, Reply, Shown

PHONE = "106540352242922"
_FIRST = 32455550100
_FORMATTED = re.compile(r"(?<![^\W_])([*_~])(?=\S)([^\n]*?\S)\1(?![^\W_])|`(\S[^\n]*?)`")


class PlayedWhatsApp(PlayedMeta):
    name = "whatsapp"
    label = "whatsapp"

    def __init__(self) -> None:
        super().__init__()
        self._choices: dict[str, dict[str, dict[str, Any]]] = {}

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CIC_WHATSAPP_PHONE_ID": PHONE,
            "CIC_WHATSAPP_TOKEN": TOKEN,
            "CIC_WHATSAPP_APP_SECRET": APP_SECRET,
            "CIC_WHATSAPP_VERIFY_TOKEN": VERIFY_TOKEN,
            "CIC_WHATSAPP_API": f"{self.address}/{VERSION}",
        }

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return self.update(messages=[self._said(person, text, ident, at)])

    def batch(self, messages: Sequence[tuple[str, str, int]]) -> Raw:
        first, second, *others = [self._said(person, text, ident) for person, text, ident in messages]
        changes = [self.change(messages=[first]), self.change(messages=[second])]
        return self.signed(_account([changes, [self.change(messages=others)]]))

    def media(self, person: str) -> Raw:
        return self.typed(person, "image", {"id": "2754859441498128", "mime_type": "image/jpeg", "sha256": "O+WL9sOp="})

    def begin(self, person: str) -> Raw:
        return self.update(messages=[self.raw(person, "request_welcome")])

    def noise(self, person: str) -> list[Raw]:
        said = self._said(person, "Quel est le budget, au fait ?")
        gone = self.raw(person, "revoke") | {"revoke": {"original_message_id": "wamid.1"}}
        unsupported = self.raw(person, "unsupported") | {"errors": [{"code": 131051, "title": "Message type unknown"}]}
        elsewhere = self.change(messages=[said])
        elsewhere["value"]["metadata"]["phone_number_id"] = "999"
        return [
            self.update(messages=[said | {"group_id": "120363000000000000"}]),
            self.typed(person, "reaction", {"message_id": "wamid.1", "emoji": "\U0001f44d"}),
            self.typed(person, "system", {"body": "User changed", "wa_id": "32455550199", "type": "user_changed_number"}),
            self.update(messages=[gone]),
            self.update(messages=[unsupported | {"unsupported": {"type": "edit"}}]),
            self.update(statuses=[self.status("wamid.1", "delivered"), self.status("wamid.1", "read")]),
            self.update(errors=[{"code": 130429, "title": "Rate limit hit"}]),
            self.signed(_account([[elsewhere]])),
            self.signed(_account([[self.change("smb_message_echoes", message_echoes=[said], messages=[said])]])),
            self.signed(_account([[self.change("account_update", event="VERIFIED_ACCOUNT")]])),
            self.signed({"object": "page", "entry": []}),
        ]

    def press(self, person: str, title: str) -> Raw:
        return self.typed(person, "interactive", self._choices[person][title])

    def typed(self, person: str, sort: str, content: dict[str, Any]) -> Raw:
        """A message of this type."""
        return self.update(messages=[self.raw(person, sort) | {sort: content}])

    def failed(self, wamid: str, code: int) -> Raw:
        """A message of ours did not arrive."""
        return self.update(statuses=[self.status(wamid, "failed") | {"errors": [{"code": code, "title": "Message undeliverable"}]}])

    def status(self, wamid: str, status: str) -> dict[str, Any]:
        """What became of a message of ours."""
        return {"id": wamid, "status": status, "timestamp": str(int(time.time())), "recipient_id": str(_FIRST)}

    def update(self, **content: object) -> Raw:
        """A delivery of one change."""
        return self.signed(_account([[self.change(**content)]]))

    def change(self, field: str = "messages", **content: object) -> dict[str, Any]:
        """One change of our number."""
        metadata = {"display_phone_number": "3225550100", "phone_number_id": PHONE}
        return {"field": field, "value": {"messaging_product": "whatsapp", "metadata": metadata, **content}}

    def raw(self, person: str, sort: str, ident: int | None = None, at: float | None = None) -> dict[str, Any]:
        """One message, without its content."""
        number, own_id = self.reached(person)
        message = {"id": self._wamid(ident), "from_user_id": own_id, "timestamp": str(int(at or time.time())), "type": sort}
        return message | ({"from": number} if number else {})

    def reached(self, person: str) -> tuple[str | None, str]:
        """The number of a person, unless she hides it, and her id."""
        number = self.number(person)
        return (None if number % 2 else str(_FIRST + number)), f"BE.{13491208655302741918 + number}"

    def _said(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> dict[str, Any]:
        return self.raw(person, "text", ident, at) | {"text": {"body": text}}

    def _wamid(self, ident: int | None = None) -> str:
        return f"wamid.{self.new_id() if ident is None else ident}"

    # --- the API ---

    def serve(self, call: Call) -> Reply:
        if (refused := self.refused(call)) is not None:
            return refused
        if (call.method, call.path) == ("GET", f"/{VERSION}/{PHONE}"):
            hooks = {"application": f"{SITE}/webhooks/whatsapp"}
            told = {
                "id": PHONE,
                "display_phone_number": "+32 2 555 01 00",
                "verified_name": "Programme CIC",
                "webhook_configuration": hooks,
            }
            return Reply(200, json.dumps(told).encode())
        if (call.method, call.path) != ("POST", f"/{VERSION}/{PHONE}/messages"):
            return unknown(call)
        return self._send(json.loads(call.body))

    def _send(self, body: dict[str, Any]) -> Reply:
        if body.get("messaging_product") != "whatsapp" or body.get("recipient_type", "individual") != "individual":
            return error(400, 100, "(#100) The parameter messaging_product is required.")
        person = next((person for person in list(self._numbers) if self._is_for(person, body)), None)
        if person is None:
            return error(400, 131026, "(#131026) Message undeliverable")
        if wrong := _wrong(body):
            return error(400, 131009, f"(#131009) Parameter value is not valid: {wrong}")
        if (trouble := self.next_trouble()) is not None:
            return trouble
        self._choices[person], shown = _offered(body), _text(body)
        self.require(len(_FORMATTED.findall(shown)) <= shown.count("\n_Source"), "a formatting that was not meant")
        self.show(person, Shown(_FORMATTED.sub(r"\2\3", shown), tuple(self._choices[person])))
        told = {"messaging_product": "whatsapp", "contacts": [{"input": "…"}], "messages": [{"id": self._wamid()}]}
        return Reply(200, json.dumps(told).encode())

    def _is_for(self, person: str, body: dict[str, Any]) -> bool:
        number, own_id = self.reached(person)
        return body["to"] == number if "to" in body else body.get("recipient") == own_id


def _account(changes: list[list[dict[str, Any]]]) -> dict[str, Any]:
    return {"object": "whatsapp_business_account", "entry": [{"id": "102290129340398", "changes": some} for some in changes]}


def _text(body: dict[str, Any]) -> str:
    text: str = body["interactive"]["body"]["text"] if body["type"] == "interactive" else body["text"]["body"]
    return text


def _wrong(body: dict[str, Any]) -> str | None:
    """What breaks a documented limit."""
    if body.get("type") == "text":
        return None if 0 < len(body["text"]["body"]) <= 4096 else "text.body"
    if body.get("type") != "interactive" or body["interactive"].get("type") not in ("button", "list"):
        return "type"
    action, sort = body["interactive"]["action"], body["interactive"]["type"]
    if not 0 < len(_text(body)) <= (1024 if sort == "button" else 4096):
        return "interactive.body.text"
    if sort == "button":
        replies = [button["reply"] for button in action["buttons"]]
        return _wrong_choices(replies, 3, 256, 20) or ("duplicates" if _doubled(replies, "title") else None)
    rows = [row for section in action["sections"] for row in section["rows"]]
    if not 0 < len(action["button"]) <= 20 or any(len(section.get("title", "")) > 24 for section in action["sections"]):
        return "action"
    if any(len(row.get("description", "")) > 72 for row in rows):
        return "description"
    return _wrong_choices(rows, 10, 200, 24)


def _wrong_choices(choices: list[dict[str, str]], most: int, ident: int, title: int) -> str | None:
    if not 0 < len(choices) <= most:
        return "number of choices"
    if any(not 0 < len(choice["id"].strip()) == len(choice["id"]) <= ident for choice in choices):
        return "id"
    if any(not 0 < len(choice["title"]) <= title for choice in choices):
        return "title"
    return "duplicates" if _doubled(choices, "id") else None


def _doubled(choices: list[dict[str, str]], part: str) -> bool:
    return len({choice[part] for choice in choices}) < len(choices)


def _offered(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """What WhatsApp delivers when a choice is pressed, by what a person reads of it."""
    if body["type"] != "interactive":
        return {}
    action = body["interactive"]["action"]
    if body["interactive"]["type"] == "button":
        return {button["reply"]["title"]: {"type": "button_reply", "button_reply": button["reply"]} for button in action["buttons"]}
    rows = [row for section in action["sections"] for row in section["rows"]]
    return {row.get("description") or row["title"]: {"type": "list_reply", "list_reply": row} for row in rows}
