"""Twilio, played: SMS and WhatsApp as it delivers them, and its API for messages (https://www.twilio.com/docs/messaging).

Both channels have one account, and one setting says where its API is: whichever of the two played platforms is asked hands what the
other one sends over to it.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import replace
from urllib.parse import parse_qs, quote, urlencode

from bot.text import fold
from support.platforms.platform import SITE, Call, Platform, Raw, Reply, Shown

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "0f1e2d3c4b5a69788796a5b4c3d2e1f0"
NUMBER = "+32455550100"
_PATH = f"/2010-04-01/Accounts/{ACCOUNT}"
_E164 = re.compile(r"\+[1-9]\d{6,14}")
_GSM = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_GSM_TWICE = frozenset("^{}\\[~]|€")
_NEEDLESS = re.compile("[\u00a0\u202f\u2009\u2011\u2013\u2014\u2018\u2019\u201c\u201d\u2026\u2022«»]")
_PEOPLE: list[str] = []
"""Everybody who has a number, in the order of numbers."""
_STARTED: list[PlayedTwilio] = []


class PlayedTwilio(Platform):
    """What both channels have in common."""

    batches = False
    presses = False
    prefix = ""

    def __init__(self) -> None:
        super().__init__()
        self.sids: list[str] = []
        """Of the messages that it took of us."""

    def start(self) -> Platform:
        _STARTED.append(self)
        return super().start()

    def stop(self) -> None:
        _STARTED.remove(self)
        super().stop()

    @property
    def hook(self) -> str:
        return f"{SITE}/webhooks/{self.name}"

    @property
    def sender(self) -> str:
        """Our address on this channel."""
        return f"{self.prefix}{NUMBER}"

    # --- deliveries ---

    def message(self, person: str, text: str, ident: int | None = None, at: float | None = None) -> Raw:
        return self.incoming(person, ident, Body=text)

    def media(self, person: str) -> Raw:
        url = f"https://api.twilio.com{_PATH}/Messages/MM1/Media/ME1"
        return self.incoming(person, Body="", NumMedia="1", MediaUrl0=url, MediaContentType0="image/jpeg")

    def begin(self, person: str) -> Raw | None:
        return None

    def press(self, person: str, title: str) -> Raw:
        """There is nothing to press: the number of the choice is typed."""
        lines = [line for shown in self.seen(person) for line in shown.text.splitlines()]
        number = next(found[1] for line in reversed(lines) if (found := re.match(r"(\d+)\. (.*)", line)) and fold(found[2]) == fold(title))
        return self.message(person, number)

    def forged(self, raw: Raw) -> list[Raw]:
        bare = {name: value for name, value in raw.headers.items() if name != "X-Twilio-Signature"}
        fields = {name: values[0] for name, values in parse_qs(raw.body.decode(), keep_blank_values=True).items()}
        return [
            replace(raw, headers=bare),
            replace(raw, headers={**bare, "X-Twilio-Signature": signature("ff" * 16, self.hook, fields)}),
            replace(raw, headers={**bare, "X-Twilio-Signature": signature(TOKEN, f"{self.assistant}/webhooks/{self.name}", fields)}),
            replace(raw, body=raw.body + b"&Body=autre"),
        ]

    def incoming(self, person: str, ident: int | None = None, **fields: str) -> Raw:
        """A delivery of what a person sent."""
        sid = _sid(self.new_id() if ident is None else ident)
        common = {"MessageSid": sid, "SmsMessageSid": sid, "SmsSid": sid, "SmsStatus": "received", "NumSegments": "1", "NumMedia": "0"}
        return self.signed({**common, "From": self.address_of(person), "To": self.sender, **fields})

    def status(self, sid: str, status: str, **fields: str) -> Raw:
        """A delivery of what became of a message of ours."""
        common = {"MessageSid": sid, "SmsSid": sid, "MessageStatus": status, "SmsStatus": status}
        return self.signed({**common, "From": self.sender, "To": f"{self.prefix}+32455550199", **fields})

    def signed(self, fields: dict[str, str]) -> Raw:
        """A genuine delivery of these fields."""
        fields = {"AccountSid": ACCOUNT, "ApiVersion": "2010-04-01", **fields}
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "X-Twilio-Signature": signature(TOKEN, self.hook, fields),
            "I-Twilio-Idempotency-Token": f"idem-{self.new_id()}",
        }
        return Raw(urlencode(fields, quote_via=quote).encode(), headers)

    def address_of(self, person: str) -> str:
        if person not in _PEOPLE:
            _PEOPLE.append(person)
        return f"{self.prefix}+3245555{101 + _PEOPLE.index(person):04}"

    # --- the API ---

    def serve(self, call: Call) -> Reply:
        basic = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if call.headers.get("authorization") != f"Basic {basic}":
            return error(401, 20003, "Authenticate")
        if call.method == "GET" and call.path == f"{_PATH}.json":
            return _json(200, {"sid": ACCOUNT, "friendly_name": "Commune", "status": "active", "type": "Full"})
        if call.method == "GET" and call.path == f"{_PATH}/IncomingPhoneNumbers.json":
            return _json(200, {"incoming_phone_numbers": self._numbers(parse_qs(call.query)["PhoneNumber"][0])})
        if call.method != "POST" or call.path != f"{_PATH}/Messages.json":
            return error(404, 20404, f"The requested resource {call.path} was not found")
        self.require(call.headers.get("content-type") == "application/x-www-form-urlencoded", "a message is a form")
        fields = parse_qs(call.body.decode(), keep_blank_values=True, strict_parsing=True)
        self.require(all(len(values) == 1 for values in fields.values()), "each field once")
        form = {name: values[0] for name, values in fields.items()}
        mine = self.sender == form.get("From")
        return (self if mine else next((it for it in reversed(_STARTED) if it.sender == form.get("From")), self)).take(form)

    def take(self, form: dict[str, str]) -> Reply:
        """Take a message of ours, if it is right."""
        if (wrong := self._wrong(form)) is not None:
            return wrong
        if (trouble := self.next_trouble()) is not None:
            return trouble
        self.require(form.keys() == {"To", "From", "Body", "StatusCallback"}, f"fields {sorted(form)}")
        self.require(form.get("StatusCallback") == self.hook, "what becomes of a message is told to us")
        self.show(_PEOPLE[int(form["To"][-4:]) - 101], Shown(form["Body"]))
        sid, pieces = _sid(self.new_id()), segments(form["Body"])
        self.sids.append(sid)
        told = {"sid": sid, "status": "queued", "num_segments": str(pieces), "error_code": None, "error_message": None}
        return _json(201, told | {"account_sid": ACCOUNT, "to": form["To"], "from": form["From"], "direction": "outbound-api"})

    def _wrong(self, form: dict[str, str]) -> Reply | None:
        to, sender, body = form.get("To", ""), form.get("From", ""), form.get("Body", "")
        if not to:
            return error(400, 21604, "A 'To' phone number is required.")
        if not sender:
            return error(400, 21603, "A 'From' phone number is required.")
        if not body.strip():
            return error(400, 21602, "Message body is required.")
        if len(body) > 1600:
            return error(400, 21617, "The concatenated message body exceeds the 1600 character limit")
        if to.startswith("whatsapp:") != sender.startswith("whatsapp:"):
            return error(400, 21910, "Invalid From and To pair. From and To should be of the same channel")
        if not _E164.fullmatch(to.removeprefix("whatsapp:")):
            return error(400, 21211, "Invalid 'To' Phone Number")
        return error(400, 21606, "The 'From' phone number is not yours") if sender != self.sender else None

    def _numbers(self, asked: str) -> list[dict[str, str]]:
        return [{"phone_number": NUMBER, "sms_url": self.hook, "sms_method": "POST"}] if asked == NUMBER else []


class PlayedSms(PlayedTwilio):
    name = "sms"
    label = "sms"

    @property
    def environ(self) -> dict[str, str]:
        return _environ(self.address) | {"CIC_SMS_FROM": NUMBER}

    def begin(self, person: str) -> Raw:
        return self.message(person, "START")

    def noise(self, person: str) -> list[Raw]:
        return [
            *(self.status(_sid(1), status) for status in ("queued", "sent", "delivered")),
            self.incoming("somebody who stops", Body="STOP", OptOutType="STOP"),
            self.incoming("somebody who stops", Body="Arrêt"),
            self.incoming(person, Body="AIDE", OptOutType="HELP"),
            self.incoming(person, From="Operateur", Body="Votre solde est bas."),
            self.incoming(person, From="8686", Body="Votre code est 123."),
        ]

    def reads(self, text: str) -> str:
        """Without the signs that make an SMS dearer and say nothing."""
        text = re.sub("«[ \u00a0\u202f]?|[ \u00a0\u202f]?»", '"', text)
        return text.translate(str.maketrans("\u00a0\u202f\u2019\u2013\u2014\u2022", "  '---")).replace("…", "...")

    def take(self, form: dict[str, str]) -> Reply:
        self.require(not _NEEDLESS.search(form.get("Body", "")), "a sign makes the SMS dearer and says nothing")
        return super().take(form)


class PlayedWhatsAppTwilio(PlayedTwilio):
    name = "whatsapp-twilio"
    label = "whatsapp"
    prefix = "whatsapp:"

    @property
    def environ(self) -> dict[str, str]:
        return _environ(self.address) | {"CIC_WHATSAPP_TWILIO_FROM": NUMBER}

    def noise(self, person: str) -> list[Raw]:
        return [
            *(self.status(_sid(1), status) for status in ("sent", "delivered", "read")),
            self.incoming(person, Body="👍", MessageType="reaction", OriginalRepliedMessageSid=_sid(1)),
            self.incoming("somebody who stops", Body="STOP", OptOutType="STOP", MessageType="text"),
        ]

    def incoming(self, person: str, ident: int | None = None, **fields: str) -> Raw:
        profile = {"ProfileName": "Awa", "WaId": self.address_of(person).partition("+")[2], "MessageType": "text", "ChannelMetadata": "{}"}
        return super().incoming(person, ident, **{**profile, **fields})


def signature(token: str, url: str, fields: dict[str, str]) -> str:
    """How Twilio signs: the address, then names and values in the order of names."""
    told = "".join([url, *(f"{name}{fields[name]}" for name in sorted(fields))])
    return base64.b64encode(hmac.new(token.encode(), told.encode(), hashlib.sha1).digest()).decode()


def segments(text: str) -> int:
    """How many SMS a text is paid as: of 160 characters (153 when there are several) in GSM-7, of 70 (67) in UCS-2."""
    if all(sign in _GSM or sign in _GSM_TWICE for sign in text):
        length, one, several = len(text) + sum(sign in _GSM_TWICE for sign in text), 160, 153
    else:
        length, one, several = len(text.encode("utf-16-le")) // 2, 70, 67
    return 1 if length <= one else -(-length // several)


def error(status: int, code: int, message: str, headers: Sequence[tuple[str, str]] = ()) -> Reply:
    """An error as Twilio says it."""
    told = {"code": code, "message": message, "more_info": f"https://www.twilio.com/docs/errors/{code}", "status": status}
    return replace(_json(status, told), headers=dict(headers))


def _json(status: int, told: object) -> Reply:
    return Reply(status, json.dumps(told).encode())


def _environ(api: str) -> dict[str, str]:
    return {"CIC_TWILIO_ACCOUNT_SID": ACCOUNT, "CIC_TWILIO_AUTH_TOKEN": TOKEN, "CIC_TWILIO_API": api}


def _sid(ident: int) -> str:
    return f"SM{ident:032x}"
