"""The accounts of people who review: who they are and what they may do."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import delete, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.expression import ColumnElement

from bot.errors import RequestError
from bot.review.model import Account, Role
from bot.review.passwords import Passwords, check_password
from bot.storage import Database, accounts

_NAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,79}")
_TICK = timedelta(microseconds=1)
"""The least by which two moments differ in the table."""


@dataclass(frozen=True)
class Entry:
    """An account as it is listed. `password` and `bound` say how its person signs in: by a password of ours, or by an identity service
    that has named them once.
    """

    name: str
    role: Role
    password: bool
    bound: bool
    created_at: datetime
    signed_in_at: datetime | None


class Accounts:
    """Accounts in the database. `clock` gives the time with its zone. Names are compared without regard to capitals.

    Sessions are signed, not stored: they are ended all at once, by `valid_from`, to which each of them is tied. A new role, a new
    password, a removal do so, and signing out does too, on whatever device: a cookie that was copied before is worth nothing after.
    """

    def __init__(self, database: Database, clock: Callable[[], datetime], passwords: Passwords | None = None) -> None:
        self._database = database
        self._clock = clock
        self._passwords = passwords or Passwords()

    def find(self, name: str) -> Account | None:
        """The account of a name, spelt as it is stored; None when there is none (any more)."""
        with self._database.read() as connection:
            return _account(_row(connection, accounts.c.name == name))

    def get(self, name: str) -> Account:
        """The account of a name, however its capitals are written. Raises RequestError when there is none."""
        with self._database.read() as connection:
            return _known(connection, name)

    def entries(self) -> list[Entry]:
        """All accounts, by name."""
        with self._database.read() as connection:
            rows = connection.execute(select(accounts).order_by(accounts.c.name)).all()
        return [
            Entry(row.name, Role.of(row.role), row.password is not None, row.subject is not None, row.created_at, row.signed_in_at)
            for row in rows
        ]

    def has_password(self, name: str) -> bool:
        """Whether an account signs in by a password of ours."""
        with self._database.read() as connection:
            row = _row(connection, accounts.c.name == name)
        return row is not None and row.password is not None

    def refuse_new(self, name: str) -> str:
        """Return a name as it is stored. Raises RequestError when it will not do for a new account."""
        stored = normalised_name(name)
        if self.find(stored):
            raise RequestError(f"Un compte porte déjà le nom « {stored} ».")
        return stored

    def add(self, name: str, role: Role, password: str | None) -> Account:
        """Make an account: with a password, or for somebody whom the identity service names.

        Raises RequestError when the name or the password will not do.
        """
        stored, now = self.refuse_new(name), self._clock()
        if password is not None:
            check_password(password, stored)
        row = {"name": stored, "role": role.title, "password": password and self._passwords.make(password)}
        try:
            with self._database.begin() as connection:
                connection.execute(insert(accounts).values(**row, created_at=now, valid_from=now))
        except IntegrityError as error:
            raise RequestError(f"Un compte porte déjà le nom « {stored} ».") from error
        return Account(stored, role, now)

    def set_role(self, name: str, role: Role) -> Account:
        """Give an account another role and end its sessions. Raises RequestError for the last administrator and for an unknown name."""
        with self._database.begin() as connection:
            found = _known(connection, name)
            if role < Role.ADMINISTRATEUR:
                _keep_an_administrator(connection, found)
            return self._change(connection, found, role=role.title)

    def set_password(self, name: str, password: str) -> Account:
        """Give an account another password and end its sessions; the identity service does not open it any more.

        Raises RequestError when the password will not do and for an unknown name.
        """
        stored = self.get(name).name
        check_password(password, stored)
        made = self._passwords.make(password)
        with self._database.begin() as connection:
            return self._change(connection, _known(connection, stored), password=made, subject=None)

    def remove(self, name: str) -> None:
        """Delete an account, which ends its sessions. Raises RequestError for the last administrator and for an unknown name."""
        with self._database.begin() as connection:
            found = _known(connection, name)
            _keep_an_administrator(connection, found)
            connection.execute(delete(accounts).where(accounts.c.name == found.name))

    def end_sessions(self, name: str) -> None:
        """Sign an account out, everywhere; nothing happens when there is none."""
        with self._database.begin() as connection:
            if found := _account(_row(connection, accounts.c.name == name, locked=True)):
                self._change(connection, found)

    def verify(self, name: str, password: str) -> Account | None:
        """The account that a name and a password open, else None. Slow on purpose, and as slow for a name that nobody bears."""
        with self._database.read() as connection:
            row = _row(connection, accounts.c.name == name.strip().lower())
        stored: str | None = row.password if row else None
        if not self._passwords.fits(stored, password) or stored is None:
            return None
        values: dict[str, Any] = {"signed_in_at": self._clock()}
        if self._passwords.is_outdated(stored):
            values["password"] = self._passwords.make(password)
        with self._database.begin() as connection:
            unchanged = (accounts.c.name == row.name) & (accounts.c.password == stored)
            done = connection.execute(update(accounts).where(unchanged).values(**values)).rowcount
        return _account(row) if done else None

    def recognise(self, subject: str, email: str | None) -> Account | None:
        """The account of somebody whom the identity service names; `email` is one that it has verified.

        The first time that is the account whose name is the address, if it was made without a password; from then on it belongs to
        `subject` alone, whatever address that has.
        """
        with self._database.begin() as connection:
            row = _row(connection, accounts.c.subject == subject, locked=True)
            if row is None and email:
                waiting = (accounts.c.name == email.lower()) & accounts.c.subject.is_(None) & accounts.c.password.is_(None)
                row = _row(connection, waiting, locked=True)
            if row:
                signed_in = {"subject": subject, "signed_in_at": self._clock()}
                connection.execute(update(accounts).where(accounts.c.name == row.name).values(**signed_in))
            return _account(row)

    def _change(self, connection: Connection, found: Account, **values: Any) -> Account:
        """Write values and end the sessions: `valid_from` always becomes another one, also when the clock was set back."""
        since = max(self._clock(), found.valid_from + _TICK)
        connection.execute(update(accounts).where(accounts.c.name == found.name).values(valid_from=since, **values))
        return Account(found.name, Role.of(values.get("role", found.role.title)), since)


def normalised_name(name: str) -> str:
    """A name as it is stored. Raises RequestError when it is neither an e-mail address nor a short login."""
    stored = name.strip().lower()
    if not _NAME.fullmatch(stored):
        sentence = "Un nom de compte est une adresse e-mail, ou de 2 à 80 lettres sans accent, chiffres et signes . _ - @ +"
        raise RequestError(f"{sentence}, et commence par une lettre ou un chiffre.")
    return stored


def _row(connection: Connection, condition: ColumnElement, locked: bool = False) -> Any:
    query = select(accounts).where(condition)
    return connection.execute(query.with_for_update() if locked else query).first()


def _account(row: Any) -> Account | None:
    return Account(row.name, Role.of(row.role), row.valid_from) if row else None


def _known(connection: Connection, name: str) -> Account:
    found = _account(_row(connection, accounts.c.name == name.strip().lower()))
    if found is None:
        raise RequestError("Aucun compte ne porte ce nom.")
    return found


def _keep_an_administrator(connection: Connection, found: Account) -> None:
    """Refuse to take the last one. Their rows are locked, so that two of them cannot remove each other at once."""
    title = Role.ADMINISTRATEUR.title
    query = select(accounts.c.name).where(accounts.c.role == title).order_by(accounts.c.name).with_for_update()
    if connection.execute(query).scalars().all() == [found.name]:
        raise RequestError(f"« {found.name} » est le dernier compte d'administrateur : donnez d'abord ce rôle à un autre.")
