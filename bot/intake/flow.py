"""The request for contact, turn by turn: who asks, is it admissible, how to answer them, is that right, may it be sent.

Pure: a message and a dossier in, a Turn out. The caller (actions/) keeps the dossier in a slot and registers what was
consented to. Nothing that a message says forces admissibility: the decision is taken anew from the profile each time.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from bot.answers.model import Answers, Context, Heard, Message
from bot.intake import corrections, signs
from bot.intake.fields import NAME_LONGEST, SUBJECT_LONGEST, find_email, read, read_phone, without_email
from bot.intake.model import CANCELLED, CONFIRMATION, CONSENT, CONTACT, DECLINED, QUALIFIED, SCREENING, Dossier, Turn
from bot.intake.opening import introduced, purpose
from bot.intake.questions import question
from bot.intake.screening import Screening
from bot.screening import NOT_ADMISSIBLE, TO_SPECIFY, Profile
from bot.text import clean, typeset
from bot.texts import Texts

CLEAR_REQUEST = 0.0
"""Margin from which a message that also asks a question counts as a request beside it."""
PATIENCE = 6
"""Answers in a row that could not be used before the request is given up, politely."""
HINT = 2
"""Answers in a row that could not be used before the way out is named."""

Step = Callable[[Heard, Dossier, Context], "Turn | None"]


class Intake:
    """Leads a person through a request."""

    def __init__(self, screening: Screening, answerer: Answers, texts: Texts, retention_days: int) -> None:
        self.screening, self.answerer, self.texts, self.retention_days = screening, answerer, texts, retention_days
        self.steps: tuple[Step, ...] = (
            self.alarmed,
            self.stopped,
            self.consented,
            self.confirmed,
            self.cleared_doubt,
            self.corrected,
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
        beside = self.answerer.asked_beside(heard)
        if beside and heard.whole.score < CLEAR_REQUEST:
            return Turn(beside.messages, dossier, beside.context)
        turn = self.screened(heard, dossier, beside.context if beside else context)
        answers = tuple(replace(message, buttons=()) for message in beside.messages) if beside else ()
        return replace(turn, messages=answers + turn.messages)

    def screened(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """The first turn of a request, from what the person has said of themselves so far."""
        again = dossier.ended == DECLINED
        kept = dossier.profile if again or not dossier.ended else Profile()
        profile = self.screening.hear(kept, heard.text)
        name = introduced(heard)
        fresh = Dossier(
            number=dossier.number + 1,
            profile=profile,
            nom=None if name and self.screening.names_something_else(name) else name,
            email=find_email(heard.text),
            objet=purpose(heard.text),
        )
        if again and profile == kept and self.screening.decide(profile).verdict == NOT_ADMISSIBLE:
            message = Message(self.texts("demande.refusee_encore"))
            return Turn((message,), replace(fresh, ended=DECLINED), context, DECLINED)
        return self.advance(fresh, context)

    def step(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """What follows a message while a request is open."""
        for step in self.steps:
            if turn := step(heard, dossier, context):
                return turn
        return self.misunderstood(dossier, context)

    def advance(self, dossier: Dossier, context: Context, *before: str) -> Turn:
        """Decide on what is known and ask for what is missing. `before`: sentences to say first."""
        decision = self.screening.decide(dossier.profile)
        if decision.verdict == NOT_ADMISSIBLE:
            text = self.texts("demande.refusee", raison=typeset(_sentence(decision.reason)))
            ended = Dossier(number=dossier.number, profile=dossier.profile, ended=DECLINED)
            return Turn((Message(text),), ended, context, DECLINED, decided=decision)
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

    def ask(self, dossier: Dossier, context: Context, *before: str) -> Turn:
        """The question for the field that the dossier waits for."""
        asked = question(self.texts, dossier, dossier.asks or "profil", self.screening.decide(dossier.profile))
        return Turn((replace(asked, text="\n\n".join([*before, asked.text])),), dossier, context)

    # --- steps -------------------------------------------------------------------------------------

    def alarmed(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Distress or a threat comes before the request, which waits without insisting."""
        return Turn(self.answerer.reply(heard, context).messages, dossier, context) if signs.alarms(heard) else None

    def stopped(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Annulez. »"""
        return self.end(dossier, context, "demande.annulee") if signs.says_stop(heard) else None

    def consented(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The last question: a plain yes sends, a plain no ends."""
        if dossier.asks != CONSENT:
            return None
        if signs.says_yes(heard):
            return Turn((), replace(dossier, asks=None, ended=QUALIFIED), context, QUALIFIED, submits=True)
        return self.end(dossier, context, "demande.sans_consentement") if signs.says_only_no(heard) else None

    def confirmed(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The recap: a yes leads to the consent, a no asks what is wrong."""
        if dossier.asks != CONFIRMATION:
            return None
        if signs.says_yes(heard):
            return self.ask(replace(dossier, asks=CONSENT, tries=0), context)
        return self.misunderstood(dossier, context) if signs.says_only_no(heard) else None

    def cleared_doubt(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Est-ce bien … ? »: yes, or the value again, keeps it; no asks again; anything else is read as a new answer."""
        if not dossier.doubt or dossier.asks is None:
            return None
        if signs.says_yes(heard) or self.repeats(heard, dossier):
            if dossier.asks in SCREENING:
                return self.advance(replace(dossier, confirmed_place=dossier.doubt, doubt="", tries=0), context)
            return self.advance(replace(dossier.with_field(dossier.asks, dossier.doubt), doubt="", tries=0), context)
        if signs.says_only_no(heard):
            profile = self.screening.without_place(dossier.profile) if dossier.asks in SCREENING else dossier.profile
            return self.ask(replace(dossier, doubt="", profile=profile), context)
        return None

    def corrected(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Non, Ixelles », « mon nom est Dumont »: a field that was answered before is changed."""
        at_recap = dossier.asks in {CONFIRMATION, CONSENT}
        if not (at_recap or corrections.wants_change(heard.text)) or signs.asks_something(heard):
            return None
        if dossier.asks == "telephone" and corrections.prefers_mail(heard.text):
            return None
        return self.corrected_contact(heard, dossier, context) or self.corrected_screening(heard, dossier, context)

    def corrected_contact(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A change of name, address, telephone or subject."""
        field = corrections.field_named(heard.text)
        if field not in CONTACT or field == dossier.asks or (getattr(dossier, field) is None and dossier.asks != CONFIRMATION):
            return None
        value = corrections.new_value(heard.text, field)
        reading = read(field, heard.text if field in {"email", "telephone"} else value, dossier.profile.pays)
        if reading.value is not None and (field in {"email", "telephone"} or corrections.field_named(reading.value) != field):
            changed = replace(dossier.with_field(field, reading.value), tries=0)
            return self.again(changed, context, self.texts("demande.corrige"))
        return self.ask(replace(dossier.with_field(field, None), asks=field, doubt="", tries=0), context)

    def corrected_screening(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """A change of function, municipality or country: the decision is taken again."""
        field = corrections.field_named(heard.text)
        profile = self.screening.correct(dossier.profile, heard.text)
        if profile is None:
            if field in {"fonction", "commune", "pays"} and dossier.asks in {CONFIRMATION, CONSENT}:
                return self.ask(replace(dossier, asks=field, doubt="", tries=0), context)
            return None
        return self.advance(replace(dossier, profile=profile, doubt="", tries=0), context, self.texts("demande.corrige"))

    def again(self, dossier: Dossier, context: Context, *before: str) -> Turn:
        """Back to the field that was waited for; after a change at the recap, to the recap."""
        if dossier.asks in {CONFIRMATION, CONSENT}:
            return self.ask(replace(dossier, asks=CONFIRMATION), context, *before)
        return self.ask(dossier, context, *before)

    def courtesy(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Thanks, greetings, hesitations fill nothing: a word back, and the question again."""
        kind = signs.small_talk(heard)
        return self.ask(dossier, context, self.texts("demande." + kind)) if kind else None

    def asked_back(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Pourquoi ? » gets the reason, a question about the programme its answer, and then the field comes again."""
        if dossier.asks is None:
            return None
        if signs.asks_why(heard):
            return self.ask(dossier, context, self.texts(f"demande.pourquoi.{dossier.asks}"))
        if not signs.asks_something(heard) or not self.answerer.knows(heard, context):
            return None
        said = self.answerer.reply(heard, context)
        turn = self.ask(dossier, said.context)
        answers = tuple(replace(message, buttons=()) for message in said.messages)
        return replace(turn, messages=answers + turn.messages)

    def kept_silent(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Je préfère ne pas le dire »: told once why it is asked; the second time the request ends."""
        if dossier.asks in {None, "telephone"} or not signs.will_not_say(heard):
            return None
        if dossier.tries:
            return self.end(dossier, context, "demande.refus_repete")
        return self.ask(replace(dossier, tries=1), context, self.texts(f"demande.pourquoi.{dossier.asks}"))

    def answered(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """The answer to what was asked."""
        field = dossier.asks
        if field in SCREENING:
            return self.answered_screening(heard, dossier, context)
        if field is None or field not in CONTACT or (field in {"nom", "objet"} and self.is_no_answer(heard)):
            return None
        if field == "nom" and (profile := self.screening.only_function(dossier.profile, heard.text)):
            return self.ask(replace(dossier, profile=profile, tries=0), context)
        email = find_email(heard.text) if field == "nom" else None
        text = without_email(heard.text, email) if email else heard.text
        reading = read(field, text, dossier.profile.pays)
        if email and (reading.value or not text):
            dossier = replace(dossier, email=dossier.email or email)
        if reading.value is None:
            return self.misunderstood(self.with_phone(dossier, text), context, reading.fault)
        if reading.doubt:
            return self.ask(replace(dossier, doubt=reading.value, tries=0), context)
        return self.advance(replace(dossier.with_field(field, reading.value), doubt="", tries=0), context)

    def answered_screening(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """An answer about function, municipality, country or partnership."""
        profile = self.screening.answer(dossier.profile, dossier.asks or "profil", heard.text)
        if profile is None:
            return None
        tries = dossier.tries + 1 if profile == dossier.profile else 0
        changed = replace(dossier, profile=profile, doubt="", tries=tries, email=dossier.email or find_email(heard.text))
        return self.misunderstood(dossier, context) if tries > 1 else self.advance(changed, context)

    def knew_something_else(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Not an answer, but a question without its mark, or another subject: it gets its reply, and the field comes again."""
        if dossier.asks in {CONFIRMATION, CONSENT} and not signs.asks_something(heard):
            return None
        off_topic = heard.intent.startswith(("hors_sujet/", "voisin/")) and heard.whole.score > signs.SURE
        if not off_topic and not self.answerer.knows(heard, context):
            return None
        said = self.answerer.reply(heard, context)
        turn = self.ask(replace(dossier, tries=dossier.tries + 1), said.context)
        return replace(turn, messages=tuple(replace(m, buttons=()) for m in said.messages) + turn.messages)

    # --- parts of steps ----------------------------------------------------------------------------

    def repeats(self, heard: Heard, dossier: Dossier) -> bool:
        """Whether the value that is in doubt is given once more."""
        if dossier.asks in SCREENING:
            return self.screening.place_in(dossier.profile, heard.text) == dossier.doubt
        return dossier.asks is not None and read(dossier.asks, heard.text, dossier.profile.pays).value == dossier.doubt

    def with_phone(self, dossier: Dossier, text: str) -> Dossier:
        """The dossier with the telephone number that was given where an address is waited for."""
        given = read_phone(text, dossier.profile.pays)
        wanted = dossier.asks == "email" and dossier.telephone is None and given.value and not given.doubt
        return replace(dossier, telephone=given.value) if wanted else dossier

    def is_no_answer(self, heard: Heard) -> bool:
        """Whether a message where a name or a subject is waited for is plainly something else: a question, or abuse."""
        question = signs.asks_something(heard) and heard.text.rstrip().endswith("?") and len(clean(heard.text).split()) > 1
        return question or signs.insults(heard)

    def misunderstood(self, dossier: Dossier, context: Context, fault: str = "") -> Turn:
        """The answer could not be used: what is expected, and after some tries the way out."""
        tries = dossier.tries + 1
        if tries > PATIENCE:
            return self.end(dossier, context, "demande.refus_repete")
        limits = {"nom_long": NAME_LONGEST, "objet_long": SUBJECT_LONGEST}
        key = fault or dossier.asks or "profil"
        text = self.texts(f"demande.erreurs.{key}", **({"limite": limits[key]} if key in limits else {}))
        if tries > HINT:
            text = f"{text} {self.texts('demande.erreurs.renoncer')}"
        asked = question(self.texts, dossier, dossier.asks or "profil", self.screening.decide(dossier.profile))
        return Turn((Message(text, asked.buttons),), replace(dossier, tries=tries), context)

    def end(self, dossier: Dossier, context: Context, key: str) -> Turn:
        """The request is given up; nothing of the person is kept in the dossier."""
        return Turn((Message(self.texts(key)),), Dossier(number=dossier.number, ended=CANCELLED), context, CANCELLED)


def _sentence(reason: str) -> str:
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."
