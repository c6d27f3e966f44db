"""Somebody who reviews, signed in; and conversations as the review application reads them, without a Rasa that made them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
from sqlalchemy import insert
from starlette.requests import Request
from starlette.responses import Response

from bot.review.accounts import Accounts
from bot.review.model import ANSWERED, ORDINARY, SITE, Role
from bot.storage import Database, accounts, conversations, exchanges
from bot.web.review.access import TOKEN_FIELD
from bot.web.review.sessions import COOKIE, Sessions
from bot.words import words
from support.played_site import Site

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=timezone.utc)


def add_account(database: Database, name: str, role: Role, since: datetime = NOW) -> None:
    """An account that signs in elsewhere: it has no password."""
    with database.begin() as connection:
        row = {"name": name, "role": role.title, "created_at": since, "valid_from": since - timedelta(days=1)}
        connection.execute(insert(accounts).values(**row))


@dataclass(frozen=True)
class Reviewer:
    """A browser of somebody who is signed in. `token` is what the forms of the session carry."""

    client: httpx.AsyncClient
    token: str

    async def get(self, path: str, **headers: str) -> httpx.Response:
        return await self.client.get(path, headers=headers)

    async def post(self, path: str, fields: Mapping[str, str | list[str]] | None = None, **headers: str) -> httpx.Response:
        """Send a form of ours."""
        return await self.client.post(path, data={TOKEN_FIELD: self.token, **(fields or {})}, headers=headers)


def reviewer(site: Site, role: Role = Role.ANNOTATEUR, name: str = "Ines") -> Reviewer:
    """Give the client of a site the session of a new account."""
    add_account(site.database, name, role, site.clock())
    return sign_in(site, name)


def sign_in(site: Site, name: str) -> Reviewer:
    """Give the client of a site a session of an account, without the form."""
    sessions = Sessions(site.settings.secret(), site.clock)
    cookie = session_of(sessions, Accounts(site.database, site.clock), name)
    site.client.cookies.set(COOKIE, cookie, path="/revue")
    session = sessions.read(Request({"type": "http", "headers": [(b"cookie", f"{COOKIE}={cookie}".encode())]}), secure=False)
    assert session is not None
    return Reviewer(site.client, sessions.token(session))


def session_of(sessions: Sessions, accounts_there: Accounts, name: str) -> str:
    """The cookie of a new session of an account."""
    response, account = Response(), accounts_there.find(name)
    assert account is not None
    sessions.open(response, account, secure=False)
    return response.headers["set-cookie"].split(";")[0].partition("=")[2]


def store_conversation(database: Database, name: str, said: Sequence[Mapping[str, Any]] = (), at: datetime = NOW, **columns: Any) -> None:
    """A conversation in the read model: `said` are its exchanges, each with what differs from an answered question."""
    rows = [exchange(name, number, at + timedelta(minutes=number), **values) for number, values in enumerate(said, 1)]
    row = {"conversation": name, "channel": SITE, "first_at": at, "last_at": at + timedelta(minutes=len(rows)), "exchanges": len(rows)}
    row |= {
        "outcome": ANSWERED,
        "confidence": min((each["confidence"] for each in rows if each["confidence"] is not None), default=None),
        "unknown": 0,
    }
    row |= {"thumbs_up": 0, "thumbs_down": 0, "priority": ORDINARY, "release": "0123456789ab"}
    with database.begin() as connection:
        connection.execute(insert(conversations).values(**row | columns))
        if rows:
            connection.execute(insert(exchanges), rows)


def exchange(conversation: str, number: int, at: datetime, **values: Any) -> dict[str, Any]:
    """A row of `exchanges`."""
    label = values.get("label", "info/combien.total")
    row = {
        "conversation": conversation,
        "number": number,
        "message_id": f"{conversation}-{number}",
        "at": at,
        "channel": SITE,
        "said": "Quel est le budget ?",
        "reply": "L’enveloppe totale du Programme s’élève à 8 100 000 €.",
        "intent": label.split("/")[0],
        "label": label,
        "confidence": 0.9,
        "ranking": [[label, 0.9], ["info/combien.bruxelles", 0.3], ["voisin/chiffre", 0.1], ["bavardage/saluer", 0.05], ["annuler", 0.01]],
        "entities": [],
        "actions": ["action_repondre"],
        "slots": {},
        "facts": ["combien.total"],
        "source": {"section": "C’est combien ?", "page": "Le Programme", "updated": "2016-03-15"},
        "outcome": ANSWERED,
        "asks": None,
        "release": "0123456789ab",
        "model": "cic",
        "seconds": 0.02,
        "useful": None,
        "first_event": 10 * number,
        "last_event": 10 * number + 5,
    } | values
    return row | {"words": " ".join(words(f"{row['said']}\n{row['reply']}"))}
