"""A data file with one value in the place of another: what a slip of the hand makes of it."""

from __future__ import annotations

from collections.abc import Iterator
from copy import deepcopy
from functools import reduce
from operator import getitem
from typing import Any

import yaml


def places_in(tree: Any, *above: Any) -> Iterator[tuple[Any, ...]]:
    """The keys that lead to each value."""
    for key, value in tree.items() if isinstance(tree, dict) else enumerate(tree) if isinstance(tree, list) else ():
        yield (*above, key)
        yield from places_in(value, *above, key)


def each_replaced(text: str, value: Any) -> Iterator[str]:
    """The file as many times as it has values, each time with another of them replaced."""
    tree = yaml.load(text, Loader=yaml.CSafeLoader)
    for *above, key in places_in(tree):
        changed = deepcopy(tree)
        reduce(getitem, above, changed)[key] = value
        yield yaml.safe_dump(changed, allow_unicode=True, sort_keys=False)
