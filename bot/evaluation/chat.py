"""A conversation with a running assistant, through the chat API of contract.md."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx

from bot.errors import UnavailableError
from bot.evaluation.model import Reply, Turn, normalise

SECONDS = 90.0
"""Patience for one reply."""
_RATE = "L'assistant limite le nombre de messages : lancez-le avec CIC_RATE_LIMIT=100000, puis recommencez."


class Chat:
    """One conversation; remembers its session and its turns."""

    def __init__(self, http: httpx.Client, url: str) -> None:
        self.http, self.url = http, url
        self.session: str | None = None
        self.turns: list[Turn] = []

    def say(self, message: str, ident: str | None = None) -> Reply:
        """Send a message, under the id `ident` where there is one. Raises UnavailableError when there is no answer to judge."""
        body = {"message": message, "session": self.session} | ({"id": ident} if ident else {})
        started = time.perf_counter()
        response = self._post(body)
        seconds = time.perf_counter() - started
        if response.status_code == httpx.codes.OK:
            answer = response.json()
            self.session = answer.get("session") or self.session
            reply = Reply.from_body(answer, seconds)
        else:
            reply = self._refusal(response, seconds)
        self.turns.append(Turn(message, reply))
        return reply

    def _post(self, body: dict[str, str | None]) -> httpx.Response:
        try:
            return self.http.post(self.url, json=body)
        except httpx.ConnectError as error:
            raise UnavailableError(f"Aucun assistant ne tourne à l'adresse {self.url} : lancez « make run ».") from error
        except httpx.TransportError as error:
            raise UnavailableError(f"L'assistant n'a pas répondu à l'adresse {self.url} ({type(error).__name__}).") from error

    def _refusal(self, response: httpx.Response, seconds: float) -> Reply:
        """A refusal of the input is a reply of its own, and what was asked for still is; anything else stops the evaluation."""
        if response.status_code == httpx.codes.TOO_MANY_REQUESTS:
            raise UnavailableError(_RATE)
        if not response.is_client_error:
            raise UnavailableError(f"L'assistant a répondu {response.status_code} à l'adresse {self.url}.")
        asks = self.turns[-1].reply.asks if self.turns else None
        return Reply(normalise(response.text), asks=asks, refused=response.status_code, seconds=seconds)


@contextmanager
def open_chats() -> Iterator[httpx.Client]:
    """The connections that conversations share."""
    with httpx.Client(timeout=SECONDS, trust_env=False) as http:
        yield http
