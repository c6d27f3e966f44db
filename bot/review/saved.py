"""Filters that reviewers keep under a name, each for themselves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, func, insert, select

from bot.errors import RequestError
from bot.review.filters import Filters, read_filters
from bot.storage import Database, saved_filters

NAME_CHARACTERS = 60
MOST = 30
"""Filters of one person."""


@dataclass(frozen=True)
class SavedFilter:
    """A filter with its name."""

    id: int
    name: str
    filters: Filters


class SavedFilters:
    """The filters of everybody; each sees their own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def of(self, owner: str) -> Sequence[SavedFilter]:
        """Somebody's filters, by name. What one of them asks for and is not understood any more is left out of it."""
        query = select(saved_filters).where(saved_filters.c.owner == owner).order_by(saved_filters.c.name)
        with self._database.read() as connection:
            return [SavedFilter(row.id, row.name, read_filters(row.query).filters) for row in connection.execute(query)]

    def save(self, owner: str, name: str, filters: Filters) -> None:
        """Keep a filter; one of the same name is replaced. Raises RequestError when there are MOST, or none is named."""
        if not name:
            raise RequestError("Donnez un nom au filtre avant de l'enregistrer.")
        same = (saved_filters.c.owner == owner) & (saved_filters.c.name == name)
        with self._database.begin() as connection:
            connection.execute(delete(saved_filters).where(same))
            kept = select(func.count()).select_from(saved_filters).where(saved_filters.c.owner == owner)
            if connection.execute(kept).scalar_one() >= MOST:
                raise RequestError(f"Vous avez déjà {MOST} filtres : supprimez-en un d'abord.")
            connection.execute(insert(saved_filters).values(owner=owner, name=name, query=filters.query))

    def delete(self, owner: str, ident: int) -> None:
        """Delete one of one's own."""
        own = (saved_filters.c.owner == owner) & (saved_filters.c.id == ident)
        with self._database.begin() as connection:
            connection.execute(delete(saved_filters).where(own))
