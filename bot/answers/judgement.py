"""Judges what was heard: which entry is meant, surely enough or not, alone or in the light of the last answer. Pure.

The thresholds are figures of docs/adr/0003-understanding.md; two errors are not equal, a wrong answer costs most.
"""

from __future__ import annotations

import re
from dataclasses import replace

from bot.answers import periods, things
from bot.answers.following import Following
from bot.answers.model import Context, Heard, Part
from bot.knowledge import Base, Fact
from bot.text import fold

ANSWER = -0.35
"""Sureness from which an entry is answered: its margin, and SURE times its lead over the entries of other passages."""
SURE = 1.0
ON_TOPIC = -0.05
"""The same for its lead over all that is no entry (other services, news, requests), weighed by TOPIC."""
TOPIC = 1.0
LOWEST = -0.45
"""The least margin of an entry that is answered."""
AHEAD, LOWEST_AHEAD = 0.3, -0.55
"""The same where the entries of other passages are so far behind: those of its own passage share the margin with it."""
ASK = -0.8
"""Margin from which entries are offered as choices; below, the assistant says that it does not know."""
NEIGHBOUR = -0.6
"""Margin from which a message counts as one about a neighbour of the programme."""
MEMBER = "membre"
"""The attribute of a country that takes part."""
OTHER_PERIOD = "voisin/periode"
CLEARLY = 0.1
"""What a neighbour of the programme must have more than the best entry: short of that, the entry is offered as a choice."""
LEAST = -1.0
"""The margin of a rival that is not in the ranking, or weaker: nothing speaks for it."""
PLAIN = 0.0
"""Margin from which a message is plainly about another subject, whatever was said before."""
PART = 0.15
"""What a part of a message must have more than a whole one: it was cut out of its sentence."""
NEAR = 0.45
"""Bonus, in an elliptic message, of an entry of the same passage as the last answer; half of it for its section."""
POINTED = 0.8
"""The same, when the message points back with a pronoun: « pourquoi ceux-là ? »."""
NEARER = 0.15
"""What an entry of another passage must have more, without any bonus, than the one that a message would mean after the last answer."""
ELLIPTIC_WORDS = 8
"""A message of at most so many words may lean on the question before it."""

NEAREST = -0.65
"""Margin from which an entry is near enough to be told behind a refusal."""
WINDOW = 0.4
"""What an entry may have less than the best one and still be said beside it."""
NEAR_FLOOR = -0.75
"""Margin below which nothing is said beside the best entry."""
BESIDE = 3
"""Entries that may be said beside the best one."""

LEANING_WORDS = 14
"""The most words of a message that is read in the light of the last answer when nothing else explains it."""
_ALONE = 3
"""Words of a message that leans whatever its first word is."""
_CONTENT_WORDS = 3
"""Words with a meaning that a follow-up about another object may have; more make it a question of its own."""
_LEAN = re.compile(
    r"^(et|mais|ok|oui|ah|donc|puis|merci|lesquels?|lesquelles|laquelle|lequel|pourquoi|depuis|combien"
    r"|c'est|la-dedans|la dedans|en|ca|avant|apres|qui|quoi|pour)\b"
)
_SAME = re.compile(r"\b(pareil|pareille|la meme chose|le meme|idem|aussi|egalement|meme question|en a (un|une|aussi)|non plus)\b")
"""Words by which the same is asked of something else."""
_FEW = re.compile(r"\b(ceux|celles)[- ]la\b")
"""Words that point back in a message of any length."""
_END = re.compile(r"[?!]|(?<=\w\w)\.(?=\s|$)")
"""The end of a sentence."""
_POINTS = re.compile(r"\b(ceux|celui|celle|celles)(-(la|ci))?\b|\b(la-dedans|la dedans)\b")
_EMPTY = frozenset(
    "pour dans avec aussi merci alors bien pays pareil donc mais dernier derniere premier premiere deuxieme second seconde troisieme "
    "amis amies freres soeurs voisins voisines collegues font chez pour nous particulier aussi egalement aller "
    "quatrieme cinquieme meme idem quoi celui celle question chose".split()
)


_NO_RIVALS = ("info/", "bavardage/saluer", "bavardage/remercier", "bavardage/au_revoir", "bavardage/repeter")
"""Labels beside which a question about the programme may stand."""


class Judgement:
    """Reads rankings against one Base."""

    def __init__(self, base: Base, following: Following) -> None:
        self.base, self.following = base, following
        self.labels = frozenset(f"info/{entry}" for entry in base.entries)
        self.no_content = _EMPTY | things.names(base)

    def known(self, heard: Heard) -> Heard:
        """What was heard without the labels that cannot be meant.

        Entries that the knowledge no longer holds (a model may be older than a change of facts), and another period when the
        only years named are those of this edition.
        """
        years, own = periods.named(heard.text), periods.period_of(self.base)
        dropped = {OTHER_PERIOD} if years and all(period.within(own) for period in years) else set()

        def keep(part: Part) -> Part:
            kept = (pair for pair in part.ranking if pair[0] not in dropped and (not pair[0].startswith("info/") or pair[0] in self.labels))
            return Part(part.text, tuple(kept))

        return replace(heard, whole=keep(heard.whole), parts=tuple(map(keep, heard.parts)))

    def confident(self, part: Part, more: float = 0.0) -> str:
        """The entry that a part asks for, when that is clear enough, by `more` than the thresholds; else nothing."""
        if not part.best.startswith("info/"):
            return ""
        lead = part.score - self._rival_entry(part)
        if part.score < (LOWEST if lead < AHEAD else LOWEST_AHEAD) + more:
            return ""
        sure = part.score + SURE * lead >= ANSWER + more
        on_topic = part.score + TOPIC * (part.score - self._rival_subject(part)) >= ON_TOPIC + more
        return things.realign(self.base, part).removeprefix("info/") if sure and on_topic else ""

    def _rival_entry(self, part: Part) -> float:
        """The margin of the best entry of another passage than the best one's."""
        passage = self.base.passage_id(part.best.removeprefix("info/"))
        rivals = (score for label, score in part.ranking if label in self.labels and self.base.passage_id(label[5:]) != passage)
        return max(LEAST, next(rivals, LEAST))

    @staticmethod
    def _rival_subject(part: Part) -> float:
        """The margin of the best label of another subject. Courtesy is none: « bonjour » and « merci » go with any question."""
        return max(LEAST, next((score for label, score in part.ranking if not label.startswith(_NO_RIVALS)), LEAST))

    def beside(self, part: Part, entry: str) -> tuple[str, ...]:
        """Entries of the same heading that the message may have meant as well, best first."""
        section = self.section(entry)
        found = [
            label.removeprefix("info/")
            for label, score in part.ranking
            if label in self.labels and label != f"info/{entry}" and score >= max(NEAR_FLOOR, part.score - WINDOW)
        ]
        return tuple(other for other in found if self.section(other) == section)[:BESIDE]

    def asked_inside(self, heard: Heard) -> str:
        """The entry that the clearest part of a message asks for; nothing when the whole is plainly about something else."""
        if heard.whole.best.startswith("hors_sujet/") and heard.whole.score > ANSWER:
            return ""
        parts = [part for part in asking(heard) if self.confident(part, PART)]
        return self.confident(max(parts, key=lambda part: part.score)) if parts else ""

    def asked_before_last(self, heard: Heard) -> bool:
        """Whether a part of a message before its last one asks for an entry."""
        return any(self.confident(part, PART) for part in heard.parts[:-1] if not part.text.endswith(heard.parts[-1].text))

    def asked_apart(self, heard: Heard) -> list[str]:
        """The entries, at most two, that different parts of a message ask for, each in another passage."""
        if heard.whole.best.startswith("hors_sujet/"):
            return []
        found: dict[str, str] = {}
        for part in asking(heard):
            if entry := self.confident(part, PART):
                found.setdefault(self.base.passage_id(entry), entry)
        return list(found.values())[:2]

    def is_neighbour(self, part: Part) -> bool:
        """Whether a part is about a neighbour of the programme, and not as well about an entry."""
        entry = next((score for label, score in part.ranking if label in self.labels), LEAST)
        return part.score >= NEIGHBOUR and part.score >= max(entry, ASK) + CLEARLY

    def near_misses(self, part: Part) -> list[str]:
        """Entries that are near enough to be offered as choices, best first."""
        return [label[5:] for label, score in part.ranking if label.startswith("info/") and score >= ASK]

    def is_elliptic(self, text: str) -> bool:
        """Whether a message leans on the one before: short, and opening like a follow-up or with hardly a word of its own."""
        words = text.split()
        return len(words) <= ELLIPTIC_WORDS and (len(words) <= _ALONE or self._says_that_it_leans(text))

    def stands_alone(self, heard: Heard) -> bool:
        """Whether a message asks clearly for an entry by itself, and has no word that leans on what was said."""
        return bool(self.confident(heard.whole)) and not self._refers_back(heard.text)

    def _refers_back(self, text: str) -> bool:
        """Whether a message has a word that leans on what was said, or means a country spoken of."""
        return self._says_that_it_leans(text) or self.following.points_back(text)

    @staticmethod
    def _says_that_it_leans(text: str) -> bool:
        folded = fold(text)
        return _LEAN.match(folded) is not None or _SAME.search(folded) is not None

    def moved(self, heard: Heard, context: Context) -> tuple[str, ...]:
        """« Et au Maroc ? », « le troisième ? », « la fiche du deuxième ? »: the attribute asked for, of other objects; else nothing."""
        by_name = things.named(self.base, heard.text)
        named = by_name or self._ranked(heard.text, context)
        content = [word for word in re.findall(r"\w{4,}", fold(heard.text)) if word not in self.no_content]
        if not named or len(content) > _CONTENT_WORDS:
            return ()
        asked = self._attribute_asked(heard.whole, named[0], ANSWER if by_name else ASK) if content else ""
        entries = (self.base.grid.get((thing, asked or context.attribute), "") for thing in named)
        return tuple(filter(None, entries))

    def _attribute_asked(self, part: Part, thing: str, least: float) -> str:
        """The attribute of an object that a message has words for, if any; that it takes part at all is no answer to a follow-up."""
        likely = (label.removeprefix("info/") for label, score in part.ranking[:5] if score >= least)
        attributes = (things.attribute_of(self.base, entry) for entry in likely)
        return next((name for name in attributes if name and name != MEMBER and (thing, name) in self.base.grid), "")

    def not_given(self, heard: Heard, context: Context) -> str:
        """The entry next to a question whose object the page passes over: « et en Wallonie ? » after a budget; else nothing."""
        if self.confident(heard.whole) and things.lacks(self.base, heard.whole):
            return heard.whole.best.removeprefix("info/")
        named = things.named(self.base, heard.text)
        leans = self.is_elliptic(heard.text) and context.attribute and context.entry in self.base.entries
        if not leans or len(named) != 1 or (named[0], context.attribute) in self.base.grid:
            return ""
        known = {thing for thing, attribute in self.base.grid if attribute == context.attribute and thing in self.base.things}
        kinds = {self.base.things[thing].kind for thing in known}
        return context.entry if self.base.things[named[0]].kind in kinds else ""

    def _ranked(self, text: str, context: Context) -> tuple[str, ...]:
        """The object of the list spoken of that a rank names."""
        rank, listing = things.rank_named(text), self.following.listing(context)
        if not rank or listing is None or rank > len(listing.entries):
            return ()
        entry = self.base.facts.get(listing.entries[rank - 1 if rank > 0 else rank])
        return (entry.thing,) if entry and entry.thing in self.base.things else ()

    def in_context(self, part: Part, context: Context) -> Part:
        """The ranking of a part with a bonus for what is near the last answer."""
        if context.entry not in self.base.entries or (part.best.startswith("hors_sujet/") and part.score > PLAIN):
            return part
        most, back = self._leaning_bonus(part.text), self.following.points_back(part.text)
        passage, section = self.base.passage_id(context.entry), self.section(context.entry)

        def bonus(label: str) -> float:
            entry = label.removeprefix("info/")
            if label not in self.labels:
                return 0.0
            if back and (context.thing, things.attribute_of(self.base, entry)) in self.base.grid:
                return most
            return most if self.base.passage_id(entry) == passage else most / 2 if self.section(entry) == section else 0.0

        ranking = sorted(((label, score + bonus(label)) for label, score in part.ranking), key=lambda pair: -pair[1])
        return Part(part.text, tuple(ranking))

    @staticmethod
    def _leaning_bonus(text: str) -> float:
        """The shorter a message, the more it leans; a pronoun points back as well."""
        words = len(text.split())
        if _FEW.search(fold(text)) or words <= _ALONE or (words <= ELLIPTIC_WORDS and _POINTS.search(fold(text))):
            return POINTED
        return NEAR if words <= ELLIPTIC_WORDS else NEAR / 2

    def leaning(self, part: Part, context: Context) -> str:
        """The entry that a message means in the light of the last answer; nothing when that is not clear either."""
        entry = self.confident(self.in_context(part, context))
        return "" if entry and self._is_nearer_to_another(part, entry) else entry

    def _is_nearer_to_another(self, part: Part, entry: str) -> bool:
        """Whether a message with no word that leans is by itself plainly nearer to an entry of another passage."""
        own = part.best.removeprefix("info/")
        if part.best not in self.labels or self.base.passage_id(own) == self.base.passage_id(entry):
            return False
        score = next((score for label, score in part.ranking if label == f"info/{entry}"), LEAST)
        return part.score - score >= NEARER and not self._refers_back(part.text)

    def nearest_phrase(self, part: Part, context: Context) -> str:
        """The phrase of the entry that comes nearest, for a refusal; else nothing.

        A short message leans on the last answer: « son numéro ? » is told what stands around that one.
        """
        near = next((label.removeprefix("info/") for label, score in part.ranking if label in self.labels and score >= NEAREST), "")
        leans = context.entry in self.base.entries and self.is_elliptic(part.text)
        apart = self.base.passage_id(near) != self.base.passage_id(context.entry)
        found = self.base.entries.get(context.entry if leans and apart else near)
        return found.phrases[0] if found else ""

    def passage(self, entry: str) -> tuple[str, ...]:
        """The phrases said around an entry."""
        found = self.base.entries.get(entry)
        return self.base.around(found) if found else ()

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


def asking(heard: Heard) -> tuple[Part, ...]:
    """The parts of a message that ask: those of its sentences that end with a question mark; all of them when none does.

    In a letter, what stands around the question is told, not asked.
    """
    return tuple(part for part in heard.parts if _ends_as_question(heard.text, part.text)) or heard.parts


def _ends_as_question(text: str, part: str) -> bool:
    """Whether the sentence of `text` in which a part stands ends with a question mark."""
    at = text.replace("’", "'").find(part)
    end = _END.search(text, max(0, at + len(part) - 1))
    return end is not None and end.group() == "?"
