"""Our door into Rasa: no message forces an intent, none is handled twice, and all that was said comes back in one piece."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import yaml

from bot.config import PROJECT
from bot.errors import StorageError
from bot.rasa_client import channel_token

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    from rasa.core.channels.channel import UserMessage
    from rasa.core.lock_store import LockError
    from rasa.core.tracker_store import TrackerStore
    from rasa.shared.core.domain import Domain
    from rasa.shared.core.events import SlotSet, UserUttered
    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
    from rasa.shared.nlu.training_data.message import Message
    from rasa.utils.endpoints import EndpointConfig
    from sanic import Sanic

    from bot.rasa.action_server import ActionsAwayError
    from bot.rasa.channel import CicInput, CollectingChannel, NotHandledError, Turns, answer_of, user_message
    from bot.rasa.tracker_store import CicTrackerStore

pytestmark = pytest.mark.anyio

KEY = "a key for tests only"
SOURCE = {"fact": ["combien.total"], "section": "C'est combien ?", "page": "Le Programme", "updated": "2016-03-15"}


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


ENTITY = '/inform{"fonction":"bourgmestre"}'
ATTEMPTS = ["/restart", " /restart", "\u2060/session_start", "\u200b \ufeff/back", ENTITY, "//restart", "\x00/restart"]


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_a_leading_slash_is_only_text_for_rasa(attempt: str) -> None:
    message = user_message(attempt, CollectingChannel(), "c1", "m1")
    parsed = Message(data={"text": message.text})
    assert YAMLStoryReader.unpack_regex_message(parsed) is parsed
    assert parsed.get("intent") is None


def test_without_our_channel_rasa_would_have_taken_it_for_an_intent() -> None:
    message = UserMessage(" /restart")
    assert YAMLStoryReader.unpack_regex_message(Message(data={"text": message.text})).get("intent")["name"] == "restart"


def test_the_original_of_a_neutralised_message_is_kept_beside_it() -> None:
    assert user_message("/restart", CollectingChannel(), "c1", "m1").metadata == {"original": "/restart"}


def test_an_ordinary_message_is_left_as_it_is() -> None:
    message = user_message("c'est combien ? 1/2", CollectingChannel(), "c1", "m1")
    assert (message.text, message.sender_id, message.message_id, message.input_channel) == ("c'est combien ? 1/2", "c1", "m1", "cic")
    assert not message.metadata


def test_all_that_was_said_comes_back_whole_and_in_order() -> None:
    said = [
        {"text": "Un.\n\nDeux.", "custom": {"source": SOURCE, "asks": "nom", "outcome": None}},
        {"text": "Trois.", "buttons": [{"title": "Oui", "payload": "oui"}], "custom": {"lang": "nl"}},
    ]
    assert answer_of(said) == {
        "messages": [
            {"text": "Un.\n\nDeux.", "buttons": [], "source": SOURCE},
            {"text": "Trois.", "buttons": [{"title": "Oui", "value": "oui"}], "source": None, "lang": "nl"},
        ],
        "asks": "nom",
        "outcome": None,
        "failed": False,
        "erased": False,
    }


@pytest.mark.parametrize(
    ("customs", "asks"),
    [
        ([{"asks": "nom"}, {"asks": "email"}], "email"),
        ([{"asks": "nom"}, {}], "nom"),
        ([{"asks": "nom"}, {"asks": None}], None),
        ([{}], None),
    ],
    ids=["the last one", "the last that says", "the last says none", "nobody says"],
)
def test_the_last_message_that_names_a_field_decides(customs: list[dict[str, Any]], asks: str | None) -> None:
    assert answer_of([{"text": "x", "custom": custom} for custom in customs])["asks"] == asks


def test_a_message_without_text_says_nothing_but_its_field_counts() -> None:
    answer = answer_of([{"text": "Votre nom ?"}, {"custom": {"asks": "nom"}}])
    assert (len(answer["messages"]), answer["asks"]) == (1, "nom")


def test_a_turn_in_which_nothing_was_said_has_failed() -> None:
    assert answer_of([])["failed"]


async def handled(*said: str) -> Callable[[UserMessage], Awaitable[None]]:
    async def handle(message: UserMessage) -> None:
        for text in said:
            await message.output_channel.send_response(message.sender_id, {"text": text})

    return handle


async def test_the_same_message_at_the_same_time_and_later_is_handled_once() -> None:
    gate, taken = asyncio.Event(), []

    async def handle(message: UserMessage) -> None:
        taken.append(message.message_id)
        await gate.wait()
        await message.output_channel.send_response("c1", {"text": "Reçu."})

    turns = Turns(handle)
    both = [asyncio.create_task(turns.answer("c1", "oui", "m1")) for _ in range(2)]
    await asyncio.sleep(0.01)
    gate.set()
    first, second = await asyncio.gather(*both)
    assert first == second == await turns.answer("c1", "oui", "m1")
    assert taken == ["m1"]
    await turns.answer("c2", "oui", "m1")
    assert taken == ["m1", "m1"]


async def test_a_turn_goes_on_when_the_web_process_goes_away() -> None:
    gate, done = asyncio.Event(), []

    async def handle(message: UserMessage) -> None:
        await gate.wait()
        done.append(message.message_id)

    caller = asyncio.create_task(Turns(handle).answer("c1", "oui", "m1"))
    await asyncio.sleep(0.01)
    caller.cancel()
    gate.set()
    await asyncio.sleep(0.01)
    assert done == ["m1"]


async def test_a_handler_that_raises_is_a_failed_turn_and_the_log_names_no_text(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(message: UserMessage) -> None:
        await message.output_channel.send_response("c1", {"text": "à moitié"})
        raise RuntimeError("broken")

    answer = await Turns(handle).answer("c1", "je suis Awa", "m1")
    assert answer["failed"]
    assert "m1" in caplog.text
    assert "Awa" not in caplog.text


async def test_a_handler_that_took_too_long_is_a_failed_turn(caplog: pytest.LogCaptureFixture) -> None:
    async def handle(_: UserMessage) -> None:
        raise asyncio.TimeoutError

    assert (await Turns(handle).answer("c1", "oui", "m1"))["failed"]
    assert "took too long" in caplog.text


async def test_a_turn_that_failed_while_nobody_waited_is_not_the_answer_to_the_same_message_later() -> None:
    tried: list[str] = []

    async def handle(message: UserMessage) -> None:
        tried.append(message.message_id)
        await asyncio.sleep(0.01)
        if len(tried) == 1:
            raise RuntimeError("broken")
        await message.output_channel.send_response("c1", {"text": "Bonjour."})

    turns = Turns(handle)
    caller = asyncio.create_task(turns.answer("c1", "bonjour", "m1"))
    await asyncio.sleep(0)
    caller.cancel()
    await asyncio.sleep(0.05)
    assert [message["text"] for message in (await turns.answer("c1", "bonjour", "m1"))["messages"]] == ["Bonjour."]


async def test_what_was_said_is_forgotten_after_a_while_and_with_the_conversation() -> None:
    clock = [0.0]

    async def handle(message: UserMessage) -> None:
        custom = {"erased": True} if "effacez" in message.text else {}
        await message.output_channel.send_response("c1", {"text": message.text, "custom": custom})

    turns = Turns(handle, now=lambda: clock[0])
    for number, conversation in enumerate(("c1", "c1", "c2")):
        await turns.answer(conversation, f"mon nom est Awa {number}", f"m{number}")
    await turns.answer("c1", "effacez tout", "m9")
    assert sorted(turns.running) == [("c1", "m9"), ("c2", "m2")]
    clock[0] = 301.0
    await turns.answer("c3", "bonjour", "m1")
    assert sorted(turns.running) == [("c3", "m1")]


@pytest.mark.parametrize(
    ("error", "missing"),
    [(ActionsAwayError("hung up"), "actions"), (StorageError("away"), "database"), (LockError("held"), "database")],
    ids=lambda value: str(value),
)
async def test_a_turn_that_lacked_something_was_not_handled_and_the_same_message_is_handled_later(error: Exception, missing: str) -> None:
    errors = [error]

    async def handle(message: UserMessage) -> None:
        await message.output_channel.send_response("c1", {"text": "Bonjour."})
        if errors:
            raise errors.pop()

    turns = Turns(handle)
    with pytest.raises(NotHandledError) as raised:
        await turns.answer("c1", "bonjour", "m1")
    assert raised.value.missing == missing
    again = await turns.answer("c1", "bonjour", "m1")
    assert [message["text"] for message in again["messages"]] == ["Bonjour."]


async def test_a_turn_that_failed_says_nothing_of_what_it_had_begun_to_say_and_may_be_tried_again() -> None:
    tried: list[str] = []

    async def handle(message: UserMessage) -> None:
        tried.append(message.message_id)
        await message.output_channel.send_response("c1", {"text": "à moitié"})
        raise RuntimeError("broken")

    turns = Turns(handle)
    assert (await turns.answer("c1", "bonjour", "m1"))["messages"] == []
    await turns.answer("c1", "bonjour", "m1")
    assert tried == ["m1", "m1"]


@asynccontextmanager
async def serving(handle: Callable[[UserMessage], Awaitable[None]], agent: object) -> AsyncIterator[httpx.AsyncClient]:
    """Our channel on a real socket, as Rasa mounts it."""
    Sanic.test_mode = True
    app = Sanic("channel_under_test", configure_logging=False)
    app.ctx.agent = agent
    app.blueprint(CicInput().blueprint(handle), url_prefix="/webhooks/cic")
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = await app.create_server(sock=sock, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{sock.getsockname()[1]}/webhooks/cic", trust_env=False) as client:
            yield client
        server.close()
        await server.wait_closed()


READY = SimpleNamespace(is_ready=lambda: True)
NOT_READY = SimpleNamespace(is_ready=lambda: False)
TURN = {"sender": "c1", "message": "bonjour", "id": "m1"}


@pytest.fixture
def authorised(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    monkeypatch.setenv("CIC_SECRET_KEY", KEY)
    return {"Authorization": f"Bearer {channel_token(KEY)}"}


async def test_a_message_with_the_token_is_answered(authorised: dict[str, str]) -> None:
    async with serving(await handled("Bonjour."), READY) as client:
        response = await client.post("/webhook", json=TURN, headers=authorised)
    assert response.json()["messages"] == [{"text": "Bonjour.", "buttons": [], "source": None}]


WRONG_TOKENS = {"none": "", "empty": "Bearer", "accent": "Bearer é", "of another key": "Bearer " + channel_token("another")}


@pytest.mark.parametrize("header", WRONG_TOKENS.values(), ids=WRONG_TOKENS)
async def test_without_the_token_nothing_is_handled(authorised: dict[str, str], header: str) -> None:
    async with serving(await handled("Bonjour."), READY) as client:
        response = await client.post("/webhook", json=TURN, headers={"Authorization": header.encode()} if header else {})
    assert response.status_code == 401


@pytest.mark.parametrize("wrong", [{"sender": ""}, {"sender": None}, {"message": 5}, {"id": 5}, {"message": None}], ids=str)
async def test_a_body_that_is_no_turn_is_refused(authorised: dict[str, str], wrong: dict[str, Any]) -> None:
    async with serving(await handled("Bonjour."), READY) as client:
        assert (await client.post("/webhook", json=TURN | wrong, headers=authorised)).status_code == 400
        assert (await client.post("/webhook", content=b"bonjour", headers=authorised)).status_code == 400
        assert (await client.post("/webhook", json=["bonjour"], headers=authorised)).status_code == 400


@pytest.mark.parametrize(("agent", "status"), [(READY, 200), (NOT_READY, 503), (None, 503)], ids=["model", "no model", "no agent"])
async def test_health_and_webhook_say_whether_a_model_is_loaded(authorised: dict[str, str], agent: object, status: int) -> None:
    async with serving(await handled("Bonjour."), agent) as client:
        assert (await client.get("/health")).status_code == status
        assert (await client.post("/webhook", json=TURN, headers=authorised)).status_code == status


async def test_the_phases_of_a_message_are_told_to_who_knows_the_token(authorised: dict[str, str]) -> None:
    async with serving(await handled("Bonjour."), READY) as client:
        await client.post("/webhook", json=TURN, headers=authorised)
        told = (await client.get("/phases", headers=authorised)).json()
        refused = await client.get("/phases")
    assert told["messages"] == 1
    assert told["seconds"].keys() == {"understanding", "policies", "actions", "stores"}
    assert refused.status_code == 401


async def test_conversations_are_kept_in_the_database_of_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = f"sqlite:///{tmp_path / 'new' / 'cic.sqlite'}"
    monkeypatch.setenv("CIC_DATABASE_URL", url)
    store = TrackerStore.create(EndpointConfig(type="bot.rasa.tracker_store.CicTrackerStore"), Domain.empty())
    assert isinstance(store, CicTrackerStore)
    tracker = DialogueStateTracker("c1", [])
    tracker.update_with_events([UserUttered("bonjour"), SlotSet("nom", "Awa")], Domain.empty())
    await store.save(tracker)
    store.database.close()
    kept = await CicTrackerStore(host=url).retrieve("c1")
    assert kept is not None
    assert [type(event).__name__ for event in kept.events] == ["UserUttered", "SlotSet"]


def test_rasa_has_no_other_door() -> None:
    assert yaml.safe_load((PROJECT / "credentials.yml").read_text("utf-8")) == {"bot.rasa.channel.CicInput": None}
