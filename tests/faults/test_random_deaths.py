"""Processes are killed at random moments while people write: both sides of the ledger agree afterwards."""

from __future__ import annotations

import random
import time

from support.assistant import ACTIONS, RASA, WEB, Assistant
from support.mailbox import Mailbox, wait_until_mails_have_left

from bot.benchmarks.endurance import strike
from bot.benchmarks.people import Crowd

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


def test_five_deaths_at_random_moments_lose_nothing_and_double_nothing(assistant: Assistant, mailbox: Mailbox) -> None:
    chance = random.Random(20261126)
    with Crowd(str(assistant.client.base_url.join("/api/chat")), PEOPLE, QUESTIONS) as crowd:
        for name in ROUNDS:
            time.sleep(chance.uniform(1.5, 4))
            assistant.processes()[name].kill()
            assistant.wait_until_ready()
    wait_until_mails_have_left(assistant.database)
    found = strike(assistant.settings, crowd, mailbox.ids().elements)
    print(found)
    assert found.faults == {}
    assert found.mails_again <= ROUNDS.count(WEB)
    assert found.messages > 100
    assert found.requests > 10
