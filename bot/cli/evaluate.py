"""`cic evaluate`: measures the assistant that runs."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.console import Console

    from bot.config import Settings
    from bot.evaluation import Result

_WIDTH = 200
"""Characters of a message or a reply that are shown of a case that failed."""


def evaluate(
    folder: Annotated[
        Path, typer.Option("--set", metavar="DOSSIER", exists=True, file_okay=False, help="Dossier des cas (par défaut : les nôtres).")
    ] = Path("tests/evaluation"),
    chat: Annotated[str | None, typer.Option(metavar="URL", help="Adresse de l'API (par défaut : l'assistant de cette machine).")] = None,
    only: Annotated[str | None, typer.Option(metavar="PARTIES", help="Seulement ces parties, séparées par des virgules.")] = None,
    show: Annotated[int, typer.Option(metavar="N", help="Nombre de cas manqués à montrer par partie.")] = 10,
    as_json: Annotated[Path | None, typer.Option("--json", metavar="FICHIER", help="Écrire tous les résultats dans ce fichier.")] = None,
) -> None:
    """Mesure l'assistant qui tourne sur un jeu de cas.

    L'assistant doit tourner avec CIC_RATE_LIMIT=100000. Les demandes sont lues dans la base de données des réglages.
    """
    from bot.config import load_settings
    from bot.evaluation.report import as_json as to_json
    from bot.evaluation.report import summary
    from bot.processes import web_address

    settings = load_settings()
    results = _run(folder, chat or f"{web_address(settings)}api/chat", _parts(only), settings)
    _print(_console(), results, show)
    if as_json:
        as_json.write_text(json.dumps(to_json(results), ensure_ascii=False, indent=1), "utf-8")
    typer.echo(summary(results))


def _parts(only: str | None) -> tuple[str, ...]:
    from bot.evaluation import PARTS

    chosen = tuple(only.split(",")) if only else PARTS
    if unknown := set(chosen) - set(PARTS):
        raise typer.BadParameter(f"{', '.join(sorted(unknown))} ; les parties sont {', '.join(PARTS)}", param_hint="--only")
    return chosen


def _run(folder: Path, url: str, only: tuple[str, ...], settings: Settings) -> dict[str, list[Result]]:
    from bot.cli.startup import screen
    from bot.evaluation import Chat, open_chats, read_set
    from bot.evaluation import evaluate as run_parts
    from bot.wiring import build_base, build_database, build_routing

    cases = read_set(folder, build_base())
    routing = build_routing(settings, build_database(settings))
    with open_chats() as http, screen() as shown:
        tell = shown.working if shown.progress else lambda _: None
        results = run_parts(cases, lambda: Chat(http, url), routing.leads, only, tell)
        shown.working(None)
    return results


def _console() -> Console:
    from rich.console import Console

    return Console(markup=False, highlight=False, emoji=False)


def _print(console: Console, parts: Mapping[str, Sequence[Result]], show: int) -> None:
    from rich.table import Table

    from bot.evaluation.report import failures, latencies, percentile, rows

    for part, results in parts.items():
        for result in failures(results)[:show]:
            _print_case(console, part, result)
    table = Table("Partie", "", "Nombre", "%")
    for part, what, figure in rows(parts):
        table.add_row(part, what, f"{figure.good} / {figure.total}", f"{figure.percent:.1f}".replace(".", ","))
    console.print(table)
    seconds = latencies(parts)
    half, most = (1000 * percentile(seconds, share) for share in (0.5, 0.95))
    console.print(f"{len(seconds)} messages ; réponse en {half:.0f} ms (médiane), {most:.0f} ms (95 %).")


def _print_case(console: Console, part: str, result: Result) -> None:
    console.print(f"{part} {result.id} ({result.group}) {result.end} : {' | '.join(result.faults)}"[: 2 * _WIDTH], soft_wrap=True)
    for turn in result.turns[-2:]:
        console.print(f"    > {turn.message[:_WIDTH]}\n    < {turn.reply.prose[:_WIDTH]!r} asks={turn.reply.asks}", soft_wrap=True)
