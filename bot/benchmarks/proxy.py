"""HAProxy as it is shipped in deploy/haproxy/, in front of processes of this machine."""

from __future__ import annotations

import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import httpx

from bot.benchmarks.ports import free_ports
from bot.config import PROJECT, child_environment
from bot.errors import UnavailableError

_CONFIGURATION = PROJECT / "deploy" / "haproxy" / "haproxy.cfg"
_BACKENDS = ("web", "living-web", "rasa", "actions")
_START_SECONDS = 10.0
_STOP_SECONDS = 5.0
_PATHS = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"
"""Debian puts HAProxy where only root's own search path looks."""


@dataclass
class Proxy:
    """A proxy: its addresses without a last slash, its log, and how it is run."""

    public: str
    rasa: str
    actions: str
    health: str
    log: Path
    command: tuple[str, ...]
    environment: Mapping[str, str]
    _process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns when it answers. Raises UnavailableError when it does not."""
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603
                self.command, env=child_environment(self.environment), stdin=subprocess.DEVNULL, stdout=output, stderr=output
            )
        _wait(self._process, self)

    def kill(self) -> None:
        """End it as `kill -9` does; `start` starts it again at the same addresses."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def stop(self) -> None:
        """Ask it to end, and see to it."""
        if self._process is not None:
            self._process.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(_STOP_SECONDS)
        self.kill()

    def up(self, backend: str) -> int:
        """How many servers of `web`, `living-web`, `rasa` or `actions` passed their checks."""
        figures = httpx.get(f"{self.health}/metrics", trust_env=False, timeout=5).text
        name = f'haproxy_backend_active_servers{{proxy="{backend}"}} '
        return int(float(next(line.removeprefix(name) for line in figures.splitlines() if line.startswith(name))))


@contextmanager
def start_proxy(
    folder: Path,
    web: Sequence[int],
    rasa: Sequence[int] = (),
    actions: Sequence[int] = (),
    client_connections: int = 100_000,
    request_seconds: float = 15.0,
) -> Iterator[Proxy]:
    """Run HAProxy in `folder` before the processes on these loopback ports, which may be started later, until the block ends.

    `client_connections` is for each address, and a load comes from one; a request must arrive within `request_seconds`.
    Raises UnavailableError when HAProxy is missing or does not start.
    """
    program = shutil.which("haproxy", path=_PATHS)
    if program is None:
        raise UnavailableError("HAProxy manque : installez le paquet « haproxy », puis recommencez.")
    public, inner, other, health = free_ports(4)
    folder.mkdir(parents=True, exist_ok=True)
    servers = folder / "servers.cfg"
    servers.write_text(_servers(web, rasa, actions), "utf-8")
    environment = {
        "PROXY_BIND": f"127.0.0.1:{public}",
        "PROXY_RASA_BIND": f"127.0.0.1:{inner}",
        "PROXY_ACTIONS_BIND": f"127.0.0.1:{other}",
        "PROXY_HEALTH_BIND": f"127.0.0.1:{health}",
        "PROXY_REQUEST_TIMEOUT": f"{request_seconds * 1000:.0f}ms",
        "PROXY_CLIENT_CONNECTIONS": str(client_connections),
    }
    command = (program, "-db", "-f", str(_CONFIGURATION), "-f", str(servers))
    proxy = Proxy(_address(public), _address(inner), _address(other), _address(health), folder / "haproxy.log", command, environment)
    try:
        proxy.start()
        yield proxy
    finally:
        proxy.stop()


def _address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def _servers(web: Sequence[int], rasa: Sequence[int], actions: Sequence[int]) -> str:
    """What deploy/haproxy/servers.example.cfg shows, with the ports of this machine."""
    lines: list[str] = []
    for backend, ports in zip(_BACKENDS, (web, web, rasa, actions), strict=True):
        lines.append(f"backend {backend} from {backend}-servers")
        lines.extend(f"    server {backend}{number} 127.0.0.1:{port}" for number, port in enumerate(ports, start=1))
    return "\n".join((*lines, ""))


def _wait(process: subprocess.Popen[bytes], proxy: Proxy) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        try:
            proxy.up("web")
        except httpx.TransportError:
            time.sleep(0.05)
        else:
            return
    raise UnavailableError(f"HAProxy n'a pas démarré : {proxy.log.read_text('utf-8', 'replace')[-1000:]}")
