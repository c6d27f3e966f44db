"""What an action writes before its turn is stored says by which message, so that the message may be handled again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns; of what was written before nobody knows the message."""
    for table, name in (("decisions", "message_id"), ("leads", "message_id"), ("codes", "asked_by"), ("codes", "last_try")):
        op.add_column(table, sa.Column(name, sa.String()))
    op.create_index("decisions_once_per_message", "decisions", ["conversation", "request_key", "message_id"], unique=True)
