"""Teams from end to end: a delivery that cannot be verified yet, who begins, and buttons."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select
from support.platforms.opening import OpenChannel
from support.platforms.platform import Reply
from support.platforms.teams import PlayedTeams

from bot.storage import channel_messages


def test_what_cannot_be_verified_yet_is_delivered_again(open_channel: OpenChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    teams, site = open_channel("teams")
    raw = teams.message("awa", "bonjour")
    with monkeypatch.context() as outage:
        outage.setattr(teams, "serve", lambda call: Reply(503))
        outage.setattr("bot.channels.teams_tokens.AWAY_SECONDS", 0.0)
        assert teams.deliver(raw) == 503
        with site.database.read() as connection:
            assert connection.execute(select(func.count()).select_from(channel_messages)).scalar() == 0
    monkeypatch.setattr("bot.channels.teams_tokens.AWAY_SECONDS", 0.0)
    assert teams.deliver(raw) == 200
    assert "Vous dites : bonjour" in teams.wait_seen("awa", 2)[-1].text


def test_who_installs_it_is_greeted_once_and_presses_what_is_proposed(open_channel: OpenChannel) -> None:
    teams, _ = open_channel("teams")
    assert isinstance(teams, PlayedTeams)
    assert [teams.deliver(raw) for raw in (teams.begin("awa"), teams.begin_otherwise("awa"))] == [200, 200]
    greeting = teams.wait_seen("awa", 1)[0]
    assert "automatique" in greeting.text
    assert greeting.choices
    assert teams.deliver(teams.press("awa", greeting.choices[0])) == 200
    teams.wait_seen("awa", 2)
    assert len(teams.seen("awa")) == 2
    assert teams.violations == []
