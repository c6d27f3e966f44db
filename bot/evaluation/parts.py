"""Runs the parts of a set, each case in conversations of its own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from typing import Any

from bot.evaluation.cases import PARTS, CaseSet
from bot.evaluation.model import Result
from bot.evaluation.questions import OpenChat, ask_followups, ask_question, ask_stray
from bot.evaluation.requests import ReadLeads, play_dialogue, play_persona


def evaluate(
    cases: CaseSet, chat: OpenChat, read_leads: ReadLeads, only: Collection[str] = PARTS, tell: Callable[[str], None] = lambda _: None
) -> dict[str, list[Result]]:
    """The results of each part that has cases. `tell` hears which case is under way."""
    play: dict[str, Callable[[Any], Result]] = {
        "questions": partial(ask_question, chat=chat),
        "followups": partial(ask_followups, chat=chat),
        "out_of_scope": partial(ask_stray, chat=chat),
        "public_off_topic": partial(ask_stray, chat=chat),
        "off_topic": partial(ask_stray, chat=chat, strict=True),
        "personas": partial(play_persona, chat=chat, read_leads=read_leads),
        "dialogues": partial(play_dialogue, chat=chat, read_leads=read_leads),
    }
    return {
        part: [play[part](case) for case in _told(part, getattr(cases, part), tell)]
        for part in PARTS
        if part in only and getattr(cases, part)
    }


def _told(part: str, cases: Sequence[Any], tell: Callable[[str], None]) -> Iterator[Any]:
    for number, case in enumerate(cases, 1):
        tell(f"{part} : {number} sur {len(cases)}")
        yield case
