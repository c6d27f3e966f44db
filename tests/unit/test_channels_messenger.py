"""Messenger: what is read of its events, how an answer is dressed, and what its errors mean. What it shares with WhatsApp is held here."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.platforms.messenger import PAGE, PlayedMessenger
from support.platforms.meta import APP_SECRET, TOKEN, VERIFY_TOKEN, VERSION, busy, error
from support.platforms.platform import Raw, Reply

from bot.channel_settings import Messenger
from bot.channels.messenger import MessengerConnector
from bot.channels.model import (
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
from bot.channels.rendering import render
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

T = TypeVar("T")
LONG = "Les secteurs qui sont soutenus"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["sender", "recipient", "message", "id", "mid"]), inner),
    max_leaves=8,
)


@pytest.fixture
def messenger() -> Iterator[PlayedMessenger]:
    played = PlayedMessenger()
    played.start()
    yield played
    played.stop()
    assert played.violations == []


def with_connector(address: str, use: Callable[[MessengerConnector], Awaitable[T]], page: str = PAGE, token: str = TOKEN) -> T:
    """Use a connector on one event loop, as the web process does."""

    async def run() -> T:
        connector = MessengerConnector(Messenger(page, token, APP_SECRET, VERIFY_TOKEN, f"{address}/{VERSION}"))
        try:
            return await use(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def received(raw: Raw) -> Receipt:
    headers = {name.lower(): value for name, value in raw.headers.items()}
    delivery = Delivery(raw.method, "/webhooks/messenger", raw.query, headers, raw.body)
    return with_connector("http://127.0.0.1:9", lambda connector: connector.receive(delivery))


def read(*events: Any) -> list[Incoming]:
    return list(received(PLAYED.update(list(events))).messages)


def sent(messenger: PlayedMessenger, body: Body, person: str = "awa", **settings: str) -> str | None:
    address = {"person": messenger.psid(person)}
    return with_connector(messenger.address, lambda connector: connector.send(address, {}, body, "1"), **settings)


def dressed(*bubbles: Bubble) -> list[Body]:
    connector = MessengerConnector(Messenger(PAGE, TOKEN, APP_SECRET, VERIFY_TOKEN))
    return [connector.dress(bubble) for bubble in bubbles]


PLAYED = PlayedMessenger()
AWA = PLAYED.psid("awa")


# --- who delivers ---


def test_meta_is_told_its_challenge_when_it_knows_our_word() -> None:
    assert received(PLAYED.question()) == Receipt(body=b"1158201444", content_type="text/plain; charset=utf-8")


@pytest.mark.parametrize("changed", [{"verify_token": "autre"}, {"verify_token": ""}, {"mode": "unsubscribe"}, {"mode": ""}])
def test_nobody_else_is_told_anything(changed: dict[str, str]) -> None:
    with pytest.raises(ForgedError):
        received(PLAYED.question(**changed))


def test_what_cannot_be_metas_is_refused_before_there_is_a_body() -> None:
    genuine = PLAYED.message("awa", "bonjour")
    forged = [*PLAYED.forged(genuine)[:2], *(PLAYED.question(verify_token=word) for word in ("autre", ""))]
    forged += [replace(genuine, headers={"X-Hub-Signature-256": given}) for given in ("sha256=", "x" * 71, "sha256=" + "G" * 64)]
    for raw, believed in [(genuine, True), (PLAYED.question(), True), *((raw, False) for raw in forged)]:
        headers = {name.lower(): value for name, value in raw.headers.items()}
        delivery = Delivery(raw.method, "/webhooks/messenger", raw.query, headers, b"")
        with nullcontext() if believed else pytest.raises(ForgedError):
            with_connector("http://127.0.0.1:9", lambda connector, delivery=delivery: connector.admit(delivery))


@pytest.mark.parametrize("forgery", range(4))
def test_a_delivery_without_its_signature_is_forged(forgery: int) -> None:
    with pytest.raises(ForgedError):
        received(PLAYED.forged(PLAYED.message("awa", "bonjour"))[forgery])


def test_the_signature_is_looked_at_before_anything_is_read() -> None:
    with pytest.raises(ForgedError):
        received(Raw(b"\xff no JSON", {"Content-Type": "text/xml"}))


def test_what_is_signed_and_no_json_object_is_unreadable() -> None:
    with pytest.raises(UnreadableError) as caught:
        received(PLAYED.mistyped(PLAYED.message("awa", "bonjour")))
    assert caught.value.status == 415


# --- what is read ---


def test_a_text_is_read_with_who_wrote_it_and_when() -> None:
    (message,) = received(PLAYED.message("awa", "Quel est le budget ?", 55, 1772698020.25)).messages
    sent_at = datetime.fromtimestamp(1772698020.25, timezone.utc)
    assert message == Incoming("m_55", AWA, {"person": AWA}, Kind.TEXT, "Quel est le budget ?", sent_at)


def test_every_message_of_a_batch_is_read() -> None:
    messages = received(PLAYED.batch([("awa", "un", 1), ("awa", "deux", 2), ("binta", "trois", 3)])).messages
    assert [(message.platform_id, message.text) for message in messages] == [("m_1", "un"), ("m_2", "deux"), ("m_3", "trois")]
    assert len({message.sender for message in messages}) == 2


def test_a_quick_reply_says_what_it_carries() -> None:
    (message,) = read(PLAYED.event("awa", message={"mid": "m_1", "text": "2", "quick_reply": {"payload": "Les secteurs"}}))
    assert (message.kind, message.text, message.platform_id) == (Kind.TEXT, "Les secteurs", "m_1")


@pytest.mark.parametrize(
    ("postback", "kind", "text"),
    [
        ({"mid": "m_1", "payload": "GET_STARTED", "title": "Démarrer"}, Kind.START, ""),
        ({"mid": "m_1", "payload": "get_started_payload", "title": "Démarrer"}, Kind.START, ""),
        ({"mid": "m_1", "payload": "Quel est le budget ?", "title": "Budget"}, Kind.TEXT, "Quel est le budget ?"),
        ({"mid": "m_1", "title": "Budget"}, Kind.TEXT, "Budget"),
    ],
)
def test_a_button_of_the_page_begins_or_says_what_it_carries(postback: dict[str, str], kind: Kind, text: str) -> None:
    (message,) = read(PLAYED.event("awa", postback=postback))
    assert (message.kind, message.text, message.platform_id) == (kind, text, "m_1")


def test_a_button_without_an_id_is_known_by_its_person_and_its_moment() -> None:
    event = PLAYED.event("awa", 1772698020.25, postback={"payload": "GET_STARTED"})
    assert [message.platform_id for message in read(event, event)] == [f"{AWA}:1772698020250"] * 2


@pytest.mark.parametrize(
    ("message", "kind", "text"),
    [
        ({"attachments": [{"type": "image"}]}, Kind.MEDIA, ""),
        ({"attachments": [{"type": "image"}], "text": "C'est quoi ?"}, Kind.TEXT, "C'est quoi ?"),
        ({"attachments": [{"type": "fallback"}], "text": "voir https://commune.example"}, Kind.TEXT, "voir https://commune.example"),
        ({"attachments": [{"type": "audio"}], "text": " "}, Kind.MEDIA, ""),
        ({"is_unsupported": True}, Kind.MEDIA, ""),
    ],
)
def test_what_is_no_text_is_a_medium_unless_it_comes_with_words(message: dict[str, Any], kind: Kind, text: str) -> None:
    (found,) = read(PLAYED.event("awa", message={"mid": "m_1", **message}))
    assert (found.kind, found.text) == (kind, text)


@pytest.mark.parametrize("place", range(len(PLAYED.noise("awa"))))
def test_what_is_not_said_to_us_is_left_aside(place: int) -> None:
    assert received(PLAYED.noise("awa")[place]) == Receipt([])


@pytest.mark.parametrize(
    "event",
    [
        None,
        "bonjour",
        {"sender": AWA, "recipient": {"id": PAGE}, "message": {"mid": "m_1", "text": "x"}},
        {"sender": {"id": PAGE}, "recipient": {"id": PAGE}, "message": {"mid": "m_1", "text": "x"}},
        {"sender": {"user_ref": "1"}, "recipient": {"id": PAGE}, "message": {"mid": "m_1", "text": "x"}},
        {"sender": {"id": AWA}, "recipient": {"id": PAGE}, "message": {"text": "without an id"}},
        {"sender": {"id": AWA}, "recipient": {"id": PAGE}, "message": {"mid": "m_1", "text": ["x"]}},
        {"sender": {"id": AWA}, "recipient": {"id": PAGE}, "postback": "x", "timestamp": "9" * 400},
    ],
)
def test_a_malformed_event_does_not_lose_the_others(event: Any) -> None:
    assert [message.text for message in read(event, PLAYED.event("awa", message={"mid": "m_2", "text": "entier"}))] == ["entier"]


def test_a_moment_that_is_none_does_not_lose_the_message() -> None:
    (message,) = read(PLAYED.event("awa", message={"mid": "m_1", "text": "x"}) | {"timestamp": "9" * 400})
    assert message.sent_at is None


@given(JSON)
def test_no_shape_of_an_event_is_an_error(event: Any) -> None:
    for told in ({"object": "page", "entry": event}, {"object": "page", "entry": [{"id": PAGE, "messaging": [event]}]}):
        assert isinstance(received(PLAYED.signed(told)), Receipt)


# --- how an answer is dressed ---


def test_a_source_is_a_line_below_the_text() -> None:
    assert dressed(Bubble("Huit millions.", "Source : « Budget »")) == [{"text": "Huit millions.\nSource : « Budget »"}]


def test_short_choices_are_quick_replies() -> None:
    (body,) = dressed(Bubble("Acceptez-vous ?", choices=(Choice("Oui", "oui"), Choice("Non", "non")), style=Style.BUTTONS))
    assert body["quick_replies"] == [
        {"content_type": "text", "title": "Oui", "payload": "oui"},
        {"content_type": "text", "title": "Non", "payload": "non"},
    ]


def test_quick_replies_are_numbers_where_a_title_would_be_cut() -> None:
    said = [
        {"text": "Un ?", "buttons": [{"title": LONG, "value": "a"}]},
        {"text": "Deux ?", "buttons": [{"title": LONG, "value": "b" * 1001}]},
    ]
    rendered = render(said, MessengerConnector.abilities)
    first, second = dressed(*rendered.bubbles)
    assert first["text"].endswith(f"1. {LONG}")
    assert first["quick_replies"] == [{"content_type": "text", "title": "1", "payload": "a"}]
    assert second["quick_replies"] == [{"content_type": "text", "title": "2", "payload": "2"}]
    assert rendered.offered == ("a", "b" * 1001)


def test_more_choices_than_there_may_be_quick_replies_are_numbers_to_type() -> None:
    buttons = [{"title": str(number), "value": str(number)} for number in range(14)]
    (body,) = dressed(*render([{"text": "Lequel ?", "buttons": buttons}], MessengerConnector.abilities).bubbles)
    assert "14. 13" in body["text"]
    assert "quick_replies" not in body


@given(st.lists(st.text(alphabet="ab c", min_size=1, max_size=40), max_size=16), st.text(min_size=1, max_size=3000))
def test_whatever_is_said_is_within_the_limits(titles: list[str], text: str) -> None:
    buttons = [{"title": title, "value": title} for title in titles]
    for body in dressed(*render([{"text": text, "buttons": buttons}], MessengerConnector.abilities).bubbles):
        assert len(body["text"]) <= 2000
        assert all(len(reply["title"]) <= 20 for reply in body.get("quick_replies", []))
        assert len(body.get("quick_replies", [])) <= 13


# --- sending ---


def test_a_message_is_sent_to_who_wrote(messenger: PlayedMessenger) -> None:
    ident = sent(messenger, {"text": "Bonjour.", "quick_replies": [{"content_type": "text", "title": "Oui", "payload": "oui"}]})
    (shown,) = messenger.seen("awa")
    assert (shown.text, shown.choices) == ("Bonjour.", ("Oui",))
    assert ident is not None
    assert ident.startswith("m_")
    assert "access_token" not in messenger.calls[0].query


ERRORS = [
    (error(400, 10, "(#10) This message is sent outside of allowed window.", 2018278), UnreachableError),
    (error(400, 131047, "Re-engagement message"), UnreachableError),
    (error(400, 551, "(#551) This person isn't available right now.", 1545041), UnreachableError),
    (error(400, 100, "(#100) No matching user found", 2018001), UnreachableError),
    (error(400, 131026, "Message undeliverable"), UnreachableError),
    (error(400, 131056, "(Business Account, Consumer Account) pair rate limit hit"), BusyError),
    (error(400, 130429, "Rate limit hit"), BusyError),
    (error(403, 4, "Application request limit reached"), BusyError),
    (Reply(429, b""), BusyError),
    (error(400, 1, "An unknown error occurred"), BusyError),
    (error(400, 2, "Service temporarily unavailable"), BusyError),
    (error(400, 99999, "Later", None, is_transient=True), BusyError),
    (error(500, 131000, "Something went wrong"), BusyError),
    (Reply(502, b"<html>Bad gateway"), BusyError),
    (error(401, 190, "Error validating access token: Session has expired", 463), AccessError),
    (error(400, 190, "Malformed access token"), AccessError),
    (error(403, 10, "Application does not have permission for this action"), AccessError),
    (error(400, 230, "Requires pages_messaging permission to manage the object"), AccessError),
    (error(400, 100, "Unsupported post request. Object with ID does not exist", 33), AccessError),
    (Reply(403, b""), AccessError),
    (error(400, 100, "(#100) Invalid parameter"), PermanentDeliveryError),
    (Reply(404, b"nothing"), PermanentDeliveryError),
]


@pytest.mark.parametrize(("trouble", "kind"), ERRORS, ids=[f"{reply.status}-{place}" for place, (reply, _) in enumerate(ERRORS)])
def test_each_error_of_meta_means_what_its_code_says(messenger: PlayedMessenger, trouble: Reply, kind: type[DeliveryError]) -> None:
    messenger.trouble = [trouble]
    with pytest.raises(kind) as caught:
        sent(messenger, {"text": "Bonjour."})
    assert type(caught.value) is kind
    assert messenger.psid("awa") not in str(caught.value)
    assert messenger.seen("awa") == []


@pytest.mark.parametrize("code", ["Awa Ndiaye", "100 Awa", "\u0661", "1" * 50, True, None, ["100"]])
def test_only_digits_of_an_error_are_told(messenger: PlayedMessenger, code: object) -> None:
    told = {"error": {"code": code, "error_subcode": code}}
    messenger.trouble = [Reply(400, json.dumps(told).encode())]
    with pytest.raises(PermanentDeliveryError) as caught:
        sent(messenger, {"text": "Bonjour."})
    assert str(caught.value).endswith(": 400.")


def test_limits_of_the_page_hold_for_everybody_and_those_of_one_person_for_her(messenger: PlayedMessenger) -> None:
    messenger.trouble = [busy(5), replace(busy(5), headers={"X-Business-Use-Case-Usage": "none", "Retry-After": "7"}), ERRORS[5][0]]
    waits = []
    for _ in range(3):
        with pytest.raises(BusyError) as caught:
            sent(messenger, {"text": "Bonjour."})
        waits.append((caught.value.seconds, caught.value.everybody))
    assert waits == [(300.0, True), (7.0, True), (6.0, False)]


def test_a_token_that_meta_does_not_know_is_for_the_operator(messenger: PlayedMessenger) -> None:
    with pytest.raises(AccessError, match="401 190"):
        sent(messenger, {"text": "Bonjour."}, token="autre")


def test_a_page_that_is_not_ours_is_for_the_operator(messenger: PlayedMessenger) -> None:
    with pytest.raises(AccessError, match="400 100/33"):
        sent(messenger, {"text": "Bonjour."}, page="1999")


def test_a_platform_that_is_away_is_tried_again() -> None:
    with pytest.raises(TemporaryDeliveryError):
        with_connector("http://127.0.0.1:9", lambda connector: connector.send({"person": AWA}, {}, {"text": "x"}, "1"))


# --- whether our credentials are good ---


@pytest.mark.parametrize(
    ("settings", "health"),
    [
        ({}, Health(True, "page « Programme CIC »")),
        ({"page": "1999"}, Health(False, "CIC_MESSENGER_TOKEN n'est pas le jeton de la page CIC_MESSENGER_PAGE_ID.")),
        ({"token": "autre"}, Health(False, "Meta refuse notre jeton ou nos autorisations : 401 190.")),
    ],
)
def test_the_check_says_whose_token_it_is(messenger: PlayedMessenger, settings: dict[str, str], health: Health) -> None:
    assert with_connector(messenger.address, lambda connector: connector.check(), **settings) == health


def test_the_check_says_when_nobody_can_be_asked() -> None:
    assert with_connector("http://127.0.0.1:9", lambda connector: connector.check()).valid is None


def test_no_secret_is_shown_by_the_settings() -> None:
    shown = repr(Messenger(PAGE, TOKEN, APP_SECRET, VERIFY_TOKEN))
    assert not any(secret in shown for secret in (TOKEN, APP_SECRET, VERIFY_TOKEN))
