"""The commands of `cic bench` that start assistants of their own, on free ports and in a folder that is thrown away."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.figures import bench_folder, keep, learnt_pairs, messages_to_say, questions_to_say, show


def chat(
    turns: Annotated[int, typer.Option(metavar="N", min=8, help="Nombre de messages.")] = 400,
    at_once: Annotated[int, typer.Option("--at-once", metavar="N", min=1, help="Conversations à la fois, sous charge.")] = 8,
    epochs: Annotated[int, typer.Option(metavar="N", min=1, help="Époques de DIET et de TED ; le temps de réponse n'en dépend pas.")] = 1,
) -> None:
    """Notre assistant à côté du même avec le pipeline par défaut de Rasa, et de Rasa tel quel.

    Entraîne l'autre modèle la première fois, démarre les trois assistants, leur envoie les mêmes messages à tour de rôle, puis sous charge.
    """
    from bot.benchmarks.cluster import Plan
    from bot.benchmarks.figures import cores
    from bot.benchmarks.floor import floor_of
    from bot.benchmarks.peers import assistant_model, plain_wiring
    from bot.benchmarks.sides import OURS, compare, lines
    from bot.cli.startup import screen
    from bot.training import model_to_run

    messages, ours = messages_to_say(turns), model_to_run().path
    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        folder = Path(name)
        theirs = assistant_model(learnt_pairs(), epochs, bench_folder() / "models", shown.working)
        shown.working("Le plancher : le classifieur et spaCy seuls…")
        floor = floor_of(ours, messages)
        plans = {
            OURS: Plan(ours),
            "pipeline par défaut": Plan(theirs),
            "Rasa tel quel": Plan(theirs, wiring=plain_wiring(folder / "wiring")),
        }
        sides = compare(plans, messages, at_once, folder, shown.working)
        shown.working(None)
    show([*lines(sides, floor), cores()])
    others = {side.name: sides[0].ratios(side) for side in sides[1:]}
    keep("chat", {"turns": turns, "epochs": epochs, "sides": [s.as_dict() for s in sides], "ratios": others, "floor": floor.as_dict()})


def start(
    runs: Annotated[int, typer.Option(metavar="N", min=1, help="Démarrages de chaque sorte.")] = 3,
) -> None:
    """Le temps jusqu'à la première réponse, à froid et à chaud, et la mémoire de chaque processus."""
    from bot.benchmarks.starting import lines, measure
    from bot.cli.startup import screen
    from bot.training import model_to_run

    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        found = measure(model_to_run().path, Path(name), runs, shown.working)
        shown.working(None)
    show(lines(found))
    keep("start", {"runs": runs} | {kind: starts.as_dict() for kind, starts in found.items()})


def growth(
    turns: Annotated[str, typer.Option(metavar="N,N,…", help="Longueurs de conversation à mesurer, en tours.")] = "10,100,1000",
    stored: Annotated[str, typer.Option(metavar="N,N", help="Nombres de conversations conservées à comparer.")] = "1000,100000",
    samples: Annotated[int, typer.Option(metavar="N", min=10, help="Messages mesurés à chaque point.")] = 200,
    postgresql: Annotated[bool, typer.Option("--postgresql", help="Sur PostgreSQL plutôt que SQLite.")] = False,
) -> None:
    """Ce que coûte un message quand la conversation s'allonge et quand la base se remplit."""
    from bot.benchmarks.figures import cores
    from bot.benchmarks.growth import by_length, by_number, lines, two_assistants
    from bot.cli.startup import screen
    from bot.training import model_to_run

    lengths, numbers, messages = _sizes(turns), _sizes(stored, 2), questions_to_say()
    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        shown.working("Deux assistants démarrent…")
        with two_assistants(model_to_run().path, Path(name), postgresql) as clusters:
            shown.working("Conversations conservées…")
            by_stored = by_number(clusters, numbers, messages, samples, shown.working)
            shown.working(f"Conversations longues, jusqu'à {lengths[-1]} tours…")
            found = {"turns": by_length(clusters[0], lengths, messages, samples), "stored": by_stored}
        shown.working(None)
    show([*lines(found), cores()])
    database = "postgresql" if postgresql else "sqlite"
    keep(f"growth-{database}", {"samples": samples, "database": database} | {what: each.as_dict() for what, each in found.items()})


def scale(
    sets: Annotated[str, typer.Option(metavar="N,N,…", help="Combien de chaque processus.")] = "1,2,4",
    turns: Annotated[int, typer.Option(metavar="N", min=8, help="Messages pour chaque mesure.")] = 1600,
    at_once: Annotated[int, typer.Option("--at-once", metavar="N", min=1, help="Conversations à la fois.")] = 16,
) -> None:
    """Plusieurs processus de chaque sorte derrière HAProxy, sur PostgreSQL.

    Il faut PostgreSQL et HAProxy, et un gigaoctet de mémoire pour chaque Rasa.
    """
    from bot.benchmarks.figures import cores
    from bot.benchmarks.scaling import lines, machine_ratios, measure
    from bot.cli.startup import screen
    from bot.training import model_to_run

    wanted, messages, model = _sizes(sets), messages_to_say(turns), model_to_run().path
    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        machine = machine_ratios(model, wanted, messages, shown.working)
        steps = measure(model, wanted, messages, at_once, Path(name), shown.working)
        shown.working(None)
    show([*lines(steps, machine), cores()])
    ratios = {step.sets: step.ratios(steps[0]) for step in steps}
    figures = {"steps": [step.as_dict() for step in steps], "ratios": ratios, "machine_ratios": machine}
    keep("scale", {"turns": turns} | figures)


def review(
    conversations: Annotated[int, typer.Option(metavar="N", min=100, help="Conversations.")] = 20_000,
    exchanges: Annotated[int, typer.Option(metavar="N", min=1000, help="Échanges en tout.")] = 200_000,
    times: Annotated[int, typer.Option(metavar="N", min=1, help="Combien de fois chaque page.")] = 10,
    sqlite: Annotated[bool, typer.Option("--sqlite", help="Sur SQLite seulement.")] = False,
) -> None:
    """Chaque page de l'application de relecture sur une base pleine : SQLite, puis PostgreSQL s'il est installé.

    Les conversations sont inventées ; la base est jetée ensuite.
    """
    from bot.benchmarks.figures import cores
    from bot.benchmarks.postgresql import is_installed, new_database, running_server
    from bot.benchmarks.review_pages import lines, measure
    from bot.cli.startup import screen

    size = {"conversations": conversations, "exchanges": exchanges, "times": times}
    found = []
    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        folder = Path(name)
        found.append(measure(f"sqlite:///{folder / 'cic.sqlite'}", folder / "sqlite", conversations, exchanges, times, shown.working))
        if not sqlite and is_installed():
            with running_server(durable=True) as server:
                found.append(measure(new_database(server), folder / "postgresql", conversations, exchanges, times, shown.working))
        shown.working(None)
    for each in found:
        show(lines(each))
    show([cores()])
    keep("review", size | {each.database: each.as_dict() for each in found})


def train() -> None:
    """Ce que coûte un entraînement, à côté de scikit-learn seul. Le modèle des données actuelles n'est pas touché."""
    from bot.benchmarks.training import lines, measure
    from bot.cli.startup import screen

    with tempfile.TemporaryDirectory(prefix="cic-bench-") as name, screen() as shown:
        found = measure(learnt_pairs(), Path(name), shown.working)
        shown.working(None)
    show(lines(found))
    keep("train", found.as_dict())


def _sizes(raw: str, count: int | None = None) -> list[int]:
    """Growing numbers, as they are typed; `count` of them when that matters."""
    parts = raw.split(",")
    sizes = [int(part) for part in parts if part.strip().isdigit()]
    if len(sizes) != len(parts) or sizes != sorted(set(sizes)) or sizes[0] < 1 or (count or len(sizes)) != len(sizes):
        raise typer.BadParameter(f"{raw!r} : donnez {count or 'des'} nombres croissants, séparés par des virgules.")
    return sizes
