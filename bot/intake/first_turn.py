"""The first turn of a request: from the message that asks for it, or from an earlier request that is put right. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from bot.answers.model import Answers, Button, Context, Heard, Message
from bot.intake import signs
from bot.intake.gathering import gathered, subject_of
from bot.intake.model import CONFIRMATION, CONTACT, DECLINED, OFFER_REQUEST, WHO_AND_WHERE, Dossier, Turn
from bot.intake.opening import introduced, purpose
from bot.intake.screening import Screening
from bot.intake.speaking import Speaking
from bot.intake.subjects import wants
from bot.screening import NOT_ADMISSIBLE, Profile
from bot.texts import Texts

CLEAR_REQUEST = 0.0
"""Margin from which a message that also asks a question counts as a request beside it."""


@dataclass(frozen=True)
class FirstTurn:
    """Opens requests."""

    screening: Screening
    answerer: Answers
    texts: Texts
    speaking: Speaking

    def open(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """Begin a request with the message that asks for it; what it already says is not asked again.

        After a refusal the earlier statements are kept, so that a changed story shows; otherwise nothing is inherited.
        """
        beside_it = self.answerer.asked_beside(heard)
        if beside_it and heard.whole.score < CLEAR_REQUEST and not dossier.offered:
            return Turn(beside_it.messages, dossier, beside_it.context)
        if signs.vents_anger(heard) and not wants(heard.text) and not self.screening.says_who(heard.text):
            return self.soothed(dossier, context)
        turn = self.screened(heard, dossier, beside_it.context if beside_it else context)
        if signs.wants_human(heard) and turn.messages:
            turn = self.told_first(self.texts("demande.humain"), turn)
        answers = tuple(replace(message, buttons=()) for message in beside_it.messages) if beside_it else ()
        return replace(turn, messages=answers + turn.messages)

    def anew(self, told: Mapping[str, str], field: str, number: int, context: Context) -> Turn:
        """A request that holds what an earlier one did, decided anew; `field` is asked for, and the rest is read back."""
        known = Dossier(number=number, profile=self.screening.said_again(told), telephone=told.get("telephone", ""))
        known = replace(known, nom=told.get("nom"), email=told.get("email"), objet=told.get("objet"))
        turn = self.speaking.advance(known.without(field) if field in CONTACT else known, context)
        if field not in WHO_AND_WHERE or turn.dossier.asks != CONFIRMATION:
            return turn
        notice = self.texts("demande.avis", jours=self.speaking.retention_days)
        return replace(self.speaking.ask(replace(turn.dossier, asks=field), context, notice), decided=turn.decided)

    def soothed(self, dossier: Dossier, context: Context) -> Turn:
        """The answer to anger that asks for nothing: no request is opened for it, but one is offered."""
        message = Message(self.texts("demande.colere"), (Button.saying(self.texts("demande.bouton")),))
        return Turn((message,), replace(dossier, offered=OFFER_REQUEST), context)

    def told_first(self, text: str, turn: Turn) -> Turn:
        """The same turn with a sentence before what it says."""
        first, *rest = turn.messages
        return replace(turn, messages=(replace(first, text=f"{text}\n\n{first.text}"), *rest))

    def screened(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """The first turn of a request, from what the person has said of themselves so far."""
        again = dossier.ended == DECLINED and not signs.hands_over(heard)
        if dossier.ended == DECLINED and not again:
            kept = dossier.of_another()
        else:
            kept = dossier.profile if again or not dossier.ended else Profile()
        profile = self.screening.hear(kept, heard.text)
        if again and profile == kept and self.screening.decide(profile).verdict == NOT_ADMISSIBLE:
            fresh = Dossier(number=dossier.number + 1, profile=profile, ended=DECLINED)
            return Turn((Message(self.texts("demande.refusee_encore")),), fresh, context, DECLINED)
        if again:
            profile = self.screening.changed_after_refusal(kept, profile)
        return self.speaking.advance(self.fresh(heard, dossier.number + 1, profile), context)

    def fresh(self, heard: Heard, number: int, profile: Profile) -> Dossier:
        """A new dossier with everything that the opening gives: name, address, number, subject."""
        name = introduced(heard, self.screening.names_function)
        known = Dossier(number=number, profile=profile, nom=None if name and self.screening.names_something_else(name) else name)
        known = gathered(known, heard.text)
        return replace(known, objet=subject_of(heard.text, known) if purpose(heard.text) else None)
