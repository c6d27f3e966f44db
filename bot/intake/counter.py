"""The counter: where every message is received. Rights first, then the open request, then what was asked of an earlier one, then answers.

The one place that knows in which order these are tried; the actions only carry messages to it and turns away from it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from bot.answers.model import Answers, Context, Heard, Message
from bot.intake import signs
from bot.intake.desk import Desk
from bot.intake.follow_up import FollowUp, asks_about_request
from bot.intake.model import CANCELLED, DECLINED, OFFER_ERASURE, Dossier, Turn
from bot.intake.reception import Reception
from bot.intake.rights import Rights, asks_about_erasing
from bot.text import fold

_PLEADS = re.compile(
    r"\b(?:mais|pourtant|quand meme|exception|insist\w*|allez|svp|s'il vous plait|contact\w*|parler a|responsable|reniers|injuste"
    r"|aidez|besoin)\b"
)
"""What is said against a refusal."""
_RESUMES = re.compile(
    r"\b(?:continu\w*|repren\w*|poursuiv\w*|relanc\w*)\b.{0,25}\b(?:demande|formulaire|questions?|procedure)\b"
    r"|\bfinalement (?:oui|si|je (?:le |la )?veux|on (?:y va|continue|reprend|le fait|la fait))\b"
)
"""« Finalement, je veux continuer ma demande »: after it was given up."""
_RESUMES_NOT = re.compile(
    r"\b(?:veux|voudrais|souhaite|vais|peux|faut|compte) (?:pas|plus|rien|jamais|arreter|annuler|abandonner|laisser)\b"
    r"|\b(?:ne|inutile de|pas la peine de) (?:continu|repren|poursuiv|relanc)\w+|\b(?:veux|souhaite) (?:que vous )?effac\w+"
)
_ERASABLE = re.compile(
    r"\b(?:les|mes|tout|messages|donnees|demander a) ?(?:a )?(?:effac|supprim)\w+|\b(?:effac"
    r"|supprim)\w+ (?:apres|plus tard|mes|les|tout)\b"
)
_SEEKS_LISTENER = re.compile(
    r"\b(?:lignes?|numeros?|centres?|services?) (?:d'ecoute|d'aide|de prevention|d'urgence)\b|\betre ecoutee?s?\b|\btele[- ]?accueil\b"
    r"|\bparler a quelqu'un\b.{0,20}\b(?:maintenant|tout de suite|cette nuit|ce soir)\b"
)
"""« C'est quel numéro pour parler à quelqu'un maintenant ? », asked by somebody in distress whose request was refused."""
PRESENTATION = "se_presenter"
"""The intent of somebody who only says who they are."""


@dataclass(frozen=True)
class Counter:
    """Receives messages."""

    rights: Rights
    desk: Desk
    reception: Reception
    follow_up: FollowUp
    answers: Answers

    def opens(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether a message that Rasa did not take for a request opens one: a changed story, a yes to our offer."""
        if dossier.asks:
            return False
        accepts = dossier.offers_request and signs.says_yes(heard)
        resumes = dossier.ended == CANCELLED and _resumes(heard.text)
        return accepts or resumes or self.reception.reopens(heard, dossier)

    def take(self, conversation: str, heard: Heard, dossier: Dossier, context: Context, requests: bool) -> Turn:
        """What a message leads to. `requests`: Rasa took it for a request, or one is open. Raises AssistantError."""
        if turn := self.rights.take(conversation, heard, dossier, context):
            return self.desk.settled(conversation, heard, dossier, self.back_to_question(turn))
        if dossier.offered == OFFER_ERASURE:
            dossier = replace(dossier, offered="")  # it holds for one message only
        if not dossier.asks and (turn := self.about_request(conversation, heard, dossier, context)):
            return turn
        if dossier.asks and asks_about_erasing(heard.text):
            told = (Message(self.desk.texts("donnees")),)
            return self.desk.settled(conversation, heard, dossier, self.desk.intake.speaking.answer_and_ask(told, dossier, context))
        if requests or dossier.asks or self.opens(heard, dossier):
            return self.desk.take(conversation, heard, dossier, context)
        return self.answered(heard, dossier, context)

    def back_to_question(self, turn: Turn) -> Turn:
        """The same turn and, where it interrupted a request and asks nothing itself, the open question again."""
        asks_itself = bool(turn.dossier.offered) or any(message.buttons for message in turn.messages)
        if turn.dossier.asks is None or turn.erases or asks_itself:
            return turn
        return self.desk.intake.speaking.answer_and_ask(turn.messages, turn.dossier, turn.context)

    def about_request(self, conversation: str, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« C'est parti ? », from somebody who has made a request here."""
        if not dossier.reference or not asks_about_request(heard.text):
            return None
        leads = self.rights.records.leads_of(conversation)
        return self.follow_up.take(heard, leads, replace(dossier, offered=""), context, self.desk.promised()) if leads else None

    def answered(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """An answer to everything that is no request; who somebody says to be is remembered, so that it is not asked later."""
        listening = replace(self.reception.overhears(heard, dossier), offered="")
        if _ERASABLE.search(fold(heard.text)) and "?" in heard.text:
            return Turn((Message(self.desk.texts("donnees")),), listening, context)
        if dossier.ended == DECLINED and _SEEKS_LISTENER.search(fold(heard.text)):
            return Turn((Message(self.desk.texts("hors_sujet.detresse")),), listening, context)
        if heard.intent == PRESENTATION and (introduced := self.reception.introduce(heard, listening)):
            asked = self.answers.asked_beside(heard)
            return replace(introduced, messages=asked.messages + introduced.messages, context=asked.context) if asked else introduced
        said = self.answers.reply(heard, context)
        if not any(message.source for message in said.messages) and (introduced := self.reception.welcomes(heard, listening)):
            return introduced
        if dossier.ended == DECLINED and _PLEADS.search(fold(heard.text)) and not any(message.source for message in said.messages):
            return Turn((Message(self.desk.texts("demande.refusee_encore")),), listening, said.context)
        return Turn(said.messages, listening, said.context)


def _resumes(text: str) -> bool:
    said = fold(text)
    return _RESUMES.search(said) is not None and _RESUMES_NOT.search(said) is None
