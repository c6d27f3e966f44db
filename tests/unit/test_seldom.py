"""What strangers can cause is said once a minute, with how often it happened."""

from __future__ import annotations

from bot.logs import SELDOM_SECONDS, Seldom


def test_it_is_said_at_once_and_then_once_a_minute_with_the_number_since() -> None:
    now = 100.0
    seldom = Seldom(lambda: now)
    assert [seldom.count() for _ in range(4)] == [0, None, None, None]
    now += SELDOM_SECONDS - 1
    assert seldom.count() is None
    now += 1
    assert [seldom.count() for _ in range(2)] == [4, None]
    now += 10 * SELDOM_SECONDS
    assert seldom.count() == 1
    now += SELDOM_SECONDS
    assert seldom.count() == 0
