"""Routes a qualified request: the lead and its mails, written in one transaction, once per request.

Believes nobody: what was decided and checked before is checked again here. Sends nothing itself (see bot.outbox).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import datetime
from random import Random, SystemRandom
from typing import Any

from sqlalchemy import delete, exists, insert, select, update
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError

from bot.config import Settings
from bot.errors import RequestError, StorageError
from bot.mails import Lead, confirmation_mail, contact_mail, is_email
from bot.mails.posting import post
from bot.storage import CONFIRMATION, CONTACT, LEAD_KEPT, LEAD_WAITING, MAIL_WAITING, Database, decisions, leads, outbox
from bot.text import clean, defuse, typeset

ADMISSIBLE = frozenset({"admissible", "humain"})
"""Verdicts that are routed: admitted, and left to the judgement of the contact person (a remark says so)."""
LIMITS = {
    "nom": 120,
    "fonction": 160,
    "commune": 120,
    "pays": 60,
    "telephone": 40,
    "objet": 1000,
    "partenaire_de": 200,
}
"""The longest text kept of what a person typed, in characters; an address is refused rather than cut."""
TOLD = (*LIMITS, "email")
"""What a person tells for a lead."""
_SENTENCE = 1000
"""The longest sentence of ours, in characters: reason, rule, remark."""
_LETTERS = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""No 0 O 1 I L U: a reference is read out on the telephone."""
_COLUMNS = (
    *("id", "reference", "created_at", "status", "nom", "fonction", "commune", "pays", "email", "telephone", "objet"),
    *("partenaire_de", "decision", "remarques", "consent_at", "conversation"),
)
"""What `leads()` gives of a lead, in this order: other programs rely on it."""


@dataclass(frozen=True)
class Request:
    """A request for contact, decided and consented to. `rule` is the sentence of the page that the decision rests on.

    `message_id` is the message of the consent.
    """

    nom: str
    fonction: str
    commune: str
    pays: str
    email: str
    telephone: str | None
    objet: str
    partenaire_de: str | None
    decision: str
    reason: str
    rule: str
    rule_version: str
    remarks: tuple[str, ...]
    conversation: str
    request_key: str
    consent_at: datetime
    message_id: str | None = None


@dataclass(frozen=True)
class Receipt:
    """What the person may be told: the reference, and the status of the lead (see bot.storage).

    `created`: by the message of this request, now or when it was handled before. `differs`: the lead has the key of this request and
    was told otherwise; nothing was written.
    """

    reference: str
    created: bool
    status: str
    differs: bool = False


def admit(request: Request) -> Request:
    """Return the request with all its texts made safe to store, mail and open in a spreadsheet; refuse what may not pass."""
    _refuse_undecided(request)
    texts: dict[str, Any] = {name: _safe(getattr(request, name), limit) for name, limit in LIMITS.items()}
    ours: dict[str, Any] = {name: typeset(_safe(getattr(request, name), _SENTENCE)) for name in ("reason", "rule")}
    remarks = tuple(typeset(_safe(remark, _SENTENCE)) for remark in request.remarks)
    optional: dict[str, Any] = {name: texts[name] or None for name in ("telephone", "partenaire_de")}
    request = replace(request, **{**texts, **ours, **optional}, email=clean(request.email), remarks=remarks)
    if not is_email(request.email):
        raise RequestError("L'adresse e-mail n'est pas valable : la demande ne peut pas être transmise.")
    if not request.commune:
        raise RequestError("Il manque le nom de la commune : la demande ne peut pas être transmise.")
    return request


def _refuse_undecided(request: Request) -> None:
    if request.decision not in ADMISSIBLE:
        raise RequestError("Cette demande n'a pas été jugée admissible : elle ne peut pas être transmise.")
    if not isinstance(request.consent_at, datetime) or request.consent_at.tzinfo is None:
        raise RequestError("Il manque le consentement de la personne, avec sa date : la demande ne peut pas être transmise.")
    if not request.request_key or not request.conversation:
        raise RequestError("La demande n'est liée à aucune conversation : elle ne peut pas être transmise.")


def _safe(text: str | None, limit: int) -> str:
    return defuse(clean(text or "", limit))


class Routing:
    """Keeps requests and tells what became of them. `rng` makes the references, and has to be unguessable."""

    def __init__(self, database: Database, settings: Settings, clock: Callable[[], datetime], rng: Random | None = None) -> None:
        self._database = database
        self._settings = settings
        self._clock = clock
        self._rng = rng or SystemRandom()

    def submit(self, request: Request) -> Receipt:
        """Register the request with its mails, all or nothing; the same `request_key` again only gives a receipt.

        Raises RequestError for a request that may not be routed, StorageError when the database is away.
        """
        request = admit(request)
        try:
            with self._database.begin() as connection:
                return self._known(connection, request) or self._register(connection, request)
        except IntegrityError as error:
            # On PostgreSQL another process may have registered the same request between our look and our insert
            with self._database.read() as connection:
                receipt = self._known(connection, request)
            if receipt is None:
                raise StorageError("La demande n'a pas pu être enregistrée : la base de données la refuse.") from error
            return receipt

    def forward_kept(self) -> int:
        """Prepare the mails to the contact person for the leads kept while nobody was named; return how many."""
        recipient = self._settings.contact_email
        if recipient is None:
            return 0
        now = self._clock()
        with self._database.begin() as connection:
            kept = connection.execute(select(leads).where(leads.c.status == LEAD_KEPT).with_for_update()).mappings().all()
            for row in kept:
                mail = contact_mail(_lead(row), self._settings, recipient, now)
                post(connection, mail, now, row["id"])
            connection.execute(update(leads).where(leads.c.id.in_([row["id"] for row in kept])).values(status=LEAD_WAITING))
        return len(kept)

    def record_decision(
        self,
        conversation: str,
        request_key: str,
        verdict: str,
        rule: str,
        rule_version: str,
        reason: str,
        profile: Mapping[str, object],
        message_id: str | None = None,
    ) -> None:
        """Keep one decision of the screening, whichever it was, with the profile that it was made on (JSON values only).

        A message that is handled again replaces its own: what counts is what the person reads in the end.
        """
        row = {"conversation": conversation, "request_key": request_key, "verdict": verdict, "rule": rule}
        row |= {"rule_version": rule_version, "reason": reason}
        lost = (decisions.c.conversation == conversation) & (decisions.c.request_key == request_key)
        with self._database.begin() as connection:
            if message_id is not None:
                connection.execute(delete(decisions).where(lost & (decisions.c.message_id == message_id)))
            connection.execute(insert(decisions).values(**row, profile=dict(profile), created_at=self._clock(), message_id=message_id))

    def leads(self) -> list[dict[str, Any]]:
        """All leads, oldest first, ready for JSON, with the keys that `cic leads --json` promises."""
        with self._database.read() as connection:
            rows = connection.execute(select(*(leads.c[name] for name in _COLUMNS)).order_by(leads.c.id)).mappings().all()
        return [{name: value.isoformat() if isinstance(value, datetime) else value for name, value in row.items()} for row in rows]

    def status_of(self, reference: str) -> str | None:
        """The status of a lead, or None when no lead has this reference."""
        with self._database.read() as connection:
            status: str | None = connection.execute(select(leads.c.status).where(leads.c.reference == reference.strip().upper())).scalar()
        return status

    def is_mail_delayed(self) -> bool:
        """Whether a mail that requests wait for has failed at least once and is still to be sent.

        That is the mail to the contact person; while nobody is named, the confirmation.
        """
        kind = CONTACT if self._settings.contact_email else CONFIRMATION
        failed = (outbox.c.kind == kind) & (outbox.c.status == MAIL_WAITING) & outbox.c.last_error.is_not(None)
        with self._database.read() as connection:
            return bool(connection.execute(select(exists().where(failed))).scalar())

    def _known(self, connection: Connection, request: Request) -> Receipt | None:
        row = connection.execute(select(leads).where(leads.c.request_key == request.request_key)).mappings().first()
        if row is None:
            return None
        differs = any(row[name] != getattr(request, name) for name in TOLD)
        again = not differs and request.message_id is not None and row["message_id"] == request.message_id
        return Receipt(row["reference"], created=again, status=row["status"], differs=differs)

    def _register(self, connection: Connection, request: Request) -> Receipt:
        now = self._clock()
        lead = _lead({**asdict(request), "reference": self._reference(now), "created_at": now, "remarques": request.remarks})
        recipient = self._settings.contact_email
        status = LEAD_WAITING if recipient else LEAD_KEPT
        keys = {name: getattr(request, name) for name in ("request_key", "conversation", "message_id")} | {"status": status}
        lead_id = connection.execute(insert(leads).values(**asdict(lead), **keys)).inserted_primary_key[0]
        if recipient:
            post(connection, contact_mail(lead, self._settings, recipient, now), now, lead_id)
        post(connection, confirmation_mail(lead, self._settings, now), now, lead_id)
        return Receipt(lead.reference, created=True, status=status)

    def _reference(self, now: datetime) -> str:
        return f"CIC-{now.year}-{''.join(self._rng.choices(_LETTERS, k=6))}"


def _lead(row: Mapping[str, Any]) -> Lead:
    values = {f.name: row[f.name] for f in fields(Lead)}
    return Lead(**values | {"remarques": tuple(values["remarques"])})
