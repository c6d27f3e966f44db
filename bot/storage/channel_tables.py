"""The tables of the messaging channels: who writes from where, what came in, and what is to go out.

Nothing here says in clear who somebody is: names that platforms give are keyed digests, addresses are sealed (bot.channels.seal).
What was said is blanked as soon as it has been answered, and what was answered as soon as it has been sent.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, Column, ForeignKey, Index, Integer, LargeBinary, String, Table, Text, UniqueConstraint, false

from bot.storage.tables import UtcDateTime, metadata


def _id() -> Column:
    return Column("id", Integer, primary_key=True)


channel_people = Table(
    "channel_people",
    metadata,
    _id(),
    Column("channel", String, nullable=False),
    Column("person", String, nullable=False),
    Column("conversation", String(255), unique=True),
    Column("address", LargeBinary, nullable=False),
    Column("offered", JSON(none_as_null=True)),
    Column("welcomed", Boolean, nullable=False, default=False, server_default=false()),
    Column("last_at", UtcDateTime, nullable=False, index=True),
    Column("due_at", UtcDateTime),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String),
    UniqueConstraint("channel", "person", name="channel_people_once"),
    Index("channel_people_due", "due_at"),
)
"""One row for each person on each channel, or for each person in each group. `person` is a keyed digest, `address` sealed.

`conversation` is None after an erasure, until the person writes again. `offered` are the answers that the person may choose by their
number. There is something to do for a person from `due_at` on; one worker at a time does it, in order, under a lease.
"""

MESSAGE_WAITING = "a_traiter"
MESSAGE_DONE = "traite"
MESSAGE_FAILED = "echec"

channel_messages = Table(
    "channel_messages",
    metadata,
    _id(),
    Column("channel", String, nullable=False),
    Column("key", String, nullable=False),
    Column("person_id", Integer, ForeignKey("channel_people.id", ondelete="SET NULL")),
    Column("sender", String),
    Column("kind", String, nullable=False),
    Column("text", Text),
    Column("context", LargeBinary),
    Column("conversation", String(255)),
    Column("sent_at", UtcDateTime, nullable=False),
    Column("received_at", UtcDateTime, nullable=False, index=True),
    Column("status", String, nullable=False),
    UniqueConstraint("channel", "key", name="channel_messages_once"),
    Index("channel_messages_of_person", "person_id", "status"),
    Index("channel_messages_by_sender", "sender", "received_at"),
    Index("channel_messages_by_status", "status", "channel"),
)
"""What came in. `key` is a keyed digest of the platform's own id: what comes again under it is not taken again. `sender` is the digest
of who wrote, for a day, also of whom was forgotten since: limits are by sender. `sent_at` is when
the platform says that it was sent, `context` what a reply needs beside the person's address, sealed. `conversation` is the one in which
it is being answered, so that it is answered there also after its process died. These and the text are None once it was answered.
"""

REPLY_WAITING = "en_attente"
REPLY_LEAVING = "en_cours"
REPLY_SENT = "envoye"
REPLY_UNCERTAIN = "incertain"
REPLY_FAILED = "echec"

channel_replies = Table(
    "channel_replies",
    metadata,
    _id(),
    Column("channel", String, nullable=False),
    Column("message_id", Integer, ForeignKey("channel_messages.id", ondelete="CASCADE"), nullable=False),
    Column("person_id", Integer, ForeignKey("channel_people.id", ondelete="SET NULL")),
    Column("part", Integer, nullable=False),
    Column("body", JSON(none_as_null=True)),
    Column("context", LargeBinary),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False, default=0, server_default="0"),
    Column("last_error", Text),
    Column("platform_key", String, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("sent_at", UtcDateTime),
    UniqueConstraint("message_id", "part", name="channel_replies_once"),
    Index("channel_replies_of_person", "person_id", "status"),
    Index("channel_replies_by_status", "status", "channel"),
)
"""What goes out: each answer in as many parts as the platform needs messages for it, in order. A part that is on its way when its
process dies is uncertain: the platform may have it, so it is not sent again by itself. `platform_key` is a keyed digest of the id that the
platform gave it, for what the platform says of it later.
"""
