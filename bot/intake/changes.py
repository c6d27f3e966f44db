"""The steps that change what was answered before: while another field is asked, at the recap, after a complaint. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.answers.model import Context, Heard
from bot.intake import corrections, signs
from bot.intake.assent import approves_the_rest
from bot.intake.fields import read
from bot.intake.gathering import gathered, keeps_no_phone, only_details
from bot.intake.model import CONFIRMATION, CONSENT, CONTACT, SCREENING, WHO_AND_WHERE, Dossier, Turn
from bot.intake.opening import purpose
from bot.intake.screening import Screening
from bot.intake.speaking import Speaking
from bot.intake.statements import Statements, without_answers
from bot.intake.subjects import added, joined, matter, wants, without_introduction
from bot.intake.telephones import find_phone, wants_call
from bot.text import fold
from bot.texts import Texts


@dataclass(frozen=True)
class Changes:
    """Takes corrections and additions."""

    screening: Screening
    texts: Texts
    speaking: Speaking
    statements: Statements

    def went_on(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Ajoutez que … » at the end: more of the subject. « On veut … », « un échange … »: another one, if that is meant."""
        if not dossier.at_recap or signs.asks_something(heard) or only_details(heard.text, dossier.profile.pays):
            return None
        about_other = corrections.speaks_of_field(heard.text) or find_phone(heard.text, dossier.profile.pays)
        if about_other or self.screening.says_who(heard.text):
            return None
        if more := added(heard.text):
            return self.with_more(more, dossier, context)
        wish = without_introduction(heard.text) if wants(heard.text) and purpose(heard.text) else None
        if dossier.asks == CONFIRMATION:
            wish = wish or matter(heard.text)
        subject = read("objet", wish, None).value if wish else None
        if subject and dossier.objet and fold(subject) == fold(dossier.objet):
            return None
        return self.speaking.ask(replace(dossier, asks="objet", doubt=subject, tries=0), context) if subject else None

    def with_more(self, more: str, dossier: Dossier, context: Context) -> Turn:
        """The subject with what is added to it, read back with all the rest."""
        kept = dossier.objet if dossier.objet != self.texts("demande.sans_objet") else None
        reading = read("objet", joined(kept, more) if kept else more, None)
        if reading.value is None:
            return self.speaking.misunderstood(dossier, context, reading.fault)
        return self.speaking.again(replace(dossier, objet=reading.value, tries=0), context, self.texts("demande.corrige"))

    def corrected(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Non, Ixelles », « mon nom est Dumont »: a field that was answered before is changed."""
        if dossier.telephone and dossier.asks != "telephone" and keeps_no_phone(heard.text):
            return self.speaking.again(replace(dossier, telephone="", tries=0), context, self.texts("demande.sans_numero"))
        corrects = dossier.at_recap or corrections.wants_change(heard.text) or self.statements.labels_other(heard.text, dossier)
        corrects = corrects or self.statements.speaks_of_other(heard.text, dossier)
        if not corrects or signs.asks_something(heard):
            return None
        if dossier.asks == "telephone" and (corrections.prefers_mail(heard.text) or find_phone(heard.text, dossier.profile.pays)):
            return None
        return (
            self.corrected_several(heard, dossier, context)
            or self.corrected_contact(heard, dossier, context)
            or self.corrected_screening(heard, dossier, context)
        )

    def corrected_several(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Several changes in one message: each is taken, and all are read back; what is only called wrong is asked again."""
        stated = self.statements.of(heard.text, dossier)
        if not dossier.at_recap and (dossier.asks not in {"email", "telephone"} or len({statement.field for statement in stated}) < 2):
            return None
        if stated and all(statement.fine for statement in stated):
            return self.speaking.again(dossier, context, self.texts("demande.note"))
        stated = tuple(statement for statement in stated if not statement.fine)
        changed = self.statements.with_details(heard.text, dossier)
        if profile := self.screening.correct(dossier.profile, without_answers(heard.text, stated)):
            changed = replace(changed, profile=profile)
        wrong: list[str] = []
        for statement in stated:
            after = self.statements.with_statement(statement, changed)
            changed = after or changed
            wrong += [statement.field] if after is None else []
        answers = {field for field in (*CONTACT, *WHO_AND_WHERE) if changed.value_of(field) != dossier.value_of(field)}
        wrong = [field for field in dict.fromkeys(wrong) if field not in answers]
        details = len(answers & set(CONTACT)) + (changed.profile != dossier.profile)
        several = len(stated) > 1 or any(statement.whole for statement in stated)
        if details + len(wrong) < 2 and not (several and (answers or wrong)):
            return None
        return self.read_back(changed, wrong, context, *([self.texts("demande.corrige")] if answers else []))

    def read_back(self, dossier: Dossier, wrong: list[str], context: Context, *before: str) -> Turn:
        """The turn after several changes: what is wrong and was given no other value is asked, one after the other."""
        for field in wrong:
            dossier = dossier.without(field) if field in CONTACT else dossier
        turn = self.speaking.advance(replace(dossier, asks=CONFIRMATION, doubt="", tries=0), context, *before)
        asked = next((field for field in wrong if field in WHO_AND_WHERE), None)
        if asked is None or turn.outcome or turn.dossier.asks in SCREENING:
            return turn
        return self.speaking.ask(replace(turn.dossier, asks=asked), context, *before)

    def corrected_contact(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A change of name, address, telephone or subject."""
        field = self.statements.field_of(heard.text, dossier)
        respelt = dossier.asks != "nom" and corrections.respells(heard.text, dossier.nom)
        if field is None and respelt and not self.screening.names_place(heard.text):
            field = "nom"
        if field not in CONTACT or field == dossier.asks or (getattr(dossier, field) is None and dossier.asks != CONFIRMATION):
            return None
        value = corrections.new_value(heard.text, field)
        reading = read(field, heard.text if field in {"email", "telephone"} else value, dossier.profile.pays)
        if field == "telephone" and wants_call(heard.text) and reading.value is None and dossier.telephone:
            return self.speaking.again(dossier, context, self.texts("demande.note"))
        wrong = field == "telephone" and reading.value == "" and corrections.calls_wrong(heard.text)
        named = field in {"email", "telephone"} or corrections.field_named(reading.value or "") != field
        if reading.value is not None and named and not wrong:
            if field == "nom":
                reading = corrections.renamed(dossier.nom, reading.value, heard.text)
            if reading.doubt:
                return self.speaking.ask(replace(dossier.without(field), asks=field, doubt=reading.value or ""), context)
            changed = replace(dossier.with_field(field, reading.value), tries=0)
            return self.speaking.again(changed, context, self.texts("demande.corrige"))
        return self.speaking.ask(replace(dossier.without(field), asks=field), context)

    def corrected_screening(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A change of function, municipality or country: the decision is taken again."""
        field = corrections.field_named(heard.text)
        profile = self.screening.correct(dossier.profile, heard.text)
        if profile is None:
            if dossier.asks == CONFIRMATION and approves_the_rest(heard.text):
                return self.speaking.ask(replace(dossier, asks=CONSENT, tries=0), context)
            if dossier.at_recap and self.screening.only_who(dossier.profile, heard.text):
                return self.speaking.again(dossier, context, self.texts("demande.note"))
            if field in WHO_AND_WHERE and dossier.at_recap:
                return self.speaking.ask(replace(dossier, asks=field, doubt="", tries=0), context)
            return None
        changed = replace(dossier, profile=profile, doubt="", tries=0)
        if dossier.asks == "email":
            changed = gathered(changed, heard.text)
        return self.speaking.advance(changed, context, self.texts("demande.corrige"))

    def told_who(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Et je suis première échevine », said where a name, an address or a subject is waited for, which it is not."""
        if dossier.asks not in CONTACT or signs.asks_something(heard):
            return None
        profile = self.screening.only_who(dossier.profile, heard.text)
        if profile is None or (dossier.asks == "objet" and profile == dossier.profile):
            return None
        said = self.texts("demande.note" if profile.function == dossier.profile.function else "demande.corrige")
        return self.speaking.advance(replace(dossier, profile=profile, doubt="", tries=0), context, said)
