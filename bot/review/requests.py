"""Requests as staff work on them: what was asked, what became of its mails, and what is left to do. Contact details are hidden."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import case, func, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import OvertakenError, UnknownError
from bot.outbox import can_be_sent_again, has_failed, is_late, make_due, state_at
from bot.review.discretion import HIDDEN, Discretion
from bot.review.request_filters import DECISIONS, STATES, RequestFilter, needs_somebody
from bot.storage import CONTACT, MAIL_SENT, Database, decisions, lead_notes, leads, mark_changed, outbox
from bot.text import fold

PAGE = 50
_AT_ONCE = 500
_SHOWN = ("fonction", "commune", "pays", "objet", "partenaire_de", "reason", "rule")
_HIDDEN = ("nom", "email", "telephone")
"""Contact details: never shown unless somebody said why."""


@dataclass(frozen=True)
class Listed:
    """A request in a list. `troubles` are kinds of mail that are late or have failed, each with whether it failed."""

    row: Mapping[str, Any]
    needed: bool
    troubles: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Found:
    """A page of requests, and how many there are in all."""

    requests: Sequence[Listed]
    total: int


@dataclass(frozen=True)
class Request:
    """All that is kept of one request, with contact details when they were asked for (`unmasked`)."""

    row: Mapping[str, Any]
    decisions: Sequence[Mapping[str, Any]]
    mails: Sequence[Mapping[str, Any]]
    notes: Sequence[Mapping[str, Any]]
    needed: bool
    unmasked: bool


class Requests:
    """Lists, tells and closes requests. `clock` gives the time with its zone."""

    def __init__(self, database: Database, clock: Callable[[], datetime]) -> None:
        self._database = database
        self._clock = clock

    def page(self, wanted: RequestFilter, number: int) -> Found:
        """The requests of a page, from 1 on: those that need somebody first, then the newest."""
        first = PAGE * (number - 1)
        with self._database.read() as connection:
            ids = self._ids(connection, wanted)
            rows = self._rows(connection, ids[first : first + PAGE])
            troubles = self._troubles(connection, [row["id"] for row in rows])
        listed = [Listed(_hidden(row), row["needed"], troubles.get(row["id"], ())) for row in rows]
        return Found(listed, len(ids))

    def counts(self) -> dict[str, int]:
        """How many requests there are: in all, that need somebody, open, closed, and by state."""
        in_need = func.sum(case((needs_somebody(self._clock()), 1), else_=0))
        opened = func.sum(case((leads.c.closed_at.is_(None), 1), else_=0))
        query = select(leads.c.status, func.count().label("all"), in_need.label("needed"), opened.label("open")).group_by(leads.c.status)
        with self._database.read() as connection:
            rows = connection.execute(query).mappings().all()
        found = {name: sum(row["all"] for row in rows if row["status"] == name) for name in STATES}
        total, needed, still_open = (sum(row[name] for row in rows) for name in ("all", "needed", "open"))
        return found | {"toutes": total, "a_traiter": needed, "ouvertes": still_open, "closes": total - still_open}

    def countries(self) -> list[str]:
        """The countries that there are requests from."""
        with self._database.read() as connection:
            return list(connection.execute(select(leads.c.pays).distinct().order_by(leads.c.pays)).scalars())

    def one(self, reference: str, unmasked: bool = False) -> Request | None:
        """A request by its reference; None when there is none."""
        with self._database.read() as connection:
            found = self._rows(connection, self._id_of(connection, reference))
            if not found:
                return None
            row = found[0]
            decided = self._decisions(connection, row)
            mails = self._mails(connection, row["id"])
            notes = select(lead_notes).where(lead_notes.c.lead_id == row["id"]).order_by(lead_notes.c.id)
            noted = [dict(note) for note in connection.execute(notes).mappings()]
        if unmasked:
            return Request(row, decided, mails, noted, row["needed"], unmasked=True)
        hide = _discretion(row).hide
        decided = [{**one, "profile": _everywhere(one["profile"], hide), "reason": hide(one["reason"])} for one in decided]
        mails = [{**mail, "last_error": hide(mail["last_error"] or "")} for mail in mails]
        noted = [{**note, "text": hide(note["text"])} for note in noted]
        return Request(_hidden(row), decided, mails, noted, row["needed"], unmasked=False)

    def rows(self, wanted: RequestFilter, unmasked: bool = False) -> Iterator[dict[str, Any]]:
        """The requests of a filter for an export, in the order of the list, with French titles."""
        with self._database.read() as connection:
            ids = self._ids(connection, wanted)
        for first in range(0, len(ids), _AT_ONCE):
            with self._database.read() as connection:
                rows = self._rows(connection, ids[first : first + _AT_ONCE])
                left = self._left(connection, [row["id"] for row in rows])
            yield from (_exported(row if unmasked else _hidden(row), left.get(row["id"]), unmasked) for row in rows)

    def references(self, wanted: RequestFilter) -> list[str]:
        """The references of the requests that a filter finds."""
        with self._database.read() as connection:
            found = set(self._ids(connection, wanted))
            return [row.reference for row in connection.execute(select(leads.c.id, leads.c.reference)) if row.id in found]

    # --- what staff do ---

    def note(self, reference: str, author: str, text: str) -> None:
        """Add a note. Raises UnknownError when there is no such request."""
        with self._database.begin() as connection:
            row = {"lead_id": self._known(connection, reference), "author": author, "at": self._clock(), "text": text}
            connection.execute(insert(lead_notes).values(**row))

    def close(self, reference: str, author: str | None) -> None:
        """Close a request as somebody who has seen to it, or open it again (None). Raises UnknownError when there is none."""
        closing = {"closed_at": self._clock() if author else None, "closed_by": author}
        with self._database.begin() as connection:
            lead_id = self._known(connection, reference)
            connection.execute(update(leads).where(leads.c.id == lead_id).values(**closing))
            mark_changed(connection, connection.execute(select(leads.c.conversation).where(leads.c.id == lead_id)).scalar_one())

    def send_again(self, reference: str, mail_id: int) -> None:
        """Make a mail of a request due now. Raises OvertakenError for one that has left, is on its way or has expired."""
        with self._database.begin() as connection:
            mine = (outbox.c.id == mail_id) & (outbox.c.lead_id == self._known(connection, reference))
            if not make_due(connection, mine, self._clock()):
                raise OvertakenError(
                    "Ce courriel ne peut pas être renvoyé : il est parti, il a expiré ou il est justement en train de partir."
                )

    # --- what is read ---

    def _ids(self, connection: Connection, wanted: RequestFilter) -> list[int]:
        now = self._clock()
        in_order = (case((needs_somebody(now), 0), else_=1), leads.c.created_at.desc(), leads.c.id.desc())
        query = select(leads).where(wanted.condition(now)).order_by(*in_order)
        if not wanted.words:
            return list(connection.execute(query.with_only_columns(leads.c.id)).scalars())
        return [row["id"] for row in connection.execute(query).mappings() if _is_found(row, wanted.words)]

    def _rows(self, connection: Connection, ids: Sequence[int]) -> list[dict[str, Any]]:
        query = select(leads, needs_somebody(self._clock()).label("needed")).where(leads.c.id.in_(ids))
        found = {row["id"]: dict(row) for row in connection.execute(query).mappings()}
        return [found[lead_id] for lead_id in ids if lead_id in found]

    def _id_of(self, connection: Connection, reference: str) -> list[int]:
        return list(connection.execute(select(leads.c.id).where(leads.c.reference == reference)).scalars())

    def _known(self, connection: Connection, reference: str) -> int:
        found = self._id_of(connection, reference)
        if not found:
            raise UnknownError("Cette demande n'existe pas, ou plus.")
        return found[0]

    def _troubles(self, connection: Connection, ids: Sequence[int]) -> dict[int, tuple[tuple[str, bool], ...]]:
        now = self._clock()
        troubled = outbox.c.lead_id.in_(ids) & (has_failed(now) | is_late(now))
        query = select(outbox.c.lead_id, outbox.c.kind, has_failed(now).label("failed")).where(troubled).order_by(outbox.c.id)
        found: dict[int, tuple[tuple[str, bool], ...]] = {}
        for row in connection.execute(query):
            found[row.lead_id] = (*found.get(row.lead_id, ()), (row.kind, bool(row.failed)))
        return found

    def _left(self, connection: Connection, ids: Sequence[int]) -> dict[int, datetime]:
        left = outbox.c.lead_id.in_(ids) & (outbox.c.kind == CONTACT) & (outbox.c.status == MAIL_SENT)
        return {row.lead_id: row.sent_at for row in connection.execute(select(outbox.c.lead_id, outbox.c.sent_at).where(left))}

    def _decisions(self, connection: Connection, row: Mapping[str, Any]) -> list[dict[str, Any]]:
        of_it = (decisions.c.conversation == row["conversation"]) & (decisions.c.request_key == row["request_key"])
        return [dict(found) for found in connection.execute(select(decisions).where(of_it).order_by(decisions.c.id)).mappings()]

    def _mails(self, connection: Connection, lead_id: int) -> list[dict[str, Any]]:
        now = self._clock()
        names = ("id", "kind", "status", "attempts", "uncertain", "due_since", "next_attempt_at", "expires_at", "last_error", "sent_at")
        state: ColumnElement = case((outbox.c.status == MAIL_SENT, MAIL_SENT), else_=state_at(now))
        columns = [state.label("state"), can_be_sent_again(now).label("again"), *(outbox.c[name] for name in names)]
        query = select(*columns).where(outbox.c.lead_id == lead_id).order_by(outbox.c.id)
        return [dict(found) for found in connection.execute(query).mappings()]


def _discretion(row: Mapping[str, Any]) -> Discretion:
    return Discretion(row["nom"], row["telephone"])


def _hidden(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of `leads` without its contact details."""
    hide = _discretion(row).hide
    texts = {name: hide(row[name]) for name in _SHOWN if row[name]}
    return {**row, **texts, "remarques": [hide(remark) for remark in row["remarques"]], **{name: HIDDEN for name in _HIDDEN if row[name]}}


def _is_found(row: Mapping[str, Any], words: Sequence[str]) -> bool:
    """Whether all that is searched stands in what is shown: what is hidden must not be found by trying."""
    texts = [row["reference"], *(row[name] for name in ("commune", "pays", "fonction", "objet"))]
    said = fold(" ".join(texts))
    if not all(word in said for word in words):
        return False
    discretion = _discretion(row)
    doubtful = [word for word in words if any(discretion.may_hide(text, word) for text in texts[1:])]
    shown = fold(" ".join(map(discretion.hide, texts[1:]))) if doubtful else ""
    return all(word in shown or word in fold(row["reference"]) for word in doubtful)


def _everywhere(value: Any, write: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return write(value)
    if isinstance(value, Mapping):
        return {key: _everywhere(item, write) for key, item in value.items()}
    return [_everywhere(item, write) for item in value] if isinstance(value, list) else value


_COLUMNS = {
    "Référence": "reference",
    "Reçue le": "created_at",
    "État": "status",
    "Transmise le": "sent_at",
    "Close le": "closed_at",
    "Close par": "closed_by",
    "Commune": "commune",
    "Pays": "pays",
    "Fonction": "fonction",
    "Partenaire de": "partenaire_de",
    "Décision": "decision",
    "Raison": "reason",
    "Objet": "objet",
    "Remarques": "remarques",
    "Accord donné le": "consent_at",
    "Conversation": "conversation",
}
_CONTACT_COLUMNS = {"Nom": "nom", "E-mail": "email", "Téléphone": "telephone"}


def titles(unmasked: bool) -> list[str]:
    """The columns of an export, in French."""
    return [*_COLUMNS, *(_CONTACT_COLUMNS if unmasked else ())]


def _exported(row: Mapping[str, Any], sent_at: datetime | None, unmasked: bool) -> dict[str, Any]:
    said = {"status": STATES.get(row["status"]), "decision": DECISIONS.get(row["decision"]), "remarques": "\n".join(row["remarques"])}
    told = {**row, **{name: value for name, value in said.items() if value is not None}, "sent_at": sent_at}
    columns = _COLUMNS | (_CONTACT_COLUMNS if unmasked else {})
    return {title: told[name] for title, name in columns.items()}
