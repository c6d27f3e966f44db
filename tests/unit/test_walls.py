"""Walls that imports do not show: who reads the environment."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from bot.config import PROJECT

SOURCES = sorted(path for folder in ("bot", "actions") for path in (PROJECT / folder).rglob("*.py"))
ENVIRONMENT = {"environ", "environb", "getenv", "getenvb", "putenv", "load_dotenv", "dotenv_values"}
READER = PROJECT / "bot" / "config.py"


def uses_of_the_environment(code: str) -> set[str]:
    """The names of the environment that code imports or takes from a module; an argument may bear the same name."""
    nodes = list(ast.walk(ast.parse(code)))
    taken = {node.attr for node in nodes if isinstance(node, ast.Attribute)}
    imported = {alias.name for node in nodes if isinstance(node, ast.ImportFrom) for alias in node.names}
    return (taken | imported) & ENVIRONMENT


@pytest.mark.parametrize("path", [path for path in SOURCES if path != READER], ids=lambda path: str(path.relative_to(PROJECT)))
def test_only_the_settings_read_the_environment(path: Path) -> None:
    assert uses_of_the_environment(path.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "code", ["import os\nos.environ['A']", "from os import getenv", "import os as o\no.getenv('A')", "from dotenv import load_dotenv"]
)
def test_every_way_to_read_it_is_seen(code: str) -> None:
    assert uses_of_the_environment(code)


def test_the_settings_are_seen_to_read_it() -> None:
    assert uses_of_the_environment(READER.read_text("utf-8"))
