"""Numbers as geometry: nothing stands out of a picture, and what is not zero can be seen."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.review.charts import columns, lengths, scale_top, sparkline, ticks

NUMBERS = st.lists(st.tuples(*[st.integers(0, 10_000)] * 3), min_size=1, max_size=40)


@given(NUMBERS)
def test_bars_stand_within_the_picture_on_top_of_each_other_and_not_in_the_next_column(values: list[tuple[int, int, int]]) -> None:
    series = list(zip(*values, strict=True))
    geometry = columns(series)
    width = 100 / len(values)
    for bar in geometry.bars:
        assert bar.column * width <= bar.x + 0.01
        assert bar.x + bar.width <= (bar.column + 1) * width + 0.01
        assert -0.01 <= bar.y <= bar.y + bar.height <= 100.02
        assert bar.value == series[bar.series][bar.column]
    for column in range(len(values)):
        stacked = [bar for bar in geometry.bars if bar.column == column]
        assert sum(bar.height for bar in stacked) == pytest.approx(100 * sum(values[column]) / geometry.top, abs=0.05)
        for below, above in pairwise(stacked):
            assert above.y + above.height == pytest.approx(below.y, abs=0.02)


def test_zero_draws_no_bar() -> None:
    assert [(bar.column, bar.series) for bar in columns([[0, 2], [1, 0]]).bars] == [(0, 1), (1, 0)]


def test_empty_pictures_have_a_scale_all_the_same() -> None:
    assert (columns([[0, 0]]).bars, columns([[0, 0]]).top) == ((), 1)
    assert columns([]).bars == ()
    assert (lengths([]), lengths([0, 0]), sparkline([])) == ((), (0.0, 0.0), ())


def test_shares_have_a_scale_of_their_own() -> None:
    (bar,) = columns([[0.25]], top=1).bars
    assert (bar.y, bar.height) == (75, 25)


@pytest.mark.parametrize(
    ("most", "top"), [(0, 1), (1, 1), (2, 2), (3, 4), (5, 6), (7, 8), (10, 10), (11, 20), (61, 80), (100, 100), (20_001, 40_000)]
)
def test_the_end_of_a_scale_is_round_and_has_a_whole_half(most: int, top: int) -> None:
    assert scale_top(most) == top
    assert top == 1 or top % 2 == 0


@given(st.integers(1, 400))
def test_labels_beneath_are_few_even_and_begin_with_the_first(count: int) -> None:
    found = ticks(count)
    assert found[0] == 0
    assert len(found) <= 6
    assert len({later - earlier for earlier, later in pairwise(found)}) <= 1


def test_lying_bars_are_of_the_longest_or_of_the_whole_and_never_invisible() -> None:
    assert lengths([50, 25, 0, 0.01]) == (100, 50, 0, 1)
    assert lengths([5], whole=10) == (50,)


def test_a_sparkline_is_as_high_as_its_picture() -> None:
    assert [bar.height for bar in sparkline([1, 0, 4])] == [25, 100]
