"""Who a client is, and how often it may speak."""

from __future__ import annotations

import pytest
from support.played_site import Clock, OpenSite

from bot.web.limits import KNOWN_CLIENTS, RateLimit, client_address, is_trusted

ADDRESSES = {
    "no proxy": ("203.0.113.7", [], [], "203.0.113.7"),
    "a header of the client's own is not believed": ("203.0.113.7", ["10.0.0.1"], [], "203.0.113.7"),
    "nor when other proxies are trusted": ("203.0.113.7", ["198.51.100.1"], ["10.0.0.0/8"], "203.0.113.7"),
    "a trusted proxy is believed": ("10.0.0.1", ["198.51.100.1"], ["10.0.0.0/8"], "198.51.100.1"),
    "only as far as it wrote": ("10.0.0.1", ["1.2.3.4, 198.51.100.1"], ["10.0.0.0/8"], "198.51.100.1"),
    "through two proxies": ("10.0.0.1", ["198.51.100.1, 10.0.0.2"], ["10.0.0.0/8"], "198.51.100.1"),
    "several headers are one list": ("10.0.0.1", ["1.2.3.4", "198.51.100.1"], ["10.0.0.1"], "198.51.100.1"),
    "nothing but proxies": ("10.0.0.1", ["10.0.0.3, 10.0.0.2"], ["10.0.0.0/8"], "10.0.0.3"),
    "no header": ("10.0.0.1", [], ["10.0.0.0/8"], "10.0.0.1"),
    "rubbish in the header": ("10.0.0.1", ["198.51.100.1, unknown"], ["10.0.0.0/8"], "10.0.0.1"),
    "with a port": ("10.0.0.1", ["198.51.100.1:4711"], ["10.0.0.1"], "198.51.100.1"),
    "IPv6 counts as its /64": ("2001:db8:1:2:3:4:5:6", [], [], "2001:db8:1:2::/64"),
    "IPv6 in brackets": ("10.0.0.1", ["[2001:db8::1]:443"], ["10.0.0.1"], "2001:db8::/64"),
    "IPv4 written as IPv6": ("::ffff:203.0.113.7", [], [], "203.0.113.7"),
    "IPv6 proxy": ("::1", ["198.51.100.1"], ["::1"], "198.51.100.1"),
    "a socket without address": (None, ["198.51.100.1"], ["10.0.0.1"], "unknown"),
}


@pytest.mark.parametrize(("peer", "forwarded", "trusted", "expected"), ADDRESSES.values(), ids=ADDRESSES)
def test_the_client_s_address(peer: str | None, forwarded: list[str], trusted: list[str], expected: str) -> None:
    assert client_address(peer, forwarded, trusted) == expected


@pytest.mark.parametrize(
    ("peer", "trusted"), [("10.0.0.1", True), ("::ffff:10.0.0.1", True), ("11.0.0.1", False), ("", False), (None, False)]
)
def test_only_a_trusted_proxy_is_one(peer: str | None, trusted: bool) -> None:
    assert is_trusted(peer, ["10.0.0.0/8"]) is trusted
    assert not is_trusted(peer, [])


def test_a_client_may_speak_so_often_in_any_minute() -> None:
    clock = Clock()
    limit = RateLimit(3, clock)
    assert [limit.seconds_to_wait("a") for _ in range(4)] == [0, 0, 0, 60]
    clock.advance(seconds=59.5)
    assert limit.seconds_to_wait("a") == 1
    clock.advance(seconds=0.5)
    assert [limit.seconds_to_wait("a") for _ in range(4)] == [0, 0, 0, 60]


def test_clients_are_counted_apart() -> None:
    limit = RateLimit(1, Clock())
    assert [limit.seconds_to_wait(client) for client in ("a", "b", "a")] == [0, 0, 60]


def test_a_clock_that_is_set_back_locks_nobody_out() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    limit.seconds_to_wait("a")
    clock.advance(hours=-1)
    assert limit.seconds_to_wait("a") == 0


def test_silent_clients_are_forgotten() -> None:
    clock = Clock()
    limit = RateLimit(1, clock)
    for number in range(KNOWN_CLIENTS + 1):
        limit.seconds_to_wait(str(number))
    clock.advance(minutes=2)
    limit.seconds_to_wait("new")
    assert len(limit._calls) == 1


@pytest.mark.anyio
async def test_too_many_messages_are_a_429_that_says_when_to_go_on(open_site: OpenSite) -> None:
    async with open_site(rate_limit=2) as site:
        statuses = [(await site.chat("bonjour")).status_code for _ in range(3)]
        refused = await site.chat("bonjour")
        assert statuses == [200, 200, 429]
        assert refused.headers["Retry-After"] == "60"
        assert "60 secondes" in refused.json()["error"]
        site.clock.advance(seconds=60)
        assert (await site.chat("bonjour")).status_code == 200


@pytest.mark.anyio
async def test_reading_back_takes_no_message_away(open_site: OpenSite) -> None:
    async with open_site(rate_limit=2) as site:
        session = await site.session()
        for _ in range(2):
            await site.client.get("/api/chat/history", headers={"Authorization": f"Bearer {session}"})
        assert (await site.chat("bonjour", session)).status_code == 200


@pytest.mark.anyio
@pytest.mark.parametrize(("trusted", "second"), [((), 429), (("203.0.113.0/24",), 200)], ids=["unknown proxy", "trusted proxy"])
async def test_clients_behind_a_proxy_count_apart_only_when_it_is_trusted(
    open_site: OpenSite, trusted: tuple[str, ...], second: int
) -> None:
    async with open_site(rate_limit=1, trusted_proxies=trusted) as site:
        statuses = [
            (await site.client.post("/api/chat", json={"message": "a"}, headers={"X-Forwarded-For": client})).status_code
            for client in ("198.51.100.1", "198.51.100.2")
        ]
        assert statuses == [200, second]
