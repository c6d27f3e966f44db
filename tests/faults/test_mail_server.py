"""A mail server that refuses, hangs up, thinks long or is away: the person is told the truth, and each mail arrives exactly once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from support.assistant import CONTACT, Assistant
from support.chat import Chat
from support.mailbox import Mailbox
from support.waiting import wait_for

from bot.outbox import FIRST_WAIT
from bot.texts import Texts
from bot.wiring import build_outbox

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui", "consentement": "oui"}


def refuse(mailbox: Mailbox) -> None:
    mailbox.postmaster.rcpt_reply = "451 try again later"


def hang_up(mailbox: Mailbox) -> None:
    mailbox.postmaster.drops = "before the answer"


def unsent(assistant: Assistant) -> list[dict[str, Any]]:
    """What `cic outbox` shows: the mails that have not left."""
    return build_outbox(assistant.settings, assistant.database).unsent()


def reference_of(assistant: Assistant, chat: Chat) -> str:
    return str(assistant.leads(chat)[0]["reference"])


@pytest.mark.parametrize("trouble", [refuse, hang_up, Mailbox.close], ids=["refuses", "hangs up", "is away"])
def test_mail_waits_for_a_server_in_trouble_and_then_leaves_exactly_once(
    assistant: Assistant, mailbox: Mailbox, texts: Texts, trouble: Callable[[Mailbox], None]
) -> None:
    trouble(mailbox)
    first, second = assistant.chat(), assistant.chat()
    said = first.fill(OPENING, ANSWERS)
    assert said.text == texts("demande.enregistree", reference=reference_of(assistant, first))
    wait_for("its mails have been tried in vain", lambda: all(mail["last_error"] for mail in unsent(assistant)))
    said = second.fill(OPENING, ANSWERS)
    assert said.text == texts("demande.enregistree_retard", reference=reference_of(assistant, second)), "the delay is told"
    assert [assistant.leads(chat)[0]["status"] for chat in (first, second)] == ["en_attente", "en_attente"]

    mailbox.behave()
    assistant.wait_until_mail_has_left(FIRST_WAIT.total_seconds() + 10)
    for chat in (first, second):
        mails = mailbox.about(reference_of(assistant, chat))
        assert sorted(mail["To"].addresses[0].addr_spec for mail in mails) == [ANSWERS["email"], CONTACT]
        assert len({mail["Message-ID"] for mail in mails}) == 2
        assert assistant.leads(chat)[0]["status"] == "transmise"


def test_nobody_waits_for_a_mail_server_that_thinks_long(assistant: Assistant, mailbox: Mailbox) -> None:
    mailbox.postmaster.data_seconds = 3
    chat = assistant.chat()
    assert chat.fill(OPENING, ANSWERS).outcome == "qualified"
    assert mailbox.about(reference_of(assistant, chat)) == [], "the person was answered before the mail had left"
    assistant.wait_until_mail_has_left()
    assert len(mailbox.about(reference_of(assistant, chat))) == 2


def test_a_mail_that_is_refused_for_good_stays_visible_and_can_be_sent_again(assistant: Assistant, mailbox: Mailbox) -> None:
    mailbox.postmaster.rcpt_reply = "550 no such user"
    chat = assistant.chat()
    chat.fill(OPENING, ANSWERS)
    wait_for("the lead has failed", lambda: assistant.leads(chat)[0]["status"] == "echec")
    reference = reference_of(assistant, chat)
    assert reference in assistant.cic("outbox").stdout
    mailbox.behave()
    for mail in unsent(assistant):
        assert assistant.cic("outbox", "--retry", str(mail["id"])).returncode == 0
    wait_for("both mails have arrived", lambda: len(mailbox.about(reference)) == 2)
    wait_for("the lead is forwarded", lambda: assistant.leads(chat)[0]["status"] == "transmise")
