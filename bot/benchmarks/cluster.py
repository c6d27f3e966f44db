"""The whole assistant on free ports of this machine, with a data folder of its own: one of each process, or several behind HAProxy.

A process that dies is started again, as `cic run` does it. All are stopped at the end, and die with this one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any

import httpx
import psutil

from bot.benchmarks.ports import free_ports
from bot.benchmarks.proxy import Proxy, start_proxy
from bot.config import PROJECT, Settings, load_settings
from bot.errors import UnavailableError
from bot.processes import ACTIONS, RASA, WEB, actions, rasa, web
from bot.rasa_client import channel_token
from bot.supervisor import Patience, Program, Supervisor

KINDS = (RASA, ACTIONS, WEB)
START_SECONDS = 300.0
_STOP_SECONDS = 30.0
_POLL_SECONDS = 0.1
_KEY = "a key for a benchmark only"
_PATHS: Mapping[str, str] = {RASA: "/webhooks/cic/health", ACTIONS: "/health", WEB: "/healthz"}
"""Where a process says that it can do its part."""


@dataclass(frozen=True)
class Plan:
    """What to start: so many of each process, on `model`; `database` is a URL, a SQLite file of its own without one.

    `wiring` holds endpoints.yml and credentials.yml; `proxied`: behind HAProxy even when there is one of each; `settings` are more
    settings, by their names in the environment. Nothing is taken from a `.env` file or from who starts this.
    """

    model: Path
    sets: int = 1
    database: str | None = None
    wiring: Path = PROJECT
    proxied: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Usage:
    """What processes have used: seconds of processors since each began, and megabytes, resident."""

    cpu_seconds: float
    megabytes: float


@dataclass
class Cluster:
    """A running assistant. `members` are the settings of each set of processes, `address` is where people reach it."""

    members: tuple[Settings, ...]
    address: str
    supervisor: Supervisor
    proxy: Proxy | None = None

    @property
    def chat(self) -> str:
        """The address of the chat API."""
        return f"{self.address}/api/chat"

    @property
    def settings(self) -> Settings:
        """Settings that all members share: database, key, data folder."""
        return self.members[0]

    def url(self, kind: str, number: int = 0) -> str:
        """The address of one process, past the proxy."""
        member = self.members[number]
        ports = {RASA: member.rasa_port, ACTIONS: member.actions_port, WEB: member.port}
        return f"http://127.0.0.1:{ports[kind]}"

    def process(self, kind: str, number: int = 0) -> psutil.Process:
        """One process. Raises psutil.NoSuchProcess between its death and its next start."""
        return psutil.Process(self.supervisor.pids[_name(kind, number)])

    def kill(self, kind: str, number: int = 0) -> int:
        """Kill one process as `kill -9` does and return its pid; it is started again."""
        pid = self.supervisor.pids[_name(kind, number)]
        os.kill(pid, signal.SIGKILL)
        return pid

    def usage(self) -> dict[str, Usage]:
        """What all processes of each kind have used together."""
        return {kind: self._usage(kind) for kind in KINDS}

    def phases(self) -> dict[str, Any]:
        """Where the time of the first Rasa went since it began (bot/rasa/phases.py)."""
        token = {"Authorization": f"Bearer {channel_token(_KEY)}"}
        found: dict[str, Any] = self._get(f"{self.url(RASA)}/webhooks/cic/phases", token).json()
        return found

    def waited_for_rasa(self) -> float:
        """Seconds that the first web process has waited for answers of Rasa since it began."""
        name = "cic_message_seconds_sum "
        figures = self._get(f"{self.url(WEB)}/metrics").text.splitlines()
        return float(next(line.removeprefix(name) for line in figures if line.startswith(name)))

    def answers(self, kind: str, number: int = 0) -> bool:
        """Whether one process can do its part now: Rasa with its model loaded."""
        return _answers(self.url(kind, number) + _PATHS[kind])

    def is_ready(self) -> bool:
        """Whether every process can, and a message could be answered by any web process."""
        numbers = range(len(self.members))
        if not all(self.answers(kind, number) for kind in KINDS for number in numbers):
            return False
        return self._is_known() and all(_answers(f"{url}/readyz") for url in (self.address, *(self.url(WEB, each) for each in numbers)))

    def wait_until_ready(self, seconds: float = START_SECONDS) -> None:
        """Wait for that. Raises UnavailableError with the end of the logs when it takes longer."""
        deadline = time.monotonic() + seconds
        while not self.is_ready():
            if time.monotonic() > deadline:
                raise UnavailableError(f"L'assistant à mesurer n'a pas démarré.\n{self.last_lines()}")
            time.sleep(_POLL_SECONDS)

    def last_lines(self) -> str:
        """The end of each log."""
        logs = sorted((self.settings.data_dir / "logs").glob("*.log"))
        return "\n".join(f"{log.name} : {log.read_text('utf-8', 'replace')[-500:]}" for log in logs)

    def _is_known(self) -> bool:
        """Whether the proxy, if there is one, has every process among those that it asks."""
        try:
            return self.proxy is None or all(self.proxy.up(kind) == len(self.members) for kind in KINDS)
        except httpx.TransportError:
            return False

    def _usage(self, kind: str) -> Usage:
        found = [self.process(kind, number) for number in range(len(self.members))]
        times = [process.cpu_times() for process in found]
        memory = sum(process.memory_info().rss for process in found)
        return Usage(sum(each.user + each.system for each in times), memory / 1e6)

    @staticmethod
    def _get(url: str, headers: Mapping[str, str] | None = None) -> httpx.Response:
        return httpx.get(url, headers=headers, trust_env=False, timeout=30)


@contextmanager
def start(plan: Plan, folder: Path, say: Callable[[str], None] = lambda _: None) -> Iterator[Cluster]:
    """Start an assistant in `folder` and give it when it is ready. Raises UnavailableError when it does not get ready."""
    with launch(plan, folder, say) as cluster:
        cluster.wait_until_ready()
        yield cluster


@contextmanager
def launch(plan: Plan, folder: Path, say: Callable[[str], None] = lambda _: None) -> Iterator[Cluster]:
    """The same without waiting until it is ready; `say` hears of each process that dies."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        ports = [free_ports(3) for _ in range(plan.sets)]
        proxy = None
        if plan.sets > 1 or plan.proxied:
            webs, rasas, servers = zip(*ports, strict=True)
            proxy = stack.enter_context(start_proxy(folder / "proxy", webs, rasas, servers))
        environments = [_environment(plan, folder, own, proxy) for own in ports]
        programs = [_program(kind, number, plan, own) for kind in KINDS for number, own in enumerate(environments)]
        supervisor = Supervisor(programs, say, Patience(first_wait=0.1, longest_wait=1.0))
        stack.enter_context(_supervised(supervisor))
        members = tuple(load_settings(own, dotenv=None) for own in environments)
        yield Cluster(members, proxy.public if proxy else f"http://127.0.0.1:{members[0].port}", supervisor, proxy)


@contextmanager
def web_alone(folder: Path, database: str) -> Iterator[Cluster]:
    """Start a web process on a database, without the others: for pages that need none. Raises UnavailableError when it does not start."""
    folder.mkdir(parents=True, exist_ok=True)
    plan = Plan(Path(), database=database)
    own = _environment(plan, folder, free_ports(3), None)
    supervisor = Supervisor([_program(WEB, 0, plan, own)], lambda _: None, Patience(first_wait=0.1, longest_wait=1.0))
    settings = load_settings(own, dotenv=None)
    cluster = Cluster((settings,), f"http://127.0.0.1:{settings.port}", supervisor)
    with _supervised(supervisor):
        deadline = time.monotonic() + START_SECONDS
        while not cluster.answers(WEB):
            if time.monotonic() > deadline:
                raise UnavailableError(f"Le serveur web à mesurer n'a pas démarré.\n{cluster.last_lines()}")
            time.sleep(_POLL_SECONDS)
        yield cluster


@contextmanager
def _supervised(supervisor: Supervisor) -> Iterator[None]:
    """Let the supervisor work in a thread of its own; its children die when that thread ends, whatever ends it."""
    loop, stop = asyncio.new_event_loop(), asyncio.Event()
    thread = threading.Thread(target=lambda: loop.run_until_complete(supervisor.run(stop)), name="supervisor", daemon=True)
    thread.start()
    try:
        _wait_for_all(supervisor, thread)
        yield
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(_STOP_SECONDS)
        if not thread.is_alive():
            loop.close()


def _wait_for_all(supervisor: Supervisor, thread: threading.Thread) -> None:
    """Return when each program has a process."""
    while thread.is_alive() and len(supervisor.pids) < len(supervisor.programs):
        time.sleep(0.01)


def _environment(plan: Plan, folder: Path, ports: list[int], proxy: Proxy | None) -> dict[str, str]:
    """The settings of one set of processes by their names in the environment; one that is empty has its default."""
    port, rasa_port, actions_port = ports
    return {
        **{f"CIC_{each.name.upper()}": "" for each in fields(Settings)},
        "CIC_DATA_DIR": str(folder),
        "CIC_DATABASE_URL": plan.database or f"sqlite:///{folder / 'cic.sqlite'}",
        "CIC_PORT": str(port),
        "CIC_RASA_PORT": str(rasa_port),
        "CIC_ACTIONS_PORT": str(actions_port),
        "CIC_RASA_URL": proxy.rasa if proxy else f"http://127.0.0.1:{rasa_port}",
        "CIC_ACTIONS_URL": proxy.actions if proxy else f"http://127.0.0.1:{actions_port}",
        "CIC_TRUSTED_PROXIES": "127.0.0.1" if proxy else "",
        "CIC_SECRET_KEY": _KEY,
        "CIC_RATE_LIMIT": "1000000",
        "CIC_FOLLOW_RELEASES": "non",
        **plan.settings,
    }


def _program(kind: str, number: int, plan: Plan, environment: Mapping[str, str]) -> Program:
    """One process as `cic run` would start it, with these settings and no others."""
    settings = load_settings(environment, dotenv=None)
    made = rasa(settings, plan.model, plan.wiring) if kind == RASA else actions(settings) if kind == ACTIONS else web(settings)
    log = made.log.with_name(f"{_name(kind, number)}.log")
    return replace(made, name=_name(kind, number), environment={**made.environment, **environment}, log=log)


def _name(kind: str, number: int) -> str:
    return f"{kind}-{number}"


def _answers(url: str) -> bool:
    try:
        return httpx.get(url, trust_env=False, timeout=5).status_code == httpx.codes.OK
    except httpx.TransportError:
        return False
