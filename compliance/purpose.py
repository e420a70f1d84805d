"""Why a consignment travels decides which papers go with it, which clocks it starts, and what is checked.

Each row is dated and cites its article. A row of hazardous waste (RP) never applies to special-handling waste (RME),
which the states regulate (LGPGIR 9 III, 19 IX).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

from compliance.reason import Confidence, Words
from ledger.domain.custody import Mode, Purpose
from ledger.domain.values import Condition

PaperName = Literal[
    "manifest",
    "rme_transport",
    "dangerous_goods",
    "emergency_sheet",
    "authorisations",
    "carta_porte",
    "isolation_card",
    "register_sheet",
    "movement_document",
    "return_notice",
    "pedimento",
    "export_consent",
]
Origin = Literal["drawn", "attached"]
"""``drawn`` from what the ledger knows; ``attached``: another gives it, and the folder holds a copy or its number."""
Waste = Literal["RP", "RME"]


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper that a load takes along."""

    name: PaperName
    title: Words
    origin: Origin
    article: str
    confidence: Confidence = "read"
    note: Words | None = None
    from_on: str = "2006-12-30"
    to_on: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeClock:
    """A period that the law lets run, from which act, for whom."""

    name: str
    length: int
    unit: Literal["natural_days", "business_days", "months"]
    starts: str
    accountable: Literal["consignor", "consignee", "carrier", "holder"]
    article: str
    from_on: str = "2006-12-30"
    to_on: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeCheck:
    """Something that is looked at when the load moves, by the name of its requirement."""

    name: str
    article: str
    from_on: str = "2006-12-30"
    to_on: str | None = None


@dataclass(frozen=True, slots=True)
class PurposeTerms:
    """All that one purpose brings with it.

    Attributes:
        purpose: its code.
        words: what people call it.
        waste: the class of waste that the purpose itself states; None where the units decide.
        papers: what goes with the load because of the purpose; ``papers_of`` adds what the goods themselves ask for.
        clocks: periods that start.
        checks: what is looked at.
        notes: what does not apply and is often asked for, and other things to know.
    """

    purpose: Purpose
    words: Words
    waste: Waste | None
    papers: tuple[Paper, ...]
    clocks: tuple[PurposeClock, ...]
    checks: tuple[PurposeCheck, ...]
    notes: tuple[Words, ...] = ()


PURPOSES: Final[Mapping[Purpose, PurposeTerms]] = {}


def terms_of(purpose: Purpose, on: str) -> PurposeTerms:
    """What the purpose brings with it, of that only what is in force on the day (``2026-03-01``)."""
    raise NotImplementedError


def papers_of(
    purpose: Purpose,
    mode: Mode | None,
    on: str,
    *,
    waste: Waste | None = None,
    conditions: frozenset[Condition] = frozenset(),
    is_dangerous: bool = True,
) -> tuple[Paper, ...]:
    """The papers of a load in the order of its folder.

    Args:
        purpose: why it travels.
        mode: how; None counts as by road.
        on: the day on which it leaves.
        waste: the stricter class among its discarded units, which a purpose never takes away.
        conditions: those of its units; a damaged or critical one takes an isolation card.
        is_dangerous: whether any of its goods has a UN number.
    """
    raise NotImplementedError
