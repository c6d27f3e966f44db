"""The commands of `cic bench` that hurt: processes that die under load, and many that write at once."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.figures import keep, questions_to_say, show


def faults(
    rounds: Annotated[int, typer.Option(metavar="N", min=1, help="Morts d'un processus, tiré au sort.")] = 100,
    people: Annotated[int, typer.Option(metavar="N", min=1, help="Personnes qui écrivent à la fois.")] = 6,
    sets: Annotated[int, typer.Option(metavar="N", min=1, help="Processus de chaque sorte ; plus d'un : PostgreSQL et HAProxy.")] = 1,
    seed: Annotated[int, typer.Option(metavar="N", help="Un autre nombre tire d'autres moments.")] = 0,
) -> None:
    """Tue un processus au hasard, encore et encore, pendant que des personnes écrivent, puis compare les deux côtés du registre."""
    from bot.benchmarks.cluster import Plan
    from bot.benchmarks.endurance import endure, lines
    from bot.benchmarks.postgresql import new_database, running_server
    from bot.cli.startup import screen
    from bot.training import model_to_run

    model, questions = model_to_run().path, questions_to_say()
    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        folder = Path(name) / "data"
        if sets == 1:
            endured = endure(Plan(model), rounds, people, questions, folder, shown.working, seed)
        else:
            with running_server(durable=True) as server:
                plan = Plan(model, sets=sets, database=new_database(server))
                endured = endure(plan, rounds, people, questions, folder, shown.working, seed)
        shown.working(None)
    show(lines(endured))
    keep("faults", {"rounds": rounds, "people": people, "sets": sets, "seed": seed} | endured.as_dict())
    if endured.found.faults:
        raise typer.Exit(1)


def writers(
    messages: Annotated[int, typer.Option(metavar="N", min=1, help="Messages en tout.")] = 100_000,
    count: Annotated[int, typer.Option("--writers", metavar="N", min=1, help="Processus qui écrivent.")] = 8,
    conversations: Annotated[int, typer.Option(metavar="N", min=1, help="Conversations qu'ils se partagent.")] = 1000,
) -> None:
    """Plusieurs processus écrivent à la fois dans les mêmes conversations, sur PostgreSQL : rien ne doit être perdu ni double."""
    from bot.benchmarks.postgresql import new_database, running_server
    from bot.benchmarks.writers import FAULTS, write
    from bot.cli.startup import screen

    with running_server() as server, screen() as shown:
        shown.working(f"{count} processus écrivent {messages} messages…")
        found = write(new_database(server), count, messages, conversations)
        shown.working(None)
    wrong = {name: found[name] for name in FAULTS if found[name]}
    show(
        [
            f"{messages} messages de {count} processus en {found['seconds']:.0f} s",
            f"Fautes : {wrong}" if wrong else "Rien n'est perdu, rien n'est double.",
        ]
    )
    keep("writers", {"writers": count, "conversations": conversations} | found)
    if wrong:
        raise typer.Exit(1)
