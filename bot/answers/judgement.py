"""Judges what was heard: which entry is meant, surely enough or not, alone or in the light of the last answer. Pure.

The thresholds are figures of docs/adr/0003-understanding.md; two errors are not equal, a wrong answer costs most.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.answers import things
from bot.answers.model import Context, Heard, Part
from bot.knowledge import Base, Fact
from bot.text import fold

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
ELLIPTIC_WORDS = 8
"""A message of at most so many words may lean on the question before it."""

_ALONE = 3
"""Words of a message that leans whatever its first word is."""
_CONTENT_WORDS = 3
"""Words with a meaning that a follow-up about another object may have; more make it a question of its own."""
_LEAN = re.compile(
    r"^(et|mais|ok|oui|ah|donc|puis|merci|lesquels?|lesquelles|laquelle|lequel|pourquoi|depuis|combien"
    r"|c'est|la-dedans|la dedans|en|ca|avant|apres|qui|quoi|pour)\b"
)
_POINTS = re.compile(r"\b(ceux|celui|celle|celles)(-(la|ci))?\b|\b(ca|cela|la-dedans|la dedans)\b")
_EMPTY = frozenset({"pour", "dans", "avec", "aussi", "merci", "alors", "bien"})


class Judgement:
    """Reads rankings against one Base."""

    def __init__(self, base: Base) -> None:
        self.base = base
        self.labels = frozenset(f"info/{entry}" for entry in base.entries)

    def known(self, heard: Heard) -> Heard:
        """What was heard without the entries that the knowledge no longer holds: a model may be older than a change of facts."""

        def keep(part: Part) -> Part:
            ranking = ((name, score) for name, score in part.ranking if not name.startswith("info/") or name in self.labels)
            return Part(part.text, tuple(ranking))

        return replace(heard, whole=keep(heard.whole), parts=tuple(map(keep, heard.parts)))

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

    def asked_inside(self, heard: Heard) -> str:
        """The entry that the clearest part of a message asks for; nothing when the whole is plainly about something else."""
        if heard.whole.best.startswith("hors_sujet/") and heard.whole.score > ANSWER:
            return ""
        parts = [part for part in heard.parts if self.confident(part, ANSWER + PART)]
        return self.confident(max(parts, key=lambda part: part.score), ANSWER) if parts else ""

    def asked_apart(self, heard: Heard) -> list[str]:
        """The entries, at most two, that different parts of a message ask for, each of another heading."""
        if heard.whole.best.startswith("hors_sujet/"):
            return []
        found: dict[str, str] = {}
        for part in heard.parts:
            if entry := self.confident(part, ANSWER + PART):
                found.setdefault(self.section(entry), entry)
        return list(found.values())[:2]

    def near_misses(self, part: Part) -> list[str]:
        """Entries that are near enough to be offered as choices, best first."""
        return [label[5:] for label, score in part.ranking if label.startswith("info/") and score >= ASK]

    def is_elliptic(self, text: str) -> bool:
        """Whether a message leans on the one before: short, and opening like a follow-up or with hardly a word of its own."""
        words = fold(text).split()
        return len(words) <= ELLIPTIC_WORDS and (len(words) <= _ALONE or _LEAN.match(fold(text)) is not None)

    def moved(self, text: str, context: Context) -> str:
        """« Et au Maroc ? », « le troisième ? »: the fact with the same attribute of another object; else nothing."""
        named = things.named(self.base, text) or self._ranked(text, context)
        content = [word for word in re.findall(r"\w{4,}", fold(text)) if word not in _EMPTY]
        if len(named) != 1 or not context.attribute or len(content) > _CONTENT_WORDS:
            return ""
        return self.base.grid.get((named[0], context.attribute), "")

    def not_given(self, heard: Heard, context: Context) -> str:
        """The entry next to a question whose object the page passes over: « et en Wallonie ? » after a budget; else nothing."""
        if self.confident(heard.whole) and things.lacks(self.base, heard.whole):
            return heard.whole.best.removeprefix("info/")
        named = things.named(self.base, heard.text)
        if not self.is_elliptic(heard.text) or len(named) != 1 or not context.attribute or (named[0], context.attribute) in self.base.grid:
            return ""
        known = {thing for thing, attribute in self.base.grid if attribute == context.attribute and thing in self.base.things}
        kinds = {self.base.things[thing].kind for thing in known}
        return context.entry if self.base.things[named[0]].kind in kinds else ""

    def _ranked(self, text: str, context: Context) -> tuple[str, ...]:
        rank, fact = things.rank_named(text), self.base.facts.get(context.entry)
        if not rank or fact is None or fact.thing not in self.base.things:
            return ()
        return tuple(thing.id for thing in self.base.things_of(self.base.things[fact.thing].kind) if thing.rank == rank)

    def leaning(self, part: Part, context: Context) -> str:
        """The entry that a short message means, given the last one: scores with a bonus for what is near."""
        passage, section = set(self.passage(context.entry)), self.section(context.entry)
        most = POINTED if _POINTS.search(fold(part.text)) else NEAR
        best, top = "", ANSWER
        for label, score in part.ranking:
            entry = label.removeprefix("info/")
            if label not in self.labels or entry == context.entry:
                continue
            bonus = most if passage & set(self.passage(entry)) else most / 2 if self.section(entry) == section else 0.0
            if bonus and score + bonus > top:
                best, top = entry, score + bonus
        rival = part.score if part.best != f"info/{best}" else -9.0
        return best if best and top >= rival else ""

    def nearest_phrase(self, part: Part) -> str:
        """The phrase of the entry that comes nearest, for a refusal; nothing when none is near."""
        entry = next(iter(self.near_misses(part)), "")
        found = self.base.entries.get(entry)
        if found is None:
            return ""
        return found.phrase if isinstance(found, Fact) else found.phrases[0]

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

    def country_attribute(self, entry: str) -> str:
        """The attribute of a country that an entry is about, if it is about countries."""
        attribute = things.attribute_of(self.base, entry)
        return attribute if any((thing.id, attribute) in self.base.grid for thing in self.base.things_of("pays")) else ""
