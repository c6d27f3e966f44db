"""The desk: takes a turn of a request and does what it asks for outside: records decisions, registers leads.

Promises also what becomes of contact details without a consent. Its effects come in through the constructor.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bot.answers.model import Button, Context, Heard, Message
from bot.config import Settings
from bot.hours import reply_by, say_deadline
from bot.intake import signs
from bot.intake.flow import Intake
from bot.intake.model import CONSENT, OFFER_CORRECTION, QUALIFIED, Dossier, Turn
from bot.mails.providers import is_free, said_of
from bot.records import Records
from bot.routing import Request, Routing
from bot.screening import Decision
from bot.storage import LEAD_KEPT
from bot.texts import Texts


@dataclass(frozen=True)
class Desk:
    """Takes turns. `clock` gives the time of consent, in UTC."""

    intake: Intake
    routing: Routing
    records: Records
    texts: Texts
    settings: Settings
    clock: Callable[[], datetime]

    def take(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """One message of a request, or the one that opens it. Raises AssistantError when something could not be registered."""
        if dossier.asks:
            turn = self.intake.step(heard, dossier, context)
        else:
            turn = self.anew(conversation, heard, dossier, context) or self.intake.open(heard, dossier, context)
        if turn.decided:
            self.record(conversation, turn.dossier, turn.decided, heard.message_id)
        if turn.submits:
            turn = self.submit(conversation, turn, heard.message_id)
        return self.settled(conversation, heard, dossier, turn)

    def anew(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The request that was sent from this conversation, once more and corrected, when the person accepts it.

        What they said of themselves is heard again and decided anew; a consent is asked for like the first time.
        """
        offered, _, field = dossier.offered.partition(":")
        accepts = signs.says_yes(heard) or heard.text == self.texts("demande.bouton")
        if offered != OFFER_CORRECTION or not accepts:
            return None
        told = self.records.told_in(conversation)
        return self.intake.anew(told, field, dossier.number + 1, context) if told else None

    def settled(self, conversation: str, heard: Heard, before: Dossier, turn: Turn) -> Turn:
        """The same turn, once it is promised what becomes of contact details: masked after a silence, or at once without consent."""
        if turn.outcome == QUALIFIED:
            self.records.consented(conversation)
        elif turn.outcome or (before.asks and before.number != turn.dossier.number):
            self.records.mask(conversation)
        elif turn.dossier.asks and turn.dossier.holds_contact:
            self.records.keep_silent_later(conversation, heard.channel)
        return turn

    def record(self, conversation: str, dossier: Dossier, decision: Decision, message_id: str | None) -> None:
        """Keep a decision with its reasons, and the message that led to it."""
        self.routing.record_decision(
            conversation=conversation,
            request_key=_key(conversation, dossier),
            verdict=decision.verdict,
            rule=decision.rule,
            rule_version=decision.version,
            reason=decision.reason,
            profile=dossier.profile.as_json(),
            message_id=message_id,
        )

    def submit(self, conversation: str, turn: Turn, message_id: str | None) -> Turn:
        """Register the request that the person consented to, once, and tell them the truth about it.

        When the turn of an earlier consent was lost, its request may stand under this number. What was corrected since then becomes a
        request of its own, as what is corrected after any other does.
        """
        dossier = turn.dossier
        before: list[str] = []
        while (receipt := self.routing.submit(self.request(conversation, dossier, message_id))).differs:
            before.append(receipt.reference)
            dossier = replace(dossier, number=dossier.number + 1)
        if before and receipt.created:
            self.record(conversation, dossier, self.intake.screening.decide(dossier.profile), message_id)
        key = "demande.enregistree"
        if not receipt.created:
            key = "demande.deja_enregistree"
        elif receipt.status == LEAD_KEPT:
            key = "demande.enregistree_sans_contact"
        elif self.routing.is_mail_delayed():
            key = "demande.enregistree_retard"
        ended = Dossier(number=dossier.number, ended=QUALIFIED, reference=receipt.reference)
        told = [self.texts(key, reference=receipt.reference), self.promised() if receipt.created else ""]
        told += [self.texts("demande.enregistree_avant", reference=reference) for reference in before]
        return replace(turn, messages=(Message(" ".join(filter(None, told))),), dossier=ended)

    def promised(self) -> str:
        """Until when an answer is promised from now on."""
        return promised(self.settings, self.clock(), self.texts)

    def request(self, conversation: str, dossier: Dossier, message_id: str | None = None) -> Request:
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
            remarks=(*decision.remarks, *on_address(dossier.email or "")),
            conversation=conversation,
            request_key=_key(conversation, dossier),
            consent_at=self.clock(),
            message_id=message_id,
        )

    def breakdown(self, dossier: Dossier) -> Message:
        """What is said when something could not be registered: the consent is asked again, or else the last message."""
        if dossier.asks != CONSENT:
            return Message(self.texts("demande.panne_avant"))
        yes = self.texts("demande.boutons.oui")
        return Message(self.texts("demande.panne"), (Button.saying(yes),))


def promised(settings: Settings, now: datetime, texts: Texts) -> str:
    """« Une réponse est prévue au plus tard le … »; empty when the settings promise nothing."""
    day = reply_by(now, settings.reply_days, settings.office_hours, settings.closed_days)
    return texts("demande.delai", echeance=say_deadline(day)) if day else ""


def on_address(address: str) -> tuple[str, ...]:
    """The remark on an address that anybody may have; the domain of an organisation is no remark, the mail names it anyway."""
    said = "ne dit rien de l'appartenance à la commune"
    return (f"Adresse e-mail chez un {said_of(address)} : elle {said}.",) if is_free(address) else ()


def _key(conversation: str, dossier: Dossier) -> str:
    return f"{conversation}:{dossier.number}"
