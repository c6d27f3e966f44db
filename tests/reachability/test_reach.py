"""Every fact is reached by questions that nobody taught, and the report on it is one that anybody can read."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from datetime import date

import pytest

from bot.answers.editions import Editions
from bot.config import PROJECT
from bot.evaluation.cases import Question
from bot.evaluation.comprehension import matrix, page
from bot.evaluation.direct import DirectTalk
from bot.evaluation.model import Reply, Result, Turn
from bot.evaluation.reach import ENOUGH, Pair, Reached, pairs, reach, read_questions
from bot.training import model_to_run
from bot.understanding.classifier import Classifier
from bot.understanding.trained import classifier_of
from bot.wiring import build_answers, build_base

QUESTIONS = PROJECT / "tests" / "reachability" / "questions.tsv"
FACTS = sorted(build_base().facts)
RIGHT_AT_ONCE = 0.9
"""The share of all questions that has to be answered at once; a fall below it is a regression, whatever fact it strikes."""
CONFUSED = 0.05
"""The most of the questions whose best entry may be one of another passage."""

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")


@pytest.fixture(scope="module")
def answers() -> Editions:
    return build_answers()


@pytest.fixture(scope="module")
def classifier() -> Classifier:
    return classifier_of(model_to_run().path)


@pytest.fixture(scope="module")
def questions(answers: Editions) -> tuple[Question, ...]:
    return read_questions(QUESTIONS, answers.current.base)


@pytest.fixture(scope="module")
def reached(questions: tuple[Question, ...], classifier: Classifier, answers: Editions) -> Mapping[str, Reached]:
    return reach(questions, lambda: DirectTalk(classifier.rank, answers))


@pytest.fixture(scope="module")
def confused(questions: tuple[Question, ...], classifier: Classifier, answers: Editions) -> list[Pair]:
    return pairs(questions, classifier.rank, answers.current.base)


@pytest.mark.parametrize("fact", FACTS)
def test_each_fact_is_reached_by_questions_that_nobody_taught(reached: Mapping[str, Reached], fact: str) -> None:
    missed = [(result.turns[0].message, result.turns[0].reply.prose) for result in reached[fact].missed]
    assert reached[fact].right >= ENOUGH, missed


def test_most_questions_are_answered_at_once(reached: Mapping[str, Reached]) -> None:
    total = sum(len(found.results) for found in reached.values())
    assert sum(found.right for found in reached.values()) >= RIGHT_AT_ONCE * total


def test_few_questions_are_taken_for_one_about_another_passage(questions: tuple[Question, ...], confused: list[Pair]) -> None:
    assert len({pair.example for pair in confused if pair.times}) <= CONFUSED * len(questions)


def test_the_matrix_of_confusions_is_a_table_that_a_spreadsheet_takes_as_text(confused: list[Pair]) -> None:
    rows = list(csv.reader(io.StringIO(matrix([Pair("a.b", "c.d", 1, 2, "=1+1"), *confused])), delimiter=";"))
    assert len(rows) == len(confused) + 2
    assert rows[1] == ["a.b", "c.d", "1", "2", "1+1"]


def test_the_report_names_each_weak_fact_and_each_close_pair_in_plain_words(
    answers: Editions, reached: Mapping[str, Reached], confused: list[Pair]
) -> None:
    html = page(answers.current.base, "cic-modele.tar.gz", date(2026, 11, 25), reached, confused, {"ou.nombre": 3})
    assert html.count("<tr>") >= sum(bool(found.missed) for found in reached.values())
    assert all(f"<code>{entry}</code>" in html for entry, found in reached.items() if found.missed)
    assert "<script" not in html
    assert not re.search(r"https?://", html)
    assert "25.11.2026" in html


def test_what_a_person_typed_is_escaped_in_the_report(answers: Editions) -> None:
    trap = Pair("ou.nombre", "contact.personne", 1, 0, "<img src=x onerror=alert(1)>")
    html = page(answers.current.base, "m", date(2026, 1, 1), {}, [trap], {})
    assert "<img" not in html
    assert "&lt;img" in html


@pytest.mark.parametrize(
    ("reply", "shown"),
    [(Reply("", asks="profil"), "(prise pour une demande de contact)"), (Reply("Court."), "Court."), (Reply("mot " * 60), "mot…")],
    ids=["a request", "short", "long"],
)
def test_the_report_shows_what_was_said_instead(answers: Editions, reply: Reply, shown: str) -> None:
    missed = Reached("ou.nombre", (Result("r1", "ou.nombre", ("manque",), (Turn("combien ?", reply),), "faux"),))
    assert shown in page(answers.current.base, "m", date(2026, 1, 1), {"ou.nombre": missed}, [], {})
