"""What the process that trains and compares a change writes of itself, and how it hears that it is to stop."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import update

from bot.review.change import COMPARING, DRAFT, FAILED, READY, WORKING
from bot.storage import Database, changes


class Run:
    """One run of a change. It may write only as long as the change is at work under the name of this run."""

    def __init__(self, database: Database, change_id: int, name: str, clock: Callable[[], datetime]) -> None:
        self.change_id = change_id
        self.name = name
        self._database = database
        self._clock = clock

    def beat(self, progress: str) -> bool:
        """Say that the process lives and where it is; False when it is to stop."""
        return self._write(progress=progress)

    def compare(self) -> bool:
        """The model is trained: what follows is the comparison."""
        return self._write(state=COMPARING)

    def refuse(self, faults: Sequence[str]) -> bool:
        """The data cannot be trained as they are: back to the draft, with a fault a line."""
        return self._write(state=DRAFT, error="\n".join(faults), progress="")

    def fail(self, reason: str) -> bool:
        """It did not work; `reason` is a French sentence."""
        return self._write(state=FAILED, error=reason, progress="")

    def finish(self, release: str, report: Mapping[str, Any]) -> bool:
        """It is trained and compared, and kept as a release that nobody runs yet."""
        return self._write(state=READY, release=release, report=report, progress="")

    def _write(self, **values: Any) -> bool:
        mine = (changes.c.id == self.change_id) & (changes.c.run == self.name) & changes.c.state.in_(WORKING)
        with self._database.begin() as connection:
            return bool(connection.execute(update(changes).where(mine).values(alive_at=self._clock(), **values)).rowcount)
