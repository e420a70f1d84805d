"""The particulars of consignments in the database: side data, personal, each part its own party's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import BigInteger, Column, Index, Table, Text, delete, insert, select

from compliance.particulars import Particulars
from ledger.store.entries import lock_head
from ledger.store.session import Reader, Writer
from ledger.store.tables import Key, metadata

PARTS_LISTED_MAX: Final = 200

particulars = Table(
    "particulars",
    metadata,
    Column("consignment", Key, primary_key=True),
    Column("party", Key, primary_key=True),
    Column("members", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Index(None, "party"),
)


def put_particulars(writer: Writer, consignment: str, party: str, said: Particulars, now: int) -> None:
    """Keep the party's part, in the place of what it said before; ``now`` in seconds since 1970."""
    # Two members of one party may save at once: the head's lock puts them in order, and the later one stays.
    lock_head(writer)
    erase_particulars(writer, consignment, party)
    members = said.model_dump_json(exclude_unset=True, exclude_none=True)
    writer.execute(
        insert(particulars), {"consignment": consignment, "party": party, "members": members, "updated_at": now}
    )


def find_particulars(reader: Reader, consignment: str) -> Mapping[str, Particulars]:
    """What each party has said of this consignment, by party."""
    query = select(particulars.c.party, particulars.c.members).where(particulars.c.consignment == consignment)
    return {party: Particulars.model_validate_json(members) for party, members in reader.execute(query)}


def list_particulars(reader: Reader, party: str, *, after: str = "") -> list[tuple[str, int]]:
    """Of which consignments the party keeps particulars, and since when (seconds since 1970); a page, by id."""
    column = particulars.c
    query = select(column.consignment, column.updated_at).where(column.party == party, column.consignment > after)
    rows = reader.execute(query.order_by(column.consignment).limit(PARTS_LISTED_MAX))
    return [(consignment, updated_at) for consignment, updated_at in rows]


def erase_particulars(writer: Writer, consignment: str, party: str) -> bool:
    """Erase the party's part; whether there was any. Of its bytes nothing stays in an SQLite file either."""
    if writer.dialect.name == "sqlite":
        writer.exec_driver_sql("PRAGMA secure_delete = ON")
    column = particulars.c
    gone = delete(particulars).where(column.consignment == consignment, column.party == party)
    return writer.execute(gone).rowcount > 0
