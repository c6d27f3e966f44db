"""`cic outbox`: the mails that have not left yet."""

from __future__ import annotations

import json
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.outbox import Outbox

_KEYS = ("id", "reference", "kind", "state", "attempts", "uncertain", "due_since", "next_attempt_at", "expires_at", "last_error")
"""What `--json` gives of a mail, in this order: other programs rely on it."""


def show_outbox(
    retry: Annotated[int | None, typer.Option("--retry", metavar="ID", help="Renvoyer ce courriel dès maintenant.")] = None,
    retry_all: Annotated[bool, typer.Option("--retry-all", help="Renvoyer dès maintenant tous les courriels non partis.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Un objet JSON par ligne, pour un autre programme.")] = False,
) -> None:
    """Affiche les courriels qui ne sont pas encore partis."""
    from bot.config import load_settings
    from bot.wiring import build_database, build_outbox

    if (retry is not None) + retry_all + as_json > 1:
        raise typer.BadParameter("choisissez une seule option : --retry, --retry-all ou --json.")
    settings = load_settings()
    outbox = build_outbox(settings, build_database(settings))
    if retry is not None:
        outbox.retry(retry)
        typer.echo(f"Le courriel {retry} est remis en route : il part dès que l'assistant tourne.")
    elif retry_all:
        typer.echo(_retried(outbox.retry_all()))
    elif as_json:
        _print_json(outbox)
    elif mails := outbox.unsent():
        _show(mails)
    else:
        typer.echo("Tous les courriels sont partis.")


def _retried(count: int) -> str:
    if count == 0:
        return "Aucun courriel n'est à renvoyer."
    if count == 1:
        return "Un courriel est remis en route : il part dès que l'assistant tourne."
    return f"{count} courriels sont remis en route : ils partent dès que l'assistant tourne."


def _print_json(outbox: Outbox) -> None:
    for mail in outbox.unsent():
        told = {key: mail[key] for key in _KEYS}
        typer.echo(json.dumps(told, ensure_ascii=False, default=datetime.isoformat))


def _show(mails: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from bot.mails import say_date
    from bot.review.request_words import MAIL_KINDS, MAIL_STATES

    columns = ("État", "Essais", "En attente depuis", "Prochain essai", "Dernière erreur")
    table = Table("Numéro", Column("Référence", no_wrap=True), Column("Courriel", min_width=12), *columns, show_lines=True)
    for mail in mails:
        state = MAIL_STATES[mail["state"]] + ("\nreçu peut-être deux fois" if mail["uncertain"] else "")
        next_attempt = say_date(mail["next_attempt_at"]) if mail["next_attempt_at"] else "aucun"
        which = (str(mail["id"]), mail["reference"] or "", MAIL_KINDS[mail["kind"]], state, str(mail["attempts"]))
        table.add_row(*which, say_date(mail["due_since"]), next_attempt, mail["last_error"] or "")
    Console(markup=False, highlight=False, emoji=False).print(table)
