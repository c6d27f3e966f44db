"""`cic ask`: one question through the public door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest

from bot.cli.ask import describe, fetch_answer
from bot.errors import UnavailableError
from bot.text import typeset

ANSWER = {"session": "s", "messages": [], "asks": None, "outcome": None}


@contextmanager
def serving(status: int, body: bytes) -> Iterator[tuple[str, list[Any]]]:
    asked: list[Any] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, json.loads(self.rfile.read(int(self.headers["Content-Length"])))))
            self.send_response(status)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/", asked
        server.shutdown()


def test_the_question_goes_to_the_chat_api_as_it_was_typed() -> None:
    with serving(200, json.dumps(ANSWER).encode()) as (address, asked):
        assert fetch_answer(address, "c'est combien ?") == ANSWER
    assert asked == [("/api/chat", {"message": "c'est combien ?"})]


def test_without_an_assistant_the_sentence_says_how_to_start_one() -> None:
    with pytest.raises(UnavailableError, match="make run"):
        fetch_answer("http://127.0.0.1:1/", "bonjour")


def test_the_assistant_s_own_refusal_is_shown() -> None:
    with serving(413, json.dumps({"error": "Trop long."}).encode()) as (address, _), pytest.raises(UnavailableError, match="Trop long"):
        fetch_answer(address, "x")


def test_another_program_on_the_port_is_not_taken_for_the_assistant() -> None:
    with serving(200, b"<html>") as (address, _), pytest.raises(UnavailableError, match="n'a pas répondu"):
        fetch_answer(address, "bonjour")


def test_a_message_is_shown_with_its_choices_and_its_source() -> None:
    source = {"fact": ["x"], "section": "C'est combien ?", "page": "Le Programme", "updated": "2016-03-15"}
    message = {"text": "Voici.", "buttons": [{"title": "Par pays", "value": "par pays"}], "source": source}
    assert describe(message).splitlines() == [
        "Voici.",
        "  • Par pays",
        typeset("Source : « C'est combien ? », Le Programme, mise à jour le 15.03.2016"),
    ]


def test_a_message_without_source_shows_none() -> None:
    assert describe({"text": "Bonjour.", "buttons": [], "source": None}) == "Bonjour."
