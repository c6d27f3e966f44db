"""A qualified request, settings and a clock for the tests of what happens to it. Nobody here exists."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bot.config import Settings
from bot.routing import Request

NOW = datetime(2026, 3, 5, 8, 7, tzinfo=timezone.utc)
CONTACT_EMAIL = "contact@association.example"
REQUEST = Request(
    nom="Awa Exemple",
    fonction="échevine de la Coopération",
    commune="Ixelles",
    pays="Belgique",
    email="awa@commune.example",
    telephone="+32 2 000 00 00",
    objet="Nous aimerions proposer un expert de l'état civil.",
    partenaire_de=None,
    decision="admissible",
    reason="La personne est mandataire d'une commune belge.",
    rule="Seules les demandes introduites par les autorités locales seront prises en considération.",
    rule_version="2016-03-15",
    remarks=("Commune non reconnue : à confirmer.",),
    conversation="-conversation-1",
    request_key="conversation-1/1",
    consent_at=NOW - timedelta(minutes=1),
)


def sample_request(**changes: Any) -> Request:
    return replace(REQUEST, **changes)


def sample_settings(folder: Path, **changes: Any) -> Settings:
    settings = Settings(
        data_dir=folder,
        database_url=f"sqlite:///{folder / 'cic.sqlite'}",
        contact_email=CONTACT_EMAIL,
        contact_name="Camille Contact",
        mail_from="assistant@association.example",
    )
    return replace(settings, **changes)


class Clock:
    """Time that only moves when a test says so."""

    def __init__(self, now: datetime = NOW) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, step: timedelta) -> None:
        self.now += step
