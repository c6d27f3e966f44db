"""What the played Messenger and WhatsApp share: Meta's signatures, its check of our address, and the errors of its Graph API."""

from __future__ import annotations

import hashlib
import hmac
import json
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlencode

from support.platforms.platform import Call, Platform, Raw, Reply

TOKEN = "EAAGm0PX4ZCpsBA-jeton-pour-les-tests"
APP_SECRET = "0a1b2c3d4e5f60718293a4b5c6d7e8f9"
VERIFY_TOKEN = "un-mot-que-nous-avons-choisi"
VERSION = "v24.0"


class PlayedMeta(Platform):
    """Delivers as Meta does, and answers as its Graph API does."""

    def __init__(self) -> None:
        super().__init__()
        self._numbers: dict[str, int] = {}

    def signed(self, update: dict[str, Any]) -> Raw:
        """A genuine delivery."""
        body = json.dumps(update).encode()
        return Raw(body, {"Content-Type": "application/json", **_signature(APP_SECRET, body)})

    def question(self, **changed: str) -> Raw:
        """What Meta asks when our address is declared."""
        asked = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": VERIFY_TOKEN}
        return Raw(b"", {}, urlencode(asked | {f"hub.{name}": value for name, value in changed.items()}), "GET")

    def forged(self, raw: Raw) -> list[Raw]:
        bare = {"Content-Type": "application/json"}
        old = hmac.new(APP_SECRET.encode(), raw.body, hashlib.sha1).hexdigest()
        return [
            replace(raw, headers=bare),
            replace(raw, headers={**bare, "X-Hub-Signature": f"sha1={old}"}),
            replace(raw, headers={**bare, **_signature(TOKEN, raw.body)}),
            replace(raw, body=raw.body.replace(b'"entry"', b'"entry" ')),
        ]

    def number(self, person: str) -> int:
        """A number of one's own for everybody who writes."""
        with self._lock:
            return self._numbers.setdefault(person, len(self._numbers))

    def refused(self, call: Call) -> Reply | None:
        """The error that a call meets which does not prove who makes it."""
        if call.headers.get("authorization") != f"Bearer {TOKEN}":
            return error(401, 190, "Invalid OAuth access token - Cannot parse access token")
        given = parse_qs(call.query).get("appsecret_proof", [""])[0]
        if given != hmac.new(APP_SECRET.encode(), TOKEN.encode(), hashlib.sha256).hexdigest():
            return error(400, 100, "Invalid appsecret_proof provided in the API argument")
        return None


def error(status: int, code: int, message: str, subcode: int | None = None, **more: object) -> Reply:
    """An error of the Graph API."""
    told = {"message": message, "type": "OAuthException", "code": code, "fbtrace_id": "AhkXsXYwzDFyYJ1xq8m2kAB", **more}
    if subcode:
        told["error_subcode"] = subcode
    return Reply(status, json.dumps({"error": told}).encode())


def busy(minutes: int) -> Reply:
    """Too many calls, as the Graph API says it."""
    usage = {"102290129340398": [{"type": "messenger", "call_count": 100, "estimated_time_to_regain_access": minutes}]}
    reply = error(400, 613, "(#613) Calls to this api have exceeded the rate limit.")
    return replace(reply, headers={"X-Business-Use-Case-Usage": json.dumps(usage)})


def unknown(call: Call) -> Reply:
    """There is no such object, or it is not ours."""
    return error(400, 100, f"Unsupported {call.method.lower()} request. Object with ID does not exist", 33)


def _signature(secret: str, body: bytes) -> dict[str, str]:
    return {"X-Hub-Signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
