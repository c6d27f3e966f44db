"""Waiting for what other processes do, and free ports for them."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import TypeVar

T = TypeVar("T")


def wait_for(what: str, look: Callable[[], T | None], seconds: float = 10.0, every: float = 0.1) -> T:
    """Return the first thing that is true of `look`; fail after so many seconds, saying what did not happen."""
    deadline = time.monotonic() + seconds
    while True:
        if found := look():
            return found
        assert time.monotonic() < deadline, f"in {seconds:g} s it did not happen: {what}"
        time.sleep(every)


def free_ports(number: int) -> list[int]:
    """Ports that nobody holds now, all different."""
    with ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(number)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]
