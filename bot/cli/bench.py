"""`cic bench`: times of the assistant that runs, and a comparison of ways of understanding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.benchmarks.understanding import Score
    from bot.config import Settings

_LEGEND = """\
{questions} questions et {off_topic} messages hors sujet que le classifieur n'a pas appris.
étiquette  le bon fait est reconnu          répond  au seuil de l'assistant
passage    la réponse contient le fait      juste   parmi ces réponses
à tort     répond à un message hors sujet   appris  durée de l'entraînement"""

commands = typer.Typer(help="Mesure les temps de réponse et compare les classifieurs.", no_args_is_help=True)


@commands.command("chat")
def bench_chat(
    turns: Annotated[int, typer.Option(metavar="N", min=1, help="Nombre de messages.")] = 200,
    chat: Annotated[str | None, typer.Option(metavar="URL", help="Adresse de l'API (par défaut : l'assistant de cette machine).")] = None,
) -> None:
    """Temps de réponse de l'assistant qui tourne.

    L'assistant doit tourner avec CIC_RATE_LIMIT=100000.
    """
    from bot.benchmarks.latency import measure, script
    from bot.config import PROJECT, load_settings
    from bot.evaluation import Chat, open_chats, read_set
    from bot.processes import web_address
    from bot.wiring import build_base

    settings = load_settings()
    url = chat or f"{web_address(settings)}api/chat"
    messages = script(read_set(PROJECT / "tests" / "evaluation", build_base()), turns)
    with open_chats() as http:
        found = measure(messages, lambda: Chat(http, url).say)
    typer.echo(f"{found.turns} messages, {_number(found.per_second)} par seconde, l'un après l'autre")
    typer.echo(f"réponse : {found.p50_ms:.0f} ms (médiane), {found.p95_ms:.0f} ms (95 %), {found.max_ms:.0f} ms (maximum)")
    typer.echo(f"le serveur web seul (même message, réponse gardée) : {found.replay_p50_ms:.0f} ms, {_percent(found.web_share)} du total")
    typer.echo(f"les plus lentes (95 %) durent {_number(found.tail)} fois la médiane")
    _keep(settings, "chat", found.as_dict())


@commands.command("nlu")
def bench_nlu(quick: Annotated[bool, typer.Option("--quick", help="Un seul découpage des exemples au lieu de quatre.")] = False) -> None:
    """Compare les classifieurs par validation croisée sur nos exemples.

    Une minute ou deux par entraînement ; cinq entraînements avec --quick, vingt sans.
    """
    from bot.benchmarks.understanding import compare
    from bot.checking import read_examples
    from bot.cli.startup import screen
    from bot.config import PROJECT, load_settings
    from bot.wiring import build_base

    examples, _ = read_examples(PROJECT / "data" / "nlu")
    with screen() as shown:
        scores = compare(examples, build_base(), quick, shown.working)
        shown.working(None)
    _print(scores)
    _keep(load_settings(), "nlu", {"quick": quick, "variants": [score.as_dict() for score in scores]})


def _print(scores: Sequence[Score]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    columns = ("Classifieur", "étiquette", "passage", "répond", "juste", "à tort", "appris", "message")
    table = Table(*columns, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for s in scores:
        shares = (s.label / s.questions, s.paragraph / s.questions, s.answered / s.questions, s.answered_right / max(1, s.answered))
        costs = (f"{s.train_seconds:.0f} s", f"{_number(s.message_ms)} ms")
        table.add_row(s.variant, *map(_percent, shares), _percent(s.false_answers / s.off_topic), *costs)
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print(_LEGEND.format(questions=scores[0].questions, off_topic=scores[0].off_topic))


def _keep(settings: Settings, name: str, figures: dict[str, Any]) -> None:
    """Write the figures beside those of earlier runs."""
    from bot.storage import utc_now

    now = utc_now()
    path: Path = settings.data_dir / "bench" / f"{name}-{now:%Y%m%d-%H%M%S}.json"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"at": now.isoformat(timespec="seconds")} | figures, ensure_ascii=False, indent=1), "utf-8")
    typer.echo(f"Les chiffres : {path}")


def _number(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _percent(share: float) -> str:
    return f"{_number(100 * share)} %"
