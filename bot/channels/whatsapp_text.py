"""Texts for WhatsApp, which reads some signs as formatting. Pure."""

from __future__ import annotations

import re

_MARK = re.compile(r"(?<![^\W_])[*_~`](?=\S)|(?<=\S)[*_~`](?![^\W_])")
"""What begins or ends bold, italics, struck through or code: a mark at the edge of a word."""
_LOOKS_LIKE = {"*": "\u2217", "_": "\u02cd", "~": "\u223c", "`": "\u02cb"}
_LINK = re.compile(r"(https?://\S+)")


def unformatted(text: str) -> str:
    """A text that WhatsApp shows as it is, of the same length: marks of formatting are replaced by signs that look the same.

    Addresses of the web are left as they are.
    """
    parts = _LINK.split(text)
    parts[::2] = [_MARK.sub(lambda mark: _LOOKS_LIKE[mark[0]], part) for part in parts[::2]]
    return "".join(parts)
