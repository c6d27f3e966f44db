"""Questions, dialogues of questions, and messages that the page does not answer: each ends as right, wrong or in between."""

from __future__ import annotations

from collections.abc import Callable

from bot.evaluation.cases import NOT_OFF_TOPIC, FollowUp, Question, Stray
from bot.evaluation.model import Reply, Result, Talk
from bot.evaluation.wanted import FORBIDDEN, LONG, UNSOURCED, found_forbidden, judge

OpenChat = Callable[[], Talk]

ENDS = ("juste", "un choix", "long", "sans source", "sans réponse", "faux")
"""How a question can end. « un choix »: asked back, and a button leads to the facts. « faux » is the worst: a sourced reply
without the facts, or something forbidden."""
RIGHT, ONE_CHOICE, TOO_LONG, NO_SOURCE, UNANSWERED, WRONG = ENDS
FALSE_ANSWER = "réponse à tort"
"""A fact in reply to a message that the page does not answer."""
_CHOICES = 4
"""Buttons that a person reads."""


def ask_question(case: Question, chat: OpenChat) -> Result:
    """Put one question to a fresh conversation."""
    talk = chat()
    reply = talk.say(case.text)
    faults = judge(reply, case.wanted, case.must_not)
    return Result(case.id, case.group, tuple(faults), tuple(talk.turns), _end(case, reply, faults, chat))


def _end(case: Question, reply: Reply, faults: list[str], chat: OpenChat) -> str:
    if not faults:
        return RIGHT
    if all(fault.startswith((LONG, UNSOURCED)) for fault in faults):
        return TOO_LONG if faults[0].startswith(LONG) else NO_SOURCE
    if not reply.sourced and _within_one_choice(case, reply, chat):
        return ONE_CHOICE
    return WRONG if reply.sourced or any(fault.startswith(FORBIDDEN) for fault in faults) else UNANSWERED


def _within_one_choice(case: Question, reply: Reply, chat: OpenChat) -> bool:
    for _, value in reply.buttons[:_CHOICES]:
        talk = chat()
        talk.say(case.text)
        if not judge(talk.say(value), case.wanted, case.must_not):
            return True
    return False


def ask_followups(case: FollowUp, chat: OpenChat) -> Result:
    """Put questions one after the other; all have to be answered."""
    talk = chat()
    faults = [f"tour {number} : {fault}" for number, turn in enumerate(case.turns, 1) for fault in _judge_turn(talk.say(turn.text), turn)]
    return Result(case.id, "dialogue", tuple(faults), tuple(talk.turns))


def _judge_turn(reply: Reply, turn: Question) -> list[str]:
    ways = (("champ demandé", turn.asks, reply.asks), ("issue de la demande", turn.outcome, reply.outcome))
    strayed = [f"{what} : {found or 'rien'}, attendu : {wanted}" for what, wanted, found in ways if wanted and wanted != found]
    return [*judge(reply, turn.wanted, turn.must_not), *strayed]


def ask_stray(case: Stray, chat: OpenChat, strict: bool = False) -> Result:
    """Send a message that the page does not answer. A false answer is told as the end; when `strict` it is a fault as well."""
    talk = chat()
    reply = talk.say(case.text)
    faults = [f"{FORBIDDEN} : {pattern}" for pattern in found_forbidden(case.must_not, reply.text)]
    end = FALSE_ANSWER if reply.sourced and case.category not in NOT_OFF_TOPIC else ""
    if strict and end:
        faults.append(end)
    return Result(case.id, case.category, tuple(faults), tuple(talk.turns), end)
