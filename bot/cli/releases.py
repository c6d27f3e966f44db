"""`cic publish`, `cic releases`, `cic activate`: which model and knowledge the assistant runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.releases import Release, Releases, Running

_FOLLOWED = "Chaque processus la reprend en quelques secondes, sans redémarrage : « cic releases » montre où il en est."


def publish(
    note: Annotated[str, typer.Option(metavar="TEXTE", help="Ce que cette version change, pour la retrouver.")] = "",
) -> None:
    """Publie les connaissances, les textes et le modèle actuels : l'assistant les reprend sans redémarrer."""
    from bot.cli.check import refuse_faults

    refuse_faults()
    release = _releases().publish(note, _by())
    typer.echo(f"La version {release.id} est publiée. {_FOLLOWED}")


def activate(release_id: Annotated[str, typer.Argument(metavar="ID", help="Une version que « cic releases » montre.")]) -> None:
    """Revient à une version déjà publiée."""
    release = _releases().activate(release_id, _by())
    typer.echo(f"La version {release.id} est active. {_FOLLOWED}")


def list_releases() -> None:
    """Montre les versions publiées, celle qui est active, et celle que fait tourner chaque processus."""
    releases = _releases()
    active, known = releases.active(), releases.known()
    listed = known if releases.own().id in known else {releases.own().id: releases.own(), **known}
    _show(list(listed.values()), active.id, releases.own().id, releases)
    if running := releases.running():
        _show_running(running, active.id)
    else:
        typer.echo("Aucun processus ne tourne.")


def _releases() -> Releases:
    import os

    from bot.config import load_settings
    from bot.wiring import build_database, build_releases

    os.umask(0o077)
    settings = load_settings()
    return build_releases(settings, build_database(settings))


def _by() -> str:
    """Who does it: the user and the machine."""
    import os
    import pwd
    import socket

    try:
        user = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # a container may run under a number without a name
        user = str(os.getuid())
    return f"{user}@{socket.gethostname()}"


def _show(listed: list[Release], active: str, own: str, releases: Releases) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.mails import say_date

    table = Table("Version", "Date", "État", "Note")
    for release in listed:
        states = (("active", release.id == active), ("ce dossier", release.id == own), ("autre programme", release.code != releases.code))
        table.add_row(release.id, say_date(release.created_at), ", ".join(name for name, holds in states if holds), release.note)
    Console(markup=False, highlight=False, emoji=False).print(table)


def _show_running(running: list[Running], active: str) -> None:
    from rich.console import Console
    from rich.table import Table

    from bot.mails import say_date

    table = Table("Processus", "Version", "État", "Vu le")
    for process in running:
        state = process.error or ("à jour" if process.release == active else "pas encore à jour")
        table.add_row(process.process, process.release, state, say_date(process.at))
    Console(markup=False, highlight=False, emoji=False).print(table)
