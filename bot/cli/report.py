"""`cic report`: what the assistant understands, as a page that anybody can read."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Annotated

import typer


def report(
    questions: Annotated[
        Path, typer.Option(metavar="FICHIER", exists=True, dir_okay=False, help="Questions que les exemples ne contiennent pas.")
    ] = Path("tests/reachability/questions.tsv"),
    out: Annotated[
        Path | None, typer.Option(metavar="DOSSIER", help="Où écrire (par défaut : rapport/ dans le dossier des données).")
    ] = None,
) -> None:
    """Écrit une page sur ce que l'assistant comprend : faits mal atteints, faits trop proches.

    Une demi-minute ; le modèle doit être entraîné, l'assistant n'a pas besoin de tourner.
    """
    from bot.checking import read_examples
    from bot.config import PROJECT, load_settings
    from bot.evaluation.comprehension import matrix, page
    from bot.evaluation.direct import DirectTalk
    from bot.evaluation.reach import ENOUGH, pairs, reach, read_questions
    from bot.storage import utc_now
    from bot.training import model_to_run
    from bot.understanding.trained import classifier_of
    from bot.wiring import build_answers

    model, answers = model_to_run().path, build_answers()
    base, classifier = answers.current.base, classifier_of(model)
    asked = read_questions(questions, base)
    reached = reach(asked, lambda: DirectTalk(classifier.rank, answers))
    close = pairs(asked, classifier.rank, base)
    counts = Counter(example.label.removeprefix("info/") for example in read_examples(PROJECT / "data" / "nlu")[0])
    folder = out or load_settings().data_dir / "rapport"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "comprehension.html").write_text(page(base, model.name, utc_now().date(), reached, close, counts), "utf-8")
    (folder / "confusions.csv").write_text(matrix(close), "utf-8-sig")
    right, far = sum(found.right for found in reached.values()), [found for found in reached.values() if found.right < ENOUGH]
    typer.echo(f"{right} questions sur {len(asked)} reçoivent le bon fait du premier coup.")
    typer.echo(f"{len(reached) - len(far)} faits sur {len(reached)} sont atteints par {ENOUGH} questions au moins.")
    for found in far:
        typer.echo(f"  {found.entry} : {found.right} sur {len(found.results)}")
    typer.echo(f"Le rapport : {folder / 'comprehension.html'}")
