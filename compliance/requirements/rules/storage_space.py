"""Stores: no more waste at a site than its permits allow (R33), and damaged packs not beside sound ones (R17)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from certification.scope import held_permits, permit_ids
from compliance.requirements.catalogue.rows import REQUIREMENTS
from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.tally import Amount, amounts_in, in_store, stock_key
from ledger.domain.custody import ConsignmentReceived, ConsignmentStored
from ledger.domain.life import UnitAssessed, UnitDiscarded, UnitRegistered, UnitStored
from ledger.domain.matter import BatchClosed
from ledger.domain.payload import Payload, act_key, permits_key
from ledger.event import Event
from ledger.fold.state import State, Value

_SITE: Final = "sit_"
OF_STATE: Final = "LGPGIR 9 III; law of the state"


def _find_overfull(facts: Facts) -> Iterable[Lapse]:
    """Told when a statement brings a store beyond its capacity, and not at each one after it."""
    for site in _changed_sites(facts):
        capacity_g = _capacity_g(facts, site)
        if capacity_g is None:
            continue
        before, after = (_held(facts, value) for value in _counters(facts, site))
        if sum(before.values()) <= capacity_g < sum(after.values()):
            stated = {"stock_g": sum(after.values()), "capacity_g": capacity_g}
            yield Lapse(facts.payload.party, site, stated, None if after.get("RP") else OF_STATE, happened=True)


def _changed_sites(facts: Facts) -> list[str]:
    return [key.removeprefix(stock_key("")) for key in facts.draft.changes if key.startswith(stock_key(_SITE))]


def _find_mixed(facts: Facts) -> Iterable[Lapse]:
    """Told when a statement brings the two together at a site, and not at each one after it."""
    if facts.law.effect(REQUIREMENTS["R17"]) == "off":
        return
    for site in _changed_sites(facts):
        before, after = (_damaged_and_sound(facts, value) for value in _counters(facts, site))
        if all(after) and not all(before):
            damaged, sound = after
            yield Lapse(facts.payload.party, site, {"damaged_units": damaged, "sound_units": sound}, happened=True)


def _damaged_and_sound(facts: Facts, counter: Value | None) -> tuple[int, int]:
    """How many packs, modules and cells of waste are damaged or critical, and how many are not; material is neither."""
    damaged = sound = 0
    for line, amount in amounts_in(counter):
        if line.kind == "lot" or line.class_by(facts.law.tables) == "not_waste":
            continue
        if line.condition == "sound":
            sound += amount.units
        else:
            damaged += amount.units
    return damaged, sound


def _counters(facts: Facts, site: str) -> tuple[Value | None, Value | None]:
    return facts.before.get(stock_key(site)), facts.after(stock_key(site))


def _held(facts: Facts, counter: Value | None) -> dict[str, int]:
    held: dict[str, Amount] = in_store(counter, facts.law.tables)
    return {waste_class: amount.g for waste_class, amount in held.items()}


def _capacity_g(facts: Facts, site: str) -> int | None:
    """What the permits in force for the site allow together; None if none of them says."""
    permits = held_permits(facts.before, facts.payload.party, facts.on).values()
    stated = [
        int(permit.scope["storage_capacity_g"])
        for permit in permits
        if permit.standing == "in-force"
        and permit.scope.get("storage_capacity_g") is not None
        and site in (permit.scope["sites"] or [site])
    ]
    return sum(stated) if stated else None


def _each_permit(state: State, event: Event) -> Iterable[str]:
    return [act_key(permit) for permit in permit_ids(state, event.party)]


_ARRIVES: Final = frozenset[type[Payload]](
    {UnitStored, UnitDiscarded, UnitRegistered, ConsignmentReceived, ConsignmentStored}
)

RULES: Final = (
    Rule(
        "R33",
        "storage-capacity-exceeded",
        _ARRIVES | {BatchClosed},
        _find_overfull,
        touches=lambda event: [permits_key(event.party)],
        follows=_each_permit,
    ),
    Rule("R17", "damaged-beside-sound", _ARRIVES | {UnitAssessed}, _find_mixed),
)
