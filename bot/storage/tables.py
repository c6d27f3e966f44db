"""The tables. All datetimes are aware and in UTC, in Python and in the tables."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
    true,
)


def utc_now() -> datetime:
    """The clock of the running assistant; tests give their own."""
    return datetime.now(timezone.utc)


class UtcDateTime(TypeDecorator):  # type: ignore[misc]  # SQLAlchemy 1.4 is not typed
    """An aware datetime in UTC. A naive one is refused: it would be an hour or two wrong, silently."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: object) -> datetime | None:
        """Going in: any zone becomes UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a datetime without a time zone cannot be stored")
        return value.astimezone(timezone.utc)

    def process_result_value(self, value: datetime | None, dialect: object) -> datetime | None:
        """Coming out: SQLite gives it back without its zone, PostgreSQL in the zone of the session."""
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(timezone.utc)
        return value.replace(tzinfo=timezone.utc)


metadata = MetaData()


def _id() -> Any:
    return Column("id", Integer, primary_key=True)


turns = Table(
    "turns",
    metadata,
    _id(),
    Column("conversation", String, nullable=False),
    Column("number", Integer, nullable=False),
    Column("client_id", String),
    Column("user_text", Text, nullable=False),
    Column("answer", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    UniqueConstraint("conversation", "client_id", name="turns_once_per_client_id"),
    Index("turns_in_order", "conversation", "number", "id"),
)
"""One row per chat message that was answered, with its answer as the client got it."""

feedback = Table(
    "feedback",
    metadata,
    _id(),
    Column("conversation", String, nullable=False, index=True),
    Column("message_id", String, nullable=False),
    Column("useful", Boolean, nullable=False),
    Column("comment", Text),
    Column("created_at", UtcDateTime, nullable=False, index=True),
)

decisions = Table(
    "decisions",
    metadata,
    _id(),
    Column("conversation", String, nullable=False, index=True),
    Column("request_key", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("rule", Text, nullable=False),
    Column("rule_version", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("profile", JSON, nullable=False),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("message_id", String),
    Index("decisions_once_per_message", "conversation", "request_key", "message_id", unique=True),
)
"""Decisions of the screening. `message_id` is the message that led to one: one that is handled again replaces it."""

LEAD_KEPT = "conservee"
"""Registered; nobody is named yet to receive it."""
LEAD_WAITING = "en_attente"
"""Its mail to the contact person has not left yet."""
LEAD_FORWARDED = "transmise"
"""The mail server has accepted its mail to the contact person."""
LEAD_FAILED = "echec"
"""Its mail was refused for good, or for too long: somebody has to look."""

leads = Table(
    "leads",
    metadata,
    _id(),
    Column("reference", String, nullable=False, unique=True),
    Column("request_key", String, nullable=False, unique=True),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("status", String, nullable=False),
    Column("nom", Text, nullable=False),
    Column("fonction", Text, nullable=False),
    Column("commune", Text, nullable=False),
    Column("pays", Text, nullable=False),
    Column("email", Text, nullable=False),
    Column("telephone", Text),
    Column("objet", Text, nullable=False),
    Column("partenaire_de", Text),
    Column("decision", String, nullable=False),
    Column("reason", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("remarques", JSON, nullable=False),
    Column("consent_at", UtcDateTime, nullable=False),
    Column("conversation", String, nullable=False, index=True),
    Column("message_id", String),
    Column("closed_at", UtcDateTime),
    Column("closed_by", String),
)
"""Registered requests. `message_id` is the message of the consent; a request is closed by staff when nothing is left to do."""

MAIL_WAITING = "en_attente"
MAIL_SENT = "envoye"
MAIL_FAILED = "echec"
CONTACT = "contact"
"""The mail to the contact person."""
CONFIRMATION = "confirmation"
"""The mail to the person who asked."""
CODE = "code"
"""The mail with a one-time code to the address of a lead, for who asks about it from another conversation."""
COPY = "copie"
"""The mail with all that is kept of a lead, to its own address."""
NOTICE = "effacement"
"""The mail that asks the contact person to delete a request that was forwarded and is erased here."""

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("lead_id", Integer, ForeignKey("leads.id", ondelete="CASCADE"), index=True),
    Column("kind", String, nullable=False),
    Column("recipient", Text, nullable=False),
    Column("message_id", Text, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
    Column("status", String, nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("uncertain", Integer, nullable=False, default=0, server_default="0"),
    Column("expires_at", UtcDateTime),
    Column("due_since", UtcDateTime, nullable=False),
    Column("next_attempt_at", UtcDateTime, nullable=False),
    Column("lease_until", UtcDateTime),
    Column("lease_owner", String),
    Column("last_error", Text),
    Column("sent_at", UtcDateTime),
    Index("outbox_due", "status", "next_attempt_at"),
)
"""Mails as complete bytes, so that every attempt sends the same. Patience with the mail server counts from `due_since`.

`lead_id` is None for a notice that a lead was erased. `uncertain` counts the attempts after which nobody knows whether the
server has the mail. A mail is not sent after `expires_at`: a code that came too late would only confuse.
"""

MASK = "masquage"
"""What was typed into contact fields is to be masked: the person did not consent."""
ERASE = "effacement"
"""All that is kept of a conversation is to be deleted: the person asked for it."""

forgetting = Table(
    "forgetting",
    metadata,
    Column("conversation", String, primary_key=True),
    Column("kind", String, nullable=False),
    Column("due_at", UtcDateTime, nullable=False, index=True),
)
"""Promises to forget, at most one for each conversation, kept until they are done.

A request in the making promises to be masked some hours later; each message puts that off, consent takes it back.
"""

codes = Table(
    "codes",
    metadata,
    _id(),
    Column("lead_id", Integer, ForeignKey("leads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("conversation", String, nullable=False, index=True),
    Column("purpose", String, nullable=False),
    Column("digest", String, nullable=False),
    Column("tries", Integer, nullable=False, default=0, server_default="0"),
    Column("created_at", UtcDateTime, nullable=False, index=True),
    Column("expires_at", UtcDateTime, nullable=False),
    Column("asked_by", String),
    Column("last_try", String),
)
"""One-time codes, as digests: the code itself stands only in the mail. `conversation` is where it was asked for and is good.

`asked_by` is the message that asked for it, `last_try` a digest of the one that tried it last and of what that one typed: handled
again, neither does so twice.
"""

erasures = Table(
    "erasures",
    metadata,
    _id(),
    Column("created_at", UtcDateTime, nullable=False),
    Column("kind", String, nullable=False),
    Column("counts", JSON, nullable=False),
)
"""The proof that something was deleted: when, why and how many rows, never what."""

events = Table(
    "events",
    metadata,
    _id(),
    Column("sender_id", String(255), nullable=False),
    Column("type_name", String(255), nullable=False),
    Column("timestamp", Float),
    Column("intent_name", String(255)),
    Column("action_name", String(255)),
    Column("data", Text),
    Index("events_of_conversation", "sender_id", "id"),
)
"""What happened in conversations, in the form of Rasa's own store: `sender_id` is the conversation, `timestamp` in seconds since 1970,
`data` JSON as text.
"""

trackers = Table(
    "trackers",
    metadata,
    Column("conversation", String(255), primary_key=True),
    Column("born", String, nullable=False),
    Column("tail", Integer, nullable=False),
    Column("pointers", JSON, nullable=False),
    Column("updated_at", UtcDateTime, nullable=False, index=True),
    Column("to_index", Boolean, nullable=False, default=True, server_default=true()),
    Index("trackers_to_index", "updated_at", sqlite_where=text("to_index"), postgresql_where=text("to_index")),
)
"""Where a conversation is to be read from, so that a long one costs no more than a short one: ids of events, no content.

The events from `tail` on, and before them those that `pointers` names. `born` tells a conversation from one that was erased and
begun again. `to_index`: something of it has changed since it was written into `conversations` and `exchanges` (bot.review.indexing).
"""

releases = Table(
    "releases",
    metadata,
    Column("id", String, primary_key=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("code", String, nullable=False),
    Column("note", Text, nullable=False),
    Column("files", JSON, nullable=False),
)
"""Published releases: `files` is path → sha256, `code` the fingerprint of the code that can run them."""

release_files = Table(
    "release_files",
    metadata,
    Column("release", String, ForeignKey("releases.id", ondelete="CASCADE"), primary_key=True),
    Column("path", String, primary_key=True),
    Column("sha256", String, nullable=False),
    Column("bytes", LargeBinary, nullable=False),
)
"""The files of the releases, for machines that do not have them yet. Filled in PostgreSQL only: SQLite serves one machine."""

activations = Table(
    "activations",
    metadata,
    _id(),
    Column("release", String, ForeignKey("releases.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("at", UtcDateTime, nullable=False),
    Column("by", String, nullable=False),
)
"""Which release is to run since when: the latest row counts. `by` is a user and a machine."""

taken_up = Table(
    "taken_up",
    metadata,
    Column("process", String, primary_key=True),
    Column("release", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("error", Text),
)
"""Which release each process runs, as it said last; `error` is why it does not run the active one."""
