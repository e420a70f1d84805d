"""What is looked at when a load leaves: how old its assessments are, what has to be approved, how it may not travel.

Nothing here blocks. ``ASSESSMENT_DAYS_MAX`` is a policy of this ledger: SP 376 asks for an assessment and tells no age.
What the consignor could have known opens its finding with the offer; with a pick-up opens only what came up since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from certification.coverage import find_load
from compliance.load import Load
from ledger.domain.custody import ConsignmentOffered, ConsignmentPickedUp
from ledger.domain.payload import act_key, site_key, unit_key
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL, FEDERAL_REGIME, tables_keys, tables_on
from ledger.fold.state import Draft, State, Value

ASSESSMENT_DAYS_MAX: Final = 30
ASSESSMENT_SOURCE: Final = "UN Model Regulations SP 376; 30 days: policy"
APPROVAL_SOURCE: Final = "UN Model Regulations SP 376, P911, LP906"
DAMAGED_BY_AIR_SOURCE: Final = "UN Model Regulations SP 376; ICAO Technical Instructions"
WASTE_BY_AIR_ARTICLES: Final = {
    "RP": "LGPGIR 67 I, 106 X",
    "RME": "ICAO Technical Instructions, waste batteries",
}
"""The prohibition of LGPGIR 67 is of hazardous waste alone."""

Requirement = Literal["assessment-stale", "approval-missing", "waste-by-air", "damaged-by-air"]
_DAY_S: Final = 86_400


@dataclass(frozen=True, slots=True)
class Shortcoming:
    """One requirement that a unit does not meet as it leaves, with what a finding says of it."""

    requirement: Requirement
    facts: Mapping[str, int | str] = field(default_factory=dict)


def find_shortcomings(
    unit: Value, *, purpose: str, approval: str | None, mode: str | None, at: int, tables: Value
) -> tuple[Shortcoming, ...]:
    """What stands against this unit's leaving at the instant (seconds since 1970).

    Args:
        unit: its state value.
        purpose: why it travels.
        approval: the competent authority's, for the whole consignment.
        mode: how it travels; None if nobody said.
        at: when it leaves.
        tables: the federal ones of that day, by which waste is classed.
    """
    found = [*_of_assessment(unit, at), *_of_approval(unit, approval)]
    return (*found, *_of_air(unit, purpose, tables)) if mode == "air" else tuple(found)


def _of_assessment(unit: Value, at: int) -> Iterator[Shortcoming]:
    if unit.get("condition", "sound") == "sound":
        return
    facts: dict[str, int | str] = {"days_max": ASSESSMENT_DAYS_MAX, "source": ASSESSMENT_SOURCE}
    assessed_at = assessed_at_of(unit)
    if assessed_at is None:
        yield Shortcoming("assessment-stale", facts)
    elif (days := (at - assessed_at) // _DAY_S) > ASSESSMENT_DAYS_MAX:
        yield Shortcoming("assessment-stale", {"days": days, **facts})


def assessed_at_of(unit: Value) -> int | None:
    """When the unit was last assessed (seconds since 1970), by whoever held it then; None if nobody did."""
    assessed = unit.get("assessed")
    return int(assessed["mark"][0]) if assessed is not None else None


def _of_approval(unit: Value, approval: str | None) -> Iterator[Shortcoming]:
    if unit.get("condition") == "critical" and approval is None:
        yield Shortcoming("approval-missing", {"source": APPROVAL_SOURCE})


def _of_air(unit: Value, purpose: str, tables: Value) -> Iterator[Shortcoming]:
    waste = find_load("", unit, purpose, tables)
    if waste is not None:
        yield Shortcoming("waste-by-air", {"article": WASTE_BY_AIR_ARTICLES[waste.waste_class]})
    if unit.get("condition", "sound") != "sound":
        yield Shortcoming("damaged-by-air", {"source": DAMAGED_BY_AIR_SOURCE})


def shortcomings_of(load: Load, at: int) -> dict[str, tuple[Shortcoming, ...]]:
    """What stands against the load's leaving at the instant, by unit; only of units that are still to be picked up."""
    approval, mode, tables = load.act.get("approval"), load.act.get("mode"), load.tables
    by_unit = {
        line.unit: find_shortcomings(
            line.value, purpose=load.purpose, approval=approval, mode=mode, at=at, tables=tables
        )
        for line in load.lines
        if line.line == "offered"
    }
    return {unit: found for unit, found in by_unit.items() if found}


def needs_isolation_card(unit: Value) -> bool:
    """Whether a card goes on the unit that says to keep it apart: it is damaged, critical, or in quarantine."""
    return unit.get("condition", "sound") != "sound" or "quarantined" in unit


def _apply(draft: Draft) -> None:
    match draft.event.payload:
        case ConsignmentOffered() as offer:
            _judge_offer(draft, offer)
        case ConsignmentPickedUp() as pick_up:
            _judge_pick_up(draft, pick_up)


def _judge_offer(draft: Draft, payload: ConsignmentOffered) -> None:
    tables = _tables(draft)
    for link in payload.units:
        found = find_shortcomings(
            draft.get(unit_key(link.id)),
            purpose=payload.purpose,
            approval=payload.approval,
            mode=payload.mode,
            at=payload.occurred_at,
            tables=tables,
        )
        _open(draft, payload.party, link.id, found)


def _judge_pick_up(draft: Draft, payload: ConsignmentPickedUp) -> None:
    """The consignor goes on answering for what it ships; for the mode that it chose itself, the carrier does."""
    act = draft.get(act_key(payload.consignment))
    mode = payload.mode if payload.mode != act.get("mode") else None
    tables = _tables(draft)
    for link in payload.units:
        before = draft.state.get(unit_key(link.id))
        if before is None:
            continue
        for shortcoming in find_shortcomings(
            before,
            purpose=act["purpose"],
            approval=act.get("approval"),
            mode=mode,
            at=payload.occurred_at,
            tables=tables,
        ):
            if shortcoming.requirement in ("waste-by-air", "damaged-by-air"):
                _open(draft, payload.party, link.id, (shortcoming,))
            elif _came_up_since(before, shortcoming):
                _open(draft, act["consignor"], link.id, (shortcoming,))


def _came_up_since(unit: Value, shortcoming: Shortcoming) -> bool:
    """Whether it was not there yet at the unit's last hand-over, which for the first pick-up is the offer."""
    assessed_at = assessed_at_of(unit)
    if assessed_at is not None and assessed_at > unit["head_at"]:
        return True
    if shortcoming.requirement != "assessment-stale" or assessed_at is None or unit["line"] != "offered":
        return False
    return not any(_of_assessment(unit, unit["head_at"]))


def _open(draft: Draft, party: str, unit: str, found: tuple[Shortcoming, ...]) -> None:
    for shortcoming in found:
        draft.open_finding(shortcoming.requirement, party=party, subject=unit, **shortcoming.facts)


def _tables(draft: Draft) -> Value:
    """The federal tables of the legal day on which the load leaves."""
    payload = draft.event.payload
    site = draft.get(site_key(payload.site)) if payload.site else None
    return tables_on(draft.state, FEDERAL, legal_day(payload.occurred_at, site))


def _touches(_: Event) -> list[str]:
    return [FEDERAL_REGIME]


def _follows(state: State, _: Event) -> list[str]:
    return tables_keys(state, FEDERAL)


TRANSPORT_CHECK: Final = Check(
    "transport", _touches, _follows, _apply, frozenset({ConsignmentOffered, ConsignmentPickedUp})
)
"""Opens ``assessment-stale``, ``approval-missing``, ``waste-by-air`` and ``damaged-by-air``; reads only what the
statement itself extends, its site, and the law."""
