"""Whole conversations at the counter, step by step as a machine of Hypothesis draws them: what must hold after each message.

Those who speak are the invented people of tests/evaluation/personas.jsonl and the examples of data/nlu; they change their minds, come
back a day later, send a message twice, and say what no person would. In tests/unit/test_form_properties.py one request is pressed hard;
here many follow each other in one conversation.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test
from sample_assistant import SURE
from sqlalchemy import select
from test_form_properties import (
    ADMITTED,
    ANSWERS,
    ASKED,
    CONSENTS,
    CONSENTS_WITHOUT_NUMBER,
    CORRECTIONS,
    FOLLOW_UPS,
    HOSTILE,
    NO_CONSENTS,
    OUTCOMES,
    REQUESTS,
    RIGHTS,
    WAYS_OUT,
    Listening,
    Place,
    bare,
    build,
    persons,
)

from bot.checking.examples import read_examples
from bot.config import PROJECT
from bot.evaluation.direct import DirectCounter
from bot.intake.counter import Counter
from bot.intake.model import CANCELLED, CONSENT, CONTACT, DECLINED, QUALIFIED, Dossier
from bot.privacy import keep_promises
from bot.storage import decisions, leads
from bot.text import clean
from bot.understanding.classifier import Ranking

AFTER_DECISION = {*CONTACT, "confirmation", CONSENT}
STRANGERS = ("je suis étudiante", "en fait je suis journaliste", "je suis un simple citoyen", "je travaille pour une entreprise privée")
REFUSING = ("non", "je vous rappelle")
"""How the few personas begin who, asked for their consent, do not give it."""
YES, NO = ("oui", "Oui", "d'accord", "j'accepte", "ok"), ("non", "non merci", "pas maintenant", "je ne veux plus")


@dataclass(frozen=True)
class Persona:
    """Somebody invented: how she opens, and what she answers to each field."""

    opening: str
    answers: Mapping[str, str]


@lru_cache(maxsize=1)
def personas() -> tuple[Persona, ...]:
    lines = (PROJECT / "tests" / "evaluation" / "personas.jsonl").read_text("utf-8").splitlines()
    return tuple(Persona(raw["opening"], raw["answers"]) for raw in map(json.loads, lines))


@lru_cache(maxsize=1)
def labels() -> Mapping[str, str]:
    """What the classifier was taught, by what is said; openings of requests are requests."""
    taught, faults = read_examples(PROJECT / "data" / "nlu")
    assert not faults
    said = {clean(example.text): example.intent for example in taught}
    return said | {clean(opening): "demande" for opening in (*REQUESTS, *(persona.opening for persona in personas()))}


@lru_cache(maxsize=1)
def examples() -> tuple[str, ...]:
    """Every fortieth example: of each heading, some."""
    return tuple(labels())[::40]


def rank(texts: Sequence[str]) -> list[Ranking]:
    """A classifier that knows its examples by heart; all else is about nothing."""
    known = labels()
    return [[(known[text], SURE), ("inconnu", -0.9)] if text in known else [("inconnu", -0.95)] for text in texts]


@lru_cache(maxsize=1)
def explicit() -> frozenset[str]:
    """Everything that is said here and means yes, sent as it is asked."""
    of_people = (bare(persona.answers[CONSENT]) for persona in personas() if CONSENT in persona.answers)
    own = (bare(text) for text in (*CONSENTS, *CONSENTS_WITHOUT_NUMBER, *YES))
    return frozenset((*own, *(text for text in of_people if not text.startswith(REFUSING))))


class Conversation(RuleBasedStateMachine):
    """One conversation of any length. `place` is set by the test."""

    place: Place

    def __init__(self) -> None:
        super().__init__()
        self.heard = Listening(self.place.counter)
        self.talk = DirectCounter(rank, cast(Counter, self.heard), persons)
        self.persona: Persona = personas()[0]
        self.last: tuple[str, Dossier] | None = None
        self.registered = 0
        self.consents = 0

    # --- what is done -----------------------------------------------------------------------------

    @rule(number=st.integers(0, 588))
    def begins_a_request(self, number: int) -> None:
        self.persona = personas()[number % len(personas())]
        self.say(self.persona.opening)

    @rule(opening=st.sampled_from(REQUESTS))
    def asks_plainly(self, opening: str) -> None:
        self.say(opening)

    @precondition(lambda self: self.talk.dossier.asks)
    @rule(times=st.integers(1, 9))
    def answers_as_the_persona(self, times: int) -> None:
        for _ in range(times):
            asked = self.talk.dossier.asks
            if asked:
                self.say(self.persona.answers.get(asked, ANSWERS[asked][0]))

    @precondition(lambda self: self.talk.dossier.asks)
    @rule(times=st.integers(1, 9), which=st.integers(0, 3))
    def answers_what_is_asked(self, times: int, which: int) -> None:
        for _ in range(times):
            answers = ANSWERS[self.talk.dossier.asks]
            if self.talk.dossier.asks:
                self.say(answers[which % len(answers)])

    @rule(text=st.sampled_from(YES))
    def agrees(self, text: str) -> None:
        self.say(text)

    @rule(text=st.sampled_from((*NO, *NO_CONSENTS)))
    def refuses(self, text: str) -> None:
        self.say(text)

    @rule(text=st.sampled_from(WAYS_OUT))
    def wants_out(self, text: str) -> None:
        self.say(text)

    @rule(text=st.sampled_from((*CORRECTIONS, *STRANGERS)))
    def changes_the_story(self, text: str) -> None:
        self.say(text)

    @rule(text=st.sampled_from((*RIGHTS, *FOLLOW_UPS)))
    def asks_for_a_right(self, text: str) -> None:
        self.say(text.replace("{reference}", self.talk.dossier.reference or "CIC-2026-ZZZZZZ"))

    @rule(number=st.integers(0, 10_000))
    def says_something_real(self, number: int) -> None:
        self.say(examples()[number % len(examples())])

    @rule(text=st.one_of(st.sampled_from(HOSTILE), st.text(min_size=1, max_size=80)))
    def says_what_no_person_would(self, text: str) -> None:
        self.say(text)

    @precondition(lambda self: self.last)
    @rule()
    def sends_the_last_message_again(self) -> None:
        """As when the answer was lost: the tracker is still where it was before."""
        assert self.last
        text, before = self.last
        after, consents = self.talk.dossier, self.consents
        self.talk.dossier = before
        self.say(text)
        self.talk.dossier, self.consents = after, consents

    @rule(hours=st.sampled_from((1, 25)))
    def is_silent(self, hours: int) -> None:
        self.place.clock.advance(timedelta(hours=hours))
        keep_promises(self.place.database, self.place.clock())

    # --- what must hold ---------------------------------------------------------------------------

    def say(self, text: str) -> None:
        """Say something, and look at what it led to."""
        if not clean(text):
            return  # the chat API refuses it
        before = self.talk.dossier
        reply = self.talk.say(text)
        if reply.refused:
            assert self.talk.dossier == before
            return
        assert self.heard.turn
        said = [message.text for message in self.heard.turn.messages]
        assert said, "nothing was said"
        assert all(sentence.strip() for sentence in said), "an empty message"
        assert reply.asks in ASKED
        assert reply.outcome in OUTCOMES
        if before.asks == CONSENT and bare(text) in explicit():
            self.consents += 1
        self.last = (text, before)
        self.look_at_the_end(reply.outcome, before, text)
        keep_promises(self.place.database, self.place.clock(), self.talk.conversation)  # as the web process does after each turn
        self.registered = len(self.rows(leads))

    def look_at_the_end(self, outcome: str | None, before: Dossier, text: str) -> None:
        registered = len(self.rows(leads))
        if registered > self.registered:
            assert registered == self.registered + 1, "two leads out of one message"
            assert outcome == QUALIFIED
            assert before.asks == CONSENT, "registered, and consent was not asked for"
            assert bare(text) in explicit(), "registered without a yes"
        if outcome in {CANCELLED, DECLINED, QUALIFIED}:
            left = self.talk.dossier
            assert not left.holds_contact, f"something of the person is left after a request that was {outcome}"
            assert not left.doubt
            assert left.asks is None

    def rows(self, table: Any) -> list[dict[str, Any]]:
        mine = select(table).where(table.c.conversation == self.talk.conversation).order_by(table.c.id)
        with self.place.database.read() as connection:
            return [dict(row) for row in connection.execute(mine).mappings()]

    @invariant()
    def contact_is_asked_only_of_a_request_that_was_admitted_itself(self) -> None:
        """The decision is looked up by the number of this request: what an earlier one was admitted for does not count."""
        dossier = self.talk.dossier
        if dossier.asks in AFTER_DECISION:
            key = f"{self.talk.conversation}:{dossier.number}"
            verdicts = [row["verdict"] for row in self.rows(decisions) if row["request_key"] == key]
            assert verdicts, f"{dossier.asks} is asked, and nothing was decided"
            assert verdicts[-1] in ADMITTED

    @invariant()
    def every_lead_has_a_consent_and_a_request_of_its_own(self) -> None:
        keys = [row["request_key"] for row in self.rows(leads)]
        assert len(keys) == len(set(keys))
        assert len(keys) <= self.consents

    @invariant()
    def outside_a_request_nothing_of_the_person_is_kept(self) -> None:
        dossier = self.talk.dossier
        assert dossier.asks or not dossier.holds_contact


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    built = build(tmp_path_factory.mktemp("counter"))
    yield built
    built.database.close()


def test_whatever_a_conversation_becomes_no_rule_of_a_request_is_broken(place: Place) -> None:
    machine = type("ConversationHere", (Conversation,), {"place": place})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=40,
            stateful_step_count=25,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate, Phase.shrink],
            suppress_health_check=list(HealthCheck),
        ),
    )
