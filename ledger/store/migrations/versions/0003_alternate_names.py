"""Other names of units, beside the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision: str | None = "0002"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "alternate",
        sa.Column("lookup", sa.LargeBinary(32), nullable=False),
        sa.Column("unit", _KEY, nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.Column("stated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lookup", "unit", "party", name=op.f("pk_alternate")),
    )
    op.create_index(op.f("ix_alternate_unit"), "alternate", ["unit"])
