"""The first tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision: str | None = None

_COUNT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_KEY = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
_HASH = sa.LargeBinary(32)

# Defence in depth, where the engine has triggers: what was signed cannot be changed by a slip of SQL.
_PROTECTED = {
    "sqlite": [
        "CREATE TRIGGER entry_keeps_what_was_signed BEFORE UPDATE OF leaf_index, body ON entry "
        "BEGIN SELECT RAISE(ABORT, 'entries are never changed'); END",
        "CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry "
        "BEGIN SELECT RAISE(ABORT, 'entries are never deleted'); END",
    ],
    "postgresql": [
        "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'entries are never changed or deleted'; END $$",
        "CREATE TRIGGER entry_keeps_what_was_signed BEFORE UPDATE OF leaf_index, body ON entry "
        "FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "CREATE TRIGGER entry_is_never_deleted BEFORE DELETE ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
    ],
}


def upgrade() -> None:
    """Make the tables of an empty ledger."""
    _create_log()
    _create_projections()
    _create_side_data()
    for statement in _PROTECTED.get(op.get_bind().dialect.name, []):
        op.execute(statement)


def _create_log() -> None:
    op.create_table(
        "entry",
        sa.Column("leaf_index", _COUNT, nullable=False, autoincrement=False),
        sa.Column("event_id", _HASH, nullable=False),
        sa.Column("idempotency", _KEY, nullable=False),
        sa.Column("leaf_hash", _HASH, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("party", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.BigInteger(), nullable=False),
        sa.Column("void", sa.Boolean(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("leaf_index", name=op.f("pk_entry")),
        sa.UniqueConstraint("event_id", name=op.f("uq_entry_event_id")),
        sa.UniqueConstraint("idempotency", name=op.f("uq_entry_idempotency")),
    )
    op.create_table(
        "tile",
        sa.Column("level", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("tile_index", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.Column("root", _HASH, nullable=False),
        sa.Column("data", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("level", "tile_index", name=op.f("pk_tile")),
    )
    op.create_table(
        "checkpoint",
        sa.Column("size", _COUNT, nullable=False, autoincrement=False),
        sa.Column("root", _HASH, nullable=False),
        sa.Column("note", sa.LargeBinary(), nullable=False),
        sa.Column("cose", sa.LargeBinary()),
        sa.Column("published_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("size", name=op.f("pk_checkpoint")),
    )
    head = op.create_table(
        "head",
        sa.Column("singleton", sa.SmallInteger(), nullable=False, autoincrement=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("frontier", sa.LargeBinary(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("singleton = 1", name=op.f("ck_head_singleton")),
        sa.PrimaryKeyConstraint("singleton", name=op.f("pk_head")),
    )
    op.bulk_insert(head, [{"singleton": 1, "size": 0, "frontier": bytes(8), "epoch": 0}])


def _create_projections() -> None:
    op.create_table(
        "entry_subject",
        sa.Column("subject", _KEY, nullable=False),
        sa.Column("leaf_index", sa.BigInteger(), nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("subject", "leaf_index", name=op.f("pk_entry_subject")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "state",
        sa.Column("key", _KEY, nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_state")),
        sqlite_with_rowid=False,
    )


def _create_side_data() -> None:
    op.create_table(
        "journal",
        sa.Column("event_id", _HASH, nullable=False),
        sa.Column("signer", _KEY, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("refused_at", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_journal")),
    )
    op.create_index(op.f("ix_journal_signer_refused_at"), "journal", ["signer", "refused_at"])
    op.create_table(
        "waiting",
        sa.Column("event_id", _HASH, nullable=False),
        sa.Column("parent", _HASH, nullable=False),
        sa.Column("signer", _KEY, nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", name=op.f("pk_waiting")),
    )
    for column in ("parent", "signer", "since"):
        op.create_index(op.f(f"ix_waiting_{column}"), "waiting", [column])
