"""Processes are killed at random moments while people write: both sides of the ledger agree afterwards."""

from __future__ import annotations

import random
import time

from support.assistant import ACTIONS, RASA, WEB, Assistant
from support.mailbox import Mailbox

from bot.benchmarks.ledger import Balance, balance
from bot.benchmarks.people import Crowd
from bot.storage import utc_now
from bot.web.conversations import NOT_HANDLED
from bot.web.sessions import Sessions

PEOPLE = 6
ROUNDS = (RASA, ACTIONS, WEB, RASA, ACTIONS)
"""Each of the three dies; the moments are drawn."""
QUESTIONS = (
    "Quel est le budget ?",
    "Quels pays participent ?",
    "C'est quoi le Programme ?",
    "Qui peut participer ?",
    "Et au Bénin ?",
    "Merci",
)


def struck(assistant: Assistant, crowd: Crowd, mailbox: Mailbox) -> Balance:
    assistant.wait_until_mail_has_left(60)
    sessions = Sessions(assistant.settings.secret(), utc_now)

    def conversation(token: str) -> str:
        session = sessions.resume(token)
        assert session is not None
        return session.conversation

    return balance(crowd.ledger, assistant.database, conversation, NOT_HANDLED, mailbox.ids().elements())


def test_five_deaths_at_random_moments_lose_nothing_and_double_nothing(assistant: Assistant, mailbox: Mailbox) -> None:
    chance = random.Random(20261126)
    with Crowd(str(assistant.client.base_url.join("/api/chat")), PEOPLE, QUESTIONS) as crowd:
        for name in ROUNDS:
            time.sleep(chance.uniform(1.5, 4))
            assistant.processes()[name].kill()
            assistant.wait_until_ready()
    found = struck(assistant, crowd, mailbox)
    print(found)
    assert found.faults == {}
    assert found.mails_again <= ROUNDS.count(WEB)
    assert found.messages > 100
    assert found.requests > 10
