"""Trains Rasa's model, once for each state of what it is made from, and says which model is run.

Rasa runs as a process of its own: nothing here imports it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from bot.config import PROJECT, Settings, child_environment
from bot.errors import ReleaseError, StorageError, TrainingError
from bot.models import Choice, fingerprint, model_path, model_to_run
from bot.supervisor import die_with_parent
from bot.wiring import build_database, build_releases

__all__ = ["Choice", "find_model", "fingerprint", "model_path", "model_to_run", "model_to_serve", "train"]

_PUBLISHED = "La version publiée {} est active. Le contenu de ce dossier est différent : « cic publish » le publie."
_NOT_YET = "Attention : la version publiée n'est pas reprise tout de suite, l'assistant démarre avec celle de ce dossier."
KEPT = 5
"""Models kept in a folder; a running assistant may still need an older one."""
_LAST_LINES = 15
"""Lines of the log shown when a training fails: enough for the end of a traceback."""
_STEPS: Mapping[str, str] = {
    "Starting to train component": "Apprentissage des exemples…",
    "model is saved": "Enregistrement du modèle…",
}
"""What Rasa's log says, and what the person who waits is told."""
_FIRST_STEP = "Chargement de Rasa…"


def model_to_serve(settings: Settings) -> Choice:
    """The model of the release that every process runs; this copy's own when nothing else is published or can be had.

    Raises SettingError when this copy is to be run and no model was ever trained.
    """
    remark = None
    try:
        releases = build_releases(settings, build_database(settings))
        active = releases.active()
        if active.id != releases.own().id and active.model:
            return Choice(releases.folder(active.id) / active.model, True, _PUBLISHED.format(active.id))
    except (ReleaseError, StorageError) as error:
        remark = f"{_NOT_YET} {error}"
    return replace(model_to_run(), remark=remark)


def find_model(project: Path = PROJECT, cache: Path | None = None) -> Path | None:
    """The model of the present data, fetched from `cache` when it is there only; None when it has to be trained."""
    path = model_path(project)
    if not path.exists() and cache is not None and (cache / path.name).exists():
        _copy(cache / path.name, path)
    return path if path.exists() else None


def train(log: Path, tell: Callable[[str], None], project: Path = PROJECT, cache: Path | None = None, rasa: tuple[str, ...] = ()) -> Path:
    """Train a model of the present data and return it; `tell` hears in French how far it is.

    `rasa` stands for the command that is run. A training that fails leaves no model and raises TrainingError.
    """
    path = model_path(project)
    path.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=path.parent) as folder:
        made = Path(folder) / path.name
        command = (*(rasa or (sys.executable, "-m", "rasa")), *_arguments(made))
        code = _run(command, project, _environment(Path(folder) / "cache"), log, tell)
        if code != 0 or not made.exists():
            raise TrainingError(_failure(code, log))
        made.replace(path)
    _forget_old(path.parent)
    if cache is not None:
        _copy(path, cache / path.name)
        _forget_old(cache)
    return path


def _arguments(made: Path) -> tuple[str, ...]:
    # Rasa's own cache does not see a change in the code of a component: --force, and a cache that is thrown away.
    # Its validation knows neither our labels nor our texts: `cic check` does that work.
    data, out = ("--data", "data/nlu", "data/stories"), ("--out", str(made.parent))
    return ("train", "--force", "--skip-validation", *data, *out, "--fixed-model-name", made.name.removesuffix(".tar.gz"), "--verbose")


def _environment(cache: Path) -> dict[str, str]:
    """No network, no graphics card, and all the cores: training is the one time when they help."""
    return child_environment(
        {
            "RASA_TELEMETRY_ENABLED": "false",
            "RASA_CACHE_DIRECTORY": str(cache),
            "CUDA_VISIBLE_DEVICES": "",
            "TF_CPP_MIN_LOG_LEVEL": "2",
            "SQLALCHEMY_SILENCE_UBER_WARNING": "1",
            "PYTHONWARNINGS": "ignore",
            "PYTHONUNBUFFERED": "1",
        }
    )


def _run(command: tuple[str, ...], project: Path, environment: Mapping[str, str], log: Path, tell: Callable[[str], None]) -> int:
    """Run to the end, its output in `log`; a Ctrl-C or a fault of ours ends it too, and so does our death."""
    log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    tell(_FIRST_STEP)
    with (
        log.open("wb") as kept,
        subprocess.Popen(  # noqa: S603
            command,
            cwd=project,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            preexec_fn=die_with_parent(os.getpid()),
        ) as process,
    ):
        try:
            for line in process.stdout or ():
                kept.write(line)
                for mark, step in _STEPS.items():
                    if mark in line.decode("utf-8", "replace"):
                        tell(step)
        except BaseException:
            process.kill()
            raise
    return process.returncode


def _failure(code: int, log: Path) -> str:
    last = log.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    shown = "\n".join(f"  {line}" for line in last)
    return f"L'entraînement a échoué (code {code}). La fin du journal :\n{shown}\nLe journal entier : {log}"


def _copy(source: Path, target: Path) -> None:
    """Copy a file so that nobody ever sees half of it."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".", dir=target.parent) as folder:
        shutil.copyfile(source, Path(folder) / target.name).replace(target)


def _forget_old(folder: Path) -> None:
    """Remove all but the newest models of ours."""
    models = sorted(folder.glob("cic-*.tar.gz"), key=lambda path: path.stat().st_mtime)
    for path in models[:-KEPT]:
        with suppress(FileNotFoundError):  # another training may remove it at the same time
            path.unlink()
