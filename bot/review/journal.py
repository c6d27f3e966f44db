"""The journal: who looked at, exported, unmasked or erased what, when and why. It holds no content."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from bot.storage import Database, journal

VIEWED, EXPORTED, UNMASKED, ERASED, KEPT, RELEASED, RESENT, SIGNED_IN, REFUSED, ADOPTED, ACCOUNT = (
    *("consultation", "export", "demasquage", "effacement", "conservation", "liberation", "renvoi", "connexion", "refus", "adoption"),
    "compte",
)
DEEDS = {
    VIEWED: "Consultation",
    EXPORTED: "Export",
    UNMASKED: "Données démasquées",
    ERASED: "Effacement",
    KEPT: "Conservation prolongée",
    RELEASED: "Conservation levée",
    RESENT: "Courriel renvoyé",
    SIGNED_IN: "Connexion",
    REFUSED: "Connexion refusée",
    ADOPTED: "Version adoptée",
    ACCOUNT: "Compte modifié",
}


class Journal:
    """Writes and lists what was done. `clock` gives the time with its zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def note(self, who: str, what: str, target: str, reason: str = "", count: int = 1) -> None:
        """Write down one deed of DEEDS; `target` is a conversation, a reference or a word for many, `count` how many it concerns."""
        row = {"at": self._clock(), "who": who, "what": what, "target": target, "reason": reason, "count": count}
        with self._database.begin() as connection:
            connection.execute(insert(journal).values(**row))

    def note_each(self, who: str, what: str, targets: Sequence[str], reason: str) -> None:
        """The same of each of many targets, a line each."""
        row = {"at": self._clock(), "who": who, "what": what, "reason": reason, "count": 1}
        if targets:
            with self._database.begin() as connection:
                connection.execute(insert(journal), [row | {"target": target} for target in targets])

    def note_hourly(self, who: str, what: str, target: str, reason: str) -> None:
        """The same, and what is alike within an hour is one line that counts it: strangers may do it as often as they like."""
        hour = self._clock().replace(minute=0, second=0, microsecond=0)
        same = (journal.c.at >= hour) & (journal.c.who == who) & (journal.c.what == what)
        same = same & (journal.c.target == target) & (journal.c.reason == reason)
        line = select(func.max(journal.c.id)).where(same).scalar_subquery()
        with self._database.begin() as connection:
            counted = connection.execute(update(journal).where(journal.c.id == line).values(count=journal.c.count + 1)).rowcount
        if not counted:
            self.note(who, what, target, reason)

    def note_once(self, who: str, what: str, target: str, within: timedelta) -> None:
        """The same, unless somebody did it to the same target so short a time ago."""
        since = self._clock() - within
        same = (journal.c.at > since) & (journal.c.who == who) & (journal.c.what == what) & (journal.c.target == target)
        with self._database.read() as connection:
            known = connection.execute(select(journal.c.id).where(same).limit(1)).first()
        if known is None:
            self.note(who, what, target)

    def latest(self, limit: int, before: int | None = None, what: str = "", who: str = "") -> list[dict[str, Any]]:
        """The latest deeds, newest first; those with an id below `before`, of one kind, of one person."""
        query = select(journal).order_by(journal.c.id.desc()).limit(limit)
        for condition, wanted in ((journal.c.id < (before or 0), before), (journal.c.what == what, what), (journal.c.who == who, who)):
            query = query.where(condition) if wanted else query
        with self._database.read() as connection:
            return [dict(row) for row in connection.execute(query).mappings()]

    def people(self) -> list[str]:
        """Everybody who did something, by name."""
        with self._database.read() as connection:
            return list(connection.execute(select(journal.c.who).distinct().order_by(journal.c.who)).scalars())
