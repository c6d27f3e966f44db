"""Somebody is waited for as long as an answer to them is tried, on every channel, and by e-mail beyond a weekend."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from support.platforms.every import PLATFORMS
from support.platforms.platform import SITE, merged

from bot.answers.model import Heard
from bot.channels.building import build_connectors
from bot.channels.mailbox import YOUNG
from bot.channels.model import MAIL
from bot.config import load_settings
from bot.silence import SILENCE, silence


def test_people_are_waited_for_as_long_as_an_answer_is_tried() -> None:
    environ = merged([make() for make in PLATFORMS.values()], CIC_PUBLIC_URL=SITE)
    connectors = build_connectors(load_settings(environ, dotenv=None)).values()
    assert len(connectors) == len(PLATFORMS)
    assert {c.name: silence(c.label) for c in connectors} == {c.name: c.patience for c in connectors}


def test_a_mail_is_read_as_long_as_its_answer_is_waited_for() -> None:
    assert silence(MAIL) == YOUNG


def test_what_came_on_friday_morning_may_be_answered_on_tuesday_evening_after_a_long_weekend() -> None:
    assert datetime(2026, 4, 3, 8) + silence(MAIL) > datetime(2026, 4, 7, 18)


@pytest.mark.parametrize("channel", [None, "", "site", "telegram", "un autre"])
def test_elsewhere_and_on_the_site_a_day_is_waited_for_which_nobody_has_to_hurry_for(channel: str | None) -> None:
    assert silence(channel) == SILENCE > timedelta(hours=20)


@pytest.mark.parametrize(("metadata", "channel"), [({"channel": MAIL}, MAIL), ({"release": "a"}, None), (None, None)])
def test_a_message_tells_where_it_was_written(metadata: dict[str, str] | None, channel: str | None) -> None:
    assert Heard.from_parse("bonjour", {"metadata": metadata}).channel == channel
