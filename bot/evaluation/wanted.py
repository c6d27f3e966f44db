"""What a reply has to hold, and what it must not: pure judgements on one reply."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from bot.evaluation.model import Reply

ROOM, ROOM_EACH = 400, 100
"""A reply is concise within 400 characters and 100 more for each fact asked for."""
LONG, UNSOURCED, FORBIDDEN = "trop long", "sans source", "interdit"
"""How a fault begins that is not a missing fact."""
_FLAGS = re.IGNORECASE | re.DOTALL
_CLAIM_OF_SENDING = "(?:demande|message|coordonnées"
"""How the sets begin the pattern that finds « votre demande a été transmise »."""
_NO_CLAIM = r"\bn(?:e |')|\bseules? les\b|\baucune?\b|\bsi \b|\bavant d|\baprès votre\b|\bsera|\bseront\b|\?\s*$"
"""Sentences that deny, restrict or announce a sending: they claim none."""


@dataclass(frozen=True)
class Pattern:
    """A fact of a set's inventory, known by patterns that all stand in the prose."""

    id: str
    patterns: tuple[str, ...]

    def in_reply(self, reply: Reply) -> bool:
        """Whether the reply states the fact."""
        return all(found(pattern, reply.prose) for pattern in self.patterns)


@dataclass(frozen=True)
class Cited:
    """A fact of our knowledge, known by its id in the source of the reply."""

    id: str

    def in_reply(self, reply: Reply) -> bool:
        """Whether the reply rests on the fact."""
        return self.id in reply.facts


Wanted = Pattern | Cited


def found(pattern: str, text: str) -> bool:
    """Whether the pattern matches somewhere, in any case, across lines."""
    return re.search(pattern, text, _FLAGS) is not None


def found_forbidden(patterns: Iterable[str], text: str) -> list[str]:
    """The patterns among those that must not be said which are said."""
    return [pattern for pattern in patterns if found(pattern, _claims(text) if pattern.startswith(_CLAIM_OF_SENDING) else text)]


def _claims(text: str) -> str:
    return " ".join(sentence for sentence in re.split(r"(?<=[.!?])\s+|\n", text) if not found(_NO_CLAIM, sentence))


def judge(reply: Reply, wanted: Sequence[Wanted], must_not: Iterable[str]) -> list[str]:
    """The faults of a reply to a question: facts that are missing, what is forbidden, no source, too long."""
    faults = [f"manque {fact.id}" for fact in wanted if not fact.in_reply(reply)]
    faults += [f"{FORBIDDEN} : {pattern}" for pattern in found_forbidden(must_not, reply.text)]
    if wanted and not faults and not reply.sourced:
        faults.append(UNSOURCED)
    limit = ROOM + ROOM_EACH * len(wanted)
    if wanted and len(reply.prose) > limit:
        faults.append(f"{LONG} : {len(reply.prose)} caractères, {limit} au plus")
    return faults
