"""What comes in from the messaging platforms: stored once, before it is acknowledged, and within the limits of who wrote it. Blocking.

A person's row is the lock: whoever adds to what is to be done for her holds it (bot.channels.ledger).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, exists, func, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.sql.expression import ColumnElement

from bot.channels.model import SMS, WHATSAPP, WHATSAPP_TWILIO, Failure, Incoming, Kind
from bot.channels.seal import SHOWN, Seal
from bot.storage import MESSAGE_DONE, MESSAGE_WAITING, REPLY_FAILED, Database, channel_messages, channel_people, channel_replies
from bot.text import clean

MINUTE, DAY = timedelta(seconds=60), timedelta(days=1)
"""What limits count within."""
DAILY = dict.fromkeys((SMS, WHATSAPP, WHATSAPP_TWILIO), 100)
"""Messages of one person in a day, where each answer costs money: another machine may answer ours for ever."""
OLDEST = timedelta(days=7)
"""What was sent longer ago is not answered: no platform delivers it again for so long, and it may be a replay of one whose key is gone."""
CHARACTERS = 2000
"""The longest message that is read, as in the chat API."""
_RAW = 4 * CHARACTERS
"""Characters that may become so few when they are cleaned. Of more nothing is read: cleaning takes long on what is made for that."""


@dataclass(frozen=True)
class _Taken:
    """A message made ready before the database is held: who wrote and what, as digests and sealed."""

    sender: str
    key: str
    address: bytes
    context: bytes
    kind: Kind
    text: str | None
    sent_at: datetime | None


@dataclass(frozen=True)
class Accepted:
    """What became of a delivery: messages that are new, that had come before, and people (by the beginning of their digest)."""

    new: int = 0
    known: int = 0
    names: tuple[str, ...] = ()


class Arrivals:
    """Takes what comes in. `clock` gives the time with its zone; `limit` is how many messages a minute one person may send."""

    def __init__(self, database: Database, seal: Seal, clock: Callable[[], datetime], limit: int) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._limit = limit

    def accept(self, channel: str, messages: Sequence[Incoming]) -> Accepted:
        """Store messages that were not stored before, all or none. Raises StorageError; then the platform may deliver them again."""
        now, new, names = self._clock(), 0, []
        fresh = [item for item in messages if item.sent_at is None or now - item.sent_at < OLDEST]
        if not fresh:
            return Accepted(known=len(messages))
        # People in one order: two deliveries that name the same ones must not wait for each other
        taken = sorted((self._take(channel, item) for item in fresh), key=lambda item: item.sender)
        with self._database.begin() as connection:
            for item in taken:
                if self._accept(connection, channel, item, now):
                    new += 1
                    names.append(item.sender[:SHOWN])
        return Accepted(new, len(messages) - new, tuple(dict.fromkeys(names)))

    def _take(self, channel: str, item: Incoming) -> _Taken:
        sender, key = self._seal.digest(channel, "person", item.sender), self._seal.digest(channel, "message", item.platform_id)
        context = self._seal.close({**item.context, "group": item.in_group})
        return _Taken(sender, key, self._seal.close(item.address), context, *_taken(item), item.sent_at)

    def _accept(self, connection: Connection, channel: str, item: _Taken, now: datetime) -> bool:
        if connection.execute(select(exists().where(_is_message(channel, item.key)))).scalar():
            return False
        person = self._person(connection, channel, item, now)
        kind, text, waits = item.kind, item.text, True
        if over := self._limited(connection, channel, item.sender, now):
            # The first one too many is answered by a sentence
            (kind, waits), text = over, None
        row = {"channel": channel, "key": item.key, "person_id": person, "sender": item.sender, "kind": kind.value, "text": text}
        row |= {"status": MESSAGE_WAITING if waits else MESSAGE_DONE, "context": item.context if waits else None}
        row |= {"sent_at": item.sent_at or now, "received_at": now}
        if not _insert_once(connection, channel_messages, row):
            return False
        if waits:
            due = func.coalesce(channel_people.c.due_at, now, type_=channel_people.c.due_at.type)
            connection.execute(update(channel_people).where(channel_people.c.id == person).values(due_at=due))
        return True

    def _person(self, connection: Connection, channel: str, item: _Taken, now: datetime) -> int:
        """Her row, locked, with the address of this message."""
        known, values = {"channel": channel, "person": item.sender}, {"address": item.address, "last_at": now}
        who = select(channel_people.c.id).where((channel_people.c.channel == channel) & (channel_people.c.person == item.sender))
        ident: int | None = connection.execute(who.with_for_update()).scalar()
        while ident is None:  # one who was there a moment ago may just have been forgotten (PostgreSQL)
            _insert_once(connection, channel_people, known | values)
            ident = connection.execute(who.with_for_update()).scalar()
        connection.execute(update(channel_people).where(channel_people.c.id == ident).values(**values))
        return ident

    def _limited(self, connection: Connection, channel: str, sender: str, now: datetime) -> tuple[Kind, bool] | None:
        """What one message too many is, and whether it is the first such one; None when it is not."""
        for kind, within, most in ((Kind.MANY, MINUTE, self._limit), (Kind.DAY, DAY, DAILY.get(channel))):
            if most is None:
                continue
            lately = (channel_messages.c.sender == sender) & (channel_messages.c.received_at > now - within)
            lately &= channel_messages.c.received_at <= now
            taken = channel_messages.c.kind.not_in((Kind.MANY.value, Kind.DAY.value))
            counts = select(func.count().filter(taken), func.count().filter(channel_messages.c.kind == kind.value)).where(lately)
            read, told = connection.execute(counts).one()
            if read >= most:
                return kind, not told
        return None

    def note_failures(self, channel: str, failures: Iterable[Failure]) -> dict[Failure, list[int]]:
        """Note what a platform says later: a reply did not arrive. Return the ids of the replies that are known now to have failed.

        There is none for a failure that was known already, and none for a reply that is not noted yet as sent.
        """
        noted: dict[Failure, list[int]] = {}
        for failure in failures:
            of_it = channel_replies.c.platform_key == self._seal.digest(channel, "reply", failure.platform_id)
            of_it &= (channel_replies.c.channel == channel) & (channel_replies.c.status != REPLY_FAILED)
            failed = {"status": REPLY_FAILED, "last_error": f"La plateforme n'a pas remis ce message : {failure.reason}."}
            with self._database.begin() as connection:  # each alone: they come in any order, and hold no person
                noted[failure] = list(connection.execute(select(channel_replies.c.id).where(of_it)).scalars())
                connection.execute(update(channel_replies).where(channel_replies.c.id.in_(noted[failure])).values(**failed))
        return noted


def _taken(item: Incoming) -> tuple[Kind, str | None]:
    """What is kept of a message: its text as the chat API cleans it, and nothing of one that is too long."""
    if item.kind is not Kind.TEXT:
        return item.kind, None
    if len(item.text) > _RAW:
        return Kind.LONG, None
    text = clean(item.text)
    if len(text) > CHARACTERS:
        return Kind.LONG, None
    return (Kind.TEXT, text) if text else (Kind.MEDIA, None)


def _is_message(channel: str, key: str) -> ColumnElement:
    return (channel_messages.c.channel == channel) & (channel_messages.c.key == key)


def _insert_once(connection: Connection, target: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return bool(connection.execute(dialect.insert(target).values(**row).on_conflict_do_nothing()).rowcount)
