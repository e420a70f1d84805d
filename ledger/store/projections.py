"""Comparing what is stored with what the log's bodies say, row by row, and setting it right."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal, TypeAlias

from sqlalchemy import Row, Table, and_, delete, func, insert, select, tuple_, update

from ledger.log.merkle import format_frontier
from ledger.store import tables
from ledger.store.entries import read_head
from ledger.store.session import Reader, Writer

PROJECTIONS = (tables.entry, tables.entry_subject, tables.tile, tables.state)
LISTED_MAX = 1000

_ROWS = 1000
_Pair: TypeAlias = tuple[Row[Any] | None, Row[Any] | None]


@dataclass(frozen=True, slots=True)
class Difference:
    """A row that is not what the log says: its table, its key, and what was wrong with it."""

    table: str
    key: str
    fault: Literal["missing", "extra", "changed"]


@dataclass(slots=True)
class Report:
    """What a rebuild found.

    Attributes:
        size: entries that were folded again.
        count: rows that differed, and were set right.
        differences: the first ``LISTED_MAX`` of them.
    """

    size: int
    count: int = 0
    differences: list[Difference] = field(default_factory=list)

    def note(self, difference: Difference) -> None:
        """Count a difference, and list it if there is room."""
        self.count += 1
        if len(self.differences) < LISTED_MAX:
            self.differences.append(difference)


def logged_size(reader: Reader) -> int:
    """Number of entries by the rows themselves, whatever the head says."""
    newest = reader.execute(select(func.max(tables.entry.c.leaf_index))).scalar_one()
    return 0 if newest is None else newest + 1


def lock_appends(writer: Writer) -> None:
    """Keep every recorder waiting until this transaction ends, whatever the head's row says, if it is there."""
    writer.execute(select(tables.head.c.epoch).with_for_update())


def replace_projections(writer: Writer, made: Reader) -> Report:
    """Make the rows of every projection those of ``made``, which was folded from the same entries, and its head too.

    The epoch moves on if anything differed, so that no recorder trusts what it remembers. Call ``lock_appends`` first.
    """
    report = Report(logged_size(made))
    for table in PROJECTIONS:
        _replace_rows(writer, made, table, report)
    _replace_head(writer, made, report)
    return report


def _replace_rows(writer: Writer, made: Reader, table: Table, report: Report) -> None:
    pairs = _differing(_iter_rows(writer, table), _iter_rows(made, table), len(table.primary_key))
    # Rows are paged by key, so that what is written behind the page never disturbs the reading of the next.
    while some := list(islice(pairs, _ROWS)):
        for pair in some:
            report.note(_difference(table, pair))
        _mend(writer, table, some)


def _iter_rows(reader: Reader, table: Table) -> Iterator[Row[Any]]:
    columns = list(table.primary_key)
    query = select(*columns, *(column for column in table.c if not column.primary_key))
    query = query.order_by(*columns).limit(_ROWS)
    page = reader.execute(query).all()
    while page:
        yield from page
        after = tuple_(*columns) > tuple(page[-1][: len(columns)])
        page = reader.execute(query.where(after)).all()


def _differing(found: Iterator[Row[Any]], made: Iterator[Row[Any]], key_columns: int) -> Iterator[_Pair]:
    """The rows of two sorted tables that are not in both alike."""
    left, right = next(found, None), next(made, None)
    while left is not None or right is not None:
        if right is None or (left is not None and left[:key_columns] < right[:key_columns]):
            yield left, None
            left = next(found, None)
        elif left is None or right[:key_columns] < left[:key_columns]:
            yield None, right
            right = next(made, None)
        else:
            if left != right:
                yield left, right
            left, right = next(found, None), next(made, None)


def _difference(table: Table, pair: _Pair) -> Difference:
    found, made = pair
    row = found if made is None else made
    key = row[: len(table.primary_key)] if row is not None else ()
    fault: Literal["missing", "extra", "changed"] = "changed"
    if found is None or made is None:
        fault = "missing" if found is None else "extra"
    return Difference(table.name, "/".join(map(str, key)), fault)


def _mend(writer: Writer, table: Table, pairs: list[_Pair]) -> None:
    missing = [dict(made._mapping) for found, made in pairs if found is None and made is not None]
    if missing:
        writer.execute(insert(table), missing)
    for found, made in pairs:
        if found is None:
            continue
        at = and_(*(column == found._mapping[column.name] for column in table.primary_key))
        if made is None:
            writer.execute(delete(table).where(at))
        else:
            # Only what differs: an entry's body never does, and may not be written.
            changed = {name: value for name, value in made._mapping.items() if found._mapping[name] != value}
            writer.execute(update(table).where(at).values(changed))


def _replace_head(writer: Writer, made: Reader, report: Report) -> None:
    frontier = read_head(made).frontier
    right = {"size": frontier.size, "frontier": format_frontier(frontier)}
    row = writer.execute(select(tables.head)).mappings().one_or_none()
    if row is None:
        report.note(Difference("head", "1", "missing"))
        writer.execute(insert(tables.head), {"singleton": 1, "epoch": 1, **right})
        return
    if {name: row[name] for name in right} != right:
        report.note(Difference("head", "1", "changed"))
    if report.count:
        writer.execute(update(tables.head), {"epoch": row["epoch"] + 1, **right})
