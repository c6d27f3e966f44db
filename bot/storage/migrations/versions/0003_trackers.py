"""Rasa's events become a table of ours, each conversation gets a row that says where it is to be read from, turns are found in order."""

from __future__ import annotations

from datetime import datetime, timezone

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_EVENTS = sa.table("events", sa.column("id"), sa.column("sender_id"), sa.column("type_name"))


def upgrade() -> None:
    """Make `events` unless Rasa has, index it by conversation, add `trackers`; index `turns` by conversation and number."""
    op.drop_index("ix_turns_conversation", "turns")
    op.create_index("turns_in_order", "turns", ["conversation", "number", "id"])
    if sa.inspect(op.get_bind()).has_table("events"):
        op.drop_index("ix_events_sender_id", "events")
    else:
        _create_events()
    op.create_index("events_of_conversation", "events", ["sender_id", "id"])
    _create_trackers()
    _fill_trackers()


def _create_events() -> None:
    words = (sa.Column(name, sa.String(255)) for name in ("intent_name", "action_name"))
    op.create_table(
        "events",
        sa.Column("id", sa.Integer(), primary_key=True),
        sa.Column("sender_id", sa.String(255), nullable=False),
        sa.Column("type_name", sa.String(255), nullable=False),
        sa.Column("timestamp", sa.Float()),
        *words,
        sa.Column("data", sa.Text()),
    )


def _create_trackers() -> None:
    op.create_table(
        "trackers",
        sa.Column("conversation", sa.String(255), primary_key=True),
        sa.Column("born", sa.String(), nullable=False),
        sa.Column("tail", sa.Integer(), nullable=False),
        sa.Column("pointers", sa.JSON(), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
    )
    op.create_index("ix_trackers_updated_at", "trackers", ["updated_at"])


def _fill_trackers() -> None:
    """A conversation of before is read once more from the start of its session on; its next turn says where to read from then."""
    trackers = sa.table("trackers", *map(sa.column, ("conversation", "born", "tail", "pointers", "updated_at")))
    first = sa.func.min(_EVENTS.c.id)
    started = sa.func.max(sa.case((_EVENTS.c.type_name == "session_started", _EVENTS.c.id)))
    now = sa.bindparam("now", datetime.now(timezone.utc), sa.DateTime(timezone=True))
    rows = sa.select(
        _EVENTS.c.sender_id, sa.cast(first, sa.String), sa.func.coalesce(started, first), sa.literal({}, sa.JSON), now
    ).group_by(_EVENTS.c.sender_id)
    op.get_bind().execute(trackers.insert().from_select([column.name for column in trackers.c], rows))
