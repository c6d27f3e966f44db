"""`cic run`: starts the assistant, says in French how far it is, and stops it on Ctrl-C or SIGTERM."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

_NO_CONTACT = "Attention : CIC_CONTACT_EMAIL n'est pas réglé. Les demandes recevables sont conservées, mais personne ne les reçoit."
_NO_PUBLISHER = "Attention : CIC_PUBLISHER ou CIC_PUBLISHER_EMAIL n'est pas réglé. Les pages publiques disent que cela manque."
_OLD_MODEL = "Attention : le modèle n'a pas été entraîné avec les données actuelles. Lancez « make train », puis recommencez."


def run(
    other: Annotated[
        Path | None, typer.Option("--model", metavar="FICHIER", exists=True, dir_okay=False, help="Un autre modèle que celui des données.")
    ] = None,
) -> None:
    """Démarre l'assistant ; Ctrl-C l'arrête."""
    import asyncio
    import os

    from bot.cli.startup import screen, supervise
    from bot.config import load_settings
    from bot.processes import check_ports
    from bot.training import Choice, model_to_run

    os.umask(0o077)  # what the assistant writes holds personal data: only its own user reads it
    settings = load_settings()
    model = Choice(other.resolve(), True) if other else model_to_run()
    check_ports(settings)
    with screen() as shown:
        if settings.contact_email is None:
            shown.say(_NO_CONTACT)
        if settings.publisher is None or settings.publisher_email is None:
            shown.say(_NO_PUBLISHER)
        if not model.fits:
            shown.say(_OLD_MODEL)
        asyncio.run(supervise(settings, model.path, shown))
        shown.say("L'assistant est arrêté.")
