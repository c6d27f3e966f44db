"""Microsoft Teams, played: activities as the Bot Framework delivers them, its keys, its tokens, and the Bot Connector.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-authentication
"""

from __future__ import annotations

import base64
import hmac
import html
import json
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any
from urllib.parse import parse_qs, unquote
from xml.etree import ElementTree

from joserfc import jwt

from support.identity_provider import drawn_key, encoded
from support.platforms.platform import Call, Platform, Raw, Reply, Shown

APP_ID = "c9e8c047-2a74-40a2-b28a-b162d5f5327c"
PASSWORD = "un~secret.pour-les_tests"
TENANT = "72f988bf-86f1-41af-91ab-2d7cd011db47"
BOT = f"28:{APP_ID}"
GROUP = "19:groupe@thread.v2"
THREAD = "19:canal@thread.tacv2;messageid=1481567603816"
HERO_CARD = "application/vnd.microsoft.card.hero"
_ENDORSED = ["msteams", "webchat", "directline", "email"]
_BYTES = 80 * 1024
"""Of one message in UTF-16: what Microsoft recommends to stay within."""
_TAGS = {"br", "em", "strong", "a", "p"}


class PlayedTeams(Platform):
    name = "teams"
    label = "teams"
    batches = False

    def __init__(self) -> None:
        super().__init__()
        self.key = drawn_key("teams")
        self.endorsements: list[str] | None = _ENDORSED
        self.login_trouble: list[Reply] = []
        """What is answered instead of the next tokens."""
        self.tokens: list[str] = []
        """Those that are good, oldest first."""
        self._buttons: dict[str, list[dict[str, str]]] = {}

    @property
    def environ(self) -> dict[str, str]:
        return {
            "CIC_TEAMS_APP_ID": APP_ID,
            "CIC_TEAMS_PASSWORD": PASSWORD,
            "CIC_TEAMS_TENANT": TENANT,
            "CIC_TEAMS_LOGIN": f"{self.address}/login",
            "CIC_TEAMS_OPENID": f"{self.address}/v1/.well-known/openidconfiguration",
        }

    @property
    def service(self) -> str:
        return f"{self.address}/emea/"

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return self.sign(self.written(person, html.escape(text, quote=False), ident, at))

    def media(self, person: str) -> Raw:
        picture = {"contentType": "image/*", "contentUrl": f"{self.service}v3/attachments/0-neu/views/original"}
        markup = {"contentType": "text/html", "content": '<div><img alt="image" src="https://example.org/image"></div>'}
        return self.sign(self.activity(person, "message", attachments=[picture, markup]))

    def begin(self, person: str) -> Raw:
        return self.sign(self.activity(person, "conversationUpdate", membersAdded=[{"id": BOT}, {"id": f"29:{person}"}]))

    def begin_otherwise(self, person: str) -> Raw:
        """What Teams says beside, in another way, when somebody begins."""
        return self.sign(self.activity(person, "installationUpdate", action="add"))

    def noise(self, person: str) -> list[Raw]:
        edited = self.written(person, "Quel est le budget, au fait ?") | {"type": "messageUpdate", "channelData": self._data("editMessage")}
        return [
            self.sign(edited),
            self.sign(self.activity(person, "messageDelete") | {"channelData": self._data("softDeleteMessage")}),
            self.sign(self.activity(person, "messageReaction", reactionsAdded=[{"type": "like"}], replyToId="1575667808184")),
            self.sign(self.activity(person, "typing")),
            self.sign(self.activity(person, "installationUpdate", action="remove")),
            self.sign(self.activity(person, "conversationUpdate", membersAdded=[{"id": "29:quelqu-un"}])),
            self.sign(self.activity(person, "invoke", name="task/fetch", value={})),
            self.grouped(person, "Quel est le budget ?", mentioned=False),
            self.grouped(person, "<at>Jean</at> quel est le budget ?", mentioned=False, other="29:jean"),
            self.sign(self.in_group(self.activity(person, "conversationUpdate", membersAdded=[{"id": BOT}]))),
            self.sign(self.written(person, "Je suis un robot") | {"from": {"id": BOT, "role": "bot"}}),
        ]

    def forged(self, raw: Raw) -> list[Raw]:
        activity = json.loads(raw.body)
        bare = {name: value for name, value in raw.headers.items() if name != "Authorization"}
        elsewhere = activity | {"serviceUrl": "https://smba.example.org/emea/"}
        token = raw.headers["Authorization"]
        return [
            replace(raw, headers=bare),
            replace(raw, headers=bare | {"Authorization": token[:-4]}),
            replace(raw, headers=bare | {"Authorization": token.replace("Bearer", "Basic")}),
            self.sign(activity, key="stranger"),
            self.sign(activity, key="none"),
            self.sign(activity, key="HS256"),
            self.sign(activity, aud="76096e45-119f-4736-859c-6dfff54395f7"),
            self.sign(activity, iss="https://sts.windows.net/d6d49420-f39b-4df7-a1dc-d59a935871db/"),
            self.sign(activity, exp=int(time.time()) - 400),
            self.sign(activity, nbf=int(time.time()) + 400),
            self.sign(activity, serviceurl="https://smba.example.org/emea/"),
            self.sign(elsewhere, serviceurl=self.service),
        ]

    def press(self, person: str, title: str) -> Raw:
        value = next(button["value"] for button in self._buttons[person] if button["title"] == title)
        return self.sign(self.written(person, value) | {"id": f"f:{self.new_id()}", "replyToId": "1575667808184"})

    def grouped(self, person: str, text: str, mentioned: bool = True, other: str | None = None, conversation: str = GROUP) -> Raw:
        """A message in a group, or in a thread of a team's channel; `text` says by <at> where we stand."""
        activity = self.in_group(self.written(person, text), conversation)
        named = [(BOT, "<at>Assistant CIC</at>")] if mentioned else []
        named += [(other, "<at>Jean</at>")] if other else []
        activity["entities"] += [{"type": "mention", "mentioned": {"id": ident, "name": "…"}, "text": text} for ident, text in named]
        return self.sign(activity)

    def in_group(self, activity: dict[str, Any], conversation: str = GROUP) -> dict[str, Any]:
        """The same activity where others read along."""
        kind = "channel" if "tacv2" in conversation else "groupChat"
        return activity | {"conversation": {"isGroup": True, "conversationType": kind, "id": conversation, "tenantId": TENANT}}

    def written(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> dict[str, Any]:
        """A message with a text as people write it: Teams adds it again as HTML."""
        markup = {"contentType": "text/html", "content": f"<div><div>{text}</div></div>"}
        return self.activity(person, "message", ident, at, text=text, textFormat="plain", attachments=[markup])

    def activity(self, person: str, kind: str, ident: int | None = None, at: float | None = None, **content: Any) -> dict[str, Any]:
        """An activity of a chat between the person and us."""
        moment = datetime.fromtimestamp(time.time() if at is None else at, timezone.utc)
        return {
            "type": kind,
            "id": str(self.new_id() if ident is None else ident),
            "timestamp": f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond:06d}1Z",
            "serviceUrl": self.service,
            "channelId": "msteams",
            "from": {"id": f"29:{person}", "name": "Awa", "aadObjectId": "7faf8ab2-3d56-4244-b585-20c8a42ed2b8"},
            "conversation": {"conversationType": "personal", "id": f"a:{person}", "tenantId": TENANT},
            "recipient": {"id": BOT, "name": "Assistant CIC"},
            "entities": [{"type": "clientInfo", "locale": "fr-BE", "country": "BE", "platform": "Android"}],
            "channelData": self._data(),
            **content,
        }

    def sign(self, activity: Mapping[str, Any], key: str = "", **claims: Any) -> Raw:
        """A delivery with a token; `key` is another way to sign, `claims` are those that differ, None for one that is left out."""
        now = int(time.time())
        usual = {"iss": "https://api.botframework.com", "aud": APP_ID, "nbf": now - 60, "exp": now + 3600}
        told = usual | {"serviceurl": activity.get("serviceUrl", "")} | claims
        token = self._token(key, {name: value for name, value in told.items() if value is not None})
        headers = {"Content-Type": "application/json; charset=utf-8", "Authorization": f"Bearer {token}"}
        return Raw(json.dumps(activity).encode(), headers)

    def _token(self, key: str, claims: Mapping[str, Any]) -> str:
        header = {"typ": "JWT", "kid": str(self.key.kid), "x5t": str(self.key.kid)}
        if key == "none":
            return f"{encoded(header | {'alg': 'none'})}.{encoded(claims)}."
        if key == "HS256":
            unsigned = f"{encoded(header | {'alg': 'HS256'})}.{encoded(claims)}"
            digest = hmac.digest(self.key.as_pem(private=False), unsigned.encode(), "sha256")
            return f"{unsigned}.{base64.urlsafe_b64encode(digest).decode().rstrip('=')}"
        signing = drawn_key("teams", 1) if key == "stranger" else self.key
        return jwt.encode(header | {"alg": "RS256"}, dict(claims), signing)

    def _data(self, event: str | None = None) -> dict[str, Any]:
        return {"tenant": {"id": TENANT}} | ({"eventType": event} if event else {})

    # --- keys, tokens and the Bot Connector ---

    def serve(self, call: Call) -> Reply:
        if call.path == "/v1/.well-known/openidconfiguration":
            told = {"issuer": "https://api.botframework.com", "jwks_uri": f"{self.address}/v1/.well-known/keys"}
            return _json(200, told | {"id_token_signing_alg_values_supported": ["RS256"]})
        if call.path == "/v1/.well-known/keys":
            endorsed = {"endorsements": self.endorsements} if self.endorsements else {}
            return _json(200, {"keys": [{**self.key.as_dict(private=False), "x5t": str(self.key.kid), **endorsed}]})
        if call.path == f"/login/{TENANT}/oauth2/v2.0/token":
            return self._give_token(call)
        found = re.fullmatch(r"/emea/v3/conversations/([^/]+)/activities", call.path)
        if not found or call.method != "POST":
            return refusal(404, "NotFound")
        return self._take(unquote(found[1]), call)

    def end_tokens(self) -> None:
        """Tokens that were given are not good any more."""
        self.tokens.clear()

    def _give_token(self, call: Call) -> Reply:
        if self.login_trouble:
            return self.login_trouble.pop(0)
        form = {name: values[0] for name, values in parse_qs(call.body.decode()).items()}
        if form.get("grant_type") != "client_credentials" or form.get("scope") != "https://api.botframework.com/.default":
            return _json(400, {"error": "invalid_scope", "error_description": "AADSTS70011: …"})
        if (form.get("client_id"), form.get("client_secret")) != (APP_ID, PASSWORD):
            return _json(401, {"error": "invalid_client", "error_description": "AADSTS7000215: Invalid client secret provided. …"})
        self.tokens.append(f"jeton-{self.new_id()}")
        return _json(200, {"token_type": "Bearer", "expires_in": 3599, "ext_expires_in": 3599, "access_token": self.tokens[-1]})

    def _take(self, conversation: str, call: Call) -> Reply:
        scheme, _, token = call.headers.get("authorization", "").partition(" ")
        if scheme != "Bearer" or token not in self.tokens:
            return _json(401, {"message": "Authorization has been denied for this request."})
        if not call.headers.get("content-type", "").startswith("application/json"):
            return refusal(415, "BadSyntax")
        if not conversation.startswith(("a:", "19:")):
            return refusal(404, "ConversationNotFound", "Conversation not found.")
        activity = json.loads(call.body)
        if len(call.body.decode().encode("utf-16-le")) > _BYTES:
            return refusal(413, "MessageSizeTooBig", "Message size too large.")
        shown, buttons = self._read(activity)
        if shown is None:
            return refusal(400, "BadArgument")
        if (trouble := self.next_trouble()) is not None:
            return trouble
        person = conversation.removeprefix("a:")
        self._buttons[person] = buttons
        self.show(person, Shown(shown, tuple(button["title"] for button in buttons)))
        return _json(201, {"id": str(self.new_id())})

    def _read(self, activity: Mapping[str, Any]) -> tuple[str | None, list[dict[str, str]]]:
        """What people see of a message, and its buttons; None when the Bot Connector would not take it."""
        cards = [item["content"] for item in activity.get("attachments", []) if item["contentType"] == HERO_CARD]
        if activity.get("type") != "message" or bool(activity.get("text")) == bool(cards) or len(cards) > 10:
            return None, []
        self.require(activity.get("from", {}).get("id") == BOT, "an activity says whom it is from")
        if not cards:
            self.require(activity.get("textFormat") == "xml", "a text that has markup says so")
            return self._legible(activity["text"]), []
        self.require(all(1 <= len(card["buttons"]) <= 6 for card in cards), "a card has one to six buttons")
        self.require(activity.get("summary"), "a card has a notification")
        self.require(len(cards) == 1 or activity.get("attachmentLayout") == "list", "cards stand one below the other")
        buttons = [button for card in cards for button in card["buttons"]]
        self.require(all(button["type"] == "imBack" and isinstance(button["value"], str) for button in buttons), "buttons are imBack")
        self.require(all(0 < len(button["title"]) <= 50 for button in buttons), "a button has one line")
        return "\n".join(self._legible(card["text"]) for card in cards if "text" in card), buttons

    def _legible(self, markup: str) -> str:
        self.require("\n" not in markup, "a line break in markup is <br/>")
        root = ElementTree.fromstring(f"<div>{markup}</div>")
        unknown = {element.tag for element in root.iter()} - _TAGS - {"div"}
        self.require(not unknown, f"tags that Teams does not show: {unknown}")
        for element in root.iter("br"):
            element.tail = f"\n{element.tail or ''}"
        return "".join(root.itertext())


def refusal(status: int, code: str, message: str = "…", **headers: str) -> Reply:
    """A refusal of the Bot Connector in its own form."""
    told = {"error": {"code": code, "message": message}}
    return Reply(status, json.dumps(told).encode(), {name.replace("_", "-"): value for name, value in headers.items()})


def _json(status: int, what: object) -> Reply:
    return Reply(status, json.dumps(what).encode())
