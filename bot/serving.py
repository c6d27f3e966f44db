"""The services of the actions by release, so that each turn is answered from the content of the model that understood it."""

from __future__ import annotations

import logging
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

from bot.config import Settings
from bot.errors import AssistantError, StorageError
from bot.releases import Follower, Release, Releases
from bot.storage import Database
from bot.wiring import Services, build_releases, build_services

KEPT = 2
"""Releases whose services are kept: the one that runs, and the one before or after it while processes change over."""
log = logging.getLogger(__name__)


class Serving:
    """Services on one database, built when a release is first asked for. `build` makes those of a folder."""

    def __init__(self, releases: Releases, build: Callable[[Path], Services]) -> None:
        self.releases = releases
        self._build = build
        self._built: OrderedDict[str, Services] = OrderedDict()
        self._warned: set[str] = set()
        self._lock, self._building = threading.Lock(), threading.Lock()
        self.follower = Follower(releases, "actions", "", self._take_up)

    def of(self, release_id: str | None) -> Services:
        """Return the services of a release; of the active one when none is named or it cannot be had, of this copy when neither can."""
        if release_id and (asked := self._try(release_id)):
            return asked
        active = self._active_id()
        return (self._try(active) if active else None) or self._services(self.releases.own().id)

    def _active_id(self) -> str | None:
        try:
            return self.releases.active().id
        except StorageError:
            raise
        except AssistantError:
            return None

    def _try(self, release_id: str) -> Services | None:
        try:
            return self._services(release_id)
        except StorageError:
            raise
        except Exception:
            if release_id not in self._warned:
                self._warned.add(release_id)
                log.exception("release %s cannot be served: another one answers", release_id)
            return None

    def _services(self, release_id: str) -> Services:
        if built := self._known(release_id):
            return built
        with self._building:
            if built := self._known(release_id):
                return built
            made = self._build(self.releases.folder(release_id))
            with self._lock:
                self._built[release_id] = made
                while len(self._built) > KEPT:
                    self._built.popitem(last=False)
            return made

    def _known(self, release_id: str) -> Services | None:
        """The services that are built already: who needs them does not wait for another release that is being built."""
        with self._lock:
            if release_id in self._built:
                self._built.move_to_end(release_id)
            return self._built.get(release_id)

    def _take_up(self, release: Release, _folder: Path) -> None:
        """Build the services before the first turn that needs them."""
        self._services(release.id)


def build_serving(settings: Settings, database: Database) -> Serving:
    """Return the services of every release of the settings' database."""
    return Serving(build_releases(settings, database), lambda folder: build_services(settings, folder, database))
