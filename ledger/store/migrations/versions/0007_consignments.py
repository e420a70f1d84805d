"""Consignments, what became of their lines, which acts they wait for, and drafts of them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision: str | None = "0006"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INDEXED = (
    ("consignment", ("opened",)),
    ("consignment", ("stage", "opened")),
    ("consignment", ("purpose", "opened")),
    ("consignment_party", ("party", "opened")),
    ("consignment_party", ("party", "stage", "opened")),
    ("consignment_party", ("party", "purpose", "opened")),
    ("consignment_due", ("party", "since", "consignment", "act")),
    ("consignment_line", ("consignment", "entered", "unit")),
)


def upgrade() -> None:
    """Make the tables; the follower, or the first who asks, fills them."""
    _create("consignment", ["consignment"], ["stage", "purpose"], ["opened"])
    _create("consignment_party", ["consignment", "party", "role"], ["stage", "purpose"], ["opened"])
    _create(
        "consignment_due",
        ["consignment", "party", "act"],
        [],
        ["opened", "since"],
        sa.Column("units", sa.Integer(), nullable=False),
    )
    _create_lines()
    for table, columns in _INDEXED:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
    op.execute("ALTER TABLE draft RENAME COLUMN application TO subject")
    watermark = sa.table("watermark", sa.column("projection", sa.Text()), sa.column("size", sa.BigInteger()))
    op.bulk_insert(watermark, [{"projection": "consignments", "size": 0}])


def _create(table: str, key: list[str], texts: list[str], numbers: list[str], *more: sa.Column[int]) -> None:
    op.create_table(
        table,
        *(sa.Column(name, _KEY, nullable=False) for name in [*key, *texts]),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in numbers),
        *more,
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def _create_lines() -> None:
    op.create_table(
        "consignment_line",
        sa.Column("unit", _KEY, nullable=False),
        sa.Column("entered", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("consignment", _KEY, nullable=False),
        sa.Column("line", _KEY, nullable=False),
        sa.Column("holder", _KEY),
        sa.Column("event", _KEY, nullable=False),
        sa.Column("place", sa.Integer(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("assurance", sa.Text()),
        sa.Column("to", _KEY),
        sa.Column("reason", sa.Text()),
        sa.Column("mass_g", sa.BigInteger()),
        sa.Column("mass_basis", sa.Text()),
        sa.PrimaryKeyConstraint("unit", "entered", name=op.f("pk_consignment_line")),
    )
