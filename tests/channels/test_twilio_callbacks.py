"""What Twilio says later of an answer that it had taken: an answer that did not arrive is known as failed."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from sqlalchemy import select
from support.platforms.opening import OpenChannel
from support.platforms.twilio import PlayedTwilio
from support.waiting import wait_for

from bot.channels.ledger import Ledger
from bot.storage import REPLY_FAILED, REPLY_SENT, channel_replies


@pytest.mark.parametrize("name", ["sms", "whatsapp-twilio"])
def test_an_answer_that_did_not_arrive_is_known_as_failed(name: str, open_channel: OpenChannel) -> None:
    platform, site = open_channel(name)
    assert isinstance(platform, PlayedTwilio)

    def replies() -> list[tuple[str, str | None]]:
        with site.database.read() as connection:
            return [tuple(row) for row in connection.execute(select(channel_replies.c.status, channel_replies.c.last_error))]

    platform.write("awa", "Bonjour")
    wait_for("the answer is sent", lambda: replies() and all(status == REPLY_SENT for status, _ in replies()))
    assert platform.deliver(platform.status(platform.sids[-1], "delivered")) == 200
    assert replies()[-1] == (REPLY_SENT, None)

    assert platform.deliver(platform.status(platform.sids[-1], "undelivered", ErrorCode="30003")) == 200
    status, error = replies()[-1]
    assert status == REPLY_FAILED
    assert "30003" in str(error)
    assert platform.violations == []


def test_a_failure_that_is_told_before_the_sending_is_noted_is_not_lost(open_channel: OpenChannel, monkeypatch: pytest.MonkeyPatch) -> None:
    platform, site = open_channel("sms")
    assert isinstance(platform, PlayedTwilio)
    noted, told = Ledger.sent, threading.Event()

    def late(ledger: Ledger, *arguments: Any) -> None:
        told.wait(20)
        noted(ledger, *arguments)

    monkeypatch.setattr(Ledger, "sent", late)
    platform.write("awa", "Bonjour")
    platform.wait_seen("awa", 1)
    assert platform.deliver(platform.status(platform.sids[-1], "undelivered", ErrorCode="30003")) == 200
    told.set()

    def status() -> str | None:
        with site.database.read() as connection:
            return str(connection.execute(select(channel_replies.c.status)).scalar())

    wait_for("the failure is known", lambda: status() == REPLY_FAILED)
