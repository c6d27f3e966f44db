"""The messaging channels: who writes from where, what came in, and what is to go out."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def _id() -> sa.Column:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _word(name: str, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(), nullable=nullable)


def _time(name: str, nullable: bool = False, **options: bool) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable, **options)


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")


def _person() -> sa.Column:
    return sa.Column("person_id", sa.Integer(), sa.ForeignKey("channel_people.id", ondelete="SET NULL"))


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "channel_people",
        _id(),
        _word("channel"),
        _word("person"),
        sa.Column("conversation", sa.String(255), unique=True),
        sa.Column("address", sa.LargeBinary(), nullable=False),
        sa.Column("offered", sa.JSON()),
        sa.Column("welcomed", sa.Boolean(), nullable=False, server_default=sa.false()),
        _time("last_at", index=True),
        _time("due_at", nullable=True),
        _count("attempts"),
        _time("lease_until", nullable=True),
        _word("lease_owner", nullable=True),
        sa.UniqueConstraint("channel", "person", name="channel_people_once"),
    )
    op.create_index("channel_people_due", "channel_people", ["due_at"])
    op.create_table(
        "channel_messages",
        _id(),
        _word("channel"),
        _word("key"),
        _person(),
        _word("sender", nullable=True),
        _word("kind"),
        sa.Column("text", sa.Text()),
        sa.Column("context", sa.LargeBinary()),
        sa.Column("conversation", sa.String(255)),
        _time("sent_at"),
        _time("received_at", index=True),
        _word("status"),
        sa.UniqueConstraint("channel", "key", name="channel_messages_once"),
    )
    op.create_index("channel_messages_of_person", "channel_messages", ["person_id", "status"])
    op.create_index("channel_messages_by_sender", "channel_messages", ["sender", "received_at"])
    op.create_index("channel_messages_by_status", "channel_messages", ["status", "channel"])
    op.create_table(
        "channel_replies",
        _id(),
        _word("channel"),
        sa.Column("message_id", sa.Integer(), sa.ForeignKey("channel_messages.id", ondelete="CASCADE"), nullable=False),
        _person(),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("body", sa.JSON()),
        sa.Column("context", sa.LargeBinary()),
        _word("status"),
        _count("attempts"),
        sa.Column("last_error", sa.Text()),
        sa.Column("platform_key", sa.String(), index=True),
        _time("created_at"),
        _time("sent_at", nullable=True),
        sa.UniqueConstraint("message_id", "part", name="channel_replies_once"),
    )
    op.create_index("channel_replies_of_person", "channel_replies", ["person_id", "status"])
    op.create_index("channel_replies_by_status", "channel_replies", ["status", "channel"])
