"""The sentences and buttons with which each field is asked for. Pure: a dossier in, a message out."""

from __future__ import annotations

from bot.answers.model import Button, Message
from bot.intake.model import CONFIRMATION, CONSENT, Dossier
from bot.screening import Decision
from bot.screening.lexicon import PARTENAIRE
from bot.text import typeset
from bot.texts import Texts

_CHOICES = {
    "profil": ("elu", "responsable", "partenaire", "particulier"),
    "telephone": ("sans_telephone",),
    CONFIRMATION: ("oui", "annuler"),
    CONSENT: ("oui", "non"),
}
"""Keys of the buttons offered with a field; their titles are what is said when they are pressed."""
_MANDATE_RULE = "agent.mandat"
"""The rule that asks an employee who sent them; the question is the rule's own reason."""
_VAGUE_RULE = "fonction.imprecise"
"""The rule for a title that exists outside municipalities too: what is asked is the organisation."""


def question(texts: Texts, dossier: Dossier, field: str, decision: Decision) -> Message:
    """The question for a field, with its buttons."""
    if dossier.doubt:
        return Message(texts(f"demande.doute.{_doubt(dossier, field)}", valeur=dossier.doubt), _buttons(texts, ("oui", "non")))
    if field == CONFIRMATION:
        return Message(f"{recap(texts, dossier)}\n{texts('demande.recap_question')}", _buttons(texts, _CHOICES[field]))
    if field == "profil" and decision.rule == _MANDATE_RULE:
        return Message(typeset(decision.reason), _buttons(texts, ("oui", "non")))
    if field == "profil" and decision.rule == _VAGUE_RULE:
        return Message(texts("demande.questions.organisation"))
    if field == "fonction" and dossier.profile.kind == PARTENAIRE:
        return Message(texts("demande.questions.fonction_partenaire"))
    return Message(texts(f"demande.questions.{field}"), _buttons(texts, _CHOICES.get(field, ())))


def _doubt(dossier: Dossier, field: str) -> str:
    """The key of the question for a field in doubt: a municipality of our list that was guessed at is proposed, not unknown."""
    place = dossier.profile.partner_of if field == "partenaire_de" else dossier.profile.place
    return "choix" if field in {"commune", "partenaire_de"} and place is not None and place.known else field


def recap(texts: Texts, dossier: Dossier) -> str:
    """Everything that would be sent, a line each."""
    values = {name: dossier.value_of(name) or "" for name in ("nom", "fonction", "commune", "pays", "email", "objet")}
    text = texts("demande.recap", telephone=dossier.telephone or texts("demande.sans_telephone"), **values)
    partner = dossier.value_of("partenaire_de")
    return f"{text}\n{texts('demande.recap_partenaire', partenaire_de=partner)}" if partner else text


def _buttons(texts: Texts, keys: tuple[str, ...]) -> tuple[Button, ...]:
    titles = (texts(f"demande.boutons.{key}") for key in keys)
    return tuple(Button.saying(title) for title in titles)
