"""Sessions: an opaque signed token that names a conversation. Nothing about a session is stored."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from itsdangerous import BadData, URLSafeSerializer

LIFETIME = timedelta(days=30)
RENEWAL = timedelta(days=1)
"""A token younger than this is given back as it came, so that a client may compare."""


@dataclass(frozen=True)
class Session:
    """A conversation and the token that proves that the client may continue it."""

    conversation: str
    token: str


class Sessions:
    """Makes and reads tokens. `clock` gives the time with its zone, `new_id` the name of a new conversation."""

    def __init__(self, secret: str, clock: Callable[[], datetime], new_id: Callable[[], str] = lambda: uuid.uuid4().hex) -> None:
        self._serializer = URLSafeSerializer(secret, salt="cic-session")
        self._clock = clock
        self._new_id = new_id

    def start(self) -> Session:
        """Return the session of a new conversation."""
        return self._sign(self._new_id())

    def resume(self, token: str | None) -> Session | None:
        """Return the session that a token proves, renewed after a day; None when it is forged, expired or missing.

        One from the future is good: the clock was set back since, or that of the machine that signed it is ahead.
        """
        read = self._read(token) if token else None
        if token is None or read is None:
            return None
        conversation, age = read
        if age > LIFETIME:
            return None
        return Session(conversation, token) if age < RENEWAL else self._sign(conversation)

    def _sign(self, conversation: str) -> Session:
        return Session(conversation, str(self._serializer.dumps([conversation, int(self._clock().timestamp())])))

    def _read(self, token: str) -> tuple[str, timedelta] | None:
        try:
            conversation, signed = self._serializer.loads(token)
        except (BadData, ValueError):
            return None
        return conversation, timedelta(seconds=self._clock().timestamp() - signed)
