"""What the pages show of the active release: its facts and texts, swapped as a whole while the process runs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bot.answers.compose import menu
from bot.config import PROJECT
from bot.knowledge import Base
from bot.releases import POLL_SECONDS, Follower, Release, Releases
from bot.review.labels import Labels
from bot.texts import Texts
from bot.web.knowledge_view import Section, sections_of
from bot.wiring import build_base, build_texts


@dataclass(frozen=True)
class Content:
    """The content of one release as the pages need it. `suggestions` are questions to begin with, `labels` what reviewers choose from."""

    base: Base
    sections: tuple[Section, ...]
    suggestions: tuple[Mapping[str, Any], ...]
    labels: Labels

    @classmethod
    def of(cls, base: Base, texts: Texts, folder: Path = PROJECT) -> Content:
        """Return what is shown of a knowledge, its texts, and the training data of a folder."""
        return cls(base, sections_of(base), tuple(asdict(choice) for choice in menu(base, texts)), Labels.read(base, folder))

    @classmethod
    def read(cls, folder: Path) -> Content:
        """Read the content of a release. Raises KnowledgeError."""
        return cls.of(build_base(folder), build_texts(folder), folder)


@dataclass
class Showing:
    """What is shown now. A page reads `content` once, so that all that it says is of one release."""

    content: Content


class Refresher:
    """Swaps what is shown when another release becomes the active one; one of the workers of the application."""

    def __init__(self, releases: Releases, showing: Showing) -> None:
        """Return what refreshes `showing`, which shows the content of the working copy at first."""
        self._showing = showing
        self._follower = Follower(releases, "web", releases.own().id, self._swap)

    async def run(self, stop: asyncio.Event, every: float = POLL_SECONDS) -> None:
        """Look every so many seconds until `stop`."""
        while not stop.is_set():
            await asyncio.to_thread(self.look)
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(stop.wait(), every)

    def look(self) -> None:
        """Look once; what cannot be taken up leaves what is shown."""
        self._follower.look()

    def _swap(self, _: Release, folder: Path) -> None:
        self._showing.content = Content.read(folder)
