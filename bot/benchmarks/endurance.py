"""Processes are killed at random moments, again and again, while people write; then both sides of the ledger are compared."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sqlalchemy import select

from bot.benchmarks.cluster import KINDS, Plan, start
from bot.benchmarks.ledger import Balance, balance
from bot.benchmarks.mailbox import Mailbox, open_mailbox
from bot.benchmarks.people import Crowd
from bot.config import Settings
from bot.storage import MAIL_WAITING, Database, outbox, utc_now
from bot.web.conversations import NOT_HANDLED
from bot.web.sessions import Sessions

MAIL_SECONDS = 400.0
"""A mail whose sender was killed in the middle of it is sent again when its lease has run out, after five minutes."""
_PAUSE_SECONDS = (0.3, 3.0)


@dataclass(frozen=True)
class Endured:
    """What was done, and what came of it. `deaths` by the name of the process, as `rasa-0`."""

    deaths: dict[str, int]
    seconds: float
    found: Balance

    def as_dict(self) -> dict[str, Any]:
        """All figures."""
        return {"deaths": self.deaths, "seconds": round(self.seconds, 1), "balance": self.found.as_dict(), "faults": self.found.faults}


def endure(
    plan: Plan, rounds: int, people: int, questions: Sequence[str], folder: Path, tell: Callable[[str], None], seed: int = 0
) -> Endured:
    """Start an assistant, let people write to it, and kill one process in each round."""
    chance, began = random.Random(seed), time.monotonic()  # noqa: S311 - nothing secret
    with open_mailbox() as mailbox, start(replace(plan, settings={**plan.settings, **mail_settings(mailbox)}), folder) as cluster:
        deaths: Counter[str] = Counter()
        with Crowd(cluster.chat, people, questions, seed) as crowd:
            for number in range(1, rounds + 1):
                time.sleep(chance.uniform(*_PAUSE_SECONDS))
                kind, which = chance.choice(KINDS), chance.randrange(plan.sets)
                tell(f"{number} sur {rounds} : {kind}-{which}")
                cluster.kill(kind, which)
                deaths[f"{kind}-{which}"] += 1
                cluster.wait_until_ready()
        tell("Les courriers partent…")
        return Endured(dict(deaths), time.monotonic() - began, strike(cluster.settings, crowd, lambda: mailbox.arrived))


def strike(settings: Settings, crowd: Crowd, arrived: Callable[[], Iterable[str]]) -> Balance:
    """Wait until every mail has left, and strike the balance; `arrived` gives the Message-IDs then."""
    database, sessions = Database(settings.database_url), Sessions(settings.secret(), utc_now)
    deadline = time.monotonic() + MAIL_SECONDS
    while _waiting(database) and time.monotonic() < deadline:
        time.sleep(0.5)

    def conversation(token: str) -> str:
        session = sessions.resume(token)
        return session.conversation if session else ""

    try:
        return balance(crowd.ledger, database, conversation, NOT_HANDLED, arrived())
    finally:
        database.close()


def lines(endured: Endured) -> list[str]:
    """What a person reads."""
    found = endured.found
    deaths = ", ".join(f"{name} {count}" for name, count in sorted(endured.deaths.items()))
    kept = f"{found.messages} messages, {found.requests} demandes, {found.sent_again} envois répétés, {found.mails} courriers"
    if found.mails_again:
        kept += f", dont {found.mails_again} une seconde fois sous le même Message-ID (le serveur web est mort pendant l'envoi)"
    faults = ", ".join(f"{name} {count}" for name, count in found.faults.items())
    return [f"Morts : {deaths} ({endured.seconds:.0f} s)", kept, f"Fautes : {faults}" if faults else "Rien n'est perdu, rien n'est double."]


def mail_settings(mailbox: Mailbox) -> dict[str, str]:
    """Settings of an assistant whose mails go there."""
    return {
        "CIC_CONTACT_EMAIL": "contact@association.example",
        "CIC_MAIL_FROM": "assistant@association.example",
        "CIC_SMTP_HOST": "127.0.0.1",
        "CIC_SMTP_PORT": str(mailbox.port),
    }


def _waiting(database: Database) -> bool:
    with database.read() as connection:
        return connection.execute(select(outbox.c.id).where(outbox.c.status == MAIL_WAITING).limit(1)).first() is not None
