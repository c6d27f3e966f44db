"""`cic purge` and `cic erase`: what the assistant forgets."""

from __future__ import annotations

from typing import Annotated

import typer

_ROWS = {
    "turns": "tours de conversation",
    "events": "événements du dialogue",
    "feedback": "avis",
    "decisions": "décisions",
    "leads": "demandes",
    "outbox": "courriels",
}


def purge() -> None:
    """Efface tout ce qui est plus ancien que CIC_RETENTION_DAYS."""
    from bot import privacy
    from bot.config import load_settings
    from bot.storage import utc_now
    from bot.wiring import build_database

    settings = load_settings()
    counts = privacy.purge(build_database(settings), utc_now(), settings.retention_days)
    typer.echo(_say(counts) if any(counts.values()) else f"Rien n'a plus de {settings.retention_days} jours : rien n'est effacé.")


def erase(
    target: Annotated[str, typer.Argument(metavar="REFERENCE|EMAIL", help="La référence d'une demande, ou une adresse entière.")],
) -> None:
    """Efface une demande, ou tout ce qui contient une adresse."""
    from bot import privacy
    from bot.config import load_settings
    from bot.errors import RequestError
    from bot.wiring import build_database

    counts = privacy.erase(build_database(load_settings()), target)
    if not any(counts.values()):
        raise RequestError("Rien n'est enregistré sous cette référence ou cette adresse.")
    typer.echo(_say(counts))
    if counts["leads"]:
        typer.echo("Ce qui est déjà parti par courriel doit être effacé par ceux qui l'ont reçu.")


def _say(counts: dict[str, int]) -> str:
    return "Effacé : " + ", ".join(f"{label} ({counts[name]})" for name, label in _ROWS.items() if counts.get(name)) + "."
