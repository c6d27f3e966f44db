"""The desk: takes a turn of a request and does what it asks for outside: records decisions, registers leads.

The one place of the intake with effects; they come in through the constructor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.answers.model import Button, Context, Heard, Message
from bot.intake.flow import Intake
from bot.intake.model import CONSENT, QUALIFIED, Dossier, Turn
from bot.routing import Request, Routing
from bot.screening import Decision
from bot.storage import LEAD_KEPT
from bot.texts import Texts


@dataclass(frozen=True)
class Desk:
    """Takes turns. `clock` gives the time of consent, in UTC."""

    intake: Intake
    routing: Routing
    texts: Texts
    clock: Callable[[], datetime]

    def take(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """One message of a request, or the one that opens it. Raises AssistantError when something could not be registered."""
        turn = self.intake.step(heard, dossier, context) if dossier.asks else self.intake.open(heard, dossier, context)
        if turn.decided:
            self.record(conversation, turn.dossier, turn.decided)
        return self.submit(conversation, turn) if turn.submits else turn

    def record(self, conversation: str, dossier: Dossier, decision: Decision) -> None:
        """Keep a decision with its reasons."""
        self.routing.record_decision(
            conversation=conversation,
            request_key=_key(conversation, dossier),
            verdict=decision.verdict,
            rule=decision.rule,
            rule_version=decision.version,
            reason=decision.reason,
            profile=dossier.profile.as_json(),
        )

    def submit(self, conversation: str, turn: Turn) -> Turn:
        """Register the request that the person consented to, once, and tell them the truth about it."""
        receipt = self.routing.submit(self.request(conversation, turn.dossier))
        key = "demande.enregistree"
        if not receipt.created:
            key = "demande.deja_enregistree"
        elif receipt.status == LEAD_KEPT:
            key = "demande.enregistree_sans_contact"
        elif self.routing.is_mail_delayed():
            key = "demande.enregistree_retard"
        ended = Dossier(number=turn.dossier.number, ended=QUALIFIED, reference=receipt.reference)
        return replace(turn, messages=(Message(self.texts(key, reference=receipt.reference)),), dossier=ended)

    def request(self, conversation: str, dossier: Dossier) -> Request:
        """The request as it is registered; the decision is taken once more, on what is known now."""
        decision = self.intake.screening.decide(dossier.profile)
        values = {name: dossier.value_of(name) or "" for name in ("nom", "fonction", "commune", "pays", "email", "objet")}
        return Request(
            **values,
            telephone=dossier.telephone or None,
            partenaire_de=dossier.value_of("partenaire_de"),
            decision=decision.verdict,
            reason=decision.reason,
            rule=self.texts("demande.regle"),
            rule_version=f"{decision.rule}, table {decision.version}",
            remarks=decision.remarks,
            conversation=conversation,
            request_key=_key(conversation, dossier),
            consent_at=self.clock(),
        )

    def breakdown(self, dossier: Dossier) -> Message:
        """What is said when something could not be registered: the consent is asked again, or else the last message."""
        if dossier.asks != CONSENT:
            return Message(self.texts("demande.panne_avant"))
        yes = self.texts("demande.boutons.oui")
        return Message(self.texts("demande.panne"), (Button(yes, yes),))


def _key(conversation: str, dossier: Dossier) -> str:
    return f"{conversation}:{dossier.number}"
