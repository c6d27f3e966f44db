"""The tables of the review application: what reviewers see, what they say, and who they are."""

from __future__ import annotations

from sqlalchemy import DDL, JSON, Boolean, Column, Float, ForeignKey, Index, Integer, String, Table, Text, UniqueConstraint, event, false

from bot.storage.tables import UtcDateTime, metadata


def _id() -> Column:
    return Column("id", Integer, primary_key=True)


UNREAD = "nouveau"
TO_DO = "a_faire"
REVIEWED = "revu"
SET_ASIDE = "ecarte"

conversations = Table(
    "conversations",
    metadata,
    Column("conversation", String(255), primary_key=True),
    Column("channel", String, nullable=False),
    Column("first_at", UtcDateTime, nullable=False),
    Column("last_at", UtcDateTime, nullable=False),
    Column("exchanges", Integer, nullable=False),
    Column("outcome", String, nullable=False),
    Column("confidence", Float),
    Column("unknown", Integer, nullable=False),
    Column("thumbs_up", Integer, nullable=False),
    Column("thumbs_down", Integer, nullable=False),
    Column("priority", Integer, nullable=False),
    Column("release", String),
    Column("status", String, nullable=False, default=UNREAD, server_default=UNREAD),
    Column("assignee", String),
    Column("flagged", Boolean, nullable=False, default=False, server_default=false()),
    Column("reviewed_at", UtcDateTime),
    Column("reviewed_by", String),
    Column("kept_reason", Text),
    Column("kept_by", String),
    Column("kept_at", UtcDateTime),
    Column("kept_until", UtcDateTime),
    Index("conversations_inbox", "status", "priority", "last_at", "conversation"),
    Index("conversations_latest", "last_at", "conversation"),
)
"""What reviewers see of conversations, one row each, without personal data: the first columns are made anew from the events whenever
something changes (bot.review.indexing), those from `status` on are what reviewers decided.

`confidence` is the lowest of its exchanges (0 to 1), `unknown` how many of them were not understood, `priority` how much it needs a
human (0 first, see bot.review.model). What has a `kept_reason` is not purged before
`kept_until`, a year at most.
"""

exchanges = Table(
    "exchanges",
    metadata,
    _id(),
    Column("conversation", String(255), nullable=False),
    Column("number", Integer, nullable=False),
    Column("message_id", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("channel", String, nullable=False),
    Column("said", Text, nullable=False),
    Column("reply", Text, nullable=False),
    Column("words", Text, nullable=False),
    Column("intent", String),
    Column("label", String),
    Column("confidence", Float),
    Column("ranking", JSON, nullable=False),
    Column("entities", JSON, nullable=False),
    Column("actions", JSON, nullable=False),
    Column("slots", JSON, nullable=False),
    Column("facts", JSON, nullable=False),
    Column("source", JSON),
    Column("outcome", String, nullable=False),
    Column("asks", String),
    Column("release", String),
    Column("model", String),
    Column("seconds", Float),
    Column("useful", Boolean),
    Column("first_event", Integer, nullable=False),
    Column("last_event", Integer, nullable=False),
    UniqueConstraint("conversation", "number", name="exchanges_in_order"),
    Index("exchanges_by_time", "at", "seconds"),
    Index("exchanges_by_intent", "intent", "at", "conversation"),
    Index("exchanges_by_label", "label", "at", "conversation"),
    Index("exchanges_by_outcome", "outcome", "at", "conversation"),
    Index("exchanges_to_judge", "confidence", "id", "at", "outcome", "label", "useful"),
    sqlite_autoincrement=True,
)
"""One message of a person and what was said to it, made from the events, with personal data masked.

`label` is the entry or the intent that was understood, `ranking` that and the next four, each with its confidence; `words` is what is
searched: those of `said` and `reply` by bot.words.words, a space between two. `first_event` and `last_event` are
ids in `events`. No `id` is given twice: a page that is still open would mean another message.
"""

WORDS = "exchanges_words"
"""The index of the words of `exchanges`: a table of FTS5 in SQLite, kept by triggers; in PostgreSQL a column and its index.

Stored there: a word that nearly every exchange holds is looked for in each of them.
"""
_WORDS = {
    "sqlite": (
        "CREATE VIRTUAL TABLE exchanges_words USING fts5("
        "words, content='exchanges', content_rowid='id', tokenize='unicode61 remove_diacritics 2')",
        "CREATE TRIGGER exchanges_words_added AFTER INSERT ON exchanges BEGIN "
        "INSERT INTO exchanges_words (rowid, words) VALUES (new.id, new.words); END",
        "CREATE TRIGGER exchanges_words_removed AFTER DELETE ON exchanges BEGIN "
        "INSERT INTO exchanges_words (exchanges_words, rowid, words) VALUES ('delete', old.id, old.words); END",
        "CREATE TRIGGER exchanges_words_changed AFTER UPDATE OF words ON exchanges BEGIN "
        "INSERT INTO exchanges_words (exchanges_words, rowid, words) VALUES ('delete', old.id, old.words); "
        "INSERT INTO exchanges_words (rowid, words) VALUES (new.id, new.words); END",
    ),
    "postgresql": (
        "ALTER TABLE exchanges ADD COLUMN exchanges_words tsvector GENERATED ALWAYS AS (to_tsvector('simple', words)) STORED",
        "CREATE INDEX exchanges_words ON exchanges USING gin (exchanges_words)",
    ),
}
for _dialect, _statements in _WORDS.items():
    for _statement in _statements:
        event.listen(exchanges, "after_create", DDL(_statement).execute_if(dialect=_dialect))
event.listen(exchanges, "before_drop", DDL("DROP TABLE IF EXISTS exchanges_words").execute_if(dialect="sqlite"))

judgements = Table(
    "judgements",
    metadata,
    _id(),
    Column("conversation", String(255), nullable=False, index=True),
    Column("message_id", String, nullable=False),
    Column("said", Text, nullable=False),
    Column("understood", String),
    Column("verdict", String, nullable=False),
    Column("label", String),
    Column("author", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("batch", String, nullable=False, index=True),
    Column("replaced_by", String),
    Column("undone", Boolean, nullable=False, default=False, server_default=false()),
    Column("change_id", Integer, ForeignKey("changes.id"), index=True),
    Index("judgements_of_message", "conversation", "message_id"),
)
"""What reviewers said of messages. Those of one gesture share a `batch`, so that it can be undone; `replaced_by` is the batch that says
otherwise since. `said` is the example that is to be learnt, `label` what it should have been understood as, `change_id` the change that
brings it to the assistant.
"""

tags = Table(
    "tags",
    metadata,
    Column("conversation", String(255), primary_key=True),
    Column("tag", String, primary_key=True),
    Index("conversations_by_tag", "tag"),
)

comments = Table(
    "comments",
    metadata,
    _id(),
    Column("conversation", String(255), nullable=False, index=True),
    Column("author", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
)

lead_notes = Table(
    "lead_notes",
    metadata,
    _id(),
    Column("lead_id", Integer, ForeignKey("leads.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("author", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("text", Text, nullable=False),
)

saved_filters = Table(
    "saved_filters",
    metadata,
    _id(),
    Column("owner", String, nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    UniqueConstraint("owner", "name", name="saved_filters_once"),
)

CHANGE_DRAFT = "brouillon"
CHANGE_TRAINING = "entrainement"
CHANGE_COMPARING = "comparaison"
CHANGE_READY = "prete"
CHANGE_ADOPTED = "adoptee"

changes = Table(
    "changes",
    metadata,
    _id(),
    Column("title", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("created_at", UtcDateTime, nullable=False),
    Column("state", String, nullable=False),
    Column("base", String, nullable=False),
    Column("release", String),
    Column("options", JSON),
    Column("run", String),
    Column("progress", String, nullable=False, default=""),
    Column("error", Text),
    Column("report", JSON(none_as_null=True)),
    Column("alive_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("ended_by", String),
)
"""Changes of the training data that reviewers make out of judgements: from `base`, the release they start from, to `release`, what was
came out of it. `alive_at` is written by the process that works on it under the name `run`, as `options` say; `report` is what the
comparison found (bot.review.changes).
"""

recorded_tests = Table(
    "recorded_tests",
    metadata,
    _id(),
    Column("title", Text, nullable=False),
    Column("author", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("conversation", String(255), index=True),
    Column("steps", JSON, nullable=False),
)
"""Conversations that are to go on as they did: each step a message and the facts or the field that its reply has to hold."""

drafts = Table(
    "drafts",
    metadata,
    _id(),
    Column("title", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("questions", JSON, nullable=False),
    Column("owner", String, nullable=False),
    Column("author", String, nullable=False),
    Column("at", UtcDateTime, nullable=False),
    Column("done_at", UtcDateTime),
)
"""Facts that people asked for and that the knowledge lacks, each with who is to write it."""

accounts = Table(
    "accounts",
    metadata,
    Column("name", String, primary_key=True),
    Column("role", String, nullable=False),
    Column("password", String),
    Column("subject", String, unique=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("valid_from", UtcDateTime, nullable=False),
    Column("signed_in_at", UtcDateTime),
)
"""People who review. `password` is an argon2 hash, None for who signs in by OpenID Connect as `subject`; sessions that were opened
before `valid_from` are over.
"""

sign_ins = Table(
    "sign_ins",
    metadata,
    Column("key", String, primary_key=True),
    Column("failures", Integer, nullable=False),
    Column("last_at", UtcDateTime, nullable=False, index=True),
)
"""Failed attempts to sign in, by a keyed digest of the name or of the address that tried."""

journal = Table(
    "journal",
    metadata,
    _id(),
    Column("at", UtcDateTime, nullable=False, index=True),
    Column("who", String, nullable=False),
    Column("what", String, nullable=False),
    Column("target", String, nullable=False),
    Column("reason", Text, nullable=False, default=""),
    Column("count", Integer, nullable=False, default=1, server_default="1"),
)
"""Who looked at, exported, unmasked or erased what, and why; never any content. `target` is the name of a conversation, a reference,
or a word for many.
"""
