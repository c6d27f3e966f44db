"""`cic backup` and `cic restore`: everything that must survive, in one file, and back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.backup import Restored

_MEGABYTE = 1_000_000


def backup(
    folder: Annotated[Path, typer.Argument(metavar="DOSSIER", file_okay=False, help="Où écrire la sauvegarde.")],
) -> None:
    """Sauvegarde la base de données, la clé et les versions publiées ; l'assistant peut tourner."""
    import os

    from bot.backup import make_backup
    from bot.config import load_settings
    from bot.storage import utc_now

    os.umask(0o077)
    made = make_backup(load_settings(), folder, utc_now())
    size = f"{made.stat().st_size / _MEGABYTE:.1f}".replace(".", ",")
    typer.echo(f"Sauvegarde faite : {made} ({size} Mo). Elle contient des données personnelles et la clé : gardez-la à l'abri.")


def restore(
    file: Annotated[Path, typer.Argument(metavar="FICHIER", exists=True, dir_okay=False, help="La sauvegarde à rétablir.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remplacer les données qui sont là.")] = False,
) -> None:
    """Rétablit une sauvegarde ; l'assistant doit être arrêté. Ce qui est trop ancien est aussitôt effacé."""
    import os

    from bot.backup import restore as put_back
    from bot.cli.data import purge
    from bot.config import load_settings
    from bot.mails import say_date
    from bot.storage import utc_now

    os.umask(0o077)
    done = put_back(load_settings(), file, utc_now(), replace)
    typer.echo(f"La sauvegarde du {say_date(done.made_at)} est rétablie.")
    for sentence in _left_to_do(done):
        typer.echo(sentence)
    purge()


def _left_to_do(done: Restored) -> list[str]:
    from bot.mails import say_date

    sentences = [
        "Les courriels et les réponses par messagerie qui attendaient alors repartiront ; "
        "ceux qui étaient partis depuis arriveront une seconde fois."
    ]
    if done.erased_since:
        last = say_date(done.erased_since[-1])
        sentences.append(f"Effacements faits depuis ({len(done.erased_since)}, le dernier le {last}) : refaites-les avec « cic erase ».")
    else:
        sentences.append("Si des personnes ont fait effacer leurs données depuis, refaites ces effacements avec « cic erase ».")
    if done.aside:
        names = ", ".join(map(str, done.aside))
        sentences.append(f"Ce qui était là est mis de côté : {names}. Supprimez-le quand tout va bien, car rien ne l'efface de lui-même.")
    return sentences
