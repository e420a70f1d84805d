"""Checkpoints: signed tree heads, each put after the one before it by compare-and-swap."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import RowMapping, insert, select, update

from ledger.store import tables
from ledger.store.entries import lock_head
from ledger.store.session import Reader, Writer


@dataclass(frozen=True, slots=True)
class StoredCheckpoint:
    """A tree head that this ledger has committed itself to.

    Attributes:
        size: number of leaves.
        root: root hash, 32 bytes.
        note: the signed note (C2SP tlog-checkpoint), with what signatures it has so far.
        cose: the tree head's COSE_Sign1 for receipts (RFC 9942), if there is one yet.
        published_at: seconds since 1970 when the world could first read it; None before.
    """

    size: int
    root: bytes
    note: bytes
    cose: bytes | None
    published_at: int | None


def insert_checkpoint(
    writer: Writer, previous_size: int, size: int, root: bytes, note: bytes, cose: bytes | None
) -> bool:
    """Put a checkpoint after the newest one if that still has ``previous_size`` (0: there is none yet).

    It does so under the head's lock; False means that another publisher was first and nothing was stored.

    Raises:
        ValueError: the checkpoint would not grow the tree, or is larger than the log.
    """
    head = lock_head(writer)
    newest = find_newest_checkpoint(writer)
    if (newest.size if newest else 0) != previous_size:
        return False
    if not previous_size < size <= head.size:
        raise ValueError(f"no checkpoint of {size} after {previous_size} in a log of {head.size}")
    row = {"size": size, "root": root, "note": note, "cose": cose, "published_at": None}
    writer.execute(insert(tables.checkpoint), row)
    return True


def publish_checkpoint(writer: Writer, size: int, note: bytes, cose: bytes | None, published_at: int) -> None:
    """Set the signatures of a stored checkpoint and when it was first published; its size and root stay."""
    first_published = select(tables.checkpoint.c.published_at).where(tables.checkpoint.c.size == size)
    at = writer.execute(first_published).scalar_one()
    change = update(tables.checkpoint).where(tables.checkpoint.c.size == size)
    kept = published_at if at is None else at
    writer.execute(change.values(note=note, cose=cose, published_at=kept))


def find_newest_checkpoint(reader: Reader, *, published: bool = False) -> StoredCheckpoint | None:
    """The largest checkpoint, or the largest that is published; None before the first."""
    query = select(tables.checkpoint).order_by(tables.checkpoint.c.size.desc()).limit(1)
    if published:
        query = query.where(tables.checkpoint.c.published_at.is_not(None))
    return _open(reader.execute(query).mappings().one_or_none())


def find_covering_checkpoint(reader: Reader, index: int) -> StoredCheckpoint | None:
    """The smallest published checkpoint that covers the leaf at ``index``; None when none does yet."""
    column = tables.checkpoint.c
    query = select(tables.checkpoint).where(column.size > index, column.published_at.is_not(None))
    return _open(reader.execute(query.order_by(column.size).limit(1)).mappings().one_or_none())


def _open(row: RowMapping | None) -> StoredCheckpoint | None:
    return None if row is None else StoredCheckpoint(**row)
