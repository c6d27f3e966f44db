"""Puts questions that resemble each other together: a process of its own, for a second, so that its libraries do not stay.

Questions are rows of TF-IDF of pieces of words, and are joined while they are alike on average (docs/adr/0012-gaps.md). The process
reads a list of texts in JSON and writes the groups.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from bot.errors import UnavailableError
from bot.review.nlu_files import key_of

PIECES = (2, 4)
"""Letters of a piece of a word."""
ALIKE = 0.28
"""Cosine that two groups have on average when they become one."""
_SECONDS = 60
_POLITE = 5
"""How far the process stands back for those that answer people."""
Groups = list[list[int]]
"""Each group as places in the list of texts, the most typical text first, its repetitions right behind it."""


def group(texts: Sequence[str]) -> Groups:
    """Group texts in a process of its own. The order of the texts changes nothing. Raises UnavailableError."""
    alike: dict[str, list[int]] = defaultdict(list)
    for place, text in enumerate(texts):
        alike[key_of(text)].append(place)
    keys = sorted(alike)
    found = _run([[key, len(alike[key])] for key in keys]) if len(keys) > 1 else [[0]] * len(keys)
    return [[place for key in group for place in alike[keys[key]]] for group in found]


def _run(counted: list[list[Any]]) -> Groups:
    command = [sys.executable, "-m", __name__]
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command, input=json.dumps(counted).encode(), capture_output=True, timeout=_SECONDS, check=True
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise UnavailableError("Les questions n'ont pas pu être regroupées : réessayez dans un instant.") from error
    groups: Groups = json.loads(done.stdout)
    return groups


def cluster(texts: Sequence[str], counts: Sequence[int]) -> Groups:
    """Group two texts or more that differ; `counts` says how often each was asked. Loads scikit-learn."""
    import numpy as np
    from scipy.cluster.hierarchy import fcluster, linkage
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(analyzer="char_wb", ngram_range=PIECES, sublinear_tf=True, dtype=np.float32).fit_transform(texts)
    likeness = (rows @ rows.T).toarray()
    apart = (1 - likeness[np.triu_indices(len(texts), 1)]).clip(0)
    numbers = fcluster(linkage(apart, "average"), 1 - ALIKE, "distance")
    members: dict[int, list[int]] = defaultdict(list)
    for place, number in enumerate(numbers):
        members[int(number)].append(place)
    weights = np.asarray(counts, np.float32)
    return [_typical_first(group, likeness, weights) for group in members.values()]


def _typical_first(group: list[int], likeness: Any, weights: Any) -> list[int]:
    """Order a group by how much each text resembles all that was asked in it."""
    central = likeness[group][:, group] @ weights[group]
    return [group[place] for place in (-central).argsort(kind="stable")]


if __name__ == "__main__":
    os.nice(_POLITE)
    given = json.load(sys.stdin)
    json.dump(cluster([text for text, _ in given], [count for _, count in given]), sys.stdout)
