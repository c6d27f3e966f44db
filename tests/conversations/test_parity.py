"""The same ten dialogues through the chat API and through every channel: people can read the same, choose the same, and ask the same."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import column, func, select, table
from support.assistant import CONTACT, Assistant
from support.dialogues import DIALOGUES, ERASURE, WHOLE, Told, plain, tell_a_channel, tell_the_api
from support.mailbox import expected_ids, ids_of, text_of
from support.platforms.every import PLATFORMS
from support.platforms.platform import SITE
from support.platforms.together import Platforms
from support.waiting import wait_for

from bot.channels.model import MAIL
from bot.channels.sentences import welcome
from bot.review.model import CHANNELS
from bot.storage import channel_people, conversations
from bot.texts import Texts

AT_ONCE = 5
"""Dialogues that are held at once, each by a person of her own."""
events = table("events", column("sender_id"), column("type_name"), column("data"))
"""Rasa's own table."""
WANTED = {
    "nom": "Élise Fontaine",
    "fonction": "bourgmestre",
    "commune": "Dinant",
    "pays": "Belgique",
    "telephone": "+32 483 21 45 67",
    "objet": "Nous aimerions rejoindre le Programme",
    "decision": "admissible",
    "status": "transmise",
}
"""Of the request that is made on each channel."""
Had = Callable[[str, str], Told]


@pytest.fixture(scope="module")
def on_the_site(assistant: Assistant) -> Mapping[str, Told]:
    """The dialogues as the chat API has them."""
    return {name: tell_the_api(assistant.chat(), dialogue, "site@dinant.example") for name, dialogue in DIALOGUES.items()}


@pytest.fixture(scope="module")
def beside(assistant: Assistant, texts: Texts) -> Sequence[str]:
    """What is said on channels only: who we are, once, and that an address is kept."""
    days = assistant.settings.retention_days
    return welcome(days, SITE), texts("droits.garde_compte", jours=days)


@pytest.fixture(scope="module")
def had(platforms: Platforms, on_the_site: Mapping[str, Told], beside: Sequence[str]) -> Iterator[Had]:
    """The dialogues as a channel has them. All are begun at once: e-mail takes seconds for each message, the others hundredths."""
    with ThreadPoolExecutor(len(DIALOGUES)) as by_mail, ThreadPoolExecutor(AT_ONCE) as others:
        told = {
            (channel, name): (by_mail if channel == MAIL else others).submit(
                tell_a_channel, platforms[channel], person_of(channel, name), DIALOGUES[name], on_the_site[name], beside
            )
            for channel in PLATFORMS
            for name in DIALOGUES
        }
        yield lambda channel, name: told[channel, name].result()


def person_of(channel: str, dialogue: str) -> str:
    """Who has a dialogue on a channel: a word that platforms can make their ids of."""
    return f"d{list(PLATFORMS).index(channel)}{list(DIALOGUES).index(dialogue)}"


@pytest.mark.parametrize("name", DIALOGUES)
@pytest.mark.parametrize("channel", PLATFORMS)
def test_a_dialogue_reads_the_same_and_offers_the_same_as_on_the_site(
    had: Had, on_the_site: Mapping[str, Told], channel: str, name: str
) -> None:
    assert had(channel, name).read == on_the_site[name].read


@pytest.mark.parametrize("channel", PLATFORMS)
def test_people_are_told_who_answers_and_that_their_address_is_kept(
    platforms: Platforms, had: Had, beside: Sequence[str], channel: str
) -> None:
    assert had(channel, ERASURE).read
    said = plain("\n".join(shown.text for shown in platforms[channel].seen(person_of(channel, ERASURE))))
    assert [sentence for sentence in beside if plain(sentence) not in said] == []


@pytest.mark.parametrize("channel", PLATFORMS)
def test_nothing_else_is_said_and_no_rule_of_the_platform_is_broken(
    assistant: Assistant, platforms: Platforms, had: Had, channel: str
) -> None:
    messages = {person_of(channel, name): had(channel, name).messages for name in DIALOGUES}
    wait_for("nothing is left to be done", lambda: not waiting(assistant, channel), 10)
    assert {person: len(platforms[channel].seen(person)) for person in messages} == messages
    assert platforms[channel].violations == []


@pytest.fixture(scope="module")
def registered(assistant: Assistant, had: Had) -> Mapping[str, dict[str, Any]]:
    """The requests that were made on the channels, as `cic leads` gives them, by address."""
    for channel in PLATFORMS:
        had(channel, WHOLE)
    assistant.wait_until_mail_has_left()
    every = [json.loads(line) for line in assistant.cic("leads", "--json").stdout.splitlines()]
    return {lead["email"]: lead for lead in every}


@pytest.mark.parametrize("channel", PLATFORMS)
def test_a_request_that_is_made_on_a_channel_is_registered_and_reaches_the_contact_person(
    assistant: Assistant, had: Had, registered: Mapping[str, dict[str, Any]], channel: str
) -> None:
    email = had(channel, WHOLE).email
    lead = registered[email]
    assert {name: lead[name] for name in WANTED} == WANTED
    mails = assistant.mailbox.about(lead["reference"])
    assert ids_of(mails) == expected_ids(lead["reference"])
    (to_contact,) = [mail for mail in mails if mail["To"].addresses[0].addr_spec == CONTACT]
    assert all(said in text_of(to_contact) for said in ("Élise Fontaine", email, "Dinant"))


@pytest.mark.parametrize("channel", PLATFORMS)
def test_reviewers_see_where_a_request_was_made(
    assistant: Assistant, platforms: Platforms, had: Had, registered: Mapping[str, dict[str, Any]], channel: str
) -> None:
    conversation, label = registered[had(channel, WHOLE).email]["conversation"], platforms[channel].label
    assert label in CHANNELS
    said = (events.c.sender_id == conversation) & (events.c.type_name == "user")
    with assistant.database.read() as connection:
        told = [json.loads(row)["metadata"].get("channel") for row in connection.execute(select(events.c.data).where(said)).scalars()]
    assert told == [label] * len(DIALOGUES[WHOLE])
    wait_for("the conversation is indexed", lambda: channel_of(assistant, conversation) == label, 30)


def channel_of(assistant: Assistant, conversation: str) -> str | None:
    """The channel of a conversation in the read model of the review."""
    of_it = conversations.c.conversation == conversation
    with assistant.database.read() as connection:
        return connection.execute(select(conversations.c.channel).where(of_it)).scalar()


def waiting(assistant: Assistant, channel: str) -> int:
    """How many people of a channel wait for something."""
    due = (channel_people.c.channel == channel) & channel_people.c.due_at.is_not(None)
    with assistant.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(channel_people).where(due)).scalar_one())
