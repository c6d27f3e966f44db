"""How a process follows the active release: it looks every few seconds, takes up what is new, and says what it runs.

Runs in a thread of its own, so that no request waits for it.
"""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

from bot.errors import AssistantError, StorageError
from bot.releases.model import Release
from bot.releases.publishing import Releases

POLL_SECONDS = 3.0
AGAIN_SECONDS = 60.0
"""A release that could not be taken up is tried again after so long."""
TELL_SECONDS = 300.0
"""What runs is told again after so long, so that everybody knows that this process lives; what was forgotten is swept away then."""
log = logging.getLogger(__name__)


class Follower:
    """Calls `take` with each release that becomes the active one and with its folder, which is whole.

    What `take` raises leaves in place what runs. `kind` names the process in the list that `cic releases` shows.
    """

    def __init__(self, releases: Releases, kind: str, running: str, take: Callable[[Release, Path], None]) -> None:
        self.running = running
        """The id of the release that runs; empty when it is none that we know."""
        self._releases = releases
        self._process = f"{socket.gethostname()}:{os.getpid()}:{kind}"
        self._take = take
        self._refused: tuple[str, float] | None = None
        self._error: str | None = None
        self._told: tuple[str, str | None] | None = None
        self._told_at = 0.0
        self._silent = False
        self._stop = threading.Event()

    def start(self, every: float = POLL_SECONDS) -> None:
        """Look from now on, every so many seconds, in a thread that ends with the process or with `stop`."""

        def follow() -> None:
            while not self._stop.is_set():
                self.look()
                self._stop.wait(every)

        threading.Thread(target=follow, name="releases", daemon=True).start()

    def stop(self) -> None:
        """Look no more."""
        self._stop.set()

    def look(self) -> None:
        """Look once. Raises nothing: a database that is away is asked again the next time."""
        try:
            self._look()
            self._silent = False
        except Exception as error:
            if not self._silent:
                log.warning("the releases cannot be followed: %s", type(error).__name__, exc_info=not isinstance(error, StorageError))
            self._silent = True

    def _look(self) -> None:
        active, now = self._releases.active(), time.monotonic()
        if active.id == self.running:
            self._refused = self._error = None
        elif self._refused is None or self._refused[0] != active.id or now - self._refused[1] >= AGAIN_SECONDS:
            self._take_up(active)
        state = (self.running, self._error)
        if state != self._told or now - self._told_at >= TELL_SECONDS:
            self._releases.tell(self._process, *state)
            self._told, self._told_at = state, now
            self._releases.sweep()

    def _take_up(self, release: Release) -> None:
        try:
            self._take(release, self._releases.folder(release.id))
        except StorageError:
            raise
        except Exception as error:
            log.exception("release %s cannot be taken up, %s goes on running", release.id, self.running or "what was started")
            self._refused = (release.id, time.monotonic())
            said = str(error) if isinstance(error, AssistantError) else type(error).__name__
            self._error = f"{release.id} : {said}"
            return
        log.info("release %s is taken up, after %s", release.id, self.running or "what was started")
        self.running, self._refused, self._error = release.id, None, None
        self._releases.sweep()
