"""Slack's texts: what a person typed, out of what Slack delivers, and what we say, as Slack shows it without formatting it. Pure.

We answer in rich text, whose texts are literal: no `*` or `_` of ours becomes formatting, and what a person wrote mentions nobody.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_MENTION = re.compile(r"<@[^<>]*>[ ,:]*")
_MARK = re.compile(r"<([^<>]+)>")
"""What Slack has recognised: a channel, a group, a link, an address; behind a bar, what was typed or what is shown."""
_SCHEME = re.compile(r"(mailto|tel):")
_LINK = re.compile(r"https?://[^\s<>«»\"]*[\w/#=&-]|(?<![\w.+-])[\w.+-]{0,63}\w@\w[\w-]{0,62}(\.[\w-]{0,62}\w){1,8}")
"""What may be pressed: an address of a page without the punctuation behind it, or an e-mail address, whose parts are bounded (RFC 5321):
a text of nothing but letters must not be searched again from each of them."""


def typed(text: str) -> str:
    """What a person typed: links and e-mail addresses as she wrote them, nobody's id, `&`, `<` and `>` themselves."""
    shown = _MARK.sub(_shown, _MENTION.sub("", text))
    return shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&").strip()


def mentions(text: str, user: str) -> bool:
    """Whether a text as Slack delivers it mentions a user."""
    return f"<@{user}>" in text or f"<@{user}|" in text


def literal(text: str, link: str | None = None) -> dict[str, Any]:
    """A block of text that is shown as it is, its addresses as links; in italics and as one link when `link` is given."""
    elements = [{"type": "link", "url": link, "text": text, "style": {"italic": True}}] if link else list(_elements(text))
    return {"type": "rich_text", "elements": [{"type": "rich_text_section", "elements": elements}]}


def aside(text: str) -> dict[str, Any]:
    """A block of small text that is shown as it is."""
    return {"type": "context", "elements": [{"type": "plain_text", "text": text, "emoji": False}]}


def _shown(mark: re.Match[str]) -> str:
    target, _, label = mark[1].partition("|")
    if target.startswith("#"):
        return f"#{label}" if label else ""
    if target.startswith("!"):
        return label
    return label or _SCHEME.sub("", target, 1)


def _elements(text: str) -> Iterator[dict[str, str]]:
    place = 0
    for found in _LINK.finditer(text):
        if before := text[place : found.start()]:
            yield {"type": "text", "text": before}
        page = found[0].startswith("http")
        yield {"type": "link", "url": found[0] if page else f"mailto:{found[0]}", "text": found[0]}
        place = found.end()
    if rest := text[place:]:
        yield {"type": "text", "text": rest}
