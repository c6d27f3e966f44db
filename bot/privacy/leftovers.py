"""Removes what a process that was killed at a change has left on the disk: a database with the questions that were put to it."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import select

from bot.storage import CHANGE_COMPARING, CHANGE_TRAINING, Database, changes

_SILENT = timedelta(hours=1)
"""Whose process has said nothing for so long is dead, whatever its state says: it says something every few seconds."""


def sweep_changes(database: Database, folder: Path, now: datetime) -> int:
    """Delete the folders of changes that no process works on; return how many. `folder` has one for each, named by its number."""
    there = [path for path in folder.glob("[0-9]*") if path.name.isdigit()]  # before the database is asked: a new one is not among them
    at_work = changes.c.state.in_((CHANGE_TRAINING, CHANGE_COMPARING)) & (changes.c.alive_at > now - _SILENT)
    with database.read() as connection:
        working = {str(ident) for ident in connection.execute(select(changes.c.id).where(at_work)).scalars()}
    dead = [path for path in there if path.name not in working]
    for path in dead:
        shutil.rmtree(path, ignore_errors=True)
    return len(dead)
