"""The border: tariff codes that fit what crosses it (R50), and imports within a recycler's means (R26)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from certification.capacity import capacity_key
from certification.scope import held_permits, permit_ids
from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.tally import generated, generated_in, generation_key
from ledger.domain.filing import FilingSubmitted
from ledger.domain.life import UnitDiscarded, UnitExported, UnitImported
from ledger.domain.payload import act_key, permits_key, unit_key
from ledger.event import Event
from ledger.fold.state import State, Value

_USABLE: Final = "8507.60."
_UNUSABLE: Final = "8549."
_RECYCLES: Final = frozenset({"recycling", "reuse", "treatment"})


def _find_tariff(facts: Facts) -> Iterable[Lapse]:
    """Waste is not declared as usable, nor usable units as unusable; a mass of material is no battery at all."""
    crossed = facts.payload
    if not isinstance(crossed, UnitImported | UnitExported) or crossed.tariff_code is None:
        return
    for link in crossed.units:
        unit = facts.after(unit_key(link.id))
        if unit is not None and not _fits(crossed.tariff_code, unit, crossed):
            stated = {"tariff_code": crossed.tariff_code, "pedimento": crossed.pedimento}
            yield Lapse(crossed.party, link.id, stated, field="/tariff_code", happened=True)


def _fits(code: str, unit: Value, crossed: UnitImported | UnitExported) -> bool:
    if code.startswith(_USABLE):
        return unit["kind"] != "lot" and unit.get("before_export") != "waste"
    # of what comes in nobody has said yet in which state it is
    return not code.startswith(_UNUSABLE) or isinstance(crossed, UnitImported) or unit["before_export"] == "waste"


def _find_over_capacity(facts: Facts) -> Iterable[Lapse]:
    """Told when what a party imports as waste passes what its permits for recycling allow in the year."""
    party, year = facts.payload.party, facts.on[:4]
    counter = facts.after(generation_key(party, year))
    capacity_g = _capacity_g(facts)
    before_g = generated(facts.before, party, year, source="imported").g
    imported_g = generated_in(counter, facts.before, source="imported").g
    if capacity_g is not None and before_g <= capacity_g < imported_g:
        stated = {"year": year, "imported_g": imported_g, "capacity_g": capacity_g}
        yield Lapse(party, party, stated, happened=True)


def _capacity_g(facts: Facts) -> int | None:
    permits = held_permits(facts.before, facts.payload.party, facts.on).values()
    capacities = [
        int(permit.scope["capacity_g_per_year"])
        for permit in permits
        if permit.standing == "in-force"
        and permit.scope.get("capacity_g_per_year") is not None
        and not _RECYCLES.isdisjoint(permit.scope["activities"])
    ]
    return sum(capacities) if capacities else None


def _find_residues(facts: Facts) -> Iterable[Lapse]:
    """Judged at the yearly report: residues of which, whatever else was processed, as much as was imported is left."""
    filed = facts.payload
    if not isinstance(filed, FilingSubmitted) or filed.year is None:
        return
    imported_g = generated(facts.before, filed.party, filed.year, source="imported").g
    residues_g = generated(facts.before, filed.party, filed.year, source="process").g
    other_g = max(0, _processed_g(facts, filed.party, filed.year) - imported_g)
    if imported_g and residues_g - other_g >= imported_g:
        stated = {"year": filed.year, "imported_g": imported_g, "residues_g": residues_g}
        yield Lapse(filed.party, filed.party, stated, happened=True)


def _processed_g(facts: Facts, party: str, year: int) -> int:
    used = [facts.before.get(capacity_key(permit, str(year))) for permit in permit_ids(facts.before, party)]
    return sum(value["by_activity"].get(activity, 0) for value in used if value for activity in _RECYCLES)


def _each_permit(state: State, event: Event) -> Iterable[str]:
    permits = permit_ids(state, event.party)
    filed = event.payload
    year = getattr(filed, "year", None)
    return [*map(act_key, permits), *(capacity_key(permit, str(year)) for permit in permits if year is not None)]


def _permits(event: Event) -> Iterable[str]:
    year = getattr(event.payload, "year", None)
    return [permits_key(event.party), *([generation_key(event.party, year)] if year is not None else [])]


RULES: Final = (
    Rule("R50", "tariff-differs", frozenset({UnitImported, UnitExported}), _find_tariff),
    Rule(
        "R26",
        "import-over-capacity",
        frozenset({UnitDiscarded}),
        _find_over_capacity,
        touches=_permits,
        follows=_each_permit,
    ),
    Rule(
        "R26",
        "import-residues-exceed",
        frozenset({FilingSubmitted}),
        _find_residues,
        touches=_permits,
        follows=_each_permit,
    ),
)
