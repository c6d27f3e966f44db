"""Says every few seconds that the process lives and what it does, and ends it when it is not wanted any more."""

from __future__ import annotations

import logging
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from bot.errors import StorageError
from bot.review.working import Run

BEAT_SECONDS = 3.0
log = logging.getLogger(__name__)


class StoppedError(BaseException):
    """The change was abandoned or begun anew, or the machine stops: whatever is under way ends. No error to be caught on the way."""


class Pulse:
    """Writes `told`, the latest of what it was told, into the row of the change, once in `every` seconds."""

    def __init__(self, run: Run, every: float) -> None:
        self.told = "Démarrage…"
        self._run = run
        self._every = every
        self._end = threading.Event()

    def tell(self, progress: str) -> None:
        """Hear where the work is; it is written with the next beat."""
        self.told = progress

    @contextmanager
    def beating(self) -> Iterator[None]:
        """Beat within a `with`. StoppedError is raised in the main thread when the work is not wanted any more, and on SIGTERM."""
        before = signal.signal(signal.SIGTERM, _stop)
        thread = threading.Thread(target=self._beat, name="pulse", daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._end.set()
            thread.join()
            signal.signal(signal.SIGTERM, before)

    def _beat(self) -> None:
        while not self._end.is_set():
            try:
                wanted = self._run.beat(self.told)
            except StorageError:
                log.warning("the database is away: change %d goes on", self._run.change_id)
            else:
                if not wanted and not self._end.is_set():
                    os.kill(os.getpid(), signal.SIGTERM)
                    return
            self._end.wait(self._every)


def _stop(number: int, _frame: FrameType | None) -> None:
    signal.signal(number, signal.SIG_IGN)  # what is under way is put down once, in order
    raise StoppedError
