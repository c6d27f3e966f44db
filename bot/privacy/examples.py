"""Finds who is erased in the examples that reviewers keep of other people's messages. Pure, but for the words of our own texts.

A name is whatever somebody typed where a name was asked for, « quel est le budget » as well. One that is made of nothing but words of
ours is therefore found only where it is written as names are, « Quel Est Le Budget »: nobody can erase what others asked.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache

from bot.config import PROJECT
from bot.privacy.traces import mention_of
from bot.privacy.values import MASKED, Values
from bot.words import words

Write = Callable[[str], str]
_DATA = PROJECT / "data"
_SMALL = re.compile(r"(?<!\w)[a-zà-öø-ÿœ]\w*")
_LEAST = 4
"""Letters from which every word of a name has a capital; « de », « van » and « den » have none."""


def masks_in_examples(values: Values) -> Write | None:
    """What takes names of two words or more, addresses and numbers out of an example; None when there is nothing to find."""
    ours = frozenset(name for name in values.names if is_ordinary(name))
    certain = mention_of(replace(values, names=values.names - ours))
    doubtful = mention_of(Values(names=ours))
    if certain is None and doubtful is None:
        return None

    def masked(text: str) -> str:
        text = certain.sub(MASKED, text) if certain else text
        return doubtful.sub(_masked_name, text) if doubtful else text

    return masked


def is_ordinary(name: str) -> bool:
    """Whether a name is made of words of our own texts only."""
    return _ordinary().issuperset(words(name))


def _masked_name(match: re.Match[str]) -> str:
    parts = re.findall(r"[^\W\d_]+", match.group())
    is_name = all(part[0].isupper() for part in parts if len(part) >= _LEAST) and any(part[0].isupper() for part in parts[1:])
    return MASKED if is_name else match.group()


@lru_cache(maxsize=1)
def _ordinary() -> frozenset[str]:
    """Words of the knowledge and of places, and those that the training data write small: what they write with a capital may be a name."""
    found: set[str] = set()
    for folder in ("knowledge", "lieux", "textes"):
        for path in (_DATA / folder).rglob("*.yml"):
            found.update(words(path.read_text("utf-8")))
    for path in (_DATA / "nlu").rglob("*.yml"):
        found.update(words(" ".join(_SMALL.findall(path.read_text("utf-8")))))
    return frozenset(found)
