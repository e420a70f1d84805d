"""What officials have read that is not public."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision: str | None = "0009"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "official_read",
        sa.Column("request", _KEY, nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.Column("kid", _KEY, nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("request", name=op.f("pk_official_read")),
    )
    op.create_index(op.f("ix_official_read_read_at_request"), "official_read", ["read_at", "request"])
    op.create_index(op.f("ix_official_read_party_read_at_request"), "official_read", ["party", "read_at", "request"])
