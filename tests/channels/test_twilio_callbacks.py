"""What Twilio says later of an answer that it had taken: an answer that did not arrive is known as failed."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from support.platforms.opening import OpenChannel
from support.platforms.twilio import PlayedTwilio
from support.waiting import wait_for

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
