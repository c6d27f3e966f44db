"""The releases that changes of the training data need: those that are waiting to be adopted, and those that lead back.

It stands here because releases are kept by bot.releases and examples erased by bot.privacy, which know nothing of each other.
"""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import delete, select, union
from sqlalchemy.engine import Connection
from sqlalchemy.sql import Select

from bot.storage.review_tables import CHANGE_ADOPTED, CHANGE_COMPARING, CHANGE_READY, CHANGE_TRAINING, changes
from bot.storage.tables import activations, releases, taken_up

_UNDECIDED = (CHANGE_TRAINING, CHANGE_COMPARING, CHANGE_READY)


def needed_releases() -> tuple[Select, Select]:
    """What the changes that are at work, ready, or adopted and active start from, and what came out of them, as ids of releases."""
    active = select(activations.c.release).order_by(activations.c.id.desc()).limit(1).scalar_subquery()
    counts = changes.c.state.in_(_UNDECIDED) | ((changes.c.state == CHANGE_ADOPTED) & (changes.c.release == active))
    return select(changes.c.base).where(counts), select(changes.c.release).where(counts, changes.c.release.is_not(None))


def forget_candidates(connection: Connection, ids: Collection[str]) -> None:
    """Delete those of these releases that never were active, that no process runs, and that no change needs."""
    used = union(select(activations.c.release), select(taken_up.c.release), *needed_releases())
    connection.execute(delete(releases).where(releases.c.id.in_(ids), releases.c.id.not_in(used)))
