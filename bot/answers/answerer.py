"""Decides what is said to one message, outside a request: a literal list of steps, the first that knows wins.

Pure: what was heard and what is remembered go in, messages and what to remember come out.
The thresholds are figures of docs/adr/0003-understanding.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from bot.answers import things
from bot.answers.compose import ROOM, button, say, say_phrase
from bot.answers.language import language_of
from bot.answers.model import Button, Context, Heard, Message, Part, Said
from bot.knowledge import Base, Fact
from bot.text import fold
from bot.texts import Texts

ANSWER = -0.35
"""Margin from which an entry is answered."""
ASK = -0.8
"""Margin from which entries are offered as choices; below, the assistant says that it does not know."""
NEIGHBOUR = -0.6
"""Margin from which a message counts as one about a neighbour of the programme."""
SUPPORT = 0.08
"""Bonus for each of the next labels, two at most, that is of the same heading: they agree on the subject."""
PART = 0.15
"""What a part of a message must have more than a whole one: it was cut out of its sentence."""
NEAR = 0.3
"""Bonus, in an elliptic message, of an entry of the same passage as the last answer; half of it for its section."""
POINTED = 0.6
"""The same, when the message points back with a pronoun: « pourquoi ceux-là ? »."""
ROOM_EACH = 290
"""Characters for each of two answers in one reply."""
ELLIPTIC_WORDS = 8
"""A message of at most so many words may lean on the question before it."""

_NEAREST_BY_QUESTION = {"chiffre", "procedure", "avis"}
"""Kinds of neighbouring questions whose nearest fact depends on the question."""
_LEADS_TO_REQUEST = {"participer", "attention", "contact"}
"""Headings after which a local authority may want to make a request."""
_LEAN = re.compile(
    r"^(et|mais|ok|oui|ah|donc|puis|merci|lesquels?|lesquelles|laquelle|lequel|pourquoi|depuis|combien"
    r"|c'est|la-dedans|la dedans|en|ca|avant|apres|qui|quoi|pour)\b"
)
_POINTS = re.compile(r"\b(ceux|celui|celle|celles)(-(la|ci))?\b|\b(ca|cela|la-dedans|la dedans)\b")
_SMALL = ("bavardage/", "affirmer", "nier", "hesiter", "annuler")

Step = Callable[[Heard, Context], Said | None]


class Answerer:
    """Answers from one Base. Also used in the middle of a request, for the question of somebody who is filling it in."""

    def __init__(self, base: Base, texts: Texts) -> None:
        self.base, self.texts = base, texts
        self.titles = {fold(entry.title): i for i, entry in base.entries.items()}
        self.steps: tuple[Step, ...] = (
            self.distress,
            self.chosen,
            self.other_language,
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
        heard = self.known(heard)
        for step in self.steps:
            if said := step(heard, context):
                return said
        return self.unknown(context)

    def known(self, heard: Heard) -> Heard:
        """What was heard without the entries that the knowledge no longer holds: a model may be older than a change of facts."""
        labels = {f"info/{entry}" for entry in self.base.entries}

        def keep(part: Part) -> Part:
            return Part(part.text, tuple((name, score) for name, score in part.ranking if not name.startswith("info/") or name in labels))

        return replace(heard, whole=keep(heard.whole), parts=tuple(map(keep, heard.parts)))

    def asked_beside(self, heard: Heard) -> Said | None:
        """The answer to a question that stands beside a request: « …un rendez-vous. Comment s'appelle-t-elle ? »"""
        heard = self.known(heard)
        asked = replace(heard, parts=tuple(part for part in heard.parts if part.text.endswith("?")))
        entry = self.asked_inside(asked)
        return self.answer(entry) if entry else None

    def knows(self, heard: Heard, context: Context) -> bool:
        """Whether the message is a question about the programme that would be answered at once."""
        heard = self.known(heard)
        return any(step(heard, context) for step in (self.chosen, self.foreign_country, self.several, self.fact))

    # --- steps -----------------------------------------------------------------------------------

    def distress(self, heard: Heard, context: Context) -> Said | None:
        """Somebody in distress or a threat comes before everything, at a lower threshold."""
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

    def follow_up(self, heard: Heard, context: Context) -> Said | None:
        """A message that leans on the last answer: another object of the same attribute, or a neighbour of the entry."""
        if not context.entry or not self.is_elliptic(heard.text):
            return None
        if moved := self.move(heard.text, context):
            return moved
        near = self.lean(heard.whole, context)
        return self.answer(near) if near else None

    def foreign_country(self, heard: Heard, context: Context) -> Said | None:
        """« Le Mali en fait partie ? »: no, and which countries do."""
        best = heard.whole.best
        about_countries = bool(self.about_country(best.removeprefix("info/")))
        if best != "voisin/pays" and not (about_countries or heard.whole.score < ASK or best == "voisin/liste"):
            return None
        if things.named(self.base, heard.text) and best != "voisin/pays":
            return None
        country = things.foreign_country(self.base, heard.text)
        if best != "voisin/pays" and (country is None or heard.whole.score < ASK):
            return None
        before = self.texts("voisin.pays_nomme", pays=country) if country else self.texts("voisin.pays")
        phrase = self.base.nearest.get("pays")
        if phrase is None:
            return None
        entry = self.base.phrases[phrase].facts[0].id
        return Said((say_phrase(self.base, phrase, before),), Context(entry, things.attribute_of(self.base, entry)))

    def several(self, heard: Heard, _: Context) -> Said | None:
        """Two questions in one message: both are answered, each from its own passage."""
        if heard.whole.best.startswith("hors_sujet/"):
            return None
        found: dict[str, str] = {}
        for part in heard.parts:
            if entry := self.confident(part, ANSWER + PART):
                found.setdefault(self.section(entry), entry)
        entries = list(found.values())[:2]
        if len(entries) < 2:
            return None
        messages = tuple(replace(say(self.base, entry, ROOM_EACH), buttons=()) for entry in entries)
        return Said(messages, Context(entries[-1], things.attribute_of(self.base, entries[-1])))

    def fact(self, heard: Heard, _: Context) -> Said | None:
        """One question that is understood well enough, as a whole or in one of its sentences."""
        entry = self.confident(heard.whole) or self.asked_inside(heard)
        return self.answer(entry, self.verdict(heard.text, entry)) if entry else None

    def about_country(self, entry: str) -> str:
        """The attribute of a country that an entry is about, if it is about countries."""
        attribute = things.attribute_of(self.base, entry)
        return attribute if any((thing.id, attribute) in self.base.grid for thing in self.base.things_of("pays")) else ""

    def asked_inside(self, heard: Heard) -> str:
        """The entry that the clearest part of a message asks for; nothing when the whole is plainly about something else."""
        if heard.whole.best.startswith("hors_sujet/") and heard.whole.score > ANSWER:
            return ""
        parts = [part for part in heard.parts if self.confident(part, ANSWER + PART)]
        return self.confident(max(parts, key=lambda part: part.score), ANSWER) if parts else ""

    def neighbour(self, heard: Heard, context: Context) -> Said | None:
        """Near the programme, but not on the page: say so, then the nearest fact with its source."""
        label = heard.intent
        if (not label.startswith("voisin/") and label != "hors_sujet/avis") or heard.whole.score < NEIGHBOUR:
            return None
        kind = label.split("/")[1]
        own = self.nearest_phrase(heard.whole) if kind in _NEAREST_BY_QUESTION else ""
        phrase = own or self.base.nearest.get(kind)
        if phrase is None:
            return None
        edition = self.base.edition
        message = say_phrase(self.base, phrase, self.texts(label.replace("/", "."), edition=edition.id, date=self.updated()))
        return Said((message,), replace(context, entry=self.base.phrases[phrase].facts[0].id, misses=0))

    def small_talk(self, heard: Heard, context: Context) -> Said | None:
        """Small talk stays small; a greeting or a cry for help opens the menu."""
        label = heard.intent
        if not label.startswith(_SMALL) or heard.whole.score < ANSWER:
            return None
        text = self.texts(label.replace("/", ".") if "/" in label else f"bavardage.{label}")
        if label in {"bavardage/saluer", "bavardage/aide", "bavardage/recommencer", "bavardage/insulte", "hesiter"}:
            return self.menu(text, replace(context, misses=0))
        return Said((Message(text),), replace(context, misses=0))

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
        near = self.lean(heard.whole, context)
        return self.answer(near) if near else None

    def ask_back(self, heard: Heard, context: Context) -> Said | None:
        """Between the thresholds: up to three entries to choose from, in plain words."""
        entries = [label[5:] for label, score in heard.whole.ranking if label.startswith("info/") and score >= ASK]
        choices: dict[str, str] = {}
        for entry in entries:
            choices.setdefault(self.base.entries[entry].title, entry)
        if not choices or not heard.intent.startswith("info/"):
            return None
        buttons = tuple(button(self.base, entry) for entry in list(choices.values())[:3])
        none = self.texts("reponse.aucune")
        return Said((Message(self.texts("reponse.demander"), (*buttons, Button(none, none))),), replace(context, misses=context.misses + 1))

    # --- parts of steps --------------------------------------------------------------------------

    def answer(self, entry: str, before: str = "") -> Said:
        """The reply about an entry, remembered for the next question."""
        message = say(self.base, entry, ROOM, before)
        if self.section(entry) in _LEADS_TO_REQUEST:
            title = self.texts("demande.bouton")
            message = replace(message, buttons=(*message.buttons, Button(title, title)))
        return Said((message,), Context(entry, things.attribute_of(self.base, entry)))

    def confident(self, part: Part, threshold: float = ANSWER) -> str:
        """The entry that a part asks for, when that is clear enough; else nothing."""
        if not part.best.startswith("info/") or part.score + self.support(part) < threshold:
            return ""
        return things.realign(self.base, part).removeprefix("info/")

    def support(self, part: Part) -> float:
        """How far the labels after the best one speak of the same heading."""
        section = self.section(part.best.removeprefix("info/"))
        near = [label for label, score in part.ranking[1:4] if score >= ASK and self.section(label.removeprefix("info/")) == section]
        return SUPPORT * min(2, len(near))

    def verdict(self, text: str, entry: str) -> str:
        """« Oui. » before the answer to « Le Maroc en fait partie ? »."""
        fact = self.base.facts.get(entry)
        asks = re.search(r"\?\s*$|^est-ce|^c'est bien|fait[- ]il|est-il", fold(text)) is not None and not re.match(
            r"(quel|dans quel|ou|combien|qui)", fold(text)
        )
        return self.texts("reponse.oui") if fact and fact.attribute == "membre" and asks else ""

    def is_elliptic(self, text: str) -> bool:
        """Whether a message leans on the one before: short, and opening like a follow-up or without a verb of its own."""
        words = fold(text).split()
        return len(words) <= ELLIPTIC_WORDS and (len(words) <= 3 or _LEAN.match(fold(text)) is not None)

    def move(self, text: str, context: Context) -> Said | None:
        """« Et au Maroc ? », « le troisième ? »: the same attribute of another object."""
        named = things.named(self.base, text)
        rank = things.rank_named(text)
        fact = self.base.facts.get(context.entry)
        if not named and rank and fact and fact.thing in self.base.things:
            kind = self.base.things[fact.thing].kind
            named = tuple(thing.id for thing in self.base.things_of(kind) if thing.rank == rank)
        content = [w for w in re.findall(r"\w{4,}", fold(text)) if w not in {"pour", "dans", "avec", "aussi", "merci", "alors", "bien"}]
        if len(named) != 1 or not context.attribute or len(content) > 3:
            return None
        entry = self.base.grid.get((named[0], context.attribute))
        return self.answer(entry, self.verdict(text, entry)) if entry else None

    def lean(self, part: Part, context: Context) -> str:
        """The entry that a short message means, given the last one: scores with a bonus for what is near."""
        passage, section = set(self.passage(context.entry)), self.section(context.entry)
        best, top = "", ANSWER
        most = POINTED if _POINTS.search(fold(part.text)) else NEAR
        for label, score in part.ranking:
            if not label.startswith("info/") or label[5:] == context.entry:
                continue
            near = bool(passage & set(self.passage(label[5:])))
            bonus = most if near else most / 2 if self.section(label[5:]) == section else 0.0
            if bonus and score + bonus > top:
                best, top = label[5:], score + bonus
        rival = part.score if part.best != f"info/{best}" else -9.0
        return best if best and top >= rival else ""

    def nearest_phrase(self, part: Part) -> str:
        """The phrase of the entry that comes nearest, for a refusal; nothing when none is near."""
        for label, score in part.ranking:
            entry = self.base.entries.get(label.removeprefix("info/"))
            if label.startswith("info/") and entry and score > ASK:
                return entry.phrase if isinstance(entry, Fact) else entry.phrases[0]
        return ""

    def passage(self, entry: str) -> tuple[str, ...]:
        """The phrases said around an entry."""
        found = self.base.entries.get(entry)
        if found is None:
            return ()
        return self.base.passage_of(found.phrase) if isinstance(found, Fact) else found.phrases

    def section(self, entry: str) -> str:
        """The heading of an entry."""
        found = self.base.entries.get(entry)
        if found is None:
            return ""
        return found.section if isinstance(found, Fact) else self.base.phrases[found.phrases[0]].section

    def menu(self, text: str, context: Context) -> Said:
        """A sentence with the subjects as buttons."""
        buttons = tuple(button(self.base, entry) for entry in self.texts.items("menu.entrees"))
        return Said((Message(text, buttons),), context)

    def unknown(self, context: Context) -> Said:
        """Nothing was understood. From the second time on the menu is offered, and to local authorities the contact."""
        misses = context.misses + 1
        key = "hors_sujet.inconnu" if misses < 2 else "hors_sujet.encore_inconnu"
        return self.menu(self.texts(key), replace(context, misses=misses))

    def updated(self) -> str:
        """The date of the page, as written in French."""
        return f"{self.base.edition.updated:%d.%m.%Y}"
