"""`cic run`: starts the assistant, says in French how far it is, and stops it on Ctrl-C or SIGTERM."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.models import Choice

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
    from dataclasses import replace

    from bot.cli.startup import screen, supervise
    from bot.config import load_settings
    from bot.processes import check_ports
    from bot.training import Choice, model_to_serve

    os.umask(0o077)  # what the assistant writes holds personal data: only its own user reads it
    settings = load_settings()
    if other:
        settings = replace(settings, follow_releases=False)
    model = Choice(other.resolve(), True) if other else model_to_serve(settings)
    check_ports(settings)
    with screen() as shown:
        for caution in cautions(settings):
            shown.say(caution)
        for caution in cautions_of_model(model):
            shown.say(caution)
        asyncio.run(supervise(settings, model.path, shown))
        shown.say("L'assistant est arrêté.")


def cautions(settings: Settings) -> list[str]:
    """Return what whoever starts the web process must know about its settings, in French."""
    missing = ((settings.contact_email is None, _NO_CONTACT), (None in (settings.publisher, settings.publisher_email), _NO_PUBLISHER))
    return [sentence for is_missing, sentence in missing if is_missing]


def cautions_of_model(model: Choice) -> list[str]:
    """Return what whoever starts Rasa should know about its model, in French."""
    return [sentence for sentence in (model.remark, None if model.fits else _OLD_MODEL) if sentence]
