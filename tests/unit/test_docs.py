"""The documentation says what the code does: the same settings, commands, fields and metrics, and links that lead somewhere."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
import yaml
from support.setting_names import NAMES

from bot.cli import app
from bot.config import PROJECT
from bot.storage import Database
from bot.text import fold, typeset
from bot.web.metrics import Metrics

DOCUMENTS = sorted([PROJECT / "README.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").rglob("*.md")])
GUIDES = sorted((PROJECT / "docs" / "guide").glob("*.md"))
README = (PROJECT / "README.md").read_text("utf-8")
OPERATIONS = (PROJECT / "docs" / "operations.md").read_text("utf-8")
EXAMPLE = dict(re.findall(r"^#?(CIC_\w+)=(.*)$", (PROJECT / ".env.example").read_text("utf-8"), re.MULTILINE))

CODE = re.compile(r"^ *```.*?^ *```|`[^`\n]+`", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
PATH = re.compile(r"`((?:bot|actions|data|docs|tests|scripts)/[\w./*-]*)`")


def name_of(path: Path) -> str:
    return path.relative_to(PROJECT).as_posix()


def prose_of(path: Path) -> str:
    return CODE.sub("x", path.read_text("utf-8"))


def settings_of_readme() -> dict[str, str]:
    rows = re.findall(r"^\| `(CIC_\w+)` \| (.*?)\|", README, re.MULTILINE)
    return {name: default.strip(" `") for name, default in rows}


def commands(group: typer.Typer = app, prefix: str = "cic") -> Iterator[str]:
    yield from (f"{prefix} {command.name}" for command in group.registered_commands)
    for inner in group.registered_groups:
        if inner.typer_instance:
            yield from commands(inner.typer_instance, f"{prefix} {inner.name}")


def make_targets() -> list[str]:
    shown = subprocess.run(["make", "help"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    return re.findall(r"^make (\w+)", shown, re.MULTILINE)


def links(path: Path) -> Iterator[str]:
    return (link for link in LINK.findall(prose_of(path)) if not re.match(r"https?:", link))


def target_of(path: Path, link: str) -> Path:
    return (path.parent / link.split("#")[0]).resolve() if link.split("#")[0] else path


def test_readme_example_and_settings_name_the_same_settings() -> None:
    assert settings_of_readme().keys() == EXAMPLE.keys() == NAMES


@pytest.mark.parametrize("name", sorted(NAMES))
def test_the_readme_gives_each_setting_the_default_of_the_example(name: str) -> None:
    assert settings_of_readme()[name] == EXAMPLE[name]


def test_the_commands_are_all_found() -> None:
    assert {"cic run", "cic leads", "cic bench nlu"} <= set(commands())


@pytest.mark.parametrize("command", commands())
def test_the_readme_names_every_command(command: str) -> None:
    assert re.search(rf"^\| `{command}\b", README, re.MULTILINE)


def test_the_readme_names_every_make_target_and_no_other() -> None:
    assert sorted(re.findall(r"^\| `make (\w+)", README, re.MULTILINE)) == sorted(make_targets())


def test_the_readme_names_every_field_that_can_be_asked() -> None:
    domain = yaml.safe_load((PROJECT / "domain.yml").read_text("utf-8"))
    asked = next(line for line in README.splitlines() if line.startswith("- `asks`"))
    assert set(domain["forms"]["formulaire_demande"]["required_slots"]) <= set(re.findall(r"`(\w+)`", asked))


def test_operations_explains_every_metric(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cic.sqlite'}")
    database.create_all()
    ours = [family for family in Metrics(database).registry.collect() if family.name.startswith("cic_")]
    families = {f"{family.name}_total" if family.type == "counter" else family.name for family in ours}
    assert families == set(re.findall(r"^\| `(cic_\w+)", OPERATIONS, re.MULTILINE))


def test_operations_explains_every_kind_of_error() -> None:
    code = "\n".join(path.read_text("utf-8") for path in (PROJECT / "bot" / "web").glob("*.py"))
    counted = [line for line in code.splitlines() if re.search(r"errors\.labels\(|\bcount\(\"", line)]
    kinds = {kind for line in counted for kind in re.findall(r"\"(\w+)\"", line)}
    assert kinds == set(re.findall(r'cic_errors_total\{kind="(\w+)"\}', OPERATIONS))


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_links_lead_to_files_that_exist(path: Path) -> None:
    assert [link for link in links(path) if not target_of(path, link).exists()] == []


def test_every_document_is_reached_from_the_readme() -> None:
    reached, fresh = set(), {PROJECT / "README.md"}
    while fresh:
        reached |= fresh
        fresh = {target for path in fresh for link in links(path) if (target := target_of(path, link)).suffix == ".md"} - reached
    assert [name_of(path) for path in DOCUMENTS if path not in reached] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_documents_name_files_that_exist(path: Path) -> None:
    named = set(PATH.findall(path.read_text("utf-8")))
    assert [name for name in sorted(named) if not any(PROJECT.glob(name.rstrip("/")))] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)
def test_no_document_names_a_path_of_a_machine(path: Path) -> None:
    assert re.findall(r"(?<![\w.$}~])/(?:root|work|home|tmp|Users)/\S*", path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_guides_are_set_in_french_typography(path: Path) -> None:
    assert [line for line in prose_of(path).splitlines() if typeset(line) != line] == []


@pytest.mark.parametrize("path", GUIDES, ids=name_of)
def test_a_guide_is_short_and_free_of_jargon(path: Path) -> None:
    text = prose_of(path)
    assert len(text.split()) < 700
    assert re.findall(r"\b(intent|slot|tracker|pipeline|token|outbox|lead|nlu|json)s?\b", fold(text)) == []
