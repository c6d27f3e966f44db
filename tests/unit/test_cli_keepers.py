"""The commands of those who keep the assistant: what they say and how they end."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bot.cli import app
from bot.config import PROJECT

NO_ASSISTANT = ("--chat", "http://127.0.0.1:9/api/chat")


@pytest.mark.parametrize("command", ["evaluate", "bench chat"])
def test_without_an_assistant_a_measurement_is_one_sentence(command: str, tmp_path: Path) -> None:
    environment = {"CIC_DATA_DIR": str(tmp_path)}
    found = CliRunner().invoke(app, [*command.split(), *NO_ASSISTANT], env=environment)
    assert found.exit_code == 1
    assert "Aucun assistant ne tourne" in found.output
    assert "Traceback" not in found.output


def test_an_unknown_part_is_told_with_those_that_exist() -> None:
    found = CliRunner().invoke(app, ["evaluate", "--only", "question"])
    assert found.exit_code == 2
    assert "questions, followups" in found.output


def test_make_help_has_a_line_for_each_command_of_the_contract() -> None:
    shown = subprocess.run(["make"], cwd=PROJECT, capture_output=True, text=True, check=True).stdout
    lines = [line.split(maxsplit=2) for line in shown.splitlines()]
    assert {name for _, name, _ in lines} == {"run", "test", "train", "check", "evaluate", "bench", "help"}


@pytest.mark.parametrize(
    "module", ["bot.checking", "bot.training", "bot.evaluation", "bot.cli.check", "bot.cli.train", "bot.cli.evaluate", "bot.cli.bench"]
)
def test_what_needs_no_model_loads_no_heavy_library(module: str) -> None:
    code = f"import sys, {module}; print([n for n in ('rasa', 'tensorflow', 'sklearn', 'spacy', 'numpy') if n in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip() == "[]"
