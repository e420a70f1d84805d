"""What the papers of a load say that the log does not."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision: str | None = "0007"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "particulars",
        sa.Column("consignment", _KEY, nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.Column("members", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("consignment", "party", name=op.f("pk_particulars")),
    )
    op.create_index(op.f("ix_particulars_party"), "particulars", ["party"])
