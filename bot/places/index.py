"""The municipalities of `data/lieux/communes.yml`, found by exact or approximate name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from bot.errors import KnowledgeError
from bot.places.countries import BELGIUM
from bot.places.words import Word, keys

EVERYDAY = "Mots courants"
"""The section of the data file that lists names which are also everyday words."""
ELSEWHERE = "Autres"
"""The section whose entries name their own country."""
PROVINCES = frozenset({"hainaut", "brabant wallon", "brabant flamand", "flandre orientale", "flandre occidentale"})
"""The Belgian provinces that do not share their name with a town."""
_SHORT = 3
"""Names of so few letters are recognised only where a municipality stands."""
_ARTICLES = frozenset({"le", "la", "les"})
_SOUNDS = (("ph", "f"), ("qu", "k"), ("ck", "k"), ("ce", "se"), ("ci", "si"), ("c", "k"), ("z", "s"), ("y", "i"), ("w", "v"), ("h", ""))


@dataclass(frozen=True)
class Municipality:
    """One municipality: its French name, country (French display name) and region or province."""

    name: str
    country: str
    region: str | None = None


@dataclass(frozen=True)
class Index:
    """Names to municipalities. Keys are folded words joined by one space."""

    names: Mapping[str, tuple[Municipality, ...]]
    sounds: Mapping[str, tuple[Municipality, ...]]
    everyday: frozenset[str]
    regions: frozenset[str]
    longest: int

    def exact(self, words: Sequence[Word], at: int) -> tuple[int, tuple[Municipality, ...]]:
        """Return how many words the longest name beginning at word `at` has (0 for none), and whose name it is."""
        for count in range(min(self.longest, len(words) - at), 0, -1):
            found = self.names.get(" ".join(word.key for word in words[at : at + count]))
            if found:
                return count, found
        return 0, ()

    def close(self, key: str) -> tuple[Municipality, ...]:
        """Return the municipalities whose name sounds or is spelt almost like `key`; several when equally near."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        heard = sound(key)
        if len(heard) < 4:
            return ()
        limit = 0 if len(heard) < 5 else 1 if len(heard) < 9 else 2
        near = process.extract(heard, self.sounds.keys(), scorer=OSA.distance, score_cutoff=limit, limit=4)
        best = [name for name, distance, _ in near if distance == near[0][1]]
        return tuple(dict.fromkeys(place for name in best if name[0] == heard[0] for place in self.sounds[name]))


def sound(key: str) -> str:
    """Return a rough sound of a folded name: spaces, double and mute letters gone."""
    key = key.replace(" ", "")
    for letters, heard in _SOUNDS:
        key = key.replace(letters, heard)
    return re.sub(r"(.)\1+", r"\1", re.sub(r"(?<=..)(?:es?|[sxtd])$", "", key))


@lru_cache(maxsize=4)
def load_index(path: Path) -> Index:
    """Read the data file once. Raises KnowledgeError with what to do when it cannot be used."""
    import yaml

    try:
        content = yaml.load(path.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506 (safe loader)
        everyday = frozenset(content.pop(EVERYDAY))
        entries = [(entry, _municipality(country, entry)) for country, listed in content.items() for entry in listed]
    except (OSError, yaml.YAMLError, AttributeError, KeyError, TypeError) as error:
        raise KnowledgeError(f"{path} : liste de communes illisible ({error}). Rétablissez la dernière version correcte.") from error
    return _build(entries, everyday)


def _municipality(country: str, entry: Mapping[str, Any]) -> Municipality:
    return Municipality(entry["nom"], entry["pays"] if country == ELSEWHERE else country, entry.get("region"))


def _build(entries: Sequence[tuple[Mapping[str, Any], Municipality]], everyday: frozenset[str]) -> Index:
    names: dict[str, tuple[Municipality, ...]] = {}
    sounds: dict[str, tuple[Municipality, ...]] = {}
    for entry, place in entries:
        for name in (entry["nom"], *entry.get("aussi", ())):
            for key in _spellings(keys(name)):
                names[key] = _with(names.get(key, ()), place)
                if key not in everyday:
                    sounds[sound(key)] = _with(sounds.get(sound(key), ()), place)
    short = {key for key in names if len(key) <= _SHORT}
    regions = frozenset(" ".join(keys(place.region)) for _, place in entries if place.region and place.country != BELGIUM)
    return Index(names, sounds, everyday | short, regions | PROVINCES, max(key.count(" ") + 1 for key in names))


def _spellings(words: tuple[str, ...]) -> tuple[str, ...]:
    """A name in full and, for « Le Rœulx », without the article that « du Rœulx » swallows."""
    full = " ".join(words)
    return (full, " ".join(words[1:])) if words[0] in _ARTICLES and len(words) > 1 else (full,)


def _with(places: tuple[Municipality, ...], place: Municipality) -> tuple[Municipality, ...]:
    return places if place in places else (*places, place)
