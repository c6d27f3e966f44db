"""What the person at the terminal sees while the assistant starts, and when it cannot."""

from __future__ import annotations

import io
import os
import socket
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from bot.cli.startup import Screen, first_missing
from bot.text import typeset


def cic(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from bot.cli import app; app()", *arguments]
    return subprocess.run(command, env={**os.environ, **environ}, capture_output=True, text=True, timeout=30)


def test_without_a_terminal_each_step_is_one_plain_line() -> None:
    shown = io.StringIO()
    screen = Screen(Console(file=shown), None)
    for step in ("Rasa charge le modèle…", "Rasa charge le modèle…", "Le serveur web démarre…", None):
        screen.working(step)
    screen.say("L'assistant est prêt : http://127.0.0.1:8000/")
    assert shown.getvalue().splitlines() == [
        "Rasa charge le modèle…",
        "Le serveur web démarre…",
        typeset("L'assistant est prêt : http://127.0.0.1:8000/"),
    ]


@pytest.mark.parametrize(
    ("response", "missing"),
    [
        (httpx.Response(200, json={"missing": []}), None),
        (httpx.Response(503, json={"missing": ["rasa", "actions"]}), "rasa"),
        (httpx.Response(503, json={}), "web"),
        (httpx.Response(502, text="<html>"), "web"),
        (httpx.ConnectError("refused"), "web"),
    ],
    ids=["ready", "rasa first", "another program", "no JSON", "refused"],
)
@pytest.mark.anyio
async def test_the_first_thing_that_is_missing_is_shown(response: httpx.Response | Exception, missing: str | None) -> None:
    def answer(_: httpx.Request) -> httpx.Response:
        if isinstance(response, Exception):
            raise response
        return response

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer), base_url="http://assistant.example/") as http:
        assert await first_missing(http) == missing


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def test_a_wrong_setting_stops_the_start_with_one_sentence(tmp_path: Path) -> None:
    done = cic("run", CIC_PORT="huit mille", CIC_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert done.stderr.strip() == "CIC_PORT doit être un nombre entier (reçu : 'huit mille')."


def test_asking_when_no_assistant_runs_says_so(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        free = str(server.getsockname()[1])
    done = cic("ask", "bonjour", CIC_PORT=free, CIC_DATA_DIR=str(tmp_path))
    assert done.returncode == 1
    assert "Aucun assistant ne tourne" in done.stderr
