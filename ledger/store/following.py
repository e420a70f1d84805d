"""Tables that are made from the log and follow it: chunk by chunk some way behind it, or all of them anew.

Whoever writes them has locked the watermark first and then reads, so that nothing older than what is there is ever
written over it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final, Generic, Literal, TypeAlias, TypeVar

from sqlalchemy import Select, Table, and_, bindparam, delete, exists, func, insert, select, update

from ledger.errors import Unavailable
from ledger.event import Event, parse_event
from ledger.store import tables
from ledger.store.entries import read_head
from ledger.store.projections import Difference, lock_appends
from ledger.store.session import Reader, Store, Writer

FOLLOWED_MAX: Final = 1000
"""How many entries a chunk has at most."""
CHUNKS_MAX: Final = 100
"""How far behind the tables may be for a question to bring them up to the log by itself."""
SWEPT_MAX: Final = 8
"""How much of a sweep a question does by itself, in chunks; after that it is answered while the sweep goes on."""

_FOLLOWED: Final = select(tables.watermark.c.size).where(tables.watermark.c.projection == bindparam("projection"))
_HEAD_AND_WATERMARK: Final = select(tables.head.c.size, _FOLLOWED.scalar_subquery())

Row: TypeAlias = dict[str, Any]
Rows: TypeAlias = Callable[[Reader], Iterator[tuple[str | None, Sequence[Row]]]]
"""All rows of a table as log and state have them, range by range of its first key column, in byte order.

Each range comes with its last key, from behind that of the range before; the last of them with None, and has no end.
"""
Events: TypeAlias = Iterator[tuple[int, Event]]
Touched = TypeVar("Touched")

_Fault: TypeAlias = Literal["missing", "extra", "changed"]


@dataclass(frozen=True, slots=True)
class Sweep:
    """How all rows are made anew, chunk by chunk, when one entry may change any of them.

    Its own mark (``tables.sweep``) tells up to which entries the rows are by now: an entry that asks for another one
    while it goes on has it begin again. A chunk is worked out in a snapshot, while recorders write, and written in a
    moment: but only while the watermark stands where it stood, so that nothing that was followed is undone. What was
    recorded since is followed later.

    Attributes:
        kinds: tags of the kinds that ask for it.
        page: the keys of the next chunk, from behind the one given, in byte order; none at the end.
        prepare: works out the rows of these keys; what writes those that differ.
    """

    kinds: Sequence[str]
    page: Callable[[Reader, str], Sequence[str]]
    prepare: Callable[[Reader, Sequence[str]], Callable[[Writer], None]]


@dataclass(frozen=True, slots=True)
class _Mark:
    """How far a sweep has come, and the watermark beside it."""

    size: int
    asked: int
    swept: int
    position: str


@dataclass(frozen=True, slots=True)
class Followed(Generic[Touched]):
    """Tables that follow the log together, under one watermark.

    Attributes:
        projection: the name of the watermark.
        kinds: tags of the kinds that may change what the tables say; entries without effect never do.
        rows: the tables, each with what all its rows ought to be; one that is made from another comes behind it.
        gather: from entries of these kinds, with their indexes, and the end of their range to what they touch, and to
            where the chunk ends: there, or earlier.
        take_in: makes the rows anew of what was touched, by log and state as the transaction sees them.
        sweep: how all rows are made anew, if some kinds ask for that.
    """

    projection: str
    kinds: Sequence[str]
    rows: Mapping[Table, Rows]
    gather: Callable[[Events, int], tuple[Touched, int]]
    take_in: Callable[[Writer, Touched], None]
    sweep: Sweep | None = None

    def followed_size(self, reader: Reader) -> int:
        """How many entries the tables have been brought up to."""
        size: int = reader.execute(_FOLLOWED, {"projection": self.projection}).scalar_one()
        return size

    def is_behind(self, reader: Reader) -> bool:
        """Whether an entry that the tables do not know of may change what they say."""
        size, start = reader.execute(_HEAD_AND_WATERMARK, {"projection": self.projection}).one()
        if size - start > FOLLOWED_MAX:
            return True
        return self.has_changed(reader, start, size)

    def has_changed(self, reader: Reader, start: int, end: int) -> bool:
        """Whether one of the entries from ``start`` up to, not including, ``end`` may change what the tables say."""
        return bool(start < end and reader.execute(select(exists(self._speaking(start, end)))).scalar_one())

    def follow(self, store: Store) -> int:
        """Take in what the next entries change, at most ``FOLLOWED_MAX`` of them; how many entries remain.

        Each chunk is one transaction with its watermark: a process that dies leaves whole chunks, and of two followers
        one finds the watermark moved and writes nothing.

        Raises:
            Unavailable: the database cannot write.
        """
        with store.read() as reader:
            size, start = read_head(reader).size, self.followed_size(reader)
            touched, end = self._touched(reader, start, min(size, start + FOLLOWED_MAX))
        if start < end:
            store.write(lambda writer: self._take_chunk(writer, touched, start, end))
        return size - end

    def is_sweeping(self, reader: Reader) -> bool:
        """Whether rows may still be by what held before the newest entry that asked for a sweep."""
        mark = tables.sweep.c
        asked = select(exists().where(mark.projection == self.projection, mark.asked > mark.swept))
        return self.sweep is not None and bool(reader.execute(asked).scalar_one())

    def sweep_on(self, store: Store) -> bool:
        """Make the next chunk anew of what a sweep has still before it; whether one goes on.

        A process that dies leaves whole chunks, and of two that sweep each makes other chunks.

        Raises:
            Unavailable: the database cannot write.
        """
        with store.read() as reader:
            mark = self._mark(reader)
            if self.sweep is None or mark.asked == mark.swept:
                return False
            keys = self.sweep.page(reader, mark.position)
            put = self.sweep.prepare(reader, keys)
        return store.write(lambda writer: self._put_swept(writer, mark, keys, put))

    def catch_up(self, store: Store) -> bool:
        """Follow, and sweep, one chunk of each; whether anything remains.

        Raises:
            Unavailable: the database cannot write.
        """
        remaining = self.follow(store)
        return self.sweep_on(store) or remaining > 0

    @contextmanager
    def read_current(self, store: Store) -> Iterator[Reader]:
        """A snapshot in which the tables know every entry; a long sweep may still be under way (``is_sweeping``).

        Raises:
            Unavailable: the database does not answer, or the tables are too far behind the log to be brought up to it
                now.
        """
        swept = 0
        for _ in range(CHUNKS_MAX):
            with store.read() as reader:
                is_behind = self.is_behind(reader)
                if not is_behind and (swept >= SWEPT_MAX or not self.is_sweeping(reader)):
                    yield reader
                    return
            if is_behind:
                self.follow(store)
            else:
                self.sweep_on(store)
                swept += 1
        raise Unavailable(f"the tables of the {self.projection} are being brought up to the log")

    def rebuild(self, store: Store) -> list[Difference]:
        """Make the tables again, and tell what differed from what they would have become by themselves.

        Raises:
            Unavailable: the database cannot write.
        """
        with store.read() as reader:
            is_ahead = self.followed_size(reader) > read_head(reader).size
        while not is_ahead and self.catch_up(store):
            pass
        return store.write(self._make_again)

    def compare(self, reader: Reader) -> list[Difference] | None:
        """Where the tables are not what the log says; None while they are behind it, or swept, which is no fault."""
        if self.is_behind(reader) or self.is_sweeping(reader):
            return None
        return [difference for table, rows in self.rows.items() for difference, _ in _differences(reader, table, rows)]

    def _speaking(self, start: int, end: int) -> Select[Any]:
        entry = tables.entry.c
        in_range = and_(entry.leaf_index >= start, entry.leaf_index < end)
        wanted = select(entry.leaf_index, entry.body).where(in_range, entry.kind.in_(self.kinds), entry.void.is_(False))
        return wanted.order_by(entry.leaf_index)

    def _touched(self, reader: Reader, start: int, end: int) -> tuple[Touched, int]:
        entries = reader.execute(self._speaking(start, end))
        return self.gather(((index, parse_event(body)) for index, body in entries), end)

    def _take_chunk(self, writer: Writer, touched: Touched, start: int, end: int) -> None:
        mark = tables.watermark.c
        change = update(tables.watermark).where(mark.projection == self.projection, mark.size == start)
        if writer.execute(change.values(size=end)).rowcount:
            self.take_in(writer, touched)
            self._ask_for_sweep(writer, start, end)

    def _ask_for_sweep(self, writer: Writer, start: int, end: int) -> None:
        if self.sweep is None:
            return
        entry, mark = tables.entry.c, tables.sweep
        asking = select(func.max(entry.leaf_index)).where(
            entry.leaf_index >= start, entry.leaf_index < end, entry.kind.in_(self.sweep.kinds), entry.void.is_(False)
        )
        index = writer.execute(asking).scalar_one()
        if index is not None:
            again = update(mark).where(mark.c.projection == self.projection)
            writer.execute(again.values(asked=index + 1, position=""))

    def _mark(self, reader: Reader) -> _Mark:
        mark = tables.sweep.c
        query = select(mark.asked, mark.swept, mark.position).where(mark.projection == self.projection)
        row = reader.execute(query).one_or_none()
        return _Mark(self.followed_size(reader), *(row or (0, 0, "")))

    def _put_swept(self, writer: Writer, mark: _Mark, keys: Sequence[str], put: Callable[[Writer], None]) -> bool:
        """Write a chunk that was worked out at ``mark``, if that still is so; whether more may remain."""
        watermark = tables.watermark.c
        writer.execute(select(watermark.size).where(watermark.projection == self.projection).with_for_update())
        if self._mark(writer) != mark:
            return True
        put(writer)
        reached = {"position": keys[-1]} if keys else {"position": "", "swept": mark.asked}
        writer.execute(update(tables.sweep).where(tables.sweep.c.projection == self.projection).values(reached))
        return bool(keys)

    def _make_again(self, writer: Writer) -> list[Difference]:
        lock_appends(writer)
        size, start = read_head(writer).size, self.followed_size(writer)
        while start < size:
            touched, end = self._touched(writer, start, size)
            self._take_chunk(writer, touched, start, end)
            start = end
        while self.is_sweeping(writer) and self.sweep is not None:
            swept = self._mark(writer)
            keys = self.sweep.page(writer, swept.position)
            self._put_swept(writer, swept, keys, self.sweep.prepare(writer, keys))
        found = []
        if start > size:
            found.append(Difference("watermark", self.projection, "changed"))
            mark = tables.watermark
            writer.execute(update(mark).where(mark.c.projection == self.projection).values(size=size))
        for table, rows in self.rows.items():
            for difference, row in _differences(writer, table, rows):
                found.append(difference)
                _mend(writer, table, difference, row)
        return found


def _differences(reader: Reader, table: Table, rows: Rows) -> Iterator[tuple[Difference, Row]]:
    first = table.primary_key.columns[0]
    after: str | None = None
    for last, right in rows(reader):
        behind = [first > after] if after is not None else []
        up_to = [first <= last] if last is not None else []
        stored = _by_key(table, map(dict, reader.execute(select(table).where(*behind, *up_to)).mappings()))
        made = _by_key(table, right)
        for key in sorted(made.keys() | stored.keys()):
            if made.get(key) != stored.get(key):
                fault: _Fault = "extra" if key not in made else "changed" if key in stored else "missing"
                yield Difference(table.name, "/".join(map(str, key)), fault), made.get(key) or stored[key]
        after = last


def _by_key(table: Table, rows: Iterable[Row]) -> dict[tuple[Any, ...], Row]:
    columns = [column.name for column in table.primary_key]
    return {tuple(row[name] for name in columns): row for row in rows}


def _mend(writer: Writer, table: Table, difference: Difference, row: Row) -> None:
    if difference.fault != "missing":
        writer.execute(delete(table).where(*(column == row[column.name] for column in table.primary_key)))
    if difference.fault != "extra":
        writer.execute(insert(table), row)
