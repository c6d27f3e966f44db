"""Conversations are kept in the assistant's one database, named by the settings and not by endpoints.yml.

A turn is written whole, at its end, or not at all. Only what it adds is written, and only the latest turn is read
(bot/rasa/reading_points.py). A turn is refused when another one was written since it was read: it is done again, and sees it. The
event loop never waits for the database. A database that does not answer is an error, never an empty conversation.

A conversation may be erased while one of its turns is being handled; such a turn leaves nothing.
"""

from __future__ import annotations

import asyncio
import json
import logging
import uuid
from asyncio import to_thread
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.events import BotUttered, Event, SessionStarted
from rasa.shared.core.trackers import DialogueStateTracker
from sqlalchemy import and_, delete, func, insert, or_, select, update
from sqlalchemy.engine import Connection, Row
from sqlalchemy.exc import IntegrityError

from bot.config import load_settings
from bot.errors import StorageError
from bot.rasa.reading_points import ReadingPoint, Recent, reading_point, with_turn
from bot.storage import Database, events, trackers, utc_now

_READ = "cic_read"
"""Attribute of a tracker: what was read of the conversation."""
T = TypeVar("T")
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Read:
    """What a tracker was made of: which conversation of this name, from where, and the ids of its events in the tracker's order."""

    born: str
    point: ReadingPoint
    ids: tuple[int, ...]


class OvertakenError(StorageError):
    """Another process has written a turn of the conversation since this one read it: nothing of this turn was written."""


class CicTrackerStore(TrackerStore):  # type: ignore[misc]
    """Rasa's trackers in `events` and `trackers`. All methods raise StorageError when the database does not answer."""

    def __init__(self, domain: Any = None, host: str | None = None, event_broker: Any = None, **kwargs: Any) -> None:
        """Open the store. Rasa gives `host` as the url of endpoints.yml; without one, and that is the rule, the settings decide."""
        super().__init__(domain, event_broker, **kwargs)
        self.database = Database(host or load_settings().database_url)
        self.database.create_all()

    async def create_tracker(self, sender_id: str, append_action_listen: bool = True) -> DialogueStateTracker:
        """A tracker of a new conversation. Nothing is written before its first turn."""
        return self.init_tracker(sender_id)

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        """What the next turn of a conversation needs of it; None when there is none."""
        found = await to_thread(self._read, sender_id)
        if found is None:
            return None
        born, point, rows = found
        tracker = self._tracker(sender_id, rows)
        setattr(tracker, _READ, Read(born, point, tuple(row.id for row in rows)))
        return tracker

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        """The whole conversation, all sessions of it. Not to be saved: it may be long, and is for reading."""
        rows = await to_thread(self._read_all, conversation_id)
        return self._tracker(conversation_id, rows) if rows else None

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Write what a turn has added; nothing when the conversation was erased since it was read. Raises OvertakenError.

        What has begun is waited for, also by who is cancelled: nobody else may begin before it is known whether it was written.
        """
        read: Read | None = getattr(tracker, _READ, None)
        told = list(tracker.events)
        fresh = told[len(read.ids) if read else 0 :]
        if fresh:
            rows = [_row(tracker.sender_id, event) for event in fresh]
            setattr(tracker, _READ, await _to_its_end(to_thread(self._write, tracker.sender_id, read, told, rows)))

    async def answer_to(self, tracker: DialogueStateTracker, message_id: str) -> list[dict[str, Any]] | None:
        """What was said to a message of the conversation that was handled before; None when it was not, or long ago."""
        read: Read | None = getattr(tracker, _READ, None)
        found = next((span for known, *span in read.point.recent if known == message_id), None) if read else None
        return await to_thread(self._said_between, tracker.sender_id, *found) if found else None

    async def delete(self, sender_id: str) -> None:
        """Delete all of a conversation. Requests and turns as people saw them are erased with it by bot.privacy."""
        await to_thread(self._delete, sender_id)

    async def keys(self) -> Iterable[str]:
        """The conversations."""
        return await to_thread(self._keys)

    def _tracker(self, sender_id: str, rows: Sequence[Row]) -> DialogueStateTracker:
        told = [Event.from_parameters(json.loads(row.data)) for row in rows]
        return DialogueStateTracker.from_events(sender_id, told, self.domain.slots, self.max_event_history)

    def _read(self, conversation: str) -> tuple[str, ReadingPoint, list[Row]] | None:
        with self.database.read() as connection:
            head = connection.execute(select(trackers).where(trackers.c.conversation == conversation)).first()
            if head is None:
                return None
            point = _point(head.tail, head.pointers)
            wanted = and_(events.c.sender_id == conversation, events.c.id >= point.tail)
            if point.state:
                wanted = or_(wanted, events.c.id.in_(point.state))
            rows = connection.execute(select(events.c.id, events.c.data).where(wanted).order_by(events.c.id)).all()
        return head.born, point, rows

    def _read_all(self, conversation: str) -> list[Row]:
        query = select(events.c.id, events.c.data).where(events.c.sender_id == conversation).order_by(events.c.id)
        with self.database.read() as connection:
            rows: list[Row] = connection.execute(query).all()
        return rows

    def _write(self, conversation: str, read: Read | None, told: Sequence[Event], rows: Sequence[Mapping[str, Any]]) -> Read | None:
        try:
            return self._add(conversation, read, told, rows)
        except IntegrityError as error:  # another process has written the first turn of this conversation at the same moment
            raise OvertakenError("the first turn was written by another process") from error

    def _add(self, conversation: str, read: Read | None, told: Sequence[Event], rows: Sequence[Mapping[str, Any]]) -> Read | None:
        """Add events. The row in `trackers` is held until they are written: nobody else adds to the conversation or erases it meanwhile."""
        of_it = trackers.c.conversation == conversation
        with self.database.begin() as connection:
            head = connection.execute(select(trackers.c.born).where(of_it).with_for_update()).first()
            if read and (head is None or head.born != read.born):
                log.warning("conversation %s was erased during a turn: nothing of the turn is kept", conversation)
                return None
            born = head.born if head else uuid.uuid4().hex
            if head is None:
                connection.execute(insert(trackers).values(conversation=conversation, born=born, tail=0, pointers={}, updated_at=utc_now()))
            connection.execute(insert(events), rows)
            ids = _ids(connection, conversation, read.ids if read else (), len(rows))
            recent = with_turn(read.point.recent if read else (), ids[-len(rows) :], told[-len(rows) :])
            point = reading_point(ids, told, recent) or _whole_session(connection, conversation, recent)
            moved = {"tail": point.tail, "pointers": _pointers(point), "updated_at": utc_now(), "to_index": True}
            connection.execute(update(trackers).where(of_it).values(**moved))
        return Read(born, point, ids)

    def _said_between(self, conversation: str, first: int, last: int) -> list[dict[str, Any]]:
        of_turn = and_(events.c.sender_id == conversation, events.c.id.between(first, last), events.c.type_name == BotUttered.type_name)
        with self.database.read() as connection:
            rows = connection.execute(select(events.c.data).where(of_turn).order_by(events.c.id)).scalars().all()
        return [Event.from_parameters(json.loads(data)).message() for data in rows]

    def _delete(self, conversation: str) -> None:
        with self.database.begin() as connection:
            connection.execute(delete(trackers).where(trackers.c.conversation == conversation))
            connection.execute(delete(events).where(events.c.sender_id == conversation))

    def _keys(self) -> list[str]:
        with self.database.read() as connection:
            names: list[str] = connection.execute(select(trackers.c.conversation)).scalars().all()
        return names


def _row(conversation: str, event: Event) -> dict[str, Any]:
    """An event as Rasa's own store writes it."""
    data = event.as_dict()
    return {
        "sender_id": conversation,
        "type_name": event.type_name,
        "timestamp": event.timestamp,
        "intent_name": (data.get("parse_data") or {}).get("intent", {}).get("name"),
        "action_name": data.get("name"),
        "data": json.dumps(data),
    }


def _ids(connection: Connection, conversation: str, known: tuple[int, ...], count: int) -> tuple[int, ...]:
    """The ids of a tracker's events once the last `count` were written. Raises OvertakenError when others lie between them."""
    latest = select(events.c.id).where(events.c.sender_id == conversation).order_by(events.c.id.desc()).limit(count + 1)
    found: list[int] = connection.execute(latest).scalars().all()
    if found[count:] != list(known[-1:]):
        raise OvertakenError("another process has written a turn meanwhile")
    return (*known, *reversed(found[:count]))


def _whole_session(connection: Connection, conversation: str, recent: Recent) -> ReadingPoint:
    """All of the session."""
    session = select(func.max(events.c.id)).where(events.c.sender_id == conversation, events.c.type_name == SessionStarted.type_name)
    first = select(func.min(events.c.id)).where(events.c.sender_id == conversation)
    tail = connection.execute(select(func.coalesce(session.scalar_subquery(), first.scalar_subquery()))).scalar_one()
    return ReadingPoint(tail, (), recent)


def _pointers(point: ReadingPoint) -> dict[str, Any]:
    return {name: value for name, value in asdict(point).items() if name != "tail"}


def _point(tail: int, pointers: Mapping[str, Any]) -> ReadingPoint:
    recent = tuple((str(message), int(first), int(last)) for message, first, last in pointers.get("recent", ()))
    return ReadingPoint(tail, tuple(pointers.get("state", ())), recent)


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Wait for `work`, also when we are cancelled meanwhile; whoever cancelled gets what it came to."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        return await task
