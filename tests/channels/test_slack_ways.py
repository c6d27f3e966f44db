"""The ways to reach the assistant on Slack beside a direct message, from the delivery to what is seen."""

from __future__ import annotations

import time

import httpx
from support.platforms.opening import OpenChannel
from support.platforms.slack import CHANNEL, PlayedSlack
from support.served_site import BUDGET

TS = f"{int(time.time())}.000100"


def opened(open_channel: OpenChannel) -> PlayedSlack:
    slack, _ = open_channel("slack")
    assert isinstance(slack, PlayedSlack)
    return slack


def test_a_channel_is_answered_in_a_thread_and_so_is_a_button_there(open_channel: OpenChannel) -> None:
    slack = opened(open_channel)
    assert slack.deliver(slack.mention("awa", "quel budget ?", ts=TS)) == 200
    _, answer = slack.wait_seen(CHANNEL, 2)
    assert answer.text.startswith(f"{BUDGET}\nSource")
    assert answer.choices == ("Les secteurs par pays", "Les résultats")

    raw = slack.pressed("awa", "Les résultats", CHANNEL)
    assert [slack.deliver(raw), slack.deliver(raw)] == [200, 200]
    slack.wait_seen(CHANNEL, 3)
    assert slack.deliver(slack.mention("awa", "merci", thread_ts=TS)) == 200
    said = [shown.text for shown in slack.wait_seen(CHANNEL, 4)[2:]]
    assert said == ["Vous dites : Les résultats", "Vous dites : merci"]
    assert {body["thread_ts"] for body in slack.posted} == {TS}
    assert slack.violations == []


def test_both_events_of_one_mention_are_answered_once(open_channel: OpenChannel) -> None:
    slack = opened(open_channel)
    assert slack.deliver(slack.mention("awa", "bonjour", ts=TS)) == 200
    assert slack.deliver(slack.mention("awa", "bonjour", ts=TS, type="message", channel_type="channel")) == 200
    assert slack.deliver(slack.mention("awa", "au revoir")) == 200
    said = [shown.text for shown in slack.wait_seen(CHANNEL, 3)[1:]]
    assert said == ["Vous dites : bonjour", "Vous dites : au revoir"]


def test_the_command_is_answered_at_once_to_her_alone_and_then_in_private(open_channel: OpenChannel) -> None:
    slack = opened(open_channel)
    raw = slack.command("awa", "quel budget ?")
    with httpx.Client(trust_env=False) as client:
        told = client.post(f"{slack.assistant}/webhooks/slack", content=raw.body, headers=dict(raw.headers))
    assert told.json() == {"response_type": "ephemeral", "text": "Je vous réponds en message privé."}
    assert BUDGET in slack.wait_seen("awa", 2)[1].text
    assert slack.deliver(slack.press("awa", "Les résultats")) == 200
    slack.write("awa", "awa_n@commune.example & *vite*")
    assert [shown.text for shown in slack.wait_seen("awa", 5)][2] == "Vous dites : Les résultats"
    assert slack.seen(CHANNEL) == []
    assert slack.violations == []


def test_slack_hears_its_challenge(open_channel: OpenChannel) -> None:
    slack = opened(open_channel)
    raw = slack.challenge("3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd")
    with httpx.Client(trust_env=False) as client:
        told = client.post(f"{slack.assistant}/webhooks/slack", content=raw.body, headers=dict(raw.headers))
    assert (told.status_code, told.text) == (200, "3eZbrw1aBm2rZgRNFdxV2595E9CY3gmd")
