"""Microsoft Teams, by the Bot Framework: activities to our webhook, the Bot Connector back.

https://learn.microsoft.com/azure/bot-service/rest-api/bot-framework-rest-connector-api-reference
In groups and in channels of a team only what mentions the bot is read.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from html import escape, unescape
from typing import Any
from urllib.parse import quote

from bot.channel_settings import Teams
from bot.channels.model import (
    PATIENCE,
    TEAMS,
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
)
from bot.channels.reading import at, list_at, read_json, text_at
from bot.channels.teams_tokens import FETCH_TIMEOUT, AccessTokens, Keyring, Proof, Verifier
from bot.channels.wire import Answer, Wire, refuse
from bot.errors import DeliveryError
from bot.setting_values import is_confidential

CHANNEL_ID = "msteams"
"""The only channel of the Bot Framework that we serve: others are open to people without an account of the administration."""
_HERO_CARD = "application/vnd.microsoft.card.hero"
_ON_CARD = 6
"""Buttons that a card shows; those beyond stand on a second one just below it."""
_SUMMARY = 100
"""Characters of an answer with buttons that stand in its notification: without them it says "sent a card"."""
_DELIVERY_BYTES = 256 * 1024
"""Teams keeps messages below 100 KB; each comes twice, as text and as HTML."""
_NO_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What markup may not hold, not even escaped (XML 1.0, 2.2)."""
_AT_TAG = re.compile(r"</?at\b[^<>]*>", re.IGNORECASE)
_MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{3})?")
_CODE = re.compile(r"[A-Za-z][A-Za-z ]{1,40}")
_GONE = re.compile(
    rb"BotNotInConversationRoster|ConversationBlockedByUser|MessageWritesBlocked|BotDisabledByAdmin|ForbiddenOperationException"
)
"""Refusals (403) after which Microsoft wants nothing more to be sent until the person writes again."""


class TeamsConnector:
    """One bot."""

    name = TEAMS
    label = "teams"
    # Suggested actions would be three at most, and gone with the next message; a card's buttons stay, each on one line
    abilities = Abilities(text=3500, buttons=2 * _ON_CARD, button_title=40)
    patience = PATIENCE
    repeats = False
    delivery_bytes = _DELIVERY_BYTES

    def __init__(
        self, settings: Teams, wire: Wire | None = None, key_wire: Wire | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._settings = settings
        self._wire = wire or Wire()
        self._key_wire = key_wire or Wire(FETCH_TIMEOUT)
        self._verifier = Verifier(settings.app_id, Keyring(settings.openid, self._key_wire, clock), clock)
        self._tokens = AccessTokens(settings, self._wire, clock)

    async def admit(self, delivery: Delivery) -> None:
        """Refuse what has no token of Microsoft's for us."""
        await self._prove(delivery)

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read an activity: a message, or that we were installed. Edits, reactions and news of chats are nothing to us."""
        proof = await self._prove(delivery)
        activity = read_json(delivery)
        self._check(activity, proof)
        found = _message(activity) if text_at(activity, "type") == "message" else _installed(activity)
        return Receipt([found] if found else [])

    def dress(self, bubble: Bubble) -> Body:
        """The text as HTML, the source in italics. With choices it is a card: Teams would make two messages of a text and a card."""
        text = _escaped(bubble.text).replace("\n", "<br/>")
        if bubble.source:
            source = _escaped(bubble.source)
            linked = f'<a href="{escape(bubble.source_url)}">{source}</a>' if bubble.source_url else source
            text = f"{text}<br/><em>{linked}</em>"
        if bubble.style is not Style.BUTTONS:
            return {"type": "message", "textFormat": "xml", "text": text}
        buttons = [{"type": "imBack", "title": choice.title, "value": choice.value} for choice in bubble.choices]
        contents: list[Body] = [{"buttons": buttons[start : start + _ON_CARD]} for start in range(0, len(buttons), _ON_CARD)]
        contents[0]["text"] = text
        cards = [{"contentType": _HERO_CARD, "content": content} for content in contents]
        return {"type": "message", "summary": bubble.text[:_SUMMARY], "attachmentLayout": "list", "attachments": cards}

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one message, in the thread of a channel in which it was asked for."""
        conversation = str(context.get("conversation") or address["conversation"])
        url = f"{address['service']}/v3/conversations/{quote(conversation, safe='')}/activities"
        activity = {**body, "from": {"id": address["bot"]}, "conversation": {"id": conversation}}
        token = await self._tokens.get()
        answer = await self._post(url, activity, token)
        if answer.status == 401:
            self._tokens.forget(token)
            answer = await self._post(url, activity, await self._tokens.get())
        _refuse(answer)
        ident = text_at(answer.json(), "id")
        return f"{conversation}:{ident}" if ident else None

    async def check(self) -> Health:
        """Ask for a token: that needs the application, its secret and its tenant to fit together."""
        try:
            await AccessTokens(self._settings, self._wire).get()
        except AccessError as error:
            return Health(False, str(error))
        except DeliveryError as error:
            return Health(None, str(error))
        return Health(True, f"Microsoft donne un jeton à l'application {self._settings.app_id}.")

    async def close(self) -> None:
        """Give back the connections."""
        await self._wire.close()
        await self._key_wire.close()

    async def _prove(self, delivery: Delivery) -> Proof:
        return await self._verifier.verify(delivery.headers.get("authorization", ""))

    def _check(self, activity: Mapping[str, Any], proof: Proof) -> None:
        """Raise ForgedError unless an activity is what its token is for, of Teams, and of our tenant."""
        service = text_at(activity, "serviceUrl")
        if not service or service.rstrip("/") != proof.service.rstrip("/") or not is_confidential(service):
            raise ForgedError("a token for another service")
        channel = text_at(activity, "channelId")
        if channel != CHANNEL_ID or (proof.endorsements is not None and channel not in proof.endorsements):
            raise ForgedError("a token for another channel")
        named = {text_at(activity, "channelData", "tenant", "id"), text_at(activity, "conversation", "tenantId")} - {""}
        if {tenant.lower() for tenant in named} != {self._settings.tenant.lower()}:
            raise ForgedError("an activity of another tenant")

    async def _post(self, url: str, activity: Body, token: str) -> Answer:
        return await self._wire.call("POST", url, json=activity, headers={"Authorization": f"Bearer {token}"})


def _escaped(text: str) -> str:
    return escape(_NO_XML.sub("", text), quote=False)


def _message(activity: Mapping[str, Any]) -> Incoming | None:
    person, bot = text_at(activity, "from", "id"), text_at(activity, "recipient", "id")
    ident = text_at(activity, "id")
    if not person or not ident or person == bot or text_at(activity, "from", "role") == "bot":
        return None
    mentions = _mentions(activity, bot)
    if _in_group(activity) and not mentions and at(activity, "value") is None:
        return None
    text = text_at(activity, "text") or text_at(activity, "value")
    for mention in filter(None, mentions):
        text = text.replace(mention, " ")
    text = unescape(_AT_TAG.sub("", text)).strip()
    kind = Kind.TEXT if text else _kind_without_text(activity)
    return _incoming(activity, ident, kind, text) if kind else None


def _kind_without_text(activity: Mapping[str, Any]) -> Kind | None:
    """A picture, a voice, a file; or in a group our name and nothing else. Each text comes with itself as HTML: that is no media."""
    attachments = list_at(activity, "attachments")
    if any(text_at(item, "contentType") != "text/html" or "<img" in text_at(item, "content") for item in attachments):
        return Kind.MEDIA
    if _in_group(activity):
        return Kind.START
    return Kind.MEDIA if attachments else None


def _installed(activity: Mapping[str, Any]) -> Incoming | None:
    """Somebody has added us to talk with us alone. Teams says so twice, in two ways: both have one id, for a day."""
    bot = text_at(activity, "recipient", "id")
    if text_at(activity, "type") == "installationUpdate":
        added = text_at(activity, "action") == "add"
    else:
        members = [text_at(member, "id") for member in list_at(activity, "membersAdded")]
        added = text_at(activity, "type") == "conversationUpdate" and bot in members
    if not added or not bot or _in_group(activity):
        return None
    return _incoming(activity, f"installed:{text_at(activity, 'timestamp')[:10]}", Kind.START, "")


def _incoming(activity: Mapping[str, Any], ident: str, kind: Kind, text: str) -> Incoming | None:
    conversation, group = text_at(activity, "conversation", "id"), _in_group(activity)
    if not conversation:
        return None
    place = conversation.partition(";")[0]  # what follows is the thread
    address = {"service": text_at(activity, "serviceUrl").rstrip("/"), "conversation": place, "bot": text_at(activity, "recipient", "id")}
    sender = f"{place}:{text_at(activity, 'from', 'id')}" if group else place
    context = {"conversation": conversation} if conversation != place else {}
    return Incoming(f"{conversation}:{ident}", sender, address, kind, text, _sent_at(activity), context, group)


def _in_group(activity: Mapping[str, Any]) -> bool:
    return text_at(activity, "conversation", "conversationType") != "personal"


def _mentions(activity: Mapping[str, Any], bot: str) -> list[str]:
    """How we are mentioned in the text."""
    entities = [item for item in list_at(activity, "entities") if text_at(item, "type") == "mention"]
    return [text_at(item, "text") for item in entities if bot and text_at(item, "mentioned", "id") == bot]


def _sent_at(activity: Mapping[str, Any]) -> datetime | None:
    """When Teams has received it, in UTC; its fractions of seconds have up to seven digits."""
    found = _MOMENT.match(text_at(activity, "timestamp"))
    try:
        return datetime.fromisoformat(found[0]).replace(tzinfo=timezone.utc) if found else None
    except ValueError:
        return None


def _refuse(answer: Answer) -> None:
    """Raise the error that an answer of the Bot Connector means."""
    told = text_at(answer.json(), "error", "code")
    code = told if _CODE.fullmatch(told) else ""
    if answer.status == 429:  # the limits that are met first are those of one conversation
        raise BusyError(f"Teams demande d'attendre : 429 {code}".strip() + ".", answer.retry_after)
    if answer.status == 412:
        raise BusyError("Teams demande de réessayer : 412.", answer.retry_after)
    if answer.status == 404 or (answer.status == 403 and _GONE.search(answer.body)):
        raise UnreachableError(f"Teams ne remet plus rien dans cette conversation : {answer.status} {code}".strip() + ".")
    refuse(answer, code)
