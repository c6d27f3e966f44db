"""What is read in one message: the whole and each of its questions, with their ranked labels.

Rasa's component and the measures share it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from bot.understanding.classifier import Ranking
from bot.understanding.parts import questions
from bot.understanding.requests import settle

Rank = Callable[[Sequence[str]], list[Ranking]]
"""Ranks the labels for each of some texts."""


def read(text: str, rank: Rank) -> list[tuple[str, Ranking]]:
    """The message first, then its questions, each with its ranking."""
    texts = [text, *questions(text)]
    return list(zip(texts, settle(texts, rank(texts)), strict=True))
