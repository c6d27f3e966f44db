"""Slack, played: what it delivers to the one address of an app, and the two methods that we call (https://docs.slack.dev)."""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import re
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from support.platforms.platform import Call, Platform, Raw, Reply, Shown

TOKEN = "xoxb-17653672481-19874698323-pdFZKVeTuE8sk7oOcHrzqqgy"
SECRET = "8f742231b10e8888abcd99yyyzzz85a5"
TEAM, APP, BOT, BOT_USER = "T061EG9R6", "A0PNCHHK2", "B19LU7CSY", "U0LAN0Z89"
CHANNEL = "C123ABC456"
SCOPES = "chat:write,im:history,mpim:history,app_mentions:read,commands"
_FIELDS = {"channel", "text", "blocks", "thread_ts", "mrkdwn", "unfurl_links", "unfurl_media"}
_JSON = "application/json; charset=utf-8"


class PlayedSlack(Platform):
    name = "slack"
    label = "slack"
    batches = False

    def __init__(self) -> None:
        super().__init__()
        self.scopes = SCOPES
        self.posted: list[dict[str, Any]] = []
        """Messages that were taken, as they came."""
        self._last: dict[str, dict[str, Any]] = {}
        """The last message with buttons that each person, or each channel, was shown."""

    @property
    def environ(self) -> dict[str, str]:
        return {"CIC_SLACK_TOKEN": TOKEN, "CIC_SLACK_SIGNING_SECRET": SECRET, "CIC_SLACK_API": f"{self.address}/api"}

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return self.event(self.direct(person, text, ident, at))

    def media(self, person: str) -> Raw:
        files = [{"id": "F0S43P1CZ", "name": "carte.png", "mimetype": "image/png", "filetype": "png", "size": 1101}]
        return self.event(self.direct(person, "") | {"subtype": "file_share", "files": files, "upload": False})

    def begin(self, person: str) -> Raw:
        return self.command(person, "")

    def noise(self, person: str) -> list[Raw]:
        said = self.direct(person, "Quel est le budget ?")
        ours = {"user": BOT_USER, "bot_id": BOT, "app_id": APP}
        changed = {"type": "message", "subtype": "message_changed", "hidden": True, "channel": said["channel"], "channel_type": "im"}
        home = {"type": "app_home_opened", "user": said["user"], "channel": said["channel"], "tab": "messages"}
        joined = {"subtype": "channel_join", "text": f"<@{said['user']}> has joined the channel"}
        item = {"type": "message", "channel": said["channel"], "ts": said["ts"]}
        view = {"type": "message_action", "user": {"id": said["user"]}, "trigger_id": self._trigger(), "message": said}
        return [
            self.event(changed | {"ts": self._ts(), "message": said | {"text": "Et le budget ?"}, "previous_message": said}),
            self.event(changed | {"ts": self._ts(), "subtype": "message_deleted", "deleted_ts": said["ts"]}),
            self.event(self.direct(person, "Vous dites : bonjour") | ours),
            self.event(self.direct(person, "Rappel") | {"subtype": "bot_message", "bot_id": "B0000"}),
            self.event(self.direct(person, "Un rappel pour vous") | {"user": "USLACKBOT"}),
            self.event(self.in_channel(person, "Quel est le budget ?")),
            self.event(self.in_channel(person, "Quel est le budget ?") | {"channel_type": "mpim", "channel": "G024BE91L"}),
            self.event(self.in_channel(person, "") | joined),
            self.event(home),
            self.event({"type": "reaction_added", "user": said["user"], "reaction": "thumbsup", "item": item, "event_ts": self._ts()}),
            self.form({"payload": json.dumps(view)}),
            self.form({"ssl_check": "1", "token": "XXYYZZ"}),
        ]

    def forged(self, raw: Raw) -> list[Raw]:
        bare = {name: value for name, value in raw.headers.items() if not name.startswith("X-Slack")}
        stamp = raw.headers["X-Slack-Request-Timestamp"]
        signature = raw.headers["X-Slack-Signature"]
        return [
            replace(raw, headers=bare),
            replace(raw, headers={**bare, "X-Slack-Request-Timestamp": stamp}),
            replace(raw, headers={**bare, "X-Slack-Signature": signature}),
            replace(raw, headers={**raw.headers, "X-Slack-Request-Timestamp": str(int(stamp) + 1)}),
            replace(raw, headers={**raw.headers, "X-Slack-Signature": signature.removeprefix("v0=")}),
            replace(raw, body=raw.body + b" "),
            sign(raw, secret="un autre secret"),
            sign(raw, at=time.time() - 360),
            sign(raw, at=time.time() + 360),
        ]

    def mistyped(self, raw: Raw) -> Raw:
        return replace(raw, headers={**raw.headers, "Content-Type": "text/plain"})

    def press(self, person: str, title: str) -> Raw:
        return self.pressed(person, title, _dm(person))

    def pressed(self, person: str, title: str, channel: str) -> Raw:
        """A person presses a button of the last message in a channel that has some."""
        message = self._last[_named(channel)]
        button = next(one for block in message["blocks"] for one in block["elements"] if one.get("text", {}) and _title(one) == title)
        action = {"block_id": "kA2", "action_ts": self._ts(), **button}
        container = {"type": "message", "message_ts": message["ts"], "channel_id": channel, "is_ephemeral": False}
        payload = {"type": "block_actions", "user": {"id": _user(person), "username": "awa", "team_id": TEAM}, "api_app_id": APP}
        payload |= {"token": "XXYYZZ", "container": container, "trigger_id": self._trigger(), "team": {"id": TEAM, "domain": "commune"}}
        payload |= {"channel": {"id": channel, "name": "directmessage" if channel[0] == "D" else "general"}, "message": message}
        payload |= {"state": {"values": {}}, "response_url": "https://hooks.slack.com/actions/T/1/x", "actions": [action]}
        return self.form({"payload": json.dumps(payload)})

    def mention(self, person: str, text: str, **more: str) -> Raw:
        """A person mentions the assistant in a channel."""
        return self.event(self.in_channel(person, f"<@{BOT_USER}> {text}") | {"type": "app_mention"} | more)

    def command(self, person: str, text: str) -> Raw:
        """A person uses the slash command in a channel."""
        told = {"token": "XXYYZZ", "team_id": TEAM, "team_domain": "commune", "channel_id": CHANNEL, "channel_name": "general"}
        told |= {"user_id": _user(person), "user_name": "awa", "command": "/cic", "text": text, "api_app_id": APP}
        return self.form(told | {"response_url": "https://hooks.slack.com/commands/1/2", "trigger_id": self._trigger()})

    def direct(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> dict[str, Any]:
        """The event of a direct message."""
        ts = self._ts(ident, at)
        said = {"type": "message", "user": _user(person), "text": marked(text), "ts": ts, "team": TEAM}
        return said | {"channel": _dm(person), "channel_type": "im", "event_ts": ts, "client_msg_id": f"id-{ts}"}

    def in_channel(self, person: str, text: str) -> dict[str, Any]:
        """The event of a message in a channel; `text` as Slack has it, marks and all."""
        return self.direct(person, "") | {"channel": CHANNEL, "channel_type": "channel", "text": text}

    def event(self, event: dict[str, Any]) -> Raw:
        """A delivery of one event."""
        ours = [{"enterprise_id": None, "team_id": TEAM, "user_id": BOT_USER, "is_bot": True, "is_enterprise_install": False}]
        told = {"token": "XXYYZZ", "team_id": TEAM, "api_app_id": APP, "event": event, "type": "event_callback", "authorizations": ours}
        told |= {"event_id": f"Ev{self.new_id()}", "event_time": int(time.time())}
        return sign(Raw(json.dumps(told).encode(), {"Content-Type": _JSON}))

    def challenge(self, challenge: str) -> Raw:
        """Slack's question when its address for events is declared."""
        told = {"token": "XXYYZZ", "challenge": challenge, "type": "url_verification"}
        return sign(Raw(json.dumps(told).encode(), {"Content-Type": _JSON}))

    def form(self, fields: dict[str, str]) -> Raw:
        return sign(Raw(urlencode(fields).encode(), {"Content-Type": "application/x-www-form-urlencoded"}))

    def _ts(self, ident: int | None = None, at: float | None = None) -> str:
        return f"{int(at or time.time())}.{self.new_id() if ident is None else ident:06d}"

    def _trigger(self) -> str:
        return f"{self.new_id()}.17653672481.8b1ab4d3c0"

    # --- the API ---

    def serve(self, call: Call) -> Reply:
        method = call.path.removeprefix("/api/")
        headers = {"x-oauth-scopes": self.scopes}
        if not call.headers.get("authorization", "").startswith("Bearer "):
            return error("not_authed")
        if call.headers["authorization"] != f"Bearer {TOKEN}":
            return error("invalid_auth")
        if method == "auth.test":
            who = {"url": "https://commune.slack.com/", "team": "Commune", "user": "assistant_cic", "team_id": TEAM}
            return replace(_ok({**who, "user_id": BOT_USER, "bot_id": BOT, "is_enterprise_install": False}), headers=headers)
        if method != "chat.postMessage":
            return error("unknown_method")
        self.require(call.headers.get("content-type") == _JSON, "Slack warns of a missing charset")
        reply = self._post(json.loads(call.body))
        return replace(reply, headers={**headers, **reply.headers})

    def _post(self, body: dict[str, Any]) -> Reply:
        self.require(not body.keys() - _FIELDS, f"unknown arguments: {body.keys() - _FIELDS}")
        channel, blocks = body.get("channel", ""), body.get("blocks", [])
        if not re.fullmatch(r"[CDGUW][A-Z0-9]+", channel):
            return error("channel_not_found")
        if not body.get("text") or not blocks:
            return error("no_text")
        if len(body["text"]) > 40_000:
            return error("msg_too_long")
        if "thread_ts" in body and not re.fullmatch(r"\d+\.\d{6}", body["thread_ts"]):
            return error("invalid_thread_ts")
        self.require(not re.search(r"<|>|&(?!(amp|lt|gt);)", body["text"]), "the text has signs that were not escaped")
        if len(blocks) > 50 or (wrong := [*_wrong(blocks)]):
            self.require(False, f"invalid_blocks: {wrong}")
            return error("invalid_blocks")
        if (trouble := self.next_trouble()) is not None:
            return trouble
        return self._take(body)

    def _take(self, body: dict[str, Any]) -> Reply:
        person = _named(body["channel"])
        taken = {"type": "message", "user": BOT_USER, "bot_id": BOT, **body, "ts": self._ts()}
        self.posted.append(body)
        titles = [_title(one) for block in body["blocks"] if block["type"] == "actions" for one in block["elements"]]
        if titles:
            self._last[person] = taken
        text = "\n".join(_read(block) for block in body["blocks"] if block["type"] != "actions")
        self.show(person, Shown(text, tuple(titles)))
        channel = _dm(person) if body["channel"][0] in "UW" else body["channel"]
        return _ok({"channel": channel, "ts": taken["ts"], "message": taken})


def marked(text: str) -> str:
    """What is typed, as Slack delivers it: its own signs escaped, what it recognises between angle brackets."""
    escaped = html.escape(text, quote=False)
    linked = re.sub(r"https?://[^\s<>]+", r"<\g<0>>", escaped)
    return re.sub(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", r"<mailto:\g<0>|\g<0>>", linked)


def sign(raw: Raw, secret: str = SECRET, at: float | None = None) -> Raw:
    """The delivery with a signature made now, or at another time (https://docs.slack.dev/authentication/verifying-requests-from-slack)."""
    stamp = str(int(time.time() if at is None else at))
    made = hmac.new(secret.encode(), f"v0:{stamp}:".encode() + raw.body, hashlib.sha256).hexdigest()
    return replace(raw, headers={**raw.headers, "X-Slack-Request-Timestamp": stamp, "X-Slack-Signature": f"v0={made}"})


def error(code: str, status: int = 200, **headers: str) -> Reply:
    """A refusal as Slack says it: mostly with 200."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, json.dumps({"ok": False, "error": code}).encode(), named)


def busy(seconds: int) -> Reply:
    """Too many requests, as Slack says it."""
    return error("ratelimited", 429, Retry_After=str(seconds))


def _ok(result: dict[str, Any]) -> Reply:
    return Reply(200, json.dumps({"ok": True, **result}).encode())


def _wrong(blocks: list[dict[str, Any]]) -> Iterator[str]:
    """What breaks the reference of blocks: kinds, lengths, what must be there."""
    for block in blocks:
        elements = block.get("elements") or []
        if block.keys() != {"type", "elements"} or not elements:
            yield f"a block of {block.keys()}"
        elif block["type"] == "rich_text":
            yield from _wrong_sections(elements)
        elif block["type"] == "context":
            yield from ("context" for one in elements if one["type"] != "plain_text" or not one["text"] or len(elements) > 10)
        elif block["type"] == "actions":
            yield from _wrong_buttons(elements)
        else:
            yield f"a block of type {block['type']}"


def _wrong_sections(sections: list[dict[str, Any]]) -> Iterator[str]:
    for section in sections:
        if section.keys() != {"type", "elements"} or section["type"] != "rich_text_section" or not section["elements"]:
            yield "a section of rich text"
        for one in section["elements"]:
            text = one["type"] == "text" and one.get("text") and not one.keys() - {"type", "text", "style"}
            link = one["type"] == "link" and re.match(r"https?://|mailto:", one.get("url", "")) and len(one["url"]) <= 3000
            if not text and not (link and not one.keys() - {"type", "text", "url", "style"}):
                yield f"an element of rich text: {one}"


def _wrong_buttons(buttons: list[dict[str, Any]]) -> Iterator[str]:
    if len(buttons) > 25:
        yield "more than 25 elements in a block of actions"
    if len({button.get("action_id") for button in buttons}) != len(buttons):
        yield "action_id is not unique"
    for button in buttons:
        if button["type"] != "button" or button["text"]["type"] != "plain_text":
            yield "a button is a button, with a plain text"
        if not 1 <= len(button["text"]["text"]) <= 75 or not 1 <= len(button.get("value", "")) <= 2000 or len(button["action_id"]) > 255:
            yield "the length of a button's text, value or action_id"


def _read(block: dict[str, Any]) -> str:
    """What a person reads of a block."""
    sections = block["elements"] if block["type"] == "rich_text" else [block]
    return "".join(one.get("text") or one["url"] for section in sections for one in section["elements"])


def _title(button: dict[str, Any]) -> str:
    text = button.get("text")
    return str(text["text"]) if isinstance(text, dict) else ""


def _user(person: str) -> str:
    return "U" + person.encode().hex().upper()


def _dm(person: str) -> str:
    return "D" + person.encode().hex().upper()


def _named(channel: str) -> str:
    """The person of a direct message, or the channel."""
    return bytes.fromhex(channel[1:]).decode() if channel[0] in "DU" else channel
