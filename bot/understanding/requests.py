"""Tells a request from a question that is only worded like one: « Je cherche à situer notre commune : combien participent ? »."""

from __future__ import annotations

from collections.abc import Sequence

from bot.understanding.classifier import Ranking, is_entry

REQUESTS = frozenset({"demande", "humain"})
"""Labels that open a request."""
_NOT_OF_THE_SENDER = ("info/", "voisin/", "hors_sujet/", "bavardage/")
PLAIN = 0.0
"""Margin from which a request is one, whatever question stands beside it."""
WITHIN = 0.05
"""What an entry may have less than the request and still be the question that was asked."""


def introduces(rankings: Sequence[Ranking]) -> bool:
    """Whether somebody may say who they are: in a request, an introduction, or what is said in a form. Questions name no sender."""
    return any(ranking and not ranking[0][0].startswith(_NOT_OF_THE_SENDER) for ranking in rankings)


def settle(texts: Sequence[str], rankings: Sequence[Ranking]) -> list[Ranking]:
    """The rankings of a message and its parts, without the request where a question outweighs it.

    A request that is plain in the message or in a part of it stays; so does one beside which nothing is asked.
    """
    if rankings[0][0][0] not in REQUESTS or any(_request(ranking) >= PLAIN for ranking in rankings):
        return list(rankings)
    if not any("?" in text and _asks(ranking) for text, ranking in zip(texts, rankings, strict=True)):
        return list(rankings)
    return [[(label, score) for label, score in ranking if label not in REQUESTS] for ranking in rankings]


def _request(ranking: Ranking) -> float:
    """The margin of the request in a ranking."""
    return max((score for label, score in ranking if label in REQUESTS), default=-9.0)


def _asks(ranking: Ranking) -> bool:
    """Whether an entry comes first, or near enough behind the request."""
    label, score = next((label, score) for label, score in ranking if label not in REQUESTS)
    return is_entry(label) and score >= _request(ranking) - WITHIN
