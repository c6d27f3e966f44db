"""`cic reindex`: what reviewers see, made anew."""

from __future__ import annotations

import typer


def reindex() -> None:
    """Relit toutes les conversations pour l'application de relecture. Ce que les personnes y ont décidé reste."""
    from bot.cli.startup import screen
    from bot.config import load_settings
    from bot.errors import StorageError
    from bot.review.indexing import Indexer
    from bot.text import typeset
    from bot.wiring import build_database

    indexer = Indexer(build_database(load_settings()))
    with screen() as shown:
        every = 1000

        def tell(done: int, of: int) -> None:
            if done % every == 0 and done < of:
                shown.working(f"{done} conversations relues sur {of}…")

        total, failed = indexer.index_all(tell)
        shown.working(None)
    typer.echo(typeset(_said(total)))
    if failed:
        raise StorageError(typeset(f"Conversations illisibles : {failed}. Le journal les nomme."))


def _said(total: int) -> str:
    if total < 2:
        return "Une conversation relue." if total else "Aucune conversation n'est enregistrée."
    return f"{total} conversations relues."
