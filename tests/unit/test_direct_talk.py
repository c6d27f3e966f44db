"""A conversation with the understanding and the answers alone: what was said before counts, a request is only recognised."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pytest
from sample_assistant import SURE, the_base, the_texts, the_wordings

from bot.answers.editions import Editions
from bot.answers.model import NOTHING
from bot.evaluation.cases import FollowUp, Question
from bot.evaluation.direct import DirectTalk
from bot.evaluation.model import normalise
from bot.evaluation.questions import ask_followups, ask_question
from bot.evaluation.wanted import Cited
from bot.understanding.classifier import Ranking
from bot.understanding.reading import Rank

BASE, TEXTS = the_base(), the_texts()
EDITIONS = Editions([BASE], TEXTS, the_wordings())
LABELS = {
    "Le Bénin en fait partie ?": "info/ou.benin",
    "quel budget pour Bruxelles ?": "info/combien.bruxelles",
    "Je voudrais un rendez-vous": "demande",
    "Passez-moi quelqu'un": "humain",
    "mon passeport est perdu": "hors_sujet/service",
    "bonjour": "bavardage/saluer",
}


def ranks(labels: Mapping[str, str] = LABELS) -> Rank:
    """A ranking that knows some texts; the others are about nothing."""

    def rank(texts: Sequence[str]) -> list[Ranking]:
        return [[(labels[text], SURE), ("annuler", -0.9)] if text in labels else [("annuler", -0.95)] for text in texts]

    return rank


def talk() -> DirectTalk:
    return DirectTalk(ranks(), EDITIONS)


def test_the_facts_and_the_prose_of_an_answer_are_read() -> None:
    reply = talk().say("Le Bénin en fait partie ?")
    assert "ou.benin" in reply.facts
    assert reply.sourced
    assert reply.prose.startswith("Oui. Le Programme travaille dans cinq pays")
    assert (reply.asks, reply.outcome, reply.refused) == (None, None, 0)


def test_the_buttons_of_an_answer_are_read() -> None:
    reply = talk().say("bonjour")
    titles = [BASE.entries[entry].title for entry in TEXTS.items("menu.entrees")]
    assert reply.buttons == tuple((title, title) for title in titles)
    assert normalise(titles[0]) in reply.text


def test_a_reply_without_a_fact_has_no_source() -> None:
    reply = talk().say("mon passeport est perdu")
    assert (reply.prose, reply.facts, reply.sourced) == (normalise(TEXTS("hors_sujet.service")), frozenset(), False)


@pytest.mark.parametrize("message", ["Je voudrais un rendez-vous", "Passez-moi quelqu'un"])
def test_a_request_is_recognised_by_an_empty_reply_that_asks_for_the_profile(message: str) -> None:
    reply = talk().say(message)
    assert (reply.text, reply.asks, reply.facts, reply.sourced) == ("", "profil", frozenset(), False)


def test_what_was_said_counts_over_the_turns_and_a_request_leaves_it() -> None:
    conversation = talk()
    conversation.say("Le Bénin en fait partie ?")
    conversation.say("Je voudrais un rendez-vous")
    assert "secteurs.benin" in conversation.say("ils font quoi là-bas ?").facts
    assert [turn.message for turn in conversation.turns] == [
        "Le Bénin en fait partie ?",
        "Je voudrais un rendez-vous",
        "ils font quoi là-bas ?",
    ]
    assert all(turn.reply.seconds > 0 for turn in conversation.turns)


def test_another_conversation_begins_anew() -> None:
    first = talk()
    first.say("Le Bénin en fait partie ?")
    second = talk()
    assert (second.context, second.turns) == (NOTHING, [])
    assert not second.say("ils font quoi là-bas ?").sourced


def test_the_questions_of_a_message_are_read_one_by_one() -> None:
    reply = talk().say("Le Bénin en fait partie ? quel budget pour Bruxelles ?")
    assert {"ou.benin", "combien.bruxelles"} <= reply.facts


def test_a_message_is_cleaned_before_it_is_read_and_kept_as_it_was_said() -> None:
    conversation = talk()
    said = "Le\u200b Bénin  en fait\npartie ?"
    assert "ou.benin" in conversation.say(said).facts
    assert conversation.turns[0].message == said


def test_cases_can_be_played_with_it() -> None:
    question = Question("q1", "Le Bénin en fait partie ?", "ou", (Cited("ou.benin"),))
    there = Question("d1.2", "ils font quoi là-bas ?", "secteurs", (Cited("secteurs.benin"),))
    assert ask_question(question, talk).end == "juste"
    assert ask_followups(FollowUp("d1", (question, there)), talk).passes
