"""What `Database.create_all` does when the tables are not those of this version. Loads Alembic."""

from __future__ import annotations

from threading import Lock
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import inspect
from sqlalchemy.engine import Connection

from bot.errors import StorageError
from bot.storage.migrations import HEAD, revision_of
from bot.storage.tables import metadata

FIRST = "0001"
"""The tables as they were before there were scripts."""
_ALEMBIC = Lock()
"""Alembic keeps what it works on in a global variable."""


def bring_up_to_date(connection: Connection) -> None:
    """Make the tables, or change those of an older version, in the transaction that is open on `connection`.

    The caller makes sure that nobody else does so at the same time; who had to wait for that finds the work done.
    """
    revision = revision_of(connection)
    if revision == HEAD:
        return
    with _ALEMBIC:
        config = config_on(connection)
        if revision is not None:
            _refuse_unknown(revision, config)
        elif inspect(connection).has_table("leads"):
            command.stamp(config, FIRST)
        elif not inspect(connection).has_table("events"):  # made by Rasa, in a version that had got no further
            metadata.create_all(connection)
            command.stamp(config, HEAD)
        command.upgrade(config, HEAD)


def config_on(connection: Connection) -> Config:
    """Return Alembic's settings; `env.py` finds the connection in them."""
    config = Config(attributes={"connection": connection})
    config.set_main_option("script_location", "bot.storage:migrations")
    return config


def _refuse_unknown(revision: str, config: Config) -> None:
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision not in known:
        raise StorageError(
            f"La base de données vient d'une version plus récente de l'assistant (révision {revision}) : "
            "installez cette version, ou rétablissez une sauvegarde antérieure."
        )


COMPARISON: dict[str, Any] = {"compare_type": True, "compare_server_default": True}
"""How Alembic compares a database with `tables.py`."""
