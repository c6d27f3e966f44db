"""People who write on a channel, and the ledger that keeps what they write. Nobody here exists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sample_request import Clock
from sqlalchemy import select
from sqlalchemy.engine import Row
from sqlalchemy.sql.expression import FromClause

from bot.channels.arrivals import Accepted, Arrivals
from bot.channels.ledger import Ledger
from bot.channels.model import MAIL, TELEGRAM, Failure, Incoming, Kind
from bot.channels.rows import Message, Person
from bot.channels.seal import Seal
from bot.storage import Database

SEAL = Seal("a key for tests only")
ME, OTHER = "worker-1", "worker-2"


class Book(Ledger):
    """A ledger, and what comes in, over the same tables."""

    def __init__(self, database: Database, seal: Seal, clock: Callable[[], datetime], limit: int) -> None:
        super().__init__(database, seal, clock)
        self._arrivals = Arrivals(database, seal, clock, limit)

    def accept(self, channel: str, messages: Sequence[Incoming]) -> Accepted:
        return self._arrivals.accept(channel, messages)

    def note_failures(self, channel: str, failures: Sequence[Failure]) -> dict[Failure, list[int]]:
        return self._arrivals.note_failures(channel, failures)


def ledger_of(database: Database, clock: Clock, limit: int = 30, seal: Seal = SEAL) -> Book:
    return Book(database, seal, clock, limit)


def written(ident: str, text: str = "bonjour", sender: str = "awa", **values: Any) -> Incoming:
    address = {"chat": f"adresse de {sender}"}
    return Incoming(ident, sender, address, values.pop("kind", Kind.TEXT), text, **values)


def lease(ledger: Ledger, owner: str = ME, channels: tuple[str, ...] = (TELEGRAM, MAIL)) -> list[Person]:
    return ledger.lease(owner, 10, channels)


def lease_one(ledger: Ledger, owner: str = ME) -> Person:
    (person,) = lease(ledger, owner)
    return person


def next_message(ledger: Ledger, person: Person) -> Message:
    message = ledger.next_message(person)
    assert message
    return message


def answer(ledger: Ledger, person: Person, *texts: str, message: Message | None = None) -> Message:
    """Answer the next message of a person in so many parts."""
    message = message or next_message(ledger, person)
    ledger.answered(person, message, [{"text": text} for text in texts], ["oui"], True)
    return message


def send(ledger: Ledger, person: Person, platform_id: str | None = None) -> str:
    """Send the next part as the courier does; return what it said."""
    reply = ledger.next_reply(person)
    assert reply
    assert ledger.leaving(person, reply)
    ledger.sent(reply, person.channel, platform_id)
    return str(reply.body["text"])


def rows(database: Database, table: FromClause) -> list[Row]:
    with database.read() as connection:
        return list(connection.execute(select(table).order_by(table.c.id)).all())


def only(database: Database, table: FromClause) -> Mapping[str, Any]:
    """The only row of a table."""
    (row,) = rows(database, table)
    return dict(row._mapping)
