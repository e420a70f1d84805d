"""The directory of authorised parties, to be searched."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision: str | None = "0003"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INDEXED = (
    ("sort_key", "authorisation", "site"),
    ("latitude_udeg", "longitude_udeg"),
    ("state", "municipality"),
    ("party",),
    ("number_key",),
)


def upgrade() -> None:
    """Make the tables; the first search, or the follower before it, fills them."""
    op.create_table(
        "directory_listing",
        sa.Column("authorisation", _KEY, nullable=False),
        sa.Column("known_from", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("from_on", _KEY, nullable=False),
        sa.Column("site", _KEY, nullable=False),
        sa.Column("known_until", sa.BigInteger(), nullable=False),
        sa.Column("until_on", _KEY, nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.Column("sort_key", _KEY, nullable=False),
        sa.Column("number_key", _KEY, nullable=False),
        sa.Column("standings", sa.Integer(), nullable=False),
        sa.Column("transcript", sa.Boolean(), nullable=False),
        *(
            sa.Column(name, sa.Integer(), nullable=False)
            for name in ("activities", "waste_classes", "chemistries", "conditions")
        ),
        sa.Column("capacity_g", sa.BigInteger()),
        sa.Column("state", sa.Text()),
        sa.Column("municipality", sa.Text()),
        sa.Column("latitude_udeg", sa.Integer()),
        sa.Column("longitude_udeg", sa.Integer()),
        sa.PrimaryKeyConstraint("authorisation", "known_from", "from_on", "site", name=op.f("pk_directory_listing")),
    )
    for columns in _INDEXED:
        op.create_index(op.f(f"ix_directory_listing_{'_'.join(columns)}"), "directory_listing", list(columns))
    _create_relations()
    watermark = sa.table("watermark", sa.column("projection", sa.Text()), sa.column("size", sa.BigInteger()))
    op.bulk_insert(watermark, [{"projection": "directory", "size": 0}])


def _create_relations() -> None:
    op.create_table(
        "directory_word",
        sa.Column("word", _KEY, nullable=False),
        sa.Column("party", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("word", "party", name=op.f("pk_directory_word")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_directory_word_party"), "directory_word", ["party"])
    op.create_table(
        "directory_site",
        sa.Column("party", _KEY, nullable=False),
        sa.Column("site", _KEY, nullable=False),
        sa.PrimaryKeyConstraint("party", "site", name=op.f("pk_directory_site")),
        sqlite_with_rowid=False,
    )
