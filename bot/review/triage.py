"""What reviewers decide about conversations: status, who sees to it, tags, flag, comments. Each decision can be taken back.

An `Undo` holds what was so before. It is given to who decided and is kept nowhere else; it changes only what is still as the decision
left it, so that nobody's later decision is lost.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, delete, insert, select, update
from sqlalchemy.engine import Connection

from bot.errors import RequestError
from bot.review.filters import normal_tag
from bot.review.model import STATUSES
from bot.storage import REVIEWED, Database, accounts, comments, conversations, tags

STATUS, ASSIGNED, TAGGED, UNTAGGED, FLAGGED = "statut", "assignation", "etiquette", "etiquette_otee", "signal"
COMMENT_CHARACTERS = 2000
MOST_TAGS = 20
"""Tags of one conversation."""


@dataclass(frozen=True)
class Undo:
    """A decision that was taken: its kind, the value that it set, and for each former value the conversations that had it."""

    deed: str
    value: Any
    former: Sequence[tuple[Any, Sequence[str]]]

    @property
    def number(self) -> int:
        """How many conversations it changed."""
        return sum(len(names) for _, names in self.former)


class Triage:
    """Decisions in the database. `clock` gives the time with its zone. Conversations that are gone are passed over."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def set_status(self, names: Sequence[str], status: str, who: str) -> Undo:
        """Put conversations into a status of STATUSES. Raises RequestError for another one."""
        if status not in STATUSES:
            raise RequestError("Cet état n'existe pas.")
        reviewed = {"reviewed_at": self._clock(), "reviewed_by": who} if status == REVIEWED else {"reviewed_at": None, "reviewed_by": None}
        former: dict[tuple[str, str | None, str | None], list[str]] = {}
        with self._database.begin() as connection:
            for row in _rows(connection, names):
                if row["status"] != status:
                    at = row["reviewed_at"]
                    former.setdefault((row["status"], at and at.isoformat(), row["reviewed_by"]), []).append(row["conversation"])
            _change(connection, [name for group in former.values() for name in group], {"status": status, **reviewed})
        return Undo(STATUS, status, [(list(key), group) for key, group in former.items()])

    def assign(self, names: Sequence[str], assignee: str | None) -> Undo:
        """Say who sees to conversations; None for nobody. Raises RequestError for a name without an account."""
        if assignee is not None and assignee not in self.colleagues():
            raise RequestError("Aucun compte ne porte ce nom.")
        return self._set(ASSIGNED, "assignee", names, assignee)

    def flag(self, names: Sequence[str], flagged: bool) -> Undo:
        """Flag conversations, or no longer."""
        return self._set(FLAGGED, "flagged", names, flagged)

    def tag(self, names: Sequence[str], typed: str) -> Undo:
        """Give conversations a tag. Raises RequestError when nothing is left of it, or one has MOST_TAGS already."""
        tag = normal_tag(typed)
        if not tag:
            raise RequestError("Écrivez l'étiquette avant de l'ajouter.")
        with self._database.begin() as connection:
            there = [row["conversation"] for row in _rows(connection, names)]
            tagged = connection.execute(select(tags).where(tags.c.conversation.in_(there))).all()
            added = [name for name in there if (name, tag) not in {(row.conversation, row.tag) for row in tagged}]
            if any(sum(row.conversation == name for row in tagged) >= MOST_TAGS for name in added):
                raise RequestError(f"Une conversation porte déjà {MOST_TAGS} étiquettes : retirez-en une d'abord.")
            _insert_tags(connection, added, tag)
        return Undo(TAGGED, tag, [("", added)] if added else [])

    def untag(self, name: str, tag: str) -> Undo:
        """Take a tag from a conversation."""
        with self._database.begin() as connection:
            gone = connection.execute(delete(tags).where(tags.c.conversation == name, tags.c.tag == tag)).rowcount
        return Undo(UNTAGGED, tag, [("", [name])] if gone else [])

    def undo(self, decision: Undo) -> int:
        """Take a decision back where it still stands; return for how many conversations."""
        with self._database.begin() as connection:
            return sum(_restore(connection, decision, former, names) for former, names in decision.former)

    def comment(self, name: str, author: str, text: str) -> None:
        """Add a comment to a conversation that is there. Raises RequestError for an empty one."""
        if not text.strip():
            raise RequestError("Écrivez le commentaire avant de l'ajouter.")
        with self._database.begin() as connection:
            row = {"conversation": name, "author": author, "at": self._clock(), "text": text[:COMMENT_CHARACTERS]}
            if _rows(connection, [name]):
                connection.execute(insert(comments).values(**row))

    def remove_comment(self, name: str, ident: int, author: str) -> None:
        """Delete a comment of one's own."""
        own = and_(comments.c.id == ident, comments.c.conversation == name, comments.c.author == author)
        with self._database.begin() as connection:
            connection.execute(delete(comments).where(own))

    def colleagues(self) -> list[str]:
        """The names of those who may see to a conversation."""
        with self._database.read() as connection:
            return list(connection.execute(select(accounts.c.name).order_by(accounts.c.name)).scalars())

    def _set(self, deed: str, column: str, names: Sequence[str], value: Any) -> Undo:
        former: dict[Any, list[str]] = {}
        with self._database.begin() as connection:
            for row in _rows(connection, names):
                if row[column] != value:
                    former.setdefault(row[column], []).append(row["conversation"])
            _change(connection, [name for group in former.values() for name in group], {column: value})
        return Undo(deed, value, list(former.items()))


def _rows(connection: Connection, names: Sequence[str]) -> Sequence[Mapping[str, Any]]:
    """The conversations of these names, held until the transaction ends."""
    wanted = select(conversations).where(conversations.c.conversation.in_(names)).order_by(conversations.c.conversation)
    rows: Sequence[Mapping[str, Any]] = connection.execute(wanted.with_for_update()).mappings().all()
    return rows


def _change(connection: Connection, names: Sequence[str], values: Mapping[str, Any]) -> int:
    changed = connection.execute(update(conversations).where(conversations.c.conversation.in_(names)).values(**values))
    return int(changed.rowcount)


def _insert_tags(connection: Connection, names: Sequence[str], tag: str) -> int:
    if names:
        connection.execute(insert(tags), [{"conversation": name, "tag": tag} for name in names])
    return len(names)


def _restore(connection: Connection, decision: Undo, former: Any, names: Sequence[str]) -> int:
    there = _rows(connection, names)
    if decision.deed == TAGGED:
        tagged = and_(tags.c.conversation.in_(names), tags.c.tag == decision.value)
        return int(connection.execute(delete(tags).where(tagged)).rowcount)
    if decision.deed == UNTAGGED:
        tagged = and_(tags.c.conversation.in_(names), tags.c.tag == decision.value)
        again = set(connection.execute(select(tags.c.conversation).where(tagged)).scalars())
        return _insert_tags(connection, [row["conversation"] for row in there if row["conversation"] not in again], decision.value)
    column = _COLUMNS[decision.deed]
    standing = [row["conversation"] for row in there if row[column] == decision.value]
    return _change(connection, standing, _former(decision.deed, column, former))


_COLUMNS = {STATUS: "status", ASSIGNED: "assignee", FLAGGED: "flagged"}


def _former(deed: str, column: str, value: Any) -> dict[str, Any]:
    if deed != STATUS:
        return {column: value}
    status, at, by = value
    return {"status": status, "reviewed_at": datetime.fromisoformat(at) if at else None, "reviewed_by": by}
