"""The words that we know: corrects typing errors towards them, and tells how much of a message is about something else.

« Quels sont les symptômes ? » has the shape of many of our questions; what gives it away is that « symptômes » is good
French and never stood in an example of ours. Built from the clean examples of the entries, not from their noisy copies.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from rapidfuzz.distance import DamerauLevenshtein
from rapidfuzz.process import extractOne

from bot.text import fold
from bot.understanding.phonetics import sound

SEEN = 2
"""Times that a word stands in the examples before it counts as ours: once may be a typing error."""
STEM = 6
"""Letters that two forms of a word share: partenariat, partenariats; décentralisation, décentralisées."""
SHORTEST = 4
"""Letters of a word that is looked at: shorter ones are articles, pronouns, abbreviations."""
OFTEN = 5
"""How many times more often a French word stands in the examples than a misspelling of it that stands there too."""
_WORD = re.compile(r"[a-z]+")
_TOKEN = re.compile(r"[^\W\d_]+")


class Lexicon:
    """`ours` are the words of the examples, folded, with their counts."""

    def __init__(self, ours: Counter[str]) -> None:
        self.ours = ours

    @classmethod
    def learn(cls, texts: Iterable[str]) -> Lexicon:
        """Count the words of the examples."""
        return cls(Counter(word for text in texts for word in _WORD.findall(fold(text))))

    @cached_property
    def known(self) -> frozenset[str]:
        """Words that are certainly ours."""
        return frozenset(word for word, count in self.ours.items() if count >= SEEN)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The first letters of the longer of them."""
        return frozenset(word[:STEM] for word in self.known if len(word) >= STEM)

    @cached_property
    def french(self) -> frozenset[str]:
        """French words, folded: the list that pyspellchecker ships."""
        from spellchecker import SpellChecker

        return frozenset(fold(word) for word in SpellChecker(language="fr").word_frequency.words())

    @cached_property
    def empty(self) -> frozenset[str]:
        """Words that say nothing of the subject: spaCy's French stop words, folded."""
        from spacy.lang.fr.stop_words import STOP_WORDS

        return frozenset(fold(word) for word in STOP_WORDS)

    @cached_property
    def _targets(self) -> list[str]:
        return sorted(word for word in self.known if len(word) >= SHORTEST and word in self.french)

    @cached_property
    def _sounds(self) -> dict[str, str]:
        """Our words by their sound; the most frequent has it."""
        words = sorted((word for word in self.known if len(word) >= SHORTEST and word in self.french), key=lambda word: self.ours[word])
        return {sound(word): word for word in words}

    def correct(self, text: str) -> str:
        """`text` with misspelt words put right: those that sound like one of ours, or are one slip away from it.

        From nine letters on, two slips.
        """
        return _TOKEN.sub(lambda match: self._correct(match.group()), text)

    def _correct(self, token: str) -> str:
        word = fold(token)
        if len(word) < SHORTEST or word in self.french:
            return token
        heard = self._sounds.get(sound(word), word)
        if self.ours[heard] > OFTEN * self.ours[word]:
            return heard
        if len(word) == SHORTEST or word in self.known:
            return token
        slips = 2 if len(word) >= 9 else 1
        found = extractOne(word, self._targets, scorer=DamerauLevenshtein.distance, score_cutoff=slips)
        return str(found[0]) if found else token

    def foreign_share(self, text: str) -> float:
        """Share, 0 to 1, of the longer words of `text` with a meaning that are good French and none of ours."""
        words = [word for word in _WORD.findall(fold(text)) if len(word) >= SHORTEST and word not in self.empty]
        foreign = [word for word in words if word in self.french and word not in self.known and word[:STEM] not in self.stems]
        return len(foreign) / len(words) if words else 0.0

    def __getstate__(self) -> dict[str, Any]:
        # The French list belongs to its package: it is read again, not stored with each model.
        return {"ours": self.ours}
