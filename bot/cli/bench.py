"""`cic bench`: times of the assistant that runs, in a browser too, a comparison of ways of understanding, and bot/cli/performance.py."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli import endurance, performance
from bot.cli.figures import keep, messages_to_say

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bot.benchmarks.understanding import Score

_LEGEND = """\
{questions} questions d'autres mains que les exemples, {off_topic} messages hors sujet. Chaque seuil est le plus bas qui laisse
répondre à tort à 1 % des messages hors sujet au plus.
étiquette  le passage du meilleur fait le dit    juste, faux  parmi toutes les questions
choix      offert parmi trois sous le seuil      message      médiane d'un message seul
"""

commands = typer.Typer(help="Mesure ce que coûte l'assistant et compare les classifieurs.", no_args_is_help=True)
commands.command("chat")(performance.chat)
commands.command("start")(performance.start)
commands.command("growth")(performance.growth)
commands.command("scale")(performance.scale)
commands.command("review")(performance.review)
commands.command("train")(performance.train)
commands.command("faults")(endurance.faults)
commands.command("writers")(endurance.writers)


@commands.callback()
def orderly() -> None:
    """Let a SIGTERM end a measurement as a Ctrl-C does, so that all it has started is stopped."""
    import signal
    import sys

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))


@commands.command("latency")
def bench_latency(
    turns: Annotated[int, typer.Option(metavar="N", min=1, help="Nombre de messages.")] = 200,
    chat: Annotated[str | None, typer.Option(metavar="URL", help="Adresse de l'API (par défaut : l'assistant de cette machine).")] = None,
) -> None:
    """Temps de réponse de l'assistant qui tourne.

    L'assistant doit tourner avec CIC_RATE_LIMIT=100000.
    """
    from bot.benchmarks.latency import measure
    from bot.config import load_settings
    from bot.evaluation import Chat, open_chats
    from bot.processes import web_address

    url = chat or f"{web_address(load_settings())}api/chat"
    with open_chats() as http:
        found = measure(messages_to_say(turns), lambda: Chat(http, url).say)
    typer.echo(f"{found.turns} messages, {_number(found.per_second)} par seconde, l'un après l'autre")
    typer.echo(f"réponse : {found.p50_ms:.0f} ms (médiane), {found.p95_ms:.0f} ms (95 %), {found.max_ms:.0f} ms (maximum)")
    typer.echo(f"le serveur web seul (même message, réponse gardée) : {found.replay_p50_ms:.0f} ms, {_percent(found.web_share)} du total")
    typer.echo(f"les plus lentes (95 %) durent {_number(found.tail)} fois la médiane")
    keep("latency", found.as_dict())


@commands.command("page")
def bench_page(
    loads: Annotated[int, typer.Option(metavar="N", min=1, help="Nombre de visites.")] = 10,
) -> None:
    """Ce qu'un visiteur attend et charge, dans un vrai navigateur devant l'assistant qui tourne.

    L'assistant doit tourner avec CIC_RATE_LIMIT=100000. Il faut Chromium et les outils des tests.
    """
    from bot.benchmarks.page import lines, measure
    from bot.config import load_settings
    from bot.evaluation import Chat, open_chats
    from bot.processes import web_address

    address = web_address(load_settings())
    with open_chats() as http:
        found = measure(address, lambda question: Chat(http, f"{address}api/chat").say(question, "bench-page"), loads)
    typer.echo("\n".join(lines(found)))
    keep("page", found.as_dict())


@commands.command("nlu")
def bench_nlu(
    quick: Annotated[bool, typer.Option("--quick", help="Trois variantes seulement.")] = False,
    every: Annotated[int, typer.Option("--every", metavar="N", min=1, help="N'apprendre qu'un exemple sur N.")] = 1,
    rasa: Annotated[bool, typer.Option("--rasa", help="Aussi les classifieurs de Rasa (DIET) ; une heure ou plus.")] = False,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Époques de DIET.")] = 100,
    folder: Annotated[Path, typer.Option("--set", metavar="DOSSIER", exists=True, file_okay=False, help="Dossier des cas.")] = Path(
        "tests/evaluation"
    ),
) -> None:
    """Compare les classifieurs : tous apprennent nos exemples, et répondent aux questions d'autres mains.

    Une minute environ par variante, sauf celles de Rasa.
    """
    from bot.benchmarks.peers import ask_peer
    from bot.benchmarks.understanding import compare, sample
    from bot.benchmarks.variants import OURS, WAYS, Peer, Way
    from bot.checking import read_examples
    from bot.cli.startup import screen
    from bot.config import PROJECT
    from bot.evaluation import read_set
    from bot.wiring import build_base

    base = build_base()
    examples, _ = read_examples(PROJECT / "data" / "nlu")
    peers: tuple[Way, ...] = (
        Peer("Rasa par défaut : DIET, une intention par fait", False, epochs, ask_peer),
        Peer("Rasa par défaut : DIET et ResponseSelector", True, epochs, ask_peer),
    )
    ways = (WAYS[1], WAYS[4], OURS) if quick else WAYS
    with screen() as shown:
        scores = compare(sample(examples, every), read_set(folder, base), base, ways + (peers if rasa else ()), shown.working)
        shown.working(None)
    _print(scores)
    keep("nlu", {"every": every, "epochs": epochs, "ways": [score.as_dict() for score in scores]})


def _print(scores: Sequence[Score]) -> None:
    from rich.box import SIMPLE
    from rich.console import Console
    from rich.table import Table

    columns = ("Classifieur", "étiquette", "juste", "choix", "faux", "à tort", "appris", "message", "mémoire")
    table = Table(*columns, box=SIMPLE, pad_edge=False, padding=(0, 1, 0, 0))
    for s in scores:
        shares = (s.label, s.right, s.choice, s.wrong, s.false_answers)
        costs = (f"{s.train_seconds:.0f} s", f"{_number(s.message_ms)} ms", f"{s.megabytes:.0f} Mo")
        table.add_row(s.way, *map(_percent, shares), *costs)
    console = Console(markup=False, highlight=False)
    console.print(table)
    console.print(_LEGEND.format(questions=scores[0].questions, off_topic=scores[0].off_topic))


def _number(value: float) -> str:
    return f"{value:.1f}".replace(".", ",")


def _percent(share: float) -> str:
    return f"{_number(100 * share)} %"
