"""Decisions that can be taken back: what a page says of one, and the signed words by which it is taken back.

What was so before is kept by the page of who decided, in its address, and nowhere else; nobody else can use it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from itsdangerous import BadData, URLSafeSerializer

from bot.review.triage import ASSIGNED, FLAGGED, STATUS, TAGGED, UNTAGGED, Undo
from bot.storage import REVIEWED, SET_ASIDE, TO_DO, UNREAD
from bot.text import typeset
from bot.web.review.addresses import whole_number

LIFETIME = timedelta(minutes=30)
"""How long a decision can be taken back."""
UNDO, DONE = "annuler", "fait"
"""Fields of an address: the decision that its page tells of, or one of SENTENCES."""
LEFT = "reste"
"""Field of an address: how many conversations an undo has left as they are."""
RECORDED = "test"
NOTHING, NO_ACTION, UNDONE, UNDONE_IN_PART, NOT_UNDONE = "rien", "sans_action", "annule", "annule_en_partie", "pas_annule"
SENTENCES = {
    NOTHING: "Cochez d'abord au moins une conversation.",
    NO_ACTION: "Rien n'a changé : choisissez une des actions, ou écrivez une étiquette.",
    UNDONE: "C'est annulé.",
    NOT_UNDONE: "Rien n'a été annulé : cela a été changé depuis.",
    RECORDED: "La conversation est enregistrée comme test : chaque comparaison d'une correction la rejoue.",
    "filtre": "Le filtre est enregistré.",
    "filtre_supprime": "Le filtre est supprimé.",
    "commentaire": "Le commentaire est ajouté.",
    "commentaire_supprime": "Le commentaire est supprimé.",
}
LINKS = {RECORDED: ("/revue/corrections#tests", "Voir les tests enregistrés")}
"""Where what was done can be seen: an address and what its link says."""
STATUS_WORDS = {
    UNREAD: ("non lue", "non lues"),
    TO_DO: ("à faire", "à faire"),
    REVIEWED: ("revue", "revues"),
    SET_ASIDE: ("écartée", "écartées"),
}
"""What a status is called of one conversation, and of several."""


@dataclass(frozen=True)
class Notice:
    """What a page says of what was just done; `token` takes it back, `address` shows it under `link`, when there is such a thing."""

    text: str
    token: str = ""
    address: str = ""
    link: str = ""


class Undoing:
    """Signs decisions. `clock` gives the time with its zone."""

    def __init__(self, secret: str, clock: Callable[[], datetime]) -> None:
        self._serializer = URLSafeSerializer(secret, salt="cic-revue-annuler")
        self._clock = clock

    def sign(self, who: str, undo: Undo) -> str:
        """The words by which somebody takes a decision of theirs back."""
        return str(self._serializer.dumps([who, self._clock().timestamp(), undo.deed, undo.value, undo.former]))

    def read(self, who: str, token: str) -> Undo | None:
        """The decision of these words; None when they are somebody else's, forged or too old."""
        try:
            author, at, deed, value, former = self._serializer.loads(token)
        except (BadData, ValueError):
            return None
        fresh = self._clock() - datetime.fromtimestamp(at, self._clock().tzinfo) <= LIFETIME
        return Undo(deed, value, [(each, names) for each, names in former]) if author == who and fresh else None

    def notice(self, who: str, fields: dict[str, str]) -> Notice | None:
        """What a page says, by the fields of its address."""
        token = fields.get(UNDO, "")
        undo = self.read(who, token) if token else None
        if undo is not None:
            return Notice(say_decision(undo), token if undo.number else "")
        done, left = fields.get(DONE, ""), whole_number(fields.get(LEFT, ""))
        sentence = _say_left(left) if done == UNDONE_IN_PART else SENTENCES.get(done)
        address, link = LINKS.get(done, ("", ""))
        return Notice(typeset(sentence), address=address, link=link) if sentence else None


def outcome_of(undo: Undo, count: int) -> dict[str, Any]:
    """The fields of an address whose page says what became of an undo that changed so many conversations."""
    if not count:
        return {DONE: NOT_UNDONE}
    return {DONE: UNDONE_IN_PART, LEFT: undo.number - count} if count < undo.number else {DONE: UNDONE}


def _say_left(number: int) -> str:
    if number == 1:
        return "Annulé en partie : 1 conversation a changé depuis et reste comme elle est."
    return f"Annulé en partie : {number} conversations ont changé depuis et restent comme elles sont."


def say_decision(undo: Undo) -> str:
    """What was decided, in a sentence: « 3 conversations marquées comme revues. »"""
    several, number = undo.number > 1, undo.number
    if not number:
        return typeset("Rien n'a changé : c'était déjà ainsi.")
    them = f"{number} conversations" if several else "1 conversation"
    if undo.deed == STATUS:
        return f"{them} marquée{'s' * several} comme {STATUS_WORDS[undo.value][several]}."
    if undo.deed == ASSIGNED:
        return f"{them} {_given_to(undo.value, several)}."
    if undo.deed == FLAGGED:
        return f"{them} signalée{'s' * several}." if undo.value else "Signalement retiré."
    tag = typeset(f"« {undo.value} »")
    return {TAGGED: f"Étiquette {tag} : {them}.", UNTAGGED: f"Étiquette {tag} retirée."}[undo.deed]


def _given_to(name: str | None, several: bool) -> str:
    if name:
        return f"confiée{'s' * several} à {name}"
    return typeset("ne sont plus confiées à personne" if several else "n'est plus confiée à personne")
