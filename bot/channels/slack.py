"""Slack, by its Events API, its interactivity and its slash commands, all at one address, and `chat.postMessage` back (docs.slack.dev).

In channels and groups only what mentions the assistant is read, and it answers in a thread. Who uses the slash command there is answered
in private.
"""

from __future__ import annotations

import json
import logging
import re
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from html import escape
from typing import Any

from bot.channel_settings import Slack
from bot.channels.model import (
    PATIENCE,
    SLACK,
    Abilities,
    AccessError,
    Body,
    Bubble,
    BusyError,
    Choice,
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
from bot.channels.mrkdwn import aside, literal, mentions, typed
from bot.channels.reading import FORM_TYPE, at, check_sha256, expect_sha256, kind_of, list_at, moment, read_form, read_json, text_at
from bot.channels.wire import Answer, Wire, refuse
from bot.errors import DeliveryError, PermanentDeliveryError, UncertainDeliveryError
from bot.logs import Seldom
from bot.text import typeset

_SIGNATURE, _STAMP = "x-slack-signature", "x-slack-request-timestamp"
_VERSION = "v0="
_OLD_SECONDS = 300
"""What is signed longer ago is a replay, Slack says, and so is what is signed for later."""
_SAID = frozenset({"", "file_share", "thread_broadcast", "me_message"})
"""Subtypes of messages that a person has just written; all others are news, edits, and what bots write."""
_SLACKBOT = "USLACKBOT"
_DELIVERY_BYTES = 256 * 1024
"""A message of 12,000 characters comes twice, as text and in blocks, each character in up to six bytes."""
_CODE = re.compile(r"[a-z][a-z0-9_]{0,60}")
_JSON = "application/json; charset=utf-8"
_IN_PRIVATE = typeset("Je vous réponds en message privé.")
_WANTED_SCOPES = frozenset({"chat:write", "im:history", "app_mentions:read"})
_ACCESS = frozenset(
    {
        "access_denied", "accesslimited", "account_inactive", "ekm_access_denied", "enterprise_is_restricted", "invalid_auth",
        "messages_tab_disabled", "missing_scope", "no_permission", "not_allowed_token_type", "not_authed", "org_login_required",
        "team_access_not_granted", "token_expired", "token_revoked", "two_factor_setup_required",
    }
)  # fmt: skip
"""What the operator can put right, with our token or in the settings of the app."""
_GONE = frozenset(
    {
        "cannot_dm_bot", "channel_not_found", "channel_type_not_supported", "is_archived", "is_inactive", "not_in_channel",
        "restricted_action", "user_disabled", "user_not_found",
    }
)  # fmt: skip
_LIMITED = frozenset({"ratelimited", "rate_limited", "message_limit_exceeded"})
_AWAY = frozenset({"external_channel_migrating", "request_timeout", "service_unavailable", "team_added_to_org"})
_UNSURE = frozenset({"", "fatal_error", "internal_error"})
"""Errors of which Slack says that a part of what was asked may have been done, and an answer that is not Slack's."""
log = logging.getLogger(__name__)


class SlackConnector:
    """One app in one workspace. `clock` gives seconds since 1970."""

    name = SLACK
    label = "slack"
    abilities = Abilities(text=3000, buttons=25, button_title=75)
    patience = PATIENCE
    repeats = False
    delivery_bytes = _DELIVERY_BYTES

    def __init__(self, settings: Slack, wire: Wire | None = None, clock: Callable[[], float] = time.time) -> None:
        self._settings = settings
        self._wire = wire or Wire()
        self._clock = clock
        self._team: str | None = None
        self._strangers = Seldom()

    async def admit(self, delivery: Delivery) -> None:
        """Refuse what has no signature, or one of another time."""
        expect_sha256(delivery.headers.get(_SIGNATURE, ""), _VERSION)
        stamp = delivery.headers.get(_STAMP, "")
        if not re.fullmatch(r"[0-9]{1,12}", stamp) or abs(self._clock() - int(stamp)) > _OLD_SECONDS:
            raise ForgedError("too old, or ahead")

    async def receive(self, delivery: Delivery) -> Receipt:
        """Read an event, a button that was pressed, a slash command, or Slack's question whether we are here."""
        await self.admit(delivery)
        signed = b"v0:%b:%b" % (delivery.headers[_STAMP].encode(), delivery.body)
        check_sha256(self._settings.signing_secret, signed, delivery.headers[_SIGNATURE], _VERSION)
        told = _content(delivery)
        if text_at(told, "type") == "url_verification":
            return Receipt(body=text_at(told, "challenge").encode("utf-8", "replace"))
        receipt = _read_delivery(told)
        return receipt if not receipt.messages or await self._is_ours(told) else Receipt()

    def dress(self, bubble: Bubble) -> Body:
        """The text, the source below it, and choices as buttons; all of it in `text` too, for notifications and for screen readers."""
        blocks, lines = [literal(bubble.text)], [bubble.text]
        if bubble.source:
            blocks.append(literal(bubble.source, bubble.source_url) if bubble.source_url else aside(bubble.source))
            lines.append(bubble.source)
        if bubble.style is Style.BUTTONS:
            blocks.append({"type": "actions", "elements": [_button(choice, place) for place, choice in enumerate(bubble.choices)]})
            lines += [f"– {choice.title}" for choice in bubble.choices]
        text = escape("\n".join(lines), quote=False)
        return {"text": text, "blocks": blocks, "mrkdwn": False, "unfurl_links": False, "unfurl_media": False}

    async def send(self, address: Mapping[str, Any], context: Mapping[str, Any], body: Body, key: str) -> str | None:
        """Send one message, in the thread in which it was asked for."""
        thread = {"thread_ts": context["thread"]} if context.get("thread") else {}
        answer = await self._call("chat.postMessage", {"channel": address["channel"], **thread, **body})
        _refuse(answer)
        return f"{text_at(answer.json(), 'channel')}:{text_at(answer.json(), 'ts')}"

    async def check(self) -> Health:
        """Ask who we are and what our token may do."""
        try:
            answer = await self._call("auth.test", {})
        except DeliveryError as error:
            return Health(None, str(error))
        told = answer.json()
        code = text_at(told, "error")
        if code in _ACCESS:
            return Health(False, f"Slack n'accepte pas le jeton CIC_SLACK_TOKEN : {code}.")
        if at(told, "ok") is not True:
            return Health(None, f"Slack a répondu {answer.status} {code}.")
        if not text_at(told, "bot_id"):
            return Health(False, "CIC_SLACK_TOKEN n'est pas le jeton d'un robot (xoxb-…).")
        missing = _WANTED_SCOPES.difference(re.split(r"\s*,\s*", answer.headers.get("x-oauth-scopes", "")))
        lacking = f" ; il manque au jeton : {', '.join(sorted(missing))}" if missing else ""
        return Health("chat:write" not in missing, f"{text_at(told, 'user')}, dans l'espace {text_at(told, 'team')}{lacking}")

    async def close(self) -> None:
        """Give back the connections."""
        await self._wire.close()

    async def _is_ours(self, told: Mapping[str, Any]) -> bool:
        """Whether a delivery is of the workspace that our token is for: the app may be installed in others, where it cannot answer."""
        paths = (("team_id",), ("context_team_id",), ("team", "id"), ("message", "team"))
        teams = {text_at(told, *path) for path in paths} | {text_at(one, "team_id") for one in list_at(told, "authorizations")}
        if await self._own_team() in teams:
            return True
        if (more := self._strangers.count()) is not None:
            log.warning("a delivery on slack is of another workspace, where the app is installed too (%s more since this was said)", more)
        return False

    async def _own_team(self) -> str:
        """Our workspace. Raises UnreadableError while Slack does not say which it is: the message is to be delivered again."""
        if self._team is None:
            with suppress(DeliveryError):
                self._team = text_at((await self._call("auth.test", {})).json(), "team_id") or None
        if self._team is None:
            raise UnreadableError("Slack ne dit pas encore quel est notre espace de travail.", 503)
        return self._team

    async def _call(self, method: str, body: Body) -> Answer:
        headers = {"Authorization": f"Bearer {self._settings.token}", "Content-Type": _JSON}
        return await self._wire.call("POST", f"{self._settings.api}/{method}", json=body, headers=headers)


def _content(delivery: Delivery) -> Any:
    """What was delivered: an event, the payload of interactivity, or the fields of a slash command. Raises UnreadableError."""
    if kind_of(delivery) != FORM_TYPE:
        return read_json(delivery)
    form = read_form(delivery)
    try:
        return json.loads(form["payload"]) if "payload" in form else form
    except (ValueError, RecursionError) as error:
        raise UnreadableError("Cette livraison n'est pas du JSON valable.") from error


def _read_delivery(told: Any) -> Receipt:
    """What is said in a delivery; Slack's test of our certificate, for one, says nothing."""
    if at(told, "command"):
        return _read_command(told)
    if text_at(told, "type") == "event_callback":
        found = _written(at(told, "event"), told)
        return Receipt([found] if found else [])
    return Receipt(list(_pressed(told)) if text_at(told, "type") == "block_actions" else [])


def _written(event: Any, told: Mapping[str, Any]) -> Incoming | None:
    """What a person wrote to us; None when it is something else, or for others."""
    channel, person, ts = text_at(event, "channel"), text_at(event, "user"), text_at(event, "ts")
    subtype = text_at(event, "subtype")
    if not (channel and person and ts) or subtype not in _SAID or at(event, "bot_id") or at(event, "hidden") or person == _SLACKBOT:
        return None
    text = text_at(event, "text")
    group = text_at(event, "channel_type") != "im"
    if text_at(event, "type") != "app_mention" and not (text_at(event, "type") == "message" and (not group or _addressed(text, told))):
        return None
    kind, words = _read(text, bool(list_at(event, "files") or list_at(event, "attachments")))
    if kind is None:
        return None
    context = {"thread": text_at(event, "thread_ts") or (ts if group else "")}
    # A mention comes as two events when channels are read too: the message is the same
    return Incoming(f"{channel}:{ts}", _sender(channel, person, group), {"channel": channel}, kind, words, moment(ts), context, group)


def _addressed(text: str, told: Mapping[str, Any]) -> bool:
    """Whether a message in a group mentions us: Slack says with each event whom it is for."""
    ours = [text_at(one, "user_id") for one in list_at(told, "authorizations") if at(one, "is_bot") is True]
    return any(user and mentions(text, user) for user in ours)


def _read(text: str, media: bool) -> tuple[Kind | None, str]:
    if words := typed(text):
        return Kind.TEXT, words
    if media:
        return Kind.MEDIA, ""
    return (Kind.START, "") if text.strip() else (None, "")  # only our name was said


def _sender(channel: str, person: str, group: bool) -> str:
    """In private the person alone: the slash command does not say in which channel she and we talk."""
    return f"{channel}:{person}" if group else person


def _read_command(form: Any) -> Receipt:
    person, trigger = text_at(form, "user_id"), text_at(form, "trigger_id")
    if not (person and trigger):
        return Receipt()
    words = typed(text_at(form, "text"))
    found = Incoming(f"command:{trigger}", person, {"channel": person}, Kind.TEXT if words else Kind.START, words)
    told = {"response_type": "ephemeral", "text": _IN_PRIVATE}
    return Receipt([found], body=json.dumps(told).encode(), content_type=_JSON)


def _pressed(payload: Any) -> Iterator[Incoming]:
    """What a person says who presses a button: once for each time that she presses it."""
    channel, person = text_at(payload, "channel", "id"), text_at(payload, "user", "id")
    group = not channel.startswith("D")
    shown = text_at(payload, "message", "ts") if group else ""
    context = {"thread": text_at(payload, "message", "thread_ts") or shown}
    for action in list_at(payload, "actions"):
        value, when = text_at(action, "value"), text_at(action, "action_ts")
        if channel and person and value and when:
            ident = f"pressed:{channel}:{person}:{text_at(action, 'action_id')}:{when}"
            yield Incoming(ident, _sender(channel, person, group), {"channel": channel}, Kind.TEXT, value, moment(when), context, group)


def _button(choice: Choice, place: int) -> dict[str, Any]:
    title = {"type": "plain_text", "text": choice.title, "emoji": False}
    return {"type": "button", "action_id": f"choix-{place}", "text": title, "value": choice.value}


def _refuse(answer: Answer) -> None:
    """Raise the error that Slack's answer means: mostly it says 200, and in the body that it did nothing."""
    told = answer.json()
    found = text_at(told, "error")
    code = found if _CODE.fullmatch(found) else ""
    refuse(answer, code)
    if at(told, "ok") is True:
        return
    if code in _LIMITED:
        raise BusyError(f"Slack demande d'attendre : {code}.", answer.retry_after, everybody=True)
    if code in _AWAY:
        raise BusyError(f"Slack est en panne : {code}.", answer.retry_after)
    if code in _ACCESS:
        raise AccessError(f"Slack refuse nos identifiants ou les réglages de l'application : {code}.")
    if code in _GONE or code.startswith("restricted_action_"):
        raise UnreachableError(f"Slack ne remet rien à cet endroit : {code}.")
    if code in _UNSURE:
        raise UncertainDeliveryError(f"Slack ne dit pas s'il a pris ce message : {code or answer.status}.")
    raise PermanentDeliveryError(f"Slack n'a pas pris ce message : {code}.")
