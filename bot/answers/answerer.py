"""Decides what is said to one message, outside a request: a literal list of steps, the first that knows wins.

Pure: what was heard and what is remembered go in, messages and what to remember come out.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.answers import things
from bot.answers.compose import ROOM, button, say, say_phrase
from bot.answers.judgement import ANSWER, ASK, ELLIPTIC_WORDS, NEIGHBOUR, Judgement
from bot.answers.language import language_of
from bot.answers.model import Button, Context, Heard, Message, Said
from bot.answers.premise import premise
from bot.knowledge import Base
from bot.text import fold
from bot.texts import Texts

ROOM_EACH = 245
"""Characters for each of two answers in one reply."""
CHOICES = 3
"""Entries offered when the question is not clear."""

_NEAREST_BY_QUESTION = {"chiffre", "procedure", "avis"}
"""Kinds of neighbouring questions whose nearest fact depends on the question."""
_LEADS_TO_REQUEST = {"participer", "attention", "contact"}
"""Headings after which a local authority may want to make a request."""
_SMALL = ("bavardage/", "affirmer", "nier", "hesiter", "annuler")
_OPENS_MENU = {"bavardage/saluer", "bavardage/aide", "bavardage/recommencer", "bavardage/insulte", "hesiter"}
_YES_NO = re.compile(r"\?\s*$|^est-ce|^c'est bien|fait[- ]il|est-il")
_OPEN = re.compile(r"(quel|dans quel|ou|combien|qui)")

Step = Callable[[Heard, Context], Said | None]


class Answerer:
    """Answers from one Base. Also used in the middle of a request, for the question of somebody who is filling it in."""

    def __init__(self, base: Base, texts: Texts) -> None:
        self.base, self.texts, self.judgement = base, texts, Judgement(base)
        self.titles = {fold(entry.title): i for i, entry in base.entries.items()}
        self.steps: tuple[Step, ...] = (
            self.nonsense,
            self.distress,
            self.chosen,
            self.other_language,
            self.not_given,
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
        for step in self.steps:
            if said := step(heard, context):
                return said
        return self.unknown(context)

    def knows(self, heard: Heard, context: Context) -> bool:
        """Whether the message is a question about the programme that would be answered at once."""
        heard = self.judgement.known(heard)
        return any(step(heard, context) for step in (self.chosen, self.foreign_country, self.several, self.fact))

    def asked_beside(self, heard: Heard) -> Said | None:
        """The answer to a question that stands beside a request: « …un rendez-vous. Comment s'appelle-t-elle ? »"""
        heard = self.judgement.known(heard)
        asked = replace(heard, parts=tuple(part for part in heard.parts if part.text.endswith("?")))
        entry = self.judgement.asked_inside(asked)
        return self.answer(entry) if entry else None

    # --- steps -----------------------------------------------------------------------------------

    def nonsense(self, heard: Heard, context: Context) -> Said | None:
        """Signs, emoji, lone letters: nothing that could be a word or a year."""
        if re.search(r"[^\W\d_]{2}|\d{4}", heard.text):
            return None
        return self.menu(self.texts("hors_sujet.charabia"), replace(context, misses=context.misses + 1))

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
        return self.answer(self.titles[key]) if key in self.titles else None

    def other_language(self, heard: Heard, context: Context) -> Said | None:
        """One polite sentence in the person's language, and the French menu."""
        language = language_of(heard.text)
        if heard.intent != "hors_sujet/langue" and language is None:
            return None
        if heard.intent.startswith("info/") and heard.whole.score > ANSWER:
            return None
        return self.menu(self.texts(f"langues.{language or 'autre'}"), context)

    def not_given(self, heard: Heard, context: Context) -> Said | None:
        """A figure that the page gives for one object and not for the one asked about: say so, then the first fact of its passage."""
        entry = self.judgement.not_given(heard, context)
        if not entry:
            return None
        message = say_phrase(self.base, self.judgement.passage(entry)[0], self.texts("voisin.chiffre"))
        return Said((message,), replace(context, misses=0))

    def follow_up(self, heard: Heard, context: Context) -> Said | None:
        """A message that leans on the last answer: another object of the same attribute, or a neighbour of the entry."""
        if not context.entry or not self.judgement.is_elliptic(heard.text):
            return None
        if entry := self.judgement.moved(heard.text, context):
            return self.answer(entry, self.verdict(heard.text, entry))
        near = self.judgement.leaning(heard.whole, context)
        return self.answer(near) if near else None

    def foreign_country(self, heard: Heard, _: Context) -> Said | None:
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
        return Said((say_phrase(self.base, phrase, before),), Context(entry, things.attribute_of(self.base, entry)))

    def may_name_country(self, heard: Heard) -> bool:
        """Whether a message that is not plainly about another country may still be: it is about countries, and names none of ours."""
        about = heard.intent == "voisin/liste" or self.judgement.country_attribute(heard.intent.removeprefix("info/"))
        return bool(about) and heard.whole.score >= ASK and not things.named(self.base, heard.text)

    def several(self, heard: Heard, _: Context) -> Said | None:
        """Two questions in one message: both are answered, each from its own passage."""
        entries = self.judgement.asked_apart(heard)
        if len(entries) < 2:
            return None
        messages = tuple(replace(say(self.base, entry, ROOM_EACH), buttons=()) for entry in entries)
        return Said(messages, Context(entries[-1], things.attribute_of(self.base, entries[-1])))

    def fact(self, heard: Heard, _: Context) -> Said | None:
        """One question that is understood well enough, as a whole or in one of its sentences."""
        entry = self.judgement.confident(heard.whole) or self.judgement.asked_inside(heard)
        return self.answer(entry, self.verdict(heard.text, entry)) if entry else None

    def neighbour(self, heard: Heard, context: Context) -> Said | None:
        """Near the programme, but not on the page: say so, then the nearest fact with its source."""
        label = heard.intent
        if (not label.startswith("voisin/") and label != "hors_sujet/avis") or heard.whole.score < NEIGHBOUR:
            return None
        kind = label.split("/")[1]
        own = self.judgement.nearest_phrase(heard.whole) if kind in _NEAREST_BY_QUESTION else ""
        phrase = own or self.base.nearest.get(kind)
        if phrase is None:
            return None
        date = f"{self.base.edition.updated:%d.%m.%Y}"
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
        return Said((Message(self.texts(key)),), context) if label.startswith("hors_sujet/") and key in self.texts else None

    def rescued(self, heard: Heard, context: Context) -> Said | None:
        """A short question that is not clear alone, but is after the last answer: « on fesait koi o debut »."""
        if not context.entry or not heard.intent.startswith("info/") or len(heard.text.split()) > ELLIPTIC_WORDS:
            return None
        near = self.judgement.leaning(heard.whole, context)
        return self.answer(near) if near else None

    def ask_back(self, heard: Heard, context: Context) -> Said | None:
        """Between the thresholds: up to three entries to choose from, in plain words."""
        entries = self.judgement.near_misses(heard.whole)[:CHOICES]
        if not entries or not heard.intent.startswith("info/"):
            return None
        none = self.texts("reponse.aucune")
        buttons = (*(button(self.base, entry) for entry in entries), Button(none, none))
        return Said((Message(self.texts("reponse.demander"), buttons),), replace(context, misses=context.misses + 1))

    # --- what steps say --------------------------------------------------------------------------

    def answer(self, entry: str, before: str = "") -> Said:
        """The reply about an entry, remembered for the next question."""
        message = say(self.base, entry, ROOM, before)
        if self.judgement.section(entry) in _LEADS_TO_REQUEST:
            title = self.texts("demande.bouton")
            message = replace(message, buttons=(*message.buttons, Button(title, title)))
        return Said((message,), Context(entry, things.attribute_of(self.base, entry)))

    def verdict(self, text: str, entry: str) -> str:
        """« Oui. » before the answer to « Le Maroc en fait partie ? », « Non. » before that to « C'est bien six pays ? »."""
        fact, folded = self.base.facts.get(entry), fold(text)
        asks = _YES_NO.search(folded) is not None and not _OPEN.match(folded)
        if fact and fact.attribute == "membre":
            return self.texts("reponse.oui") if asks else ""
        right = premise(self.base, entry, text)
        return "" if right is None else self.texts("reponse.oui" if right else "reponse.non")

    def menu(self, text: str, context: Context) -> Said:
        """A sentence with the subjects as buttons."""
        buttons = tuple(button(self.base, entry) for entry in self.texts.items("menu.entrees"))
        return Said((Message(text, buttons),), context)

    def unknown(self, context: Context) -> Said:
        """Nothing was understood. From the second time on the menu is offered, and to local authorities the contact."""
        misses = context.misses + 1
        key = "hors_sujet.inconnu" if misses < 2 else "hors_sujet.encore_inconnu"
        return self.menu(self.texts(key), replace(context, misses=misses))
