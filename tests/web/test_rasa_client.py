"""The web process speaking with Rasa and the action server, over real sockets that answer, refuse, hang up or are busy."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.rasa_client import InterruptedHandlingError, NotReadyError, RasaClient, Reply, channel_token

pytestmark = pytest.mark.anyio

ANSWER = {
    "messages": [{"text": "Bonjour.", "buttons": [], "source": None}],
    "asks": "nom",
    "outcome": None,
    "failed": False,
    "erased": False,
}
OK: tuple[int, Any] = (200, {})


@dataclass
class Peer:
    """A server that gives its scripted answers by path, the last one for ever; None hangs up without a word."""

    script: dict[str, list[tuple[int, Any] | None]]
    seen: list[tuple[str, dict[str, str], bytes]] = field(default_factory=list)
    port: int = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def posts(self) -> int:
        return sum(path.endswith("/webhook") for path, _, _ in self.seen)

    async def handle(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in head[1:] if line)}
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        path = head[0].split()[1]
        self.seen.append((path, headers, body))
        answers = self.script[path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer is not None:
            payload = json.dumps(answer[1]).encode()
            writer.write(f"HTTP/1.1 {answer[0]} X\r\nContent-Length: {len(payload)}\r\nConnection: close\r\n\r\n".encode() + payload)
            await writer.drain()
        writer.close()


def rasa_peer(*answers: tuple[int, Any] | None, health: tuple[tuple[int, Any] | None, ...] = (OK,)) -> Peer:
    return Peer({"/webhooks/cic/health": list(health), "/webhooks/cic/webhook": list(answers)})


@asynccontextmanager
async def connected(rasa: Peer | None, actions: Peer | None, patience: float = 0.0) -> AsyncIterator[RasaClient]:
    """A client of two peers; None stands for a process that is not there."""
    servers = []
    for peer in (rasa, actions):
        if peer is not None:
            servers.append(await asyncio.start_server(peer.handle, "127.0.0.1", 0))
            peer.port = servers[-1].sockets[0].getsockname()[1]
    nowhere = "http://127.0.0.1:1"
    client = RasaClient(rasa.url if rasa else nowhere, actions.url if actions else nowhere, channel_token("key"), patience)
    yield client
    await client.close()
    for server in servers:
        server.close()
        await server.wait_closed()


def actions_peer(*health: tuple[int, Any] | None) -> Peer:
    return Peer({"/health": list(health or (OK,))})


async def test_a_message_goes_to_our_channel_with_its_token_and_comes_back_as_a_value() -> None:
    rasa = rasa_peer((200, ANSWER))
    async with connected(rasa, actions_peer()) as client:
        reply = await client.ask("c1", "bonjour", "m1", "telegram")
    assert reply == Reply(tuple(ANSWER["messages"]), "nom", None, failed=False, erased=False)
    _, headers, body = rasa.seen[-1]
    assert json.loads(body) == {"sender": "c1", "message": "bonjour", "id": "m1", "channel": "telegram"}
    assert headers["authorization"] == f"Bearer {channel_token('key')}"


@pytest.mark.parametrize("rasa", [None, rasa_peer((503, {}), health=((503, {}),))], ids=["away", "no model"])
async def test_rasa_that_is_not_there_is_missing_and_has_not_handled_the_message(rasa: Peer | None) -> None:
    async with connected(rasa, actions_peer()) as client:
        assert await client.missing() == ("rasa",)
        with pytest.raises(NotReadyError) as raised:
            await client.ask("c1", "bonjour", "m1")
    assert raised.value.missing == ("rasa",)


@pytest.mark.parametrize("missing", ["actions", "database"])
async def test_what_a_message_lacks_is_said_when_patience_ends(missing: str) -> None:
    async with connected(rasa_peer((503, {"error": "not handled", "missing": missing})), actions_peer(), patience=0.3) as client:
        with pytest.raises(NotReadyError) as raised:
            await client.ask("c1", "bonjour", "m1")
    assert raised.value.missing == (missing,)


@pytest.mark.parametrize("body", [{"missing": "the moon"}, {"missing": ["rasa"]}, [], "x"], ids=str)
async def test_a_refusal_that_is_not_of_our_channel_means_that_rasa_is_missing(body: Any) -> None:
    async with connected(rasa_peer((503, body)), actions_peer()) as client:
        with pytest.raises(NotReadyError) as raised:
            await client.ask("c1", "bonjour", "m1")
    assert raised.value.missing == ("rasa",)


async def test_a_message_waits_for_an_action_server_that_is_being_restarted() -> None:
    rasa = rasa_peer((503, {"missing": "actions"}), (200, ANSWER))
    async with connected(rasa, actions_peer((500, {}), None, OK), patience=5) as client:
        assert (await client.ask("c1", "bonjour", "m1")).asks == "nom"
    assert rasa.posts() == 2


@pytest.mark.parametrize("first", [(503, {"error": "no model"}), None, (502, {}), (500, {})], ids=["no model", "hangs up", "502", "500"])
async def test_a_message_without_an_answer_goes_again_under_its_id(first: tuple[int, Any] | None) -> None:
    rasa = rasa_peer(first, (200, ANSWER))
    async with connected(rasa, actions_peer(), patience=5) as client:
        assert (await client.ask("c1", "bonjour", "m1")).asks == "nom"
    bodies = [body for path, _, body in rasa.seen if path.endswith("/webhook")]
    assert len(bodies) == 2
    assert bodies[0] == bodies[1]


async def test_a_message_that_ends_rasa_each_time_goes_three_times_and_no_more() -> None:
    rasa = rasa_peer(None)
    async with connected(rasa, actions_peer(), patience=60) as client:
        with pytest.raises(InterruptedHandlingError):
            await client.ask("c1", "bonjour", "m1")
    assert rasa.posts() == 3


@pytest.mark.parametrize("status", [400, 401])
async def test_a_message_that_rasa_refuses_does_not_go_again(status: int) -> None:
    rasa = rasa_peer((status, {}))
    async with connected(rasa, actions_peer(), patience=60) as client:
        with pytest.raises(InterruptedHandlingError):
            await client.ask("c1", "bonjour", "m1")
    assert rasa.posts() == 1


@pytest.mark.parametrize("then", [(503, {}), None], ids=["away", "hangs up"])
async def test_rasa_that_went_away_with_a_message_when_patience_ends_leaves_it_to_come_again(then: tuple[int, Any] | None) -> None:
    rasa = rasa_peer(None, then)
    async with connected(rasa, actions_peer(), patience=0.0) as client:
        with pytest.raises(NotReadyError):
            await client.ask("c1", "bonjour", "m1")


async def test_a_failed_turn_says_so() -> None:
    async with connected(rasa_peer((200, ANSWER | {"messages": [], "failed": True})), actions_peer()) as client:
        assert (await client.ask("c1", "bonjour", "m1")).failed


def test_the_token_depends_on_the_key_and_does_not_show_it() -> None:
    assert channel_token("key") != channel_token("another")
    assert "key" not in channel_token("key")
