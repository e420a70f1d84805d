"""The consignments' tables: a projection that finds them, and what became of their lines.

A consignment's terms are shown from the state. How a line ended, who takes part as what, and which acts are waited for
are not in the state, and are here.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from ledger.store.tables import Key, metadata

consignment = Table(
    "consignment",
    metadata,
    Column("consignment", Key, primary_key=True),
    Column("opened", BigInteger, nullable=False),
    Column("stage", Key, nullable=False),
    Column("purpose", Key, nullable=False),
    Index(None, "opened"),
    Index(None, "stage", "opened"),
    Index(None, "purpose", "opened"),
)
"""``opened`` is the leaf index of its first entry: it orders them, and no two have the same."""

consignment_party = Table(
    "consignment_party",
    metadata,
    Column("consignment", Key, primary_key=True),
    Column("party", Key, primary_key=True),
    Column("role", Key, primary_key=True),
    Column("opened", BigInteger, nullable=False),
    Column("stage", Key, nullable=False),
    Column("purpose", Key, nullable=False),
    Index(None, "party", "opened"),
    Index(None, "party", "stage", "opened"),
    Index(None, "party", "purpose", "opened"),
)

consignment_due = Table(
    "consignment_due",
    metadata,
    Column("consignment", Key, primary_key=True),
    Column("party", Key, primary_key=True),
    Column("act", Key, primary_key=True),
    Column("opened", BigInteger, nullable=False),
    Column("units", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Index(None, "party", "since", "consignment", "act"),
)

consignment_line = Table(
    "consignment_line",
    metadata,
    Column("unit", Key, primary_key=True),
    Column("entered", BigInteger, primary_key=True, autoincrement=False),
    Column("consignment", Key, nullable=False),
    Column("line", Key, nullable=False),
    Column("holder", Key),
    Column("event", Key, nullable=False),
    Column("place", Integer, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("assurance", Text),
    Column("to", Key),
    Column("reason", Text),
    Column("mass_g", BigInteger),
    Column("mass_basis", Text),
    Index(None, "consignment", "entered", "unit"),
)
