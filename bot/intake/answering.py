"""The steps that read the answer to what is asked: a value, a yes or a no to one that is in doubt. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.answers.model import Context, Heard
from bot.intake import corrections, judging, signs
from bot.intake.fields import looks_like_name, read, read_name
from bot.intake.gathering import beside, gathered, only_details
from bot.intake.model import CONFIRMATION, CONTACT, SCREENING, Dossier, Turn
from bot.intake.screening import Screening
from bot.intake.speaking import Speaking
from bot.text import clean
from bot.texts import Texts


@dataclass(frozen=True)
class Answering:
    """Takes answers."""

    screening: Screening
    texts: Texts
    speaking: Speaking

    def cleared_doubt(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Est-ce bien … ? »: yes, or the value again, keeps it; no asks again; anything else is read as a new answer."""
        if not dossier.doubt or dossier.asks is None:
            return None
        if signs.says_yes(heard) or self.repeats(heard, dossier):
            if dossier.asks in SCREENING:
                return self.speaking.advance(replace(dossier, confirmed_place=dossier.doubt, doubt="", tries=0), context)
            kept = replace(dossier.with_field(dossier.asks, dossier.doubt), doubt="", tries=0, former_name="")
            return self.speaking.advance(kept, context)
        if signs.says_only_no(heard):
            dossier = replace(dossier, former_name="")
            if dossier.asks == "objet" and dossier.objet:
                return self.speaking.ask(replace(dossier, asks=CONFIRMATION, doubt=""), context)
            profile = self.screening.without_place(dossier.profile) if dossier.asks in SCREENING else dossier.profile
            return self.speaking.ask(replace(dossier, doubt="", profile=profile), context)
        return None

    def repeats(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether the value that is in doubt is given once more."""
        if dossier.asks in SCREENING:
            return self.screening.place_in(dossier.profile, heard.text) == dossier.doubt
        return dossier.asks is not None and read(dossier.asks, heard.text, dossier.profile.pays).value == dossier.doubt

    def kept_name(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Non, c'est bon », where a name is asked again: it was right after all."""
        if dossier.asks != "nom" or not dossier.former_name or not judging.settles(heard.text):
            return None
        kept = replace(dossier, nom=dossier.former_name, former_name="", doubt="", tries=0)
        return self.speaking.advance(kept, context, self.texts("demande.note"))

    def answered(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The answer to what was asked."""
        field = dossier.asks
        if field in SCREENING:
            return self.answered_screening(heard, dossier, context)
        if field is None or field not in CONTACT or (field in {"nom", "objet"} and self.is_no_answer(heard)):
            return None
        return self.answered_contact(field, heard, dossier, context)

    def is_no_answer(self, heard: Heard) -> bool:
        """Whether a message where a name or a subject is waited for is plainly something else: a question, or abuse."""
        question = signs.asks_something(heard) and heard.text.rstrip().endswith("?") and len(clean(heard.text).split()) > 1
        return question or signs.insults(heard)

    def answered_contact(self, field: str, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The answer to a contact field, with what else it gives."""
        known = gathered(dossier, heard.text) if field in {"nom", "email"} else dossier
        text = beside(heard.text, dossier.profile.pays) if field == "nom" and known != dossier else heard.text
        if field == "nom" and known != dossier and not text:
            return self.speaking.ask(replace(known, tries=0), context, self.texts("demande.note"))
        if field == "nom":
            told, text = self.screening.name_and_who(known.profile, text)
            known = replace(known, profile=told)
        reading = read(field, text, dossier.profile.pays)
        if field == "nom" and reading.value and self.screening.is_no_person(dossier.profile, reading.value, text):
            return self.speaking.misunderstood(known, context)
        if field == "nom" and reading.value:
            reading = corrections.renamed(known.former_name, self.screening.without_function(reading.value), text)
        if reading.value is None and field == "email" and known.nom is None and looks_like_name(text):
            named = corrections.renamed(known.former_name, read_name(text).value or "", text)
            return self.speaking.ask(replace(known, nom=named.value, former_name="", tries=0), context, self.texts("demande.note"))
        if reading.value is None:
            return self.unread(known, context, reading.fault)
        if reading.doubt:
            return self.speaking.ask(replace(known, doubt=reading.value, tries=0), context)
        filled = replace(known.with_field(field, reading.value), doubt="", tries=0)
        filled = replace(filled, former_name="") if field == "nom" else filled
        if field == "nom" and (profile := self.screening.without_named_function(filled.profile, reading.value)):
            return self.speaking.advance(replace(filled, profile=profile), context, self.texts("demande.nom_ou_fonction"))
        return self.speaking.advance(filled, context)

    def unread(self, dossier: Dossier, context: Context, fault: str) -> Turn:
        """An answer without the value; the number, which is optional, is let go the second time."""
        if dossier.asks == "telephone" and dossier.tries:
            return self.speaking.advance(replace(dossier, telephone="", tries=0), context, self.texts("demande.sans_numero"))
        return self.speaking.misunderstood(dossier, context, fault)

    def answered_screening(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """An answer about function, municipality, country or partnership."""
        if only_details(heard.text, dossier.profile.pays):
            known = gathered(dossier, heard.text)
            if known != dossier:
                return self.speaking.ask(replace(known, tries=0), context, self.texts("demande.note"))
            return self.speaking.misunderstood(dossier, context)
        profile = self.screening.answer(dossier.profile, dossier.asks or "profil", heard.text, insists=dossier.tries > 0)
        if profile is None and dossier.informed and dossier.asks in {"profil", "fonction"} and looks_like_name(heard.text):
            named = replace(dossier, nom=read_name(heard.text).value, tries=dossier.tries + 1)
            return self.speaking.ask(named, context, self.texts("demande.note"))
        if profile is None:
            return None
        if profile == dossier.profile:
            return self.speaking.misunderstood(gathered(dossier, heard.text), context)
        changed = replace(gathered(dossier, heard.text), profile=profile, doubt="", tries=0)
        return self.speaking.advance(changed, context)
