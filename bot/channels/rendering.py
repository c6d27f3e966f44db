"""Turns an answer of the assistant into the messages that a platform can show. Pure.

Texts are cut at sentences, the source becomes a line, and choices become buttons, a list, or numbers to type, by what the platform can do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.channels.model import Abilities, Bubble, Choice, Style
from bot.channels.sentences import CHOOSE, source_line
from bot.text import fold

_SENTENCE_END = re.compile(r"(?<=[.?!…])(?<!\d\.)[ \n]+|\n+")
"""Not behind the number of a choice."""
_NUMBER = re.compile(r"\s*(?:n(?:o|°|º)\.?\s*)?(\d{1,2})\s*[.):]?\s*")


@dataclass(frozen=True)
class Rendered:
    """The messages of one answer, and the values that may be chosen by their number, from 1 on."""

    bubbles: tuple[Bubble, ...]
    offered: tuple[str, ...] = ()


def render(messages: Sequence[Mapping[str, Any]], abilities: Abilities) -> Rendered:
    """Return the messages of an answer (as the chat API gives them) for a platform."""
    texts = [_read(message) for message in messages]
    if abilities.joined:
        texts = [_joined(texts)] if texts else []
    bubbles: list[Bubble] = []
    offered: list[str] = []
    for bubble in texts:
        styled = _styled(bubble, abilities, len(offered))
        if styled.style is Style.NUMBERS:
            offered += [choice.value for choice in bubble.choices]
        bubbles += _split(styled, abilities.text)
    return Rendered(tuple(bubbles), tuple(offered))


def chosen(text: str, offered: Sequence[str]) -> str:
    """What a person says who answers with a number of what was offered; anything else is what she wrote."""
    found = _NUMBER.fullmatch(fold(text)) if offered else None
    place = int(found[1]) if found else 0
    return offered[place - 1] if 1 <= place <= len(offered) else text


def _read(message: Mapping[str, Any]) -> Bubble:
    choices = tuple(Choice(button["title"], button["value"]) for button in message.get("buttons") or ())
    source = message.get("source")
    line = source_line(source["section"], source["updated"]) if source else None
    return Bubble(message["text"], line, source.get("url") if source else None, choices)


def _joined(bubbles: Sequence[Bubble]) -> Bubble:
    """All that was said as one message: each source stands under its text, unless the next one has the same."""
    parts: list[str] = []
    for place, bubble in enumerate(bubbles):
        following = bubbles[place + 1].source if place + 1 < len(bubbles) else None
        here = bubble.source if bubble.source != following else None
        parts.append(f"{bubble.text}\n{here}" if here else bubble.text)
    return Bubble("\n\n".join(parts), choices=tuple(choice for bubble in bubbles for choice in bubble.choices))


def _styled(bubble: Bubble, abilities: Abilities, taken: int) -> Bubble:
    choices = bubble.choices
    if not choices:
        return bubble
    carried = max(len(choice.value) for choice in choices) <= abilities.value
    title = max(len(choice.title) for choice in choices)
    if carried and len(choices) <= abilities.buttons and title <= abilities.button_title:
        return replace(bubble, style=Style.BUTTONS)
    if carried and len(choices) <= abilities.rows and title <= max(abilities.row_title, abilities.row_detail):
        return replace(bubble, style=Style.LIST)
    lines = [f"{number}. {choice.title}" for number, choice in enumerate(choices, taken + 1)]
    source = f"\n{bubble.source}" if bubble.source else ""
    return Bubble("\n".join([f"{bubble.text}{source}\n\n{CHOOSE}", *lines]), choices=choices, style=Style.NUMBERS, first=taken + 1)


def _split(bubble: Bubble, limit: int) -> list[Bubble]:
    """Messages within the limit; source and choices go with the last one."""
    room = limit - (len(bubble.source) + 1 if bubble.source else 0)
    *before, last = cut(bubble.text, limit, room)
    return [*(Bubble(text) for text in before), replace(bubble, text=last)]


def cut(text: str, limit: int, last: int | None = None) -> list[str]:
    """Pieces of at most `limit` characters, the last one of at most `last`: cut between sentences, else between words, else anywhere."""
    last = limit if last is None else last
    pieces: list[str] = []
    while len(text) > last:
        end = _end(text, limit if len(text) > limit else last)
        pieces.append(text[:end].rstrip())
        text = text[end:].lstrip()
    return [*pieces, text]


def _end(text: str, limit: int) -> int:
    """Where to cut so that the first piece has at most `limit` characters."""
    sentences = [found.start() for found in _SENTENCE_END.finditer(text, 0, limit + 1) if 0 < found.start() <= limit]
    if sentences:
        return sentences[-1]
    words = text.rfind(" ", 1, limit + 1)
    return words if words > 0 else limit
