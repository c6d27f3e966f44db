"""`cic outbox`: the mails that have not left yet."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_KIND = {"contact": "à la personne de contact", "confirmation": "confirmation au demandeur"}
_STATUS = {"en_attente": "en attente", "echec": "échec"}


def show_outbox(
    retry: Annotated[int | None, typer.Option("--retry", metavar="ID", help="Renvoyer ce courriel dès maintenant.")] = None,
) -> None:
    """Affiche les courriels qui ne sont pas encore partis."""
    from bot.config import load_settings
    from bot.wiring import build_database, build_outbox

    settings = load_settings()
    outbox = build_outbox(settings, build_database(settings))
    if retry is not None:
        outbox.retry(retry)
        typer.echo(f"Le courriel {retry} est remis en route : il part dès que l'assistant tourne.")
    elif mails := outbox.unsent():
        _show(mails)
    else:
        typer.echo("Tous les courriels sont partis.")


def _show(mails: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from bot.mails import say_date

    reference = Column("Référence", no_wrap=True)
    table = Table("Numéro", reference, "Courriel", "État", "Essais", "Prochain essai", "Dernière erreur", show_lines=True)
    for mail in mails:
        next_attempt = say_date(mail["next_attempt_at"]) if mail["status"] == "en_attente" else "aucun"
        state = (str(mail["id"]), mail["reference"], _KIND[mail["kind"]], _STATUS[mail["status"]], str(mail["attempts"]))
        table.add_row(*state, next_attempt, mail["last_error"] or "")
    Console(markup=False, highlight=False, emoji=False).print(table)
