"""The words of the review: roles, outcomes, priorities, verdicts. Pure; the values stand in the tables, the labels are French."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum

from bot.storage import REVIEWED, SET_ASIDE, TO_DO, UNREAD
from bot.text import NBSP


class Role(IntEnum):
    """What an account may do; each may do what those below it may."""

    LECTEUR = 1
    ANNOTATEUR = 2
    ADMINISTRATEUR = 3

    @property
    def title(self) -> str:
        """The name in the table and for people: « lecteur »."""
        return self.name.lower()

    @classmethod
    def of(cls, title: str) -> Role:
        """The role of a name. Raises KeyError."""
        return cls[title.upper()]


UNMASKING = Role.ANNOTATEUR
"""Who may see personal data, after saying why."""


@dataclass(frozen=True)
class Account:
    """Somebody who reviews. Sessions that were opened before `valid_from` are over."""

    name: str
    role: Role
    valid_from: datetime


STATUSES = {UNREAD: "Non lues", TO_DO: "À faire", REVIEWED: "Revues", SET_ASIDE: "Écartées"}
"""States of a conversation in the inbox."""

ANSWERED, UNKNOWN, DECLINED, ROUTED, ABANDONED, TALK = "repondu", "inconnu", "declinee", "transmise", "abandonnee", "conversation"
OUTCOMES = {
    ANSWERED: "Répondu",
    UNKNOWN: "Sans réponse",
    DECLINED: "Demande déclinée",
    ROUTED: "Demande transmise",
    ABANDONED: "Demande abandonnée",
    TALK: "Conversation seulement",
}
"""How a conversation ended: what counts most of its exchanges. A request that was begun and led to nothing is abandoned."""

CHOICE, NEAR, OFF_TOPIC, SMALL_TALK, FORM, CANCELLED = "choix", "voisin", "hors_sujet", "bavardage", "formulaire", "annulee"
EXCHANGE_OUTCOMES = {
    ANSWERED: "Répondu",
    UNKNOWN: "Pas compris",
    CHOICE: "Choix proposé",
    NEAR: "Absent de la page",
    OFF_TOPIC: "Hors sujet",
    SMALL_TALK: "Politesse",
    FORM: "Question de la demande",
    ROUTED: "Demande transmise",
    DECLINED: "Demande déclinée",
    CANCELLED: "Demande annulée",
}
"""How one exchange ended."""

FAILED_DELIVERY, WAITING_REQUEST, DISLIKED, UNSURE, ORDINARY = range(5)
PRIORITIES = {
    FAILED_DELIVERY: "Envoi en échec",
    WAITING_REQUEST: "Demande à clore",
    DISLIKED: f"Avis{NBSP}: inutile",
    UNSURE: "Compréhension incertaine",
    ORDINARY: "",
}
"""Why a conversation needs a human; the first come first."""
SURE = 0.5
"""Confidence below which the understanding of a message counts as unsure."""

RIGHT, OTHER, NEW_FACT, STRAY, IGNORE = "juste", "autre", "nouveau_fait", "hors_sujet", "ignorer"
VERDICTS = {
    RIGHT: "Juste",
    OTHER: "Autre entrée",
    NEW_FACT: "Fait à ajouter",
    STRAY: "Hors sujet",
    IGNORE: "Ignorer",
}
"""What a reviewer says of the understanding of one message, in the order of their keys 1 to 5."""

SITE = "site"
CHANNELS = {
    SITE: "Site",
    "telegram": "Telegram",
    "messenger": "Messenger",
    "whatsapp": "WhatsApp",
    "slack": "Slack",
    "teams": "Teams",
    "sms": "SMS",
    "courriel": "Courriel",
}
"""Where people write from."""

FIELDS = {
    "profil": "qualité",
    "partenaire_de": "partenaire de",
    "email": "e-mail",
    "telephone": "téléphone",
    "consentement": "accord",
}
"""Fields of a request that people call otherwise than the program does."""
