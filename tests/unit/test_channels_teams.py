"""Teams: which deliveries are believed, what is read of them, how an answer is dressed, and what the Bot Connector's errors mean."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.identity_provider import drawn_key
from support.platforms.platform import Call, Raw, Reply
from support.platforms.teams import APP_ID, BOT, GROUP, HERO_CARD, PASSWORD, TENANT, THREAD, PlayedTeams, refusal

from bot.channel_settings import Teams
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
    Style,
    UnreachableError,
    UnreadableError,
)
from bot.channels.teams import TeamsConnector
from bot.channels.teams_tokens import AWAY_SECONDS, FRESH_SECONDS, KEPT_SECONDS, UNKNOWN_SECONDS, AccessTokens
from bot.channels.wire import Wire
from bot.errors import DeliveryError, PermanentDeliveryError, UncertainDeliveryError

T = TypeVar("T")
BODY = {"type": "message", "textFormat": "xml", "text": "Bonjour."}
OPENID = "/v1/.well-known/openidconfiguration"


class Clock:
    """Seconds since 1970, which a test lets pass."""

    def __init__(self) -> None:
        self.passed = 0.0

    def __call__(self) -> float:
        return time.time() + self.passed


@pytest.fixture
def teams() -> Iterator[PlayedTeams]:
    played = PlayedTeams()
    played.start()
    yield played
    played.stop()


@pytest.fixture(scope="module")
def shared() -> Iterator[PlayedTeams]:
    played = PlayedTeams()
    played.start()
    yield played
    played.stop()


def settings_for(teams: PlayedTeams, **changes: str) -> Teams:
    return replace(Teams(APP_ID, PASSWORD, TENANT, f"{teams.address}/login", f"{teams.address}{OPENID}"), **changes)


def with_connector(
    teams: PlayedTeams, use: Callable[[TeamsConnector], Awaitable[T]], clock: Callable[[], float] = time.time, **changes: str
) -> T:
    """Use a connector on one event loop, as the web process does."""

    async def run() -> T:
        connector = TeamsConnector(settings_for(teams, **changes), clock=clock)
        try:
            return await use(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def delivery(raw: Raw) -> Delivery:
    return Delivery("POST", "/webhooks/teams", "", {name.lower(): value for name, value in raw.headers.items()}, raw.body)


def read(teams: PlayedTeams, raw: Raw, **changes: str) -> Incoming | None:
    """What a connector reads of a delivery; None when it is nothing to it."""
    receipt = with_connector(teams, lambda one: one.receive(delivery(raw)), **changes)
    assert len(receipt.messages) <= 1
    return receipt.messages[0] if receipt.messages else None


def refused(teams: PlayedTeams, raw: Raw, **changes: str) -> str:
    """Why a delivery is not believed."""
    with pytest.raises(ForgedError) as caught:
        read(teams, raw, **changes)
    return str(caught.value)


def asked(teams: PlayedTeams, path: str) -> int:
    return sum(call.path == path for call in teams.calls)


def posted(teams: PlayedTeams) -> list[Call]:
    return [call for call in teams.calls if "/v3/conversations/" in call.path]


# --- what is believed ---


def test_what_does_not_come_from_microsoft_is_refused(teams: PlayedTeams) -> None:
    for forgery in teams.forged(teams.message("awa", "Bonjour")):
        refused(teams, forgery)


@pytest.mark.parametrize(
    ("claims", "believed"),
    [({"exp": -299}, True), ({"exp": -301}, False), ({"nbf": 299}, True), ({"nbf": 302}, False), ({"exp": 3600}, True)],
)
def test_clocks_may_differ_by_five_minutes(teams: PlayedTeams, claims: dict[str, int], believed: bool) -> None:
    now = int(time.time())
    raw = teams.sign(teams.written("awa", "Bonjour"), **{name: now + seconds for name, seconds in claims.items()})
    if believed:
        assert with_connector(teams, lambda one: one.receive(delivery(raw)), clock=lambda: now).messages
    else:
        with pytest.raises(ForgedError):
            with_connector(teams, lambda one: one.receive(delivery(raw)), clock=lambda: now)


@pytest.mark.parametrize("missing", ["exp", "iss", "aud", "serviceurl"])
def test_a_token_says_all_that_it_has_to(teams: PlayedTeams, missing: str) -> None:
    raw = teams.sign(teams.written("awa", "Bonjour"), **{missing: None})
    refused(teams, raw)


def test_a_key_signs_only_for_the_channels_that_it_is_endorsed_for(teams: PlayedTeams) -> None:
    teams.endorsements = ["webchat"]
    assert refused(teams, teams.message("awa", "Bonjour")) == "a token for another channel"
    teams.endorsements = None
    assert read(teams, teams.message("awa", "Bonjour"))


def test_other_channels_of_the_bot_framework_are_not_served(teams: PlayedTeams) -> None:
    for channel in ("webchat", "directline", "emulator", ""):
        assert refused(teams, teams.sign(teams.written("awa", "Bonjour") | {"channelId": channel})) == "a token for another channel"


def test_our_token_goes_to_no_address_that_others_could_read(teams: PlayedTeams) -> None:
    for service in ("http://smba.example.org/emea/", "ftp://smba.example.org", ""):
        assert refused(teams, teams.sign(teams.written("awa", "Bonjour") | {"serviceUrl": service})) == "a token for another service"


def test_only_our_tenant_is_answered(teams: PlayedTeams) -> None:
    for data in ({"tenant": {"id": "bec8e231-67ad-484e-87f4-3e5438390a77"}}, {"tenant": "…"}, None):
        stranger = teams.written("awa", "Bonjour") | {"channelData": data, "conversation": {"conversationType": "personal", "id": "a:awa"}}
        assert refused(teams, teams.sign(stranger)) == "an activity of another tenant"
    assert read(teams, teams.message("awa", "Bonjour"), tenant=TENANT.upper())


def test_each_tenant_that_an_activity_names_is_ours(teams: PlayedTeams) -> None:
    ours = teams.written("awa", "Bonjour")
    stranger = "bec8e231-67ad-484e-87f4-3e5438390a77"
    for change in ({"channelData": {"tenant": {"id": stranger}}}, {"conversation": ours["conversation"] | {"tenantId": stranger}}):
        assert refused(teams, teams.sign(ours | change)) == "an activity of another tenant"
    for named in ("channelData", "conversation"):
        bare = {"channelData": {}, "conversation": {"conversationType": "personal", "id": "a:awa"}} | {named: ours[named]}
        assert read(teams, teams.sign(ours | bare))


def test_what_has_no_good_token_is_refused_before_there_is_a_body(teams: PlayedTeams) -> None:
    raw = teams.message("awa", "Bonjour")
    with_connector(teams, lambda one: one.admit(replace(delivery(raw), body=b"")))
    for forgery in teams.forged(raw)[:10]:
        with pytest.raises(ForgedError):
            with_connector(teams, lambda one, forgery=forgery: one.admit(replace(delivery(forgery), body=b"")))


@pytest.mark.parametrize(
    ("content_type", "body", "status"),
    [("text/xml", b"{}", 415), ("application/json", b"{", 400), ("application/json", b"[]", 400)],
)
def test_what_cannot_be_read_says_so_but_only_to_microsoft(teams: PlayedTeams, content_type: str, body: bytes, status: int) -> None:
    raw = teams.message("awa", "Bonjour")
    unreadable = replace(raw, body=body, headers={**raw.headers, "Content-Type": content_type})
    with pytest.raises(UnreadableError) as caught:
        read(teams, unreadable)
    assert caught.value.status == status
    refused(teams, replace(unreadable, headers={"Content-Type": content_type}))


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet=st.characters(codec="latin-1"), max_size=200))
def test_any_authorization_is_refused_without_asking_anybody(text: str) -> None:
    connector = TeamsConnector(Teams(APP_ID, PASSWORD, TENANT, "http://127.0.0.1:9", "http://127.0.0.1:9"))
    for authorization in (text, f"Bearer {text}", f"Bearer eyJhbGciOiJSUzI1NiJ9.{text}.{text}"):
        with pytest.raises(ForgedError):
            asyncio.run(connector.receive(Delivery("POST", "/webhooks/teams", "", {"authorization": authorization}, b"{}")))


# --- the keys ---


def test_keys_are_fetched_once_a_day(teams: PlayedTeams) -> None:
    clock = Clock()

    async def use(connector: TeamsConnector) -> None:
        await asyncio.gather(*[connector.receive(delivery(teams.message("awa", "Bonjour"))) for _ in range(5)])
        assert asked(teams, OPENID) == 1
        clock.passed = FRESH_SECONDS + 1
        late = teams.sign(teams.written("awa", "Bonjour"), exp=int(clock()) + 60)
        await connector.receive(delivery(late))
        await connector.receive(delivery(late))
        assert asked(teams, OPENID) == 2

    with_connector(teams, use, clock)


def test_a_new_key_is_asked_for_but_forged_ones_cause_no_flood(teams: PlayedTeams) -> None:
    clock = Clock()

    async def use(connector: TeamsConnector) -> None:
        await connector.receive(delivery(teams.message("awa", "Bonjour")))
        teams.key = drawn_key("teams-new")
        new = delivery(teams.message("awa", "Bonjour"))
        for _ in range(10):
            with pytest.raises(UnreadableError) as caught:  # it may be a new one: Microsoft shall deliver again
                await connector.receive(new)
            assert caught.value.status == 503
        assert asked(teams, OPENID) == 1
        clock.passed = UNKNOWN_SECONDS + 1
        assert (await connector.receive(new)).messages
        assert asked(teams, OPENID) == 2
        teams.key, known = drawn_key("teams-other"), teams.key
        forged = delivery(teams.message("awa", "Bonjour"))
        teams.key = known
        clock.passed += UNKNOWN_SECONDS + 1
        with pytest.raises(ForgedError):  # Microsoft was asked, and has none of that name
            await connector.receive(forged)
        assert asked(teams, OPENID) == 3

    with_connector(teams, use, clock)


def test_while_the_keys_cannot_be_asked_for_a_delivery_comes_again(teams: PlayedTeams) -> None:
    clock = Clock()
    raw = delivery(teams.message("awa", "Bonjour"))

    async def use(connector: TeamsConnector) -> None:
        teams.down()
        for _ in range(3):
            with pytest.raises(UnreadableError) as caught:
                await connector.receive(raw)
            assert caught.value.status == 503
        teams.up()
        with pytest.raises(UnreadableError):
            await connector.receive(raw)
        clock.passed = AWAY_SECONDS
        assert (await connector.receive(raw)).messages

    with_connector(teams, use, clock)


def test_known_keys_are_believed_for_days_when_they_cannot_be_fetched(teams: PlayedTeams, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock()
    late = delivery(teams.sign(teams.written("awa", "Bonjour"), exp=int(time.time() + KEPT_SECONDS + 60)))

    async def use(connector: TeamsConnector) -> None:
        await connector.receive(late)
        monkeypatch.setattr(teams, "serve", lambda call: Reply(503))
        clock.passed = KEPT_SECONDS - 60
        assert (await connector.receive(late)).messages
        clock.passed = KEPT_SECONDS + 1
        with pytest.raises(UnreadableError):
            await connector.receive(late)

    with_connector(teams, use, clock)


@pytest.mark.parametrize(
    "told",
    [
        {"jwks_uri": "http://keys.example.org/keys"},
        {"jwks_uri": "http://["},
        {},
        {"jwks_uri": 5},
    ],
)
def test_keys_come_from_no_address_that_others_could_write(teams: PlayedTeams, told: object, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(teams, "serve", lambda call: Reply(200, json.dumps(told).encode()))
    with pytest.raises(UnreadableError):
        read(teams, teams.message("awa", "Bonjour"))


def test_a_key_that_cannot_be_read_does_not_hide_the_others(teams: PlayedTeams, monkeypatch: pytest.MonkeyPatch) -> None:
    serve = teams.serve

    def also_others(call: Call) -> Reply:
        reply = serve(call)
        if not call.path.endswith("/keys"):
            return reply
        keys = json.loads(reply.body)["keys"]
        odd = [None, {"kty": "RSA", "kid": "a", "n": "!", "e": 5}, {"kty": "RSA"}, {"kty": "EC", "kid": "b"}, {"kty": "oct", "k": "YQ"}]
        return Reply(200, json.dumps({"keys": [*odd, *keys]}).encode())

    monkeypatch.setattr(teams, "serve", also_others)
    assert read(teams, teams.message("awa", "Bonjour"))


# --- what is read ---


def test_a_message_is_read_with_what_is_needed_to_reply(teams: PlayedTeams) -> None:
    found = read(teams, teams.message("awa", "Quel est le budget ?", 55, at=1772698020.25))
    assert found == Incoming(
        platform_id="a:awa:55",
        sender="a:awa",
        address={"service": f"{teams.address}/emea", "conversation": "a:awa", "bot": BOT},
        text="Quel est le budget ?",
        sent_at=datetime(2026, 3, 5, 8, 7, 0, 250000, timezone.utc),
    )


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("Le secteur &amp; le lieu&nbsp;?", "Le secteur & le lieu\u00a0?"),
        ("3 &lt; 5 &amp;amp;", "3 < 5 &amp;"),
        ("<at>Jean</at> le sait", "Jean le sait"),
        ("&lt;at&gt;Jean", "<at>Jean"),
    ],
)
def test_a_text_is_read_as_it_was_typed(teams: PlayedTeams, written: str, text: str) -> None:
    found = read(teams, teams.sign(teams.written("awa", written)))
    assert found
    assert found.text == text


@pytest.mark.parametrize(
    "content",
    [
        {"attachments": [{"contentType": "image/*", "contentUrl": "…"}]},
        {"attachments": [{"contentType": "application/vnd.microsoft.teams.file.download.info", "name": "budget.pdf"}]},
        {"attachments": [{"contentType": "text/html", "content": '<div><img alt="GIF" src="…"></div>'}]},
        {"attachments": [{"contentType": "text/html", "content": "<table></table>"}], "text": " "},
    ],
)
def test_what_has_no_text_is_media(teams: PlayedTeams, content: dict[str, Any]) -> None:
    found = read(teams, teams.sign(teams.activity("awa", "message", **content)))
    assert found
    assert (found.kind, found.text) == (Kind.MEDIA, "")


def test_a_picture_with_a_text_is_its_text(teams: PlayedTeams) -> None:
    picture = {"contentType": "image/*", "contentUrl": "…"}
    found = read(teams, teams.sign(teams.activity("awa", "message", text="Et ceci ?", attachments=[picture])))
    assert found
    assert (found.kind, found.text) == (Kind.TEXT, "Et ceci ?")


def test_a_button_is_what_it_says_even_in_a_group(teams: PlayedTeams) -> None:
    pressed = teams.activity("awa", "message", value="le budget", replyToId="1575667808184")
    for activity in (pressed, teams.in_group(pressed)):
        found = read(teams, teams.sign(activity))
        assert found
        assert (found.kind, found.text) == (Kind.TEXT, "le budget")
    assert read(teams, teams.sign(teams.activity("awa", "message", value={"choix": 1}))) is None


def test_who_installs_us_is_greeted_once(teams: PlayedTeams) -> None:
    begun = [read(teams, raw) for raw in (teams.begin("awa"), teams.begin_otherwise("awa"))]
    assert [found and found.kind for found in begun] == [Kind.START, Kind.START]
    assert len({found and found.platform_id for found in begun}) == 1
    assert {found and found.sender for found in begun} == {"a:awa"}


def test_edits_reactions_and_what_others_say_are_nothing_to_us(teams: PlayedTeams) -> None:
    assert [read(teams, raw) for raw in teams.noise("awa")] == [None] * len(teams.noise("awa"))


def test_in_a_group_what_mentions_us_is_read_without_our_name(teams: PlayedTeams) -> None:
    found = read(teams, teams.grouped("awa", "<at>Assistant CIC</at>&nbsp;quel est le budget, <at>Jean</at> ?", other="29:jean"))
    assert found
    assert (found.text, found.in_group, found.sender) == ("quel est le budget, Jean ?", True, f"{GROUP}:29:awa")
    alone = read(teams, teams.grouped("awa", "<at>Assistant CIC</at>"))
    assert alone
    assert alone.kind is Kind.START


def test_in_a_team_the_reply_goes_to_the_thread(teams: PlayedTeams) -> None:
    found = read(teams, teams.grouped("awa", "<at>Assistant CIC</at> le budget ?", conversation=THREAD))
    assert found
    place = THREAD.partition(";")[0]
    assert (found.sender, found.address["conversation"], found.context) == (f"{place}:29:awa", place, {"conversation": THREAD})


odd = st.recursive(st.none() | st.booleans() | st.integers() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=3)
PLACES = "type id text value action timestamp from recipient conversation entities attachments membersAdded".split()


@settings(max_examples=60, deadline=None)
@given(st.dictionaries(st.sampled_from(PLACES), odd | st.dictionaries(st.sampled_from(["id", "type", "conversationType"]), odd)))
def test_any_shape_is_read_or_left_aside(shared: PlayedTeams, shape: dict[str, Any]) -> None:
    found = read(shared, shared.sign(shared.written("awa", "Bonjour") | shape))
    assert found is None or (found.platform_id and found.sender and found.address["conversation"])


# --- how it is dressed ---


def dress(bubble: Bubble) -> dict[str, Any]:
    return TeamsConnector(Teams(APP_ID, PASSWORD, TENANT)).dress(bubble)


def test_a_text_is_markup_with_its_source_below() -> None:
    bubble = Bubble("3 < 5 & l'eau\n\nOui.", "Source : « Budget »", "https://cic.example/?a=1&b=2")
    assert dress(bubble) == {
        "type": "message",
        "textFormat": "xml",
        "text": '3 &lt; 5 &amp; l\'eau<br/><br/>Oui.<br/><em><a href="https://cic.example/?a=1&amp;b=2">Source : « Budget »</a></em>',
    }


def test_signs_that_markup_cannot_hold_are_left_out() -> None:
    bubble = Bubble("a\ufffe\uffff\x0b\x00b\ud800\u20ac\U0001f600\tc", "x\uffff")
    assert dress(bubble)["text"] == "ab\u20ac\U0001f600\tc<br/><em>x</em>"


def test_choices_are_buttons_of_a_card_that_holds_the_text() -> None:
    bubble = Bubble("Lequel ?", choices=(Choice("Le budget", "quel est le budget"), Choice("<Autre>", "autre")), style=Style.BUTTONS)
    buttons = [
        {"type": "imBack", "title": "Le budget", "value": "quel est le budget"},
        {"type": "imBack", "title": "<Autre>", "value": "autre"},
    ]
    card = {"contentType": HERO_CARD, "content": {"text": "Lequel ?", "buttons": buttons}}
    assert dress(bubble) == {"type": "message", "summary": "Lequel ?", "attachmentLayout": "list", "attachments": [card]}


def test_more_than_six_choices_stand_on_a_second_card() -> None:
    bubble = Bubble("Lequel ?", choices=tuple(Choice(str(number), str(number)) for number in range(12)), style=Style.BUTTONS)
    cards = [card["content"] for card in dress(bubble)["attachments"]]
    assert [len(card["buttons"]) for card in cards] == [6, 6]
    assert [card.get("text") for card in cards] == ["Lequel ?", None]
    assert [button["title"] for card in cards for button in card["buttons"]] == [str(number) for number in range(12)]


# --- how it is sent ---


def send(teams: PlayedTeams, conversation: str = "a:awa", context: Mapping[str, Any] | None = None, **changes: str) -> str | None:
    address = {"service": f"{teams.address}/emea", "conversation": conversation, "bot": BOT}
    return with_connector(teams, lambda one: one.send(address, context or {}, BODY, "k"), **changes)


def test_a_reply_goes_where_it_was_asked_for(teams: PlayedTeams) -> None:
    ident = send(teams)
    assert ident
    assert ident.startswith("a:awa:")
    assert [shown.text for shown in teams.seen("awa")] == ["Bonjour."]
    send(teams, THREAD.partition(";")[0], {"conversation": THREAD})
    assert [shown.text for shown in teams.seen(THREAD)] == ["Bonjour."]
    assert teams.violations == []


def test_one_token_serves_many_messages_at_once(teams: PlayedTeams) -> None:
    address = {"service": f"{teams.address}/emea", "conversation": "a:awa", "bot": BOT}

    async def use(connector: TeamsConnector) -> None:
        await asyncio.gather(*[connector.send(address, {}, BODY, str(number)) for number in range(8)])

    with_connector(teams, use)
    assert (len(teams.tokens), len(teams.seen("awa"))) == (1, 8)


def test_a_token_is_renewed_before_it_ends_and_when_it_is_refused(teams: PlayedTeams) -> None:
    clock = Clock()
    address = {"service": f"{teams.address}/emea", "conversation": "a:awa", "bot": BOT}

    async def use(connector: TeamsConnector) -> None:
        for passed in (0, 3500, 3541):
            clock.passed = passed
            await connector.send(address, {}, BODY, "k")
        assert len(teams.tokens) == 2
        teams.end_tokens()
        await connector.send(address, {}, BODY, "k")
        assert len(teams.tokens) == 1

    with_connector(teams, use, clock)
    assert len(teams.seen("awa")) == 4


def test_a_token_that_was_replaced_meanwhile_is_not_forgotten_again(teams: PlayedTeams) -> None:
    async def use() -> None:
        wire = Wire()
        tokens = AccessTokens(settings_for(teams), wire)
        first = await tokens.get()
        tokens.forget(first)
        second = await tokens.get()
        tokens.forget(first)
        assert await tokens.get() == second != first
        await wire.close()

    asyncio.run(use())


def trouble_of(teams: PlayedTeams, *replies: Reply) -> DeliveryError:
    teams.trouble = list(replies)
    with pytest.raises(DeliveryError) as caught:
        send(teams)
    assert teams.seen("awa") == []
    return caught.value


@pytest.mark.parametrize("status", [412, 500, 502, 503, 504])
def test_an_outage_is_waited_for(teams: PlayedTeams, status: int) -> None:
    error = trouble_of(teams, refusal(status, "ServiceError", Retry_After="7"))
    assert isinstance(error, BusyError)
    assert (error.seconds, error.everybody) == (7.0, False)


def test_a_limit_says_how_long_and_is_one_conversations(teams: PlayedTeams) -> None:
    error = trouble_of(teams, refusal(429, "Throttled", Retry_After="30"))
    assert isinstance(error, BusyError)
    assert (error.seconds, error.everybody, str(error)) == (30.0, False, "Teams demande d'attendre : 429 Throttled.")


@pytest.mark.parametrize(
    "reply",
    [
        refusal(403, "BotNotInConversationRoster", "The bot is not part of the conversation roster."),
        refusal(403, "ConversationBlockedByUser", "User blocked the conversation with the bot."),
        refusal(403, "BotDisabledByAdmin", "The tenant admin disabled this bot"),
        refusal(403, "ForbiddenOperationException", "Bot is not installed in user's personal scope"),
        Reply(403, json.dumps({"errorCode": 209, "message": '{"subCode":"MessageWritesBlocked","details":"Thread not found."}'}).encode()),
        refusal(404, "ConversationNotFound", "Conversation not found."),
    ],
)
def test_who_has_left_or_blocked_us_is_not_tried_again(teams: PlayedTeams, reply: Reply) -> None:
    assert isinstance(trouble_of(teams, reply), UnreachableError)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (refusal(403, "NotEnoughPermissions"), AccessError),
        (refusal(403, "InvalidBotApiHost"), AccessError),
        (refusal(400, "Bad Argument"), PermanentDeliveryError),
        (refusal(413, "MessageSizeTooBig"), PermanentDeliveryError),
        (Reply(400, b"[]"), PermanentDeliveryError),
    ],
)
def test_other_refusals(teams: PlayedTeams, reply: Reply, kind: type[DeliveryError]) -> None:
    error = trouble_of(teams, reply)
    assert isinstance(error, kind)
    assert not isinstance(error, UnreachableError)


def test_a_bot_that_is_not_registered_is_for_the_operator(teams: PlayedTeams) -> None:
    refused_twice = [refusal(401, "BotNotRegistered", "No registration found for this bot.")] * 2
    error = trouble_of(teams, *refused_twice)
    assert isinstance(error, AccessError)
    assert "BotNotRegistered" in str(error)
    assert (len(posted(teams)), len(teams.tokens)) == (2, 2)


def test_what_an_error_says_of_people_is_not_repeated(teams: PlayedTeams) -> None:
    for reply in (refusal(400, "awa.ndiaye@commune.example"), refusal(429, "x" * 500), refusal(404, "a:awa")):
        assert not {"awa", "xxx"} & set(str(trouble_of(teams, reply)).replace(":", " ").split())
        assert len(str(trouble_of(teams, reply))) < 100


@pytest.mark.parametrize(
    ("reply", "kind", "said"),
    [
        (
            Reply(400, b'{"error":"unauthorized_client","error_description":"AADSTS700016: Application not found"}'),
            AccessError,
            "AADSTS700016",
        ),
        (Reply(401, b'{"error":"invalid_client","error_description":"AADSTS7000222: expired"}'), AccessError, "AADSTS7000222"),
        (Reply(200, b"{}"), AccessError, "200"),
        (Reply(503, b"", {"Retry-After": "20"}), BusyError, "503"),
        (Reply(429, b"", {"Retry-After": "20"}), BusyError, "429"),
    ],
)
def test_no_token_is_no_reason_to_lose_a_message(teams: PlayedTeams, reply: Reply, kind: type[DeliveryError], said: str) -> None:
    teams.login_trouble = [reply]
    with pytest.raises(kind, match=said) as caught:
        send(teams)
    assert not isinstance(caught.value, (PermanentDeliveryError, UncertainDeliveryError))
    assert posted(teams) == []
    if isinstance(caught.value, BusyError):
        assert (caught.value.seconds, caught.value.everybody) == (20.0, True)


def test_a_token_that_was_asked_for_in_vain_leaves_no_doubt_about_the_message(teams: PlayedTeams, monkeypatch: pytest.MonkeyPatch) -> None:
    async def lost(*_: object, **__: object) -> None:
        raise UncertainDeliveryError("La plateforme n'a pas répondu : ServerDisconnectedError.")

    monkeypatch.setattr(Wire, "call", lost)
    with pytest.raises(DeliveryError) as caught:
        send(teams)
    assert not isinstance(caught.value, UncertainDeliveryError)


# --- its own check ---


def check(teams: PlayedTeams, **changes: str) -> Health:
    return with_connector(teams, lambda one: one.check(), **changes)


def test_the_check_needs_a_token(teams: PlayedTeams) -> None:
    assert check(teams) == Health(True, f"Microsoft donne un jeton à l'application {APP_ID}.")
    wrong = check(teams, password="autre")
    assert (wrong.valid, "AADSTS7000215" in wrong.detail) == (False, True)
    teams.login_trouble = [Reply(503)]
    assert check(teams).valid is None
    teams.down()
    assert check(teams).valid is None
