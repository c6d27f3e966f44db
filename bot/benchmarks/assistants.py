"""Two assistants side by side, ours and the same one on Rasa's default pipeline: the same messages in turn, the ratio of their times.

Each is started by `cic run` on free ports of this machine, with a data folder of its own that is thrown away.
"""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.benchmarks.latency import TURNS_PER_CONVERSATION
from bot.config import PROJECT, child_environment
from bot.errors import UnavailableError
from bot.evaluation.chat import SECONDS, Chat
from bot.evaluation.report import percentile
from bot.rasa_client import channel_token

_START_SECONDS = 300.0
_KEY = "a key for a benchmark only"
_NAMES = {"rasa": "Rasa", "rasa_sdk": "actions", "bot.web": "web"}
"""The processes as they stand behind `python -m`, and how the table names them."""


@dataclass(frozen=True)
class Side:
    """What was measured of one assistant. Times are in milliseconds for one message, memory in megabytes (resident)."""

    name: str
    p50_ms: float
    p95_ms: float
    phases_ms: Mapping[str, float]
    memory: Mapping[str, float]

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return asdict(self)


@dataclass(frozen=True)
class Started:
    """A running assistant."""

    process: subprocess.Popen[bytes]
    web: str
    rasa: str

    def phases(self) -> dict[str, Any]:
        """Where Rasa's time went since it began (bot/rasa/phases.py)."""
        token = {"Authorization": f"Bearer {channel_token(_KEY)}"}
        found: dict[str, Any] = httpx.get(f"{self.rasa}/webhooks/cic/phases", headers=token, trust_env=False, timeout=10).json()
        return found

    def memory(self) -> dict[str, float]:
        """Megabytes of each process."""
        children = psutil.Process(self.process.pid).children()
        named = ((child.cmdline()[2], child.memory_info().rss / 1e6) for child in children if len(child.cmdline()) > 2)
        return {_NAMES.get(name, name): megabytes for name, megabytes in named}


@contextmanager
def start(model: Path, folder: Path) -> Iterator[Started]:
    """Start an assistant on a model. Raises UnavailableError when it does not get ready."""
    web, rasa, actions = _free_ports(3)
    settings = {
        "CIC_DATA_DIR": str(folder),
        "CIC_DATABASE_URL": f"sqlite:///{folder / 'cic.sqlite'}",
        "CIC_HOST": "127.0.0.1",
        "CIC_PORT": str(web),
        "CIC_RASA_PORT": str(rasa),
        "CIC_ACTIONS_PORT": str(actions),
        "CIC_SECRET_KEY": _KEY,
        "CIC_RATE_LIMIT": "100000",
        "CIC_CONTACT_EMAIL": "",
    }
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "run.log").open("wb") as log:
        command = (sys.executable, "-c", "from bot.cli import app; app()", "run", "--model", str(model))
        process = subprocess.Popen(  # noqa: S603
            command, cwd=PROJECT, env=child_environment(settings), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    try:
        _wait(process, f"http://127.0.0.1:{web}/readyz", folder / "run.log")
        yield Started(process, f"http://127.0.0.1:{web}/api/chat", f"http://127.0.0.1:{rasa}")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


def compare(models: Mapping[str, Path], messages: Sequence[str], folder: Path) -> list[Side]:
    """Send each message to every assistant in turn, a new conversation every few; their order changes with each message."""
    with ExitStack() as stack:
        running = {name: stack.enter_context(start(model, folder / str(number))) for number, (name, model) in enumerate(models.items())}
        http = stack.enter_context(httpx.Client(timeout=SECONDS, trust_env=False))
        for one in running.values():
            Chat(http, one.web).say(messages[0])
        before = {name: one.phases() for name, one in running.items()}
        times: dict[str, list[float]] = {name: [] for name in running}
        chats: dict[str, Chat] = {}
        for number, message in enumerate(messages):
            if number % TURNS_PER_CONVERSATION == 0:
                chats = {name: Chat(http, one.web) for name, one in running.items()}
            for name in sorted(running, reverse=number % 2 == 1):
                times[name].append(1000 * chats[name].say(message).seconds)
        return [
            Side(name, percentile(times[name], 0.5), percentile(times[name], 0.95), _each(before[name], one.phases()), one.memory())
            for name, one in running.items()
        ]


def _each(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, float]:
    """Milliseconds of each phase for one message."""
    messages = max(1, after["messages"] - before["messages"])
    return {phase: 1000 * (after["seconds"][phase] - before["seconds"][phase]) / messages for phase in after["seconds"]}


def _wait(process: subprocess.Popen[bytes], address: str, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            if httpx.get(address, trust_env=False, timeout=5).status_code == httpx.codes.OK:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.5)
    raise UnavailableError(f"L'assistant à mesurer n'a pas démarré : {log.read_text('utf-8', 'replace')[-1000:]}")


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()
