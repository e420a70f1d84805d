"""The moves of a consignment, one row each: which statement takes a unit from which line to which, and who signs it.

The transitions look their rows up here and ``docs/custody.md`` is drawn from them, so this table is all there is.
A unit's *line* is where it stands in its consignment; when it is out of it, a count of the consignment says how.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

Signer = Literal[
    "holder", "named-carrier", "next-carrier", "consignor", "consignee", "consignor-or-holder", "successor", "anybody"
]
"""Who signs a move. A party that ended is stood for by its successor, except as holder.

``named-carrier``: the consignor named it. ``next-carrier``: the unit was handed on to it. ``consignor-or-holder``: the
consignor, and once that ended the holder too. ``successor``: of the holder, which ended. ``anybody``: a party without a
part in the consignment; other rules say which.
"""
Condition = Literal["with-consignor", "with-carrier", "consignee-cannot-refuse"]
"""What must hold besides the line.

``with-consignor``: the consignor holds the unit, so it never left. ``with-carrier``: it does not.
``consignee-cannot-refuse``: the consignee has ended, or is abroad.
"""

ROAD: Final = ("carried", "handed", "stored")
"""Lines of a unit that somebody has picked up and nobody has turned away."""
OPEN: Final = ("offered", *ROAD, "refused", "missing")
FINALS: Final = ("accepted", "returned", "cancelled", "lost", "taken", "redirected", "delivered", "dropped")
"""The counts under which a unit leaves its consignment; ``dropped``: a claim on paper that came to nothing."""


@dataclass(frozen=True, slots=True)
class Move:
    """One row.

    Attributes:
        statement: tag of the kind, with the outcome of the line or the basis of the reception after a slash.
        origin: the lines from which it takes a unit; none for a unit that is not in the consignment.
        line: the unit's line then; None: out of the consignment.
        count: of a unit that is out of it: one of ``FINALS``.
        signer: who signs it.
        holder: who holds the unit then, if that changes: ``signer`` or ``abroad``.
        stages: the stages of the consignment in which it may be; of none, whatever stage it is in.
        condition: what else must hold for this row.
    """

    statement: str
    origin: tuple[str, ...]
    line: str | None
    signer: Signer
    stages: tuple[str, ...] = ("offered", "moving")
    count: str | None = None
    holder: Literal["signer", "abroad"] | None = None
    condition: Condition | None = None


MOVES: Final = (
    Move("consignment.offered", (), "offered", "holder", stages=("offering",)),
    Move("consignment.picked_up", ("offered",), "carried", "named-carrier", holder="signer"),
    Move("consignment.picked_up", ("handed",), "carried", "next-carrier", holder="signer"),
    Move("consignment.picked_up", ("stored",), "carried", "holder", holder="signer"),
    Move("consignment.handed_on", ROAD, "handed", "holder", stages=("moving",)),
    Move("consignment.stored", ("carried", "handed"), "stored", "holder", stages=("moving",)),
    Move("consignment.received/accepted", OPEN, None, "consignee", count="accepted", holder="signer"),
    Move("consignment.received/refused", ROAD, "refused", "consignee", condition="with-carrier"),
    Move("consignment.received/missing", ROAD, "missing", "consignee", condition="with-carrier"),
    *(
        Move(
            f"consignment.received/{outcome}",
            ("offered", *ROAD),
            None,
            "consignee",
            count="returned",
            condition="with-consignor",
        )
        for outcome in ("refused", "missing")
    ),
    Move("consignment.refused", ROAD, "refused", "consignee", condition="with-carrier"),
    Move(
        "consignment.refused",
        ("offered", *ROAD),
        None,
        "consignee",
        stages=("offering", "offered", "moving"),
        count="returned",
        condition="with-consignor",
    ),
    Move("consignment.delivered/accepted", OPEN, None, "consignor", count="delivered", holder="abroad"),
    Move("consignment.delivered/refused", ROAD, "refused", "consignor", condition="with-carrier"),
    Move("consignment.delivered/missing", ROAD, "missing", "consignor", condition="with-carrier"),
    *(
        Move(
            f"consignment.delivered/{outcome}",
            ("offered", *ROAD),
            None,
            "consignor",
            count="returned",
            condition="with-consignor",
        )
        for outcome in ("refused", "missing")
    ),
    Move(
        "consignment.returned",
        ("refused", "missing"),
        None,
        "consignor",
        stages=("moving",),
        count="returned",
        holder="signer",
    ),
    Move(
        "consignment.returned",
        ROAD,
        None,
        "consignor",
        stages=("moving",),
        count="returned",
        holder="signer",
        condition="consignee-cannot-refuse",
    ),
    Move(
        "consignment.redirected",
        (*ROAD, "refused"),
        None,
        "consignor-or-holder",
        stages=("moving",),
        count="redirected",
    ),
    Move(
        "consignment.cancelled",
        ("offered",),
        None,
        "consignor",
        stages=("offering", "offered", "moving"),
        count="cancelled",
    ),
    Move("unit.lost", OPEN, None, "holder", stages=(), count="lost"),
    Move("unit.seized", OPEN, None, "anybody", stages=(), count="taken", holder="signer"),
    Move("consignment.received/emergency", OPEN, None, "anybody", stages=(), count="taken", holder="signer"),
    Move("consignment.received/succession", OPEN, None, "successor", stages=(), count="taken", holder="signer"),
    Move("event.agreed", OPEN, None, "holder", stages=(), count="taken"),
)
"""Where more than one row fits a unit's line, it is the first one whose condition holds."""

_ROWS: Final = {
    statement: tuple(rows)
    for statement, rows in groupby(sorted(MOVES, key=lambda move: move.statement), lambda move: move.statement)
}


def moves_of(statement: str) -> tuple[Move, ...]:
    """The rows of a statement, in their order."""
    return _ROWS[statement]


def stages_of(statement: str) -> frozenset[str]:
    """The stages of a consignment in which the statement may be made about one of its units."""
    return frozenset(stage for move in moves_of(statement) for stage in move.stages)
