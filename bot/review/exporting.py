"""What a list holds, as rows for a file: one a conversation, or one an exchange. The texts are masked, as everywhere in the read model.

Rows are read some hundred conversations at a time, each time in a transaction of its own: a slow client holds nothing open, and a long
list does not fill the memory.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.engine import Connection

from bot.review.files import CSV, JSON, XLSX
from bot.review.filters import Filters
from bot.review.model import CHANNELS, EXCHANGE_OUTCOMES, OUTCOMES, PRIORITIES, STATUSES
from bot.review.selection import Selection
from bot.storage import Database, conversations, exchanges, tags

CONVERSATIONS, TURNS = "conversations", "tours"
LINES = {CONVERSATIONS: "Une ligne par conversation", TURNS: "Une ligne par échange"}
MOST_ROWS = {CSV: 500_000, XLSX: 50_000, JSON: 500_000}
"""Rows of a file at most: a sheet takes many times as long to write as the others, and nothing of it leaves before it is whole."""
_AT_ONCE = 200
"""Conversations of one query; with their exchanges some two thousand rows."""
Row = Mapping[str, Any]
Record = dict[str, Any]


class Exporting:
    """Reads rows. `title` says what a label means, to a person."""

    def __init__(self, database: Database, title: Callable[[str], str]) -> None:
        self._database = database
        self._title = title

    def count(self, lines: str, filters: Filters, viewer: str) -> int:
        """How many rows there will be."""
        with self._database.read() as connection:
            selection = Selection.on(connection, filters, viewer)
            chosen = [*selection.conversations(), *selection.status()]
            query = select(func.count()).select_from(conversations).where(*chosen)
            if lines == TURNS:
                names = select(conversations.c.conversation).where(*chosen)
                query = select(func.count()).select_from(exchanges).where(exchanges.c.conversation.in_(names), *selection.exchanges())
            return int(connection.execute(query).scalar_one())

    def records(self, lines: str, filters: Filters, viewer: str) -> Iterator[Record]:
        """The rows, the oldest conversation first. Where the filters ask for exchanges, those of TURNS are these exchanges alone."""
        last: Row | None = None
        while True:
            with self._database.read() as connection:
                selection = Selection.on(connection, filters, viewer)
                found = _next(connection, selection, last)
                rows = self._conversations(connection, found) if lines == CONVERSATIONS else self._turns(connection, selection, found)
            yield from rows
            if len(found) < _AT_ONCE:
                return
            last = found[-1]

    def _conversations(self, connection: Connection, found: Sequence[Row]) -> list[Record]:
        names = [row["conversation"] for row in found]
        tagged: dict[str, list[str]] = {}
        for tag in connection.execute(select(tags).where(tags.c.conversation.in_(names)).order_by(tags.c.tag)):
            tagged.setdefault(tag.conversation, []).append(tag.tag)
        first = select(exchanges.c.conversation, func.min(exchanges.c.number).label("number"))
        first = first.where(exchanges.c.conversation.in_(names)).group_by(exchanges.c.conversation).subquery()
        place = tuple_(exchanges.c.conversation, exchanges.c.number).in_(select(first.c.conversation, first.c.number))
        said = {row.conversation: row.said for row in connection.execute(select(exchanges.c.conversation, exchanges.c.said).where(place))}
        return [_conversation(row, said.get(row["conversation"], ""), tagged.get(row["conversation"], [])) for row in found]

    def _turns(self, connection: Connection, selection: Selection, found: Sequence[Row]) -> list[Record]:
        order = {row["conversation"]: place for place, row in enumerate(found)}
        query = select(exchanges).where(exchanges.c.conversation.in_(list(order)), *selection.exchanges())
        rows = sorted(connection.execute(query).mappings(), key=lambda row: (order[row["conversation"]], row["number"]))
        return [self._turn(row) for row in rows]

    def _turn(self, row: Row) -> Record:
        return {
            "conversation": row["conversation"],
            "échange": row["number"],
            "moment": row["at"],
            "canal": CHANNELS.get(row["channel"], row["channel"]),
            "message": row["said"],
            "réponse": row["reply"],
            "compris comme": self._title(row["label"]) if row["label"] else "",
            "entrée": row["label"],
            "confiance (%)": _percent(row["confidence"]),
            "issue": EXCHANGE_OUTCOMES.get(row["outcome"], row["outcome"]),
            "faits": ", ".join(row["facts"]),
            "source": (row["source"] or {}).get("section"),
            "avis": {True: "utile", False: "inutile"}.get(row["useful"], ""),
            "attendu ensuite": row["asks"],
            "version": row["release"],
            "modèle": row["model"],
            "durée (ms)": None if row["seconds"] is None else round(1000 * row["seconds"]),
        }


TITLES = {
    CONVERSATIONS: tuple(
        "conversation,début,fin,canal,échanges,premier message,issue,confiance (%),sans réponse,avis utiles,avis inutiles,"
        "pourquoi la lire,état,étiquettes,confiée à,signalée,revue le,revue par,version".split(",")
    ),
    TURNS: tuple(
        "conversation,échange,moment,canal,message,réponse,compris comme,entrée,confiance (%),issue,faits,source,avis,"
        "attendu ensuite,version,modèle,durée (ms)".split(",")
    ),
}
"""The columns, in their order."""


def _conversation(row: Row, said: str, tagged: Sequence[str]) -> Record:
    return {
        "conversation": row["conversation"],
        "début": row["first_at"],
        "fin": row["last_at"],
        "canal": CHANNELS.get(row["channel"], row["channel"]),
        "échanges": row["exchanges"],
        "premier message": said,
        "issue": OUTCOMES.get(row["outcome"], row["outcome"]),
        "confiance (%)": _percent(row["confidence"]),
        "sans réponse": row["unknown"],
        "avis utiles": row["thumbs_up"],
        "avis inutiles": row["thumbs_down"],
        "pourquoi la lire": PRIORITIES.get(row["priority"], ""),
        "état": STATUSES.get(row["status"], row["status"]),
        "étiquettes": ", ".join(tagged),
        "confiée à": row["assignee"],
        "signalée": "oui" if row["flagged"] else "non",
        "revue le": row["reviewed_at"],
        "revue par": row["reviewed_by"],
        "version": row["release"],
    }


def _next(connection: Connection, selection: Selection, last: Row | None) -> Sequence[Row]:
    """The next conversations behind the last ones."""
    key = (conversations.c.first_at, conversations.c.conversation)
    query = select(conversations).where(*selection.conversations(), *selection.status()).order_by(*key).limit(_AT_ONCE)
    if last is not None:
        later = (conversations.c.first_at == last["first_at"]) & (conversations.c.conversation > last["conversation"])
        query = query.where((conversations.c.first_at > last["first_at"]) | later)
    rows: Sequence[Row] = connection.execute(query).mappings().all()
    return rows


def _percent(share: float | None) -> int | None:
    return None if share is None else round(100 * share)
