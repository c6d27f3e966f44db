"""Requests for contact: simulated persons who answer what they are asked, and scripted dialogues; then the leads are counted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from bot.evaluation.cases import Dialogue, Expected, Persona, Step
from bot.evaluation.model import Reply, Result, Talk, normalise
from bot.evaluation.questions import OpenChat
from bot.evaluation.wanted import found, found_forbidden

Lead = Mapping[str, Any]
ReadLeads = Callable[[], Sequence[Lead]]

MOST_TURNS = 25
"""Messages after which a person gives up."""
_REFUSAL = r"suite|autorit|municipal|communes?|particulier|réserv|mandat|élus?"
"""Words with which a refusal tells why."""
_NUDGE = "je souhaite être mis en relation : "
"""What a person says once when nothing is asked: they came with a request."""
_DONE = frozenset({"qualified", "cancelled"})
_END = "end"


def play_persona(case: Persona, chat: OpenChat, read_leads: ReadLeads) -> Result:
    """Let one person go through the request, and compare what was recorded and said with what is expected."""
    before = read_leads()
    play = _Play(case, chat())
    play.run()
    faults = play.faults + check_leads(case.expected, _new(read_leads(), before))
    if case.declined is not None and play.declined != case.declined:
        faults.append("refusé" if play.declined else "n'a pas été refusé")
    replies = [turn.reply for turn in play.talk.turns]
    faults += [f"a dit : {pattern}" for reply in replies for pattern in found_forbidden(case.never, reply.text)]
    return Result(case.id, case.group, tuple(faults), tuple(play.talk.turns))


class _Play:
    """One person in front of the assistant."""

    def __init__(self, case: Persona, talk: Talk) -> None:
        self.case, self.talk = case, talk
        self.answers = dict(case.answers)
        self.declined = self.nudged = False
        self.faults: list[str] = []

    def run(self) -> None:
        """Say the opening, then answer until nothing is asked."""
        for early in self.case.before:
            self.talk.say(early)
        message: str | None = self.case.opening
        for _ in range(MOST_TURNS + 1):
            if message is None:
                return
            message = self.next_message(self.talk.say(message))

    def next_message(self, reply: Reply) -> str | None:
        """What the person says to a reply; None when they have finished."""
        if _declines(reply) and not self.declined:
            self.declined = True
            if self.case.after_decline is not None:
                return self.insist(self.case.after_decline)
        if reply.asks:
            if reply.asks not in self.answers:
                self.faults.append(f"demande un champ inconnu : {reply.asks}")
            return self.answers.get(reply.asks)
        if self.nudged or self.declined or reply.outcome in _DONE:
            return None
        self.nudged = True
        return _NUDGE + self.answers["objet"]

    def insist(self, message: str) -> str | None:
        """Speak on after a refusal, and judge what is replied to that."""
        self.answers |= self.case.answers_after
        reply = self.talk.say(message)
        if self.case.after_any and not any(found(pattern, reply.text) for pattern in self.case.after_any):
            self.faults.append("après le refus : aucune des réponses attendues")
        self.faults += [f"après le refus : interdit : {pattern}" for pattern in found_forbidden(self.case.after_not, reply.text)]
        return self.next_message(reply)


def _declines(reply: Reply) -> bool:
    """A refusal is said by the contract's outcome, and in words that tell why."""
    return reply.outcome == "declined" and found(_REFUSAL, reply.prose)


def play_dialogue(case: Dialogue, chat: OpenChat, read_leads: ReadLeads) -> Result:
    """Play a script. A case whose field is never asked for does not count."""
    before, talk, faults = read_leads(), chat(), []
    reply: Reply | None = None
    for number, step in enumerate(case.steps, 1):
        if step.auto_until:
            reply = _answer_until(step.auto_until, case.answers, talk, reply)
            if step.auto_until != _END and not step.optional and (reply is None or reply.asks != step.auto_until):
                return Result(case.id, case.title, (), tuple(talk.turns), counts=False)
        elif step.if_slot is None or (reply is not None and reply.asks == step.if_slot):
            reply = talk.say(step.user)
            faults += [f"tour {number} : {fault}" for fault in _judge_step(step, reply)]
    faults += check_leads(case.expected, _new(read_leads(), before))
    return Result(case.id, case.title, tuple(faults), tuple(talk.turns))


def _answer_until(field: str, answers: Mapping[str, str], talk: Talk, reply: Reply | None) -> Reply | None:
    for _ in range(MOST_TURNS):
        if reply is None or not reply.asks or reply.asks == field or reply.asks not in answers:
            return reply
        reply = talk.say(answers[reply.asks])
    return reply


def _judge_step(step: Step, reply: Reply) -> Iterable[str]:
    if not reply.text.strip() and not step.may_be_empty:
        yield "pas de réponse"
    if step.expect_any and not reply.refused and not any(found(pattern, reply.text) for pattern in step.expect_any):
        yield "aucune des réponses attendues"
    yield from (f"manque {pattern}" for pattern in step.expect_all if not found(pattern, reply.text))
    yield from (f"interdit : {pattern}" for pattern in found_forbidden(step.expect_not, reply.text))


def _new(now: Iterable[Lead], before: Iterable[Lead]) -> list[Lead]:
    known = {lead["id"] for lead in before}
    return [lead for lead in now if lead["id"] not in known]


def check_leads(expected: Expected, leads: list[Lead]) -> list[str]:
    """The faults of the leads that a conversation left."""
    faults = []
    if not expected.either:
        if bool(leads) != expected.lead:
            faults.append(f"demandes enregistrées : {len(leads)}, attendu : {'une' if expected.lead else 'aucune'}")
        if (expected.least is not None and len(leads) < expected.least) or (expected.most is not None and len(leads) > expected.most):
            faults.append(f"demandes enregistrées : {len(leads)}, attendu : de {expected.least} à {expected.most}")
    for lead in leads[-1:]:
        faults += [f"demande : {name} n'est pas {p}" for name, p in expected.contains.items() if not found(p, _field(lead, name))]
        faults += [f"demande : {name} est {p}" for name, p in expected.lacks.items() if found(p, _field(lead, name))]
    return faults


def _field(lead: Lead, name: str) -> str:
    return normalise(json.dumps(lead, ensure_ascii=False) if name == "*" else str(lead.get(name) or ""))
