"""What `cic run` does once nothing stands in its way: the processes run, and the person at the terminal is told how far they are."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

from bot.config import Settings
from bot.processes import programs, web_address
from bot.supervisor import Supervisor
from bot.text import typeset

_POLL_SECONDS = 0.5
_LONG_SECONDS = 180.0
"""A start that takes longer deserves a word about where to look."""
_STEPS = {
    "rasa": "Rasa charge le modèle (une minute environ)…",
    "actions": "Le serveur d'actions démarre…",
    "database": "La base de données ne répond pas encore…",
    "web": "Le serveur web démarre…",
}


@dataclass
class Screen:
    """What the person at the terminal sees: lines that stay, and the present step, which moves on a terminal only."""

    console: Console
    progress: Progress | None
    step: str | None = None
    _task: TaskID | None = field(default=None, repr=False)

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self.console.print(typeset(line), markup=False, highlight=False, soft_wrap=True)

    def working(self, step: str | None) -> None:
        """Show what is under way, each step once; None when nothing is."""
        if step == self.step:
            return
        self.step = step
        if self.progress is None:
            if step:
                self.say(step)
            return
        if self._task is not None:
            self.progress.remove_task(self._task)
        self._task = self.progress.add_task(typeset(step)) if step else None


@contextmanager
def screen() -> Iterator[Screen]:
    """Give a screen; what is not a terminal gets plain lines."""
    console = Console()
    if not console.is_terminal:
        yield Screen(console, None)
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        yield Screen(console, progress)


async def supervise(settings: Settings, model: Path, shown: Screen) -> None:
    """Run the three processes until a signal, and tell of them."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, stop.set)
    supervisor = Supervisor(programs(settings, model), shown.say)
    teller = asyncio.create_task(_tell(settings, supervisor, shown))
    running = asyncio.create_task(supervisor.run(stop))
    await asyncio.wait([asyncio.create_task(stop.wait()), running], return_when=asyncio.FIRST_COMPLETED)
    teller.cancel()
    shown.working("Arrêt de l'assistant…")
    await running
    shown.working(None)


async def _tell(settings: Settings, supervisor: Supervisor, shown: Screen) -> None:
    """Say when the assistant is ready, also each time that it is again."""
    async with httpx.AsyncClient(base_url=web_address(settings), trust_env=False, timeout=10) as http:
        while True:
            await _wait_until_ready(http, settings, shown)
            supervisor.died.clear()
            shown.working(None)
            shown.say(f"L'assistant est prêt : {web_address(settings)}")
            await supervisor.died.wait()


async def _wait_until_ready(http: httpx.AsyncClient, settings: Settings, shown: Screen) -> None:
    now = asyncio.get_running_loop().time
    warn_at = now() + _LONG_SECONDS
    while missing := await first_missing(http):
        shown.working(_STEPS.get(missing, missing))
        if now() > warn_at:
            shown.say(f"C'est plus long que d'habitude. Les journaux disent pourquoi : {settings.data_dir / 'logs'}")
            warn_at = float("inf")
        await asyncio.sleep(_POLL_SECONDS)


async def first_missing(http: httpx.AsyncClient) -> str | None:
    """Name the first thing that is missing, None when the assistant can answer."""
    with suppress(httpx.TransportError, ValueError, LookupError):
        response = await http.get("readyz")
        return None if response.status_code == 200 else str(response.json()["missing"][0])
    return "web"
