"""Checks data/textes/assistant.yml: every sentence that the program or a label asks for is there, with its values."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bot.checking.examples import Example
from bot.checking.fault import Fault, from_error
from bot.errors import KnowledgeError
from bot.knowledge import Base
from bot.texts import Texts

_SPOKEN = frozenset({"bavardage", "voisin", "hors_sujet"})
"""Intents whose labels are keys of the texts: hors_sujet/service says hors_sujet.service."""
_SPOKEN_ELSEWHERE = frozenset({"hors_sujet/langue"})
"""Answered in the person's language, by langues.*"""
_MENU = "menu.entrees"


@dataclass(frozen=True)
class _Use:
    """One place where the program asks for a text. `key` is a pattern; `values` is None where they are not all given there."""

    path: Path
    line: int
    key: str
    values: frozenset[str] | None


def check_wording(path: Path, sources: Sequence[Path], examples: Iterable[Example], bases: Iterable[Base]) -> list[Fault]:
    """`sources` are the folders of the program."""
    try:
        texts = Texts.load(path)
    except KnowledgeError as error:
        return from_error(error, path)
    faults = [fault for use in _uses(sources) for fault in _check_use(use, texts, path)]
    return [*faults, *_unspoken(texts, examples), *_menu(texts, path, bases)]


def _uses(sources: Sequence[Path]) -> Iterator[_Use]:
    for path in sorted(path for source in sources for path in source.rglob("*.py")):
        code = path.read_text("utf-8")
        if "texts" in code:
            for node in ast.walk(ast.parse(code)):
                if isinstance(node, ast.Call) and node.args and _asks_for_a_text(node.func):
                    yield from _keys(path, node)


def _asks_for_a_text(called: ast.expr) -> bool:
    """Whether `called` is `texts`, `self.texts` or their `.items`."""
    if isinstance(called, ast.Attribute) and called.attr == "items":
        called = called.value
    name = called.attr if isinstance(called, ast.Attribute) else called.id if isinstance(called, ast.Name) else ""
    return name.lstrip("_") == "texts"


def _keys(path: Path, call: ast.Call) -> Iterator[_Use]:
    names = [keyword.arg for keyword in call.keywords]
    values = None if not names or None in names else frozenset(name for name in names if name)
    first = call.args[0]
    for part in (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,):
        if isinstance(part, ast.Constant) and isinstance(part.value, str):
            yield _Use(path, call.lineno, re.escape(part.value), values)
        elif isinstance(part, ast.JoinedStr):
            pieces = (re.escape(str(p.value)) if isinstance(p, ast.Constant) else r"[\w.]+" for p in part.values)
            yield _Use(path, call.lineno, "".join(pieces), values)


def _check_use(use: _Use, texts: Texts, path: Path) -> Iterator[Fault]:
    keys = [key for key in texts if re.fullmatch(use.key, key)]
    if not keys:
        yield Fault(use.path, use.line, f"le texte « {use.key.replace(chr(92), '')} » manque dans {path.name} ; ajoutez-le")
    for key in keys if use.values is not None else ():
        for name in sorted(_fields(texts(key)) - (use.values or frozenset())):
            yield Fault(use.path, use.line, f"le texte « {key} » appelle {{{name}}}, qui n'est pas donné ici ; ôtez-le du texte")


def _fields(text: object) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name} if isinstance(text, str) else set()


def _unspoken(texts: Texts, examples: Iterable[Example]) -> Iterator[Fault]:
    firsts: Mapping[str, Example] = {example.label: example for example in reversed(list(examples))}
    for label, example in firsts.items():
        key = label.replace("/", ".")
        if example.intent in _SPOKEN and label not in _SPOKEN_ELSEWHERE and key not in texts:
            yield Fault(example.path, example.line, f"« {label} » n'a pas de réponse ; ajoutez « {key} » dans data/textes/assistant.yml")


def _menu(texts: Texts, path: Path, bases: Iterable[Base]) -> Iterator[Fault]:
    known = {entry for base in bases for entry in base.entries}
    if _MENU not in texts:
        yield Fault(path, 1, f"« {_MENU} » manque ; donnez la liste des sujets proposés")
        return
    lines = path.read_text("utf-8").splitlines()
    line = next((number for number, text in enumerate(lines, 1) if text.strip().startswith("entrees:")), 1)
    for entry in texts.items(_MENU):
        if entry not in known:
            yield Fault(path, line, f"« {entry} » n'est pas dans data/knowledge ; corrigez « entrees: »")
