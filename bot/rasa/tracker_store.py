"""Conversations are kept in the assistant's one database, named by the settings and not by endpoints.yml."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore

from bot.config import load_settings

BUSY_SECONDS = 30
"""How long SQLite waits for the other processes' short writes before it gives up."""


class CicTrackerStore(SQLTrackerStore):  # type: ignore[misc]
    """Rasa's SQL tracker store on CIC_DATABASE_URL."""

    def __init__(self, domain: Any = None, host: str | None = None, event_broker: Any = None, **kwargs: Any) -> None:
        """Open the store. Rasa gives `host` as the url of endpoints.yml; without one, and that is the rule, the settings decide."""
        url = sa.engine.make_url(host or load_settings().database_url)
        if url.get_backend_name() == "sqlite" and url.database:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        super().__init__(domain=domain, host=url.render_as_string(hide_password=False), event_broker=event_broker, **kwargs)
        self.engine.hide_parameters = True  # an error with its values would put names and addresses into the log
        if url.get_backend_name() == "sqlite":
            sa.event.listen(self.engine, "connect", _share_file)
            self.engine.dispose()


def _share_file(connection: Any, _record: Any) -> None:
    """Let readers and one writer of several processes work on the same file."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
