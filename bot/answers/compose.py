"""Puts together what is said of an entry: the fact asked for first, then its neighbours, with the source.

Pure: a Base and an entry in, a Message out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from bot.answers.model import NEAREST, Button, Message, Source
from bot.knowledge import Base, Entry, Fact, Overview, Phrase
from bot.texts import Texts

ROOM = 480
"""Characters of a reply to one question. The measure of the mission is 400 + 100 for each fact asked for."""


def say(base: Base, entry: str, room: int = ROOM, before: str = "", near: Sequence[str] = ()) -> Message:
    """The reply to a question about `entry`, in at most `room` characters where the first phrase leaves a choice.

    `before` is a short text that comes first (« Non, … »); `near` are entries that the message may have meant as well: what is
    said of them comes before the other neighbours. Raises KeyError for an unknown entry.
    """
    found, left = base.entries[entry], room - len(before) - bool(before)
    if isinstance(found, Overview) and found.text is not None and len(found.text) <= left:
        text, phrases = found.text, [base.phrases[i] for i in found.phrases]
    else:
        phrases = _phrases(base, found, left, [i for other in near for i in base.entries[other].phrases])
        text = _join(phrases, base.around(found))
    return Message(f"{before} {text}".strip(), tuple(_buttons(base, found)), source_of(base, found, phrases))


def say_phrase(base: Base, phrase: str, before: str = "") -> Message:
    """One phrase alone, with its source: the nearest fact behind a refusal."""
    found = base.phrases[phrase]
    return Message(f"{before} {found.text}".strip(), (), source_of(base, found.facts[0], [found]), kind=NEAREST)


def source_of(base: Base, entry: Entry, phrases: Sequence[Phrase]) -> Source:
    """What the phrases rest on; the facts asked for stand first, and the heading is theirs."""
    first = [entry.id] if isinstance(entry, Fact) else []
    ids = dict.fromkeys(first + [fact.id for phrase in phrases for fact in phrase.facts])
    section = entry.section if isinstance(entry, Fact) else phrases[0].section
    edition = base.edition
    return Source(tuple(ids), base.sections[section], edition.page, edition.updated.isoformat(), edition.url)


def _phrases(base: Base, entry: Entry, room: int, near: Sequence[str]) -> list[Phrase]:
    """The phrases to say: the lead, then as many others as fit, what the message came near to first, then the nearest of the passage.

    They are said in the passage's order; those of other passages come last.
    """
    lead, ids = entry.phrases[0], base.around(entry)
    at, kept, left = ids.index(lead), {lead}, room - len(base.phrases[lead].text)
    wanted = [*(i for i in near if i != lead), *sorted(ids, key=lambda i: (abs(ids.index(i) - at), -ids.index(i)))]
    for i in wanted:
        cost = len(base.phrases[i].short if i in ids else base.phrases[i].text) + 1
        if i not in kept and cost <= left:
            kept.add(i)
            left -= cost
    others = [i for i in dict.fromkeys([*ids, *near]) if i in kept and i != lead]
    return [base.phrases[i] for i in (lead, *others)]


def _join(phrases: Sequence[Phrase], around: Sequence[str]) -> str:
    """The first phrase in full, those that belong around it in their short form."""
    return " ".join([phrases[0].text, *(phrase.short if phrase.id in around else phrase.text for phrase in phrases[1:])])


def _buttons(base: Base, entry: Entry) -> Iterable[Button]:
    if isinstance(entry, Overview):
        yield from (button(base, i) for i in entry.next)


def button(base: Base, entry: str) -> Button:
    """A button that asks for an entry, by its title."""
    title = base.entries[entry].title
    return Button.saying(title)


def menu(base: Base, texts: Texts) -> tuple[Button, ...]:
    """The subjects to begin with, as buttons."""
    return tuple(button(base, entry) for entry in texts.items("menu.entrees") if entry in base.entries)
