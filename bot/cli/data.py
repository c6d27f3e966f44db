"""`cic purge` and `cic erase`: what the assistant forgets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from bot.config import Settings
    from bot.privacy import Notice


def purge() -> None:
    """Efface tout ce qui est plus ancien que CIC_RETENTION_DAYS, et ce qui doit l'être déjà."""
    from bot import privacy
    from bot.config import load_settings
    from bot.storage import utc_now
    from bot.wiring import build_database

    settings = load_settings()
    counts = privacy.purge(build_database(settings), utc_now(), settings.retention_days, _notice(settings))
    typer.echo(_say(counts) or f"Rien n'a plus de {settings.retention_days} jours : rien n'est effacé.")
    if counts[privacy.PROMISES]:
        typer.echo(f"Conversations effacées ou masquées comme promis : {counts[privacy.PROMISES]}.")


def erase(
    target: Annotated[str, typer.Argument(metavar="REFERENCE|EMAIL", help="La référence d'une demande, ou une adresse entière.")],
) -> None:
    """Efface une demande, ou tout ce qui contient une adresse."""
    from bot import privacy
    from bot.channels.people import known_as
    from bot.channels.seal import Seal
    from bot.config import load_settings
    from bot.errors import RequestError
    from bot.privacy.telling import say_forwarded
    from bot.wiring import build_database

    settings = load_settings()
    database = build_database(settings)
    people = known_as(database, Seal(settings.secret()), target)
    counts = privacy.erase(database, target, notice=_notice(settings), people=people)
    if not any(counts.values()):
        raise RequestError("Rien n'est enregistré sous cette référence ou cette adresse.")
    typer.echo(_say(counts))
    for sentence in say_forwarded(counts[privacy.FORWARDED], counts[privacy.NOTICES]):
        typer.echo(sentence)


def _notice(settings: Settings) -> Notice:
    """Writes the mails that ask the contact person to delete what they have."""
    from bot.mails import notice_mail
    from bot.storage import utc_now

    return lambda reference: notice_mail(reference, settings, utc_now())


def _say(counts: dict[str, int]) -> str:
    from bot.privacy.telling import say_counts

    said = ", ".join(f"{label} ({count})" for label, count in say_counts(counts))
    return f"Effacé : {said}." if said else ""
