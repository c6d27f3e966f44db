"""kill -9 of any one process in the middle of a request, or a database that is locked: exactly one lead is made, and its mails."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor, TimeoutError

import pytest
from support.assistant import ACTIONS, RASA, WEB, Assistant
from support.chat import PatientChat, Reply
from support.mailbox import Mailbox, expected_ids
from support.waiting import wait_for

from bot.web.conversations import NOT_HANDLED

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui"}
AS_READYZ_SAYS = {WEB: "web", ACTIONS: "actions", RASA: "rasa"}
GIVEN_UP = "DatabaseAwayError"
"""What the action server logs when it has waited for the database in vain."""
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
    assert assistant.mailbox.ids() == expected_ids(lead["reference"])
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


def test_a_request_outlives_the_death_of_the_action_server_between_the_recap_and_the_consent(
    assistant: Assistant, mailbox: Mailbox
) -> None:
    chat = PatientChat(assistant.client)
    assert chat.fill(OPENING, ANSWERS).asks == "consentement"
    kill(assistant, ACTIONS)
    reply = chat.say("oui")
    assert reply.outcome == "qualified" or goes_on(reply, "consentement", None)
    if reply.outcome is None:
        assert chat.say("oui").outcome == "qualified"
    assert chat.say("oui").outcome is None
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["email"], lead["commune"]) == ("Claire Dumont", "claire@lasne.example", "Lasne")
    assistant.wait_until_mail_has_left()
    assert mailbox.ids() == expected_ids(lead["reference"])


def test_a_consent_waits_for_a_database_that_is_locked_for_a_moment(assistant: Assistant, mailbox: Mailbox) -> None:
    chat = assistant.chat()
    assert chat.fill(OPENING, ANSWERS).asks == "consentement"
    with ThreadPoolExecutor(1) as thread:
        with assistant.database.begin():
            answering = thread.submit(chat.say, "oui")
            with pytest.raises(TimeoutError):
                answering.result(timeout=2 * IN_FLIGHT_SECONDS)
        assert answering.result().outcome == "qualified"
    (lead,) = assistant.leads(chat)
    assistant.wait_until_mail_has_left()
    assert mailbox.ids() == expected_ids(lead["reference"])


def test_a_consent_to_a_database_that_stays_locked_is_heard_once_it_is_free_and_registers_one_request(
    assistant: Assistant, mailbox: Mailbox
) -> None:
    chat = PatientChat(assistant.client)
    assert chat.fill(OPENING, ANSWERS).asks == "consentement"
    given_up = assistant.logs().count(GIVEN_UP)
    with ThreadPoolExecutor(1) as thread:
        with assistant.database.begin():
            answering = thread.submit(chat.say, "oui")
            wait_for("the action server gives up", lambda: assistant.logs().count(GIVEN_UP) > given_up, seconds=20)
            assert assistant.leads(chat) == []
        assert answering.result().outcome == "qualified"
    assert chat.say("oui").outcome is None
    (lead,) = assistant.leads(chat)
    assert (lead["nom"], lead["email"]) == ("Claire Dumont", "claire@lasne.example")
    assistant.wait_until_mail_has_left()
    assert mailbox.ids() == expected_ids(lead["reference"])
