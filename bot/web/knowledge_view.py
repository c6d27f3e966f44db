"""The knowledge of an edition in the order of a page to read: by heading, and what holds together in one paragraph. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from bot.knowledge import Base, Phrase

Paragraph: TypeAlias = tuple[Phrase, ...]


@dataclass(frozen=True)
class Section:
    """One heading of the source page, and all that we know under it."""

    id: str
    heading: str
    paragraphs: tuple[Paragraph, ...]


def sections_of(base: Base) -> tuple[Section, ...]:
    """Return every heading under which something is said, with each of its phrases once."""
    sections = (Section(key, heading, _paragraphs(base, key)) for key, heading in base.sections.items())
    return tuple(section for section in sections if section.paragraphs)


def _paragraphs(base: Base, section: str) -> tuple[Paragraph, ...]:
    """The passages in their order, then what belongs to none. A phrase of two passages stands in the first."""
    left = {phrase.id for phrase in base.phrases.values() if phrase.section == section}
    paragraphs = []
    for group in (*(passage.phrases for passage in base.passages), *((phrase,) for phrase in base.phrases)):
        if here := tuple(base.phrases[phrase] for phrase in group if phrase in left):
            paragraphs.append(here)
            left.difference_update(group)
    return tuple(paragraphs)
