"""Waiting for what other processes do."""

from __future__ import annotations

import time
from collections.abc import Callable
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
