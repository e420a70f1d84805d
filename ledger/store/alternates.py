"""Other names of units (a VIN, a maker's serial), beside the log: only their keyed hashes are kept.

A name leads to units; it never proves that a thing is one of them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import func, insert, select

from ledger.errors import DepositInvalid
from ledger.store import tables
from ledger.store.entries import lock_head
from ledger.store.session import Reader, Writer

ALTERNATES_PER_UNIT_MAX = 32
FOUND_MAX = 100


@dataclass(frozen=True, slots=True)
class Alternate:
    """A unit, and the party that says it bears the name."""

    unit: str
    party: str


def note_alternate(writer: Writer, lookup: str, unit: str, party: str, now: int) -> None:
    """Keep that ``party`` says that the name behind the keyed hash ``lookup`` (hex) is the unit's; again, it is kept.

    Raises:
        DepositInvalid: the unit has ``ALTERNATES_PER_UNIT_MAX`` other names.
    """
    # Rows of side data are put in order by the head's lock as well: the same name may be stated twice at once.
    lock_head(writer)
    if Alternate(unit, party) in _find(writer, lookup, limit=None):
        return
    table = tables.alternate
    count = writer.execute(select(func.count()).select_from(table).where(table.c.unit == unit)).scalar_one()
    if count >= ALTERNATES_PER_UNIT_MAX:
        raise DepositInvalid(
            f"A unit has at most {ALTERNATES_PER_UNIT_MAX} other names.", limit=ALTERNATES_PER_UNIT_MAX
        )
    row = {"lookup": bytes.fromhex(lookup), "unit": unit, "party": party, "stated_at": now}
    writer.execute(insert(table), row)


def find_alternates(reader: Reader, lookup: str) -> list[Alternate]:
    """The units under the keyed hash ``lookup`` (hex), at most ``FOUND_MAX``."""
    return _find(reader, lookup, limit=FOUND_MAX)


def _find(reader: Reader, lookup: str, *, limit: int | None) -> list[Alternate]:
    column = tables.alternate.c
    query = select(column.unit, column.party).where(column.lookup == bytes.fromhex(lookup))
    rows = reader.execute(query.order_by(column.unit, column.party).limit(limit))
    return [Alternate(unit, party) for unit, party in rows]
