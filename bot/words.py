"""The words of a text as they are searched for. Beside bot/text.py, which the model is made from: a change there asks for a training."""

from __future__ import annotations

import re

from bot.text import fold

_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words of a text: letters and digits, folded, so that every search engine cuts them alike."""
    return _WORD.findall(fold(text))
