"""`cic train`: trains the model that understands the messages."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def train(
    if_needed: Annotated[bool, typer.Option("--if-needed", help="Ne rien faire s'il existe un modèle des données actuelles.")] = False,
    cache: Annotated[
        Path | None, typer.Option(metavar="DOSSIER", help="Dossier où prendre le modèle s'il y est, et où en garder une copie.")
    ] = None,
) -> None:
    """Entraîne le modèle avec les données actuelles."""
    import time

    from bot.cli.startup import screen
    from bot.config import load_settings
    from bot.training import find_model
    from bot.training import train as train_model

    log = load_settings().data_dir / "logs" / "train.log"
    with screen() as shown:
        if if_needed and (found := find_model(cache=cache)):
            shown.say(f"Le modèle des données actuelles existe : {found.name}")
            return
        shown.say("Entraînement du modèle : deux minutes environ.")
        started = time.monotonic()
        made = train_model(log, shown.working, cache=cache)
        shown.working(None)
        shown.say(f"Le modèle est entraîné en {time.monotonic() - started:.0f} s : {made.name}")
