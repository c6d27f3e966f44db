"""The sound of a French word, roughly: « fonsié » and « foncier », « raporter » and « rapporter » have the same.

Not a phonetic transcription: what people confuse when they write by ear is made equal, and nothing more.
"""

from __future__ import annotations

import re
from functools import lru_cache

_STEPS: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), sound)
    for pattern, sound in (
        (r"e?aux?", "o"),
        (r"ph", "f"),
        (r"[sc]h", "1"),
        (r"(?:ss|sc|c|ç)(?=[eiy])|t(?=ion)|ss|z", "s"),
        (r"g(?=[eiy])", "j"),
        (r"gu(?=[eiy])", "g"),
        (r"qu?|ck|c+|k+", "k"),
        (r"oi|oy|wa", "2"),
        (r"(?:ai|ei|ay|ey)(?![nm])", "e"),
        (r"(?:ain|ein|in|im|yn|un)(?![aeiouyn])", "3"),
        (r"(?:an|en|am|em)(?![aeiouynm])", "4"),
        (r"(?:on|om)(?![aeiouynm])", "5"),
        (r"ou", "6"),
        (r"e?u", "7"),
        (r"y", "i"),
        (r"h", ""),
        (r"(?:ers|er|ez|ets|et|ee|ees|es)$", "e"),
        (r"(.)\1+", r"\1"),
        (r"(?<=..)(?:e(?:s|nt)?|[stdxp]+)$", ""),
    )
)


@lru_cache(maxsize=50_000)
def sound(word: str) -> str:
    """The key of a folded word; words of the same key sound alike."""
    for pattern, key in _STEPS:
        word = pattern.sub(key, word)
    return word
