"""`cic serve`: one process in the foreground, which hears its signals itself, or one sentence that says what is wrong."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import psutil
import pytest
from support.assistant import CIC, environment
from support.waiting import wait_for

from bot.benchmarks.ports import free_ports
from bot.config import PROJECT

ADDRESSES = {"web": "/healthz", "actions": "/health"}
"""What each process answers with 200 once it serves; Rasa takes most of a minute to load and is served in tests/faults/."""


@contextmanager
def served(folder: Path, *arguments: str, **changes: str) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([CIC, "serve", *arguments], cwd=folder, env=environment(folder, 9, **changes), stdout=log, stderr=log)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=10).status_code == 200
    except httpx.TransportError:
        return False


def refused(folder: Path, *arguments: str, **changes: str) -> str:
    """What `cic serve` says when it starts nothing."""
    command = [CIC, "serve", *arguments]
    ended = subprocess.run(command, cwd=PROJECT, env=environment(folder, 9, **changes), capture_output=True, text=True, timeout=60)
    assert (ended.returncode, ended.stdout) == (1, "")
    return ended.stderr.strip()


@pytest.mark.parametrize("process", ADDRESSES)
def test_a_process_is_served_on_the_port_asked_for_and_hears_its_signals_itself(tmp_path: Path, process: str) -> None:
    (port,) = free_ports(1)
    with served(tmp_path, process, "--port", str(port)) as running:
        wait_for("it serves", lambda: answers(f"http://127.0.0.1:{port}{ADDRESSES[process]}"), 60)
        assert psutil.Process(running.pid).children() == []
        running.send_signal(signal.SIGTERM)
        assert running.wait(20) in (0, -signal.SIGTERM)


def test_the_web_process_looks_for_the_others_where_the_settings_say(tmp_path: Path) -> None:
    web, actions = free_ports(2)
    elsewhere = {"CIC_ACTIONS_URL": f"http://127.0.0.1:{actions}"}
    with served(tmp_path, "web", "--port", str(web), **elsewhere), ExitStack() as stack:
        wait_for("it serves", lambda: answers(f"http://127.0.0.1:{web}/healthz"), 60)
        missing = f"http://127.0.0.1:{web}/readyz"
        assert httpx.get(missing, trust_env=False, timeout=10).json()["missing"] == ["rasa", "actions"]
        other = tmp_path / "other"
        other.mkdir()
        stack.enter_context(served(other, "actions", "--port", str(actions)))
        wait_for("it is found", lambda: httpx.get(missing, trust_env=False, timeout=10).json()["missing"] == ["rasa"], 60)


def test_the_web_process_says_what_is_left_open(tmp_path: Path) -> None:
    with served(tmp_path, "web", CIC_CONTACT_EMAIL=""):
        wait_for("it is said", lambda: "CIC_CONTACT_EMAIL n'est pas réglé" in (tmp_path / "log").read_text("utf-8"), 20)


@pytest.mark.parametrize(("process", "name"), [("web", "CIC_PORT"), ("rasa", "CIC_RASA_PORT"), ("actions", "CIC_ACTIONS_PORT")])
def test_a_port_that_is_taken_is_one_sentence(tmp_path: Path, process: str, name: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        said = refused(tmp_path, process, "--port", str(port))
    assert said.splitlines()[-1] == f"Le port {port} est déjà pris : arrêtez le programme qui l'occupe, ou donnez un autre port à {name}."


@pytest.mark.parametrize(
    "changes",
    [{"CIC_INTERNAL_HOST": "0.0.0.0"}, {"CIC_RASA_URL": "http://rasa:5005"}, {"CIC_ACTIONS_URL": "http://10.0.0.5:5055"}],
    ids=lambda changes: next(iter(changes)),
)
def test_processes_on_several_machines_must_share_key_and_database(tmp_path: Path, changes: dict[str, str]) -> None:
    key, server = {"CIC_SECRET_KEY": ""}, {"CIC_DATABASE_URL": "postgresql://cic@database/cic"}
    assert refused(tmp_path, "actions", **changes, **key).startswith("CIC_SECRET_KEY doit être réglé, le même partout")
    assert refused(tmp_path, "actions", **changes).startswith("CIC_DATABASE_URL doit nommer un serveur PostgreSQL")
    with socket.create_server(("127.0.0.1", 0)) as taken:  # nothing else is wrong: only the port is complained about
        port = str(taken.getsockname()[1])
        assert refused(tmp_path, "web", "--port", port, **changes, **server).splitlines()[-1].startswith(f"Le port {port} est déjà pris")


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    assert refused(tmp_path, "web", CIC_RASA_URL="rasa:5005").startswith("CIC_RASA_URL : 'rasa:5005' n'est pas l'adresse d'un serveur")
