"""`cic leads`: the requests for contact that were registered."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

_STATUS = {
    "conservee": "conservée",
    "en_attente": "en attente d'envoi",
    "transmise": "transmise",
    "echec": "échec de l'envoi",
}


def list_leads(as_json: Annotated[bool, typer.Option("--json", help="Un objet JSON par ligne, pour un autre programme.")] = False) -> None:
    """Affiche les demandes de contact reçues."""
    from bot.config import load_settings
    from bot.routing import Routing
    from bot.storage import utc_now
    from bot.wiring import build_database

    settings = load_settings()
    found = Routing(build_database(settings), settings, utc_now).leads()
    if as_json:
        for lead in found:
            typer.echo(json.dumps(lead, ensure_ascii=False))
    elif found:
        _show(found)
    else:
        typer.echo("Aucune demande pour le moment.")


def _show(found: list[dict[str, Any]]) -> None:
    from rich.console import Console

    # No markup: what a person typed is shown as typed, [brackets] included
    Console(markup=False, highlight=False, emoji=False).print(_table(found))


def _table(found: list[dict[str, Any]]) -> Table:
    from datetime import datetime

    from rich.table import Column, Table

    from bot.mails import say_date

    table = Table(Column("Référence", no_wrap=True), "Reçue le", "État", "Personne", "Commune", "Coordonnées", "Objet", show_lines=True)
    for lead in found:
        table.add_row(
            lead["reference"],
            say_date(datetime.fromisoformat(lead["created_at"])),
            _STATUS[lead["status"]],
            _joined(lead["nom"], lead["fonction"]),
            _joined(lead["commune"], lead["pays"], lead["partenaire_de"] and f"partenaire de {lead['partenaire_de']}"),
            _joined(lead["email"], lead["telephone"]),
            _joined(lead["objet"], *(f"À vérifier : {remark}" for remark in lead["remarques"])),
        )
    return table


def _joined(*parts: str | None) -> str:
    return "\n".join(part for part in parts if part)
