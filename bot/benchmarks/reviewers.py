"""What reviewers have done with conversations, invented: states, tags, judgements, comments, their journal. Nobody is real."""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from bot.benchmarks.invented import Rows
from bot.review.journal import EXPORTED, UNMASKED, VIEWED
from bot.review.model import OTHER, RIGHT, STRAY, UNKNOWN, Role
from bot.review.reading import Row
from bot.storage import (
    REVIEWED,
    SET_ASIDE,
    TO_DO,
    UNREAD,
    accounts,
    comments,
    drafts,
    journal,
    judgements,
    saved_filters,
    tags,
)

PEOPLE = {"Ines": Role.ADMINISTRATEUR, "Noah": Role.ANNOTATEUR, "Léa": Role.LECTEUR}
TAGS = ("à expliquer", "budget", "nouvelle commune", "presse", "ton", "orthographe", "à montrer")
_FRESH = timedelta(days=8)
"""What is younger is mostly unread."""
_STATES = {True: {UNREAD: 85, TO_DO: 5, REVIEWED: 8, SET_ASIDE: 2}, False: {UNREAD: 6, TO_DO: 2, REVIEWED: 85, SET_ASIDE: 7}}


class Reviewers:
    """Decides on conversations. `now` is the present."""

    def __init__(self, dice: random.Random, now: datetime) -> None:
        self._dice, self._now = dice, now

    def decide(self, conversation: Row, exchanges: Sequence[Row]) -> Rows:
        """The columns of a conversation that reviewers decide are added to it; the rows that they write elsewhere are returned."""
        weights = _STATES[self._now - conversation["last_at"] < _FRESH]
        status = self._dice.choices(list(weights), list(weights.values()))[0]
        who, at = self._dice.choice(list(PEOPLE)), conversation["last_at"] + timedelta(hours=20)
        is_read = status != UNREAD
        conversation |= {"status": status, "flagged": self._chance(0.02), "assignee": who if self._chance(0.04) else None}
        conversation |= {"reviewed_at": at if is_read else None, "reviewed_by": who if is_read else None}
        found: dict[Any, list[Row]] = {tags: [], comments: [], judgements: [], journal: []}
        if is_read:
            name = conversation["conversation"]
            found[journal].append(_deed(at, who, VIEWED, name))
            if self._chance(0.2):
                found[tags].append({"conversation": name, "tag": self._dice.choice(TAGS)})
            if self._chance(0.05):
                found[comments].append({"conversation": name, "author": who, "at": at, "text": "La réponse pourrait être plus courte."})
            if self._chance(0.02):
                found[journal].append(_deed(at, who, UNMASKED, name, "Vérifier une demande"))
            judged = (row for row in exchanges if self._chance(0.4 if row["outcome"] == UNKNOWN else 0.01))
            found[judgements] += [self._judgement(row, who, at) for row in judged]
        return found

    def shared(self) -> Rows:
        """What belongs to no conversation: accounts, saved filters, drafts, exports."""
        now, day = self._now, timedelta(days=1)
        people = [{"name": name, "role": role.title, "created_at": now - day, "valid_from": now - day} for name, role in PEOPLE.items()]
        filters = [{"owner": "Ines", "name": f"Filtre {number}", "query": f"etiquette={tag}"} for number, tag in enumerate(TAGS)]
        wanted = {"text": "", "questions": ["Quel est le calendrier ?"], "owner": "Noah", "author": "Ines", "done_at": None}
        ideas = [{"title": f"Fait à écrire {number}", "at": now - number * day, **wanted} for number in range(12)]
        exports = [_deed(now - number * day, "Ines", EXPORTED, "conversations", count=40) for number in range(60)]
        return {accounts: people, saved_filters: filters, drafts: ideas, journal: exports}

    def _chance(self, share: float) -> bool:
        return self._dice.random() < share

    def _judgement(self, row: Row, who: str, at: datetime) -> Row:
        verdict = self._dice.choice((RIGHT, RIGHT, OTHER, OTHER, STRAY))
        label = {RIGHT: row["label"], OTHER: row["ranking"][1][0], STRAY: "hors_sujet/actualite"}[verdict]
        said = {"conversation": row["conversation"], "message_id": row["message_id"], "said": row["said"], "understood": row["label"]}
        return said | {"verdict": verdict, "label": label, "author": who, "at": at, "batch": f"{self._dice.getrandbits(64):016x}"}


def _deed(at: datetime, who: str, what: str, target: str, reason: str = "", count: int = 1) -> Row:
    return {"at": at, "who": who, "what": what, "target": target, "reason": reason, "count": count}
