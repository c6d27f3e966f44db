"""HAProxy as it is shipped, really run: who gets a request, what is refused, what goes to another process when one dies."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from support.played_server import PlayedServer
from support.waiting import wait_for

from bot.benchmarks.ports import free_ports
from bot.benchmarks.proxy import Proxy, start_proxy
from bot.channels.model import DELIVERY_BYTES
from bot.config import PROJECT
from bot.web.bodies import BODY_BYTES

FOLDER = PROJECT / "deploy" / "haproxy"


@pytest.fixture
def servers() -> Iterator[dict[str, PlayedServer]]:
    with ExitStack() as stack:
        names = ("web1", "web2", "rasa1", "rasa2", "actions1", "actions2")
        yield {name: stack.enter_context(PlayedServer(name)) for name in names}


@pytest.fixture
def webs(servers: dict[str, PlayedServer]) -> tuple[PlayedServer, PlayedServer]:
    return servers["web1"], servers["web2"]


@pytest.fixture
def proxy(tmp_path: Path, servers: dict[str, PlayedServer]) -> Iterator[Proxy]:
    with started(tmp_path, servers) as running:
        yield running


def started(folder: Path, servers: dict[str, PlayedServer], **options: Any) -> AbstractContextManager[Proxy]:
    ports = {kind: [server.port for name, server in servers.items() if name.startswith(kind)] for kind in ("web", "rasa", "actions")}
    return start_proxy(folder, ports["web"], ports["rasa"], ports["actions"], **options)


def get(url: str, **options: Any) -> httpx.Response:
    return httpx.get(url, trust_env=False, timeout=20, **options)


def post(url: str, **options: Any) -> httpx.Response:
    return httpx.post(url, trust_env=False, timeout=20, **options)


def from_address(address: str, url: str) -> str:
    """Ask as another client of this machine; return who answered."""
    with httpx.Client(transport=httpx.HTTPTransport(local_address=address), trust_env=False, timeout=20) as http:
        return str(http.get(url).json()["server"])


def is_refused(url: str) -> bool:
    try:
        get(url)
    except httpx.TransportError:
        return True
    return False


def test_one_client_always_reaches_the_same_web_process_and_many_reach_both(proxy: Proxy) -> None:
    clients = [f"127.0.1.{number}" for number in range(1, 21)]
    first = {client: from_address(client, f"{proxy.public}/") for client in clients}
    assert {client: from_address(client, f"{proxy.public}/un-fait") for client in clients} == first
    assert set(first.values()) == {"web1", "web2"}


def test_when_a_web_process_dies_its_clients_are_answered_by_another_and_nobody_else_moves(
    proxy: Proxy, webs: tuple[PlayedServer, PlayedServer]
) -> None:
    clients = [f"127.0.1.{number}" for number in range(1, 11)]
    first = {client: from_address(client, f"{proxy.public}/") for client in clients}
    webs[0].stop()
    assert {from_address(client, f"{proxy.public}/") for client in clients} == {"web2"}
    wait_for("the dead one is left out", lambda: proxy.up("web") == 1)
    webs[0].start()
    wait_for("it is taken back", lambda: proxy.up("web") == 2)
    assert {client: from_address(client, f"{proxy.public}/") for client in clients} == first


def test_a_web_process_that_cannot_answer_is_left_out_until_none_can(proxy: Proxy, webs: tuple[PlayedServer, PlayedServer]) -> None:
    webs[0].faults["/readyz"] = 503
    wait_for("it is left out", lambda: proxy.up("web") == 1)
    assert {from_address(f"127.0.1.{number}", f"{proxy.public}/") for number in range(1, 11)} == {"web2"}
    webs[1].faults["/readyz"] = 503
    wait_for("none is ready", lambda: proxy.up("web") == 0)
    assert get(f"{proxy.public}/").status_code == 200


def test_without_any_web_process_the_person_gets_a_sentence_and_the_probe_a_503(
    proxy: Proxy, webs: tuple[PlayedServer, PlayedServer]
) -> None:
    assert get(f"{proxy.health}/health").status_code == 200
    for web in webs:
        web.stop()
    refused = post(f"{proxy.public}/api/chat", json={"message": "bonjour"})
    assert (refused.status_code, refused.headers["retry-after"], refused.json()["missing"]) == (503, "5", ["web"])
    assert refused.json()["error"].startswith("L’assistant n’est pas disponible")
    wait_for("the probe says so", lambda: get(f"{proxy.health}/health").status_code == 503)


@pytest.mark.parametrize("path", ["/metrics", "/metrics/", "/%6Detrics", "/metrics?x=1"])
def test_the_figures_are_closed_to_the_outside(proxy: Proxy, webs: tuple[PlayedServer, PlayedServer], path: str) -> None:
    assert get(f"{proxy.public}{path}").status_code == 404
    assert [asked for web in webs for asked in web.heard("GET") if "etrics" in asked] == []


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-for"])
def test_a_forged_client_address_is_replaced(proxy: Proxy, name: str) -> None:
    forged = [(name, "198.51.100.1"), (name, "198.51.100.2, 127.0.0.1")]
    assert get(f"{proxy.public}/", headers=forged).json()["forwarded"] == ["127.0.0.1"]


def test_who_comes_by_http_cannot_say_that_it_was_https(proxy: Proxy) -> None:
    assert get(f"{proxy.public}/", headers={"X-Forwarded-Proto": "https"}).json()["scheme"] is None


def test_too_large_a_body_is_refused_before_a_web_process_sees_it(proxy: Proxy, webs: tuple[PlayedServer, PlayedServer]) -> None:
    refused = post(f"{proxy.public}/api/chat", content=b"x" * (BODY_BYTES + 1))
    assert (refused.status_code, refused.json()["error"]) == (413, "La requête est trop longue.")
    assert post(f"{proxy.public}/api/chat", content=b"x" * BODY_BYTES).status_code == 200
    assert len([path for web in webs for path in web.heard("POST")]) == 1


def test_what_a_platform_delivers_may_be_longer_up_to_a_bound(proxy: Proxy, webs: tuple[PlayedServer, PlayedServer]) -> None:
    sizes = (BODY_BYTES + 1, DELIVERY_BYTES, DELIVERY_BYTES + 1)
    assert [post(f"{proxy.public}/webhooks/messenger", content=b"x" * size).status_code for size in sizes] == [200, 200, 413]
    assert len([path for web in webs for path in web.heard("POST")]) == 2


@pytest.mark.parametrize("path", ["/webhooks/cic/webhook", "/webhooks/rest/webhook", "/webhooks/cic/health"])
def test_rasas_own_addresses_lead_to_the_web_process(proxy: Proxy, servers: dict[str, PlayedServer], path: str) -> None:
    assert post(f"{proxy.public}{path}", json={}).json()["server"] in {"web1", "web2"}
    assert {server.name for server in servers.values() if path in server.heard("POST")} < {"web1", "web2"}


@pytest.mark.parametrize(
    "sent",
    [b"GET / HTTP/1.1\r\nHost: x\r\nX-Slow: ", b"POST /api/chat HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{"],
    ids=["header", "body"],
)
def test_a_request_that_does_not_come_to_its_end_is_cut(tmp_path: Path, servers: dict[str, PlayedServer], sent: bytes) -> None:
    with started(tmp_path, servers, request_seconds=0.3) as proxy:
        url = httpx.URL(proxy.public)
        with socket.create_connection((url.host, url.port or 80), timeout=10) as line:
            line.sendall(sent)
            answer = b""
            while piece := line.recv(4096):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert [path for name in ("web1", "web2") for path in servers[name].heard("POST")] == []


def test_one_address_has_only_so_many_connections(tmp_path: Path, servers: dict[str, PlayedServer]) -> None:
    with started(tmp_path, servers, client_connections=5) as proxy, ExitStack() as held:
        url = httpx.URL(proxy.public)
        for _ in range(5):
            held.enter_context(socket.create_connection((url.host, url.port or 80), timeout=10))
        wait_for("one more is refused", lambda: is_refused(f"{proxy.public}/"))
        assert from_address("127.0.1.1", f"{proxy.public}/") in {"web1", "web2"}


@pytest.mark.parametrize(
    ("path", "body", "goes_on"),
    [
        ("/api/chat", {"message": "bonjour", "id": "7f3a"}, True),
        ("/api/chat", {"message": "bonjour"}, False),
        ("/webhooks/telegram", {"update_id": "7"}, True),
    ],
    ids=["id", "no id", "delivery"],
)
def test_a_message_whose_web_process_died_with_it_goes_to_another_only_under_an_id(
    proxy: Proxy, webs: tuple[PlayedServer, PlayedServer], path: str, body: dict[str, str], goes_on: bool
) -> None:
    for web in webs:
        web.faults[path] = None
    assert post(f"{proxy.public}{path}", json=body).status_code == 502
    assert (len([path for web in webs for path in web.heard("POST")]) > 1) is goes_on


def test_messages_are_spread_over_the_rasa_and_action_processes_and_a_dead_one_is_left_out(
    proxy: Proxy, servers: dict[str, PlayedServer]
) -> None:
    for address, first, second in ((proxy.rasa, "rasa1", "rasa2"), (proxy.actions, "actions1", "actions2")):
        assert {post(f"{address}/webhook").json()["server"] for _ in range(10)} == {first, second}
        servers[first].stop()
        assert {post(f"{address}/webhook").json()["server"] for _ in range(10)} == {second}


def test_what_rasa_or_the_action_server_took_is_never_sent_twice(proxy: Proxy, servers: dict[str, PlayedServer]) -> None:
    for server in servers.values():
        server.faults["/webhook"] = None
    assert [post(f"{address}/webhook", json={"id": "1"}).status_code for address in (proxy.rasa, proxy.actions)] == [502, 502]
    assert [sum(len(servers[f"{kind}{number}"].heard("POST")) for number in (1, 2)) for kind in ("rasa", "actions")] == [1, 1]


def test_a_rasa_without_a_model_gets_no_message_and_without_any_the_answer_is_503(proxy: Proxy, servers: dict[str, PlayedServer]) -> None:
    servers["rasa1"].faults["/webhooks/cic/health"] = 503
    wait_for("it is left out", lambda: proxy.up("rasa") == 1, 15)
    assert {post(f"{proxy.rasa}/webhook").json()["server"] for _ in range(4)} == {"rasa2"}
    servers["rasa2"].stop()
    assert post(f"{proxy.rasa}/webhook").status_code == 503


def test_the_log_holds_neither_addresses_nor_what_was_asked(proxy: Proxy) -> None:
    get(f"{proxy.public}/un-fait?q=secret", headers={"X-Forwarded-For": "198.51.100.1"})
    wait_for("the request is logged", lambda: "GET /un-fait" in proxy.log.read_text("utf-8"))
    line = next(line for line in proxy.log.read_text("utf-8").splitlines() if "GET /un-fait" in line)
    assert ("secret" in line, "127.0.0.1" in line, "198.51" in line) == (False, False, False)


@pytest.mark.parametrize("servers_file", ["servers.compose.cfg", "servers.example.cfg"])
@pytest.mark.parametrize("bind", ["", "127.0.0.1:18443 accept-proxy"], ids=["default", "words"])
def test_haproxy_takes_every_shipped_configuration(servers_file: str, bind: str) -> None:
    environment = os.environ | {"PATH": f"{os.environ['PATH']}:/usr/sbin"} | ({"PROXY_BIND": bind} if bind else {})
    command = ["haproxy", "-c", "-f", FOLDER / "haproxy.cfg", "-f", FOLDER / servers_file]
    checked = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert (checked.returncode, checked.stderr) == (0, "")


def test_the_proxy_may_start_before_what_is_behind_it(tmp_path: Path) -> None:
    port, *_ = free_ports(1)
    with start_proxy(tmp_path, [port]) as proxy:
        wait_for("it sees that nobody is there", lambda: proxy.up("living-web") == 0)
        with PlayedServer("late", port):
            wait_for("it sees who came", lambda: proxy.up("web") == 1)
            assert get(f"{proxy.public}/").json()["server"] == "late"
