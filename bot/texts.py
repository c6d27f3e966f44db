"""The sentences of the assistant that are not facts, read from data/textes/assistant.yml and typeset once."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml

from bot.errors import KnowledgeError
from bot.text import typeset


class Texts:
    """Sentences by dotted key: `texts("demande.questions.nom")`, `texts("voisin.pays_nomme", pays="le Mali")`."""

    def __init__(self, tree: Mapping[str, Any]) -> None:
        self._texts: dict[str, Any] = dict(_flatten(tree))

    @classmethod
    def load(cls, path: Path) -> Texts:
        """Read the file. Raises KnowledgeError when it is missing or is not YAML."""
        try:
            return cls(yaml.load(path.read_text("utf-8"), Loader=yaml.CSafeLoader))
        except (OSError, yaml.YAMLError) as error:
            raise KnowledgeError(f"{path} ne se lit pas : {error}.") from error

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of `key` with its values put in. Raises KeyError for an unknown key: a fault of the program."""
        text: str = self._texts[key]
        return text.format_map(values) if values else text

    def __contains__(self, key: str) -> bool:
        return key in self._texts

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def items(self, key: str) -> tuple[str, ...]:
        """The list that stands under `key`."""
        return tuple(self._texts[key])


def _flatten(tree: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    for key, value in tree.items():
        if isinstance(value, Mapping):
            rows += _flatten(value, f"{prefix}{key}.")
        else:
            rows.append((prefix + key, typeset(value) if isinstance(value, str) else value))
    return rows
