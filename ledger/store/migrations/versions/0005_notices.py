"""Contacts of parties, and the outbox of notices to them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision: str | None = "0004"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "contact",
        sa.Column("party", _KEY, nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("language", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("party", name=op.f("pk_contact")),
    )
    op.create_table(
        "notice",
        sa.Column("id", sa.LargeBinary(32), nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("queued_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), nullable=False),
        sa.Column("next_try", sa.BigInteger()),
        sa.Column("sent_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_notice")),
    )
    op.create_index(op.f("ix_notice_next_try"), "notice", ["next_try"])
    op.create_index(op.f("ix_notice_party_topic_queued_at"), "notice", ["party", "topic", "queued_at"])
