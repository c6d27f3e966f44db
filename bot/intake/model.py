"""The values of a request for contact while it is being made: what is known, what is asked, what a turn says. Frozen, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields, replace
from typing import Any

from bot.answers.model import Context, Message
from bot.screening import Decision, Profile
from bot.screening.profile import describe

SCREENING = ("profil", "fonction", "commune", "pays", "partenaire_de")
"""Fields that the decision needs, asked first and in the order that the decision gives."""
CONTACT = ("nom", "email", "telephone", "objet")
"""Fields of the person, asked only once the request is admissible, in this order."""
WHO_AND_WHERE = frozenset({"fonction", "commune", "pays"})
"""Fields of the decision that are read back at the recap, and put right there."""
CONFIRMATION, CONSENT = "confirmation", "consentement"
PARTNER = "partenaire direct"
"""The function of somebody who writes for an organisation and named no function."""
QUALIFIED, DECLINED, CANCELLED = "qualified", "declined", "cancelled"
"""How a request ends."""
OFFER_REQUEST, OFFER_ERASURE = "demande", "effacement"
"""What the assistant proposed last, outside a request."""
OFFER_CORRECTION = "correction"
"""The same: a new request that holds what the last one did, but for the field behind a colon (« correction:email »), if one is named."""


@dataclass(frozen=True)
class Dossier:
    """A request in the making.

    `asks` is the field waited for, None when no request is open; `doubt` the value to be confirmed for it. `tries` counts
    answers in a row that could not be used. `telephone` is "" when the person prefers none. `ended` is how the last one ended.
    `former_name` is the name that is asked again because it was wrong: a first name alone then puts right only the first name.
    `offered` is what a yes outside a request would lead to (OFFER_REQUEST, OFFER_ERASURE, OFFER_CORRECTION), or what an open
    request waits for beside its question (OFFER_ERASURE, bot.intake.rights.AWAITS_CODE).
    """

    number: int = 0
    profile: Profile = field(default_factory=Profile)
    asks: str | None = None
    doubt: str = ""
    confirmed_place: str = ""
    nom: str | None = None
    email: str | None = None
    telephone: str | None = None
    objet: str | None = None
    informed: bool = False
    tries: int = 0
    ended: str = ""
    reference: str = ""
    offered: str = ""
    former_name: str = ""

    def as_json(self) -> dict[str, Any]:
        """For a Rasa slot."""
        return asdict(self) | {"profile": self.profile.as_json()}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any] | None) -> Dossier:
        """What `as_json` gave; nothing counts as a fresh dossier."""
        values = dict(raw or {})
        return cls(**values | {"profile": Profile.from_json(values.get("profile"))})

    @property
    def offers_request(self) -> bool:
        """Whether a yes opens a request."""
        return self.offered == OFFER_REQUEST or self.offered.startswith(OFFER_CORRECTION)

    @property
    def at_recap(self) -> bool:
        """Whether all is known and waits for the confirmation or the consent."""
        return self.asks in {CONFIRMATION, CONSENT}

    @property
    def holds_contact(self) -> bool:
        """Whether something was given, or is being asked, that answers the person: it must not be kept without consent."""
        given = (self.nom, self.email, self.telephone, self.objet)
        return any(value is not None for value in given) or bool(self.former_name) or self.asks in CONTACT or self.at_recap

    def of_another(self) -> Profile:
        """The profile of somebody else who goes on here: nothing is known, but as what an earlier person was refused."""
        return Profile(predecessor=describe(self.profile) if self.ended == DECLINED else self.profile.predecessor)

    def with_field(self, name: str, value: str | None) -> Dossier:
        """The dossier with one of the contact fields set. Raises ValueError for another name."""
        if name not in CONTACT:
            raise ValueError(name)
        known = {item.name: getattr(self, item.name) for item in fields(self)}
        return Dossier(**known | {name: value})

    def without(self, name: str) -> Dossier:
        """The dossier of which a contact field is asked again, because it was wrong."""
        former = self.nom or "" if name == "nom" else self.former_name
        return replace(self.with_field(name, None), former_name=former, doubt="", tries=0)

    def value_of(self, name: str) -> str | None:
        """The value of a field of contract.md, for the slot of that name."""
        if name in CONTACT:
            value: str | None = getattr(self, name)
            return value
        partner = self.profile.partner_of
        known = {
            "profil": self.profile.kind,
            "fonction": self.profile.function or (PARTNER if partner else None),
            "commune": self.profile.commune or (partner.name if partner else None),
            "pays": self.profile.pays,
            "partenaire_de": partner.name if partner else None,
        }
        return known.get(name)


@dataclass(frozen=True)
class Turn:
    """What one message leads to. `submits`: the person consented, the caller registers the request. `decided`: to be recorded.

    `erases`: all of this conversation is to be forgotten, so that nothing of the turn itself is kept either.
    """

    messages: tuple[Message, ...]
    dossier: Dossier
    context: Context
    outcome: str | None = None
    submits: bool = False
    decided: Decision | None = None
    erases: bool = False
