"""`cic bench`: times of the assistant that runs, in a browser too, and a comparison of ways of understanding."""

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
{questions} questions d'autres mains que les exemples, {off_topic} messages hors sujet. Chaque seuil est le plus bas qui laisse
répondre à tort à 1 % des messages hors sujet au plus.
étiquette  le passage du meilleur fait le dit    juste, faux  parmi toutes les questions
choix      offert parmi trois sous le seuil      message      médiane d'un message seul
"""

_PHASES = {"understanding": "compréhension", "policies": "règles", "actions": "actions", "stores": "conservation"}

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

    settings = load_settings()
    address = web_address(settings)
    with open_chats() as http:
        found = measure(address, lambda question: Chat(http, f"{address}api/chat").say(question, "bench-page"), loads)
    typer.echo("\n".join(lines(found)))
    _keep(settings, "page", found.as_dict())


@commands.command("peer")
def bench_peer(
    turns: Annotated[int, typer.Option(metavar="N", min=1, help="Nombre de messages.")] = 200,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Époques de DIET et de TED ; le temps de réponse n'en dépend pas.")] = 1,
) -> None:
    """Temps de réponse de l'assistant et du même avec le pipeline par défaut de Rasa, côte à côte.

    Entraîne l'autre modèle (quelques minutes par époque), démarre les deux assistants, leur envoie les mêmes messages à tour de rôle.
    """
    import tempfile

    from bot.benchmarks.assistants import compare
    from bot.benchmarks.latency import script
    from bot.benchmarks.peers import train_assistant
    from bot.checking import read_examples
    from bot.cli.startup import screen
    from bot.config import PROJECT, load_settings
    from bot.evaluation import read_set
    from bot.training import model_to_run
    from bot.wiring import build_base

    examples, _ = read_examples(PROJECT / "data" / "nlu")
    messages = script(read_set(PROJECT / "tests" / "evaluation", build_base()), turns)
    with tempfile.TemporaryDirectory(prefix="cic-bench-") as folder, screen() as shown:
        shown.working("Entraînement du pipeline par défaut de Rasa…")
        peer = train_assistant([(example.text, example.label) for example in examples], Path(folder) / "peer", epochs)
        shown.working("Les deux assistants répondent…")
        ours, theirs = compare({"le nôtre": model_to_run().path, "Rasa par défaut": peer}, messages, Path(folder))
        shown.working(None)
    for side in (ours, theirs):
        typer.echo(f"{side.name} : {side.p50_ms:.0f} ms (médiane), {side.p95_ms:.0f} ms (95 %)")
        typer.echo("  dans Rasa, par message : " + ", ".join(f"{_PHASES[name]} {_number(ms)} ms" for name, ms in side.phases_ms.items()))
        typer.echo("  mémoire : " + ", ".join(f"{name} {megabytes:.0f} Mo" for name, megabytes in side.memory.items()))
    typer.echo(f"rapport des médianes : {ours.p50_ms / theirs.p50_ms:.2f}".replace(".", ","))
    _keep(load_settings(), "peer", {"turns": turns, "epochs": epochs, "sides": [side.as_dict() for side in (ours, theirs)]})


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
    from bot.config import PROJECT, load_settings
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
    _keep(load_settings(), "nlu", {"every": every, "epochs": epochs, "ways": [score.as_dict() for score in scores]})


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
