"""The mails that a request gives rise to, as complete bytes: to the contact person, back to who asked, and about erasure.

Their French stands in the templates of this folder; no mail is sent from here. What was typed by a person reaches a header
only through the address and header types of the standard library, which refuse line breaks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from bot.config import Settings
from bot.hours import reply_by, say_deadline
from bot.mails.providers import said_of
from bot.storage import CODE, CONFIRMATION, CONTACT, COPY, NOTICE
from bot.text import typeset

if TYPE_CHECKING:
    from jinja2 import Environment

_FOLDER = Path(__file__).parent
_ASCII = SMTP.clone(cte_type="7bit")
"""Seven bits only: any mail server takes it, and no relay rewrites it."""
_LONGEST_ADDRESS = 254
"""In characters: what SMTP can carry (RFC 5321, 4.5.3.1.3, less the angle brackets)."""
_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_ADDRESS = re.compile(rf"(?=[^@]{{1,64}}@)(?![=+-]){_ATOM}(\.{_ATOM})*@({_LABEL}\.)+(?=[A-Za-z]){_LABEL}")
"""One plain address with a full domain. A first = + - is refused rather than removed: it would be another address."""


@dataclass(frozen=True)
class Lead:
    """A qualified request as it is kept and told. Texts are clean, on one line; datetimes are in UTC."""

    reference: str
    created_at: datetime
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
    remarques: tuple[str, ...]
    consent_at: datetime

    def fields(self) -> list[tuple[str, str]]:
        """What the person gave, with its French label, in the order in which it is read."""
        return list(lead_fields(self))

    @property
    def provider(self) -> str:
        """Whose provider the address is at, in French."""
        return said_of(self.email)

    @property
    def decision_said(self) -> str:
        """The decision in the words of the contact person."""
        return {"admissible": "admissible", "humain": "à votre appréciation"}.get(self.decision, self.decision)


def lead_fields(lead: Any) -> tuple[tuple[str, str], ...]:
    """What the author of a lead gave, with its French label, in the order in which it is read; `lead` is a Lead, or its row."""
    labels = {
        "nom": "Nom",
        "fonction": "Fonction",
        "commune": "Commune",
        "pays": "Pays",
        "partenaire_de": "Partenaire de",
        "email": "E-mail",
        "telephone": "Téléphone",
        "objet": "Objet de la demande",
    }
    return tuple((label, value) for name, label in labels.items() if (value := getattr(lead, name)))


@dataclass(frozen=True)
class Mail:
    """One outgoing mail: the same bytes and the same Message-ID at every attempt."""

    kind: str
    recipient: str
    message_id: str
    body: bytes


def is_email(text: str) -> bool:
    """Whether `text` is one address that a mail can be sent to, and nothing else."""
    return len(text) <= _LONGEST_ADDRESS and _ADDRESS.fullmatch(text) is not None


def contact_mail(lead: Lead, settings: Settings, recipient: str, now: datetime) -> Mail:
    """The request, complete, for the contact person; answering it writes to the person who asked."""
    message = EmailMessage(_ASCII)
    message["Subject"] = f"[CIC] Demande de {lead.commune} ({lead.reference})"
    message["To"] = _address(settings.contact_name, recipient)
    message["Reply-To"] = _address(lead.nom, lead.email)
    return _finish(message, CONTACT, recipient, lead, settings, now)


def confirmation_mail(lead: Lead, settings: Settings, now: datetime) -> Mail:
    """What was registered, for the person who asked: reference, copy, rule. It gives no address of the contact person."""
    message = EmailMessage(_ASCII)
    message["Subject"] = f"[CIC] Votre demande est enregistrée ({lead.reference})"
    message["To"] = _address(lead.nom, lead.email)
    return _finish(message, CONFIRMATION, lead.email, lead, settings, now)


def code_mail(reference: str, name: str, email: str, code: str, purpose: str, settings: Settings, now: datetime) -> Mail:
    """A one-time code for the address of a lead. `purpose` is « effacer » or « savoir ». Holds nothing else of the lead."""
    message = EmailMessage(_ASCII)
    message["Subject"] = f"[CIC] Votre code ({reference})"
    message["To"] = _address(name, email)
    told = {"reference": reference, "code": code, "purpose": purpose}
    return _complete(message, CODE, email, f"{reference.lower()}.{CODE}.{uuid4().hex[:12]}", told, settings, now)


def copy_mail(lead: Any, ident: str, mailed_at: datetime | None, leaving: bool, settings: Settings, now: datetime) -> Mail:
    """All that is kept of a lead, given as its row, for its own address. `mailed_at` is when it was forwarded.

    `ident` tells it from other copies of this lead, `leaving` holds when it is being forwarded, or when nobody knows whether it was.
    """
    message = EmailMessage(_ASCII)
    message["Subject"] = f"[CIC] Vos données ({lead.reference})"
    message["To"] = _address(lead.nom, lead.email)
    told = {"lead": lead, "fields": lead_fields(lead), "mailed_at": mailed_at, "leaving": leaving}
    return _complete(message, COPY, lead.email, f"{lead.reference.lower()}.{COPY}.{ident}", told, settings, now)


def notice_mail(reference: str, settings: Settings, now: datetime) -> Mail | None:
    """Asks the contact person to delete a request that was forwarded and is erased here; None when nobody is named. Names nobody."""
    if settings.contact_email is None:
        return None
    message = EmailMessage(_ASCII)
    message["Subject"] = f"[CIC] Demande à effacer ({reference})"
    message["To"] = _address(settings.contact_name, settings.contact_email)
    return _complete(message, NOTICE, settings.contact_email, f"{reference.lower()}.{NOTICE}", {"reference": reference}, settings, now)


def say_date(moment: datetime) -> str:
    """The moment in words, in the time of Brussels: « 5 mars 2026 à 9 h 07 »."""
    from babel.dates import format_datetime, get_timezone  # slow to load, and the commands that list need no mail

    return format_datetime(moment, "d MMMM y 'à' H 'h' mm", tzinfo=get_timezone("Europe/Brussels"), locale="fr")


def _finish(message: EmailMessage, kind: str, recipient: str, lead: Lead, settings: Settings, now: datetime) -> Mail:
    told = {"lead": lead, "reply_by": reply_by(lead.created_at, settings.reply_days, settings.office_hours, settings.closed_days)}
    return _complete(message, kind, recipient, f"{lead.reference.lower()}.{kind}", told, settings, now)


def _complete(
    message: EmailMessage, kind: str, recipient: str, ident: str, told: Mapping[str, object], settings: Settings, now: datetime
) -> Mail:
    message_id = f"<{ident}@{settings.mail_from.rpartition('@')[2]}>"
    message["From"] = _address("Assistant CIC", settings.mail_from)
    message["Date"] = now
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(_render(f"{kind}.txt", told, settings))
    message.add_alternative(_render(f"{kind}.html", told, settings), subtype="html")
    message["Content-Language"] = "fr"  # last: a content header set before would move into the first part
    return Mail(kind, recipient, message_id, message.as_bytes())


def _address(name: str, email: str) -> Address:
    user, _, domain = email.rpartition("@")
    return Address(name, user, domain)


def _render(template: str, told: Mapping[str, object], settings: Settings) -> str:
    return _templates().get_template(template).render(settings=settings, **told)


@cache
def _templates() -> Environment:
    from jinja2 import Environment, FunctionLoader, StrictUndefined, select_autoescape  # slow to load, see say_date

    # Our French is typeset here, on loading, so that what the person typed stays as it is: an apostrophe in an address, say
    loader = FunctionLoader(lambda name: typeset((_FOLDER / name).read_text("utf-8")))
    environment = Environment(
        loader=loader, autoescape=select_autoescape(["html"]), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["date"] = say_date
    environment.filters["deadline"] = say_deadline
    return environment
