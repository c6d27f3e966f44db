"""The request for contact, turn by turn: who asks, is it admissible, how to answer them, is that right, may it be sent.

Pure: a message and a dossier in, a Turn out. The caller (actions/) keeps the dossier in a slot and registers what was
consented to. Nothing that a message says forces admissibility: the decision is taken anew from the profile each time.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from bot.answers.model import Answers, Context, Heard, Message
from bot.intake import signs
from bot.intake.addresses import find_email
from bot.intake.answering import Answering
from bot.intake.assent import assents, takes_back
from bot.intake.changes import Changes
from bot.intake.fields import looks_like_name, read
from bot.intake.first_turn import FirstTurn
from bot.intake.gathering import without_phone
from bot.intake.model import CONFIRMATION, CONSENT, CONTACT, QUALIFIED, SCREENING, Dossier, Turn
from bot.intake.screening import Screening
from bot.intake.speaking import HINT, Speaking
from bot.intake.statements import Statements
from bot.texts import Texts

Step = Callable[[Heard, Dossier, Context], "Turn | None"]


class Intake:
    """Leads a person through a request."""

    def __init__(
        self, screening: Screening, answerer: Answers, texts: Texts, retention_days: int, promised: Callable[[], str] = lambda: ""
    ) -> None:
        """`promised` says until when an answer is promised; nothing when the settings promise none."""
        self.screening, self.answerer, self.texts, self.promised = screening, answerer, texts, promised
        self.speaking = Speaking(screening, texts, retention_days)
        self.first_turn = FirstTurn(screening, answerer, texts, self.speaking)
        self.answering = Answering(screening, texts, self.speaking)
        self.changes = Changes(screening, texts, self.speaking, Statements(screening))
        self.steps: tuple[Step, ...] = (
            self.alarmed,
            self.stopped,
            self.wanted_human,
            self.handed_over,
            self.started_over,
            self.asked_anew,
            self.consented,
            self.confirmed,
            self.answering.cleared_doubt,
            self.admitted_to,
            self.answering.kept_name,
            self.changes.went_on,
            self.changes.corrected,
            self.changes.told_who,
            self.went_back,
            self.courtesy,
            self.asked_back,
            self.kept_silent,
            self.answering.answered,
            self.knew_something_else,
        )

    # --- the turns ---------------------------------------------------------------------------------

    def open(self, heard: Heard, dossier: Dossier, context: Context) -> Turn:
        """Begin a request with the message that asks for it."""
        return self.first_turn.open(heard, dossier, context)

    def anew(self, told: Mapping[str, str], field: str, number: int, context: Context) -> Turn:
        """Begin a request with what an earlier one held; `field` is what was wrong in it."""
        return self.first_turn.anew(told, field, number, context)

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

    def admitted_to(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """« Soyons honnêtes, je ne suis plus échevin », said where a name is waited for: the decision is taken again."""
        if dossier.asks in SCREENING or not self.screening.admits(dossier.profile, heard.text):
            return None
        return self.speaking.advance(replace(dossier, profile=self.screening.hear(dossier.profile, heard.text)), context)

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
        if dossier.asks == "nom" and looks_like_name(heard.text):
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

    def knew_something_else(self, heard: Heard, dossier: Dossier, context: Context) -> Turn | None:
        """Not an answer, but a question without its mark, or another subject: it gets its reply, and the field comes again."""
        if (dossier.at_recap or dossier.asks in SCREENING) and not signs.asks_something(heard):
            return None
        off_topic = heard.intent.startswith(("hors_sujet/", "voisin/")) and heard.whole.score > signs.SURE
        if not off_topic and not self.answerer.knows(heard, context):
            return None
        said = self.answerer.reply(heard, context)
        return self.speaking.answer_and_ask(said.messages, replace(dossier, tries=dossier.tries + 1), said.context)
