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

from bot.channels.model import SMS, WHATSAPP, WHATSAPP_TWILIO, Failure, Incoming, Kind
from bot.channels.seal import SHOWN, Seal
from bot.errors import StorageError
from bot.privacy import blot_out, promise
from bot.storage import (
    ERASE,
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
LONGEST_WAIT = timedelta(hours=2)
"""Longer than anything is put off (bot.channels.wire, bot.channels.courier)."""
OFFERED = 40
"""Numbers that can be chosen at most."""
_AGAIN = case((channel_replies.c.body.is_(None), REPLY_FAILED), else_=REPLY_WAITING)
"""What becomes of a part that is to be sent again; one that was masked while it was on its way is not."""
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Person:
    """Somebody for whom there is something to do. `name` is the beginning of her digest, for logs; `owner` the worker that serves her."""

    id: int
    channel: str
    name: str
    owner: str
    address: Mapping[str, Any]
    last_at: datetime
    attempts: int
    welcomed: bool
    offered: tuple[str, ...]


class LostLeaseError(Exception):
    """Another worker serves the person by now: this one has to stop, and nothing was written."""


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

    # --- who is served ---

    def lease(self, owner: str, most: int, channels: Collection[str], served: Collection[int] = ()) -> list[Person]:
        """Take people for whom there is something to do on these channels, at most so many, for whom nobody does it.

        `served` are those whom this worker serves just now: its lease may have run out without its having been able to say that it lives.
        """
        now = self._clock()
        due = _is_due(now) & channel_people.c.channel.in_(channels) & _is_free(now)
        due &= channel_people.c.id.not_in(served)
        with self._database.read() as connection:  # most looks find nothing, and should not take SQLite's write lock
            if not connection.execute(select(exists().where(due))).scalar():
                return []
        first = select(channel_people).where(due).order_by(channel_people.c.due_at, channel_people.c.id).limit(most)
        with self._database.begin() as connection:
            rows = connection.execute(first.with_for_update(skip_locked=True)).all()
            chosen = channel_people.c.id.in_([row.id for row in rows])
            connection.execute(update(channel_people).where(chosen).values(lease_until=now + LEASE, lease_owner=owner))
            ahead = chosen & (channel_people.c.last_at > now)
            connection.execute(update(channel_people).where(ahead).values(last_at=now))
        people = []
        for row in rows:
            try:
                people.append(self._read_person(row, owner))
            except StorageError as error:
                self._abandon(row.id, str(error))
        return people

    def renew(self, owner: str) -> None:
        """Say that the worker lives: its people are its own for another while."""
        held = channel_people.c.lease_owner == owner
        with self._database.begin() as connection:
            _lock_people(connection, held)
            connection.execute(update(channel_people).where(held).values(lease_until=self._clock() + LEASE))

    def settle_broken_off(self, person: Person, again: bool) -> list[int]:
        """Find the parts that were on their way when their worker died: to be sent `again`, or uncertain. Return the uncertain ones."""
        leaving = (channel_replies.c.person_id == person.id) & (channel_replies.c.status == REPLY_LEAVING)
        with self._database.begin() as connection:
            _held(connection, person)
            found = list(connection.execute(select(channel_replies.c.id).where(leaving)).scalars())
            values = {"status": _AGAIN if again else REPLY_UNCERTAIN}
            if not again:
                values["last_error"] = "L'assistant s'est arrêté pendant l'envoi : nul ne sait si la plateforme a ce message."
            connection.execute(update(channel_replies).where(channel_replies.c.id.in_(found)).values(**values))
        return [] if again else found

    def let_go(self, owner: str) -> None:
        """Give everybody back whom a worker holds that ends: another one may go on at once."""
        held = channel_people.c.lease_owner == owner
        with self._database.begin() as connection:
            _lock_people(connection, held)
            connection.execute(update(channel_people).where(held).values(lease_until=None, lease_owner=None))

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
            hers = _held(connection, person).conversation
            named = row.conversation or hers or self._new_id()
            if hers is None and row.conversation is None:
                connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(conversation=named))
            connection.execute(update(channel_messages).where(channel_messages.c.id == row.id).values(conversation=named))
        context = self._seal.open(row.context) if row.context else {}
        return Message(row.id, row.key, named, Kind(row.kind), row.text or "", context, row.received_at)

    def answered(
        self, person: Person, message: Message, bodies: Sequence[Mapping[str, Any]], offered: Sequence[str], welcomed: bool
    ) -> bool:
        """Note the answer to a message: what is to be sent, and what may be chosen by its number. What was written is blanked.

        Return whether her conversation goes on; when it was erased meanwhile, what she writes next begins another one. Somebody whom
        staff erased meanwhile is not answered, and what the answer has left in her conversation is promised to be erased.
        """
        of_it = channel_messages.c.id == message.id
        with self._database.begin() as connection:
            goes_on = bool(_held(connection, person).conversation == message.conversation)
            row = connection.execute(select(channel_messages.c.status, channel_messages.c.context).where(of_it).with_for_update()).first()
            if wanted := row is not None and row.status == MESSAGE_WAITING:
                self._note_answer(connection, person, message, row.context, bodies)
                values: dict[str, Any] = {"offered": list(offered[:OFFERED]) or None}
                values |= {"welcomed": True} if welcomed and goes_on else {}
                connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(**values))
        if not wanted and not goes_on:
            promise(self._database, message.conversation, ERASE, self._clock())
        return goes_on

    def _note_answer(
        self, connection: Connection, person: Person, message: Message, context: bytes | None, bodies: Sequence[Mapping[str, Any]]
    ) -> None:
        common = {"channel": person.channel, "message_id": message.id, "person_id": person.id, "context": context}
        common |= {"status": REPLY_WAITING, "created_at": self._clock()}
        for part, body in enumerate(bodies):
            connection.execute(insert(channel_replies).values(**common, part=part, body=dict(body)))
        _blank(connection, channel_messages.c.id == message.id, MESSAGE_DONE)

    def give_up_message(self, person: Person, message: Message) -> None:
        """Note that a message was never answered."""
        with self._database.begin() as connection:
            _held(connection, person)
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

    def leaving(self, person: Person, reply: Reply) -> bool:
        """Note that a part is about to be sent; False when it is not to be sent any more."""
        values = {"status": REPLY_LEAVING, "attempts": channel_replies.c.attempts + 1}
        with self._database.begin() as connection:
            _held(connection, person)
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
        answer = channel_replies.c.message_id == reply.message_id
        with self._database.begin() as connection:
            if all_of_it:
                connection.execute(select(channel_replies.c.id).where(answer).order_by(channel_replies.c.id).with_for_update()).all()
                behind = answer & (channel_replies.c.status == REPLY_WAITING)
                connection.execute(update(channel_replies).where(behind).values(**values))
            connection.execute(update(channel_replies).where(channel_replies.c.id == reply.id).values(**outcome))

    def _abandon(self, person_id: int, error: str) -> None:
        """Nobody can write to a person whose address another key has sealed: what waits for her has failed."""
        message = (channel_messages.c.person_id == person_id) & (channel_messages.c.status == MESSAGE_WAITING)
        reply, her = channel_replies.c.person_id == person_id, channel_people.c.id == person_id
        became = ((REPLY_WAITING, REPLY_FAILED), (REPLY_LEAVING, REPLY_UNCERTAIN))
        with self._database.begin() as connection:
            parted = connection.execute(select(channel_people.c.conversation).where(her).with_for_update()).scalar() is None
            _blank(connection, message, MESSAGE_FAILED)
            for before, after in became:
                of_it = reply & (channel_replies.c.status == before)
                connection.execute(update(channel_replies).where(of_it).values(status=after, last_error=error))
            nothing = {"due_at": None, "lease_until": None, "lease_owner": None}
            connection.execute(update(channel_people).where(her).values(**nothing))
            if parted:
                _forget(connection, person_id)
        log.error("what waits for person %s of the channels has failed: CIC_SECRET_KEY is another one", person_id)

    def _read_person(self, row: Row, owner: str) -> Person:
        offered = tuple(row.offered or ())
        address = self._seal.open(row.address)
        return Person(row.id, row.channel, row.person[:SHOWN], owner, address, row.last_at, row.attempts, row.welcomed, offered)


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


def _is_free(now: datetime) -> ColumnElement:
    # Further ahead than any lease is: written before the clock was set back
    until = channel_people.c.lease_until
    return or_(until.is_(None), until <= now, until > now + 2 * LEASE)


def _is_due(now: datetime) -> ColumnElement:
    # Further ahead than anything waits, or of one who writes in the future: from before the clock was set back
    due, ahead = channel_people.c.due_at, channel_people.c.last_at > now
    return or_(due <= now, due > now + LONGEST_WAIT, due.is_not(None) & ahead)


def _lock_people(connection: Connection, condition: ColumnElement) -> None:
    """Lock several people in the order that all keep to: whoever locks them must not wait for somebody who waits for them."""
    connection.execute(select(channel_people.c.id).where(condition).order_by(channel_people.c.person).with_for_update()).all()


def _held(connection: Connection, person: Person) -> Row:
    """Her row, locked. Raises LostLeaseError when another worker serves her by now."""
    row = _locked(connection, person, person.owner)
    if row is None:
        raise LostLeaseError
    return row


def _locked(connection: Connection, person: Person, owner: str) -> Row | None:
    """The row of a person whom this worker holds; None when it is another's by now, or gone."""
    held = (channel_people.c.id == person.id) & (channel_people.c.lease_owner == owner)
    return connection.execute(select(channel_people.c.conversation, channel_people.c.attempts).where(held).with_for_update()).first()


def _waits(connection: Connection, person_id: int) -> bool:
    message = (channel_messages.c.person_id == person_id) & (channel_messages.c.status == MESSAGE_WAITING)
    reply = (channel_replies.c.person_id == person_id) & channel_replies.c.status.in_((REPLY_WAITING, REPLY_LEAVING))
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
    connection.execute(update(channel_messages).where(of_it).values(status=status, text=None, context=None, conversation=None))


def _insert_once(connection: Connection, target: Table, row: Mapping[str, Any]) -> bool:
    """Insert a row unless one with its key is there; whether it was inserted."""
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    return bool(connection.execute(dialect.insert(target).values(**row).on_conflict_do_nothing()).rowcount)
