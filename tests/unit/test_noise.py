"""Noisy copies for the training: the same for the same seed, near the original, and never silent."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import DamerauLevenshtein

from bot.understanding.noise import noisy, sms, typo

QUESTION = "Bonjour, quel est le budget pour les communes bruxelloises, et combien de partenariats ?"
WORDS = st.lists(st.text(alphabet="abcdefghijklmnopqrstuvwxyzéèàç'", min_size=1, max_size=12), min_size=1, max_size=12).map(" ".join)


class Always(Random):
    """A generator that always takes the substitution."""

    def random(self) -> float:
        return 0.0


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("make", [noisy, sms, typo])
def test_the_same_seed_gives_the_same_copy(make: object, seed: int) -> None:
    assert callable(make)
    assert make(QUESTION, Random(seed)) == make(QUESTION, Random(seed))


def test_other_seeds_give_other_copies() -> None:
    assert len({noisy(QUESTION, Random(seed)) for seed in range(20)}) > 10


@pytest.mark.parametrize(
    ("text", "short"),
    [
        ("Est-ce que vous avez tout ?", "esk vs avé tt"),
        ("combien pour quand", "cb pr kan"),
        ("pourquoi et comment", "pk é cmt"),
        ("photos des communes", "fotos des communes"),
        ("j'ai beaucoup de questions", "g bcp de kestions"),
    ],
)
def test_sms_spelling_is_that_of_phones(text: str, short: str) -> None:
    assert sms(text, Always()) == short


@given(WORDS, st.integers(0, 1000))
def test_a_typing_error_changes_a_letter_here_and_there(text: str, seed: int) -> None:
    mistyped = typo(text, Random(seed))
    pairs = list(zip(text.split(" "), mistyped.split(" "), strict=True))
    assert all(DamerauLevenshtein.distance(before, after) <= 1 for before, after in pairs)
    assert all(before == after for before, after in pairs if len(before) < 4)


def test_a_typing_error_keeps_the_first_and_the_last_letter_of_a_word_but_for_swaps() -> None:
    for seed in range(50):
        assert typo("partenariats", Random(seed))[0] == "p"


@pytest.mark.parametrize("text", ["", "et", "a b c", "2016", "?"])
def test_what_has_no_longer_word_is_not_mistyped(text: str) -> None:
    assert typo(text, Random(1)) == text


@pytest.mark.parametrize(("rate", "changed"), [(0.0, 1), (0.5, 2), (1.0, 4)])
def test_the_rate_is_the_share_of_mistyped_words(rate: float, changed: int) -> None:
    text = "budget partenariat commune programme"
    counts = [sum(a != b for a, b in zip(text.split(), typo(text, Random(seed), rate).split(), strict=True)) for seed in range(20)]
    assert max(counts) == changed
