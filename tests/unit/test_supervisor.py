"""The supervisor, with tiny processes of its own: it starts them again, stops them in order, and leaves none behind."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from bot.supervisor import LOG_BYTES, Patience, Program, Supervisor, open_log

QUICK = Patience(first_wait=0.05, longest_wait=0.1, steady=60, grace=2)
SLEEP = "import time; time.sleep(60)"


def program(tmp_path: Path, code: str, name: str = "Un essai") -> Program:
    return Program(name, (sys.executable, "-c", code), dict(os.environ), tmp_path, tmp_path / "logs" / f"{name}.log")


def note(path: Path, text: str) -> str:
    """Code that adds a line to a file."""
    return f"open({str(path)!r}, 'a').write({text!r} + '\\n'); "


async def until(condition: Callable[[], object], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)


def supervise(programs: list[Program], meanwhile: Callable[[], Awaitable[None]], patience: Patience = QUICK) -> list[str]:
    """Run programs while `meanwhile` does, stop, and return what was said."""
    said: list[str] = []

    async def run() -> None:
        stop = asyncio.Event()
        running = asyncio.create_task(Supervisor(programs, said.append, patience).run(stop))
        await meanwhile()
        stop.set()
        await asyncio.wait_for(running, 10)

    asyncio.run(run())
    return said


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_a_process_that_dies_is_started_again(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    dying = program(tmp_path, note(starts, "x") + "raise SystemExit(3)")
    said = supervise([dying], lambda: until(lambda: len(lines(starts)) >= 3))
    assert said[0] == f"Un essai s'est arrêté (code 3). Il redémarre dans 0,05 s. Son journal : {dying.log}"
    assert "dans 0,1 s" in said[1]


def test_a_process_that_is_killed_is_started_again(tmp_path: Path) -> None:
    pids = tmp_path / "pids"

    async def kill_once() -> None:
        await until(lambda: lines(pids))
        os.kill(int(lines(pids)[0]), signal.SIGKILL)
        await until(lambda: len(lines(pids)) == 2)

    code = f"import os; open({str(pids)!r}, 'a').write(str(os.getpid()) + '\\n'); " + SLEEP
    assert "signal 9" in supervise([program(tmp_path, code)], kill_once)[0]
    assert not any(lives(int(pid)) for pid in lines(pids))


@pytest.mark.parametrize(
    ("wait", "lived", "expected"),
    [(0, 0, 0.5), (0.5, 1, 1), (1, 1, 2), (16, 1, 30), (30, 59, 30), (30, 60, 0.5), (0, 90, 0.5)],
)
def test_the_wait_doubles_to_half_a_minute_and_is_forgiven_after_a_minute_of_life(wait: float, lived: float, expected: float) -> None:
    assert Patience().next_wait(wait, lived) == expected


def test_the_last_process_is_stopped_first_and_the_others_outlive_it(tmp_path: Path) -> None:
    ends, ready = tmp_path / "ends", tmp_path / "ready"

    def ending(name: str) -> Program:
        handler = f"def end(*_): {note(ends, name)} raise SystemExit\n"
        code = f"import signal, time\n{handler}signal.signal(signal.SIGTERM, end)\n{note(ready, name)}\ntime.sleep(60)"
        return program(tmp_path, code, name)

    supervise([ending("rasa"), ending("actions"), ending("web")], lambda: until(lambda: len(lines(ready)) == 3))
    assert lines(ends)[0] == "web"
    assert sorted(lines(ends)) == ["actions", "rasa", "web"]


def test_a_process_that_does_not_want_to_end_is_killed(tmp_path: Path) -> None:
    ready = tmp_path / "ready"
    code = f"import os, signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {note(ready, 'x')}time.sleep(60)"
    started = time.monotonic()
    supervise([program(tmp_path, code)], lambda: until(lambda: lines(ready)), Patience(grace=0.2))
    assert time.monotonic() - started < 5


def test_what_a_process_started_ends_with_it(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    code = f"import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', {SLEEP!r}]); "
    code += f"open({str(pids)!r}, 'w').write(str(p.pid)); {SLEEP}"
    supervise([program(tmp_path, code)], lambda: until(lambda: lines(pids)))
    asyncio.run(until(lambda: not lives(int(lines(pids)[0]))))


def test_no_process_is_left_when_the_supervisor_itself_is_killed(tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    child = f"import os, time; open({str(pids)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    code = (
        "import asyncio, os, sys; from pathlib import Path; from bot.supervisor import Program, Supervisor; "
        f"p = Program('x', (sys.executable, '-c', {child!r}), dict(os.environ), Path.cwd(), Path({str(tmp_path / 'x.log')!r})); "
        "asyncio.run(Supervisor([p], print).run(asyncio.Event()))"
    )
    supervisor = subprocess.Popen([sys.executable, "-c", code])
    asyncio.run(until(lambda: lines(pids)))
    supervisor.kill()
    supervisor.wait()
    asyncio.run(until(lambda: not lives(int(lines(pids)[0])), 5))


def test_a_command_that_cannot_be_run_stops_everything_and_says_so(tmp_path: Path) -> None:
    missing = Program("Rien", ("/nowhere/at/all",), {}, tmp_path, tmp_path / "x.log")
    supervisor = Supervisor([missing, program(tmp_path, SLEEP)], print, QUICK)
    with pytest.raises(FileNotFoundError):
        asyncio.run(asyncio.wait_for(supervisor.run(asyncio.Event()), 10))


def test_what_a_process_prints_is_in_its_log(tmp_path: Path) -> None:
    printing = program(tmp_path, "import sys; print('dehors'); print('erreur', file=sys.stderr); sys.stdout.flush(); " + SLEEP)
    supervise([printing], lambda: until(lambda: len(lines(printing.log)) == 2))
    assert sorted(lines(printing.log)) == ["dehors", "erreur"]


def test_a_long_log_is_put_aside(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "rasa.log"
    with open_log(log) as file:
        file.truncate(LOG_BYTES + 1)
    with open_log(log) as file:
        file.write(b"new")
    assert log.read_bytes() == b"new"
    assert (tmp_path / "logs" / "rasa.log.1").stat().st_size == LOG_BYTES + 1
