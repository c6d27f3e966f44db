"""The review application: what reviewers see of conversations, what they say of it, and who they are."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

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


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _prose(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def _words(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.String(), nullable=nullable) for name in names]


def _numbers(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.Integer(), nullable=False) for name in names]


def _times(*names: str, nullable: bool = False) -> list[sa.Column]:
    return [sa.Column(name, sa.DateTime(timezone=True), nullable=nullable) for name in names]


def _lists(*names: str) -> list[sa.Column]:
    return [sa.Column(name, sa.JSON(), nullable=False) for name in names]


def _conversation(**options: bool) -> sa.Column:
    return sa.Column("conversation", sa.String(255), **options)


def upgrade() -> None:
    """Make the tables. All conversations are to be indexed; what was decided on requests so far is not known to be closed."""
    for column in (sa.Column("closed_at", sa.DateTime(timezone=True)), sa.Column("closed_by", sa.String())):
        op.add_column("leads", column)
    op.add_column("trackers", sa.Column("to_index", sa.Boolean(), nullable=False, server_default=sa.true()))
    partly = sa.text("to_index")
    op.create_index("trackers_to_index", "trackers", ["updated_at"], sqlite_where=partly, postgresql_where=partly)
    _make_read_model()
    _make_judgements()
    _make_people()


def _make_read_model() -> None:
    op.create_table(
        "conversations",
        _conversation(primary_key=True),
        *_words("channel"),
        *_times("first_at", "last_at"),
        *_numbers("exchanges"),
        *_words("outcome"),
        sa.Column("confidence", sa.Float()),
        *_numbers("unknown", "thumbs_up", "thumbs_down", "priority"),
        *_words("release", nullable=True),
        sa.Column("status", sa.String(), nullable=False, server_default="nouveau"),
        *_words("assignee", nullable=True),
        sa.Column("flagged", sa.Boolean(), nullable=False, server_default=sa.false()),
        *_times("reviewed_at", nullable=True),
        *_words("reviewed_by", nullable=True),
        *_prose("kept_reason", nullable=True),
        *_words("kept_by", nullable=True),
        *_times("kept_at", "kept_until", nullable=True),
    )
    op.create_index("conversations_inbox", "conversations", ["status", "priority", "last_at", "conversation"])
    op.create_index("conversations_latest", "conversations", ["last_at", "conversation"])
    op.create_table(
        "exchanges",
        _id(),
        _conversation(nullable=False),
        *_numbers("number"),
        *_words("message_id"),
        *_times("at"),
        *_words("channel"),
        *_prose("said", "reply", "words"),
        *_words("intent", "label", nullable=True),
        sa.Column("confidence", sa.Float()),
        *_lists("ranking", "entities", "actions", "slots", "facts"),
        sa.Column("source", sa.JSON()),
        *_words("outcome"),
        *_words("asks", "release", "model", nullable=True),
        sa.Column("seconds", sa.Float()),
        sa.Column("useful", sa.Boolean()),
        *_numbers("first_event", "last_event"),
        sa.UniqueConstraint("conversation", "number", name="exchanges_in_order"),
        sqlite_autoincrement=True,
    )
    op.create_index("exchanges_by_time", "exchanges", ["at", "seconds"])
    for column in ("intent", "label", "outcome"):
        op.create_index(f"exchanges_by_{column}", "exchanges", [column, "at", "conversation"])
    op.create_index("exchanges_to_judge", "exchanges", ["confidence", "id", "at", "outcome", "label", "useful"])
    for statement in _WORDS[op.get_bind().dialect.name]:
        op.execute(statement)


def _make_judgements() -> None:
    op.create_table(
        "changes",
        _id(),
        *_prose("title"),
        *_words("author"),
        *_times("created_at"),
        *_words("state", "base"),
        *_words("release", nullable=True),
        sa.Column("options", sa.JSON()),
        *_words("run", nullable=True),
        *_words("progress"),
        *_prose("error", nullable=True),
        sa.Column("report", sa.JSON()),
        *_times("alive_at", "ended_at", nullable=True),
        *_words("ended_by", nullable=True),
    )
    op.create_table(
        "judgements",
        _id(),
        _conversation(nullable=False, index=True),
        *_words("message_id"),
        *_prose("said"),
        *_words("understood", nullable=True),
        *_words("verdict"),
        *_words("label", nullable=True),
        *_words("author"),
        *_times("at"),
        sa.Column("batch", sa.String(), nullable=False, index=True),
        *_words("replaced_by", nullable=True),
        sa.Column("undone", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("change_id", sa.Integer(), sa.ForeignKey("changes.id"), index=True),
    )
    op.create_index("judgements_of_message", "judgements", ["conversation", "message_id"])
    op.create_table("tags", _conversation(primary_key=True), sa.Column("tag", sa.String(), primary_key=True))
    op.create_index("conversations_by_tag", "tags", ["tag"])
    op.create_table("comments", _id(), _conversation(nullable=False, index=True), *_words("author"), *_times("at"), *_prose("text"))
    lead = sa.Column("lead_id", sa.Integer(), sa.ForeignKey("leads.id", ondelete="CASCADE"), nullable=False, index=True)
    op.create_table("lead_notes", _id(), lead, *_words("author"), *_times("at"), *_prose("text"))
    once = sa.UniqueConstraint("owner", "name", name="saved_filters_once")
    op.create_table("saved_filters", _id(), *_words("owner"), *_prose("name", "query"), once)
    steps = [_conversation(index=True), *_lists("steps")]
    op.create_table("recorded_tests", _id(), *_prose("title"), *_words("author"), *_times("at"), *steps)
    about = [*_prose("title", "text"), *_lists("questions"), *_words("owner", "author")]
    op.create_table("drafts", _id(), *about, *_times("at"), *_times("done_at", nullable=True))


def _make_people() -> None:
    op.create_table(
        "accounts",
        sa.Column("name", sa.String(), primary_key=True),
        *_words("role"),
        *_words("password", nullable=True),
        sa.Column("subject", sa.String(), unique=True),
        *_times("created_at", "valid_from"),
        *_times("signed_in_at", nullable=True),
    )
    op.create_table("sign_ins", sa.Column("key", sa.String(), primary_key=True), *_numbers("failures"), *_times("last_at"))
    op.create_index("ix_sign_ins_last_at", "sign_ins", ["last_at"])
    op.create_table(
        "journal",
        _id(),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False, index=True),
        *_words("who", "what", "target"),
        *_prose("reason"),
        sa.Column("count", sa.Integer(), nullable=False, server_default="1"),
    )
