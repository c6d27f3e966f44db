"""Reads the training examples of data/nlu with their lines.

The files are Rasa's YAML in its plainest form, which a person who adds an example can follow; what departs from it is a fault.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from bot.checking.fault import Fault
from bot.text import fold

_FRAME = re.compile(r'\s*|#.*|version: "3\.1"|nlu:|  examples: \|')
_LABEL = re.compile(r"- intent: (\S+)")
_EXAMPLE = re.compile(r"    - (\S.*)")

_NO_EXAMPLE = "cette ligne n'est pas un exemple ; écrivez quatre espaces, un tiret, une espace, puis le texte"


@dataclass(frozen=True)
class Example:
    """A message and its label: `info/<entry>`, or another intent with or without a `/`."""

    text: str
    label: str
    path: Path
    line: int

    @property
    def intent(self) -> str:
        """What Rasa calls the intent: the label up to its `/`."""
        return self.label.split("/")[0]

    @cached_property
    def key(self) -> str:
        """The text without case, accents, punctuation: two examples with the same key are the same to the classifier."""
        return re.sub(r"[\W_]+", " ", fold(self.text)).strip() or self.text


def read_examples(folder: Path) -> tuple[list[Example], list[Fault]]:
    """All examples of a folder in the order of its files, and the lines that are none."""
    examples: list[Example] = []
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.yml")):
        _read_file(path, examples, faults)
    if not examples:
        faults.append(Fault(folder, 1, "aucun exemple dans ce dossier ; il en faut pour chaque intention"))
    return examples, faults


def _read_file(path: Path, examples: list[Example], faults: list[Fault]) -> None:
    label = ""
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if match := _LABEL.fullmatch(line):
            label = match[1]
        elif (match := _EXAMPLE.fullmatch(line)) and label:
            examples.append(Example(match[1], label, path, number))
        elif not _FRAME.fullmatch(line):
            faults.append(Fault(path, number, _NO_EXAMPLE))
