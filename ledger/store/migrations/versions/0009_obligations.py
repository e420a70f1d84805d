"""Who holds what, what is due from whom by when, what was found, how far a sweep has come; where waste lay when."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision: str | None = "0008"

_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_INDEXED = (
    ("holding", ("holder", "unit")),
    ("holding", ("site", "unit")),
    ("finding", ("since_on", "name")),
    ("finding", ("party", "since_on", "name")),
    ("finding", ("code", "since_on", "name")),
    ("finding", ("subject",)),
    ("obligation", ("effect", "overdue_on", "name")),
    ("obligation", ("party", "overdue_on", "name")),
    ("obligation", ("requirement", "overdue_on", "name")),
    ("obligation", ("party", "due_on", "name")),
    ("obligation", ("subject",)),
    ("obligation", ("site",)),
    ("site_place", ("place", "party")),
    ("site_place", ("party", "place")),
    ("stay", ("site", "since")),
    ("stay", ("party", "since")),
)


def upgrade() -> None:
    """Make the tables; the follower, or the first who asks, fills them."""
    _create_sweep()
    _create_holding()
    _create("finding", ["name"], _keys("code", "party", "subject"), _number("since"), _keys("since_on", "settled_on"))
    _create_obligation()
    _create("site_place", ["site"], _keys("party", "place"))
    _create_stay()
    for table, columns in _INDEXED:
        op.create_index(op.f(f"ix_{table}_{'_'.join(columns)}"), table, list(columns))
    by_due_day = ["effect", "due_on", "name", "closed_on", "strict_on", "requirement"]
    op.create_index(op.f("ix_obligation_effect_due_on"), "obligation", by_due_day)
    watermark = sa.table("watermark", sa.column("projection", sa.Text()), sa.column("size", sa.BigInteger()))
    op.bulk_insert(watermark, [{"projection": name, "size": 0} for name in ("obligations", "registers")])


def _create_sweep() -> None:
    _create("sweep", ["projection"], _number("asked"), _number("swept"), _keys("position"))
    names = ("projection", "asked", "swept", "position")
    table = sa.table("sweep", *(sa.column(name) for name in names))
    op.bulk_insert(table, [{"projection": "obligations", "asked": 0, "swept": 0, "position": ""}])


def _create_holding() -> None:
    _create(
        "holding",
        ["unit"],
        _keys("holder"),
        _keys("site", "consignment", nullable=True),
        [sa.Column(name, sa.Text(), nullable=False) for name in ("stage", "kind")],
        [sa.Column(name, sa.Text()) for name in ("chemistry", "material", "condition", "waste_class")],
        [sa.Column("mass_g", sa.BigInteger())],
        _number("since"),
    )


def _create_obligation() -> None:
    _create(
        "obligation",
        ["key", "requirement", "part"],
        _keys("subject", "code", "party", "name", "since_on", "warn_on", "strict_on", "due_on"),
        _keys("overdue_on", nullable=True),
        _keys("closed_on", "effect"),
        [sa.Column(name, sa.Text(), nullable=False) for name in ("article", "events", "facts")],
        _keys("site", nullable=True),
    )


def _create_stay() -> None:
    entered = sa.Column("entered", sa.BigInteger(), nullable=False, autoincrement=False)
    op.create_table(
        "stay",
        *_keys("unit"),
        entered,
        *_keys("party"),
        *_keys("site", nullable=True),
        *_number("since"),
        sa.Column("until", sa.BigInteger()),
        sa.PrimaryKeyConstraint("unit", "entered", name=op.f("pk_stay")),
    )


def _create(table: str, key: list[str], *columns: list[sa.Column[str]] | list[sa.Column[int]]) -> None:
    op.create_table(
        table,
        *_keys(*key),
        *(column for some in columns for column in some),
        sa.PrimaryKeyConstraint(*key, name=op.f(f"pk_{table}")),
    )


def _keys(*names: str, nullable: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, _KEY, nullable=nullable) for name in names]


def _number(name: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger(), nullable=False)]
