"""Decides what is said to one message, outside a request: a literal list of steps, the first that knows wins.

Pure: what was heard and what is remembered go in, messages and what to remember come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from bot.answers import periods, things
from bot.answers.compose import ROOM, button, menu, say, say_phrase
from bot.answers.following import ALL, Following
from bot.answers.judgement import ANSWER, ASK, LEANING_WORDS, MEMBER, Judgement, asking
from bot.answers.language import language_of
from bot.answers.model import CHOICE, NOTHING, Button, Context, Heard, Message, Said
from bot.answers.premise import premise
from bot.answers.wordings import Wordings
from bot.knowledge import Base, Value
from bot.text import fold
from bot.texts import Texts

ROOM_EACH = 245
"""Characters for each of two answers in one reply."""
_MISSES = 2
"""Misses in a row after which a local authority is offered the contact."""
_GIBBERISH = "hors_sujet/charabia"
CHOICES = 3
"""Entries offered when the question is not clear."""

_NEAREST_BY_QUESTION = {"chiffre", "procedure", "avis"}
"""Kinds of neighbouring questions whose nearest fact depends on the question."""
_LEADS_TO_REQUEST = {"participer", "attention", "contact"}
"""Headings after which a local authority may want to make a request."""
_NEAR = ("voisin/", "hors_sujet/avis")
"""Labels of what is near the programme and not on its page."""
_SMALL = ("bavardage/", "affirmer", "nier", "hesiter", "annuler")
_OPENS_MENU = {"bavardage/saluer", "bavardage/aide", "bavardage/recommencer", "bavardage/insulte", "hesiter"}
_YES_NO = re.compile(r"\?\s*$|^est-ce|^c'est bien|fait[- ]il|est-il")
_OPEN = re.compile(r"(quel|dans quel|ou|combien|qui)")

Step = Callable[[Heard, Context], Said | None]


class Answerer:
    """Answers from one Base. Also used in the middle of a request, for the question of somebody who is filling it in."""

    def __init__(self, base: Base, texts: Texts, wordings: Wordings) -> None:
        self.base, self.texts, self.following = base, texts, Following(base, wordings)
        self.judgement = Judgement(base, self.following)
        self.titles = {fold(entry.title): i for i, entry in base.entries.items()}
        self.steps: tuple[Step, ...] = (
            self.nonsense,
            self.distress,
            self.chosen,
            self.other_language,
            self.not_given,
            self.other_period,
            self.bare_follow_up,
            self.follow_up,
            self.foreign_country,
            self.several,
            self.fact,
            self.neighbour,
            self.small_talk,
            self.off_topic,
            self.rescued,
            self.ask_back,
        )

    def reply(self, heard: Heard, context: Context) -> Said:
        """What is said to `heard`; never silence."""
        heard = self.judgement.known(heard)
        said = next(filter(None, (step(heard, context) for step in self.steps)), None) or self.unknown(context)
        named = things.named(self.base, heard.text)
        return replace(said, context=replace(said.context, thing=named[0])) if len(named) == 1 else said

    def knows(self, heard: Heard, context: Context) -> bool:
        """Whether the message is a question about the programme that would be answered at once."""
        heard = self.judgement.known(heard)
        return any(step(heard, context) for step in (self.chosen, self.foreign_country, self.several, self.fact))

    def asked_beside(self, heard: Heard) -> Said | None:
        """The answer to a question that stands beside a request: « …un rendez-vous. Comment s'appelle-t-elle ? »"""
        heard = self.judgement.known(heard)
        asked = replace(heard, parts=tuple(part for part in heard.parts if part.text.endswith("?")))
        entry = self.judgement.asked_inside(asked)
        return self.other_period(asked, NOTHING) or (self.answer(entry) if entry else None)

    def leans(self, heard: Heard, context: Context) -> bool:
        """Whether a message leans on the answer before, or is one of the buttons under it."""
        led = self.following.lead(heard.text, context) is not None
        return led or self.judgement.is_elliptic(heard.text) or self.following.points_back(heard.text) or fold(heard.text) in self.titles

    # --- steps -----------------------------------------------------------------------------------

    def nonsense(self, heard: Heard, context: Context) -> Said | None:
        """Signs, emoji, lone letters: nothing that could be a word or a year."""
        if re.search(r"[^\W\d_]{2}|\d{4}", heard.text):
            return None
        return self.missed(self.texts("hors_sujet.charabia"), context)

    def distress(self, heard: Heard, context: Context) -> Said | None:
        """Somebody in distress or a threat comes before everything."""
        if heard.intent in {"hors_sujet/detresse", "hors_sujet/menace"}:
            return Said((Message(self.texts(heard.intent.replace("/", "."))),), context)
        return None

    def chosen(self, heard: Heard, context: Context) -> Said | None:
        """A button was pressed, or its title typed."""
        key = fold(heard.text)
        if key == fold(self.texts("reponse.aucune")):
            return self.unknown(context)
        return self.answer(self.titles[key], context) if key in self.titles else None

    def other_language(self, heard: Heard, context: Context) -> Said | None:
        """One polite sentence in the person's language, marked as such for who reads it aloud, and the French menu."""
        language = language_of(heard.text)
        if heard.intent != "hors_sujet/langue" and language is None:
            return None
        if heard.intent.startswith("info/") and heard.whole.score > ANSWER:
            return None
        said = self.menu(self.texts("langues.autre"), context)
        if language is None or language == "autre":
            return said
        return replace(said, messages=(Message(self.texts(f"langues.{language}"), language=language), *said.messages))

    def not_given(self, heard: Heard, context: Context) -> Said | None:
        """A figure that the page gives for one object and not for the one asked about: say so, then the first fact of its passage."""
        entry = self.judgement.not_given(heard, context)
        if not entry:
            return None
        message = say_phrase(self.base, self.judgement.passage(entry)[0], self.texts("voisin.chiffre"))
        return Said((message,), replace(context, misses=0))

    def other_period(self, heard: Heard, context: Context) -> Said | None:
        """Years that are not this edition's, beside a fact that has none of its own: « le budget de 2008-2013 »."""
        own = periods.period_of(self.base)
        if all(period.within(own) for period in periods.named(heard.text)):
            return None
        entry = self.judgement.confident(heard.whole) or self.judgement.asked_inside(heard) or self.asked_of_years(heard, context)
        if not entry or periods.tells_years(self.base, entry):
            return None
        return self.refuse("voisin/periode", self.judgement.passage(entry)[0], context)

    def asked_of_years(self, heard: Heard, context: Context) -> str:
        """The entry answered last when a message names years and nothing else: « et en 2020 ? »."""
        only_years = periods.named(heard.text) and self.following.says_nothing(periods.without(heard.text))
        return context.entry if only_years and context.entry in self.base.entries else ""

    def bare_follow_up(self, heard: Heard, context: Context) -> Said | None:
        """« Pourquoi ? », « le deuxième ? », « c'est tout ? »: words that ask something only after the last answer."""
        if heard.intent.startswith(_SMALL) and heard.whole.score > ANSWER and "?" not in heard.text:
            return None
        if entry := self.asked_of_years(heard, context):
            return self.answer(entry, context)
        clear = self.judgement.confident(heard.whole)
        led = self.following.lead(heard.text, context)
        if led is not None and clear and not led.ranked and self.following.names_its_subject(heard.text):
            return None
        if led is None and heard.parts and not self.judgement.asked_before_last(heard):
            last = heard.parts[-1]
            own = clear and (self.following.names_its_subject(last.text) or self.judgement.confident(last) != clear)
            led = None if own else self.following.lead(last.text, context)
        if led is None:
            return None
        if led.refusal:
            return self.refuse(f"voisin/{led.refusal}", self.base.nearest.get(led.refusal, ""), context)
        before = self.texts("reponse.tout" if led.confirms == ALL else "reponse.sur") if led.confirms else ""
        return self.answer(self.following.points_at(heard.text, led.entry, context), context, before)

    def follow_up(self, heard: Heard, context: Context) -> Said | None:
        """A message that leans on the last answer: another object of the same attribute, or a neighbour of the entry."""
        if not context.entry or not self.judgement.is_elliptic(heard.text):
            return None
        if moved := self.judgement.moved(heard, context):
            return self.answer(moved[0], context, self.verdict(heard.text, moved[0]), moved[1:])
        if (right := premise(self.base, context.entry, heard.text)) is not None:
            return self.answer(context.entry, context, self.texts("reponse.oui" if right else "reponse.non"))
        return self.leaned(heard, context)

    def leaned(self, heard: Heard, context: Context) -> Said | None:
        """The reply about the entry that a message means in the light of the last answer; None when that is not clear.

        A few words that are clear by themselves are not read so: « pays concernés » after a sector.
        """
        if self.judgement.stands_alone(heard):
            return None
        entry = self.judgement.leaning(heard.whole, context)
        return self.found(heard, self.following.points_at(heard.text, entry, context), context) if entry else None

    def foreign_country(self, heard: Heard, context: Context) -> Said | None:
        """« Le Mali en fait partie ? »: no, and which countries do."""
        best, phrase = heard.intent, self.base.nearest.get("pays")
        if phrase is None or not (best == "voisin/pays" or self.may_name_country(heard)):
            return None
        country = things.foreign_country(self.base, heard.text)
        if best != "voisin/pays" and country is None:
            return None
        key = "voisin.pays_nommes" if country and country.startswith("les ") else "voisin.pays_nomme"
        before = self.texts(key, pays=country) if country else self.texts("voisin.pays")
        entry = self.base.phrases[phrase].facts[0].id
        return Said((say_phrase(self.base, phrase, before),), self.after(entry, context))

    def may_name_country(self, heard: Heard) -> bool:
        """Whether a message that is not plainly about another country may still be: it is about countries, and names none of ours."""
        about = heard.intent == "voisin/liste" or self.judgement.country_attribute(heard.intent.removeprefix("info/"))
        return bool(about) and heard.whole.score >= ASK and not things.named(self.base, heard.text)

    def several(self, heard: Heard, context: Context) -> Said | None:
        """Two questions in one message: both are answered, each from its own passage."""
        entries = self.judgement.asked_apart(heard)
        if len(entries) < 2:
            return None
        messages = tuple(replace(say(self.base, entry, ROOM_EACH), buttons=()) for entry in entries)
        return Said(messages, self.after(entries[-1], context))

    def fact(self, heard: Heard, context: Context) -> Said | None:
        """One question that is understood well enough, as a whole or in one of its sentences."""
        entry = self.judgement.confident(heard.whole) or self.judgement.asked_inside(heard)
        return self.found(heard, self.following.points_at(heard.text, entry, context), context) if entry else None

    def found(self, heard: Heard, entry: str, context: Context) -> Said:
        """The reply about the entry that a message asks for: a verdict on what it takes for granted, what else it came near to."""
        return self.answer(entry, context, self.verdict(heard.text, entry), self.judgement.beside(heard.whole, entry))

    def neighbour(self, heard: Heard, context: Context) -> Said | None:
        """Near the programme, but not on the page: say so, then the nearest fact with its source."""
        label = heard.intent
        if not label.startswith(_NEAR) or not self.judgement.is_neighbour(heard.whole):
            return None
        kind = label.split("/")[1]
        own = self.judgement.nearest_phrase(heard.whole, context) if kind in _NEAREST_BY_QUESTION else ""
        return self.refuse(label, own or self.base.nearest.get(kind, ""), context)

    def refuse(self, label: str, phrase: str, context: Context) -> Said | None:
        """Say that the page does not give it, then the nearest phrase; None when there is none."""
        if phrase not in self.base.phrases:
            return None
        date = Value(date=self.base.edition.updated).say()
        message = say_phrase(self.base, phrase, self.texts(label.replace("/", "."), edition=self.base.edition.id, date=date))
        return Said((message,), replace(context, entry=self.base.phrases[phrase].facts[0].id, misses=0))

    def small_talk(self, heard: Heard, context: Context) -> Said | None:
        """Small talk stays small; a greeting or a cry for help opens the menu."""
        label = heard.intent
        if not label.startswith(_SMALL) or heard.whole.score < ANSWER:
            return None
        text = self.texts(label.replace("/", ".") if "/" in label else f"bavardage.{label}")
        calm = replace(context, misses=0)
        return self.menu(text, calm) if label in _OPENS_MENU else Said((Message(text),), calm)

    def off_topic(self, heard: Heard, context: Context) -> Said | None:
        """Another service, the news, nonsense: no fact, no source, a helpful sentence."""
        label = heard.intent
        if label == "donnees":
            return Said((Message(self.texts("donnees")),), context)
        key = label.replace("/", ".")
        if not label.startswith("hors_sujet/") or key not in self.texts:
            return None
        if label == _GIBBERISH:
            return self.missed(self.texts(key), context)
        return Said((Message(self.texts(key)),), context)

    def rescued(self, heard: Heard, context: Context) -> Said | None:
        """A question that is not clear alone, but is after the last answer: « on fesait koi o debut »."""
        if not context.entry or len(heard.text.split()) > LEANING_WORDS:
            return None
        return self.leaned(heard, context)

    def ask_back(self, heard: Heard, context: Context) -> Said | None:
        """Between the thresholds: up to three entries to choose from, in plain words."""
        near = [part for part in (heard.whole, *asking(heard)) if part.best.startswith(("info/", *_NEAR))]
        entries = self.judgement.near_misses(max(near, key=lambda part: part.score))[:CHOICES] if near else []
        if not entries:
            return None
        none = self.texts("reponse.aucune")
        buttons = (*(button(self.base, entry) for entry in entries), Button.saying(none))
        guessed = context if context.entry else self.after(entries[0], context)
        return Said((Message(self.texts("reponse.demander"), buttons, kind=CHOICE),), replace(guessed, misses=context.misses + 1))

    # --- what steps say --------------------------------------------------------------------------

    def answer(self, entry: str, context: Context = NOTHING, before: str = "", near: Sequence[str] = ()) -> Said:
        """The reply about an entry, remembered for the next question; `near` may have been meant as well."""
        message = say(self.base, entry, ROOM, before, near)
        if self.judgement.section(entry) in _LEADS_TO_REQUEST:
            title = self.texts("demande.bouton")
            message = replace(message, buttons=(*message.buttons, Button.saying(title)))
        return Said((message,), self.after(entry, context))

    def after(self, entry: str, context: Context) -> Context:
        """What is remembered once an entry was answered: the object spoken of stays until another one is named."""
        found = self.base.entries[entry]
        thing = found.thing if found.thing in self.base.things and self.base.things[found.thing].kind else context.thing
        return Context(entry, things.attribute_of(self.base, entry), 0, thing)

    def verdict(self, text: str, entry: str) -> str:
        """« Oui. » before the answer to « Le Maroc en fait partie ? », « Non. » before that to « C'est bien six pays ? »."""
        fact, folded = self.base.facts.get(entry), fold(text)
        asks = _YES_NO.search(folded) is not None and not _OPEN.match(folded)
        if fact and fact.attribute == MEMBER:
            return self.texts("reponse.oui") if asks else ""
        right = premise(self.base, entry, text)
        return "" if right is None else self.texts("reponse.oui" if right else "reponse.non")

    def menu(self, text: str, context: Context) -> Said:
        """A sentence with the subjects as buttons."""
        return Said((Message(text, menu(self.base, self.texts)),), context)

    def unknown(self, context: Context) -> Said:
        """Nothing was understood."""
        return self.missed(self.texts("hors_sujet.inconnu"), context)

    def missed(self, text: str, context: Context) -> Said:
        """`text` with the menu; from the second miss in a row on also, to local authorities, the way to a request."""
        misses = replace(context, misses=context.misses + 1)
        if misses.misses < _MISSES:
            return self.menu(text, misses)
        said = self.menu(self.texts("hors_sujet.encore_inconnu"), misses)
        title = self.texts("demande.bouton")
        return Said(tuple(replace(message, buttons=(*message.buttons, Button.saying(title))) for message in said.messages), said.context)
