"""kill -9 of any one process in the middle of a request: it comes back by itself, and exactly one lead is made."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from support.assistant import ACTIONS, RASA, WEB, Assistant
from support.chat import PatientChat, Reply

from bot.web.conversations import NOT_HANDLED

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui"}
AS_READYZ_SAYS = {WEB: "web", ACTIONS: "actions", RASA: "rasa"}
IN_FLIGHT_SECONDS = 1.0
"""Long enough for a message to come from the web process through Rasa to the action that waits for the database."""


def kill(assistant: Assistant, name: str) -> int:
    """Kill a process as the kernel would; return its id once it is dead."""
    process = assistant.processes()[name]
    process.kill()
    process.wait(10)
    return process.pid


def goes_on(reply: Reply, asked: str, following: str | None) -> bool:
    """Whether the conversation went on, or said plainly that the field is asked again."""
    return reply.asks == following or (reply.text == NOT_HANDLED and reply.asks == asked)


@pytest.mark.parametrize("name", [WEB, ACTIONS, RASA])
def test_a_request_outlives_the_death_of_a_process(assistant: Assistant, name: str) -> None:
    chat = PatientChat(assistant.client)
    assert chat.say(OPENING).asks == "nom"

    dead = kill(assistant, name)
    assert assistant.missing() == [AS_READYZ_SAYS[name]]
    assert goes_on(chat.say(ANSWERS["nom"]), "nom", "email")
    assert assistant.processes()[name].pid != dead
    assert "s’est arrêté (signal 9)" in assistant.shown
    assert chat.fill(ANSWERS["nom"] if chat.asked[-1] == "nom" else ANSWERS["email"], ANSWERS).asks == "consentement"

    reply = die_during_consent(assistant, chat, name)
    assert reply.outcome == "qualified" or goes_on(reply, "consentement", None)
    if reply.outcome is None:
        assert chat.say("oui").outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["email"], lead["commune"]) == ("Claire Dumont", "claire@lasne.example", "Lasne")
    assistant.wait_until_mail_has_left()
    assert len(assistant.mailbox.about(lead["reference"])) == 2
    assert assistant.process.poll() is None


def die_during_consent(assistant: Assistant, chat: PatientChat, name: str) -> Reply:
    """Say the last yes, and kill a process while the action that registers the request waits for the database."""
    with ThreadPoolExecutor(1) as thread:
        with assistant.database.begin():
            answering = thread.submit(chat.say, "oui")
            time.sleep(IN_FLIGHT_SECONDS)
            assert not answering.done(), "the database was not waited for"
            kill(assistant, name)
        return answering.result()
