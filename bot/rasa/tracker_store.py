"""Conversations are kept in the assistant's one database, named by the settings and not by endpoints.yml.

A conversation may be erased while one of its turns is being handled. Rasa writes at the end of a turn what it holds beyond
the number of events that are stored, and would write all of it back; here such a turn leaves nothing.
"""

from __future__ import annotations

import itertools
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from rasa.core.tracker_store import SQLTrackerStore
from rasa.shared.core.events import SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker

from bot.config import load_settings

BUSY_SECONDS = 30
"""How long SQLite waits for the other processes' short writes before it gives up."""
_STORED = "cic_stored_events"
"""Attribute of a tracker: how many events of its session were stored when it was read."""
log = logging.getLogger(__name__)


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

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """The latest session of a conversation; the tracker knows how much of it is stored."""
        tracker = await super().retrieve(sender_id)
        if tracker is not None:
            setattr(tracker, _STORED, len(tracker.events))
        return tracker

    def _event_query(self, session: Any, sender_id: str, fetch_events_from_all_sessions: bool) -> Any:
        """The events of a conversation in their order, from its latest session start on unless all are wanted.

        Rasa looks for the start with the latest time; a clock that was set back would hide the newer session. Rows tell better.
        """
        event = self.SQLEvent
        query = session.query(event).filter(event.sender_id == sender_id)
        if not fetch_events_from_all_sessions:
            starts = session.query(sa.func.max(event.id)).filter(event.sender_id == sender_id, event.type_name == SessionStarted.type_name)
            query = query.filter(event.id >= sa.func.coalesce(starts.scalar_subquery(), 0))
        return query.order_by(event.id)

    def _additional_events(self, session: Any, tracker: DialogueStateTracker) -> Iterator[Any]:
        """The events to be stored; none when some of those that the turn began with are gone.

        What was counted stays as it is until these are written: SQLite's write lock is taken, or the rows are (PostgreSQL).
        """
        if session.get_bind().dialect.name == "sqlite":
            session.execute(sa.text("BEGIN IMMEDIATE"))
        latest = self._event_query(session, tracker.sender_id, fetch_events_from_all_sessions=False)
        stored = len(latest.with_entities(self.SQLEvent.id).with_for_update().all())
        if stored < getattr(tracker, _STORED, 0):
            log.warning("conversation %s was erased during a turn: nothing of the turn is kept", tracker.sender_id)
            return iter(())
        return itertools.islice(tracker.events, stored, None)


def _share_file(connection: Any, _record: Any) -> None:
    """Let readers and one writer of several processes work on the same file."""
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")
