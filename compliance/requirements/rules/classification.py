"""Classification: determined before it leaves, under oath where it is not hazardous, and kept by fractions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from certification.scope import held_permits, permit_ids
from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.custody import ConsignmentPickedUp
from ledger.domain.life import UnitClassified
from ledger.domain.matter import ProductReleased
from ledger.domain.payload import act_key, permits_key, unit_key
from ledger.event import Event
from ledger.fold.state import State, Value

_OATH_ARTICLE: Final = "NOM-052-SEMARNAT-2005 6.4.2.3"
_ENDS_WASTE: Final = frozenset({"recycling", "treatment"})


def _leaving(facts: Facts) -> Iterator[tuple[str, str, Value]]:
    """Id, pointer and value of the units that leave the consignor by this pick-up."""
    payload = facts.payload
    if isinstance(payload, ConsignmentPickedUp):
        for n, link in enumerate(payload.units):
            unit = facts.before.get(unit_key(link.id))
            if unit is not None and unit.get("line") == "offered":
                yield link.id, f"/units/{n}", unit


def _act(facts: Facts) -> Value:
    payload = facts.payload
    act = facts.before.get(act_key(payload.consignment)) if isinstance(payload, ConsignmentPickedUp) else None
    return act or {}


def _find_undetermined(facts: Facts) -> Iterable[Lapse]:
    """Shipped as hazardous waste, and by law nobody has made it that."""
    act = _act(facts)
    if act.get("purpose") != "waste_rp":
        return
    article = "LGPGIR 45; RLGPGIR 46 I; NOM-052-SEMARNAT-2005 6.4"
    for unit_id, pointer, unit in _leaving(facts):
        if "waste_class" not in unit and facts.law.class_of(unit) != "RP":
            yield Lapse(act["consignor"], unit_id, {"purpose": "waste_rp"}, article, pointer)


def _find_left_undetermined(facts: Facts) -> Iterable[Lapse]:
    """Of other waste one finding a statement is enough."""
    act = _act(facts)
    if act.get("purpose") != "waste_rme":
        return
    units = sum("waste_class" not in unit for _, _, unit in _leaving(facts))
    if units:
        yield Lapse(act["consignor"], facts.payload.main_subject(), {"units": units}, happened=True)


def _find_without_oath(facts: Facts) -> Iterable[Lapse]:
    payload = facts.payload
    if not isinstance(payload, UnitClassified) or payload.waste_class == "RP":
        return
    if payload.method == "knowledge" and not payload.under_oath:
        stated = {"waste_class": payload.waste_class, "units": len(payload.units)}
        yield Lapse(payload.party, payload.main_subject(), stated, _OATH_ARTICLE, "/under_oath", happened=True)


def _find_declassified(facts: Facts) -> Iterable[Lapse]:
    payload = facts.payload
    if not isinstance(payload, UnitClassified) or payload.waste_class == "RP":
        return
    for n, link in enumerate(payload.units):
        unit = facts.before.get(unit_key(link.id)) or {}
        if unit.get("waste_class") == "RP" and unit["kind"] == "lot" and ("batch" in unit or "from" in unit):
            stated = {"waste_class": payload.waste_class, "material": unit["material"]}
            yield Lapse(payload.party, link.id, stated, field=f"/units/{n}")


def _find_unpermitted_release(facts: Facts) -> Iterable[Lapse]:
    payload = facts.payload
    if not isinstance(payload, ProductReleased):
        return
    permits = held_permits(facts.before, payload.party, facts.on).values()
    if any(
        permit.standing == "in-force"
        and "RP" in permit.scope["waste_classes"]
        and not _ENDS_WASTE.isdisjoint(permit.scope["activities"])
        for permit in permits
    ):
        return
    for n, link in enumerate(payload.units):
        unit = facts.before.get(unit_key(link.id))
        if unit is not None and facts.law.class_of(unit) == "RP":
            yield Lapse(payload.party, link.id, {"any_of": sorted(_ENDS_WASTE)}, field=f"/units/{n}")


def _permits(event: Event) -> Iterable[str]:
    return [permits_key(event.party)]


def _each_permit(state: State, event: Event) -> Iterable[str]:
    return [act_key(permit) for permit in permit_ids(state, event.party)]


_PICK_UP: Final = frozenset({ConsignmentPickedUp})
_CLASSIFIED: Final = frozenset({UnitClassified})

RULES: Final = (
    Rule("R19", "undetermined-on-leaving", _PICK_UP, _find_undetermined),
    Rule("R51", "left-undetermined", _PICK_UP, _find_left_undetermined),
    Rule("R19", "declared-without-oath", _CLASSIFIED, _find_without_oath),
    Rule("R45", "fraction-declassified", _CLASSIFIED, _find_declassified),
    Rule(
        "R36",
        "released-without-permit",
        frozenset({ProductReleased}),
        _find_unpermitted_release,
        touches=_permits,
        follows=_each_permit,
    ),
)
