"""Starts the process that trains and compares a change, where there is room for it, and hears when it dies."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import psutil

from bot.config import PROJECT, Settings, child_environment
from bot.errors import RequestError, StorageError
from bot.review.change import INTERRUPTED
from bot.review.working import Run
from bot.storage import Database

NEEDED_BYTES = 2_000_000_000
"""What a training takes at its height is 1.75 GB. With less, the machine would put down something, maybe the assistant itself."""
_CGROUPS = Path("/sys/fs/cgroup")
_COMMAND = (sys.executable, "-m", "bot.improving")
_NO_ROOM = "Cette machine n'a pas assez de mémoire libre pour un entraînement : il en faut 2 Go, elle en a {}."
log = logging.getLogger(__name__)


class Launcher:
    """Starts `command` for a change. The process goes on when this one ends, in a session of its own; its output goes to a log.

    `free` tells the memory that is free, in bytes.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        clock: Callable[[], datetime],
        command: tuple[str, ...] = _COMMAND,
        free: Callable[[], int] | None = None,
    ) -> None:
        self._settings = settings
        self._database = database
        self._clock = clock
        self._command = command
        self._free = free or free_memory

    def __call__(self, change_id: int, run: str) -> None:
        """Start it. Raises RequestError when this machine has no room, or starts no process."""
        if (free := self._free()) < NEEDED_BYTES:
            raise RequestError(_NO_ROOM.format(f"{free / 1e9:.1f} Go".replace(".", ",")))
        try:
            process = self._start(change_id, run)
        except OSError as error:
            raise RequestError(f"L'entraînement n'a pas pu démarrer sur cette machine ({error.strerror}).") from error
        threading.Thread(target=self._watch, args=(process, change_id, run), name=f"correction-{change_id}", daemon=True).start()

    def _start(self, change_id: int, run: str) -> subprocess.Popen[bytes]:
        path = self._settings.data_dir / "logs" / "corrections.log"
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with path.open("ab") as output:
            return subprocess.Popen(  # noqa: S603 - our own module, with a number and a name of ours
                (*self._command, str(change_id), run),
                cwd=PROJECT,
                env=child_environment(self._environment()),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _environment(self) -> dict[str, str]:
        return {
            "CIC_DATA_DIR": str(self._settings.data_dir),
            "CIC_DATABASE_URL": self._settings.database_url,
            "CIC_FOLLOW_RELEASES": "oui" if self._settings.follow_releases else "non",
            "PYTHONUNBUFFERED": "1",
        }

    def _watch(self, process: subprocess.Popen[bytes], change_id: int, run: str) -> None:
        """Say at once that a process died before it could say so itself."""
        code = process.wait()
        log.info("the process of change %d has ended (code %d)", change_id, code)
        try:
            Run(self._database, change_id, run, self._clock).fail(INTERRUPTED)
        except StorageError:
            log.warning("the end of change %d is not written down: the database is away", change_id)


def free_memory(root: Path = _CGROUPS, own: Path = Path("/proc/self/cgroup")) -> int:
    """Bytes that this machine has free, and its container or its service where one of them is held to less."""
    found = [psutil.virtual_memory().available]
    try:
        path = root / own.read_text("utf-8").strip().rpartition("::")[2].lstrip("/")
        for folder in (path, *path.parents):
            found += _left(folder) if folder.is_relative_to(root) else []
    except OSError:  # no control groups here, or those of an older kernel
        pass
    return max(0, int(min(found)))


def _left(group: Path) -> list[int]:
    """What a control group may still take; nothing when it has no limit. Its cache of files does not count: it gives way."""
    try:
        limit = int((group / "memory.max").read_text("utf-8"))
        used = dict(line.split() for line in (group / "memory.stat").read_text("utf-8").splitlines())
    except (OSError, ValueError):  # « max », or the root, which has none
        return []
    return [limit - int(used.get("anon", 0))]
