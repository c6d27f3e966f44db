"""The ledger of the benchmarks: what it finds when the database has not what the people were told."""

from __future__ import annotations

from pathlib import Path

import pytest
from sample_request import Clock, sample_request, sample_settings

from bot.benchmarks.ledger import Balance, balance
from bot.benchmarks.people import Ledger, Message
from bot.routing import Routing
from bot.storage import Database

CONVERSATION, KEY = "-c", "-c:1"


@pytest.fixture
def routing(database: Database, tmp_path: Path) -> Routing:
    return Routing(database, sample_settings(tmp_path), Clock())


def decide(routing: Routing, message_id: str | None, key: str = KEY, conversation: str = CONVERSATION) -> None:
    routing.record_decision(conversation, key, "admissible", "mandataire", "1", "Un motif.", {}, message_id)


def struck(database: Database, *references: str) -> Balance:
    ledger = Ledger([Message(CONVERSATION, "m1", "bonjour"), Message(CONVERSATION, "m2", "oui")], list(references))
    return balance(ledger, database, str, "désolé")


def found(database: Database, *references: str) -> tuple[int, int, int]:
    made = struck(database, *references)
    return made.decisions_lost, made.decisions_doubled, made.decisions_astray


def test_a_request_with_its_decision_is_in_order(routing: Routing, database: Database) -> None:
    decide(routing, "m1")
    assert found(database, routing.submit(sample_request(conversation=CONVERSATION, request_key=KEY)).reference) == (0, 0, 0)


def test_a_request_without_a_decision_is_found(routing: Routing, database: Database) -> None:
    assert found(database, routing.submit(sample_request(conversation=CONVERSATION, request_key=KEY)).reference) == (1, 0, 0)


def test_each_message_may_lead_to_a_decision_of_its_own(routing: Routing, database: Database) -> None:
    for message_id in ("m1", "m2"):
        decide(routing, message_id)
    assert found(database) == (0, 0, 0)


def test_decisions_that_no_message_is_behind_are_found(routing: Routing, database: Database) -> None:
    decide(routing, None)
    decide(routing, None)
    assert found(database) == (0, 1, 1)


def test_other_conversations_are_not_looked_at(routing: Routing, database: Database) -> None:
    decide(routing, None, "other:1", "other")
    assert found(database) == (0, 0, 0)
