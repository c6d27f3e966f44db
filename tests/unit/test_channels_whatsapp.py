"""WhatsApp by Meta's API: what is read of its webhooks, and how an answer is dressed. What Meta's errors mean is held for Messenger."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timezone
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.platforms.meta import APP_SECRET, TOKEN, VERIFY_TOKEN, VERSION, error
from support.platforms.platform import Raw
from support.platforms.whatsapp import PHONE, PlayedWhatsApp

from bot.channel_settings import WhatsApp
from bot.channels.model import (
    AccessError,
    Body,
    Bubble,
    BusyError,
    Choice,
    Delivery,
    Failure,
    ForgedError,
    Health,
    Incoming,
    Kind,
    Receipt,
    Style,
    UnreachableError,
)
from bot.channels.rendering import render
from bot.channels.whatsapp import WhatsAppConnector
from bot.channels.whatsapp_text import unformatted

T = TypeVar("T")
LONG = "Les secteurs qui sont soutenus dans chacun des pays partenaires"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["from", "id", "type", "text", "button", "errors"]), inner),
    max_leaves=8,
)


@pytest.fixture
def whatsapp() -> Iterator[PlayedWhatsApp]:
    played = PlayedWhatsApp()
    played.start()
    yield played
    played.stop()
    assert played.violations == []


def with_connector(address: str, use: Callable[[WhatsAppConnector], Awaitable[T]], phone: str = PHONE, token: str = TOKEN) -> T:
    """Use a connector on one event loop, as the web process does."""

    async def run() -> T:
        connector = WhatsAppConnector(WhatsApp(phone, token, APP_SECRET, VERIFY_TOKEN, f"{address}/{VERSION}"))
        try:
            return await use(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def received(raw: Raw) -> Receipt:
    headers = {name.lower(): value for name, value in raw.headers.items()}
    delivery = Delivery(raw.method, "/webhooks/whatsapp", raw.query, headers, raw.body)
    return with_connector("http://127.0.0.1:9", lambda connector: connector.receive(delivery))


def read(sort: str, content: object) -> tuple[Kind, str]:
    """What a message of this type says; it is the only one of its delivery."""
    (message,) = received(PLAYED.update(messages=[PLAYED.raw("awa", sort) | {sort: content}])).messages
    return message.kind, message.text


def answer(whatsapp: PlayedWhatsApp, said: list[dict[str, Any]], person: str = "awa") -> list[str | None]:
    """Send an answer to what a person wrote; return the ids of its messages."""
    (message,) = received(whatsapp.message(person, "bonjour")).messages
    return [sent(whatsapp, CONNECTOR.dress(bubble), message.address) for bubble in render(said, CONNECTOR.abilities).bubbles]


def sent(whatsapp: PlayedWhatsApp, body: Body, address: Any, **settings: str) -> str | None:
    return with_connector(whatsapp.address, lambda connector: connector.send(address, {}, body, "1"), **settings)


def with_buttons(text: str, *titles: str) -> dict[str, Any]:
    return {"text": text, "buttons": [{"title": title, "value": title.lower()} for title in titles]}


PLAYED = PlayedWhatsApp()
CONNECTOR = WhatsAppConnector(WhatsApp(PHONE, TOKEN, APP_SECRET, VERIFY_TOKEN))
"""For what needs no connection."""
NUMBER, OWN_ID = PLAYED.reached("awa")
_, HIDDEN_ID = PLAYED.reached("binta")


# --- who delivers ---


def test_meta_is_told_its_challenge_when_it_knows_our_word() -> None:
    assert received(PLAYED.question()).body == b"1158201444"
    with pytest.raises(ForgedError):
        received(PLAYED.question(verify_token="autre"))


@pytest.mark.parametrize("forgery", range(4))
def test_a_delivery_without_its_signature_is_forged(forgery: int) -> None:
    with pytest.raises(ForgedError):
        received(PLAYED.forged(PLAYED.message("awa", "bonjour"))[forgery])


# --- what is read ---


def test_a_text_is_read_with_who_wrote_it_and_when() -> None:
    (message,) = received(PLAYED.message("awa", "Quel est le budget ?", 55, 1772698020)).messages
    sent_at = datetime.fromtimestamp(1772698020, timezone.utc)
    assert message == Incoming("wamid.55", OWN_ID, {"to": NUMBER}, Kind.TEXT, "Quel est le budget ?", sent_at)


def test_who_hides_her_number_is_answered_by_the_id_that_holds_for_us() -> None:
    (message,) = received(PLAYED.message("binta", "bonjour")).messages
    assert (message.sender, message.address) == (HIDDEN_ID, {"recipient": HIDDEN_ID})


def test_a_number_without_an_id_is_one_too() -> None:
    said = PLAYED.raw("awa", "text") | {"text": {"body": "bonjour"}}
    del said["from_user_id"]
    (message,) = received(PLAYED.update(messages=[said])).messages
    assert (message.sender, message.address) == (NUMBER, {"to": NUMBER})


def test_every_message_of_every_change_of_every_entry_is_read() -> None:
    messages = received(PLAYED.batch([("awa", "un", 1), ("awa", "deux", 2), ("binta", "trois", 3), ("awa", "quatre", 4)])).messages
    assert [(message.platform_id, message.text) for message in messages] == [
        ("wamid.1", "un"),
        ("wamid.2", "deux"),
        ("wamid.3", "trois"),
        ("wamid.4", "quatre"),
    ]


PICTURE = {"id": "2754859441498128", "mime_type": "image/jpeg"}


@pytest.mark.parametrize(
    ("sort", "content", "said"),
    [
        ("text", {"body": "bonjour"}, (Kind.TEXT, "bonjour")),
        ("interactive", {"type": "button_reply", "button_reply": {"id": "oui", "title": "Oui"}}, (Kind.TEXT, "oui")),
        ("interactive", {"type": "list_reply", "list_reply": {"id": "Les secteurs", "title": "Les…"}}, (Kind.TEXT, "Les secteurs")),
        ("interactive", {"type": "button_reply", "button_reply": {"title": "Oui"}}, (Kind.TEXT, "Oui")),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"response_json": "{}"}}, (Kind.MEDIA, "")),
        ("button", {"payload": "oui", "text": "Oui, volontiers"}, (Kind.TEXT, "oui")),
        ("button", {"text": "Oui, volontiers"}, (Kind.TEXT, "Oui, volontiers")),
        ("image", PICTURE, (Kind.MEDIA, "")),
        ("image", PICTURE | {"caption": "C'est quoi ?"}, (Kind.TEXT, "C'est quoi ?")),
        ("document", PICTURE | {"filename": "projet.pdf", "caption": "Voici le projet."}, (Kind.TEXT, "Voici le projet.")),
        ("audio", PICTURE | {"voice": True}, (Kind.MEDIA, "")),
        ("sticker", PICTURE, (Kind.MEDIA, "")),
        ("location", {"latitude": 50.5, "longitude": 4.6, "name": "Gembloux"}, (Kind.MEDIA, "")),
        ("contacts", [{"name": {"formatted_name": "Awa"}}], (Kind.MEDIA, "")),
        ("unsupported", {"type": "poll_creation"}, (Kind.MEDIA, "")),
        ("text", {"body": " \n"}, (Kind.MEDIA, "")),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_each_type_of_message_is_words_or_a_medium(sort: str, content: object, said: tuple[Kind, str]) -> None:
    assert read(sort, content) == said


def test_who_opens_the_conversation_is_told_who_we_are() -> None:
    raw = PLAYED.begin("awa")
    assert [message.kind for message in received(raw).messages] == [Kind.START]


@pytest.mark.parametrize("place", range(len(PLAYED.noise("awa"))))
def test_what_is_not_said_to_us_is_left_aside(place: int) -> None:
    assert received(PLAYED.noise("awa")[place]) == Receipt([], [])


@pytest.mark.parametrize(
    "message",
    [
        None,
        "bonjour",
        {"id": "wamid.1", "type": "text", "text": {"body": "from nobody"}},
        {"from": "32455550100", "type": "text", "text": {"body": "without an id"}},
        {"from": "32455550100", "id": "wamid.1", "text": {"body": "without a type"}},
        {"from": ["32455550100"], "id": {}, "type": "text", "text": "x"},
    ],
)
def test_a_malformed_message_does_not_lose_the_others(message: Any) -> None:
    whole = PLAYED.raw("awa", "text") | {"text": {"body": "entier"}}
    assert [found.text for found in received(PLAYED.update(messages=[message, whole])).messages] == ["entier"]


@given(JSON)
def test_no_shape_of_a_change_is_an_error(content: Any) -> None:
    for told in (PLAYED.update(messages=content), PLAYED.update(messages=[content], statuses=[content])):
        assert isinstance(received(told), Receipt)


def test_what_did_not_arrive_is_told_with_its_code() -> None:
    assert received(PLAYED.failed("wamid.7", 131047)) == Receipt([], [Failure("wamid.7", "131047")])
    assert received(PLAYED.update(statuses=[PLAYED.status("wamid.8", "failed")])).failures == [Failure("wamid.8", "sans code")]
    for code in ("Awa Ndiaye", "\u0661", "1" * 50):
        failed = PLAYED.status("wamid.8", "failed") | {"errors": [{"code": code}]}
        assert received(PLAYED.update(statuses=[failed])).failures == [Failure("wamid.8", "sans code")]


def test_a_failure_and_a_message_come_together() -> None:
    said = PLAYED.raw("awa", "text") | {"text": {"body": "bonjour"}}
    receipt = received(PLAYED.update(messages=[said], statuses=[None, PLAYED.status("wamid.7", "failed")]))
    assert (len(receipt.messages), len(receipt.failures)) == (1, 1)


# --- how an answer is dressed ---


def test_the_source_stands_in_italics_below_the_text(whatsapp: PlayedWhatsApp) -> None:
    source = {"section": "Budget", "page": "Programme CIC", "updated": "2026-03-04"}
    answer(whatsapp, [{"text": "Huit millions.", "source": source}])
    (shown,) = whatsapp.seen("awa")
    assert shown.text.startswith("Huit millions.\nSource")
    assert "_" not in shown.text
    body = CONNECTOR.dress(Bubble("Huit millions.", "Source : Budget"))
    assert body == {"type": "text", "text": {"body": "Huit millions.\n_Source : Budget_", "preview_url": False}}


@pytest.mark.parametrize(
    ("titles", "sort"),
    [
        (("Oui", "Non"), "button_reply"),
        (("Oui", "Non", "Plus tard", "Jamais"), "list_reply"),
        (("Oui", LONG), "list_reply"),
    ],
)
def test_what_is_pressed_is_what_was_meant(whatsapp: PlayedWhatsApp, titles: tuple[str, ...], sort: str) -> None:
    answer(whatsapp, [with_buttons("Lequel ?", *titles)])
    assert whatsapp.seen("awa")[0].choices == titles
    for title in titles:
        raw = whatsapp.press("awa", title)
        assert f'"{sort}"'.encode() in raw.body
        assert received(raw).messages[0].text == title.lower()


def test_a_title_that_is_too_long_for_a_row_is_cut_and_stands_whole_below() -> None:
    body = CONNECTOR.dress(Bubble("Lequel ?", choices=(Choice("Oui", "oui"), Choice(LONG, "secteurs")), style=Style.LIST))
    action = body["interactive"]["action"]
    assert action["button"] == "Choisir"
    assert action["sections"][0]["rows"] == [
        {"id": "oui", "title": "Oui"},
        {"id": "secteurs", "title": "Les secteurs qui sont…", "description": LONG},
    ]


@given(
    st.lists(st.text(alphabet="ab*_ c", min_size=1, max_size=80).filter(str.strip), max_size=12, unique=True),
    st.text(alphabet="ab*_ c.\n", min_size=1, max_size=2500).filter(str.strip),
)
def test_whatever_is_said_is_within_the_limits(titles: list[str], text: str) -> None:
    source = {"section": "Budget", "page": "Programme CIC", "updated": "2026-03-04"}
    for bubble in render([with_buttons(text.strip(), *titles) | {"source": source}], CONNECTOR.abilities).bubbles:
        body = CONNECTOR.dress(bubble)
        said = body["interactive"]["body"]["text"] if body["type"] == "interactive" else body["text"]["body"]
        assert 0 < len(said) <= 1024


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("*important*", "\u2217important\u2217"),
        ("_penché_ et ~barré~ et `code`", "\u02cdpenché\u02cd et \u223cbarré\u223c et \u02cbcode\u02cb"),
        ("```bloc```", "\u02cb\u02cb\u02cbbloc\u02cb\u02cb\u02cb"),
        ("awa_ndiaye@commune.example", "awa_ndiaye@commune.example"),
        ("5 * 3 * 2", "5 * 3 * 2"),
        ("voir https://commune.example/_a_/b*c* ici", "voir https://commune.example/_a_/b*c* ici"),
        ("Trois (*) et « *quatre* »", "Trois (\u2217) et « \u2217quatre\u2217 »"),
    ],
)
def test_no_sign_of_an_answer_becomes_a_formatting(text: str, shown: str) -> None:
    assert unformatted(text) == shown


@given(st.text(alphabet="ab *_~`.\n"))
def test_what_is_kept_from_being_formatted_stays_as_long(text: str) -> None:
    assert len(unformatted(text)) == len(text)
    assert unformatted(unformatted(text)) == unformatted(text)


# --- sending ---


@pytest.mark.parametrize("person", ["awa", "binta"])
def test_a_message_is_sent_to_a_number_or_to_who_hides_it(whatsapp: PlayedWhatsApp, person: str) -> None:
    whatsapp.number("awa")
    (ident,) = answer(whatsapp, [{"text": "Une *réponse*."}], person)
    assert [shown.text for shown in whatsapp.seen(person)] == ["Une \u2217réponse\u2217."]
    assert ident is not None
    assert ident.startswith("wamid.")


@pytest.mark.parametrize(("code", "kind"), [(131047, UnreachableError), (131056, BusyError), (131031, AccessError)])
def test_errors_mean_what_their_codes_say(whatsapp: PlayedWhatsApp, code: int, kind: type[Exception]) -> None:
    whatsapp.trouble = [error(400, code, "…")]
    with pytest.raises(kind):
        answer(whatsapp, [{"text": "Bonjour."}])


def test_who_is_not_on_whatsapp_cannot_be_reached(whatsapp: PlayedWhatsApp) -> None:
    with pytest.raises(UnreachableError):
        sent(whatsapp, {"type": "text", "text": {"body": "Bonjour."}}, {"to": "32455550199"})


# --- whether our credentials are good ---


@pytest.mark.parametrize(
    ("settings", "health"),
    [
        ({}, Health(True, "Programme CIC, +32 2 555 01 00, livré à https://assistant.example/webhooks/whatsapp")),
        ({"phone": "999"}, Health(False, "Meta refuse notre jeton ou nos autorisations : 400 100/33.")),
        ({"token": "autre"}, Health(False, "Meta refuse notre jeton ou nos autorisations : 401 190.")),
    ],
)
def test_the_check_says_which_number_it_is(whatsapp: PlayedWhatsApp, settings: dict[str, str], health: Health) -> None:
    assert with_connector(whatsapp.address, lambda connector: connector.check(), **settings) == health
