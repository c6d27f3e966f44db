"""People who write to the assistant while it is hurt, and the ledger of what they sent and read.

Each sends a message again under its id until it is answered, as the widget does, and now and then once more afterwards.
"""

from __future__ import annotations

import random
import threading
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import httpx

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
"""Qualifies at once, so that what follows are the contact fields."""
FIELDS = {"nom": "Claire Dumont", "telephone": "non", "objet": "participer", "consentement": "oui", "confirmation": "oui"}
"""What is answered to each field."""
PATIENCE_SECONDS = 240.0
"""How long a person goes on sending one message again."""
AGAIN = 0.1
"""The share of answered messages that are sent once more under their id."""
_REST_SECONDS = 0.3
_WRONG_TURN = 12
"""A request that takes more messages than this has lost its way."""


@dataclass
class Message:
    """What was sent under one id, and every different answer that came back to it. `refused` counts the attempts that brought none."""

    conversation: str
    id: str
    text: str
    answers: list[Any] = field(default_factory=list)
    refused: int = 0


@dataclass
class Ledger:
    """The side of the people. Filled by many threads."""

    messages: list[Message] = field(default_factory=list)
    references: list[str] = field(default_factory=list)
    """Of the requests that they consented to and were told are registered."""
    names: dict[str, str] = field(default_factory=dict)
    """The address that each of these must hold, by reference."""
    lost_ways: list[str] = field(default_factory=list)
    """What was said where a request could not be ended."""


@dataclass
class Person:
    """One person, in one conversation after another: questions, then a whole request. `number` tells her from the others."""

    url: str
    number: int
    questions: Sequence[str]
    ledger: Ledger
    chance: random.Random
    http: httpx.Client

    def live(self, stop: threading.Event) -> None:
        """Write until `stop`; what was begun is ended."""
        turn = 0
        while not stop.is_set():
            if (turn + self.number) % 2:
                self.ask(stop)
            else:
                self.request(turn)
            turn += 1

    def ask(self, stop: threading.Event) -> None:
        """Some questions in one conversation."""
        session = self._begin()
        for _ in range(4):
            if stop.is_set():
                return
            self._say(session, self.chance.choice(self.questions))

    def request(self, turn: int) -> None:
        """A whole request, up to its reference."""
        session = self._begin()
        email = f"p{self.number}.{turn}.{uuid.uuid4().hex[:6]}@lasne.example"
        fields = {
            "nom": "Claire Dumont",
            "email": email,
            "telephone": "non",
            "objet": "participer",
            "consentement": "oui",
            "confirmation": "oui",
        }
        answer = self._say(session, OPENING)
        for _ in range(_WRONG_TURN):
            if answer["outcome"] == "qualified":
                self._note(answer, email)
                return
            answer = self._say(session, fields.get(answer["asks"] or "", OPENING))
        self.ledger.lost_ways.append(str(answer["messages"][-1]["text"]))

    def _note(self, answer: Mapping[str, Any], email: str) -> None:
        words = " ".join(message["text"] for message in answer["messages"]).split()
        reference = next((word.strip(".,;:()«» ") for word in words if word.startswith("CIC-")), "?")
        self.ledger.references.append(reference)
        self.ledger.names[reference] = email

    def _begin(self) -> str:
        return str(self._until_answered(lambda: self.http.post(self.url.replace("/chat", "/session"), json={}))["session"])

    def _say(self, session: str, text: str) -> dict[str, Any]:
        message = Message(session, uuid.uuid4().hex, text)
        self.ledger.messages.append(message)
        body = {"message": text, "session": session, "id": message.id}
        answer = self._until_answered(lambda: self.http.post(self.url, json=body), message)
        if self.chance.random() < AGAIN:
            self._until_answered(lambda: self.http.post(self.url, json=body), message)
        return answer

    def _until_answered(self, send: Callable[[], httpx.Response], message: Message | None = None) -> dict[str, Any]:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            answer = self._attempt(send)
            if answer is not None:
                if message is not None and answer["messages"] not in message.answers:
                    message.answers.append(answer["messages"])
                return answer
            if message is not None:
                message.refused += 1
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer to {message.text if message else 'a new session'!r} in {PATIENCE_SECONDS:g} s")
            time.sleep(_REST_SECONDS)

    def _attempt(self, send: Callable[[], httpx.Response]) -> dict[str, Any] | None:
        try:
            response = send()
            answer: dict[str, Any] = response.json()
        except (httpx.TransportError, ValueError):
            return None
        return answer if response.status_code == httpx.codes.OK else None


class Crowd:
    """Persons in threads of their own, within a `with`; at its end they stop, and what went wrong with them is raised."""

    def __init__(self, url: str, count: int, questions: Sequence[str], seed: int = 0) -> None:
        self.ledger = Ledger()
        self._stop = threading.Event()
        self._errors: list[BaseException] = []
        self._http = httpx.Client(timeout=90, trust_env=False, limits=httpx.Limits(max_connections=None, max_keepalive_connections=count))
        persons = (Person(url, n, questions, self.ledger, random.Random(seed + n), self._http) for n in range(count))  # noqa: S311
        self._threads = [threading.Thread(target=self._live, args=(person,), daemon=True) for person in persons]

    def __enter__(self) -> Crowd:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *raised: object) -> None:
        self._stop.set()
        for thread in self._threads:
            thread.join(2 * PATIENCE_SECONDS)
        self._http.close()
        if self._errors and raised[0] is None:
            raise self._errors[0]

    def _live(self, person: Person) -> None:
        try:
            person.live(self._stop)
        except BaseException as error:  # noqa: BLE001 - told by the thread that waits
            self._errors.append(error)
