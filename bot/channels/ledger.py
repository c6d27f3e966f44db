"""What came in and what is to go out, in the database: each message once, each person by one worker at a time, in order.

A person's row is the lock: whoever adds to what is to be done for her, or looks whether anything is left, holds it. Blocking.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Table, case, exists, func, insert, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Row
from sqlalchemy.sql.expression import ColumnElement

from bot.channels.model import Failure, Incoming, Kind
from bot.channels.seal import SHOWN, Seal
from bot.errors import StorageError
from bot.privacy import blot_out
from bot.storage import (
    MESSAGE_DONE,
    MESSAGE_FAILED,
    MESSAGE_WAITING,
    REPLY_FAILED,
    REPLY_LEAVING,
    REPLY_SENT,
    REPLY_UNCERTAIN,
    REPLY_WAITING,
    Database,
    channel_messages,
    channel_people,
    channel_replies,
)
from bot.text import clean

LEASE = timedelta(seconds=30)
"""How long a worker holds a person without saying that it lives; it says so every few seconds."""
MINUTE = timedelta(seconds=60)
"""What limits count within."""
CHARACTERS = 2000
"""The longest message that is read, as in the chat API."""
OFFERED = 40
"""Numbers that can be chosen at most."""
_AGAIN = case((channel_replies.c.body.is_(None), REPLY_FAILED), else_=REPLY_WAITING)
"""What becomes of a part that is to be sent again; one that was masked while it was on its way is not."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Person:
    """Somebody for whom there is something to do. `name` is the beginning of her digest, for logs."""

    id: int
    channel: str
    name: str
    address: Mapping[str, Any]
    last_at: datetime
    attempts: int
    welcomed: bool
    offered: tuple[str, ...]


@dataclass(frozen=True)
class Message:
    """A message that waits for its answer. `key` is its digest, the id by which the assistant knows it; `conversation` its conversation."""

    id: int
    key: str
    conversation: str
    kind: Kind
    text: str
    context: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True)
class Reply:
    """A part of an answer that waits to be sent. `key` is the same at every attempt."""

    id: int
    message_id: int
    key: str
    body: dict[str, Any]
    context: Mapping[str, Any]
    created_at: datetime


@dataclass(frozen=True)
class Accepted:
    """What became of a delivery: messages that are new, that had come before, and people (by the beginning of their digest)."""

    new: int = 0
    known: int = 0
    names: tuple[str, ...] = ()


class Ledger:
    """The channels' tables. `clock` gives the time with its zone; `limit` is how many messages a minute one person may send."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        clock: Callable[[], datetime],
        limit: int,
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._limit = limit
        self._new_id = new_id

    # --- what comes in ---

    def accept(self, channel: str, messages: Sequence[Incoming]) -> Accepted:
        """Store messages that were not stored before, all or none. Raises StorageError; then the platform may deliver them again."""
        if not messages:
            return Accepted()
        new, names = 0, []
        # People in one order: two deliveries that name the same ones must not wait for each other
        ordered = sorted(((self._seal.digest(channel, "person", item.sender), item) for item in messages), key=lambda pair: pair[0])
        with self._database.begin() as connection:
            for digest, item in ordered:
                if self._accept(connection, channel, digest, item):
                    new += 1
                    names.append(digest[:SHOWN])
        return Accepted(new, len(messages) - new, tuple(dict.fromkeys(names)))

    def _accept(self, connection: Connection, channel: str, digest: str, item: Incoming) -> bool:
        now, key = self._clock(), self._seal.digest(channel, "message", item.platform_id)
        if connection.execute(select(exists().where(_is_message(channel, key)))).scalar():
            return False
        person = self._person(connection, channel, digest, item, now)
        kind, text = _taken(item)
        status = MESSAGE_WAITING
        read, left = self._within_minute(connection, person, now)
        if read >= self._limit:
            # The first one too many is answered by a sentence
            kind, text, status = Kind.MANY, None, MESSAGE_DONE if left else MESSAGE_WAITING
        context = self._seal.close({**item.context, "group": item.in_group})
        row = {"channel": channel, "key": key, "person_id": person, "kind": kind.value, "text": text, "status": status}
        row |= {"context": context if status == MESSAGE_WAITING else None, "sent_at": item.sent_at or now, "received_at": now}
        if not _insert_once(connection, channel_messages, row):
            return False
        if status == MESSAGE_WAITING:
            due = func.coalesce(channel_people.c.due_at, now, type_=channel_people.c.due_at.type)
            connection.execute(update(channel_people).where(channel_people.c.id == person).values(due_at=due))
        return True

    def _person(self, connection: Connection, channel: str, digest: str, item: Incoming, now: datetime) -> int:
        """Her row, locked, with the address of this message."""
        known = {"channel": channel, "person": digest}
        who = (channel_people.c.channel == channel) & (channel_people.c.person == digest)
        ident: int | None = None
        while ident is None:  # one who was there a moment ago may just have been forgotten (PostgreSQL)
            _insert_once(connection, channel_people, {**known, "address": b"", "last_at": now})
            ident = connection.execute(select(channel_people.c.id).where(who).with_for_update()).scalar()
        values = {"address": self._seal.close(item.address), "last_at": now}
        connection.execute(update(channel_people).where(channel_people.c.id == ident).values(**values))
        return ident

    def _within_minute(self, connection: Connection, person: int, now: datetime) -> tuple[int, int]:
        """How many of her messages of the last minute were taken, and how many were too many."""
        of_minute = (channel_messages.c.person_id == person) & (channel_messages.c.received_at > now - MINUTE)
        too_many = channel_messages.c.kind == Kind.MANY.value
        counts = select(func.count().filter(~too_many), func.count().filter(too_many)).where(of_minute)
        read, left = connection.execute(counts).one()
        return read, left

    def note_failures(self, channel: str, failures: Iterable[Failure]) -> list[int]:
        """Note what a platform says later: a reply did not arrive. Return the ids of the replies."""
        noted = []
        with self._database.begin() as connection:
            for failure in failures:
                of_it = channel_replies.c.platform_key == self._seal.digest(channel, "reply", failure.platform_id)
                of_it &= (channel_replies.c.channel == channel) & (channel_replies.c.status != REPLY_FAILED)
                for ident in connection.execute(select(channel_replies.c.id).where(of_it)).scalars().all():
                    failed = {"status": REPLY_FAILED, "last_error": f"La plateforme n'a pas remis ce message : {failure.reason}."}
                    connection.execute(update(channel_replies).where(channel_replies.c.id == ident).values(**failed))
                    noted.append(ident)
        return noted

    # --- who is served ---

    def lease(self, owner: str, most: int, channels: Collection[str]) -> list[Person]:
        """Take people for whom there is something to do on these channels, at most so many, for whom nobody does it."""
        now = self._clock()
        due = (channel_people.c.due_at <= now) & channel_people.c.channel.in_(channels) & _is_free(now)
        with self._database.read() as connection:  # most looks find nothing, and should not take SQLite's write lock
            if not connection.execute(select(exists().where(due))).scalar():
                return []
        first = select(channel_people).where(due).order_by(channel_people.c.due_at, channel_people.c.id).limit(most)
        with self._database.begin() as connection:
            rows = connection.execute(first.with_for_update(skip_locked=True)).all()
            chosen = channel_people.c.id.in_([row.id for row in rows])
            connection.execute(update(channel_people).where(chosen).values(lease_until=now + LEASE, lease_owner=owner))
        people = []
        for row in rows:
            try:
                people.append(self._read_person(row))
            except StorageError as error:
                self._abandon(row.id, str(error))
        return people

    def renew(self, owner: str) -> None:
        """Say that the worker lives: its people are its own for another while."""
        held = channel_people.c.lease_owner == owner
        with self._database.begin() as connection:
            connection.execute(update(channel_people).where(held).values(lease_until=self._clock() + LEASE))

    def settle_broken_off(self, person: Person, again: bool) -> list[int]:
        """Find the parts that were on their way when their worker died: to be sent `again`, or uncertain. Return the uncertain ones."""
        leaving = (channel_replies.c.person_id == person.id) & (channel_replies.c.status == REPLY_LEAVING)
        with self._database.begin() as connection:
            found = list(connection.execute(select(channel_replies.c.id).where(leaving)).scalars())
            values = {"status": _AGAIN if again else REPLY_UNCERTAIN}
            if not again:
                values["last_error"] = "L'assistant s'est arrêté pendant l'envoi : nul ne sait si la plateforme a ce message."
            connection.execute(update(channel_replies).where(channel_replies.c.id.in_(found)).values(**values))
        return [] if again else found

    def release(self, person: Person, owner: str) -> None:
        """Give a person back for whom everything is done; what came in meanwhile stays due. One who was forgotten meanwhile goes."""
        with self._database.begin() as connection:
            row = _locked(connection, person, owner)
            if row is None:
                return
            left = _waits(connection, person.id)
            if row.conversation is None and not left:
                _forget(connection, person.id)
                return
            free = {"due_at": self._clock() if left else None, "attempts": 0, "lease_until": None, "lease_owner": None}
            connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(**free))

    def postpone(self, person: Person, owner: str, wait: timedelta, failed: bool = True) -> None:
        """Give a person back for whom something has to be tried again later; `failed` counts it as an attempt."""
        with self._database.begin() as connection:
            if (row := _locked(connection, person, owner)) is not None:
                later = {"due_at": self._clock() + wait, "attempts": row.attempts + failed, "lease_until": None, "lease_owner": None}
                connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(**later))

    # --- what is done for a person ---

    def next_message(self, person: Person) -> Message | None:
        """The oldest message that waits, by the platform's time; its conversation begins now if it has none."""
        waiting = (channel_messages.c.person_id == person.id) & (channel_messages.c.status == MESSAGE_WAITING)
        oldest = select(channel_messages).where(waiting).order_by(channel_messages.c.sent_at, channel_messages.c.id).limit(1)
        with self._database.read() as connection:
            row = connection.execute(oldest).first()
        if row is None:
            return None
        with self._database.begin() as connection:
            named = connection.execute(
                select(channel_people.c.conversation).where(channel_people.c.id == person.id).with_for_update()
            ).scalar()
            if named is None:
                named = self._new_id()
                connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(conversation=named))
        context = self._seal.open(row.context) if row.context else {}
        return Message(row.id, row.key, named, Kind(row.kind), row.text or "", context, row.received_at)

    def answered(
        self, person: Person, message: Message, bodies: Sequence[Mapping[str, Any]], offered: Sequence[str], welcomed: bool
    ) -> None:
        """Note the answer to a message: what is to be sent, and what may be chosen by its number. What was written is blanked."""
        of_it = channel_messages.c.id == message.id
        with self._database.begin() as connection:
            row = connection.execute(select(channel_messages.c.status, channel_messages.c.context).where(of_it).with_for_update()).first()
            if row is None or row.status != MESSAGE_WAITING:
                return
            common = {"channel": person.channel, "message_id": message.id, "person_id": person.id, "context": row.context}
            common |= {"status": REPLY_WAITING, "created_at": self._clock()}
            for part, body in enumerate(bodies):
                connection.execute(insert(channel_replies).values(**common, part=part, body=dict(body)))
            _blank(connection, of_it, MESSAGE_DONE)
            values: dict[str, Any] = {"offered": list(offered[:OFFERED]) or None}
            values |= {"welcomed": True} if welcomed else {}
            connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(**values))

    def give_up_message(self, message: Message) -> None:
        """Note that a message was never answered."""
        with self._database.begin() as connection:
            _blank(connection, channel_messages.c.id == message.id, MESSAGE_FAILED)

    def next_reply(self, person: Person) -> Reply | None:
        """The first part that waits to be sent."""
        waiting = (channel_replies.c.person_id == person.id) & (channel_replies.c.status == REPLY_WAITING)
        with self._database.read() as connection:
            row = connection.execute(select(channel_replies).where(waiting).order_by(channel_replies.c.id).limit(1)).first()
        if row is None:
            return None
        context = self._seal.open(row.context) if row.context else {}
        key = self._seal.digest(row.channel, "part", str(row.message_id), str(row.part))
        return Reply(row.id, row.message_id, key, row.body, context, row.created_at)

    def leaving(self, reply: Reply) -> bool:
        """Note that a part is about to be sent; False when another worker was quicker."""
        values = {"status": REPLY_LEAVING, "attempts": channel_replies.c.attempts + 1}
        with self._database.begin() as connection:
            waiting = (channel_replies.c.id == reply.id) & (channel_replies.c.status == REPLY_WAITING)
            return bool(connection.execute(update(channel_replies).where(waiting).values(**values)).rowcount)

    def sent(self, reply: Reply, channel: str, platform_id: str | None) -> None:
        """Note that the platform has a part; what it says is blanked."""
        key = self._seal.digest(channel, "reply", platform_id) if platform_id else None
        values = {"status": REPLY_SENT, "sent_at": self._clock(), "platform_key": key, "last_error": None, "body": None, "context": None}
        with self._database.begin() as connection:
            of_it = channel_replies.c.id == reply.id
            blot_out(connection, channel_replies, of_it, ["body", "context"])
            connection.execute(update(channel_replies).where(of_it).values(**values))

    def not_sent(self, reply: Reply, status: str, error: str, all_of_it: bool = False) -> None:
        """Note that a part has not left, or that nobody knows; `all_of_it`: nor will the parts behind it."""
        values = {"status": status, "last_error": error}
        outcome = values | {"status": _AGAIN if status == REPLY_WAITING else status}
        with self._database.begin() as connection:
            connection.execute(update(channel_replies).where(channel_replies.c.id == reply.id).values(**outcome))
            if all_of_it:
                behind = (channel_replies.c.message_id == reply.message_id) & (channel_replies.c.status == REPLY_WAITING)
                connection.execute(update(channel_replies).where(behind).values(**values))

    def _abandon(self, person_id: int, error: str) -> None:
        """Nobody can write to a person whose address another key has sealed: what waits for her has failed."""
        message = (channel_messages.c.person_id == person_id) & (channel_messages.c.status == MESSAGE_WAITING)
        reply = (channel_replies.c.person_id == person_id) & (channel_replies.c.status == REPLY_WAITING)
        with self._database.begin() as connection:
            _blank(connection, message, MESSAGE_FAILED)
            connection.execute(update(channel_replies).where(reply).values(status=REPLY_FAILED, last_error=error))
            nothing = {"due_at": None, "lease_until": None, "lease_owner": None}
            connection.execute(update(channel_people).where(channel_people.c.id == person_id).values(**nothing))
        log.error("what waits for person %s of the channels has failed: CIC_SECRET_KEY is another one", person_id)

    def _read_person(self, row: Row) -> Person:
        offered = tuple(row.offered or ())
        address = self._seal.open(row.address)
        return Person(row.id, row.channel, row.person[:SHOWN], address, row.last_at, row.attempts, row.welcomed, offered)


def _taken(item: Incoming) -> tuple[Kind, str | None]:
    """What is kept of a message: its text as the chat API cleans it, and nothing of one that is too long."""
    if item.kind is not Kind.TEXT:
        return item.kind, None
    text = clean(item.text)
    if len(text) > CHARACTERS:
        return Kind.LONG, None
    return (Kind.TEXT, text) if text else (Kind.MEDIA, None)


def _is_message(channel: str, key: str) -> ColumnElement:
    return (channel_messages.c.channel == channel) & (channel_messages.c.key == key)


def _is_free(now: datetime) -> ColumnElement:
    # Further ahead than any lease is: written before the clock was set back
    until = channel_people.c.lease_until
    return or_(until.is_(None), until <= now, until > now + 2 * LEASE)


def _locked(connection: Connection, person: Person, owner: str) -> Row | None:
    """The row of a person whom this worker holds; None when it is another's by now, or gone."""
    held = (channel_people.c.id == person.id) & (channel_people.c.lease_owner == owner)
    return connection.execute(select(channel_people.c.conversation, channel_people.c.attempts).where(held).with_for_update()).first()


def _waits(connection: Connection, person_id: int) -> bool:
    message = (channel_messages.c.person_id == person_id) & (channel_messages.c.status == MESSAGE_WAITING)
    reply = (channel_replies.c.person_id == person_id) & (channel_replies.c.status == REPLY_WAITING)
    return any(connection.execute(select(exists().where(condition))).scalar() for condition in (message, reply))


def _forget(connection: Connection, person_id: int) -> None:
    """Delete a person, and what is left of answers that did not reach her."""
    answers = (channel_replies.c.person_id == person_id) & channel_replies.c.body.is_not(None)
    blot_out(connection, channel_replies, answers, ["body", "context"])
    connection.execute(update(channel_replies).where(answers).values(body=None, context=None))
    blot_out(connection, channel_people, channel_people.c.id == person_id)
    connection.execute(channel_people.delete().where(channel_people.c.id == person_id))


def _blank(connection: Connection, of_it: ColumnElement, status: str) -> None:
    blot_out(connection, channel_messages, of_it, ["text", "context"])
    connection.execute(update(channel_messages).where(of_it).values(status=status, text=None, context=None))


def _insert_once(connection: Connection, target: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return bool(connection.execute(dialect.insert(target).values(**row).on_conflict_do_nothing()).rowcount)
