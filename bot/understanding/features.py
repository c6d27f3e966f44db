"""Turns messages into numbers: words and pieces of words, accents stripped, and a multilingual sentence embedding.

Which of them, and with which weights, was decided by figures: docs/adr/0003-understanding.md and 0005-understanding-measured-again.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.text import fold
from bot.understanding.embeddings import Embedding

WORDS = (1, 2)
"""Lengths of word n-grams."""
PIECES = (2, 5)
"""Lengths of character n-grams inside words: what survives a typing error."""


class Features:
    """Fitted on the training messages; transforms any messages into rows of a sparse matrix."""

    def __init__(self, pieces: bool = True, sentences: Sequence[str] = ("use",)) -> None:
        """Words always; pieces and sentences (names of embeddings) unless a comparison leaves them out."""
        words = TfidfVectorizer(
            preprocessor=fold,
            ngram_range=WORDS,
            sublinear_tf=True,
            dtype=np.float32,
            token_pattern=r"\b\w+\b",  # noqa: S106 - no password
        )
        parts = TfidfVectorizer(preprocessor=fold, ngram_range=PIECES, analyzer="char_wb", sublinear_tf=True, dtype=np.float32)
        self.counts = [words, parts] if pieces else [words]
        self.embeddings = [Embedding(name) for name in sentences]

    def fit(self, texts: Sequence[str]) -> csr_matrix:
        """Learn the vocabulary of `texts` and return their rows."""
        blocks = [counts.fit_transform(texts) for counts in self.counts]
        return _join([*blocks, *(csr_matrix(embedding.fit(texts)) for embedding in self.embeddings)])

    def transform(self, texts: Sequence[str]) -> csr_matrix:
        """The rows of `texts`, shape (len(texts), number of features)."""
        blocks = [counts.transform(texts) for counts in self.counts]
        return _join([*blocks, *(csr_matrix(embedding.transform(texts)) for embedding in self.embeddings)])


def _join(blocks: list[Any]) -> csr_matrix:
    return hstack(blocks).tocsr().astype(np.float32)
