"""What was recognised: a place given as an answer, or named inside a message."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.places.index import Municipality

COMMUNE, PROVINCE, REGION, COUNTRY, NONE, NOTHING = "commune", "province", "region", "pays", "aucune", "rien"
"""Kinds of place: a municipality, another level of government, a country, « aucune commune », or no place at all."""


@dataclass(frozen=True)
class Place:
    """A place as understood.

    `said` quotes the person. `known` tells whether the name is in our list, `certain` whether it need not be confirmed
    (one municipality, spelt right but for accents, case and hyphens). `candidates` are all municipalities it may be.
    """

    kind: str
    name: str | None = None
    country: str | None = None
    region: str | None = None
    known: bool = False
    certain: bool = False
    candidates: tuple[Municipality, ...] = ()
    said: str = ""

    @property
    def is_municipality(self) -> bool:
        """Tell whether a municipality was named, known or not."""
        return self.kind == COMMUNE

    def confirmed(self, country: str | None = None) -> Place:
        """Return the place after the person said yes to it, or named its country."""
        return replace(self.within(country) if country else self, certain=True)

    def within(self, country: str) -> Place:
        """Return the place seen as lying in `country`: homonyms elsewhere are dropped."""
        here = tuple(candidate for candidate in self.candidates if candidate.country == country)
        return known_place(here, self.said, self.certain or len(self.candidates) > 1) if here else self._elsewhere(country)

    def _elsewhere(self, country: str) -> Place:
        return replace(self, country=country, region=None, known=False, certain=False, candidates=())


@dataclass(frozen=True)
class Mention:
    """A municipality named inside a message, at `start` to `end`; `headed` when a word such as « commune de » announces it."""

    place: Place
    start: int
    end: int
    headed: bool

    @property
    def name(self) -> str | None:
        """The municipality's name."""
        return self.place.name

    @property
    def known(self) -> bool:
        """Whether the municipality is in our list."""
        return self.place.known


def known_place(candidates: tuple[Municipality, ...], said: str, exact: bool) -> Place:
    """Return the place for municipalities of our list; homonyms leave open what they disagree on."""
    first = candidates[0]
    country = first.country if len({candidate.country for candidate in candidates}) == 1 else None
    region = first.region if len({candidate.region for candidate in candidates}) == 1 else None
    return Place(COMMUNE, first.name, country, region, True, exact and len(candidates) == 1, candidates, said)


def unknown_place(said: str, country: str | None = None) -> Place:
    """Return the place for a municipality that is not in our list, named as it was written."""
    name = said if any(letter.isupper() for letter in said) else "-".join(part.capitalize() for part in said.split("-"))
    return Place(COMMUNE, name[:1].upper() + name[1:], country, said=said)
