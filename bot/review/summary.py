"""Sums up a conversation for the inbox, from its exchanges, what people thought of them and its requests. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bot.review.model import (
    ABANDONED,
    ANSWERED,
    CANCELLED,
    CHOICE,
    DECLINED,
    DISLIKED,
    FAILED_DELIVERY,
    NEAR,
    ORDINARY,
    ROUTED,
    SURE,
    TALK,
    UNKNOWN,
    UNSURE,
    WAITING_REQUEST,
)
from bot.review.reading import Exchange, Row
from bot.storage import LEAD_FAILED

_UNDERSTOOD = frozenset({ANSWERED, NEAR})
"""What comes of a message that was understood as a question."""


@dataclass(frozen=True)
class Around:
    """What is kept beside the events: judgements by the id of the message of the person that was answered, and open requests by status."""

    judged: Mapping[str, Sequence[bool]]
    open_requests: Sequence[str]


def exchange_rows(exchanges: Sequence[Exchange], around: Around) -> list[Row]:
    """The rows of `exchanges`. Of several judgements on one answer the bad one counts."""
    return [each.row | {"useful": _useful(around.judged.get(each.row["message_id"], ()))} for each in exchanges]


def conversation_row(exchanges: Sequence[Exchange], around: Around) -> Row:
    """The derived columns of `conversations`. There is at least one exchange."""
    rows = [each.row for each in exchanges]
    judgements = [useful for each in around.judged.values() for useful in each]
    unknown = _not_understood([row["outcome"] for row in rows])
    confidence = min((each.row["confidence"] for each in exchanges if _tells(each)), default=None)
    return {
        "conversation": rows[0]["conversation"],
        "channel": rows[-1]["channel"],
        "first_at": rows[0]["at"],
        "last_at": rows[-1]["at"],
        "exchanges": len(rows),
        "outcome": _outcome(rows, unknown),
        "confidence": confidence,
        "unknown": unknown,
        "thumbs_up": judgements.count(True),
        "thumbs_down": judgements.count(False),
        "priority": _priority(around, unknown, confidence, judgements),
        "release": rows[-1]["release"],
    }


def _useful(judgements: Sequence[bool]) -> bool | None:
    return all(judgements) if judgements else None


def answers_form(was_asked: bool, outcome: str) -> bool:
    """Whether a message was taken as the answer to a question of the form: a name is understood by the form, not by the classifier."""
    return was_asked and outcome not in _UNDERSTOOD


def _tells(exchange: Exchange) -> bool:
    """Whether its confidence says something."""
    return exchange.row["confidence"] is not None and not answers_form(exchange.in_form, exchange.row["outcome"])


def _not_understood(outcomes: Sequence[str]) -> int:
    """How many messages were not understood. A choice that led to an answer was a way to it."""
    following = [*outcomes[1:], UNKNOWN]
    return sum(now == UNKNOWN or (now == CHOICE and then not in _UNDERSTOOD) for now, then in zip(outcomes, following, strict=True))


def _outcome(rows: Sequence[Row], unknown: int) -> str:
    """What counts most. A request that was begun and neither sent nor declined is abandoned, be it cancelled, left or still open."""
    outcomes = {row["outcome"] for row in rows}
    begun = CANCELLED in outcomes or any(row["asks"] for row in rows)
    ways = (
        (ROUTED, ROUTED in outcomes),
        (DECLINED, DECLINED in outcomes),
        (ABANDONED, begun),
        (UNKNOWN, unknown > 0),
        (ANSWERED, not _UNDERSTOOD.isdisjoint(outcomes)),
    )
    return next((outcome for outcome, holds in ways if holds), TALK)


def _priority(around: Around, unknown: int, confidence: float | None, judgements: Sequence[bool]) -> int:
    """Why it needs a human. A request waits for one until somebody says that nothing is left to do, also when its mail has left."""
    ways = (
        (FAILED_DELIVERY, LEAD_FAILED in around.open_requests),
        (WAITING_REQUEST, bool(around.open_requests)),
        (DISLIKED, False in judgements),
        (UNSURE, unknown > 0 or (confidence is not None and confidence < SURE)),
    )
    return next((priority for priority, holds in ways if holds), ORDINARY)
