"""A message is read as a whole and question by question, each with the labels that fit it."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from bot.understanding.classifier import Ranking
from bot.understanding.reading import read

BUDGET, SECTOR, REQUEST = "info/combien.total", "info/secteurs.benin", "demande"


class Ranks:
    """A ranking by the first word that a text has; remembers what it was asked."""

    def __init__(self, **scores: Ranking) -> None:
        self.scores = scores
        self.asked: list[list[str]] = []

    def __call__(self, texts: Sequence[str]) -> list[Ranking]:
        self.asked.append(list(texts))
        return [next((ranking for word, ranking in self.scores.items() if word in text), [("annuler", -0.9)]) for text in texts]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("quel est le budget ?", []),
        ("Quel secteur au Bénin ? C'est quoi le budget ?", ["Quel secteur au Bénin ?", "C'est quoi le budget ?"]),
        ("Bonjour, quel est le budget ?", ["quel est le budget ?"]),
        ("", []),
    ],
    ids=["one question", "two questions", "a greeting", "nothing"],
)
def test_the_message_is_read_first_and_then_its_questions(text: str, parts: list[str]) -> None:
    rank = Ranks()
    assert [part for part, _ in read(text, rank)] == [text, *parts]
    assert rank.asked == [[text, *parts]]


def test_each_part_has_its_own_ranking() -> None:
    rank = Ranks(Bénin=[(SECTOR, 0.4), (BUDGET, 0.3)], budget=[(BUDGET, 0.6)])
    text = "Quel secteur au Bénin ? C'est quoi le budget ?"
    assert read(text, rank) == [
        (text, [(SECTOR, 0.4), (BUDGET, 0.3)]),
        ("Quel secteur au Bénin ?", [(SECTOR, 0.4), (BUDGET, 0.3)]),
        ("C'est quoi le budget ?", [(BUDGET, 0.6)]),
    ]


def test_a_request_that_a_question_outweighs_is_settled() -> None:
    rank = Ranks(cherche=[(REQUEST, -0.2), (BUDGET, -0.3)], budget=[(BUDGET, 0.4), (REQUEST, -0.6)])
    read_as = read("Je cherche à situer notre commune : quel est le budget ?", rank)
    assert [ranking for _, ranking in read_as] == [[(BUDGET, -0.3)], [(BUDGET, -0.3)], [(BUDGET, 0.4)]]


def test_a_plain_request_stays() -> None:
    rank = Ranks(voudrais=[(REQUEST, 0.5), (BUDGET, -0.3)], budget=[(BUDGET, 0.4)])
    read_as = read("Je voudrais un rendez-vous. Quel est le budget ?", rank)
    assert [ranking[0] for _, ranking in read_as] == [(REQUEST, 0.5), (REQUEST, 0.5), (BUDGET, 0.4)]
