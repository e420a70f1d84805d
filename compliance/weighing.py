"""Masses as scales show them, and when two of them differ by more than scales and policy allow. Pure.

Only what was weighed is compared, and with what was weighed: a nameplate or an estimate differs from every scale and
says nothing about the way. Mexican law has no tolerance; the table is policy, dated, and only reports.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from compliance.reason import is_in_force
from ledger.fold.state import Value

Goods = Literal["serialised", "lot"]
"""Packs, modules and cells with a serial, or material by mass."""

UNIT_SCALE_G: Final = 500
"""What a scale for single units is taken to show: no statement of a unit's mass names its scale."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """A mass that scales showed, and by how much the true one may lie above or below it; both in grams."""

    mass_g: int
    uncertainty_g: int


@dataclass(frozen=True, slots=True)
class Tolerance:
    """Beyond which share of the expected mass a difference is a discrepancy; the days are inclusive."""

    goods: Goods
    permille: int
    source: str
    from_on: str
    to_on: str | None = None


TOLERANCES: Final = (
    Tolerance("lot", 100, "policy, after 40 CFR 264.72(b)", "2000-01-01"),
    Tolerance("serialised", 20, "policy", "2000-01-01"),
)


def weighed_by_ticket(ticket: Value) -> Weighing:
    """The net mass of a weigh ticket's state value.

    Its uncertainty is one resolution of the scale: gross and tare are readings, each rounded by up to half of it.
    """
    return Weighing(ticket["gross_g"] - ticket["tare_g"], ticket["resolution_g"])


def weighed_singly(mass_g: int, units: int = 1) -> Weighing:
    """The mass of so many units that were put on a scale one by one: each reading is rounded by up to half a step."""
    return Weighing(mass_g, units * UNIT_SCALE_G // 2)


def weighed_together(weighings: Iterable[Weighing]) -> Weighing:
    """All of them as one; their uncertainties add up, since every truck may be on the same wrong side."""
    masses = list(weighings)
    return Weighing(sum(one.mass_g for one in masses), sum(one.uncertainty_g for one in masses))


def find_unit_weighing(unit: Value) -> Weighing | None:
    """What a unit's state value says that it was last weighed at; None if it never was."""
    if unit.get("received_mass_basis") == "weighed":
        return weighed_singly(unit["received_mass_g"])
    return weighed_singly(unit["mass_g"]) if unit.get("mass_basis") == "weighed" else None


def find_tolerance(goods: Goods, day: str) -> Tolerance | None:
    """The tolerance in force on that day; None before there was one."""
    rows = (row for row in TOLERANCES if row.goods == goods)
    return next((row for row in rows if is_in_force(day, row.from_on, row.to_on)), None)


def is_discrepancy(expected: Weighing, found: Weighing, tolerance: Tolerance) -> bool:
    """Whether the two differ by more than the scales' uncertainty, and by more than the tolerance."""
    difference_g = abs(found.mass_g - expected.mass_g)
    if difference_g <= expected.uncertainty_g + found.uncertainty_g:
        return False
    return difference_g * 1000 > expected.mass_g * tolerance.permille
