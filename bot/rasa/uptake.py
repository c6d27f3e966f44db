"""Takes up the model of the active release while messages are being handled.

Turns that run end on the old model, the next ones begin on the new one. A model that cannot be loaded leaves the old one in place.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import rasa.core.agent
from rasa.core.nlg import TemplatedNaturalLanguageGenerator

from bot.config import load_settings
from bot.errors import ReleaseError
from bot.rasa.mending import settle_memory
from bot.rasa_client import HANDLING_SECONDS
from bot.releases import POLL_SECONDS, Follower, Release, Releases, sha256
from bot.storage import Database
from bot.wiring import build_releases

SETTLED_SECONDS = 2 * HANDLING_SECONDS
"""After a swap, until no turn holds on to the old model."""


class Uptake:
    """Keeps one agent of Rasa on the active release. Made and started on the agent's event loop."""

    def __init__(self, agent: Any, releases: Releases) -> None:
        self._agent = agent
        self._releases = releases
        self._loop = asyncio.get_running_loop()
        started_with = self._started_with()
        self._model = self._checksum()
        if started_with:
            self._rename(started_with)
        self._follower = Follower(releases, "rasa", started_with or "", self._take_up)

    @property
    def running(self) -> str:
        """The id of the release whose model is loaded; empty when there is none, or none of a release."""
        return self._follower.running

    def start(self, every: float = POLL_SECONDS) -> None:
        """Look from now on, every so many seconds, in a thread."""
        self._follower.start(every)

    def stop(self) -> None:
        """Look no more."""
        self._follower.stop()

    def look(self) -> None:
        """Look once; never on the event loop, which has to be free for the swap."""
        self._follower.look()

    def _started_with(self) -> str | None:
        """The release of the model with which Rasa started. One that was forced upon it counts as this copy's own."""
        if self._agent.processor is None:
            return None
        return self._releases.id_at(Path(self._agent.processor.model_path)) if self._releases.follows else self._releases.own().id

    def _checksum(self) -> str | None:
        """The checksum of the model with which Rasa started."""
        path = Path(self._agent.processor.model_path) if self._agent.processor else None
        return sha256(path.read_bytes()) if path and path.is_file() else None

    def _take_up(self, release: Release, folder: Path) -> None:
        """Load the model of a release beside the one that runs, then swap them; what differs in knowledge alone loads nothing."""
        if release.model is None:
            raise ReleaseError(f"La version {release.id} n'a pas de modèle.")
        checksum = release.files[release.model]
        if checksum == self._model:
            self._on_loop(self._rename, release.id)
            return
        with self._releases.turn():
            processor = self._load(folder / release.model)
            self._on_loop(self._swap, processor, release.id)
            self._on_loop(self._loop.call_later, SETTLED_SECONDS, settle_memory)
        self._model = checksum

    def _load(self, model: Path) -> Any:
        agent = self._agent
        return rasa.core.agent.MessageProcessor(  # looked up now: it may have been replaced by one of ours
            model_path=model,
            tracker_store=agent.tracker_store,
            lock_store=agent.lock_store,
            action_endpoint=agent.action_endpoint,
            generator=agent.nlg,
            http_interpreter=agent.http_interpreter,
        )

    def _swap(self, processor: Any, release_id: str) -> None:
        """In one step as far as the event loop is concerned: what `Agent.load_model` does once it has loaded."""
        agent = self._agent
        processor.release = release_id
        agent.processor, agent.domain = processor, processor.domain
        agent.tracker_store.domain = processor.domain
        if isinstance(agent.nlg, TemplatedNaturalLanguageGenerator):
            agent.nlg.responses = processor.domain.responses

    def _rename(self, release_id: str) -> None:
        self._agent.processor.release = release_id

    def _on_loop(self, step: Any, *arguments: Any) -> None:
        """Do a step on the event loop and wait until it is done."""

        async def done() -> None:
            step(*arguments)

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()


def build_uptake(agent: Any) -> Uptake:
    """Return what keeps an agent on the active release of the settings' database. Waits for no database."""
    settings = load_settings()
    return Uptake(agent, build_releases(settings, Database(settings.database_url)))
