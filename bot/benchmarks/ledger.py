"""Both sides of the ledger: what people sent and read, held against what the database and the mailbox have."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import select

from bot.benchmarks.people import Ledger
from bot.storage import Database, decisions, events, leads, turns


@dataclass(frozen=True)
class Balance:
    """Counts. All but the first five must be zero.

    Messages are counted by their ids: `unanswered` got no answer, `answered_differently` more than one, `apologies` the sentence
    that they could not be handled; `turns_*` and `events_*` say what the two stores have of them. A request has at least one
    decision, and a message led to one decision on it at most; `decisions_astray` have no message behind them.

    `mails_again` came a second time under their Message-ID: the web process died between the mail server's yes and its own note of
    it, which no protocol rules out (docs/adr/0004-stores-and-delivery.md). There can be no more of them than such deaths.
    """

    messages: int
    requests: int
    sent_again: int
    mails: int
    mails_again: int
    unanswered: int
    answered_differently: int
    apologies: int
    turns_lost: int
    turns_doubled: int
    events_lost: int
    events_doubled: int
    requests_lost: int
    requests_doubled: int
    requests_wrong: int
    requests_astray: int
    decisions_lost: int
    decisions_doubled: int
    decisions_astray: int
    mails_lost: int

    def as_dict(self) -> dict[str, int]:
        """All counts."""
        return asdict(self)

    @property
    def faults(self) -> dict[str, int]:
        """What must be zero and is not."""
        good = ("messages", "requests", "sent_again", "mails", "mails_again")
        return {name: count for name, count in self.as_dict().items() if count and name not in good}


def balance(
    ledger: Ledger, database: Database, conversation_of: Callable[[str], str], apology: str, mails: Iterable[str] | None = None
) -> Balance:
    """Strike it. `conversation_of` names the conversation of a session; `mails` are the Message-IDs that arrived, None if not looked at."""
    sent = {(conversation_of(message.conversation), message.id) for message in ledger.messages}
    with database.read() as connection:
        kept = Counter((row.conversation, row.client_id) for row in connection.execute(select(turns.c.conversation, turns.c.client_id)))
        said = connection.execute(select(events.c.sender_id, events.c.data).where(events.c.type_name == "user"))
        heard = Counter((row.sender_id, json.loads(row.data)["message_id"]) for row in said)
        found = connection.execute(select(leads.c.reference, leads.c.email, leads.c.request_key)).all()
        decided = connection.execute(select(decisions.c.conversation, decisions.c.request_key, decisions.c.message_id)).all()
    addresses = {row.reference: row.email for row in found}
    keys = {row.request_key for row in decided}
    theirs = {conversation for conversation, _ in sent}
    verdicts = Counter(row for row in decided if row.conversation in theirs)
    arrived = Counter(mails or ())
    wanted = [f"<{reference.lower()}.contact@" for reference in ledger.references] if mails is not None else []
    texts = [[part["text"] for part in answer] for message in ledger.messages for answer in message.answers]
    return Balance(
        messages=len(sent),
        requests=len(ledger.references),
        sent_again=sum(message.refused for message in ledger.messages),
        mails=sum(arrived.values()),
        mails_again=sum(arrived.values()) - len(arrived),
        unanswered=sum(not message.answers for message in ledger.messages),
        answered_differently=sum(len(message.answers) > 1 for message in ledger.messages),
        apologies=sum(apology in text for text in texts),
        turns_lost=sum(key not in kept for key in sent),
        turns_doubled=sum(count - 1 for key, count in kept.items() if key in sent),
        events_lost=sum(key not in heard for key in sent),
        events_doubled=sum(count - 1 for key, count in heard.items() if key in sent),
        requests_lost=sum(reference not in addresses for reference in ledger.references),
        requests_doubled=_doubled(row.email for row in found if row.email in ledger.names.values()) + _doubled(ledger.references),
        requests_wrong=sum(addresses.get(reference, email) != email for reference, email in ledger.names.items()),
        requests_astray=len(ledger.lost_ways),
        decisions_lost=sum(row.request_key not in keys for row in found if row.reference in ledger.references),
        decisions_doubled=sum(count - 1 for count in verdicts.values()),
        decisions_astray=sum((row.conversation, row.message_id) not in sent for row in verdicts),
        mails_lost=sum(not any(ident.startswith(start) for ident in arrived) for start in wanted),
    )


def _doubled(values: Iterable[str]) -> int:
    """How many there are too many of."""
    return sum(count - 1 for count in Counter(values).values())
