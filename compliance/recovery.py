"""What one recycling batch made of the elements that went in, beside the targets of another country's law (R37).

What went in is expected from chemistry and rated energy, by the formulas of cathodes; what came out is what assays say
of the batch's own lots. It compares and finds nothing: the targets (Regulation (EU) 2023/1542, Annex XII) bind nobody
here, are of several processes after each other, and of recycled material. What is unknown is said, never guessed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

Element = Literal["Li", "Ni", "Co"]

EXPECTED_MG_PER_WH: Final[Mapping[str, Mapping[Element, int]]] = {
    "NMC111": {"Li": 125, "Ni": 354, "Co": 355},
    "NMC532": {"Li": 120, "Ni": 507, "Co": 204},
    "NMC622": {"Li": 111, "Ni": 561, "Co": 188},
    "NMC811": {"Li": 96, "Ni": 652, "Co": 82},
    "NCA": {"Li": 100, "Ni": 677, "Co": 128},
    "LFP": {"Li": 89, "Ni": 0, "Co": 0},
    "LMO": {"Li": 91, "Ni": 0, "Co": 0},
}
"""Stoichiometry of the cathode alone, to a quarter more or less. Copper has none: sources differ by half."""
TARGETS_PERMILLE: Final[Mapping[Element, Mapping[int, int]]] = {
    "Li": {2027: 500, 2031: 800},
    "Ni": {2027: 900, 2031: 950},
    "Co": {2027: 900, 2031: 950},
}
"""By the end of these years (Annex XII, part C)."""
IMPOSSIBLE_PERMILLE: Final = 1100
"""Above it the chemistry was another, or foreign material came in: policy, as ``recovery_max_permille``."""


@dataclass(frozen=True, slots=True)
class FedUnit:
    """A unit that was fed, as far as its elements can be told: a lot has no one chemistry, and no rated energy."""

    chemistry: str
    energy_wh: int | None


@dataclass(frozen=True, slots=True)
class OutputLot:
    """A lot of the batch: its mass and what its newest assay says, in parts per million; None if it was not assayed."""

    mass_g: int
    ppm: Mapping[str, int] | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """One element of one batch.

    Attributes:
        element: which.
        expected_mg: what went in; None if that cannot be told of a unit that was fed.
        found_mg: what the assayed lots hold.
        permille: the share found, at least, while a lot is not assayed; None if none was expected or it is unknown.
        is_whole: whether every lot was assayed.
        is_impossible: more was found than can have gone in.
    """

    element: Element
    expected_mg: int | None
    found_mg: int
    permille: int | None
    is_whole: bool
    is_impossible: bool

    def reaches(self, year: int) -> bool | None:
        """Whether the share reaches the target of the year; None while that cannot be told."""
        if self.permille is None:
            return None
        if self.permille >= TARGETS_PERMILLE[self.element][year]:
            return True
        return False if self.is_whole else None


def recovery_of(fed: Iterable[FedUnit], lots: Iterable[OutputLot]) -> list[Recovery]:
    """The elements of a batch, in a fixed order."""
    units, made = list(fed), list(lots)
    return [_recovery(element, units, made) for element in TARGETS_PERMILLE]


def _recovery(element: Element, fed: list[FedUnit], lots: list[OutputLot]) -> Recovery:
    expected_mg = _expected_mg(element, fed)
    # grams times parts per million are micrograms
    found_mg = sum(lot.mass_g * lot.ppm.get(element, 0) for lot in lots if lot.ppm is not None) // 1000
    permille = found_mg * 1000 // expected_mg if expected_mg else None
    return Recovery(
        element,
        expected_mg,
        found_mg,
        permille,
        is_whole=all(lot.ppm is not None for lot in lots),
        is_impossible=permille is not None and permille > IMPOSSIBLE_PERMILLE,
    )


def _expected_mg(element: Element, fed: list[FedUnit]) -> int | None:
    total_mg = 0
    for unit in fed:
        if unit.energy_wh is None or unit.chemistry not in EXPECTED_MG_PER_WH:
            return None
        total_mg += unit.energy_wh * EXPECTED_MG_PER_WH[unit.chemistry][element]
    return total_mg
