"""Stores: no more waste at a site than the permits for it allow to be kept there (R33)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from certification.scope import held_permits, permit_ids
from compliance.requirements.rule import Facts, Lapse, Rule
from compliance.tally import Amount, in_store, stock_key
from ledger.domain.custody import ConsignmentReceived, ConsignmentStored
from ledger.domain.life import UnitDiscarded, UnitRegistered, UnitStored
from ledger.domain.matter import BatchClosed
from ledger.domain.payload import act_key, permits_key
from ledger.event import Event
from ledger.fold.state import State, Value

_SITE: Final = "sit_"
OF_STATE: Final = "LGPGIR 9 III; law of the state"


def _find_overfull(facts: Facts) -> Iterable[Lapse]:
    """Told when a statement brings a store beyond its capacity, and not at each one after it."""
    sites = [key.removeprefix(stock_key("")) for key in facts.draft.changes if key.startswith(stock_key(_SITE))]
    for site in sites:
        capacity_g = _capacity_g(facts, site)
        if capacity_g is None:
            continue
        before, after = (_held(facts, value) for value in _counters(facts, site))
        if sum(before.values()) <= capacity_g < sum(after.values()):
            stated = {"stock_g": sum(after.values()), "capacity_g": capacity_g}
            yield Lapse(facts.payload.party, site, stated, None if after.get("RP") else OF_STATE, happened=True)


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


RULES: Final = (
    Rule(
        "R33",
        "storage-capacity-exceeded",
        frozenset({UnitStored, UnitDiscarded, UnitRegistered, ConsignmentReceived, ConsignmentStored, BatchClosed}),
        _find_overfull,
        touches=lambda event: [permits_key(event.party)],
        follows=_each_permit,
    ),
)
