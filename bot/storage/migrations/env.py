"""Run by Alembic to reach the database: on the connection that it was given, in the transaction that is open there."""

from __future__ import annotations

from alembic import context

from bot.storage.migrations.upgrading import COMPARISON
from bot.storage.tables import metadata

connection = context.config.attributes["connection"]
# transactional_ddl: Alembic thinks that SQLite, or rather its driver, commits before it changes a table; ours does not
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=True, render_as_batch=True, **COMPARISON)
with context.begin_transaction():
    context.run_migrations()
