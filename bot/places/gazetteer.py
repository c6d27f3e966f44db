"""The gazetteer: one object through which the rest of the assistant asks about municipalities."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bot.config import PROJECT
from bot.places.answers import resolve
from bot.places.index import Index, load_index
from bot.places.mentions import find
from bot.places.place import Mention, Place

COMMUNES = PROJECT / "data" / "lieux" / "communes.yml"


@dataclass(frozen=True)
class Gazetteer:
    """Municipalities of Belgium, of the five partner countries, and large cities elsewhere. The list is open: others are « unknown »."""

    index: Index

    @classmethod
    def load(cls, path: Path = COMMUNES) -> Gazetteer:
        """Return the gazetteer of a data file, read once for each path. Raises KnowledgeError."""
        return cls(load_index(path))

    def find(self, text: str) -> tuple[Mention, ...]:
        """Return the municipalities named inside a free message, in order."""
        return find(self.index, text)

    def resolve(self, answer: str, country: str | None = None) -> Place:
        """Return the place given as an answer to « Dans quelle commune ? »."""
        return resolve(self.index, answer, country)
