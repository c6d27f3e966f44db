"""Requests and their mails as routing and the outbox leave them, without a dialogue that made them. Nobody here exists."""

from __future__ import annotations

from datetime import timedelta
from itertools import count
from typing import Any

from sqlalchemy import insert

from bot.storage import CONTACT, LEAD_WAITING, MAIL_WAITING, Database, decisions, leads, outbox
from support.reviewer import NOW

NAME, ADDRESS, TELEPHONE = "Awa Kwizera-Exemple", "awa.kwizera@commune.example", "+32 470 00 11 22"
_numbers = count(1)


def store_lead(database: Database, reference: str = "CIC-2026-AAAAAA", **changes: Any) -> int:
    """A request with one decision, in the words of its author; return its id."""
    row = {
        "reference": reference,
        "request_key": f"{reference}/1",
        "created_at": NOW,
        "status": LEAD_WAITING,
        "nom": NAME,
        "fonction": "échevine de la Coopération",
        "commune": "Ixelles",
        "pays": "Belgique",
        "email": ADDRESS,
        "telephone": TELEPHONE,
        "objet": "Proposer un expert de l’état civil.",
        "partenaire_de": None,
        "decision": "admissible",
        "reason": "La personne est mandataire d’une commune belge.",
        "rule": "Seules les demandes introduites par les autorités locales seront prises en considération.",
        "remarques": [],
        "consent_at": NOW - timedelta(minutes=1),
        "conversation": f"conversation-{reference}",
    } | changes
    profile = {"kind": "mandataire", "function": row["fonction"], "place": {"name": row["commune"], "known": True}, "contradictions": []}
    decided = {"conversation": row["conversation"], "request_key": row["request_key"], "verdict": row["decision"], "rule": "mandataire"}
    decided |= {"rule_version": "1", "reason": row["reason"], "profile": profile, "created_at": row["created_at"]}
    with database.begin() as connection:
        connection.execute(insert(decisions).values(**decided))
        return int(connection.execute(insert(leads).values(**row)).inserted_primary_key[0])


def store_mail(database: Database, lead_id: int, kind: str = CONTACT, **changes: Any) -> int:
    """A mail of a request that waits; return its id."""
    row = {"lead_id": lead_id, "kind": kind, "recipient": "contact@association.example", "message_id": f"<{next(_numbers)}@x.example>"}
    row |= {"body": b"Subject: x", "status": MAIL_WAITING, "due_since": NOW, "next_attempt_at": NOW, **changes}
    with database.begin() as connection:
        return int(connection.execute(insert(outbox).values(**row)).inserted_primary_key[0])
