"""What is to be transported, as far as its transport identity depends on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from certification.coverage import is_waste
from ledger.domain.custody import Fitting
from ledger.domain.values import Chemistry, Condition, UnitKind
from ledger.fold.state import Value

Fate = Literal["use", "recycling", "disposal"]
"""What the article travels for: to be used (or repaired, or sold), or as waste to be recycled or disposed of."""

_FOR_USE: Final = frozenset({"warranty_return", "recall_return", "second_life", "new_product"})


@dataclass(frozen=True, slots=True)
class Article:
    """One unit as it is handed over for transport.

    Attributes:
        unit_kind: pack, module, cell or lot.
        chemistry: of its cells; of a lot, of the packs that it was made from.
        condition: as last assessed.
        fitting: what it is part of while it travels.
        fate: use, recycling or disposal.
        mass_g: of the unit itself, without packaging.
        energy_wh: what it holds when full; None if nobody said.
        material: of a lot; None for a serialised unit.
        recalled: whether its maker has recalled it.
        gross_g: with its packaging; None if nobody weighed it so.
    """

    unit_kind: UnitKind
    chemistry: Chemistry
    condition: Condition
    fitting: Fitting
    fate: Fate
    mass_g: int
    energy_wh: int | None = None
    material: str | None = None
    recalled: bool = False
    gross_g: int | None = None


def article_of(unit: Value, purpose: str, fitting: Fitting = "loose", *, disposed: bool = False) -> Article:
    """The unit of this state value as an article, travelling for this purpose.

    ``disposed`` says that waste goes to final disposal; without it, waste goes to be recycled (LGPGIR 2 VIII).
    """
    travels_as_waste = purpose not in _FOR_USE and is_waste(unit, purpose)
    waste_fate: Fate = "disposal" if disposed else "recycling"
    return Article(
        unit_kind=unit["kind"],
        chemistry=unit["chemistry"],
        condition=unit.get("condition", "sound"),
        fitting=fitting,
        fate=waste_fate if travels_as_waste else "use",
        mass_g=unit["received_mass_g"] if "received_mass_g" in unit else unit["mass_g"],
        energy_wh=unit.get("energy_wh"),
        material=unit.get("material"),
        recalled="recalled" in unit,
    )
