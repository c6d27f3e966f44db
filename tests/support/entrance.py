"""Signing in to the review application as a browser does: by its page, with its form."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from html import unescape

import httpx
from argon2 import PasswordHasher

from bot.review.accounts import Accounts
from bot.review.model import Account, Role
from bot.review.passwords import Passwords
from bot.storage import Database

PATH = "/revue/connexion"
RIGHT, WRONG = "trois-moulins-rouges", "quatre-moulins-verts"
CHEAP = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
"""Hashes that are quick to verify; the application makes a strong one of each when its password comes."""


def add_person(database: Database, clock: Callable[[], datetime], name: str = "ines", role: Role = Role.ANNOTATEUR) -> Account:
    """An account that opens with RIGHT."""
    return Accounts(database, clock, CHEAP).add(name, role, RIGHT)


def hidden(html: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'<input type="hidden" name="{name}" value="([^"]*)"', html)
    assert found
    return unescape(found[1])


async def sign_in(client: httpx.AsyncClient, name: str, password: str, suite: str = "", **headers: str) -> httpx.Response:
    """Open the page, fill in its form and send it."""
    html = (await client.get(PATH, params={"suite": suite}, headers=headers)).text
    fields = {"nom": name, "mot_de_passe": password, "jeton": hidden(html, "jeton"), "suite": hidden(html, "suite")}
    return await client.post(PATH, data=fields, headers=headers)
