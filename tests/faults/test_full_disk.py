"""The disk is full for a while: nothing is accepted that cannot be kept, nobody is told otherwise, and nothing is lost."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, TimeoutError
from contextlib import contextmanager

import psutil
import pytest
from support.assistant import Assistant
from support.chat import PatientChat
from support.mailbox import Mailbox, expected_ids

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
WAITED_SECONDS = 3.0
"""Longer than an answer takes, shorter than the assistant's patience with its database."""
ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui"}


@contextmanager
def full_disk(assistant: Assistant) -> Iterator[None]:
    """No process of the assistant can make a file longer, as if there were no room; what is there can be read."""
    processes = list(assistant.processes().values())
    _allow(processes, 1)
    try:
        yield
    finally:
        _allow(processes, resource.RLIM_INFINITY)


def _allow(processes: list[psutil.Process], size: int) -> None:
    for process in processes:
        process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def test_a_message_sent_while_the_disk_is_full_is_answered_once_there_is_room(assistant: Assistant) -> None:
    chat = PatientChat(assistant.client)
    before = chat.say("Bonjour")
    with ThreadPoolExecutor(1) as thread:
        with full_disk(assistant):
            answering = thread.submit(chat.say, "Quel est le budget du Programme ?")
            with pytest.raises(TimeoutError):
                answering.result(timeout=WAITED_SECONDS)
        reply = answering.result()
    assert "combien.total" in reply.facts
    said = chat.history()["messages"]
    asked = [message["text"] for message in said if message["from"] == "user"]
    assert asked == ["Bonjour", "Quel est le budget du Programme ?"]
    assert before.text in [message["text"] for message in said]


def test_a_consent_given_while_the_disk_is_full_registers_one_request_once_there_is_room(assistant: Assistant, mailbox: Mailbox) -> None:
    chat = PatientChat(assistant.client)
    assert chat.fill(OPENING, ANSWERS).asks == "consentement"
    with ThreadPoolExecutor(1) as thread:
        with full_disk(assistant):
            answering = thread.submit(chat.say, "oui")
            with pytest.raises(TimeoutError):
                answering.result(timeout=WAITED_SECONDS)
        reply = answering.result()
    if reply.outcome is None:
        reply = chat.say("oui")
    assert reply.outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assistant.wait_until_mail_has_left(60)
    assert mailbox.ids() == expected_ids(lead["reference"])
