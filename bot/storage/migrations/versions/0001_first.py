"""The tables as they were before there were scripts. Databases of that time are marked as being here, without running this."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the tables. There is no way back, here or later: it would lose rows, and a backup does not."""
    _create_conversations()
    _create_leads()
    _create_outbox()
    op.create_table("erasures", _id(), _time("created_at"), _words("kind"), sa.Column("counts", sa.JSON(), nullable=False))


def _create_conversations() -> None:
    op.create_table(
        "turns",
        _id(),
        _words("conversation"),
        sa.Column("number", sa.Integer(), nullable=False),
        _words("client_id", nullable=True),
        _text("user_text"),
        sa.Column("answer", sa.JSON(), nullable=False),
        _time("created_at"),
        sa.UniqueConstraint("conversation", "client_id", name="turns_once_per_client_id"),
    )
    op.create_table(
        "feedback",
        _id(),
        _words("conversation"),
        _words("message_id"),
        sa.Column("useful", sa.Boolean(), nullable=False),
        _text("comment", nullable=True),
        _time("created_at"),
    )
    op.create_table(
        "decisions",
        _id(),
        _words("conversation"),
        _words("request_key"),
        _words("verdict"),
        _text("rule"),
        _words("rule_version"),
        _text("reason"),
        sa.Column("profile", sa.JSON(), nullable=False),
        _time("created_at"),
    )
    for table in ("turns", "feedback", "decisions"):
        op.create_index(f"ix_{table}_conversation", table, ["conversation"])
        op.create_index(f"ix_{table}_created_at", table, ["created_at"])


def _create_leads() -> None:
    op.create_table(
        "leads",
        _id(),
        _words("reference"),
        _words("request_key"),
        _time("created_at"),
        _words("status"),
        _text("nom"),
        _text("fonction"),
        _text("commune"),
        _text("pays"),
        _text("email"),
        _text("telephone", nullable=True),
        _text("objet"),
        _text("partenaire_de", nullable=True),
        _words("decision"),
        _text("reason"),
        _text("rule"),
        sa.Column("remarques", sa.JSON(), nullable=False),
        _time("consent_at"),
        _words("conversation"),
        sa.UniqueConstraint("reference"),
        sa.UniqueConstraint("request_key"),
    )
    op.create_index("ix_leads_conversation", "leads", ["conversation"])
    op.create_index("ix_leads_created_at", "leads", ["created_at"])


def _create_outbox() -> None:
    op.create_table(
        "outbox",
        _id(),
        sa.Column("lead_id", sa.Integer(), sa.ForeignKey("leads.id", ondelete="CASCADE"), nullable=False),
        _words("kind"),
        _text("recipient"),
        _text("message_id"),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        _words("status"),
        sa.Column("attempts", sa.Integer(), nullable=False),
        _time("due_since"),
        _time("next_attempt_at"),
        _time("lease_until", nullable=True),
        _words("lease_owner", nullable=True),
        _text("last_error", nullable=True),
        _time("sent_at", nullable=True),
        sa.UniqueConstraint("lead_id", "kind", name="outbox_one_mail_of_a_kind"),
    )
    op.create_index("ix_outbox_lead_id", "outbox", ["lead_id"])
    op.create_index("outbox_due", "outbox", ["status", "next_attempt_at"])


def _id() -> Any:
    return sa.Column("id", sa.Integer(), primary_key=True)


def _words(name: str, nullable: bool = False) -> Any:
    return sa.Column(name, sa.String(), nullable=nullable)


def _text(name: str, nullable: bool = False) -> Any:
    return sa.Column(name, sa.Text(), nullable=nullable)


def _time(name: str, nullable: bool = False) -> Any:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)
