"""Brings the tables of an older version up to the present one, by Alembic's scripts in `versions`.

Whoever changes `tables.py` adds a script there and raises HEAD. Alembic is slow to load and needed once per version:
this module does without it, so that commands that find the tables as they should be start fast.
"""

from __future__ import annotations

from sqlalchemy import column, inspect, select, table
from sqlalchemy.engine import Connection

HEAD = "0007"
"""The revision of the tables in `tables.py`: that of the last script in `versions`."""

_VERSION = table("alembic_version", column("version_num"))


def revision_of(connection: Connection) -> str | None:
    """Return the revision that the database says it has; None if it is new, or older than the scripts are."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    revision: str | None = connection.execute(select(_VERSION.c.version_num)).scalar()
    return revision
