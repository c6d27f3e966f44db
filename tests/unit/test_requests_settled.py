"""A request that is weakly heard beside a question is no request; a plain one, or one beside which nothing is asked, stays."""

from __future__ import annotations

import pytest

from bot.understanding.classifier import Ranking
from bot.understanding.requests import PLAIN, REQUESTS, WITHIN, introduces, settle

QUESTION = "combien participent ?"
ENTRY, REQUEST = "info/qui.partenariats", "demande"
A_HAIR = 0.001
WEAK = PLAIN - 0.2
"""The margin of a request that is none beside a question."""


def ranking(*pairs: tuple[str, float]) -> Ranking:
    return list(pairs)


def settled(*heard: tuple[str, Ranking]) -> list[Ranking]:
    texts, rankings = zip(*heard, strict=True)
    return settle(texts, rankings)


def requests_in(rankings: list[Ranking]) -> set[str]:
    return {label for found in rankings for label, _ in found if label in REQUESTS}


@pytest.mark.parametrize("request_label", sorted(REQUESTS))
def test_a_weak_request_is_dropped_from_a_question(request_label: str) -> None:
    assert settled((QUESTION, ranking((request_label, WEAK), (ENTRY, WEAK - WITHIN / 2), ("annuler", -0.9)))) == [
        [(ENTRY, WEAK - WITHIN / 2), ("annuler", -0.9)]
    ]


@pytest.mark.parametrize(
    ("score", "kept"),
    [(PLAIN, True), (PLAIN + 0.5, True), (PLAIN - A_HAIR, False)],
    ids=["just plain", "plain", "not plain"],
)
def test_a_plain_request_stays_whatever_question_stands_beside_it(score: float, kept: bool) -> None:
    assert bool(requests_in(settled((QUESTION, ranking((REQUEST, score), (ENTRY, score - A_HAIR)))))) is kept


@pytest.mark.parametrize(
    ("behind", "kept"),
    [(WITHIN - A_HAIR, False), (WITHIN + A_HAIR, True), (0.9, True)],
    ids=["near enough", "too far behind", "far behind"],
)
def test_a_question_outweighs_a_request_only_from_near(behind: float, kept: bool) -> None:
    assert bool(requests_in(settled((QUESTION, ranking((REQUEST, WEAK), (ENTRY, WEAK - behind)))))) is kept


@pytest.mark.parametrize(
    "text",
    ["je cherche à savoir combien participent", "Je voudrais participer.", ""],
    ids=["a statement", "a wish", "nothing"],
)
def test_what_asks_nothing_with_its_sign_leaves_the_request(text: str) -> None:
    heard = ranking((REQUEST, WEAK), (ENTRY, WEAK))
    assert settled((text, heard)) == [heard]


@pytest.mark.parametrize("label", ["hors_sujet/service", "voisin/liste", "affirmer"])
def test_a_question_about_something_else_leaves_the_request(label: str) -> None:
    heard = ranking((REQUEST, WEAK), (label, WEAK), (ENTRY, WEAK - A_HAIR))
    assert settled((QUESTION, heard)) == [heard]


def test_a_request_of_the_other_kind_is_no_question() -> None:
    assert settled((QUESTION, ranking(("humain", WEAK), (REQUEST, WEAK - A_HAIR), (ENTRY, WEAK - WITHIN / 2)))) == [
        [(ENTRY, WEAK - WITHIN / 2)]
    ]


def test_the_stronger_of_two_requests_counts() -> None:
    heard = ranking(("humain", WEAK), (REQUEST, WEAK - 0.15), (ENTRY, WEAK - 0.15 - WITHIN))
    assert settled((QUESTION, heard)) == [heard]


def test_a_message_that_is_no_request_is_left_alone() -> None:
    heard = ranking((ENTRY, 0.1), (REQUEST, WEAK))
    assert settled((QUESTION, heard)) == [heard]


def test_the_question_of_a_part_outweighs_the_request_of_the_whole() -> None:
    whole = ranking((REQUEST, WEAK), (ENTRY, WEAK - 0.5))
    wish, question = ranking((REQUEST, -0.5), ("affirmer", -0.6)), ranking((ENTRY, 0.4), (REQUEST, -0.7))
    text = f"Je cherche à situer notre commune : {QUESTION}"
    assert settled((text, whole), ("Je cherche à situer notre commune", wish), (QUESTION, question)) == [
        [(ENTRY, WEAK - 0.5)],
        [("affirmer", -0.6)],
        [(ENTRY, 0.4)],
    ]


def test_a_part_that_is_plainly_a_request_keeps_it_everywhere() -> None:
    whole, wish, question = ranking((REQUEST, WEAK), (ENTRY, WEAK)), ranking((REQUEST, PLAIN), (ENTRY, -0.9)), ranking((ENTRY, 0.4))
    heard = [(f"Rappelez-moi. {QUESTION}", whole), ("Rappelez-moi.", wish), (QUESTION, question)]
    assert settled(*heard) == [whole, wish, question]


def test_a_question_without_its_sign_in_a_part_leaves_the_request() -> None:
    whole, statement = ranking((REQUEST, WEAK), (ENTRY, WEAK - 0.5)), ranking((ENTRY, 0.4))
    assert settled(("Je cherche combien participent ; oui ?", whole), ("combien participent", statement)) == [whole, statement]


def test_what_was_heard_is_not_changed() -> None:
    heard = ranking((REQUEST, WEAK), (ENTRY, WEAK))
    settled((QUESTION, heard))
    assert heard == [(REQUEST, WEAK), (ENTRY, WEAK)]


def test_the_order_of_what_is_left_stays() -> None:
    heard = ranking((REQUEST, WEAK), (ENTRY, WEAK), ("info/qui.espace", -0.5), ("humain", -0.6), ("voisin/liste", -0.7))
    assert settled((QUESTION, heard)) == [[(ENTRY, WEAK), ("info/qui.espace", -0.5), ("voisin/liste", -0.7)]]


@pytest.mark.parametrize(
    ("labels", "who"),
    [
        (["demande"], True),
        (["se_presenter"], True),
        (["formulaire/correction"], True),
        (["info/ou.nombre", "se_presenter"], True),
        (["info/ou.nombre", "hors_sujet/service"], False),
        (["bavardage/saluer"], False),
        ([], False),
    ],
    ids=["request", "introduction", "form", "in a part", "questions", "small talk", "nothing"],
)
def test_only_what_may_say_who_somebody_is_is_searched_for_names(labels: list[str], who: bool) -> None:
    assert introduces([ranking((label, 0.1), ("demande", 0.0)) for label in labels]) is who
