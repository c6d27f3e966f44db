"""How a request is told in French: its mails, and what its author said of themselves. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bot.outbox import EXPIRED, FAILED, LATE, SENDING, WAITING
from bot.storage import CODE, CONFIRMATION, CONTACT, COPY, MAIL_SENT, NOTICE

MAIL_KINDS = {
    CONTACT: "à la personne de contact",
    CONFIRMATION: "confirmation au demandeur",
    CODE: "code à usage unique au demandeur",
    COPY: "copie de ses données au demandeur",
    NOTICE: "avis d'effacement à la personne de contact",
}
MAIL_STATES = {
    WAITING: "en attente",
    SENDING: "en cours d'envoi",
    LATE: "en retard",
    FAILED: "échec",
    EXPIRED: "expiré",
    MAIL_SENT: "parti",
}
_PROFILE = {
    "kind": "Qualité",
    "type": "Sorte d'organisation",
    "function": "Fonction",
    "place": "Commune",
    "country": "Pays",
    "partner_of": "Partenaire de",
    "partner": "Partenaire direct d'une commune",
    "mandate": "Écrit au nom d'une autorité communale",
    "private": "Écrit à titre privé",
    "several": "Nomme plusieurs communes",
    "contradictions": "A dit autre chose avant",
    "predecessor": "Refusé avant dans la même conversation",
    "silent": "N'a pas voulu dire à quel titre",
    "unplaced_title": "N'a pas dit que la fonction est exercée dans la commune",
}
"""Fields of bot.screening.Profile, in the order in which they are read."""
_KINDS = {
    "mandataire": "mandataire",
    "responsable": "responsable administratif",
    "agent": "membre du personnel communal",
    "mandate": "au nom d'une autorité communale",
    "partenaire_direct": "partenaire direct d'une commune",
    "autre": "autre",
}


def said_of_profile(profile: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What is known of a person in a profile of the screening, each with its French label; what is unknown is left out."""
    return [(label, said) for name, label in _PROFILE.items() if (said := ", ".join(_say(name, profile.get(name))))]


def _say(name: str, value: Any) -> Iterator[str]:
    if isinstance(value, bool):
        yield from (["oui"] if value else ["non"] if name in ("partner", "mandate") else [])
    elif isinstance(value, Mapping):
        said = value.get("name") or value.get("said")
        yield from ([f"{said} (pas dans notre liste)" if not value.get("known") else str(said)] if said else [])
    elif isinstance(value, list):
        yield from (f"« {item} »" for item in value)
    elif value:
        yield _KINDS.get(value, str(value)) if name == "kind" else str(value)
