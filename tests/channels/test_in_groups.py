"""In a group others read along: the assistant answers there what it is asked, and asks for personal data in private only."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select
from support.platforms.opening import OpenChannel
from support.platforms.platform import Platform, Raw
from support.platforms.slack import CHANNEL, PlayedSlack
from support.platforms.teams import GROUP, PlayedTeams
from support.platforms.telegram import BOT, PlayedTelegram
from support.served_site import RECAP, ServedSite

from bot.channels.sentences import IN_PRIVATE
from bot.storage import channel_people


@dataclass(frozen=True)
class Group:
    """A group on one platform: the name under which its messages are seen, and a delivery of what a person says to the assistant there."""

    name: str
    addressed: Callable[[Any, str, str], Raw]


def in_telegram(telegram: PlayedTelegram, person: str, text: str) -> Raw:
    name = f"@{BOT['username']}"
    group = {"chat": {"id": -1001234, "type": "supergroup", "title": "Commune"}}
    message = json.loads(telegram.message(person, f"{name} {text}").body)["message"]
    return telegram.update(message=message | group | {"entities": [{"type": "mention", "offset": 0, "length": len(name)}]})


def in_slack(slack: PlayedSlack, person: str, text: str) -> Raw:
    return slack.mention(person, text)


def in_teams(teams: PlayedTeams, person: str, text: str) -> Raw:
    return teams.grouped(person, f"<at>Assistant CIC</at> {text}")


GROUPS: dict[str, Group] = {
    "telegram": Group("-1001234", in_telegram),
    "slack": Group(CHANNEL, in_slack),
    "teams": Group(GROUP, in_teams),
}


def say(platform: Platform, person: str, text: str) -> None:
    assert platform.deliver(GROUPS[platform.name].addressed(platform, person, text)) == 200


def seen(platform: Platform, number: int) -> list[str]:
    """What was said in the group, without who we are."""
    return [shown.text for shown in platform.wait_seen(GROUPS[platform.name].name, number) if "automatique" not in shown.text]


def people(site: ServedSite) -> list[str]:
    """The digest of everybody with whom a conversation is held, or was begun."""
    with site.database.read() as connection:
        return list(connection.execute(select(channel_people.c.person)).scalars())


@pytest.mark.parametrize("name", GROUPS)
def test_a_request_for_contact_is_not_made_before_others(name: str, open_channel: OpenChannel) -> None:
    platform, site = open_channel(name)
    say(platform, "awa", "je veux participer")
    assert seen(platform, 2) == [IN_PRIVATE]
    say(platform, "awa", "bonjour")
    assert seen(platform, 3) == [IN_PRIVATE, "Vous dites : bonjour"]
    assert [text for text, _ in site.rasa.asked] == ["je veux participer", "annuler", "bonjour"]
    assert platform.violations == []


@pytest.mark.parametrize("name", GROUPS)
def test_in_private_the_same_person_is_asked(name: str, open_channel: OpenChannel) -> None:
    platform, site = open_channel(name)
    say(platform, "awa", "je veux participer")
    seen(platform, 2)
    for text in ("je veux participer", "awa.ndiaye@commune.example"):
        platform.write("awa", text)
    asked, recap, consent = [shown.text for shown in platform.wait_seen("awa", 4)][1:]
    assert "adresse e-mail" in asked
    assert recap == RECAP
    assert "Acceptez-vous" in consent
    assert site.rasa.asked[-1][0] == "awa.ndiaye@commune.example"
    assert len(platform.seen(GROUPS[name].name)) == 2


@pytest.mark.parametrize("name", GROUPS)
def test_each_person_of_a_group_holds_a_conversation_of_her_own(name: str, open_channel: OpenChannel) -> None:
    platform, site = open_channel(name)
    for person in ("awa", "bintou", "awa"):
        say(platform, person, f"le mot de {person}")
    said = seen(platform, 5)
    assert sorted(said) == ["Vous dites : le mot de awa", "Vous dites : le mot de awa", "Vous dites : le mot de bintou"]
    assert len(people(site)) == 2


@pytest.mark.parametrize("name", GROUPS)
def test_what_is_not_addressed_to_the_assistant_is_not_stored(name: str, open_channel: OpenChannel) -> None:
    platform, site = open_channel(name)
    for raw in platform.noise("awa"):
        assert platform.deliver(raw) == 200
    assert people(site) == []
