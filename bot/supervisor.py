"""Starts the processes of the assistant, starts again one that dies, and stops them all. Knows nothing of what they do."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

LOG_BYTES = 10_000_000
"""A longer log is put aside as .1 before a process is started."""
_PR_SET_PDEATHSIG = 1
"""From Linux's prctl.h."""
_LIBC = ctypes.CDLL(None)


@dataclass(frozen=True)
class Program:
    """One process: `name` as people read it, `command` to run, `environment` in full, `log` for all that it prints."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    folder: Path
    log: Path


@dataclass(frozen=True)
class Patience:
    """Seconds. A process that dies waits `first_wait` before it is started again, twice as long each time up to
    `longest_wait`, and is forgiven after `steady` seconds of life. `grace` passes between asking it to end and killing it.
    """

    first_wait: float = 0.5
    longest_wait: float = 30.0
    steady: float = 60.0
    grace: float = 4.5

    def next_wait(self, wait: float, lived: float) -> float:
        """Return how long to wait after a process that waited `wait` before its start has lived `lived` seconds."""
        if wait == 0.0 or lived >= self.steady:
            return self.first_wait
        return min(wait * 2, self.longest_wait)


@dataclass
class Supervisor:
    """Keeps `programs` running. The last one is stopped first: it serves people with the help of the others."""

    programs: Sequence[Program]
    say: Callable[[str], None]
    patience: Patience = Patience()
    died: asyncio.Event = field(default_factory=asyncio.Event)
    """Set each time that a process dies by itself."""
    pids: dict[str, int] = field(default_factory=dict)
    """The process of each program that was started, by the program's name."""

    async def run(self, stop: asyncio.Event) -> None:
        """Run all programs until `stop`; none is left when this returns or is cancelled."""
        ends = [asyncio.Event() for _ in self.programs]
        tasks = [asyncio.create_task(self._keep(program, end)) for program, end in zip(self.programs, ends, strict=True)]
        try:
            stopping = asyncio.create_task(stop.wait())
            await asyncio.wait([stopping, *tasks], return_when=asyncio.FIRST_COMPLETED)
            stopping.cancel()
        finally:
            ends[-1].set()
            await asyncio.wait(tasks[-1:])
            for end in ends:
                end.set()
            await asyncio.wait(tasks)
        for task in tasks:
            task.result()

    async def _keep(self, program: Program, end: asyncio.Event) -> None:
        now, wait = asyncio.get_running_loop().time, 0.0
        while not end.is_set():
            started = now()
            code = await self._live(program, end)
            if code is None:
                return
            wait = self.patience.next_wait(wait, now() - started)
            seconds = f"{wait:g}".replace(".", ",")
            self.say(f"{program.name} s'est arrêté ({_cause(code)}). Il redémarre dans {seconds} s. Son journal : {program.log}")
            self.died.set()
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(end.wait(), wait)

    async def _live(self, program: Program, end: asyncio.Event) -> int | None:
        """Run a program once; return its code when it died by itself, None when it was told to end."""
        with open_log(program.log) as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                cwd=program.folder,
                env=program.environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C in the terminal is for us: we stop them in order
                preexec_fn=die_with_parent(os.getpid()),
            )
        self.pids[program.name] = process.pid
        dead, told = asyncio.create_task(process.wait()), asyncio.create_task(end.wait())
        try:
            await asyncio.wait([dead, told], return_when=asyncio.FIRST_COMPLETED)
            return process.returncode
        finally:
            told.cancel()
            await self._put_down(process.pid, dead)

    async def _put_down(self, pid: int, dead: asyncio.Task[int]) -> None:
        """End a process and whatever it started: ask first, then kill."""
        if not dead.done():
            _signal_group(pid, signal.SIGTERM)
            await asyncio.wait([dead], timeout=self.patience.grace)
        _signal_group(pid, signal.SIGKILL)
        await dead


def open_log(path: Path) -> IO[bytes]:
    """Open a log for appending; a long one is put aside first."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if path.exists() and path.stat().st_size > LOG_BYTES:
        path.replace(path.with_suffix(path.suffix + ".1"))
    return path.open("ab")


def die_with_parent(parent: int) -> Callable[[], None]:
    """Return what a child does before it becomes its program: ask the kernel to die with us, even when we are killed."""

    def prepare() -> None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:  # we died before the kernel was asked
            os._exit(1)

    return prepare


def _signal_group(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.killpg(pid, number)


def _cause(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"code {code}"
