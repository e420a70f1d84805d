"""Documents and sealed values beside the log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision: str | None = "0001"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_HASH = sa.LargeBinary(32)


def upgrade() -> None:
    """Make the tables; the first run of the follower fills ``document``."""
    op.create_table(
        "document",
        sa.Column("digest", _HASH, nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("digest", "leaf_index", name=op.f("pk_document")),
    )
    watermark = op.create_table(
        "watermark",
        sa.Column("projection", _KEY, nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("projection", name=op.f("pk_watermark")),
    )
    op.bulk_insert(watermark, [{"projection": "document", "size": 0}])
    op.create_table(
        "blob",
        sa.Column("digest", _HASH, nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("uploaded_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_blob")),
    )
    op.create_table(
        "blob_uploader",
        sa.Column("digest", _HASH, nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("digest", "party", name=op.f("pk_blob_uploader")),
    )
    _create_sealed()


def _create_sealed() -> None:
    op.create_table(
        "sealed",
        sa.Column("commitment", _HASH, nullable=False),
        sa.Column("opening", sa.LargeBinary()),
        sa.Column("party", _KEY, nullable=False),
        sa.Column("sealed_at", sa.BigInteger(), nullable=False),
        sa.Column("erased_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("commitment", name=op.f("pk_sealed")),
    )
    op.create_index(op.f("ix_sealed_party"), "sealed", ["party"])
    op.create_table(
        "sealed_reader",
        sa.Column("commitment", _HASH, nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("commitment", "party", name=op.f("pk_sealed_reader")),
    )
