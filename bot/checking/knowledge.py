"""Checks data/knowledge: every file loads, and what the assistant offers as a button has a title of its own."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path

from bot.checking.fault import Fault, from_error, line_of
from bot.errors import KnowledgeError
from bot.knowledge import Base, load_base
from bot.text import fold


def check_knowledge(folder: Path) -> tuple[dict[Path, Base], list[Fault]]:
    """The editions that load, by file, and the faults of all files."""
    bases: dict[Path, Base] = {}
    faults: list[Fault] = []
    paths = sorted(folder.glob("*.yml"))
    for path in paths:
        try:
            bases[path] = load_base(path)
        except KnowledgeError as error:
            faults += from_error(error, path)
    if not paths:
        faults.append(Fault(folder, 1, "aucune édition du Programme dans ce dossier ; il faut au moins un fichier .yml"))
    for path, base in bases.items():
        faults += _same_titles(path, base)
    return bases, faults


def entry_line(path: Path, entry: str) -> int:
    """The line of the file where an entry begins. A phrase may bear the id of its fact: the fact comes last."""
    return line_of(path.read_text("utf-8").splitlines(), rf"\bid: {re.escape(entry)}\s*$")


def _same_titles(path: Path, base: Base) -> list[Fault]:
    """A title is what a pressed button says: two entries with the same one cannot be told apart."""
    bearers: dict[str, list[str]] = defaultdict(list)
    for ident, entry in base.entries.items():
        bearers[fold(entry.title)].append(ident)
    doubles = ((base.entries[ident].title, first, ident) for first, *others in bearers.values() for ident in others)
    return [
        Fault(path, entry_line(path, ident), f"« {title} » est déjà le titre de « {first} » ; donnez-en un autre à « {ident} »")
        for title, first, ident in doubles
    ]
