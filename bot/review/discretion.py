"""Hides in the texts of a request who made it: what stands there by default. Pure, but for the
list of municipalities and the names on the page.

Cheaper than bot.privacy.masking, which reads a whole conversation: a page of requests is hidden in a few milliseconds.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path

from bot.knowledge import load_base
from bot.privacy.names import names_told
from bot.privacy.traces import Traces
from bot.privacy.values import MASKED, Values
from bot.text import fold
from bot.words import words

HIDDEN = "[masqué]"
"""What stands in the place of what is hidden; it is still kept, unlike what was replaced by bot.privacy.MASKED."""
_SHORTEST = 3
"""Letters of a part of a name that is hidden where it stands alone."""
_PARTICLES = frozenset("van von der den des les del dos de du la le ben el".split())
_WORD = re.compile(r"[^\W\d_]+")
_CAPITAL = r"[^\W\d_a-zà-ÿ][\w'’-]*"
_TITLED = re.compile(
    r"\b(?:MM?\.|Dr|Me|(?i:mr|mme|mlle|madame|monsieur|mademoiselle|maître))\s+" rf"((?:{_CAPITAL}\.?\s*){{1,4}})",
)
"""Somebody who is named with a title: « voyez avec Mme Claire Exemple »."""
_SENTENCE = frozenset(
    "ai aurais aussi avec avez bien bonjour bonsoir c ce ces cette combien comme comment concernant dans de depuis des dites donc elle en"
    " est et etes existe expliquez faut il ils j je l la le les ma mais merci moi mon nos notre nous on ou peut"
    " pour pourquoi pourrait pourriez pouvez puis quand que quel quelle quelles quels qu qui quoi salut savez selon si suite sur svp un"
    " une veuillez voici votre vous y".split()
)
"""Words that begin a sentence behind « Bonjour Madame », without a comma."""
_NAMES = re.compile(rf"{_CAPITAL}(?:\s+{_CAPITAL})+")
_KNOWLEDGE = Path(__file__).resolve().parents[2] / "data" / "knowledge"
_TELLS = re.compile(r"[@\d]|arr?ob|\bat\b|appel|nomme|\bnom\b|\bmoi\b", re.IGNORECASE)
"""What stands in a text that tells a name in small letters, an address or a number (bot.privacy.names, bot.privacy.traces)."""
_AGAIN = re.compile(rf"{re.escape(HIDDEN)}(?:[\s-]+{re.escape(HIDDEN)})+")
_FORMS = Traces(Values())
"""Finds what has the form of an address or of a number."""


class Discretion:
    """Hides one person's name, and every address and number, in texts about the request."""

    def __init__(self, name: str, telephone: str | None = None) -> None:
        self._parts = set(_parts([name]))
        self._whole = [telephone] if telephone else []

    def hide(self, text: str) -> str:
        """The text without names, addresses and numbers; also the names by which somebody else is introduced in it."""
        return MASKED.join(self._hide(piece) for piece in text.split(MASKED))

    def may_hide(self, text: str, word: str) -> bool:
        """Whether a folded word may be hidden where it stands in a text. A quick look, and never a wrong no: words in small letters are
        hidden only where somebody tells a name, an address or a number.
        """
        if _TELLS.search(text):
            return True
        return any(not found.islower() or fold(found) in self._parts for found in _WORD.findall(text) if word in fold(found))

    def _hide(self, text: str) -> str:
        parts = self._parts | set(_parts([*names_told(text), *titled(text)]))
        for whole in self._whole:
            text = text.replace(whole, HIDDEN)
        text = _FORMS.typed(text).replace(MASKED, HIDDEN)
        known = [(word, fold(word[0]) in parts) for word in _WORD.finditer(text)]
        for place in range(len(known) - 1, -1, -1):
            word, is_part = known[place]
            beside = any(other for _, other in known[max(0, place - 1) : place] + known[place + 1 : place + 2])
            if is_part and (beside or word[0][0].isupper()):
                text = text[: word.start()] + HIDDEN + text[word.end() :]
        return _AGAIN.sub(HIDDEN, text)


def titled(text: str) -> Iterator[str]:
    """The persons behind a title; a function, as in « Madame la Maire », is none, and who stands on the page is nobody to hide."""
    for found in _TITLED.finditer(text):
        if words(found[1])[0] not in _SENTENCE:
            yield from (name for name in names_told(f"Je m'appelle {found[1].strip()}") if not is_public(name))


def is_public(name: str) -> bool:
    """Whether the page names somebody so, as the contact person: « M. Reniers »."""
    return tuple(words(name)) in _public()


@lru_cache(maxsize=1)
def _public() -> frozenset[tuple[str, ...]]:
    """The names in the knowledge, whole and without what stands first, folded."""
    bases = [load_base(path) for path in sorted(_KNOWLEDGE.glob("*.yml"))]
    texts = (phrase.text for base in bases for phrase in base.phrases.values())
    names = (words(found[0]) for text in texts for found in _NAMES.finditer(text))
    return frozenset(tuple(name[first:]) for name in names for first in range(len(name)))


def _parts(names: Iterable[str]) -> Iterator[str]:
    """The parts of names, where one stands alone: « Claire » and not « une réponse claire »."""
    for name in names:
        found = [fold(word) for word in _WORD.findall(name)]
        yield from (word for word in found if word not in _PARTICLES and (len(word) >= _SHORTEST or len(found) == 1))
