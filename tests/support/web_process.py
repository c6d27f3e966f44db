"""The web process as `cic run` starts it, with Rasa and the action server played on loopback: for what only the wire shows."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx

from bot.config import PROJECT
from support.assistant import environment
from support.waiting import wait_for


class _Player(BaseHTTPRequestHandler):
    """Is in good health and repeats each message, as our channel in Rasa would answer."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer({"status": "ok"})

    def do_POST(self) -> None:
        said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        message = {"text": f"Vous dites : {said['message']}", "buttons": [], "source": None}
        self._answer({"messages": [message], "asks": None, "outcome": None, "failed": False, "erased": False})

    def _answer(self, content: object) -> None:
        body = json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Played(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 512


@contextmanager
def played_processes() -> Iterator[tuple[int, int]]:
    """Play Rasa and the action server; give their ports."""
    servers = [_Played(("127.0.0.1", 0), _Player) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    yield servers[0].server_port, servers[1].server_port
    for server in servers:
        server.shutdown()
        server.server_close()


@contextmanager
def web_process(folder: Path, open_files: int | None = None, **changes: str) -> Iterator[int]:
    """Run `python -m bot.web` with these settings, allowed so many open files; give its port when it answers.

    It must still live at the end.
    """
    with played_processes() as (rasa, actions):
        variables = environment(folder, smtp_port=1, CIC_RASA_PORT=str(rasa), CIC_ACTIONS_PORT=str(actions), **changes)
        port, command = int(variables["CIC_PORT"]), [sys.executable, "-m", "bot.web"]
        if open_files:
            command = ["prlimit", f"--nofile={open_files}:{open_files}", *command]
        with (folder / "web.log").open("ab") as log:
            process = subprocess.Popen(command, cwd=PROJECT, env=variables, stdout=log, stderr=log)
        try:
            wait_for("the web process answers", lambda: _answers(process, port), 60)
            yield port
            assert process.poll() is None, (folder / "web.log").read_text("utf-8")
        finally:
            process.terminate()
            process.wait(30)


def _answers(process: subprocess.Popen[bytes], port: int) -> bool:
    assert process.poll() is None, f"the web process ended with {process.returncode}"
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False
