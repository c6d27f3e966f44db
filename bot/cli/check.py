"""`cic check`: says everything that is wrong before the assistant is trained or started."""

from __future__ import annotations

import typer


def check() -> None:
    """Vérifie connaissances, exemples, textes et réglages."""
    refuse_faults()
    typer.echo("Tout est en ordre : connaissances, données d'entraînement, textes et réglages.")


def refuse_faults() -> None:
    """Print every fault, and end the command with code 1 if there is one."""
    from bot.checking import check_project
    from bot.config import PROJECT

    faults = check_project(PROJECT)
    for fault in faults:
        typer.echo(fault.say(PROJECT))
    if faults:
        noun = "faute trouvée" if len(faults) == 1 else "fautes trouvées"
        typer.echo(f"{len(faults)} {noun}.", err=True)
        raise typer.Exit(1)
