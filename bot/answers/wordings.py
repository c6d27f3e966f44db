"""The words by which people follow up on an answer, read from data/relances/mots.yml and compiled once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from bot.errors import KnowledgeError
from bot.knowledge import ASPECTS, yaml_fault
from bot.text import fold


@dataclass(frozen=True)
class Wordings:
    """Patterns on folded text. `filler` are words that ask nothing, `beside_rank` those that may stand with a rank.

    `nouns` are words of the aspects that may as well make a question of its own: « quel montant ? ».
    """

    aspects: tuple[tuple[str, re.Pattern[str]], ...]
    filler: re.Pattern[str]
    beside_rank: re.Pattern[str]
    nouns: re.Pattern[str]
    ranks: tuple[tuple[re.Pattern[str], int], ...]
    others: re.Pattern[str]
    before: re.Pattern[str]
    after: re.Pattern[str]
    all: re.Pattern[str]
    sure: re.Pattern[str]
    points_back: re.Pattern[str]

    @classmethod
    def load(cls, path: Path) -> Wordings:
        """Read the file. Raises KnowledgeError when it is missing, is no YAML, lacks a list or names an unknown aspect."""
        try:
            raw = yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader)
            return cls._from(raw)
        except yaml.YAMLError as error:
            line, what = yaml_fault(error)
            raise KnowledgeError(f"{path}:{line} : {what}.") from error
        except OSError as error:
            raise KnowledgeError(f"{path}:1 : le fichier ne peut pas être lu ({error.strerror}).") from error
        except (KeyError, TypeError, AttributeError, ValueError) as error:
            raise KnowledgeError(f"{path}:1 : il manque une liste, ou elle n'est pas écrite comme les autres ({error}).") from error

    @classmethod
    def _from(cls, raw: Mapping[str, Any]) -> Wordings:
        if unknown := sorted(raw["aspects"].keys() - ASPECTS):
            raise ValueError(f"« {unknown[0]} » n'est pas une relance connue")
        return cls(
            aspects=tuple((name, _any_of(words)) for name, words in raw["aspects"].items()),
            filler=_any_of(raw["vides"].split()),
            beside_rank=_any_of(raw["avec_un_rang"].split()),
            nouns=_any_of(raw["noms"].split()),
            ranks=tuple((_any_of(words), int(rank)) for rank, words in raw["rangs"].items()),
            others=_any_of(raw["autres"]),
            before=_any_of(raw["precedent"]),
            after=_any_of(raw["suivant"]),
            all=_any_of(raw["tout"]),
            sure=_any_of(raw["sur"]),
            points_back=_any_of(raw["renvoi"]),
        )

    def says_only(self, folded: str, pattern: re.Pattern[str], *also: re.Pattern[str]) -> bool:
        """Whether `pattern` stands in a message, and beside it only what `also` allows and words that ask nothing."""
        if not pattern.search(folded):
            return False
        rest = folded
        for allowed in (pattern, *also, self.filler):
            rest = allowed.sub(" ", rest)
        return re.search(r"\w", rest) is None

    def aspect(self, folded: str) -> str:
        """The aspect whose wording stands in a message, the longest one where there are several; empty when there is none."""
        found = ((match.end() - match.start(), name) for name, pattern in self.aspects if (match := pattern.search(folded)))
        return max(found, key=lambda pair: pair[0], default=(0, ""))[1]

    def only_aspect(self, folded: str) -> str:
        """The aspect that a message asks for and nothing else; empty when it has words of its own."""
        asked = self.aspect(folded)
        patterns = dict(self.aspects)
        return asked if asked and self.says_only(folded, patterns[asked], *patterns.values()) else ""


def _any_of(words: list[Any]) -> re.Pattern[str]:
    """A pattern for any of the wordings, the longest first, on folded text."""
    if not isinstance(words, list):
        raise TypeError(f"« {words} » doit être une liste")
    folded = sorted({fold(str(word)) for word in words}, key=len, reverse=True)
    if not folded:
        raise ValueError("une liste est vide")
    return re.compile(r"(?<![\w-])(?:" + "|".join(map(re.escape, folded)) + r")(?![\w-])")
