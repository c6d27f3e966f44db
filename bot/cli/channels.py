"""`cic channels`: the messaging channels, whether they work, and what they could not deliver."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from bot.channels.model import Connector, Health
    from bot.channels.overview import Latest, Reason, Standing
    from bot.config import Settings
    from bot.storage import Database

CHECK_SECONDS = 20.0
"""How long one platform may take to say whether it knows us; all are asked at once."""
_ALL = "all"
_KEYS = ("name", "on", "valid", "detail", "last_received", "last_sent", "waiting", "failed", "uncertain", "reasons")
"""What `--json` gives of a channel, in this order: other programs rely on it."""


@dataclass(frozen=True)
class _Line:
    """What is shown of one channel. `asked`: its platform was, about our credentials; `address`: where it delivers, or is fetched."""

    name: str
    on: bool
    asked: bool
    address: str
    health: Health
    latest: Latest
    standing: Standing
    reasons: Sequence[Reason]


def show_channels(
    as_json: Annotated[bool, typer.Option("--json", help="Un objet JSON par ligne, pour un autre programme.")] = False,
    offline: Annotated[bool, typer.Option("--offline", help="Ne pas interroger les plateformes.")] = False,
    retry: Annotated[
        str | None,
        typer.Option(
            "--retry",
            metavar="CANAL|all",
            help="Renvoyer les réponses échouées ou incertaines des sept derniers jours. Une personne peut recevoir deux fois celles qui "
            "étaient incertaines. Ce qui a été effacé ou masqué depuis n'est pas renvoyé.",
        ),
    ] = None,
) -> None:
    """Affiche les canaux de messagerie, s'ils fonctionnent, et ce qui n'a pas pu partir."""
    from bot.config import load_settings
    from bot.wiring import build_database

    if retry is not None and (as_json or offline):
        raise typer.BadParameter("--retry s'emploie seul.")
    settings = load_settings()
    database = build_database(settings)
    if retry is not None:
        typer.echo(_retried(settings, database, retry))
        return
    lines = _read(settings, database, offline)
    if as_json:
        _print_json(lines)
    else:
        _show(lines)
    if any(line.on and line.health.valid is False for line in lines):
        raise typer.Exit(1)


def _retried(settings: Settings, database: Database, which: str) -> str:
    from bot.channels.naming import TITLES, channels_on
    from bot.channels.overview import retry
    from bot.errors import RequestError
    from bot.storage import utc_now
    from bot.text import typeset

    on = channels_on(settings.channels)
    if which != _ALL and which not in TITLES:
        raise RequestError(typeset(f"« {which} » n'est pas un canal : choisissez parmi {', '.join(TITLES)}, ou {_ALL}."))
    if which != _ALL and which not in on:
        raise RequestError(typeset(f"Le canal « {which} » n'est pas réglé : rien ne peut en partir."))
    count = retry(database, on if which == _ALL else [which], utc_now())
    if not count:
        return typeset("Aucune réponse n'est à renvoyer.")
    what = "Une réponse est remise en route" if count == 1 else f"{count} réponses sont remises en route"
    return typeset(
        f"{what}, pour partir dès que l'assistant tourne. Une personne peut recevoir deux fois une réponse dont l'envoi était incertain."
    )


def _read(settings: Settings, database: Database, offline: bool) -> list[_Line]:
    from bot.channels.building import build_connectors
    from bot.channels.model import Health
    from bot.channels.naming import TITLES
    from bot.channels.overview import LATELY, Latest, Standing, latest, reasons, standing
    from bot.storage import utc_now

    connectors, since = build_connectors(settings), utc_now() - LATELY
    with database.read() as connection:
        stands, last, why = standing(connection, since), latest(connection), reasons(connection, since)
    not_asked = Health(None, "non vérifié")
    checked = {} if offline else asyncio.run(_check(connectors))
    return [
        _Line(
            name,
            name in connectors,
            name in checked,
            _address(settings, name, connectors),
            checked.get(name, not_asked) if name in connectors else Health(None, "non réglé"),
            last.get(name, Latest()),
            stands.get(name, Standing()),
            why.get(name, ()),
        )
        for name in TITLES
    ]


async def _check(connectors: Mapping[str, Connector]) -> dict[str, Health]:
    """Ask all platforms at once whether they know us, none for longer than CHECK_SECONDS."""
    found = await asyncio.gather(*(_check_one(connector) for connector in connectors.values()))
    return dict(zip(connectors, found, strict=True))


async def _check_one(connector: Connector) -> Health:
    from bot.channels.model import Health

    try:
        return await asyncio.wait_for(connector.check(), CHECK_SECONDS)
    except asyncio.TimeoutError:
        return Health(None, f"La plateforme n'a pas répondu en {CHECK_SECONDS:.0f} secondes.")
    finally:
        await connector.close()


def _address(settings: Settings, name: str, connectors: Mapping[str, Connector]) -> str:
    """The address that is to be declared at the platform; the mailbox where there is nothing to declare."""
    from bot.channels.model import Fetcher

    if name not in connectors:
        return ""
    if isinstance(connectors[name], Fetcher):
        return f"Boîte relevée : {settings.channels.mailbox.address}" if settings.channels.mailbox else ""
    return f"Adresse à déclarer : {settings.public_url or '<CIC_PUBLIC_URL>'}/webhooks/{name}"


def _print_json(lines: Sequence[_Line]) -> None:
    for line in lines:
        latest = (line.latest.received, line.latest.sent)
        counts = (line.standing.waiting, line.standing.failed, line.standing.uncertain)
        values = (line.name, line.on, line.health.valid, line.health.detail, *latest, *counts, _as_objects(line.reasons))
        typer.echo(json.dumps(dict(zip(_KEYS, values, strict=True)), ensure_ascii=False, default=datetime.isoformat))


def _as_objects(reasons: Sequence[Reason]) -> list[dict[str, Any]]:
    return [{"reason": one.text, "count": one.count, "can_be_sent_again": one.can_be_sent_again} for one in reasons]


def _show(lines: Sequence[_Line]) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    from bot.channels.naming import TITLES
    from bot.text import typeset

    shown = [line for line in lines if line.on or line.standing != type(line.standing)()]
    table = Table(
        Column("Canal", min_width=15),
        Column("État", overflow="fold"),
        Column("Dernier échange", min_width=16),
        Column("Réponses", min_width=14),
    )
    table.show_lines = True
    for line in shown:
        counts = f"en attente : {line.standing.waiting}\néchecs : {line.standing.failed}\nincertaines : {line.standing.uncertain}"
        exchanged = f"reçu :\n{_say(line.latest.received)}\nenvoyé :\n{_say(line.latest.sent)}"
        table.add_row(f"{line.name}\n{TITLES[line.name]}", _state(line), exchanged, typeset(counts))
    if shown:
        Console(markup=False, highlight=False, emoji=False).print(table)
        for line in shown:
            _show_reasons(line)
        typer.echo(typeset("Les échecs et les incertitudes sont ceux des sept derniers jours ; « cic channels --retry » les renvoie."))
    if off := [line.name for line in lines if not line.on]:
        typer.echo(typeset(f"Canaux non réglés : {', '.join(off)}."))


def _show_reasons(line: _Line) -> None:
    """Say why what failed or is uncertain did, and how much of it cannot be sent again any more."""
    from bot.text import typeset

    if not line.reasons:
        return
    typer.echo(typeset(f"{line.name} : échecs et incertitudes des sept derniers jours"))
    counts: Counter[str] = Counter()
    for one in line.reasons:
        counts[one.text] += one.count
    for text, count in counts.most_common():
        typer.echo(typeset(f"  {count} × {text}"))
    if gone := sum(one.count for one in line.reasons if not one.can_be_sent_again):
        typer.echo(typeset(f"  Ne peuvent plus être renvoyés : {gone}."))


def _state(line: _Line) -> str:
    from bot.text import typeset

    said = {True: "identifiants valables", False: "identifiants REFUSÉS", None: "identifiants non vérifiés"}[line.health.valid]
    told = [said if line.on else "non réglé", line.health.detail if line.asked else "", line.address]
    return "\n".join(filter(None, map(typeset, told)))


def _say(moment: datetime | None) -> str:
    from bot.hours import ZONE

    return moment.astimezone(ZONE).strftime("%d.%m.%Y %H:%M") if moment else "jamais"
