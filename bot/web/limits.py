"""Who a client is, and how often it may speak. In memory: each web process counts for itself."""

from __future__ import annotations

import ipaddress
import math
from collections import deque
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeAlias

WINDOW_SECONDS = 60.0
KNOWN_CLIENTS = 10_000
"""Above this many clients, those who have been silent for a minute are forgotten."""

_Address: TypeAlias = "ipaddress.IPv4Address | ipaddress.IPv6Address"
_Network: TypeAlias = "ipaddress.IPv4Network | ipaddress.IPv6Network"


class RateLimit:
    """At most `limit` calls of one client within any 60 seconds."""

    def __init__(self, limit: int, clock: Callable[[], datetime]) -> None:
        self._limit = limit
        self._clock = clock
        self._calls: dict[str, deque[float]] = {}
        self._forgot = 0.0

    def seconds_to_wait(self, client: str) -> int:
        """Count a call of `client` and return 0, or return the whole seconds until it may call again."""
        now = self._clock().timestamp()
        if len(self._calls) > KNOWN_CLIENTS and abs(now - self._forgot) >= 1:
            self._forget_silent(now)
        calls = self._calls.setdefault(client, deque())
        while calls and not now - WINDOW_SECONDS < calls[0] <= now:
            calls.popleft()
        if len(calls) >= self._limit:
            return max(1, math.ceil(calls[0] + WINDOW_SECONDS - now))
        calls.append(now)
        return 0

    def _forget_silent(self, now: float) -> None:
        """At most once a second, for all of them are looked at."""
        self._forgot = now
        for client in [name for name, calls in self._calls.items() if not calls or calls[-1] <= now - WINDOW_SECONDS]:
            del self._calls[client]


def client_address(peer: str | None, forwarded: Sequence[str], trusted: Sequence[str]) -> str:
    """Return the address that limits count for.

    `forwarded` holds the X-Forwarded-For headers in order. They are believed only as far as trusted proxies wrote them:
    from the right, the first address that is not one of theirs. An IPv6 client counts as its /64, the least that one person has.
    """
    networks = [ipaddress.ip_network(network, strict=False) for network in trusted]
    client = _parse(peer or "")
    if client is None:
        return peer or "unknown"
    for part in reversed(",".join(forwarded).split(",")):
        if not _within(client, networks):
            break
        named = _parse(part)
        if named is None:
            break
        client = named
    return str(ipaddress.ip_network((client, 64), strict=False)) if client.version == 6 else str(client)


def is_trusted(peer: str | None, trusted: Sequence[str]) -> bool:
    """Whether who is connected to us is one of the trusted proxies."""
    address = _parse(peer or "")
    return address is not None and _within(address, [ipaddress.ip_network(network, strict=False) for network in trusted])


def _parse(text: str) -> _Address | None:
    """Read an address as proxies write it: alone, with a port, in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].split("]")[0]
    elif text.count(":") == 1:
        text = text.split(":")[0]
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _within(address: _Address, networks: Sequence[_Network]) -> bool:
    return any(address in network for network in networks)
