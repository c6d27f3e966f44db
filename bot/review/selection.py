"""Filters as conditions of the database, on conversations and on their exchanges."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.review.filters import ALL, DOWN, ME, NOBODY, Filters
from bot.review.labels import ENTRY
from bot.review.periods import midnight
from bot.review.search import Search
from bot.storage import conversations, exchanges, tags


@dataclass(frozen=True)
class Selection:
    """What the filters of a list choose for who looks at it. `dialect` is SQLAlchemy's name of the kind of database."""

    filters: Filters
    viewer: str
    dialect: str

    @classmethod
    def on(cls, connection: Connection, filters: Filters, viewer: str) -> Selection:
        """The selection for a database."""
        return cls(filters, viewer, connection.dialect.name)

    def but_search(self) -> Selection:
        """The same without what is searched."""
        return Selection(self.filters.without("q"), self.viewer, self.dialect)

    def conversations(self) -> list[ColumnElement]:
        """Conditions on conversations, all but their status. Those in which nothing was said are left out."""
        found = [exchanges.c.conversation.label("conversation")]
        told = self.exchanges()
        inside = [conversations.c.conversation.in_(select(*found).where(*told))] if told else []
        return [conversations.c.exchanges > 0, *self._own(), *inside]

    def status(self) -> list[ColumnElement]:
        """The condition on the status."""
        return [] if self.filters.etat == ALL else [conversations.c.status == self.filters.etat]

    def exchanges(self) -> list[ColumnElement]:
        """Conditions on exchanges, all to be met by the same one; none when the filters say nothing of exchanges."""
        told = list(self._told())
        return [*told, *self._told_too()] if told else []

    def _own(self) -> Iterator[ColumnElement]:
        wanted, row = self.filters, conversations.c
        equal = {row.channel: wanted.canal, row.outcome: wanted.issue}
        yield from (column == value for column, value in equal.items() if value)
        if wanted.priorite is not None:
            yield row.priority == wanted.priorite
        if wanted.min is not None:
            yield row.exchanges >= wanted.min
        if wanted.max is not None:
            yield row.exchanges <= wanted.max
        if wanted.confiance is not None:
            yield row.confidence <= wanted.confiance / 100
        if wanted.du:
            yield row.last_at >= midnight(wanted.du)
        if wanted.au:
            yield row.first_at < midnight(wanted.au + timedelta(days=1))
        yield from self._decided()

    def _decided(self) -> Iterator[ColumnElement]:
        """What people said of the conversation."""
        wanted, row = self.filters, conversations.c
        if wanted.avis:
            yield (row.thumbs_down if wanted.avis == DOWN else row.thumbs_up) > 0
        if wanted.assigne:
            name = self.viewer if wanted.assigne == ME else wanted.assigne
            yield row.assignee.is_(None) if name == NOBODY else row.assignee == name
        if wanted.signale:
            yield row.flagged
        if wanted.etiquette:
            yield row.conversation.in_(select(tags.c.conversation).where(tags.c.tag == wanted.etiquette))

    def _told(self) -> Iterator[ColumnElement]:
        wanted, row = self.filters, exchanges.c
        if wanted.intention:
            yield row.intent == wanted.intention
        if wanted.entree:
            yield row.label.in_([wanted.entree, ENTRY + wanted.entree])
        if wanted.echange:
            yield row.outcome == wanted.echange
        if search := Search.parse(wanted.q):
            yield search.condition(self.dialect)

    def _told_too(self) -> Iterator[ColumnElement]:
        """What holds of the whole conversation is asked of the exchange too, where one is looked for."""
        wanted, row = self.filters, exchanges.c
        if wanted.confiance is not None:
            yield row.confidence <= wanted.confiance / 100
        if wanted.avis:
            yield row.useful.is_(wanted.avis != DOWN)
        if wanted.du:
            yield row.at >= midnight(wanted.du)
        if wanted.au:
            yield row.at < midnight(wanted.au + timedelta(days=1))
