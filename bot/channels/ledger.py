"""What waits for its answer and what is to go out, in the database: each person is served by one worker at a time, in order.

A person's row is the lock: whoever adds to what is to be done for her, or looks whether anything is left, holds it. Blocking.
"""

from __future__ import annotations

import logging
import uuid
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import case, exists, insert, select, update
from sqlalchemy.engine import Connection, Row

from bot.channels.model import Kind
from bot.channels.rows import LEASE, Message, Person, Reply, forget, held, is_due, is_free, locked, waits
from bot.channels.seal import SHOWN, Seal
from bot.errors import StorageError
from bot.privacy import blank_messages, blot_out, lock_people, promise
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

OFFERED = 40
"""Numbers that can be chosen at most."""
_AGAIN = case((channel_replies.c.body.is_(None), REPLY_FAILED), else_=REPLY_WAITING)
"""What becomes of a part that is to be sent again; one that was masked while it was on its way is not."""
log = logging.getLogger(__name__)


class Ledger:
    """What a worker reads and writes. `clock` gives the time with its zone, `new_id` the name of a new conversation."""

    def __init__(
        self,
        database: Database,
        seal: Seal,
        clock: Callable[[], datetime],
        new_id: Callable[[], str] = lambda: uuid.uuid4().hex,
    ) -> None:
        self._database = database
        self._seal = seal
        self._clock = clock
        self._new_id = new_id

    # --- who is served ---

    def lease(self, owner: str, most: int, channels: Collection[str], served: Collection[int] = ()) -> list[Person]:
        """Take people for whom there is something to do on these channels, at most so many, for whom nobody does it.

        `served` are those whom this worker serves just now: its lease may have run out without its having been able to say that it lives.
        """
        now = self._clock()
        due = is_due(now) & channel_people.c.channel.in_(channels) & is_free(now)
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
        hers = channel_people.c.lease_owner == owner
        with self._database.begin() as connection:
            lock_people(connection, hers)
            connection.execute(update(channel_people).where(hers).values(lease_until=self._clock() + LEASE))

    def settle_broken_off(self, person: Person, again: bool) -> list[int]:
        """Find the parts that were on their way when their worker died: to be sent `again`, or uncertain. Return the uncertain ones."""
        leaving = (channel_replies.c.person_id == person.id) & (channel_replies.c.status == REPLY_LEAVING)
        with self._database.begin() as connection:
            held(connection, person)
            found = list(connection.execute(select(channel_replies.c.id).where(leaving)).scalars())
            values = {"status": _AGAIN if again else REPLY_UNCERTAIN}
            if not again:
                values["last_error"] = "L'assistant s'est arrêté pendant l'envoi : nul ne sait si la plateforme a ce message."
            connection.execute(update(channel_replies).where(channel_replies.c.id.in_(found)).values(**values))
        return [] if again else found

    def let_go(self, owner: str) -> None:
        """Give everybody back whom a worker holds that ends: another one may go on at once."""
        hers = channel_people.c.lease_owner == owner
        with self._database.begin() as connection:
            lock_people(connection, hers)
            connection.execute(update(channel_people).where(hers).values(lease_until=None, lease_owner=None))

    def release(self, person: Person, owner: str) -> None:
        """Give a person back for whom everything is done; what came in meanwhile stays due. One who was forgotten meanwhile goes."""
        with self._database.begin() as connection:
            row = locked(connection, person, owner)
            if row is None:
                return
            left = waits(connection, person.id)
            if row.conversation is None and not left:
                forget(connection, person.id)
                return
            free = {"due_at": self._clock() if left else None, "attempts": 0, "lease_until": None, "lease_owner": None}
            connection.execute(update(channel_people).where(channel_people.c.id == person.id).values(**free))

    def postpone(self, person: Person, owner: str, wait: timedelta, failed: bool = True) -> None:
        """Give a person back for whom something has to be tried again later; `failed` counts it as an attempt."""
        with self._database.begin() as connection:
            if (row := locked(connection, person, owner)) is not None:
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
            hers = held(connection, person).conversation
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
            goes_on = bool(held(connection, person).conversation == message.conversation)
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
        blank_messages(connection, channel_messages.c.id == message.id, MESSAGE_DONE)

    def give_up_message(self, person: Person, message: Message) -> None:
        """Note that a message was never answered."""
        with self._database.begin() as connection:
            held(connection, person)
            blank_messages(connection, channel_messages.c.id == message.id, MESSAGE_FAILED)

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
            held(connection, person)
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
            blank_messages(connection, message, MESSAGE_FAILED)
            for before, after in became:
                of_it = reply & (channel_replies.c.status == before)
                connection.execute(update(channel_replies).where(of_it).values(status=after, last_error=error))
            nothing = {"due_at": None, "lease_until": None, "lease_owner": None}
            connection.execute(update(channel_people).where(her).values(**nothing))
            if parted:
                forget(connection, person_id)
        log.error("what waits for person %s of the channels has failed: CIC_SECRET_KEY is another one", person_id)

    def _read_person(self, row: Row, owner: str) -> Person:
        offered = tuple(row.offered or ())
        address = self._seal.open(row.address)
        return Person(row.id, row.channel, row.person[:SHOWN], owner, address, row.last_at, row.attempts, row.welcomed, offered)
