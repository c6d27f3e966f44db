"""What an answer gives for a field: the value, or why there is none. Shared by the readers of names, addresses and numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from bot.text import fold

_REJECTED_BEFORE = re.compile(r"\b(?:pas|plus|non|ni|jamais|sauf|ancien\w*|vieux|vieille|oubli\w*|au lieu)\b[^,;.]{0,30}$")
_REJECTED_AFTER = re.compile(
    r"^[^,;.@\d]{0,30}\b(?:(?:ne )?(?:le |la |l'|y )?(?:regarde|lis|consulte|utilise|marche|fonctionne"
    r"|vais) plus|est (?:mort\w*|faux))\b"
)
_PREFERRED = re.compile(r"\b(?:plutot|mais|prenez|utilisez|de preference|le bon|la bonne|c'est|gardez|notez)\b[^,;]{0,20}$")


@dataclass(frozen=True)
class Reading:
    """What an answer gives for a field. `doubt`: it has to be confirmed. `fault`: key of the sentence that says what is wrong."""

    value: str | None = None
    doubt: bool = False
    fault: str = ""


def chosen(text: str, spans: Sequence[tuple[int, int]]) -> int:
    """Which of several values found in a text is meant: « pas le gmail a@…, plutôt b@… ». The first, when nothing tells."""
    folded = "".join((fold(character) or " ")[0] for character in text)
    open_ = []
    for number, (start, end) in enumerate(spans):
        before = folded[spans[number - 1][1] if number else 0 : start]
        after = folded[end : spans[number + 1][0] if number + 1 < len(spans) else len(folded)]
        if _PREFERRED.search(before) and number:
            return number
        if not _REJECTED_BEFORE.search(before) and not _REJECTED_AFTER.search(after):
            open_.append(number)
    return open_[0] if open_ else 0
