"""What a request says at each point: the next question, the refusal, the way out. Pure: a dossier in, a Turn out."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.answers.model import Context, Message
from bot.intake.fields import NAME_LONGEST, SUBJECT_LONGEST
from bot.intake.model import CANCELLED, CONFIRMATION, CONTACT, DECLINED, SCREENING, Dossier, Turn
from bot.intake.questions import question
from bot.intake.screening import Screening
from bot.places import Place
from bot.routing import LIMITS
from bot.screening import NOT_ADMISSIBLE, TO_SPECIFY, Decision, Profile
from bot.text import clean, defuse, typeset
from bot.texts import Texts

PATIENCE = 6
"""Answers in a row that could not be used before the request is given up, politely."""
PATIENCE_WITH_CAPACITY = 3
"""The same for the questions of the screening: who does not say who they are cannot be admitted."""
HINT = 2
"""Answers in a row that could not be used before the way out is named."""
_VAGUE = frozenset({"sans_declaration", "fonction.imprecise"})
_LEADING = frozenset({"mandataire", "responsable"})
_LIMITS = {"nom_long": NAME_LONGEST, "objet_long": SUBJECT_LONGEST}


@dataclass(frozen=True)
class Speaking:
    """Makes the turns of a request out of its texts and the decision on its profile."""

    screening: Screening
    texts: Texts
    retention_days: int

    def advance(self, dossier: Dossier, context: Context, *before: str) -> Turn:
        """Decide on what is known and ask for what is missing. `before`: sentences to say first."""
        dossier = replace(dossier, profile=_within_limits(dossier.profile))
        decision = self.screening.decide(dossier.profile)
        if decision.verdict == NOT_ADMISSIBLE:
            return self.refuse(dossier, context, decision)
        doubtful = self.screening.doubtful_place(dossier.profile, dossier.confirmed_place)
        if doubtful:
            field = "partenaire_de" if dossier.profile.kind == "partenaire_direct" else "commune"
            return self.ask(replace(dossier, asks=field, doubt=doubtful), context, *before)
        missing = decision.missing or self.screening.unplaced(dossier.profile)
        if missing or decision.verdict == TO_SPECIFY:
            return self.ask(replace(dossier, asks=missing[0] if missing else "profil", doubt=""), context, *before)
        field = next((name for name in CONTACT if getattr(dossier, name) is None), CONFIRMATION)
        if not dossier.informed:
            before = (*before, self.texts("demande.avis", jours=self.retention_days))
        turn = self.ask(replace(dossier, asks=field, doubt="", informed=True), context, *before)
        return turn if dossier.informed else replace(turn, decided=decision)

    def refuse(self, dossier: Dossier, context: Context, decision: Decision) -> Turn:
        """The request is not admissible: the rule and its section are named, information stays open."""
        text = self.texts("demande.refusee", raison=typeset(_sentence(decision.reason)))
        ended = Dossier(number=dossier.number, profile=dossier.profile, ended=DECLINED)
        return Turn((Message(text),), ended, context, DECLINED, decided=decision)

    def ask(self, dossier: Dossier, context: Context, *before: str) -> Turn:
        """The question for the field that the dossier waits for."""
        asked = question(self.texts, dossier, dossier.asks or "profil", self.screening.decide(dossier.profile))
        return Turn((replace(asked, text="\n\n".join([*before, asked.text])),), dossier, context)

    def answer_and_ask(self, messages: tuple[Message, ...], dossier: Dossier, context: Context) -> Turn:
        """Answers to a question in the middle, without their buttons, and the field again in the same turn."""
        turn = self.ask(dossier, context)
        return replace(turn, messages=tuple(replace(message, buttons=()) for message in messages) + turn.messages)

    def again(self, dossier: Dossier, context: Context, *before: str) -> Turn:
        """Back to the field that was waited for; after a change at the recap, to the recap."""
        if dossier.at_recap:
            return self.ask(replace(dossier, asks=CONFIRMATION), context, *before)
        return self.ask(dossier, context, *before)

    def misunderstood(self, dossier: Dossier, context: Context, fault: str = "") -> Turn:
        """The answer could not be used: what is expected, and after some tries the way out."""
        tries = dossier.tries + 1
        if dossier.asks in SCREENING and tries > PATIENCE_WITH_CAPACITY:
            return self.silent(dossier, context)
        if tries > PATIENCE:
            return self.end(dossier, context, "demande.refus_repete")
        if dossier.asks == "profil" and (placed := self.screening.with_title_in_commune(dossier.profile)):
            return self.advance(replace(dossier, profile=placed, tries=0), context)
        if dossier.asks == "profil" and (other := self.otherwise(dossier)):
            return self.ask(replace(dossier, asks=other, tries=tries), context, self.texts("demande.autrement"))
        key = fault or dossier.asks or "profil"
        text = self.texts(f"demande.erreurs.{key}", **({"limite": _LIMITS[key]} if key in _LIMITS else {}))
        if tries > HINT:
            text = f"{text} {self.texts('demande.erreurs.renoncer')}"
        asked = question(self.texts, dossier, dossier.asks or "profil", self.screening.decide(dossier.profile))
        return Turn((Message(text, asked.buttons),), replace(dossier, tries=tries), context)

    def otherwise(self, dossier: Dossier) -> str:
        """What is asked once when an answer about the capacity says nothing: the function, or the municipality of a title."""
        if dossier.tries or self.screening.decide(dossier.profile).rule not in _VAGUE:
            return ""
        if dossier.profile.function is None:
            return "fonction"
        return "commune" if dossier.profile.potential in _LEADING and dossier.profile.commune is None else ""

    def silent(self, dossier: Dossier, context: Context) -> Turn:
        """The person does not say who they are or for which municipality: that is decided, and told why."""
        dossier = replace(dossier, profile=replace(dossier.profile, silent=True), doubt="")
        return self.advance(dossier, context)

    def end(self, dossier: Dossier, context: Context, key: str) -> Turn:
        """The request is given up; nothing of the person is kept in the dossier."""
        return Turn((Message(self.texts(key)),), Dossier(number=dossier.number, ended=CANCELLED), context, CANCELLED)


def _within_limits(profile: Profile) -> Profile:
    """The profile as a lead keeps it, so that the recap shows what is sent."""
    function = _kept(profile.function, LIMITS["fonction"])
    return replace(profile, function=function, place=_shortened(profile.place), partner_of=_shortened(profile.partner_of))


def _shortened(place: Place | None) -> Place | None:
    return replace(place, name=_kept(place.name, LIMITS["commune"])) if place else None


def _kept(text: str | None, longest: int) -> str | None:
    return defuse(clean(text, longest)) if text else text


def _sentence(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."
