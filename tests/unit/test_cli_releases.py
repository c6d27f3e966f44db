"""`cic publish`, `cic releases` and `cic activate`, and the model that `cic run` starts with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import Result
from support.releases import copy_project, reword
from typer.testing import CliRunner

from bot import checking
from bot.checking import Fault
from bot.cli import app
from bot.cli.run import cautions_of_model
from bot.config import PROJECT, Settings
from bot.errors import StorageError
from bot.models import Choice, model_to_run
from bot.processes import programs
from bot.releases import Release, Releases
from bot.storage import Database, utc_now
from bot.training import model_to_serve


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(tmp_path, f"sqlite:///{tmp_path / 'cic.sqlite'}")


def cic(settings: Settings, *words: str) -> Result:
    environment = {"CIC_DATA_DIR": str(settings.data_dir), "CIC_DATABASE_URL": settings.database_url, "COLUMNS": "200"}
    return CliRunner().invoke(app, list(words), env=environment)


def releases(database: Database, settings: Settings, project: Path = PROJECT) -> Releases:
    return Releases(database, settings.data_dir / "releases", utc_now, project)


def publish(database: Database, settings: Settings, folder: Path, model: bytes = b"a model") -> Release:
    """Publish another content than that of this copy."""
    project = copy_project(folder, model)
    reword(project, "C'était d'abord un projet pilote", "Ce fut un projet pilote")
    return releases(database, settings, project).publish("Une autre phrase")


@pytest.fixture
def faultless(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checking, "check_project", lambda _: [])


@pytest.mark.usefixtures("faultless")
def test_this_copy_is_published_and_listed(database: Database, settings: Settings) -> None:
    said = cic(settings, "publish", "--note", "La première")
    assert (said.exit_code, said.output.startswith("La version ")) == (0, True)
    (published,) = releases(database, settings).known().values()
    assert published.id in said.output
    assert published.note == "La première"
    shown = cic(settings, "releases").output
    (line,) = [line for line in shown.splitlines() if published.id in line]
    assert "active, ce dossier" in line
    assert "La première" in line
    assert "Aucun processus ne tourne." in shown


def test_what_cic_check_finds_fault_with_is_not_published(database: Database, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Fault(PROJECT / "data" / "knowledge" / "cic-2014-2016.yml", 12, "il manque un titre")
    monkeypatch.setattr(checking, "check_project", lambda _: [fault])
    said = cic(settings, "publish")
    assert said.exit_code == 1
    assert "il manque un titre" in said.output
    assert releases(database, settings).known() == {}


def test_processes_are_listed_with_what_they_run_and_why_not_the_active_one(database: Database, settings: Settings, tmp_path: Path) -> None:
    published = publish(database, settings, tmp_path / "project")
    told = releases(database, settings)
    told.tell("machine:12:web", published.id)
    told.tell("machine:11:rasa", told.own().id)
    told.tell("machine:10:rasa", told.own().id, f"{published.id} : le modèle ne se charge pas")
    lines = cic(settings, "releases").output.splitlines()
    rows = {name: next(line for line in lines if name in line) for name in ("12:web", "11:rasa", "10:rasa")}
    assert "à jour" in rows["12:web"]
    assert "pas encore à jour" in rows["11:rasa"]
    assert "le modèle ne se charge pas" in rows["10:rasa"]


def test_the_way_back_and_a_release_that_nobody_knows(database: Database, settings: Settings, tmp_path: Path) -> None:
    first = publish(database, settings, tmp_path / "first")
    second = publish(database, settings, tmp_path / "second", b"another model")
    assert releases(database, settings).active() == second
    said = cic(settings, "activate", first.id)
    assert (said.exit_code, first.id in said.output) == (0, True)
    assert releases(database, settings).active() == first
    unknown = cic(settings, "activate", "0123456789ab")
    assert (unknown.exit_code, "Aucune version 0123456789ab" in unknown.output) == (1, True)


# --- The model that Rasa starts with ---


def test_without_anything_published_rasa_starts_with_the_model_of_this_copy(settings: Settings) -> None:
    assert model_to_serve(settings) == model_to_run()


def test_rasa_starts_with_the_model_of_the_active_release(database: Database, settings: Settings, tmp_path: Path) -> None:
    published = publish(database, settings, tmp_path / "project")
    choice = model_to_serve(settings)
    assert (choice.path, choice.fits) == (settings.data_dir / "releases" / published.id / str(published.model), True)
    assert choice.path.read_bytes() == b"a model"
    (told,) = cautions_of_model(choice)
    assert published.id in told


def test_who_does_not_follow_starts_with_this_copy(database: Database, settings: Settings, tmp_path: Path) -> None:
    publish(database, settings, tmp_path / "project")
    assert model_to_serve(replace(settings, follow_releases=False)) == model_to_run()


def test_a_damaged_release_or_a_database_that_is_away_does_not_hinder_the_start_and_is_said(
    database: Database, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = publish(database, settings, tmp_path / "project")
    (settings.data_dir / "releases" / published.id / str(published.model)).write_bytes(b"evil")
    damaged = model_to_serve(settings)

    def away(_: object) -> Release:
        raise StorageError("La base de données ne répond pas.")

    monkeypatch.setattr(Releases, "active", away)
    for choice, why in ((damaged, published.id), (model_to_serve(settings), "La base de données ne répond pas.")):
        assert choice.path == model_to_run().path
        assert why in cautions_of_model(choice)[0]


def test_a_model_that_does_not_fit_is_said() -> None:
    (caution,) = cautions_of_model(Choice(Path("model.tar.gz"), fits=False))
    assert "make train" in caution


@pytest.mark.parametrize(("follows", "told"), [(True, "oui"), (False, "non")])
def test_every_process_is_told_whether_it_follows(settings: Settings, follows: bool, told: str) -> None:
    started = programs(replace(settings, follow_releases=follows), Path("model.tar.gz"))
    assert {program.environment["CIC_FOLLOW_RELEASES"] for program in started} == {told}
