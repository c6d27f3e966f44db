"""Hours and days later: a request goes on, or begins again in plain words, and a decision is never inherited."""

from __future__ import annotations

import json

from sqlalchemy import column, select, table, update
from support.assistant import Assistant
from support.chat import Chat

from bot.texts import Texts

events = table("events", column("id"), column("sender_id"), column("timestamp"), column("data"))
"""Rasa's own table."""
OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
REST = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui", "consentement": "oui"}


def let_hours_pass(assistant: Assistant, chat: Chat, hours: float) -> None:
    """Move all that Rasa knows of a conversation into the past, as if nothing had been said since."""
    ours = events.c.sender_id == assistant.conversation(chat)
    with assistant.database.begin() as connection:
        for row in connection.execute(select(events).where(ours)).all():
            data = json.loads(row.data)
            data["timestamp"] -= hours * 3600
            moved = {"timestamp": row.timestamp - hours * 3600, "data": json.dumps(data)}
            connection.execute(update(events).where(events.c.id == row.id).values(**moved))


def test_twenty_hours_later_the_request_goes_on_where_it_was(assistant: Assistant, chat: Chat) -> None:
    assert chat.all(OPENING, "Claire Dumont").asks == "email"
    let_hours_pass(assistant, chat, 20)
    assert chat.say("claire@lasne.example").asks == "telephone"
    assert chat.fill("non", REST).outcome == "qualified"
    assert assistant.leads(chat)[0]["nom"] == "Claire Dumont"


def test_a_day_later_the_person_is_told_and_nothing_is_carried_over(assistant: Assistant, chat: Chat, texts: Texts) -> None:
    assert chat.fill(OPENING, {name: answer for name, answer in REST.items() if name != "consentement"}).asks == "consentement"
    let_hours_pass(assistant, chat, 25)
    reply = chat.say("oui")
    assert reply.messages[0]["text"] == texts("demande.reprise")
    assert (reply.asks, reply.outcome) == (None, None)
    assert assistant.leads(chat) == []
    assert chat.say("je souhaite transmettre une demande").asks == "profil", "neither the function nor the decision is inherited"


def test_a_day_after_nothing_was_left_open_nothing_is_said_about_it(assistant: Assistant, chat: Chat, texts: Texts) -> None:
    chat.say("quel est le secteur au Maroc ?")
    let_hours_pass(assistant, chat, 25)
    reply = chat.say("quel est le budget total ?")
    assert texts("demande.reprise") not in reply.text
    assert reply.facts[0] == "combien.total"


def test_somebody_who_comes_back_another_day_can_make_another_request(assistant: Assistant, chat: Chat) -> None:
    assert chat.fill(OPENING, REST).outcome == "qualified"
    let_hours_pass(assistant, chat, 25)
    assert chat.fill(OPENING, REST | {"nom": "Paul Exemple", "email": "paul@lasne.example"}).outcome == "qualified"
    first, second = assistant.leads(chat)
    assert (first["nom"], second["nom"]) == ("Claire Dumont", "Paul Exemple")


def test_a_refusal_is_not_held_against_somebody_a_day_later(assistant: Assistant, chat: Chat) -> None:
    assert chat.say("je suis étudiante et je voudrais un contact pour mon mémoire").outcome == "declined"
    let_hours_pass(assistant, chat, 25)
    assert chat.fill(OPENING, REST).outcome == "qualified"
    assert assistant.leads(chat)[0]["remarques"] == []
