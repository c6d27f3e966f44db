"""The image: what goes into it, by .dockerignore, is enough to run and holds nothing of this place. It is not built here."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.deployed import DEPLOY

from bot.config import PROJECT, child_environment

DOCKERFILE = (DEPLOY / "Dockerfile").read_text("utf-8")
INSTRUCTIONS = re.sub(r"\\\n\s*", "", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.MULTILINE)).splitlines()


def copied_names() -> list[str]:
    """What .dockerignore lets through; it forbids everything first."""
    lines = [line for line in (PROJECT / ".dockerignore").read_text("utf-8").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    return [line[1:] for line in lines if line.startswith("!")]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as the build sees it."""
    folder = tmp_path_factory.mktemp("image") / "cic"
    for name in copied_names():
        source, target = PROJECT / name, folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copyfile(source, target)
    return folder


def run(copy: Path, *arguments: str, **changes: str) -> subprocess.CompletedProcess[str]:
    environment = child_environment({"CIC_DATA_DIR": str(copy.parent / "data"), "PYTHONPATH": str(copy), **changes})
    command = [sys.executable, "-c", "from bot.cli import app; app()", *arguments]
    return subprocess.run(command, cwd=copy, env=environment, capture_output=True, text=True, timeout=120)


def test_what_is_copied_passes_the_check_of_the_project(copy: Path) -> None:
    checked = run(copy, "check")
    assert (checked.returncode, checked.stderr) == (0, "")


def test_what_is_copied_makes_the_same_model_as_the_project(copy: Path) -> None:
    code = "from bot.config import PROJECT; from bot.training import model_path; print(PROJECT, model_path().name)"
    environment = child_environment({"PYTHONPATH": str(copy)})
    of_copy = subprocess.run([sys.executable, "-c", code], cwd=copy, env=environment, capture_output=True, text=True, check=True)
    of_project = subprocess.run([sys.executable, "-c", code], cwd=PROJECT, capture_output=True, text=True, check=True)
    assert of_copy.stdout.split() == [str(copy), of_project.stdout.split()[1]]


def test_neither_settings_nor_data_nor_tests_are_copied_but_the_cases_that_a_correction_is_compared_on() -> None:
    assert [name for name in copied_names() if re.match(r"\.env|var|models|tests|\.git", name)] == ["tests/evaluation"]
    assert [path for name in copied_names() if (PROJECT / name).is_dir() for path in (PROJECT / name).rglob(".env")] == []


def test_the_image_runs_as_a_numbered_user_and_never_names_a_secret() -> None:
    last = INSTRUCTIONS[max(n for n, line in enumerate(INSTRUCTIONS) if line.startswith("FROM")) :]
    assert [line for line in last if line.startswith("USER")] == ["USER 10001:10001"]
    assert [line for line in INSTRUCTIONS if re.search(r"SECRET|PASSWORD|CIC_DATABASE_URL|^ARG", line)] == []
    assert [line for line in INSTRUCTIONS if line.startswith("FROM") and not re.search(r":3\.10-slim-\w+( AS \w+)?$", line)] == []


def test_the_health_check_of_the_image_is_that_of_the_web_process() -> None:
    (check,) = [line for line in INSTRUCTIONS if line.startswith("HEALTHCHECK")]
    assert "/healthz" in check
    assert (INSTRUCTIONS[-2], INSTRUCTIONS[-1]) == ('ENTRYPOINT ["cic"]', 'CMD ["serve", "web"]')


def test_the_libraries_are_those_of_the_lock_file() -> None:
    assert [line for line in INSTRUCTIONS if "pip install" in line or "uv add" in line] == []
    assert "RUN scripts/bootstrap --no-dev" in INSTRUCTIONS
    assert 'exec "$uv" sync --frozen' in (PROJECT / "scripts" / "bootstrap").read_text("utf-8")


def test_the_version_is_that_of_the_project() -> None:
    version = re.search(r'^version = "(.+)"', (PROJECT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version
    files = [DEPLOY / "Dockerfile", DEPLOY / "compose.yml", *(DEPLOY / "kubernetes").glob("*.yaml")]
    found = {tag for path in files for tag in re.findall(r"(?<![\w/])cic:(\d[\w.]*)", path.read_text("utf-8"))}
    assert found == {version[1]}
