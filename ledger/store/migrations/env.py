"""How Alembic runs the steps: on the connection handed in by ``ledger.store.schema``, in its transaction."""

from __future__ import annotations

from alembic import context

from ledger.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most of a table: Alembic makes a new one and moves the rows.
    render_as_batch=True,
)
context.run_migrations()
