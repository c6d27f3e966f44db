"""Twilio (https://www.twilio.com/docs/messaging): SMS, and WhatsApp by way of Twilio. Forms to our webhook, `Messages.json` back.

What becomes of a message of ours is told at the same address.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import aiohttp

from bot.channel_settings import Twilio
from bot.channels.model import (
    PATIENCE,
    SMS,
    WHATSAPP_TWILIO,
    WINDOW,
    Abilities,
    Body,
    Bubble,
    Delivery,
    Failure,
    ForgedError,
    Health,
    Incoming,
    Kind,
    Receipt,
    UnreadableError,
)
from bot.channels.reading import code_at, list_at, read_form, same, text_at
from bot.channels.sms_text import plain
from bot.channels.twilio_errors import refuse_twilio
from bot.channels.whatsapp_text import unformatted
from bot.channels.wire import Answer, Wire
from bot.errors import DeliveryError
from bot.text import fold

_SIGNATURE = "x-twilio-signature"
_SIGNED = re.compile(r"[A-Za-z0-9+/]{27}=")
"""What an HMAC-SHA1 in base64 looks like."""
_DELIVERY_BYTES = 64 * 1024
"""A message has 1600 characters, or 4096 on WhatsApp, of at most twelve bytes in a form."""
_TWIML = b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
"""Nothing to say at once: what we answer is sent later."""
_XML = "text/xml; charset=utf-8"
_FIELDS = 500
_IDENT = re.compile(r"(SM|MM)[0-9a-fA-F]{32}")
_NAME = re.compile(r"[A-Za-z_]+[0-9]{0,2}")
"""Of a field. Twilio adds new ones without a word."""
_NUMBER = re.compile(r"[0-9]{1,3}")
_SIGNED_IDENT = re.compile(rf"(?<!OriginalReplied)(?:Message|Sms)Sid({_IDENT.pattern})")
"""An id of the message itself in what is signed; the message that it replies to is another one."""
_PHONE = r"\+[1-9][0-9]{5,14}"
_RECEIVED = frozenset({"", "received", "receiving"})
"""Statuses of messages to us; any other one is of a message of ours."""
_FAILED = frozenset({"failed", "undelivered"})
_STOPPING = frozenset({"stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout", "arret", "arrete", "arrett"})
"""Alone in an SMS, these words have Twilio block us for that number; Twilio says so to the person itself."""
_STARTING = frozenset({"start", "unstop"})
"""Alone in an SMS, these words end that."""
_MACHINE = frozenset({"reaction", "system"})
"""Types of WhatsApp messages that say nothing to us: a sign put to a message of ours, a number that has changed."""


class _TwilioConnector:
    """What SMS and WhatsApp have in common: a number (or a messaging service) of one account."""

    name: str
    patience: timedelta
    repeats = False
    """Twilio documents no way to tell it that a message is the same one again."""
    delivery_bytes = _DELIVERY_BYTES
    _prefix = ""
    """Of addresses: their channel at Twilio."""
    _from_person: re.Pattern[str]
    """What a person's address looks like."""
    _setting: str

    def __init__(self, settings: Twilio, wire: Wire | None = None) -> None:
        self._settings = settings
        self._wire = wire or Wire()
        self._auth = aiohttp.BasicAuth(settings.account, settings.token)
        self._hook = f"{settings.site}/webhooks/{self.name}"

    async def admit(self, delivery: Delivery) -> None:
        """Refuse what has no signature."""
        given = delivery.headers.get(_SIGNATURE, "")
        if not _SIGNED.fullmatch(given):
            raise ForgedError("nothing that can be a signature" if given else "no signature")

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read a message, or what became of one of ours."""
        await self.admit(delivery)
        signed = self._verify(delivery)
        form = read_form(delivery)
        if form.get("AccountSid") != self._settings.account:
            raise ForgedError("another account")
        ident, status = form.get("MessageSid") or form.get("SmsMessageSid", ""), form.get("MessageStatus") or form.get("SmsStatus", "")
        if not ident:
            raise UnreadableError("Cette livraison n'a pas d'identifiant de message.")
        self._refuse_recut(ident, form, signed)
        if status not in _RECEIVED:
            failures = [Failure(ident, code_at(form, "ErrorCode") or status)] if status in _FAILED else []
            return Receipt(failures=failures, body=_TWIML, content_type=_XML)
        if not self._is_to_us(form):
            raise UnreadableError(f"Ce message n'est pas adressé à {self._setting}.")
        found = self._read(ident, form)
        return Receipt([found] if found else [], body=_TWIML, content_type=_XML)

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one message; Twilio says at our webhook what becomes of it."""
        sender = self._settings.sender
        ours = {"MessagingServiceSid": sender} if _is_service(sender) else {"From": f"{self._prefix}{sender}"}
        answer = await self._call("POST", "/Messages.json", data={"To": address["to"], **ours, **body, "StatusCallback": self._hook})
        refuse_twilio(answer)
        return text_at(answer.json(), "sid") or None

    async def check(self) -> Health:
        """Ask for the account, and whether our number is there."""
        try:
            account = await self._call("GET", ".json")
            if account.status in (401, 403, 404):
                return Health(False, "Twilio ne connaît pas CIC_TWILIO_ACCOUNT_SID avec CIC_TWILIO_AUTH_TOKEN.")
            if account.status != 200:
                return Health(None, f"Twilio a répondu {account.status}.")
            status = text_at(account.json(), "status")
            if status != "active":
                return Health(False, f"Le compte de Twilio n'est pas actif : {status}.")
            return await self._check_number()
        except DeliveryError as error:
            return Health(None, str(error))

    async def close(self) -> None:
        """Give back the connections."""
        await self._wire.close()

    def _read(self, ident: str, form: Mapping[str, str]) -> Incoming | None:
        """What a person says; None when nobody does."""
        sender = form.get("From", "")
        if not self._from_person.fullmatch(sender) or form.get("OptOutType") or form.get("MessageType", "").lower() in _MACHINE:
            return None
        text = form.get("Body") or form.get("ButtonText") or form.get("ListTitle") or ""
        kind = self._kind(text)
        return Incoming(ident, sender, {"to": sender}, kind, text if kind is Kind.TEXT else "") if kind else None

    def _kind(self, text: str) -> Kind | None:
        return Kind.TEXT if text.strip() else Kind.MEDIA

    def _is_to_us(self, form: Mapping[str, str]) -> bool:
        sender = self._settings.sender
        return form.get("MessagingServiceSid" if _is_service(sender) else "To") == f"{self._prefix}{sender}"

    def _refuse_recut(self, ident: str, form: Mapping[str, str], signed: str) -> None:
        """Raise ForgedError when what Twilio signed could be cut into other fields that would make another message of it.

        Twilio signs names and values without anything between them, so that a text which holds "MessageSid" and an id can become
        such a field. Which id and which sender stand anywhere in what is signed does not depend on where it is cut.
        """
        others = re.search(rf"From(?!{re.escape(form.get('From', ''))}(?![0-9]))(whatsapp:|\+|[0-9])", signed)
        idents = {found[0] for found in _SIGNED_IDENT.findall(signed)}
        if not _IDENT.fullmatch(ident) or idents - {ident} or others or not _NUMBER.fullmatch(form.get("NumMedia", "0")):
            raise ForgedError("fields that can be cut in another way")

    def _verify(self, delivery: Delivery) -> str:
        """Return the fields as Twilio signed them for our address, and the query; raise ForgedError unless it did.

        The address is the one that we know, never what the request says of its host. Twilio's own libraries take it with and without
        its port, for Twilio signs now one and now the other.
        """
        given = delivery.headers.get(_SIGNATURE, "")
        try:
            fields = parse_qsl(delivery.body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS)
        except ValueError as error:
            raise ForgedError("fields that nobody can have signed") from error
        names = [name for name, _ in fields]
        if len(set(names)) < len(names) or not all(map(_NAME.fullmatch, names)):
            raise ForgedError("fields that are none of Twilio's")
        query = f"?{delivery.query}" if delivery.query else ""
        if not any(same(given, sign(self._settings.token, url + query, fields)) for url in _with_and_without_port(self._hook)):
            raise ForgedError("wrong signature")
        return query + _joined(fields)

    async def _check_number(self) -> Health:
        return Health(True, "Le compte est actif.")

    async def _call(self, method: str, path: str, **options: Any) -> Answer:
        url = f"{self._settings.api}/2010-04-01/Accounts/{self._settings.account}{path}"
        return await self._wire.call(method, url, auth=self._auth, **options)


class SmsConnector(_TwilioConnector):
    """SMS: each answer one message, as cheap as its letters allow, with numbers to type."""

    name = SMS
    label = "sms"
    abilities = Abilities(text=1530, joined=True)
    """Twilio takes 1600 characters: ten segments of 153, and room for signs that become several."""
    patience = PATIENCE
    _from_person = re.compile(_PHONE)
    """Neither short numbers nor names: there machines write, which nobody should answer."""
    _setting = "CIC_SMS_FROM"

    def dress(self, bubble: Bubble) -> Body:
        """The text and its source, with plain signs only."""
        return {"Body": plain(_with_source(bubble))}

    def _kind(self, text: str) -> Kind | None:
        word = fold(text).strip(" .!")
        if word in _STOPPING:
            return None
        return Kind.START if word in _STARTING else super()._kind(text)

    async def _check_number(self) -> Health:
        if _is_service(self._settings.sender):
            return Health(True, "Le compte est actif ; le service de messagerie n'est pas vérifié.")
        answer = await self._call("GET", "/IncomingPhoneNumbers.json", params={"PhoneNumber": self._settings.sender})
        if answer.status != 200:
            return Health(None, f"Twilio a répondu {answer.status}.")
        numbers = list_at(answer.json(), "incoming_phone_numbers")
        if not numbers:
            return Health(False, "Ce compte de Twilio n'a pas le numéro CIC_SMS_FROM.")
        if text_at(numbers[0], "sms_url").partition("#")[0] != self._hook:
            return Health(True, f"Le compte est actif, mais le numéro livre ailleurs qu'à {self._hook}.")
        return Health(True, f"Le compte est actif, et le numéro livre à {self._hook}.")


class WhatsAppTwilioConnector(_TwilioConnector):
    """WhatsApp by way of Twilio, within 24 hours of what a person wrote; numbers to type, for Twilio's buttons need approved templates."""

    name = WHATSAPP_TWILIO
    label = "whatsapp"
    abilities = Abilities(text=1600)
    patience = WINDOW
    _prefix = "whatsapp:"
    _from_person = re.compile(rf"whatsapp:(?:{_PHONE}|[A-Z]{{2}}\.(?:ENT\.)?[0-9A-Za-z]{{1,128}})")
    """A number, or the id that people have here who hide theirs behind a name."""
    _setting = "CIC_WHATSAPP_TWILIO_FROM"

    def dress(self, bubble: Bubble) -> Body:
        """The text and its source, shown as they are."""
        return {"Body": unformatted(_with_source(bubble))}


def sign(token: str, url: str, fields: Iterable[tuple[str, str]]) -> str:
    """Twilio's signature of a form sent to `url`: HMAC-SHA1, in base64, of the address and the sorted fields, each once.

    https://www.twilio.com/docs/usage/webhooks/webhooks-security
    """
    signed = (url + _joined(fields)).encode("utf-8", "surrogatepass")
    return base64.b64encode(hmac.new(token.encode(), signed, hashlib.sha1).digest()).decode()


def _joined(fields: Iterable[tuple[str, str]]) -> str:
    return "".join(name + value for name, value in sorted(set(fields)))


def _with_and_without_port(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    host = parts.netloc.removesuffix(f":{parts.port}")
    port = parts.port or (443 if parts.scheme == "https" else 80)
    return parts._replace(netloc=host).geturl(), parts._replace(netloc=f"{host}:{port}").geturl()


def _is_service(sender: str) -> bool:
    return sender.startswith("MG")


def _with_source(bubble: Bubble) -> str:
    return f"{bubble.text}\n{bubble.source}" if bubble.source else bubble.text
