"""The request for contact, turn by turn: who asks, is it admissible, how to answer them, is that right, may it be sent.

Pure: a message and a dossier in, a Turn out. The caller (actions/) keeps the dossier in a slot and registers what was
consented to. Nothing that a message says forces admissibility: the decision is taken anew from the profile each time.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from bot.answers.model import Answers, Button, Context, Heard, Message
from bot.intake import corrections, judging, signs
from bot.intake.addresses import find_email, without_emails
from bot.intake.assent import approves_the_rest, assents, takes_back
from bot.intake.fields import read, read_name
from bot.intake.gathering import beside, gathered, keeps_no_phone, only_details, subject_of, without_phone
from bot.intake.model import CONFIRMATION, CONSENT, CONTACT, DECLINED, OFFER_REQUEST, QUALIFIED, SCREENING, Dossier, Turn
from bot.intake.opening import introduced, purpose
from bot.intake.screening import Screening
from bot.intake.speaking import HINT, Speaking
from bot.intake.subjects import added, joined, wants, without_introduction
from bot.intake.telephones import find_phone, wants_call
from bot.screening import NOT_ADMISSIBLE, Profile
from bot.text import clean
from bot.texts import Texts

CLEAR_REQUEST = 0.0
"""Margin from which a message that also asks a question counts as a request beside it."""
WHO_AND_WHERE = frozenset({"fonction", "commune", "pays"})

Step = Callable[[Heard, Dossier, Context], "Turn | None"]


class Intake:
    """Leads a person through a request."""

    def __init__(
        self, screening: Screening, answerer: Answers, texts: Texts, retention_days: int, promised: Callable[[], str] = lambda: ""
    ) -> None:
        """`promised` says until when an answer is promised; nothing when the settings promise none."""
        self.screening, self.answerer, self.texts, self.promised = screening, answerer, texts, promised
        self.speaking = Speaking(screening, texts, retention_days)
        self.steps: tuple[Step, ...] = (
            self.alarmed,
            self.stopped,
            self.wanted_human,
            self.handed_over,
            self.started_over,
            self.asked_anew,
            self.consented,
            self.confirmed,
            self.cleared_doubt,
            self.admitted_to,
            self.kept_name,
            self.went_on,
            self.corrected,
            self.told_who,
            self.went_back,
            self.courtesy,
            self.asked_back,
            self.kept_silent,
            self.answered,
            self.knew_something_else,
        )

    # --- the turns ---------------------------------------------------------------------------------

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
        if signs.wants_human(heard) and turn.dossier.asks:
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

    def step(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """What follows a message while a request is open."""
        for step in self.steps:
            if turn := step(heard, dossier, context):
                return turn
        return self.speaking.misunderstood(dossier, context)

    # --- steps -------------------------------------------------------------------------------------

    def alarmed(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Distress or a threat comes before the request, which waits without insisting."""
        return Turn(self.answerer.reply(heard, context).messages, dossier, context) if signs.alarms(heard) else None

    def stopped(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Annulez. »"""
        return self.speaking.end(dossier, context, "demande.annulee") if signs.says_stop(heard) else None

    def wanted_human(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Passez-moi un humain », « je suis furieux »: nobody answers here; the request goes on if it is wished."""
        calls = signs.wants_human(heard) or signs.vents_anger(heard)
        if (
            not calls
            or dossier.tries > HINT
            or dossier.asks in {None, "objet"}
            or find_email(heard.text)
            or self.screening.says_who(heard.text)
        ):
            return None
        key = "demande.humain" if signs.wants_human(heard) else "demande.colere"
        return self.speaking.ask(replace(dossier, tries=dossier.tries + 1), context, self.texts(key))

    def handed_over(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Somebody else goes on here: their request is another one, screened from nothing."""
        if not signs.hands_over(heard):
            return None
        profile = self.screening.hear(dossier.of_another(), heard.text)
        return self.speaking.advance(Dossier(number=dossier.number + 1, profile=profile), context, self.texts("demande.autre_personne"))

    def started_over(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Recommençons depuis le début. »"""
        if not signs.starts_over(heard):
            return None
        return self.speaking.advance(Dossier(number=dossier.number + 1), context, self.texts("demande.recommencee"))

    def asked_anew(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """What was masked while the confirmation or the consent was waited for is asked again."""
        wanting = dossier.at_recap and any(getattr(dossier, field) is None for field in CONTACT)
        return self.speaking.advance(dossier, context) if wanting else None

    def consented(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The last question: a plain yes sends, a plain no ends."""
        if dossier.asks != CONSENT:
            return None
        if signs.says_yes(heard) or (dossier.telephone == "" and assents(without_phone(heard.text))):
            return Turn((), replace(dossier, asks=None, ended=QUALIFIED), context, QUALIFIED, submits=True)
        refused = signs.says_only_no(heard) or takes_back(heard.text)
        return self.speaking.end(dossier, context, "demande.sans_consentement") if refused else None

    def confirmed(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The recap: a yes leads to the consent, a no asks what is wrong."""
        if dossier.asks != CONFIRMATION:
            return None
        if signs.says_yes(heard):
            return self.speaking.ask(replace(dossier, asks=CONSENT, tries=0), context)
        return self.speaking.misunderstood(dossier, context) if signs.says_only_no(heard) else None

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

    def admitted_to(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Soyons honnêtes, je ne suis plus échevin », said where a name is waited for: the decision is taken again."""
        if dossier.asks in SCREENING or not self.screening.admits(dossier.profile, heard.text):
            return None
        return self.speaking.advance(replace(dossier, profile=self.screening.hear(dossier.profile, heard.text)), context)

    def kept_name(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Non, c'est bon », where a name is asked again: it was right after all."""
        if dossier.asks != "nom" or not dossier.former_name or not judging.settles(heard.text):
            return None
        kept = replace(dossier, nom=dossier.former_name, former_name="", doubt="", tries=0)
        return self.speaking.advance(kept, context, self.texts("demande.note"))

    def went_on(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Ajoutez que c'est pour 2027 » at the end: more of the subject. « On veut rejoindre … »: another one, if that is meant."""
        if not dossier.at_recap or signs.asks_something(heard) or only_details(heard.text, dossier.profile.pays):
            return None
        about_other = corrections.speaks_of_field(heard.text) or find_phone(heard.text, dossier.profile.pays)
        if about_other or self.screening.says_who(heard.text):
            return None
        if more := added(heard.text):
            return self.with_more(more, dossier, context)
        wish = wants(heard.text) and purpose(heard.text)
        subject = read("objet", without_introduction(heard.text), None).value if wish else None
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
        corrects = dossier.at_recap or corrections.wants_change(heard.text) or self.labels_other(heard, dossier)
        corrects = corrects or self.speaks_of_other(heard, dossier)
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
        stated = corrections.statements(heard.text, lambda field, words: self.may_be(field, words, dossier))
        if not dossier.at_recap and (dossier.asks not in {"email", "telephone"} or len({statement.field for statement in stated}) < 2):
            return None
        if stated and all(statement.fine for statement in stated):
            return self.speaking.again(dossier, context, self.texts("demande.note"))
        stated = tuple(statement for statement in stated if not statement.fine)
        changed = self.with_details(heard.text, dossier)
        if profile := self.screening.correct(dossier.profile, _without_answers(heard.text, stated)):
            changed = replace(changed, profile=profile)
        wrong: list[str] = []
        for statement in stated:
            after = self.with_statement(statement, changed)
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

    def with_details(self, text: str, dossier: Dossier) -> Dossier:
        """The dossier with the name, the address and the number that a correction gives, wherever they stand in it."""
        named = corrections.named_name(text)
        name = corrections.renamed(dossier.nom, named, f"mon nom est {named}") if named and read_name(named).value else None
        given = {
            "nom": name.value if name and not name.doubt else None,
            "email": find_email(text),
            "telephone": find_phone(without_emails(text), dossier.profile.pays),
        }
        for field, value in given.items():
            dossier = dossier.with_field(field, value) if value else dossier
        return dossier

    def with_statement(self, statement: corrections.Statement, dossier: Dossier) -> Dossier | None:
        """The dossier after one part of a correction; None when it gives no value that can be used."""
        field, value = statement.field, statement.value
        if not value:
            return None
        if field not in CONTACT:
            told = self.screening.correct(dossier.profile, statement.said)
            placed = told if field == "commune" and told and told.commune != dossier.profile.commune else None
            profile = placed or self.screening.answer(dossier.profile, field, value)
            return replace(dossier, profile=profile) if profile else None
        if field == "nom":
            value = re.split(r"\s*[,;(]", value)[0]
        if field == "objet":
            value = beside(value, dossier.profile.pays) if only_details(value, None) else value
        reading = read(field, value, dossier.profile.pays)
        if field == "nom" and reading.value:
            reading = corrections.renamed(dossier.nom, reading.value, statement.said)
        return dossier.with_field(field, reading.value) if reading.value and not reading.doubt else None

    def may_be(self, field: str, words: str, dossier: Dossier) -> bool:
        """Whether words behind the mere name of a field are a value for it: « tel 0471… », « la fonction bourgmestre »."""
        if field == "fonction":
            return self.screening.names_function(f"je suis {words}")
        if field in {"email", "telephone"}:
            return (find_email(words) if field == "email" else find_phone(words, dossier.profile.pays)) is not None
        named = words[:1].isupper() and field in {"nom", "commune", "pays"}
        return named and (field == "nom" or self.screening.answer(dossier.profile, field, words) is not None)

    def labels_other(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether an address is named where a number is waited for, or the like: « mon e-mail : … »."""
        return dossier.asks == "telephone" and find_email(heard.text) is not None

    def speaks_of_other(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether a field that is known is put right, or called wrong, where another is waited for: « et mon mail est … »."""
        if dossier.asks not in {"nom", "email", "telephone"}:
            return False
        stated = corrections.statements(heard.text, lambda field, words: self.may_be(field, words, dossier))
        others = [said for said in stated if said.field != dossier.asks and not said.fine]
        return any(dossier.value_of(said.field) is not None for said in others)

    def corrected_contact(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A change of name, address, telephone or subject."""
        field = self.field_of(heard.text, dossier)
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

    def field_of(self, text: str, dossier: Dossier) -> str | None:
        """The field that a correction is about: the one of which it says something, or the one that it names."""
        if wants_call(text):
            return "telephone"
        stated = [said for said in corrections.statements(text, lambda field, words: self.may_be(field, words, dossier)) if not said.fine]
        return stated[0].field if len(stated) == 1 else corrections.field_named(text)

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

    def went_back(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Revenir en arrière »: the contact field before is asked again."""
        if not signs.goes_back(heard) or dossier.asks in SCREENING or dossier.asks is None:
            return None
        order = [*CONTACT, CONFIRMATION, CONSENT]
        before = order[max(0, order.index(dossier.asks) - 1)]
        known = replace(dossier.with_field(before, None) if before in CONTACT else dossier, asks=before, doubt="", tries=0)
        return self.speaking.ask(known, context)

    def courtesy(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Thanks, greetings, hesitations fill nothing: a word back, and the question again."""
        if dossier.asks == "nom" and _looks_like_name(heard.text):
            return None
        if dossier.asks == "telephone" and read("telephone", heard.text, None).value == "":
            return None
        kind = signs.small_talk(heard, by_words=dossier.asks == "nom")
        if not kind or ("?" in heard.text and self.answerer.knows(heard, context)):
            return None
        return self.speaking.ask(dossier, context, self.texts("demande." + kind))

    def asked_back(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Pourquoi ? » gets the reason, a question about the programme its answer, and then the field comes again."""
        if dossier.asks is None:
            return None
        if signs.asks_why(heard):
            return self.speaking.ask(dossier, context, self.texts(f"demande.pourquoi.{dossier.asks}"))
        if signs.lost_the_thread(heard):
            return self.speaking.ask(dossier, context)
        if key := signs.asks_about_process(heard):
            told = (
                self.texts(f"demande.deroulement.{key}") if key != "delai" else self.promised() or self.texts("demande.deroulement.delai")
            )
            return self.speaking.ask(dossier, context, told)
        if signs.asks_about_data(heard) and not signs.will_not_say(heard):
            return self.speaking.answer_and_ask((Message(self.texts("donnees")),), dossier, context)
        if not signs.asks_something(heard) or not self.answerer.knows(heard, context):
            return None
        said = self.answerer.reply(heard, context)
        return self.speaking.answer_and_ask(said.messages, dossier, said.context)

    def kept_silent(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Je préfère ne pas le dire »: told once why it is asked; the second time the request ends, or goes on without a subject."""
        if dossier.asks in {None, "telephone"}:
            return None
        bare_no = dossier.asks in CONTACT and signs.says_only_no(heard)
        if not bare_no and not signs.will_not_say(heard):
            return None
        if not dossier.tries:
            return self.speaking.ask(replace(dossier, tries=1), context, self.texts(f"demande.pourquoi.{dossier.asks}"))
        if dossier.asks in SCREENING:
            turn = self.speaking.silent(dossier, context)
            if not (signs.asks_something(heard) and self.answerer.knows(heard, context)):
                return turn
            said = self.answerer.reply(heard, context)
            return replace(turn, messages=turn.messages + said.messages, context=said.context)
        if dossier.asks == "objet":
            return self.speaking.advance(replace(dossier, objet=self.texts("demande.sans_objet"), tries=0), context)
        return self.speaking.end(dossier, context, "demande.refus_repete")

    def answered(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The answer to what was asked."""
        field = dossier.asks
        if field in SCREENING:
            return self.answered_screening(heard, dossier, context)
        if field is None or field not in CONTACT or (field in {"nom", "objet"} and self.is_no_answer(heard)):
            return None
        return self.answered_contact(field, heard, dossier, context)

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
        if reading.value is None and field == "email" and known.nom is None and _looks_like_name(text):
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
        if profile is None and dossier.informed and dossier.asks in {"profil", "fonction"} and _looks_like_name(heard.text):
            named = replace(dossier, nom=read_name(heard.text).value, tries=dossier.tries + 1)
            return self.speaking.ask(named, context, self.texts("demande.note"))
        if profile is None:
            return None
        if profile == dossier.profile:
            return self.speaking.misunderstood(gathered(dossier, heard.text), context)
        changed = replace(gathered(dossier, heard.text), profile=profile, doubt="", tries=0)
        return self.speaking.advance(changed, context)

    def knew_something_else(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Not an answer, but a question without its mark, or another subject: it gets its reply, and the field comes again."""
        if (dossier.at_recap or dossier.asks in SCREENING) and not signs.asks_something(heard):
            return None
        off_topic = heard.intent.startswith(("hors_sujet/", "voisin/")) and heard.whole.score > signs.SURE
        if not off_topic and not self.answerer.knows(heard, context):
            return None
        said = self.answerer.reply(heard, context)
        return self.speaking.answer_and_ask(said.messages, replace(dossier, tries=dossier.tries + 1), said.context)

    # --- parts of steps ----------------------------------------------------------------------------

    def repeats(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether the value that is in doubt is given once more."""
        if dossier.asks in SCREENING:
            return self.screening.place_in(dossier.profile, heard.text) == dossier.doubt
        return dossier.asks is not None and read(dossier.asks, heard.text, dossier.profile.pays).value == dossier.doubt

    def is_no_answer(self, heard: Heard) -> bool:
        """Whether a message where a name or a subject is waited for is plainly something else: a question, or abuse."""
        question = signs.asks_something(heard) and heard.text.rstrip().endswith("?") and len(clean(heard.text).split()) > 1
        return question or signs.insults(heard)


def _without_answers(text: str, stated: Sequence[corrections.Statement]) -> str:
    """A correction without the parts that are read by themselves, so that a municipality in a subject is no new municipality."""
    for statement in stated:
        if statement.field in WHO_AND_WHERE or statement.field == "objet":
            text = text.replace(statement.said, " ")
    return text


def _looks_like_name(text: str) -> bool:
    """Whether a text is a few capitalised words that read as a name: « Jean Merci »."""
    words = clean(text).split()
    return 2 <= len(words) <= 5 and all(word[:1].isupper() for word in words) and not text.isupper() and read_name(text).value is not None
