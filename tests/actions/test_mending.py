"""What is put right in Rasa: its processor, its stores as they are given, what it tells the action server, and what it logs."""

from __future__ import annotations

import asyncio
import socket
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

import pytest
from sample_conversation import DOMAIN
from sanic import Sanic, response
from sanic.request import Request

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # Rasa and what it loads warn a great deal on being imported
    import rasa.core.agent
    from rasa.core.actions.action import RemoteAction
    from rasa.core.tracker_store import InMemoryTrackerStore
    from rasa.shared.core.events import SlotSet, UserUttered
    from rasa.shared.core.slots import Slot
    from rasa.shared.core.trackers import DialogueStateTracker
    from rasa.utils.endpoints import ClientResponseError

    from bot.rasa.action_server import ActionsAwayError, ActionServer, action_server
    from bot.rasa.mending import mend
    from bot.rasa.processor import CicProcessor

pytestmark = pytest.mark.anyio
NUMBERS = count()


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True)
def mended() -> None:
    mend()


def test_rasa_handles_messages_by_our_processor_and_does_not_hide_the_errors_of_a_store() -> None:
    store = InMemoryTrackerStore(DOMAIN)
    assert rasa.core.agent.MessageProcessor is CicProcessor
    assert rasa.core.agent.Agent(domain=DOMAIN, tracker_store=store).tracker_store is store


def test_rasa_s_error_about_an_action_does_not_put_the_conversation_into_the_log() -> None:
    assert str(ClientResponseError(500, "Internal Server Error", "je suis Awa")) == "500, Internal Server Error"


def test_no_slot_is_filled_by_rasa_itself_so_that_its_extraction_can_be_left_out() -> None:
    own = [slot for slot in DOMAIN.slots if slot.name not in {"requested_slot", "session_started_metadata"}]
    assert len(own) > 10
    assert {mapping["type"] for slot in own for mapping in mappings(slot)} == {"custom"}


def mappings(slot: Slot) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = slot.mappings
    return found


def told(said: str) -> DialogueStateTracker:
    tracker = DialogueStateTracker("c1", DOMAIN.slots)
    tracker.update_with_events([UserUttered(said, {"name": "info"}, message_id="m1"), SlotSet("nom", "Awa")], DOMAIN)
    return tracker


@asynccontextmanager
async def serving(*answers: Any) -> AsyncIterator[tuple[ActionServer, list[dict[str, Any]], set[Any]]]:
    """An action server that gives these answers; what it was asked, and from which of the client's ports."""
    Sanic.test_mode = True
    app = Sanic(f"actions_{next(NUMBERS)}", configure_logging=False)
    asked: list[dict[str, Any]] = []
    ports: set[Any] = set()

    async def act(request: Request) -> Any:
        asked.append(request.json)
        ports.add(request.port)
        answer = answers[len(asked) - 1]
        if answer is None:
            request.transport.abort()
            await asyncio.sleep(60)
        return response.json(answer[1], status=answer[0])

    app.add_route(act, "/webhook", methods=["POST"])
    with socket.create_server(("127.0.0.1", 0)) as sock:
        server = await app.create_server(sock=sock, return_asyncio_server=True)
        await server.startup()
        await server.start_serving()
        yield ActionServer(f"http://127.0.0.1:{sock.getsockname()[1]}/webhook"), asked, ports
        server.close()
        await server.wait_closed()


GOOD = (200, {"events": [{"event": "slot", "name": "nom", "value": "Awa", "timestamp": None}], "responses": [{"text": "Bonjour."}]})


async def test_actions_are_told_the_message_and_the_slots_on_one_connection() -> None:
    async with serving(GOOD, GOOD, GOOD) as (actions, asked, ports):
        for _ in range(3):
            events = await RemoteAction("action_repondre", actions).run(None, None, told("je suis Awa"), DOMAIN)
            assert [type(event).__name__ for event in events] == ["BotUttered", "SlotSet"]
        await close(actions)
    (first, *_) = asked
    assert (first["next_action"], first["sender_id"]) == ("action_repondre", "c1")
    latest = first["tracker"]["latest_message"]
    assert (latest["text"], latest["message_id"]) == ("je suis Awa", "m1")
    assert first["tracker"]["slots"]["nom"] == "Awa"
    assert (first["tracker"]["events"], first["domain"]) == ([], {})
    assert len(ports) == 1


async def test_an_action_server_that_hangs_up_is_away() -> None:
    async with serving(None) as (actions, _, _):
        with pytest.raises(ActionsAwayError):
            await RemoteAction("action_repondre", actions).run(None, None, told("bonjour"), DOMAIN)
        await close(actions)


async def test_an_action_server_that_is_not_there_is_away() -> None:
    actions = ActionServer("http://127.0.0.1:1/webhook")
    with pytest.raises(ActionsAwayError):
        await RemoteAction("action_repondre", actions).run(None, None, told("bonjour"), DOMAIN)
    await close(actions)


async def test_an_action_that_fails_raises() -> None:
    async with serving((500, {"error": "je suis Awa"})) as (actions, _, _):
        with pytest.raises(Exception, match="Failed to execute custom action 'action_repondre'") as raised:
            await RemoteAction("action_repondre", actions).run(None, None, told("je suis Awa"), DOMAIN)
        await close(actions)
    assert "Awa" not in f"{raised.value} {raised.value.__cause__}"


async def test_models_come_and_go_and_the_connections_to_the_action_server_stay() -> None:
    assert action_server("http://a/webhook") is action_server("http://a/webhook")
    assert action_server("http://a/webhook") is not action_server("http://b/webhook")


async def close(actions: ActionServer) -> None:
    if actions._session is not None:
        await actions._session.close()
