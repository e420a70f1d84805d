"""A ledger's tables as they stand, for the auditor: raw columns, so that no conversion hides a changed byte."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from sqlalchemy import Column, Select, select, type_coerce
from sqlalchemy.exc import DBAPIError
from sqlalchemy.types import NullType

from ledger.audit.source import StatePage, StoredNote
from ledger.errors import Corruption
from ledger.log.tile import TILE_WIDTH, Tile, format_tile, format_tile_path
from ledger.store import tables
from ledger.store.session import Reader

ROWS_MAX = 1000

_INDEX = tables.entry.c.leaf_index
_COLUMNS = [column for column in tables.entry.c if column.name != "body"]


class DatabaseSource:
    """The log, and what a database holds beside it, as one snapshot sees them (``Store.read``)."""

    def __init__(self, reader: Reader, name: str = "database") -> None:
        self.name = name
        self._reader = reader

    def size(self) -> int:
        """One more than the last entry's index.

        Raises:
            Corruption: the table cannot be read.
        """
        query = _raw(_INDEX).order_by(_INDEX.desc()).limit(1)
        rows = self._rows(query, "entry")
        return int(rows[0][0]) + 1 if rows else 0

    def checkpoint(self) -> bytes | None:
        """The newest published checkpoint's note.

        Raises:
            Corruption: the table cannot be read.
        """
        table = tables.checkpoint.c
        query = _raw(table.note).where(table.published_at.is_not(None)).order_by(table.size.desc()).limit(1)
        rows = self._rows(query, "checkpoint")
        return _bytes(rows[0][0], "checkpoint note") if rows else None

    def entries(self, start: int, end: int) -> Iterator[list[bytes]]:
        """The statements, ``ROWS_MAX`` at a time.

        Raises:
            Corruption: one is missing or cannot be read.
        """
        for low in range(start, end, ROWS_MAX):
            high = min(low + ROWS_MAX, end)
            query = _raw(_INDEX, tables.entry.c.body).where(_INDEX.between(low, high - 1)).order_by(_INDEX)
            bodies: list[bytes] = []
            for index, body in self._rows(query, f"entries from {low}"):
                if index != low + len(bodies):
                    break
                bodies.append(_bytes(body, f"entry {index}"))
            if bodies:
                yield bodies
            if len(bodies) < high - low:
                raise Corruption("it is missing", place=f"entry {low + len(bodies)}")

    def tile(self, tile: Tile) -> bytes:
        """The hashes of a tile, as the database would serve it: narrow ones come from the rows below.

        Raises:
            Corruption: it cannot be read.
        """
        if tile.width == TILE_WIDTH:
            table = tables.tile.c
            query = _raw(table.data).where(table.level == tile.level, table.tile_index == tile.index)
        else:
            query = _narrow(tile)
        place = format_tile_path(tile)
        return format_tile([_bytes(row[0], place) for row in self._rows(query, place)])

    def state_pages(self) -> Iterator[StatePage]:
        """The state, as it stands at the head.

        Raises:
            Corruption: a value cannot be read.
        """
        after = ""
        while True:
            page = self.state_page(after)
            yield page
            if not page.values:
                return
            after = page.values[-1][0]

    def state_page(self, after: str) -> StatePage:
        """The next values beyond the key ``after``, for an auditor elsewhere.

        Raises:
            Corruption: a value cannot be read.
        """
        table, place = tables.state.c, f"state after {after!r}"
        query = _raw(table.key, table.value).where(table.key > after).order_by(table.key).limit(ROWS_MAX)
        rows = self._rows(query, place)
        return StatePage(self.size(), [(_text(key, place), _bytes(value, f"state {key}")) for key, value in rows])

    def columns(self, start: int, end: int) -> Iterator[dict[str, object]]:
        """The columns of these entries but for the bodies.

        Raises:
            Corruption: one of them cannot be read.
        """
        query = _raw(*_COLUMNS).where(_INDEX.between(start, end - 1)).order_by(_INDEX)
        try:
            rows = self._rows(query, f"entry {start} columns")
        except Corruption:
            if end - start == 1:
                raise
            # One row that cannot be read hides its neighbours: find out which.
            for index in range(start, end):
                yield from self.columns(index, index + 1)
            return
        for row in rows:
            yield dict(zip((column.name for column in _COLUMNS), row, strict=True))

    def subjects(self) -> Iterator[tuple[tuple[str, int], bytes]]:
        """All pairs of a state key and the index of an entry about it.

        Raises:
            Corruption: one of them cannot be read.
        """
        table, after = tables.entry_subject.c, ("", -1)
        while True:
            subject, index = after
            beyond = (table.subject > subject) | ((table.subject == subject) & (table.leaf_index > index))
            query = _raw(table.subject, table.leaf_index).where(beyond)
            place = f"entry_subject after {subject!r}"
            rows = self._rows(query.order_by(table.subject, table.leaf_index).limit(ROWS_MAX), place)
            for row in rows:
                after = (_text(row[0], place), _integer(row[1], place))
                yield after, b""
            if not rows:
                return

    def tiles(self) -> Iterator[tuple[tuple[int, int], tuple[bytes, bytes]]]:
        """All stored tiles.

        Raises:
            Corruption: one of them cannot be read.
        """
        table, after = tables.tile.c, (-1, -1)
        while True:
            level, index = after
            beyond = (table.level > level) | ((table.level == level) & (table.tile_index > index))
            query = _raw(table.level, table.tile_index, table.root, table.data).where(beyond)
            place = f"tile after {after}"
            rows = self._rows(query.order_by(table.level, table.tile_index).limit(ROWS_MAX), place)
            for row in rows:
                after = (_integer(row[0], place), _integer(row[1], place))
                yield after, (row[2], row[3])
            if not rows:
                return

    def checkpoints(self) -> Iterator[StoredNote]:
        """All checkpoints.

        Raises:
            Corruption: one of them cannot be read.
        """
        table, after = tables.checkpoint.c, -1
        while True:
            query = _raw(table.size, table.root, table.note, table.cose, table.published_at).where(table.size > after)
            place = f"checkpoint after {after}"
            rows = self._rows(query.order_by(table.size).limit(ROWS_MAX), place)
            for size, root, note, cose, published_at in rows:
                after = _integer(size, place)
                yield StoredNote(after, root, _bytes(note, f"checkpoint {size} note"), cose, published_at is not None)
            if not rows:
                return

    def head(self) -> tuple[int, bytes]:
        """Size and right edge.

        Raises:
            Corruption: the one row is missing or cannot be read.
        """
        rows = self._rows(_raw(tables.head.c.size, tables.head.c.frontier), "head")
        if len(rows) != 1:
            raise Corruption(f"{len(rows)} rows instead of one", place="head")
        return rows[0][0], _bytes(rows[0][1], "head")

    def _rows(self, query: Select[Any], place: str) -> Sequence[Any]:
        try:
            return self._reader.execute(query).all()
        except DBAPIError as error:
            raise Corruption(f"cannot be read: {error.orig}", place=place) from error


def _raw(*columns: Column[Any]) -> Select[Any]:
    raw: list[Any] = [type_coerce(column, NullType()).label(column.name) for column in columns]
    return select(*raw)


def _narrow(tile: Tile) -> Select[Any]:
    first = tile.index * TILE_WIDTH
    last = first + tile.width - 1
    if tile.level == 0:
        return _raw(tables.entry.c.leaf_hash).where(_INDEX.between(first, last)).order_by(_INDEX)
    below = tables.tile.c
    query = _raw(below.root).where(below.level == tile.level - 1, below.tile_index.between(first, last))
    return query.order_by(below.tile_index)


def _bytes(value: object, place: str) -> bytes:
    if not isinstance(value, bytes):
        raise Corruption(f"a {type(value).__name__} instead of bytes", place=place)
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise Corruption(f"a {type(value).__name__} instead of a text", place=place)
    return value


def _integer(value: object, place: str) -> int:
    if not isinstance(value, int):
        raise Corruption(f"a {type(value).__name__} instead of a number", place=place)
    return value
