"""One thing that is wrong, and where: what `cic check` prints, a line each."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from bot.errors import KnowledgeError

_PLACE = re.compile(r"(?P<path>.+?):(?P<line>\d+) : (?P<what>.+?)\.?")


@dataclass(frozen=True)
class Fault:
    """`what` says in French what is wrong and, behind a semicolon, what to do. `line` counts from 1."""

    path: Path
    line: int
    what: str

    def say(self, project: Path) -> str:
        """The fault in one line, with the path as seen from the project's folder."""
        path = self.path.relative_to(project) if self.path.is_relative_to(project) else self.path
        return f"{path}:{self.line} : {self.what}."


def from_error(error: KnowledgeError, path: Path) -> list[Fault]:
    """The faults that a loader told, one a line; `path` where the message names none."""
    matches = ((line, _PLACE.fullmatch(line)) for line in str(error).splitlines())
    return [Fault(Path(m["path"]), int(m["line"]), m["what"]) if m else Fault(path, 1, line.rstrip(".")) for line, m in matches]


def line_of(lines: list[str], pattern: str) -> int:
    """The number of the last line that `pattern` matches; 1 when none does."""
    found = re.compile(pattern)
    return max((number for number, line in enumerate(lines, 1) if found.search(line)), default=1)
