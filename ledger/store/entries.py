"""The log's entries, the histories of their subjects, and the head, which every append locks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BindParameter, Row, RowMapping, Select, bindparam, insert, select, update

from ledger.errors import Corruption
from ledger.log.merkle import Frontier, format_frontier, parse_frontier
from ledger.store import tables
from ledger.store.chunks import chunks_of
from ledger.store.inserts import insert_rows
from ledger.store.session import Reader, Writer

STREAM_ROWS = 1000

_ENTRY = select(tables.entry)
_VALUES: BindParameter[Any] = bindparam("values", expanding=True)
_ENTRIES_OF_EVENTS = _ENTRY.where(tables.entry.c.event_id.in_(_VALUES))
_ENTRIES_OF_KEYS = _ENTRY.where(tables.entry.c.idempotency.in_(_VALUES))
_INDEX = tables.entry.c.leaf_index
_IN_RANGE = _INDEX.between(bindparam("first"), bindparam("last"))
_ENTRIES = _ENTRY.where(_IN_RANGE).order_by(_INDEX)
_RECORDED_AT = select(tables.entry.c.recorded_at).where(bindparam("index") == _INDEX)
_BODIES = select(_INDEX, tables.entry.c.leaf_hash, tables.entry.c.body).where(_IN_RANGE).order_by(_INDEX)
_EVENTS = select(tables.entry.c.event_id).where(tables.entry.c.event_id.in_(_VALUES))


_INSERT_ENTRY = insert(tables.entry)
_INSERT_SUBJECT = insert(tables.entry_subject)


@dataclass(frozen=True, slots=True)
class Entry:
    """An event at its place in the log.

    Attributes:
        index: the leaf index, from 0.
        event_id: in hex.
        idempotency: what no two entries share: issuer and the issuer's own id, for a root key the key as well.
        leaf_hash: 32 bytes, of ``body``.
        kind: tag of the statement's kind.
        party: who stated it.
        recorded_at: seconds since 1970 of the last tick, the minute in which it was recorded.
        void: kept as evidence of a conflict, without effect.
        body: the exact statement.
    """

    index: int
    event_id: str
    idempotency: str
    leaf_hash: bytes
    kind: str
    party: str
    recorded_at: int
    void: bool
    body: bytes


@dataclass(frozen=True, slots=True)
class Head:
    """The edge of the log.

    Attributes:
        frontier: the right edge of the tree, which knows its size and root.
        epoch: grows with every commit that changed the log or what is made from it.
    """

    frontier: Frontier
    epoch: int

    @property
    def size(self) -> int:
        """Number of entries."""
        return self.frontier.size


def read_head(reader: Reader) -> Head:
    """The head as this snapshot sees it.

    Raises:
        Corruption: it is missing, or its parts disagree.
    """
    return _open_head(reader.execute(select(tables.head)).mappings().one_or_none())


def lock_head(writer: Writer) -> Head:
    """The head, which no other transaction can move until this one ends.

    Raises:
        Corruption: it is missing, or its parts disagree.
    """
    return _open_head(writer.execute(select(tables.head).with_for_update()).mappings().one_or_none())


def move_head(writer: Writer, old: Head, frontier: Frontier) -> Head:
    """Put the head, locked as ``old``, at ``frontier`` and into the next epoch."""
    new = Head(frontier, old.epoch + 1)
    writer.execute(update(tables.head), {"size": new.size, "frontier": format_frontier(frontier), "epoch": new.epoch})
    return new


def append_entries(writer: Writer, entries: Sequence[Entry], subjects: Iterable[tuple[str, int]]) -> None:
    """Add rows at the edge; ``subjects`` are the pairs of a state key and the index of an entry about it.

    Only ``ledger.store.append`` calls this: an entry alone, without the head, the state and the tiles, is damage.
    """
    insert_rows(writer, _INSERT_ENTRY, [entry_row(entry) for entry in entries])
    rows = [{"subject": subject, "leaf_index": index} for subject, index in subjects]
    insert_rows(writer, _INSERT_SUBJECT, rows)


def entry_row(entry: Entry) -> dict[str, Any]:
    """The columns of an entry."""
    return {
        "leaf_index": entry.index,
        "event_id": bytes.fromhex(entry.event_id),
        "idempotency": entry.idempotency,
        "leaf_hash": entry.leaf_hash,
        "kind": entry.kind,
        "party": entry.party,
        "recorded_at": entry.recorded_at,
        "void": entry.void,
        "body": entry.body,
    }


def find_entry(reader: Reader, event_id: str) -> Entry | None:
    """The entry of this event (id in hex), if it is in the log."""
    return find_entries(reader, [event_id]).get(event_id)


def find_entries(reader: Reader, event_ids: Iterable[str]) -> dict[str, Entry]:
    """The entries of those of these events (ids in hex) that are in the log, by event id."""
    found: dict[str, Entry] = {}
    for chunk in chunks_of(bytes.fromhex(event_id) for event_id in event_ids):
        rows = reader.execute(_ENTRIES_OF_EVENTS, {"values": chunk}).mappings()
        found.update((entry.event_id, entry) for entry in map(_open_entry, rows))
    return found


def find_recorded(reader: Reader, event_ids: Iterable[str]) -> set[str]:
    """Which of these events (ids in hex) are in the log."""
    found: set[str] = set()
    for chunk in chunks_of(bytes.fromhex(event_id) for event_id in event_ids):
        found.update(event_id.hex() for event_id in reader.execute(_EVENTS, {"values": chunk}).scalars())
    return found


def find_idempotent(reader: Reader, keys: Iterable[str]) -> dict[str, Entry]:
    """The entries that have these idempotency keys, by key: of the same event, or of another with its id."""
    found: dict[str, Entry] = {}
    for chunk in chunks_of(keys):
        rows = reader.execute(_ENTRIES_OF_KEYS, {"values": chunk}).mappings()
        found.update((entry.idempotency, entry) for entry in map(_open_entry, rows))
    return found


def get_entry(reader: Reader, index: int) -> Entry:
    """The entry at ``index``, which is less than the head's size.

    Raises:
        Corruption: there is none.
    """
    row = reader.execute(_ENTRY.where(tables.entry.c.leaf_index == index)).mappings().one_or_none()
    if row is None:
        raise Corruption("the entry is missing", place=f"entry {index}")
    return _open_entry(row)


def iter_entries(reader: Reader, start: int, end: int) -> Iterator[Entry]:
    """The entries from ``start`` up to, not including, ``end``, in order; ``STREAM_ROWS`` in memory at a time.

    Raises:
        Corruption: one of them is missing.
    """
    for rows in _pages(reader, _ENTRIES, start, end):
        yield from (_open_entry(row._mapping) for row in rows)


def find_index_since(reader: Reader, at: int) -> int:
    """Index of the first entry recorded at ``at`` (seconds since 1970) or later; the log's size if there is none."""
    low, high = 0, read_head(reader).size
    while low < high:
        middle = (low + high) // 2
        if reader.execute(_RECORDED_AT, {"index": middle}).scalar_one() < at:
            low = middle + 1
        else:
            high = middle
    return low


def iter_bodies(reader: Reader, start: int, end: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Index, stored leaf hash and body of the entries from ``start`` up to, not including, ``end``, in order.

    Raises:
        Corruption: one of them is missing.
    """
    for rows in _pages(reader, _BODIES, start, end):
        yield from ((row.leaf_index, row.leaf_hash, row.body) for row in rows)


def _pages(reader: Reader, query: Select[Any], start: int, end: int) -> Iterator[Sequence[Row[Any]]]:
    for low in range(start, end, STREAM_ROWS):
        high = min(low + STREAM_ROWS, end)
        rows = reader.execute(query, {"first": low, "last": high - 1}).all()
        if len(rows) != high - low:
            raise Corruption(f"{len(rows)} entries instead of {high - low}", place=f"entries from {low}")
        yield rows


def list_history(reader: Reader, subject: str, *, after: int = -1, limit: int = STREAM_ROWS) -> list[Entry]:
    """The entries about the state key ``subject`` (``unit/…``, ``party/…``), oldest first.

    Args:
        reader: a snapshot.
        subject: the state key.
        after: index of the last entry already seen.
        limit: how many at most.
    """
    about = tables.entry_subject.c
    indexes = (
        select(about.leaf_index)
        .where(about.subject == subject, about.leaf_index > after)
        .order_by(about.leaf_index)
        .limit(limit)
    )
    query = _ENTRY.where(tables.entry.c.leaf_index.in_(indexes)).order_by(tables.entry.c.leaf_index)
    return [_open_entry(row) for row in reader.execute(query).mappings()]


def _open_entry(row: RowMapping) -> Entry:
    columns = dict(row)
    index, event_id = columns.pop("leaf_index"), columns.pop("event_id").hex()
    return Entry(index=index, event_id=event_id, **columns)


def _open_head(row: RowMapping | None) -> Head:
    if row is None:
        raise Corruption("the row is missing", place="head")
    frontier = parse_frontier(row["frontier"])
    if frontier.size != row["size"]:
        raise Corruption(f"size {row['size']} with an edge of {frontier.size}", place="head")
    return Head(frontier, row["epoch"])
