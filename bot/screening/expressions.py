"""Regular expressions that are compiled when first used, so that commands which screen nobody start at once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property


class Expression:
    """A regular expression on folded text, with the methods of a compiled one that the screening needs."""

    def __init__(self, source: str) -> None:
        self.source = source

    @cached_property
    def _compiled(self) -> re.Pattern[str]:
        return re.compile(self.source)

    def search(self, text: str) -> re.Match[str] | None:
        """Find the expression anywhere in a text."""
        return self._compiled.search(text)

    def match(self, text: str) -> re.Match[str] | None:
        """Find the expression at the beginning of a text."""
        return self._compiled.match(text)

    def finditer(self, text: str) -> Iterator[re.Match[str]]:
        """Find every occurrence, from left to right."""
        return self._compiled.finditer(text)

    def sub(self, replacement: str, text: str) -> str:
        """Replace every occurrence."""
        return self._compiled.sub(replacement, text)


def any_of(*patterns: str) -> str:
    """Return one group of a regular expression out of its alternatives, one a line where it is written."""
    return f"(?:{'|'.join(patterns)})"
