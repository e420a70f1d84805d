"""The directory's tables: a projection that finds listings. What is shown of them is read from the state.

A row of ``directory_listing`` is one permit at one site over days on which what it says does not change, as it was
known between two instants. Days are half open and texts, so that ``""`` is before all of them; sets are bits.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, Table, Text

from ledger.store.tables import Key, metadata

FOR_EVER: Final = 2**62
"""Until when what has not been superseded is known."""
NO_END: Final = "~"
"""After every day."""

directory_listing = Table(
    "directory_listing",
    metadata,
    Column("authorisation", Key, primary_key=True),
    Column("known_from", BigInteger, primary_key=True, autoincrement=False),
    Column("from_on", Key, primary_key=True),
    Column("site", Key, primary_key=True),
    Column("known_until", BigInteger, nullable=False),
    Column("until_on", Key, nullable=False),
    Column("party", Key, nullable=False),
    Column("sort_key", Key, nullable=False),
    Column("number_key", Key, nullable=False),
    Column("standings", Integer, nullable=False),
    Column("transcript", Boolean, nullable=False),
    Column("activities", Integer, nullable=False),
    Column("waste_classes", Integer, nullable=False),
    Column("chemistries", Integer, nullable=False),
    Column("conditions", Integer, nullable=False),
    Column("capacity_g", BigInteger),
    Column("state", Text),
    Column("municipality", Text),
    Column("latitude_udeg", Integer),
    Column("longitude_udeg", Integer),
    Index(None, "sort_key", "authorisation", "site"),
    Index(None, "latitude_udeg", "longitude_udeg"),
    Index(None, "state", "municipality"),
    Index(None, "party"),
    Index(None, "number_key"),
)

directory_word = Table(
    "directory_word",
    metadata,
    Column("word", Key, primary_key=True),
    Column("party", Key, primary_key=True),
    Index(None, "party"),
    sqlite_with_rowid=False,
)

directory_site = Table(
    "directory_site",
    metadata,
    Column("party", Key, primary_key=True),
    Column("site", Key, primary_key=True),
    sqlite_with_rowid=False,
)
