"""Slack: what is read of its events, buttons and commands, what is left aside, how an answer is dressed, and what its errors mean."""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar
from urllib.parse import urlencode

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from support.platforms.platform import Raw, Reply
from support.platforms.slack import BOT, BOT_USER, SCOPES, SECRET, TEAM, TOKEN, PlayedSlack, busy, error, marked, sign

from bot.channel_settings import Slack
from bot.channels.model import (
    AccessError,
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
from bot.channels.mrkdwn import literal, typed
from bot.channels.slack import SlackConnector
from bot.channels.wire import Answer, Wire
from bot.config import PROJECT
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError, UncertainDeliveryError

T = TypeVar("T")
NOW = 1_772_698_020
TS = "1772698020.000100"
DIRECT = {"type": "message", "channel": "D024BE91L", "user": "U061F7AUR", "text": "Bonjour", "ts": TS, "channel_type": "im"}
CHANNEL = DIRECT | {"channel": "C123ABC456", "channel_type": "channel", "text": f"<@{BOT_USER}> le budget ?"}
MENTION = {name: value for name, value in CHANNEL.items() if name != "channel_type"} | {"type": "app_mention"}
OURS = [{"team_id": TEAM, "user_id": BOT_USER, "is_bot": True}]
FILES = [{"id": "F0S43P1CZ", "name": "carte.png", "mimetype": "image/png"}]
JSON = "application/json; charset=utf-8"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def slack() -> Iterator[PlayedSlack]:
    played = PlayedSlack()
    played.start()
    yield played
    played.stop()


def with_connector(slack: PlayedSlack, use: Callable[[SlackConnector], Awaitable[T]], token: str = TOKEN) -> T:
    """Use a connector on one event loop, as the web process does."""

    async def run() -> T:
        connector = SlackConnector(Slack(token, SECRET, f"{slack.address}/api"))
        try:
            return await use(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


class Told(Wire):
    """Answers every call with the same, and counts them."""

    def __init__(self, told: object) -> None:
        super().__init__()
        self.body = json.dumps(told).encode()
        self.calls = 0

    async def call(self, method: str, url: str, **options: Any) -> Answer:
        self.calls += 1
        return Answer(200, {}, self.body)


def connector(now: float = NOW, wire: Wire | None = None) -> SlackConnector:
    return SlackConnector(Slack(TOKEN, SECRET), wire or Told({"ok": True, "team_id": TEAM}), lambda: now)


def delivery(raw: Raw) -> Delivery:
    return Delivery(raw.method, "/webhooks/slack", "", {name.lower(): value for name, value in raw.headers.items()}, raw.body)


def deliver(raw: Raw, now: float = NOW, wire: Wire | None = None) -> Receipt:
    return asyncio.run(connector(now, wire).receive(delivery(raw)))


def receive(value: object, kind: str = JSON) -> Receipt:
    """What a connector makes of a body that Slack signed."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    return deliver(sign(Raw(body, {"Content-Type": kind}), at=NOW))


def wrapped(event: object, **more: Any) -> dict[str, Any]:
    return {"type": "event_callback", "event_id": "Ev123", "team_id": TEAM, "authorizations": OURS, "event": event, **more}


def read(event: object, **more: Any) -> Incoming | None:
    receipt = receive(wrapped(event, **more))
    assert len(receipt.messages) <= 1
    return receipt.messages[0] if receipt.messages else None


def surely(found: Incoming | None) -> Incoming:
    assert found
    return found


# --- who delivers ---


def test_a_delivery_is_taken_within_five_minutes_on_either_side() -> None:
    raw = Raw(json.dumps(wrapped(DIRECT)).encode(), {"Content-Type": JSON})
    for ago in (-300, 0, 300):
        assert len(deliver(sign(raw, at=NOW - ago)).messages) == 1
    for ago in (-301, 301, 86_400):
        with pytest.raises(ForgedError, match="too old"):
            deliver(sign(raw, at=NOW - ago))


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("X-Slack-Signature", None),
        ("X-Slack-Signature", ""),
        ("X-Slack-Signature", "v0="),
        ("X-Slack-Signature", "v1=0"),
        ("X-Slack-Signature", "é\udce9"),
        ("X-Slack-Request-Timestamp", None),
        ("X-Slack-Request-Timestamp", str(NOW + 1)),
        ("X-Slack-Request-Timestamp", "\udce9"),
    ],
)
def test_a_delivery_that_is_not_signed_is_forged_before_it_is_read(header: str, value: str | None) -> None:
    raw = sign(Raw(b"\xff no JSON at all", {"Content-Type": "text/xml"}), at=NOW)
    headers = {name: shown for name, shown in {**raw.headers, header: value}.items() if shown is not None}
    with pytest.raises(ForgedError):
        deliver(replace(raw, headers=headers))


def test_another_body_or_another_secret_is_forged() -> None:
    raw = sign(Raw(b"{}", {"Content-Type": JSON}), at=NOW)
    for forged in (replace(raw, body=b"{ }"), sign(raw, secret="autre", at=NOW)):
        with pytest.raises(ForgedError):
            deliver(forged)


@pytest.mark.parametrize("stamp", ["", "x", "-1", "1" * 400, "1.5", f" {NOW}", "١٧٧٢٦٩٨٠٢٠"])
def test_a_signed_time_that_is_none_is_refused(stamp: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bot.channels.slack.check_sha256", lambda *_: None)
    raw = sign(Raw(b"{}", {"Content-Type": JSON}), at=NOW)
    assert deliver(raw)
    with pytest.raises(ForgedError):
        deliver(replace(raw, headers=raw.headers | {"X-Slack-Request-Timestamp": stamp}))


@pytest.mark.parametrize("forgery", [0, 1, 2, 4, 7, 8])
def test_what_cannot_be_signed_now_is_refused_before_there_is_a_body(forgery: int) -> None:
    played = PlayedSlack()
    raw = played.forged(played.message("awa", "Bonjour"))[forgery]
    with pytest.raises(ForgedError):
        asyncio.run(connector(time.time()).admit(replace(delivery(raw), body=b"")))
    asyncio.run(connector(time.time()).admit(replace(delivery(played.message("awa", "Bonjour")), body=b"")))


# --- from where ---

ELSEWHERE = {"team_id": "T0AUTRE", "authorizations": [{"team_id": "T0AUTRE", "user_id": BOT_USER, "is_bot": True}]}


def test_another_workspace_is_not_answered_with_our_token(caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        assert read(DIRECT, **ELSEWHERE) is None
    assert press(team={"id": "T0AUTRE"}).messages == ()
    assert (list(command("Bonjour", team_id="T0AUTRE").messages), command("Bonjour", team_id="T0AUTRE").body) == ([], b"")
    assert "another workspace" in caplog.text


def test_a_channel_that_two_workspaces_share_is_ours_too() -> None:
    for change in ({"context_team_id": TEAM}, {"authorizations": OURS}, {"team_id": TEAM}):
        assert read(DIRECT, **ELSEWHERE | change)
    assert press(team={"id": "T0AUTRE"}, message={"ts": "1.1", "team": TEAM}).messages


def test_our_workspace_is_asked_for_once_and_said_to_be_unknown_until_then(caplog: pytest.LogCaptureFixture) -> None:
    raw = sign(Raw(json.dumps(wrapped(DIRECT)).encode(), {"Content-Type": JSON}), at=NOW)
    stranger = sign(Raw(json.dumps(wrapped(DIRECT, **ELSEWHERE)).encode(), {"Content-Type": JSON}), at=NOW)
    wire = Told({"ok": False, "error": "internal_error"})
    one = connector(wire=wire)

    async def use() -> None:
        with pytest.raises(UnreadableError) as raised:
            await one.receive(delivery(raw))
        assert raised.value.status == 503
        wire.body = json.dumps({"ok": True, "team_id": TEAM}).encode()
        for _ in range(3):
            assert (await one.receive(delivery(raw))).messages
            assert not (await one.receive(delivery(stranger))).messages
        assert wire.calls == 2
        assert caplog.text.count("another workspace") == 1, "said once a minute"

    asyncio.run(use())


def test_what_is_nothing_to_us_needs_no_workspace() -> None:
    wire = Told({})
    body = json.dumps({"type": "url_verification", "challenge": "x"}).encode()
    assert deliver(sign(Raw(body, {"Content-Type": JSON}), at=NOW), wire=wire).body == b"x"
    assert not deliver(sign(Raw(b"ssl_check=1", {"Content-Type": FORM}), at=NOW), wire=wire).messages
    assert wire.calls == 0


@pytest.mark.parametrize("kind", ["text/plain", "", "application/jsonp", "multipart/form-data"])
def test_another_content_type_is_refused(kind: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        receive(wrapped(DIRECT), kind)
    assert raised.value.status == 415


@pytest.mark.parametrize(
    ("body", "kind"),
    [(b"{", JSON), (b"[]", JSON), (b"\xff", JSON), (b"[" * 100_000, JSON), (b"payload={", FORM), (b"payload=" + b"[" * 100_000, FORM)],
)
def test_what_cannot_be_read_is_refused(body: bytes, kind: str) -> None:
    with pytest.raises(UnreadableError) as raised:
        receive(body, kind)
    assert raised.value.status == 400


def test_the_charset_of_slack_is_no_obstacle() -> None:
    for kind in ("application/json", JSON, "Application/JSON;charset=UTF-8"):
        assert len(receive(wrapped(DIRECT), kind).messages) == 1


def test_slack_is_told_its_challenge_when_it_is_signed() -> None:
    asked = {"token": "XXYYZZ", "challenge": "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P", "type": "url_verification"}
    receipt = receive(asked)
    assert (list(receipt.messages), receipt.status, receipt.body.decode()) == ([], 200, asked["challenge"])
    with pytest.raises(ForgedError):
        deliver(Raw(json.dumps(asked).encode(), {"Content-Type": JSON}))


# --- messages ---


def test_a_direct_message_is_answered_where_it_was_written_and_not_in_a_thread() -> None:
    sent_at = datetime.fromtimestamp(NOW, timezone.utc).replace(microsecond=100)
    assert read(DIRECT) == Incoming(
        f"D024BE91L:{TS}", "U061F7AUR", {"channel": "D024BE91L"}, Kind.TEXT, "Bonjour", sent_at, {"thread": ""}, False
    )


def test_what_is_asked_in_a_thread_is_answered_in_it() -> None:
    assert surely(read(DIRECT | {"thread_ts": "1772690000.000001"})).context == {"thread": "1772690000.000001"}
    assert surely(read(MENTION | {"thread_ts": "1772690000.000001"})).context == {"thread": "1772690000.000001"}


def test_a_mention_in_a_channel_opens_a_thread_and_is_a_conversation_of_its_own() -> None:
    found = surely(read(MENTION))
    assert (found.text, found.sender, found.address, found.in_group) == (
        "le budget ?",
        "C123ABC456:U061F7AUR",
        {"channel": "C123ABC456"},
        True,
    )
    assert found.context == {"thread": TS}


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
def test_both_events_of_one_mention_are_one_message(kind: str) -> None:
    assert read(CHANNEL | {"channel_type": kind}) == read(MENTION)


def test_a_message_that_comes_again_has_the_same_id_and_others_have_others() -> None:
    again = read(DIRECT, event_id="Ev456", event_time=NOW + 60)
    assert surely(again).platform_id == surely(read(DIRECT)).platform_id
    others = [read(DIRECT | {"ts": "1772698020.000101"}), read(DIRECT | {"channel": "D0"}), read(MENTION)]
    assert len({surely(found).platform_id for found in [again, *others]}) == 4


@pytest.mark.parametrize("kind", ["channel", "group", "mpim"])
@pytest.mark.parametrize("text", ["Le budget ?", "<@U0LAN0Z8> le budget ?", "U0LAN0Z89 ?", ""])
def test_what_others_say_among_themselves_is_nothing(kind: str, text: str) -> None:
    assert read(CHANNEL | {"channel_type": kind, "text": text}) is None


@pytest.mark.parametrize("ours", [None, [], [{}], [{"user_id": "", "is_bot": True}], [{"user_id": BOT_USER, "is_bot": False}], "x"])
def test_without_knowing_who_we_are_only_mentions_that_slack_tells_are_read(ours: object) -> None:
    assert read(CHANNEL, authorizations=ours) is None
    assert read(MENTION, authorizations=ours)


@pytest.mark.parametrize(
    ("change", "kind", "text"),
    [
        ({"subtype": "file_share", "files": FILES, "text": ""}, Kind.MEDIA, ""),
        ({"subtype": "file_share", "files": FILES, "text": "Voici"}, Kind.TEXT, "Voici"),
        ({"attachments": [{"is_share": True}], "text": ""}, Kind.MEDIA, ""),
        ({"subtype": "thread_broadcast", "thread_ts": "1.000001"}, Kind.TEXT, "Bonjour"),
        ({"subtype": "me_message"}, Kind.TEXT, "Bonjour"),
        ({"text": f"<@{BOT_USER}>"}, Kind.START, ""),
        ({"text": f"<@{BOT_USER}> ", "files": FILES, "subtype": "file_share"}, Kind.MEDIA, ""),
    ],
    ids=["file", "file with text", "forwarded", "broadcast", "me", "only our name", "our name and a file"],
)
def test_each_way_to_write_is_read(change: dict[str, Any], kind: Kind, text: str) -> None:
    found = surely(read(DIRECT | change))
    assert (found.kind, found.text) == (kind, text)


@pytest.mark.parametrize(
    "event",
    [
        DIRECT | {"subtype": "message_changed", "hidden": True, "message": DIRECT},
        DIRECT | {"subtype": "message_deleted", "hidden": True},
        DIRECT | {"subtype": "bot_message", "bot_id": "B0000"},
        DIRECT | {"subtype": "channel_join"},
        DIRECT | {"subtype": "assistant_app_thread"},
        DIRECT | {"user": BOT_USER, "bot_id": BOT},
        DIRECT | {"bot_id": "B0000"},
        DIRECT | {"user": "USLACKBOT"},
        DIRECT | {"hidden": True},
        DIRECT | {"text": "  "},
        MENTION | {"bot_id": "B0000"},
        DIRECT | {"type": "app_home_opened", "tab": "messages"},
        DIRECT | {"type": "reaction_added"},
        DIRECT | {"user": None},
        DIRECT | {"channel": ["D024BE91L"]},
        DIRECT | {"ts": None},
        "message",
        None,
    ],
)
def test_edits_news_and_bots_are_nothing(event: object) -> None:
    assert read(event) is None


def test_deliveries_of_other_types_are_nothing() -> None:
    for kind in ("app_rate_limited", "interactive_message", None):
        assert not receive(wrapped(DIRECT, type=kind)).messages


# --- texts ---


@pytest.mark.parametrize(
    "text",
    [
        "awa.ndiaye@commune.example",
        "Écrivez à awa_n@commune.example ou awa+cic@commune.example.",
        "https://www.commune.example/?a=1&b=2",
        "2 < 3 & 4 > 1, R&D, &amp; et &lt;",
        "*important* _oui_",
        "+32 455 55 01 00",
    ],
)
def test_what_was_typed_arrives_as_typed(text: str) -> None:
    assert typed(marked(text)) == text


@pytest.mark.parametrize(
    ("delivered", "shown"),
    [
        ("<@U0LAN0Z89>: le budget ?", "le budget ?"),
        ("Bonjour <@U0LAN0Z89|cic>, le budget ?", "Bonjour le budget ?"),
        ("Dans <#C123ABC456|general> ?", "Dans #general ?"),
        ("Dans <#C123ABC456> ?", "Dans  ?"),
        ("<!subteam^SAZ94GDB8|@elus> et <!here>", "@elus et"),
        ("Le <!date^1392734382^{date}|18 février 2014>", "Le 18 février 2014"),
        ("<http://www.commune.example|www.commune.example>", "www.commune.example"),
        ("<mailto:awa@commune.example>", "awa@commune.example"),
        ("<tel:+32455550100|0455 55 01 00>", "0455 55 01 00"),
        ("a &lt;@U1&gt; &amp;lt; b", "a <@U1> &lt; b"),
        ("<> <", "<> <"),
    ],
)
def test_the_marks_of_slack_are_undone(delivered: str, shown: str) -> None:
    assert typed(delivered) == shown


# --- buttons and commands ---


def pressed(**change: Any) -> dict[str, Any]:
    action = {"type": "button", "action_id": "choix-0", "block_id": "kA2", "value": "oui", "action_ts": "1772698025.000200"}
    message = {"type": "message", "ts": "1772698021.000100", "bot_id": BOT}
    payload = {"type": "block_actions", "user": {"id": "U061F7AUR"}, "channel": {"id": "D024BE91L", "name": "directmessage"}}
    return payload | {"message": message, "actions": [action], "trigger_id": "1.2.3", "team": {"id": TEAM}} | change


def press(**change: Any) -> Receipt:
    return receive(urlencode({"payload": json.dumps(pressed(**change))}).encode(), FORM)


def test_a_button_says_its_value_in_the_conversation_in_which_it_was_shown() -> None:
    (found,) = press().messages
    assert (found.kind, found.text, found.sender, found.address) == (Kind.TEXT, "oui", "U061F7AUR", {"channel": "D024BE91L"})
    assert (found.context, found.in_group) == ({"thread": ""}, False)
    assert press().body == b""


def test_a_press_that_comes_again_is_the_same_and_a_second_press_is_another() -> None:
    again = pressed()["actions"][0]
    idents = [press(**change).messages[0].platform_id for change in ({}, {"trigger_id": "4.5.6"})]
    idents += [press(actions=[again | {"action_ts": "1772698029.000200"}]).messages[0].platform_id]
    idents += [press(user={"id": "U2"}).messages[0].platform_id]
    assert idents[0] == idents[1]
    assert len(set(idents)) == 3


def test_whoever_presses_in_a_channel_is_answered_in_the_thread() -> None:
    channel = {"id": "C123ABC456", "name": "general"}
    (found,) = press(channel=channel, message={"ts": "1.000002", "thread_ts": "1.000001"}).messages
    assert (found.sender, found.context, found.in_group) == ("C123ABC456:U061F7AUR", {"thread": "1.000001"}, True)
    assert press(channel=channel, message={"ts": "1.000002"}).messages[0].context == {"thread": "1.000002"}


@pytest.mark.parametrize(
    "change",
    [
        {"type": "view_submission"},
        {"type": "message_action"},
        {"channel": None},
        {"user": None},
        {"actions": None},
        {"actions": ["oui"]},
        {"actions": [{"type": "button", "action_id": "lien", "action_ts": "1.1"}]},
        {"actions": [{"type": "button", "action_id": "choix-0", "value": "oui"}]},
    ],
)
def test_what_is_no_button_of_ours_is_nothing(change: dict[str, Any]) -> None:
    assert press(**change).messages == []


def test_one_action_that_is_nothing_does_not_lose_the_other() -> None:
    actions = [None, *pressed()["actions"]]
    assert [found.text for found in press(actions=actions).messages] == ["oui"]


def command(text: str, **change: str) -> Receipt:
    fields = {
        "command": "/cic",
        "text": text,
        "user_id": "U061F7AUR",
        "channel_id": "C123ABC456",
        "trigger_id": "1.2.3",
        "team_id": TEAM,
        **change,
    }
    return receive(urlencode(fields).encode(), FORM)


def test_a_command_in_a_channel_is_answered_in_private_and_nobody_else_sees_it() -> None:
    receipt = command("Quel est le budget ?")
    (found,) = receipt.messages
    assert (found.kind, found.text, found.address, found.in_group) == (Kind.TEXT, "Quel est le budget ?", {"channel": "U061F7AUR"}, False)
    assert found.sender == surely(read(DIRECT)).sender
    assert json.loads(receipt.body) == {"response_type": "ephemeral", "text": "Je vous réponds en message privé."}
    assert receipt.content_type == JSON


def test_a_command_without_a_word_begins() -> None:
    assert command(" ").messages[0].kind is Kind.START


def test_each_command_is_a_message_of_its_own() -> None:
    first, second = command("Bonjour"), command("Bonjour", trigger_id="4.5.6")
    assert first.messages[0].platform_id != second.messages[0].platform_id


@pytest.mark.parametrize(
    "form", ["", "ssl_check=1&token=XXYYZZ", "command=%2Fcic&user_id=U1", "command=%2Fcic&trigger_id=1", "payload=null"]
)
def test_forms_that_say_nothing_are_acknowledged(form: str) -> None:
    receipt = receive(form.encode(), FORM)
    assert (list(receipt.messages), receipt.status, receipt.body) == ([], 200, b"")


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*DIRECT, "id", "value", "actions"]), inner, max_size=6),
    max_leaves=12,
)


@given(
    st.dictionaries(st.sampled_from([*DIRECT, "subtype", "thread_ts", "files", "bot_id"]), ANYTHING),
    st.dictionaries(st.sampled_from([*pressed(), "view"]), ANYTHING),
)
@settings(max_examples=150, deadline=None)
def test_no_shape_breaks_a_connector(event: dict[str, Any], payload: dict[str, Any]) -> None:
    for found in (read(DIRECT | event), read(MENTION | event), *press(**payload).messages):
        if found:
            assert found.platform_id
            assert found.sender
            json.dumps([found.address, found.context])


# --- what is sent ---


def dressed(bubble: Bubble) -> Mapping[str, Any]:
    return connector().dress(bubble)


def elements(block: Mapping[str, Any]) -> list[dict[str, Any]]:
    assert block["type"] == "rich_text"
    (section,) = block["elements"]
    return list(section["elements"])


def test_text_is_literal_and_what_is_read_out_is_escaped() -> None:
    text = "*2* < 3 & _4_ ~5~ `6` <!channel> <@U1>\nDeuxième ligne :tada:"
    body = dressed(Bubble(text))
    assert [elements(block) for block in body["blocks"]] == [[{"type": "text", "text": text}]]
    assert body["text"] == text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    assert [body[name] for name in ("mrkdwn", "unfurl_links", "unfurl_media")] == [False, False, False]


@pytest.mark.parametrize(
    "text", ["_" * 100_000, "a" * 100_000, "a." * 50_000, "a@a-" * 25_000, "a@a.-" * 20_000], ids=lambda text: text[:5]
)
@pytest.mark.timeout(20)
def test_a_text_is_searched_for_addresses_once_and_not_from_each_of_its_signs(text: str) -> None:
    shown = literal(text)["elements"][0]["elements"]
    assert "".join(element["text"] for element in shown) == text


def test_an_address_in_a_text_is_a_link() -> None:
    shown = literal("Écrivez à awa.n+cic@commune.example. Ou à -x@y.example, a@b.")["elements"][0]["elements"]
    assert [element["url"] for element in shown if element["type"] == "link"] == ["mailto:awa.n+cic@commune.example", "mailto:-x@y.example"]


def test_addresses_in_a_text_may_be_pressed() -> None:
    body = dressed(Bubble("Voir https://www.cic.example/vie-privee. Ou (cic@commune.example) ?"))
    assert elements(body["blocks"][0]) == [
        {"type": "text", "text": "Voir "},
        {"type": "link", "url": "https://www.cic.example/vie-privee", "text": "https://www.cic.example/vie-privee"},
        {"type": "text", "text": ". Ou ("},
        {"type": "link", "url": "mailto:cic@commune.example", "text": "cic@commune.example"},
        {"type": "text", "text": ") ?"},
    ]


def test_the_source_is_a_link_in_italics_or_small_text() -> None:
    linked = dressed(Bubble("Oui.", "Source : *page*", "https://x.example/?a=1&b=2"))
    link = {"type": "link", "url": "https://x.example/?a=1&b=2", "text": "Source : *page*", "style": {"italic": True}}
    assert elements(linked["blocks"][1]) == [link]
    plain = dressed(Bubble("Oui.", "Source : *page*"))
    assert plain["blocks"][1] == {"type": "context", "elements": [{"type": "plain_text", "text": "Source : *page*", "emoji": False}]}
    assert linked["text"] == plain["text"] == "Oui.\nSource : *page*"


def test_choices_are_buttons_and_are_read_out() -> None:
    choices = (Choice("Oui & non", "oui"), Choice("Non", "non"))
    body = dressed(Bubble("Alors ?", choices=choices, style=Style.BUTTONS))
    buttons = body["blocks"][-1]["elements"]
    assert [(button["text"]["text"], button["value"], button["action_id"]) for button in buttons] == [
        ("Oui & non", "oui", "choix-0"),
        ("Non", "non", "choix-1"),
    ]
    assert body["text"] == "Alors ?\n– Oui &amp; non\n– Non"


def send(slack: PlayedSlack, channel: str = "D617761", **context: Any) -> str | None:
    body = connector().dress(Bubble("Bonjour.", "Source", "https://x.example/", (Choice("Oui", "oui"),), Style.BUTTONS))
    return with_connector(slack, lambda one: one.send({"channel": channel}, context, body, "key"))


def test_a_message_goes_to_its_channel_with_our_token(slack: PlayedSlack) -> None:
    ident = send(slack)
    assert ident
    assert ident.startswith("D617761:")
    (body,) = slack.posted
    assert (body["channel"], "thread_ts" in body) == ("D617761", False)
    assert slack.violations == []
    assert [shown.text for shown in slack.seen("awa")] == ["Bonjour.\nSource"]


def test_a_message_goes_into_its_thread(slack: PlayedSlack) -> None:
    send(slack, "C123ABC456", thread=TS)
    send(slack, "C123ABC456", thread="")
    assert [body.get("thread_ts") for body in slack.posted] == [TS, None]
    assert slack.violations == []


def test_who_is_known_by_a_command_only_is_written_to_by_her_own_id(slack: PlayedSlack) -> None:
    ident = send(slack, "U617761")
    assert ident
    assert ident.startswith("D617761:")


ERRORS: dict[str, tuple[Reply, type[DeliveryError]]] = {
    "invalid_auth": (error("invalid_auth"), AccessError),
    "account_inactive": (error("account_inactive"), AccessError),
    "token_revoked": (error("token_revoked"), AccessError),
    "token_expired": (error("token_expired"), AccessError),
    "not_authed": (error("not_authed"), AccessError),
    "missing_scope": (error("missing_scope"), AccessError),
    "messages_tab_disabled": (error("messages_tab_disabled"), AccessError),
    "forbidden": (error("accesslimited", 403), AccessError),
    "channel_not_found": (error("channel_not_found"), UnreachableError),
    "is_archived": (error("is_archived"), UnreachableError),
    "not_in_channel": (error("not_in_channel"), UnreachableError),
    "user_not_found": (error("user_not_found"), UnreachableError),
    "cannot_dm_bot": (error("cannot_dm_bot"), UnreachableError),
    "read only": (error("restricted_action_read_only_channel"), UnreachableError),
    "msg_too_long": (error("msg_too_long"), PermanentDeliveryError),
    "invalid_blocks": (error("invalid_blocks"), PermanentDeliveryError),
    "not documented": (error("something_new"), PermanentDeliveryError),
    "a refusal": (error("bad_request", 400), PermanentDeliveryError),
    "service_unavailable": (error("service_unavailable"), BusyError),
    "team_added_to_org": (error("team_added_to_org"), BusyError),
    "gateway": (Reply(502, b"<html>"), BusyError),
    "internal_error": (error("internal_error"), UncertainDeliveryError),
    "fatal_error": (error("fatal_error"), UncertainDeliveryError),
    "not Slack": (Reply(200, b"<html>Welcome</html>"), UncertainDeliveryError),
}


@pytest.mark.parametrize(("reply", "kind"), ERRORS.values(), ids=ERRORS)
def test_each_error_of_slack_is_told_as_what_it_means(slack: PlayedSlack, reply: Reply, kind: type[DeliveryError]) -> None:
    slack.trouble.append(reply)
    with pytest.raises(DeliveryError) as raised:
        send(slack)
    assert type(raised.value) is kind
    assert TOKEN not in str(raised.value)
    assert slack.seen("awa") == []


@pytest.mark.parametrize(
    ("reply", "seconds"),
    [
        (busy(17), 17.0),
        (error("ratelimited", 200, Retry_After="30"), 30.0),
        (error("rate_limited"), 0.0),
        (error("message_limit_exceeded"), 0.0),
    ],
    ids=["429", "200 with a wait", "200", "workspace"],
)
def test_too_many_messages_make_all_wait(slack: PlayedSlack, reply: Reply, seconds: float) -> None:
    slack.trouble.append(reply)
    with pytest.raises(BusyError) as raised:
        send(slack)
    assert (raised.value.seconds, raised.value.everybody) == (seconds, True)


def test_a_wrong_token_is_no_reason_to_give_up(slack: PlayedSlack) -> None:
    with pytest.raises(AccessError):
        with_connector(slack, lambda one: one.send({"channel": "D617761"}, {}, dict(dressed(Bubble("x"))), "key"), "xoxb-revoked")


def test_a_slack_that_is_away_may_be_tried_again(slack: PlayedSlack) -> None:
    slack.down()
    with pytest.raises(TemporaryDeliveryError) as raised:
        send(slack)
    assert not isinstance(raised.value, UncertainDeliveryError)


# --- the check ---


def check(slack: PlayedSlack, token: str = TOKEN) -> Health:
    return with_connector(slack, lambda one: one.check(), token)


def test_a_good_token_is_valid_and_says_who_and_where(slack: PlayedSlack) -> None:
    assert check(slack) == Health(True, "assistant_cic, dans l'espace Commune")


def test_a_wrong_token_is_not_valid_and_an_absent_slack_does_not_know(slack: PlayedSlack) -> None:
    wrong = check(slack, "xoxb-revoked")
    assert (wrong.valid, "invalid_auth" in wrong.detail) == (False, True)
    slack.down()
    assert check(slack).valid is None


def test_rights_that_are_lacking_are_named(slack: PlayedSlack) -> None:
    slack.scopes = "chat:write, commands"
    assert check(slack) == Health(True, "assistant_cic, dans l'espace Commune ; il manque au jeton : app_mentions:read, im:history")
    slack.scopes = "im:history,app_mentions:read"
    assert check(slack).valid is False


@pytest.mark.parametrize(
    ("reply", "valid"),
    [
        (Reply(502, b"<html>"), None),
        (error("internal_error"), None),
        (error("account_inactive"), False),
        (Reply(200, b'{"ok": true, "user": "awa", "user_id": "U1", "team": "Commune"}', {"x-oauth-scopes": SCOPES}), False),
    ],
    ids=["gateway", "internal", "inactive", "the token of a person"],
)
def test_the_check_tells_trouble_from_a_wrong_token(
    slack: PlayedSlack, monkeypatch: pytest.MonkeyPatch, reply: Reply, valid: bool | None
) -> None:
    monkeypatch.setattr(slack, "serve", lambda _: reply)
    assert check(slack).valid is valid


# --- the manifest that is pasted ---


def test_the_manifest_of_the_page_is_one_that_slack_takes_and_asks_for_no_more_than_is_used() -> None:
    page = (PROJECT / "docs" / "canaux" / "slack.md").read_text("utf-8")
    (pasted,) = re.findall(r"^```yaml\n(.*?)^```", page, re.MULTILINE | re.DOTALL)
    manifest = yaml.safe_load(pasted)
    shown, features, how = manifest["display_information"], manifest["features"], manifest["settings"]
    assert len(shown["name"]) <= 35
    assert len(shown["description"]) <= 140
    assert features["app_home"] == {"home_tab_enabled": False, "messages_tab_enabled": True, "messages_tab_read_only_enabled": False}
    assert sorted(manifest["oauth_config"]["scopes"]["bot"]) == ["app_mentions:read", "chat:write", "commands", "im:history"]
    assert sorted(how["event_subscriptions"]["bot_events"]) == ["app_mention", "message.im"]
    addresses = {features["slash_commands"][0]["url"], how["event_subscriptions"]["request_url"], how["interactivity"]["request_url"]}
    assert addresses == {"https://assistant.commune.example/webhooks/slack"}
    assert how["interactivity"]["is_enabled"]
    assert not any(how[name] for name in ("socket_mode_enabled", "token_rotation_enabled"))
