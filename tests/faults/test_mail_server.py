"""A mail server that refuses, hangs up, thinks long or is away: the person is told the truth, and no other mail leaves.

Each mail of a lead arrives under one Message-ID, or stays visible with its cause in `cic outbox --json`.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import select, update
from support.assistant import CONTACT, Assistant
from support.chat import Chat
from support.mailbox import Mailbox, expected_ids
from support.waiting import wait_for

from bot.alerts import cause_of
from bot.outbox import FIRST_WAIT, TWICE
from bot.storage import outbox, utc_now
from bot.texts import Texts

OPENING = "Je suis échevine à Lasne et je veux participer au Programme"
ANSWERS = {"nom": "Claire Dumont", "email": "claire@lasne.example", "telephone": "non", "confirmation": "oui", "consentement": "oui"}


@dataclass(frozen=True)
class Trouble:
    """What the server does, and what `cic outbox` says of it. `uncertain`: nobody knows whether it has the mail."""

    cause: str
    rcpt_reply: str = "250 OK"
    data_reply: str = "250 OK"
    drops: str | None = None
    away: bool = False
    uncertain: bool = False

    def befall(self, mailbox: Mailbox) -> None:
        if self.away:
            mailbox.close()
        box = mailbox.postmaster
        box.rcpt_reply, box.data_reply, box.drops = self.rcpt_reply, self.data_reply, self.drops


TEMPORARY = {
    "refuses the recipient": Trouble("451", rcpt_reply="451 try again later"),
    "refuses the mail": Trouble("452", data_reply="452 disk full"),
    "hangs up": Trouble("SMTPServerDisconnected", drops="before the answer", uncertain=True),
    "accepts and hangs up": Trouble("SMTPServerDisconnected", drops="after accepting", uncertain=True),
    "is away": Trouble("SMTPConnectError", away=True),
}
FOR_GOOD = {
    "refuses the recipient": Trouble("550", rcpt_reply="550 no such user"),
    "refuses the mail": Trouble("554", data_reply="554 looks like spam"),
}


def unsent(assistant: Assistant, chat: Chat) -> list[dict[str, Any]]:
    """What `cic outbox --json` shows of the mails of one person, once each was tried: those that have not left."""
    reference = reference_of(assistant, chat)

    def tried() -> list[dict[str, Any]] | None:
        every = [json.loads(line) for line in assistant.cic("outbox", "--json").stdout.splitlines()]
        ours = [mail for mail in every if mail["reference"] == reference]
        return ours if all(mail["last_error"] for mail in ours) else None

    return wait_for("its mails have been tried", tried)


def reference_of(assistant: Assistant, chat: Chat) -> str:
    return str(assistant.leads(chat)[0]["reference"])


def attempts(assistant: Assistant, *chats: Chat) -> Counter[str]:
    """How often each mail of some people was handed over, by its Message-ID."""
    of_them = outbox.c.lead_id.in_([assistant.leads(chat)[0]["id"] for chat in chats])
    with assistant.database.read() as connection:
        return Counter(dict(connection.execute(select(outbox.c.message_id, outbox.c.attempts).where(of_them)).all()))


def hurry(assistant: Assistant, *chats: Chat) -> None:
    """Have the next attempts now; each would come by itself, after as long as it should wait."""
    of_them, now = outbox.c.lead_id.in_([assistant.leads(chat)[0]["id"] for chat in chats]), utc_now()
    with assistant.database.begin() as connection:
        waiting = connection.execute(select(outbox.c.next_attempt_at, outbox.c.attempts).where(of_them)).all()
        assert all(mail.next_attempt_at <= now + FIRST_WAIT * (1 << (mail.attempts - 1)) for mail in waiting)
        connection.execute(update(outbox).where(of_them).values(next_attempt_at=now))


@pytest.mark.parametrize("trouble", TEMPORARY.values(), ids=TEMPORARY)
def test_mail_waits_for_a_server_in_trouble_and_then_leaves_under_one_message_id(
    assistant: Assistant, mailbox: Mailbox, texts: Texts, trouble: Trouble
) -> None:
    trouble.befall(mailbox)
    first, second = assistant.chat(), assistant.chat()
    said = first.fill(OPENING, ANSWERS)
    assert said.text == texts("demande.enregistree", reference=reference_of(assistant, first))
    waiting = unsent(assistant, first)
    said = second.fill(OPENING, ANSWERS)
    assert said.text == texts("demande.enregistree_retard", reference=reference_of(assistant, second)), "the delay is told"
    for mails in (waiting, unsent(assistant, second)):
        told = [(mail["kind"], mail["state"], cause_of(mail["last_error"]), mail["uncertain"]) for mail in mails]
        assert told == [(kind, "en_attente", trouble.cause, int(trouble.uncertain)) for kind in ("contact", "confirmation")]
    assert [assistant.leads(chat)[0]["status"] for chat in (first, second)] == ["en_attente", "en_attente"]

    mailbox.behave()
    if not trouble.away:  # once, nobody hurries
        hurry(assistant, first, second)
    assistant.wait_until_mail_has_left(FIRST_WAIT.total_seconds() + 10)
    references = [reference_of(assistant, chat) for chat in (first, second)]
    arrived, once = mailbox.ids(), expected_ids(*references)
    assert arrived.keys() == once.keys()
    if trouble.drops == "after accepting":
        assert arrived == attempts(assistant, first, second), "the server had it each time, and nobody could know"
    else:
        assert arrived == once
    for chat, reference in zip((first, second), references, strict=True):
        assert {mail["To"].addresses[0].addr_spec for mail in mailbox.about(reference)} == {ANSWERS["email"], CONTACT}
        (lead,) = assistant.leads(chat)
        assert (lead["status"], lead["remarques"].count(TWICE)) == ("transmise", int(trouble.uncertain))


def test_nobody_waits_for_a_mail_server_that_thinks_long(assistant: Assistant, mailbox: Mailbox) -> None:
    mailbox.postmaster.data_seconds = 3
    chat = assistant.chat()
    assert chat.fill(OPENING, ANSWERS).outcome == "qualified"
    assert mailbox.all() == [], "the person was answered before the mail had left"
    assistant.wait_until_mail_has_left()
    assert mailbox.ids() == expected_ids(reference_of(assistant, chat))


@pytest.mark.parametrize("trouble", FOR_GOOD.values(), ids=FOR_GOOD)
def test_a_mail_that_is_refused_for_good_stays_visible_and_can_be_sent_again(
    assistant: Assistant, mailbox: Mailbox, trouble: Trouble
) -> None:
    trouble.befall(mailbox)
    chat = assistant.chat()
    chat.fill(OPENING, ANSWERS)
    mails = unsent(assistant, chat)
    told = [(mail["kind"], mail["state"], cause_of(mail["last_error"]), mail["next_attempt_at"]) for mail in mails]
    assert told == [(kind, "echec", trouble.cause, None) for kind in ("contact", "confirmation")]
    assert (assistant.leads(chat)[0]["status"], mailbox.all()) == ("echec", [])
    assert reference_of(assistant, chat) in assistant.cic("outbox").stdout

    mailbox.behave()
    for mail in mails:
        assert assistant.cic("outbox", "--retry", str(mail["id"])).returncode == 0
    wait_for("the lead is forwarded", lambda: assistant.leads(chat)[0]["status"] == "transmise")
    assistant.wait_until_mail_has_left()
    assert mailbox.ids() == expected_ids(reference_of(assistant, chat))
    assert assistant.leads(chat)[0]["remarques"].count(TWICE) == 0


def test_a_confirmation_to_an_address_that_does_not_exist_keeps_no_lead_from_arriving(assistant: Assistant, mailbox: Mailbox) -> None:
    mailbox.postmaster.refuses = "claire@lasne.exemple"
    chat = assistant.chat()
    chat.fill(OPENING, ANSWERS | {"email": mailbox.postmaster.refuses})
    reference = reference_of(assistant, chat)
    wait_for("the lead is forwarded", lambda: assistant.leads(chat)[0]["status"] == "transmise")
    assistant.wait_until_mail_has_left()
    assert mailbox.ids() == expected_ids(reference, kinds=("contact",))
    (mail,) = unsent(assistant, chat)
    assert (mail["kind"], mail["state"], cause_of(mail["last_error"])) == ("confirmation", "echec", "550")
