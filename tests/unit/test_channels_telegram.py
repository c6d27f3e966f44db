"""Telegram: what is read of its updates, what is left aside, how an answer is dressed, and what its errors mean."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.platforms.platform import Reply
from support.platforms.telegram import BOT, SECRET, TOKEN, PlayedTelegram, busy

from bot.channel_settings import Telegram
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
from bot.channels.telegram import TelegramConnector
from bot.errors import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError, UncertainDeliveryError

T = TypeVar("T")
AWA = {"id": 7001, "is_bot": False, "first_name": "Awa", "language_code": "fr"}
PRIVATE = {"id": 7001, "first_name": "Awa", "type": "private"}
GROUP = {"id": -1001234, "type": "supergroup", "title": "Commune"}
PHOTO = [{"file_id": "AgACAgQ", "file_unique_id": "AQAD", "width": 90, "height": 60}]
MESSAGE = {"message_id": 55, "from": AWA, "chat": PRIVATE, "date": 1772698020}
OF_BOT = {"message_id": 54, "from": BOT, "chat": GROUP, "date": 1772698000, "text": "Bonjour."}
HEADERS = {"x-telegram-bot-api-secret-token": SECRET, "content-type": "application/json"}
LONG = "Les secteurs qui sont soutenus dans chacun des pays partenaires du Programme"


@pytest.fixture
def telegram() -> Iterator[PlayedTelegram]:
    played = PlayedTelegram()
    played.start()
    yield played
    played.stop()
    assert played.violations == []


def with_connector(telegram: PlayedTelegram, use: Callable[[TelegramConnector], Awaitable[T]], token: str = TOKEN) -> T:
    """Use a connector on one event loop, as the web process does."""

    async def run() -> T:
        connector = TelegramConnector(Telegram(token, SECRET, telegram.address))
        try:
            return await use(connector)
        finally:
            await connector.close()

    return asyncio.run(run())


def delivery(update: object, headers: Mapping[str, str] = HEADERS) -> Delivery:
    body = update if isinstance(update, bytes) else json.dumps(update).encode()
    return Delivery("POST", "/webhooks/telegram", "", headers, body)


def read(update: Mapping[str, Any], telegram: PlayedTelegram | None = None) -> Incoming | None:
    """What a connector reads of an update; None when it is nothing to it. Without a played Telegram there is nobody to ask."""
    connector = TelegramConnector(Telegram(TOKEN, SECRET, "http://127.0.0.1:9"))

    def received(one: TelegramConnector) -> Awaitable[Any]:
        return one.receive(delivery({"update_id": 1, **update}))

    receipt = with_connector(telegram, received) if telegram else asyncio.run(connector.receive(delivery({"update_id": 1, **update})))
    assert len(receipt.messages) <= 1
    return receipt.messages[0] if receipt.messages else None


def wrote(text: str, **more: Any) -> Incoming | None:
    return read({"message": MESSAGE | {"text": text} | more})


def in_group(telegram: PlayedTelegram, text: str, mention: str | None = None, **more: Any) -> Incoming | None:
    """What is read of a message in a group; `mention` is the part of the text that Telegram marks, counted in UTF-16."""
    entities = []
    if mention:
        before = text[: text.index(mention)]
        entities = [{"type": "mention", "offset": len(before.encode("utf-16-le")) // 2, "length": len(mention)}]
    return read({"message": MESSAGE | {"chat": GROUP, "text": text, "entities": entities} | more}, telegram)


def pressed(data: str, **message: Any) -> dict[str, Any]:
    shown = {"message_id": 60, "from": BOT, "chat": PRIVATE, "date": 1772698030, "text": "…", **message}
    return {"callback_query": {"id": "4382", "from": AWA, "message": shown, "chat_instance": "1", "data": data}}


# --- who delivers ---


@pytest.mark.parametrize("shown", [None, "", "autre", SECRET[:-1], SECRET + "x", SECRET.upper(), "é" * 20, "\udce9"])
def test_a_delivery_without_the_secret_is_forged_before_it_is_read(shown: str | None) -> None:
    headers = {"content-type": "application/json"} | ({} if shown is None else {"x-telegram-bot-api-secret-token": shown})
    with pytest.raises(ForgedError):
        asyncio.run(TelegramConnector(Telegram(TOKEN, SECRET)).receive(delivery(b"\xff no JSON at all", headers)))


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [(b"{}", "text/plain", 415), (b"{}", "", 415), (b"{", "application/json", 400), (b"[]", "application/json; charset=utf-8", 400)],
)
def test_what_is_no_json_object_is_refused(body: bytes, kind: str, status: int) -> None:
    with pytest.raises(UnreadableError) as raised:
        asyncio.run(TelegramConnector(Telegram(TOKEN, SECRET)).receive(delivery(body, HEADERS | {"content-type": kind})))
    assert raised.value.status == status


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from([*MESSAGE, "x", "id", "type", "text"]), inner, max_size=5),
    max_leaves=12,
)
PLACES: list[tuple[str | int, ...]] = [
    (),
    ("message",),
    ("callback_query",),
    *(("message", name) for name in [*MESSAGE, "text", "caption", "entities", "reply_to_message", "media_group_id", "photo"]),
    *(("callback_query", name) for name in ("id", "from", "message", "data")),
    ("message", "entities", 0),
    ("message", "entities", 0, "offset"),
    ("message", "entities", 0, "length"),
    ("message", "chat", "type"),
    ("message", "chat", "id"),
    ("callback_query", "message", "reply_markup"),
    ("callback_query", "message", "reply_markup", "inline_keyboard", 0),
]


def _with(update: Any, place: tuple[str | int, ...], value: object) -> Any:
    if not place:
        return value
    update[place[0]] = _with(update[place[0]] if place[1:] else None, place[1:], value)
    return update


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(PLACES), value=JSON)
def test_whatever_stands_in_an_update_it_is_read_or_refused(place: tuple[str | int, ...], value: object) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Oui", "callback_data": "#0"}]]}
    mention = [{"type": "mention", "offset": 0, "length": 4}]
    update: Any = {"message": MESSAGE | {"chat": GROUP, "text": "@moi", "entities": mention}} | pressed("#0", reply_markup=keyboard)
    if place[:1] == ("message",):
        del update["callback_query"]
    update = _with(json.loads(json.dumps(update)), place, value)

    async def receive() -> None:
        connector = TelegramConnector(Telegram(TOKEN, SECRET))
        connector._name = "AssistantCicBot"
        for message in (await connector.receive(delivery(update))).messages:
            assert message.platform_id
            assert message.sender
            json.dumps([message.address, message.context])

    try:
        asyncio.run(receive())
    except UnreadableError:
        assert place == ()  # what is an object is read, whatever stands in it


# --- what a person writes ---


def test_a_message_carries_who_wrote_where_and_when() -> None:
    assert wrote("Quel est le budget ?") == Incoming(
        platform_id="7001:55",
        sender="7001:7001",
        address={"chat": "7001"},
        text="Quel est le budget ?",
        sent_at=datetime(2026, 3, 5, 8, 7, tzinfo=timezone.utc),
        context={"topic": None, "reply": None},
    )


@pytest.mark.parametrize("text", ["/start", "/start@AssistantCicBot", "/start campagne-2026", "/START", "/help", "/settings"])
def test_the_commands_that_telegram_proposes_begin_the_conversation(text: str) -> None:
    found = wrote(text)
    assert found
    assert (found.kind, found.text) == (Kind.START, "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("/budget", "budget"),
        ("/budget du Bénin", "budget du Bénin"),
        ("/budget@AssistantCicBot 2014", "budget 2014"),
        ('/intent{"objet": "budget"}', 'intent {"objet": "budget"}'),
        ("/session_start", "session_start"),
        ("/startle", "startle"),
        ("/", "/"),
        ("/ restart", "/ restart"),
    ],
)
def test_of_any_other_command_the_words_count(text: str, said: str) -> None:
    found = wrote(text)
    assert found
    assert (found.kind, found.text) == (Kind.TEXT, said)


@pytest.mark.parametrize("media", ["photo", "voice", "sticker", "document", "location", "contact", "poll", "video_note", "checklist"])
def test_what_is_no_text_is_media_and_a_caption_is_text(media: str) -> None:
    bare, named = read({"message": MESSAGE | {media: {}}}), read({"message": MESSAGE | {media: {}, "caption": "Le budget ?"}})
    assert bare
    assert named
    assert (bare.kind, bare.text, named.kind, named.text) == (Kind.MEDIA, "", Kind.TEXT, "Le budget ?")


def test_an_album_is_one_message_and_its_caption_another() -> None:
    pictures = [
        read({"message": MESSAGE | {"message_id": 70 + place, "photo": PHOTO, "media_group_id": "1346"} | more})
        for place, more in enumerate(({}, {"caption": "Le budget ?"}, {}))
    ]
    assert [found and (found.platform_id, found.kind) for found in pictures] == [
        ("7001:album:1346", Kind.MEDIA),
        ("7001:71", Kind.TEXT),
        ("7001:album:1346", Kind.MEDIA),
    ]


@pytest.mark.parametrize(
    "more",
    [
        {"forward_origin": {"type": "user", "sender_user": {"id": 1, "is_bot": False, "first_name": "X"}, "date": 1}},
        {"via_bot": {"id": 2, "is_bot": True, "first_name": "gif"}},
        {"reply_to_message": OF_BOT | {"chat": PRIVATE}},
    ],
    ids=["forwarded", "by another bot's help", "reply"],
)
def test_in_private_everything_that_a_person_sends_is_hers(more: dict[str, Any]) -> None:
    found = wrote("Quel est le budget ?", **more)
    assert found
    assert found.text == "Quel est le budget ?"


NOTHING: dict[str, dict[str, Any]] = {
    "edited": {"edited_message": MESSAGE | {"text": "Quel budget ?", "edit_date": 1}},
    "post of a channel": {"channel_post": {"message_id": 5, "date": 1, "chat": {"id": -100, "type": "channel"}, "text": "Bonjour"}},
    "message of a channel": {"message": MESSAGE | {"chat": {"id": -100, "type": "channel"}, "text": "Bonjour"}},
    "business message": {"business_message": MESSAGE | {"business_connection_id": "b", "text": "Bonjour"}},
    "connection of a business": {"business_connection": {"id": "b", "user": AWA, "user_chat_id": 7001, "date": 1, "is_enabled": True}},
    "question in line": {"inline_query": {"id": "1", "from": AWA, "query": "budget", "offset": ""}},
    "reaction": {"message_reaction": {"chat": PRIVATE, "message_id": 3, "date": 1, "old_reaction": [], "new_reaction": []}},
    "blocked": {"my_chat_member": {"chat": PRIVATE, "from": AWA, "date": 1}},
    "written by a bot": {"message": MESSAGE | {"from": AWA | {"is_bot": True}, "text": "Bonjour"}},
    "without a writer": {"message": {"message_id": 1, "chat": PRIVATE, "date": 1, "text": "Bonjour"}},
    "member": {"message": MESSAGE | {"chat": GROUP, "new_chat_members": [BOT]}},
    "upgraded group": {"message": MESSAGE | {"chat": GROUP | {"type": "group"}, "migrate_to_chat_id": -1005}},
    "supergroup that was a group": {"message": MESSAGE | {"chat": GROUP, "migrate_from_chat_id": -5}},
    "pinned": {"message": MESSAGE | {"pinned_message": OF_BOT}},
    "a kind to come": {"message": MESSAGE | {"hologram": {}}},
    "only spaces": {"message": MESSAGE | {"text": " \n"}},
    "no content": {},
}


@pytest.mark.parametrize("update", NOTHING.values(), ids=NOTHING)
def test_what_nobody_says_to_the_bot_is_nothing(update: dict[str, Any]) -> None:
    assert read(update) is None


# --- groups ---


@pytest.mark.parametrize(
    ("text", "mention", "said"),
    [
        ("@AssistantCicBot quel est le budget ?", "@AssistantCicBot", "quel est le budget ?"),
        ("Bonjour @assistantcicbot", "@assistantcicbot", "Bonjour"),
        ("👋🏾👩🏾‍💼 Bonjour @AssistantCicBot, le budget ?", "@AssistantCicBot", "👋🏾👩🏾‍💼 Bonjour , le budget ?"),
        ("/budget@AssistantCicBot 2014", None, "budget 2014"),
        ("@AssistantCicBot /budget", "@AssistantCicBot", "budget"),
    ],
)
def test_in_a_group_what_names_the_bot_is_read_without_its_name(
    telegram: PlayedTelegram, text: str, mention: str | None, said: str
) -> None:
    found = in_group(telegram, text, mention)
    assert found
    assert (found.text, found.kind, found.in_group) == (said, Kind.TEXT, True)
    assert (found.sender, found.address, found.context) == ("-1001234:7001", {"chat": "-1001234"}, {"topic": None, "reply": 55})


@pytest.mark.parametrize(
    ("text", "mention"),
    [
        ("Quel est le budget ?", None),
        ("@AutreBot quel est le budget ?", "@AutreBot"),
        ("@AssistantCicBot2 quel est le budget ?", "@AssistantCicBot2"),
        ("voir @AssistantCicBot", None),  # not marked by Telegram: part of a link or of code
        ("/start", None),
        ("/start@AutreBot", None),
    ],
)
def test_in_a_group_what_is_said_to_others_is_nothing(telegram: PlayedTelegram, text: str, mention: str | None) -> None:
    assert in_group(telegram, text, mention) is None


@pytest.mark.parametrize("text", ["@AssistantCicBot", "/start@AssistantCicBot", "@AssistantCicBot /help"])
def test_the_bare_name_in_a_group_begins(telegram: PlayedTelegram, text: str) -> None:
    found = in_group(telegram, text, "@AssistantCicBot")
    assert found
    assert (found.kind, found.text) == (Kind.START, "")


def test_a_picture_in_a_group_is_for_the_bot_when_its_caption_says_so(telegram: PlayedTelegram) -> None:
    entity = {"type": "mention", "offset": 0, "length": 16}

    def pictured(caption: str, entities: list[Any]) -> Incoming | None:
        more = {"chat": GROUP, "photo": PHOTO, "caption": caption, "caption_entities": entities}
        return read({"message": MESSAGE | more}, telegram)

    asked, bare = pictured("@AssistantCicBot le budget ?", [entity]), pictured("@AssistantCicBot", [entity])
    assert asked
    assert bare
    assert (asked.kind, asked.text, bare.kind) == (Kind.TEXT, "le budget ?", Kind.MEDIA)
    assert pictured("Le budget ?", []) is None


def test_a_reply_to_the_bot_is_read_without_asking_for_its_name() -> None:
    of_another = OF_BOT | {"from": AWA | {"id": 9}}
    replied = {"chat": GROUP, "text": "Et en 2015 ?"}
    found = read({"message": MESSAGE | replied | {"reply_to_message": OF_BOT}})
    assert found
    assert (found.text, found.context["reply"]) == ("Et en 2015 ?", 55)
    assert read({"message": MESSAGE | replied | {"reply_to_message": of_another}}) is None


def test_a_topic_of_a_group_is_where_the_answer_goes(telegram: PlayedTelegram) -> None:
    asked = in_group(telegram, "@AssistantCicBot budget", "@AssistantCicBot", is_topic_message=True, message_thread_id=12)
    thread = in_group(telegram, "@AssistantCicBot budget", "@AssistantCicBot", message_thread_id=12)  # a thread of replies is no topic
    assert asked
    assert thread
    assert (asked.context["topic"], thread.context["topic"]) == (12, None)


def test_what_a_channel_posts_into_its_group_is_nothing(telegram: PlayedTelegram) -> None:
    forwarded = {"is_automatic_forward": True, "from": {"id": 777000, "is_bot": False, "first_name": "Telegram"}}
    assert in_group(telegram, "Voir @AssistantCicBot", "@AssistantCicBot", **forwarded) is None


def test_while_telegram_does_not_say_its_name_a_mention_comes_again_and_nothing_else_waits(telegram: PlayedTelegram) -> None:
    mentioned = MESSAGE | {"chat": GROUP, "text": "@AssistantCicBot budget", "entities": [{"type": "mention", "offset": 0, "length": 16}]}

    async def use(connector: TelegramConnector) -> tuple[int, int, str]:
        telegram.down()
        with pytest.raises(UnreadableError) as raised:
            await connector.receive(delivery({"message": mentioned}))
        private = await connector.receive(delivery({"message": MESSAGE | {"text": "Bonjour"}}))
        telegram.up()
        again = await connector.receive(delivery({"message": mentioned}))
        await connector.receive(delivery({"message": mentioned}))
        return raised.value.status, len(private.messages), again.messages[0].text

    assert with_connector(telegram, use) == (503, 1, "budget")
    assert [call.path.rpartition("/")[2] for call in telegram.calls] == ["getMe"]


# --- buttons ---


def test_a_button_says_its_value() -> None:
    found = read(pressed("oui"))
    assert found
    assert (found.platform_id, found.text, found.kind, found.sender) == ("pressed:4382", "oui", Kind.TEXT, "7001:7001")
    assert found.context == {"pressed": "4382", "topic": None}


def test_a_value_that_a_button_cannot_carry_is_said_by_its_title() -> None:
    dressed = connector().dress(bubble_with(Choice("Non", "non"), Choice("Les secteurs", LONG), Choice("Un dièse", "#1")))
    keyboard = dressed["reply_markup"]["inline_keyboard"]
    assert [row[0]["callback_data"] for row in keyboard] == ["non", "#1", "#2"]
    texts = [read(pressed(row[0]["callback_data"], reply_markup={"inline_keyboard": keyboard})) for row in keyboard]
    assert [found and found.text for found in texts] == ["non", "Les secteurs", "Un dièse"]


@pytest.mark.parametrize(
    "message",
    [{"date": 0}, {"reply_markup": {"inline_keyboard": [[{"text": "Autre", "callback_data": "#4"}]]}}],
    ids=["inaccessible", "another keyboard"],
)
def test_an_old_button_whose_title_nobody_knows_any_more_begins_anew(message: dict[str, Any]) -> None:
    found = read(pressed("#1", **message))
    assert found
    assert (found.kind, found.text) == (Kind.START, "")


@pytest.mark.parametrize(
    "change",
    [{"message": None}, {"message": {}}, {"data": ""}, {"data": None}, {"from": None}, {"message": None, "inline_message_id": "7"}],
    ids=["no message", "empty message", "empty", "game", "nobody", "in line"],
)
def test_a_button_of_nobody_or_nowhere_is_nothing(change: dict[str, Any]) -> None:
    assert read({"callback_query": pressed("oui")["callback_query"] | change}) is None


def test_whoever_presses_in_a_group_is_answered_there() -> None:
    found = read(pressed("oui", chat=GROUP, is_topic_message=True, message_thread_id=12))
    assert found
    assert (found.sender, found.in_group, found.context["topic"]) == ("-1001234:7001", True, 12)


# --- what is sent ---


def connector() -> TelegramConnector:
    return TelegramConnector(Telegram(TOKEN, SECRET))


def bubble_with(*choices: Choice) -> Bubble:
    return Bubble("Que voulez-vous savoir ?", choices=choices, style=Style.BUTTONS)


def test_text_is_escaped_and_the_source_is_a_link_in_italics() -> None:
    bubble = Bubble("2 < 3 & « a »", "Source : <page>", 'https://x.example/?a=1&b="2"')
    assert connector().dress(bubble) == {
        "text": '2 &lt; 3 &amp; « a »\n<i><a href="https://x.example/?a=1&amp;b=&quot;2&quot;">Source : &lt;page&gt;</a></i>',
        "parse_mode": "HTML",
        "link_preview_options": {"is_disabled": True},
    }


def send(telegram: PlayedTelegram, chat: str = "7001", **context: Any) -> str | None:
    body = connector().dress(Bubble("Bonjour."))
    return with_connector(telegram, lambda one: one.send({"chat": chat}, context, body, "key"))


def sent(telegram: PlayedTelegram) -> list[dict[str, Any]]:
    return [json.loads(call.body) for call in telegram.calls if call.path.endswith("/sendMessage")]


def test_a_message_goes_to_its_chat_and_its_id_is_returned(telegram: PlayedTelegram) -> None:
    ident = send(telegram)
    assert ident
    assert ident.startswith("7001:")
    assert sent(telegram) == [{"chat_id": "7001", **connector().dress(Bubble("Bonjour."))}]


def test_in_a_group_it_replies_in_the_topic_even_if_the_question_was_deleted(telegram: PlayedTelegram) -> None:
    send(telegram, "-1001234", topic=12, reply=55)
    (message,) = sent(telegram)
    assert (message["message_thread_id"], message["reply_parameters"]) == (12, {"message_id": 55, "allow_sending_without_reply": True})


def test_the_clock_on_a_pressed_button_is_stopped_and_its_trouble_is_none_of_ours(telegram: PlayedTelegram) -> None:
    send(telegram, pressed="4382", topic=None)
    assert telegram.answered_presses == ["4382"]
    with pytest.raises(AccessError):
        with_connector(telegram, lambda one: one.send({"chat": "7001"}, {"pressed": "1"}, {"text": "x"}, "key"), token="1:revoked")


def test_a_group_that_became_a_supergroup_is_answered_there_without_what_belonged_to_the_old_one(telegram: PlayedTelegram) -> None:
    telegram.trouble.append(error(400, "Bad Request: group chat was upgraded to a supergroup chat", {"migrate_to_chat_id": -1009}))
    ident = send(telegram, "-77", reply=55)
    assert ident
    assert ident.startswith("-1009:")
    assert [(message["chat_id"], "reply_parameters" in message) for message in sent(telegram)] == [("-77", True), ("-1009", False)]


def error(status: int, description: str, parameters: dict[str, Any] | None = None) -> Reply:
    body = {"ok": False, "error_code": status, "description": description}
    return Reply(status, json.dumps(body | ({"parameters": parameters} if parameters else {})).encode())


ERRORS: dict[str, tuple[Reply, type[DeliveryError]]] = {
    "unauthorised": (error(401, "Unauthorized"), AccessError),
    "no such bot": (error(404, "Not Found"), AccessError),
    "blocked": (error(403, "Forbidden: bot was blocked by the user"), UnreachableError),
    "kicked": (error(403, "Forbidden: bot was kicked from the supergroup chat"), UnreachableError),
    "never began": (error(403, "Forbidden: bot can't initiate conversation with a user"), UnreachableError),
    "deactivated": (error(403, "Forbidden: user is deactivated"), UnreachableError),
    "no chat": (error(400, "Bad Request: chat not found"), UnreachableError),
    "no rights": (error(400, "Bad Request: not enough rights to send text messages to the chat"), UnreachableError),
    "no rights of old": (error(400, "Bad Request: have no rights to send a message"), UnreachableError),
    "may not write": (error(400, "Bad Request: CHAT_WRITE_FORBIDDEN"), UnreachableError),
    "topic closed": (error(400, "Bad Request: TOPIC_CLOSED"), UnreachableError),
    "topic deleted": (error(400, "Bad Request: message thread not found"), UnreachableError),
    "upgraded to nowhere": (error(400, "Bad Request: group chat was upgraded to a supergroup chat"), UnreachableError),
    "too long": (error(400, "Bad Request: message is too long"), PermanentDeliveryError),
    "wrong entities": (error(400, "Bad Request: can't parse entities: unsupported start tag"), PermanentDeliveryError),
    "internal": (error(500, "Internal Server Error"), BusyError),
    "gateway": (Reply(502, b"<html>Bad Gateway</html>", {"Content-Type": "text/html"}), BusyError),
    "no result": (Reply(200, b"<html>Welcome</html>"), UncertainDeliveryError),
    "nothing": (Reply(200, b""), UncertainDeliveryError),
}


@pytest.mark.parametrize(("reply", "kind"), ERRORS.values(), ids=ERRORS)
def test_each_error_of_telegram_is_told_as_what_it_means(telegram: PlayedTelegram, reply: Reply, kind: type[DeliveryError]) -> None:
    telegram.trouble.append(reply)
    with pytest.raises(DeliveryError) as raised:
        send(telegram)
    assert type(raised.value) is kind
    assert "Bad Request" not in str(raised.value)
    assert TOKEN not in str(raised.value)


@pytest.mark.parametrize(("chat", "everybody"), [("7001", True), ("-1001234", False)], ids=["person", "group"])
def test_too_many_messages_make_all_wait_unless_they_went_to_one_group(telegram: PlayedTelegram, chat: str, everybody: bool) -> None:
    telegram.trouble.append(busy(17))
    with pytest.raises(BusyError) as raised:
        send(telegram, chat)
    assert (raised.value.seconds, raised.value.everybody) == (17.0, everybody)


@pytest.mark.parametrize(
    ("parameters", "header", "seconds"),
    [
        ({"retry_after": 10**400}, "", 3600.0),
        ({"retry_after": "bientôt"}, "5", 5.0),
        ({"retry_after": {}}, "5", 5.0),
        (None, "5", 5.0),
        (None, "", 0.0),
    ],
    ids=["an age", "a word", "an object", "only the header", "not said"],
)
def test_how_long_to_wait_is_believed_within_reason(
    telegram: PlayedTelegram, parameters: dict[str, Any] | None, header: str, seconds: float
) -> None:
    refused = error(429, "Too Many Requests", parameters)
    telegram.trouble.append(replace(refused, headers={"Retry-After": header} if header else {}))
    with pytest.raises(BusyError) as raised:
        send(telegram)
    assert raised.value.seconds == seconds


def test_a_telegram_that_is_away_may_be_tried_again(telegram: PlayedTelegram) -> None:
    telegram.down()
    with pytest.raises(TemporaryDeliveryError) as raised:
        send(telegram)
    assert not isinstance(raised.value, UncertainDeliveryError)


# --- the check ---


def check(telegram: PlayedTelegram, token: str = TOKEN) -> Health:
    return with_connector(telegram, lambda one: one.check(), token)


def test_a_good_token_is_valid_and_says_who_and_where(telegram: PlayedTelegram) -> None:
    assert check(telegram) == Health(True, "@AssistantCicBot, livré à https://assistant.example/webhooks/telegram")


def test_a_wrong_token_is_not_valid_and_an_absent_telegram_does_not_know(telegram: PlayedTelegram) -> None:
    assert check(telegram, "1:revoked").valid is False
    telegram.down()
    assert check(telegram).valid is None


@pytest.mark.parametrize(
    ("hook", "told"),
    [
        ({"url": ""}, "aucune adresse de livraison n'est déclarée"),
        ({"url": "https://x.example/", "last_error_message": "Wrong response from the webhook: 403 Forbidden"}, "403 Forbidden"),
    ],
)
def test_the_check_says_where_updates_go_and_what_went_wrong(
    telegram: PlayedTelegram, monkeypatch: pytest.MonkeyPatch, hook: dict[str, str], told: str
) -> None:
    played = telegram.serve

    def serve(call: Any) -> Reply:
        return Reply(200, json.dumps({"ok": True, "result": hook}).encode()) if call.path.endswith("getWebhookInfo") else played(call)

    monkeypatch.setattr(telegram, "serve", serve)
    health = check(telegram)
    assert health.valid
    assert told in health.detail


def test_a_telegram_in_trouble_says_nothing_of_the_token(telegram: PlayedTelegram, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telegram, "serve", lambda _: Reply(502, b"<html>"))
    assert check(telegram).valid is None
