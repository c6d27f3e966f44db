"""Promises to forget, one-time codes, and mails that expire, that may have arrived, or that outlive their lead."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Change `outbox`, add `forgetting` and `codes`."""
    _change_outbox()
    _create_forgetting()
    _create_codes()


def _change_outbox() -> None:
    """A lead may now get several mails of a kind, but a Message-ID stays what tells mails apart.

    SQLite cannot alter a table this much: there Alembic fills a new one. The constraint on the Message-ID has no name in
    `tables.py`; the new table gets it unnamed too, and PostgreSQL under the name that PostgreSQL itself would give.
    """
    with op.batch_alter_table("outbox", table_args=(sa.UniqueConstraint("message_id"),)) as outbox:
        outbox.alter_column("lead_id", existing_type=sa.Integer(), nullable=True)
        outbox.add_column(sa.Column("uncertain", sa.Integer(), nullable=False, server_default="0"))
        outbox.add_column(sa.Column("expires_at", sa.DateTime(timezone=True)))
        outbox.drop_constraint("outbox_one_mail_of_a_kind", type_="unique")
        if op.get_context().dialect.name != "sqlite":
            outbox.create_unique_constraint("outbox_message_id_key", ["message_id"])


def _create_forgetting() -> None:
    op.create_table(
        "forgetting",
        sa.Column("conversation", sa.String(), primary_key=True),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_forgetting_due_at", "forgetting", ["due_at"])


def _create_codes() -> None:
    op.create_table(
        "codes",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("lead_id", sa.Integer(), sa.ForeignKey("leads.id", ondelete="CASCADE"), nullable=False),
        sa.Column("conversation", sa.String(), nullable=False),
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False, server_default="0"),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
    )
    for name in ("lead_id", "conversation", "created_at"):
        op.create_index(f"ix_codes_{name}", "codes", [name])
