"""Two hundred deliveries on every channel: each genuine message answered exactly once, each forged one refused with nothing stored."""

from __future__ import annotations

import random
import time
from collections import Counter

import pytest
from sqlalchemy import func, select
from support.platforms.every import PLATFORMS
from support.platforms.opening import OpenChannel
from support.platforms.platform import Platform, Raw
from support.served_site import ServedSite
from support.waiting import wait_for

from bot.channels.sentences import TEXT_ONLY, TOO_LONG
from bot.storage import REPLY_SENT, channel_messages, channel_people, channel_replies

PEOPLE = [f"p{number}" for number in range(12)]


@pytest.mark.parametrize("name", PLATFORMS)
def test_each_genuine_message_is_answered_once_and_nothing_forged_is_stored(name: str, open_channel: OpenChannel) -> None:
    platform, site = open_channel(name)
    rng = random.Random(2026)
    asked = {(rng.choice(PEOPLE), f"question {number}") for number in range(100)}
    genuine = [platform.message(person, text, at=time.time() - rng.randrange(60)) for person, text in sorted(asked)]
    repeated = rng.sample(genuine, 30)
    pictures = [platform.media(person) for person in PEOPLE[:5]]
    endless = [platform.message(person, "mot " * 2500) for person in PEOPLE[:5]]
    batches, batched = _batches(platform)
    noise = platform.noise(PEOPLE[0])
    forged = [forgery for raw in genuine[:15] for forgery in platform.forged(raw)]
    mistyped = [platform.mistyped(raw) for raw in genuine[15:20]]
    deliveries = [(raw, 200) for raw in [*genuine, *repeated, *pictures, *endless, *batches, *noise]]
    deliveries += [(raw, 403) for raw in forged] + [(raw, 415) for raw in mistyped]
    rng.shuffle(deliveries)
    assert len(deliveries) >= 190

    for place, (raw, _) in enumerate(deliveries):
        if place == len(deliveries) // 3:
            platform.down()
        if place == 2 * len(deliveries) // 3:
            platform.up()
        _deliver_as_told(platform, raw, deliveries[place][1])
    _wait_until_done(site)

    wanted = Counter((person, f"Vous dites : {text}") for person, text in {*asked, *batched})
    wanted += Counter((person, platform.reads(text)) for text in (TEXT_ONLY, TOO_LONG) for person in PEOPLE[:5])
    seen = Counter((person, _answer(shown.text)) for person, all_shown in platform.seen_by_all().items() for shown in all_shown)
    assert {pair: number for pair, number in seen.items() if "automatique" not in pair[1]} == dict(wanted)
    assert _stored(site) == sum(wanted.values())
    assert platform.violations == []


def _answer(text: str) -> str:
    """What was said, without who we are where an answer is one message."""
    return text.split("\n\n")[-1] if "automatique" in text and "\n\n" in text else text


def _batches(platform: Platform) -> tuple[list[Raw], set[tuple[str, str]]]:
    if not platform.batches:
        return [], set()
    several = [[(PEOPLE[place], f"lot {batch} {place}", platform.new_id()) for place in range(4)] for batch in range(5)]
    return [platform.batch(batch) for batch in several], {(person, text) for batch in several for person, text, _ in batch}


def _deliver_as_told(platform: Platform, raw: Raw, status: int) -> None:
    assert platform.deliver(raw) == status


def _wait_until_done(site: ServedSite) -> None:
    def done() -> bool:
        with site.database.read() as connection:
            due = connection.execute(select(func.count()).where(channel_people.c.due_at.is_not(None))).scalar_one()
            unsent = connection.execute(select(func.count()).where(channel_replies.c.status != REPLY_SENT)).scalar_one()
        return not due and not unsent

    wait_for("everything is answered", done, 90)


def _stored(site: ServedSite) -> int:
    with site.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(channel_messages)).scalar_one())
