"""The tables of two projections: one finds consignments, one what every party has to do, and has not done.

A consignment's terms are shown from the state. How a line ended, who takes part as what, and which acts are waited for
are not in the state, and are here. So are what a party holds, what is due from it by when, and what was found.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from ledger.store.tables import Key, metadata

NO_END: Final = "~"
"""After every day: of what is not closed, nor settled."""

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

holding = Table(
    "holding",
    metadata,
    Column("unit", Key, primary_key=True),
    Column("holder", Key, nullable=False),
    Column("site", Key),
    Column("consignment", Key),
    Column("stage", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("chemistry", Text),
    Column("material", Text),
    Column("condition", Text),
    Column("waste_class", Text),
    Column("mass_g", BigInteger),
    Column("since", BigInteger, nullable=False),
    Index(None, "holder", "unit"),
    Index(None, "site", "unit"),
)
"""Every unit that somebody holds. ``waste_class`` is what was determined; its class by law is that of a day.

``since`` is when the newest statement that moved or changed it says that it happened.
"""

finding = Table(
    "finding",
    metadata,
    Column("name", Key, primary_key=True),
    Column("code", Key, nullable=False),
    Column("party", Key, nullable=False),
    Column("subject", Key, nullable=False),
    Column("since", BigInteger, nullable=False),
    Column("since_on", Key, nullable=False),
    Column("settled_on", Key, nullable=False),
    Index(None, "since_on", "name"),
    Index(None, "party", "since_on", "name"),
    Index(None, "code", "since_on", "name"),
    Index(None, "subject"),
)
"""Findings that statements opened, and ``settled_on`` which day they were settled (``NO_END``: not yet)."""

obligation = Table(
    "obligation",
    metadata,
    Column("key", Key, primary_key=True),
    Column("requirement", Key, primary_key=True),
    Column("part", Key, primary_key=True),
    Column("subject", Key, nullable=False),
    Column("code", Key, nullable=False),
    Column("party", Key, nullable=False),
    Column("name", Key, nullable=False),
    Column("since_on", Key, nullable=False),
    Column("warn_on", Key, nullable=False),
    Column("strict_on", Key, nullable=False),
    Column("due_on", Key, nullable=False),
    Column("overdue_on", Key),
    Column("closed_on", Key, nullable=False),
    Column("effect", Key, nullable=False),
    Column("article", Text, nullable=False),
    Column("events", Text, nullable=False),
    Column("facts", Text, nullable=False),
    Column("site", Key),
    Index(None, "effect", "overdue_on", "name"),
    Index(None, "party", "overdue_on", "name"),
    Index(None, "requirement", "overdue_on", "name"),
    # the last three sort out what is not asked for before its row is read
    Index("ix_obligation_effect_due_on", "effect", "due_on", "name", "closed_on", "strict_on", "requirement"),
    Index(None, "party", "due_on", "name"),
    Index(None, "subject"),
    Index(None, "site"),
)
"""Obligations, of which ``key`` is the state key that they are made from, and ``site`` the one in whose zone days run.

``closed_on`` is ``NO_END`` while one is open; ``overdue_on`` the first day on which it was or will be overdue, unless
it is met before: so those that were met in time are out of the way of every question about findings.
"""

site_place = Table(
    "site_place",
    metadata,
    Column("site", Key, primary_key=True),
    Column("party", Key, nullable=False),
    Column("place", Key, nullable=False),
    Index(None, "place", "party"),
    Index(None, "party", "place"),
)
"""Where each site is, spelled as a jurisdiction (``MX-NLE-039``): what an authority of a state may read goes by it."""
