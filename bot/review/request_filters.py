"""Which requests a list shows: read from an address, where it can be bookmarked, and put to the database."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from functools import reduce

from sqlalchemy import select, true
from sqlalchemy.sql.expression import ColumnElement

from bot.outbox import has_failed, is_late
from bot.review.filters import day_of
from bot.review.periods import Period
from bot.storage import LEAD_FAILED, LEAD_FORWARDED, LEAD_KEPT, LEAD_WAITING, leads, outbox
from bot.words import words

STATES = {LEAD_WAITING: "En attente", LEAD_FORWARDED: "Transmise", LEAD_FAILED: "Échec", LEAD_KEPT: "Conservée"}
"""Where the mail of a request to the contact person stands (bot.storage)."""
DECISIONS = {"admissible": "Admissible", "humain": "À apprécier"}
"""Verdicts of the requests that are registered (bot.routing)."""
TO_DO, OPEN, CLOSED = "a_traiter", "ouvertes", "closes"
STAGES = {TO_DO: "Envoi à surveiller", OPEN: "Ouvertes", CLOSED: "Closes"}
_LONGEST = 100
_MOST_WORDS = 8
_ACCENTED = re.compile("[aceinouy]")
"""Letters that our language and its neighbours write with accents."""


@dataclass(frozen=True)
class RequestFilter:
    """What is wanted; an empty field wants everything. `du` and `au` are days in Brussels, both included."""

    etat: str = ""
    suite: str = ""
    pays: str = ""
    decision: str = ""
    du: str = ""
    au: str = ""
    q: str = ""

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> RequestFilter:
        """The filter of an address; what makes no sense is left out."""
        allowed = {"etat": STATES, "suite": STAGES, "decision": DECISIONS}
        chosen = {name: value for name, values in allowed.items() if (value := fields.get(name, "")) in values}
        days = {name: fields[name] for name in ("du", "au") if _day(fields.get(name, "")) is not None}
        texts = {name: value for name in ("pays", "q") if (value := " ".join(fields.get(name, "")[:_LONGEST].split()))}
        return cls(**chosen, **days, **texts)

    @property
    def fields(self) -> dict[str, str]:
        """The fields of the address that asks for it."""
        return {name: value for name, value in asdict(self).items() if value}

    @property
    def words(self) -> tuple[str, ...]:
        """What is searched, folded; all of it is wanted."""
        return tuple(words(self.q)[:_MOST_WORDS])

    def condition(self, now: datetime) -> ColumnElement:
        """The requests that may be meant; whether what is searched stands in what is shown is left to who knows what is hidden."""
        wanted: ColumnElement = true()
        for column, value in ((leads.c.status, self.etat), (leads.c.pays, self.pays), (leads.c.decision, self.decision)):
            wanted = wanted & (column == value) if value else wanted
        if self.suite:
            wanted &= {TO_DO: needs_somebody(now), OPEN: leads.c.closed_at.is_(None), CLOSED: leads.c.closed_at.is_not(None)}[self.suite]
        if first := _day(self.du):
            wanted &= leads.c.created_at >= Period(first, first).start
        if last := _day(self.au):
            wanted &= leads.c.created_at < Period(last, last).end
        for word in self.words:
            wanted &= _may_hold(word)
        return wanted


def needs_somebody(now: datetime) -> ColumnElement:
    """Open requests with a mail that is late or has failed, and those that nobody is named to receive."""
    of_lead = outbox.c.lead_id.is_not(None)
    troubled = select(outbox.c.lead_id).where(of_lead & (has_failed(now) | is_late(now)))
    in_need = leads.c.status.in_((LEAD_FAILED, LEAD_KEPT)) | leads.c.id.in_(troubled)
    return leads.c.closed_at.is_(None) & in_need


def _may_hold(word: str) -> ColumnElement:
    """Requests in which a folded word may stand: neither database compares without accents, so any letter counts for one that has some."""
    columns = (leads.c.reference, leads.c.commune, leads.c.pays, leads.c.fonction, leads.c.objet)
    together = reduce(lambda text, column: text + " " + column, columns)
    return together.ilike(f"%{_ACCENTED.sub('_', re.sub('oe|ae', '%', word))}%")


def _day(text: str) -> date | None:
    try:
        return day_of(text)
    except ValueError:
        return None
