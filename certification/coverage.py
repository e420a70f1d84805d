"""Whether a permit, as it stood on a day, covers one act, and if not, which condition failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from certification.permit import Permit
from certification.states import find_by_iso
from ledger.fold.regime import class_if_waste
from ledger.fold.state import Value

FailedCondition = Literal[
    "none-granted",
    "activity",
    "not-yet",
    "expired",
    "revoked",
    "suspended",
    "waste-class",
    "chemistry",
    "condition",
    "site",
    "mode",
]
"""What kept a permit from covering an act, in the order in which it is looked at."""

WASTE_PURPOSES: Final = frozenset({"waste_rp", "waste_rme", "municipal_collection"})
RECEIVING: Final = frozenset(
    {"collection", "storage", "reuse", "repurposing", "dismantling", "recycling", "treatment", "disposal"}
)
"""Permitted activities of which any one lets a party take waste in, and keep it until it is handled."""

_BANNED_MODES: Final = frozenset({"air"})
"""How no hazardous waste travels, whatever a permit says (LGPGIR 67 I); the article is about no other waste."""
_ANYWHERE: Final = frozenset({"transport", "export"})
_RANK: Final = {condition: rank for rank, condition in enumerate(get_args(FailedCondition))}


@dataclass(frozen=True, slots=True)
class Load:
    """What is handled, as far as the scope of permits tells units apart. A lot has no one chemistry."""

    unit: str
    waste_class: Literal["RP", "RME"]
    chemistry: str | None
    condition: str


@dataclass(frozen=True, slots=True)
class Exercise:
    """One act for which ``party`` needs a permit; ``field`` points to where the statement brings it up.

    ``activity`` is one of ``ledger.domain.values.Activity``, or ``receiving``. Without a load the activity begins
    before its units are known. ``mode`` is how the waste travels, where that is told.
    """

    party: str
    activity: str
    field: str
    load: Load | None
    mode: str | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """The site by which permits are limited, and its state by INEGI code; None for what is not told."""

    site: str | None = None
    state: str | None = None


@dataclass(frozen=True, slots=True)
class Shortfall:
    """The condition that failed, of the permit that came nearest to covering the act."""

    condition: FailedCondition
    permit: Permit | None


def is_waste(unit: Value, purpose: str | None) -> bool:
    """Whether the unit is waste as it travels for this purpose (None: not travelling)."""
    discarded = unit["stage"] == "waste" and unit.get("waste_class") != "not_waste"
    return discarded or purpose in WASTE_PURPOSES


def find_load(unit_id: str, unit: Value, purpose: str | None, tables: Value) -> Load | None:
    """The unit as waste, travelling for this purpose (None: not travelling); None when it is no waste.

    ``tables`` are the federal ones of the day: they say of which class it is, and a purpose may only make it stricter.
    No list reaches what a municipality collects from households (LGPGIR 23).
    """
    if not is_waste(unit, purpose):
        return None
    of_households = purpose == "municipal_collection"
    waste_class = unit.get("waste_class") if of_households else class_if_waste(unit, tables)
    return Load(
        unit=unit_id,
        waste_class="RP" if purpose == "waste_rp" or waste_class == "RP" else "RME",
        chemistry=None if unit["kind"] == "lot" else unit["chemistry"],
        condition=unit.get("condition", "sound"),
    )


def sufficient(activity: str) -> frozenset[str]:
    """The permitted activities of which any one is enough for the act."""
    return RECEIVING if activity in ("receiving", "storage") else frozenset({activity})


def find_shortfall(permits: Iterable[Permit], exercise: Exercise, spot: Spot) -> Shortfall | None:
    """None when one of the party's permits covers the act at this spot; else how the nearest one falls short."""
    nearest = Shortfall("none-granted", None)
    for permit in permits:
        failed = _failed_condition(permit, exercise, spot)
        if failed is None:
            return None
        if _RANK[failed] > _RANK[nearest.condition]:
            nearest = Shortfall(failed, permit)
    return nearest


def covering(permits: Mapping[str, Permit], exercise: Exercise, spot: Spot) -> list[str]:
    """The authorisations, of those held, that each cover the act at this spot."""
    return [name for name, permit in permits.items() if _failed_condition(permit, exercise, spot) is None]


def _failed_condition(permit: Permit, exercise: Exercise, spot: Spot) -> FailedCondition | None:
    if sufficient(exercise.activity).isdisjoint(permit.scope["activities"]):
        return "activity"
    if permit.standing != "in-force":
        return permit.standing
    failed = _failed_load(permit.scope, exercise.load) if exercise.load else None
    if failed is not None:
        return failed
    if exercise.activity not in _ANYWHERE and not _is_covered(permit, spot):
        return "site"
    return "mode" if _is_failed_mode(permit.scope, exercise) else None


def _is_covered(permit: Permit, spot: Spot) -> bool:
    """A permit covers nothing outside its authority's territory (LGPGIR 9 III); one without sites, all within."""
    sites = permit.scope["sites"]
    if sites and spot.site not in sites:
        return False
    territory = find_by_iso(permit.jurisdiction) if permit.jurisdiction else None
    return territory is None or spot.state in (None, territory.inegi)


def is_banned_mode(exercise: Exercise) -> bool:
    """Whether the law forbids to carry this load so, whatever a permit says."""
    return exercise.load is not None and exercise.load.waste_class == "RP" and exercise.mode in _BANNED_MODES


def _is_failed_mode(scope: Value, exercise: Exercise) -> bool:
    """A permit that names no modes covers all that are lawful; a mode that is not told is not judged."""
    if exercise.mode is None:
        return False
    modes = scope.get("modes")
    return is_banned_mode(exercise) or bool(modes and exercise.mode not in modes)


def _failed_load(scope: Value, load: Load) -> FailedCondition | None:
    if load.waste_class not in scope["waste_classes"]:
        return "waste-class"
    if load.chemistry is not None and scope["chemistries"] and load.chemistry not in scope["chemistries"]:
        return "chemistry"
    return "condition" if load.condition not in scope["conditions"] else None
