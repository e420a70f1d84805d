"""How consignments travel: offered, picked up, handed on, put down, turned away, brought home, sent elsewhere.

Custody moves by two signatures, line by line, and never to nobody. Which statement takes a unit where, and who signs
it, says the table (``ledger.fold.consignment_table``); what else each statement asks is here. Receptions are in
``ledger.fold.reception``.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain import custody as kinds
from ledger.domain.life import UnitQuarantined
from ledger.domain.payload import act_key, key_key, party_key, site_key, unit_key
from ledger.errors import KeyNotInForce, NotConcerned, TransitionNotAllowed
from ledger.fold.admission import acting_for
from ledger.fold.consignment import (
    check_assigned,
    check_concerned,
    check_not_ended,
    consignment_in,
    has_ended,
    name_parties,
    parties_to,
    step,
    tally,
)
from ledger.fold.consignment_table import stages_of
from ledger.fold.legal_day import legal_day
from ledger.fold.life import check_movable, check_no_order, check_unblocked
from ledger.fold.regime import FEDERAL, class_of, tables_keys, tables_on
from ledger.fold.state import Draft, State, Value

RECALL_PURPOSES: Final = frozenset({"recall_return", "warranty_return", "waste_rp", "waste_rme"})
_NEXT_CARRIERS_MAX: Final = kinds.CARRIERS_MAX
_OF_BOTH_ENDS: Final = (
    kinds.ConsignmentReturned,
    kinds.ConsignmentRedirected,
    kinds.ConsignmentCancelled,
    kinds.ConsignmentDelivered,
    kinds.DiscrepancyResolved,
)
"""Statements whose rules ask whether the consignment's ends can still sign."""


def further_keys(state: State, payload: object) -> list[str]:
    """Keys reached only through loaded values.

    The ends of a consignment, of which one may have ended; the loads of units that a driver may quarantine; for a
    pick-up, the law that classes its units, and the site that they leave.
    """
    if isinstance(payload, kinds.ConsignmentPickedUp):
        origin = (state.get(act_key(payload.consignment)) or {}).get("origin")
        return [*tables_keys(state, FEDERAL), *([site_key(origin)] if origin else [])]
    if isinstance(payload, UnitQuarantined):
        units = [state.get(unit_key(unit)) for unit in payload.units]
        return [act_key(unit["consignment"]) for unit in units if unit is not None and "consignment" in unit]
    if not isinstance(payload, _OF_BOTH_ENDS):
        return []
    act = state.get(act_key(payload.consignment))
    if act is None or act["kind"] != "consignment":
        return []
    return [party_key(party) for party in (act["consignor"], act["consignee"]) if party]


def _offer(draft: Draft, payload: kinds.ConsignmentOffered) -> None:
    act = _opened(draft, payload)
    _check_destination(draft, payload)
    for n, link in enumerate(payload.units):
        pointer = f"/units/{n}"
        unit = draft.edit(unit_key(link.id), pointer)
        check_movable(unit, pointer)
        if "recalled" in unit and payload.purpose not in RECALL_PURPOSES:
            raise TransitionNotAllowed("a recalled unit travels only back to its maker or as waste", field=pointer)
        unit["consignment"] = payload.consignment
        unit["line"] = "offered"
    tally(act, "offered", len(payload.units))
    if act["counts"]["offered"] > act["units_total"]:
        raise TransitionNotAllowed("more units than units_total were offered", field="/units_total")
    if act["counts"]["offered"] == act["units_total"]:
        act["stage"] = "offered"


def _check_destination(draft: Draft, payload: kinds.ConsignmentOffered | kinds.ConsignmentRedirected) -> None:
    if payload.destination is None:
        return
    if draft.get(site_key(payload.destination), "/destination")["party"] != payload.consignee:
        raise NotConcerned("the destination is operated by another party", field="/destination")


def _opened(draft: Draft, payload: kinds.ConsignmentOffered) -> Value:
    """The consignment, opened by its first offer; a later one must say the same about it."""
    terms: Value = {
        "kind": "consignment",
        "consignor": payload.party,
        "consignee": payload.consignee,
        "carriers": payload.carriers,
        "purpose": payload.purpose,
        "units_total": payload.units_total,
        "fitting": payload.fitting,
    }
    border = payload.border.model_dump(exclude_none=True) if payload.border else None
    stated = {
        "destination": payload.destination,
        "mode": payload.mode,
        "approval": payload.approval,
        "border": border,
    }
    terms |= {name: value for name, value in stated.items() if value is not None}
    key = act_key(payload.consignment)
    if draft.find(key) is None:
        check_not_ended(draft, payload.consignee, "/consignee")
        for n, carrier in enumerate(payload.carriers):
            check_not_ended(draft, carrier, f"/carriers/{n}")
        origin = {"origin": payload.site} if payload.site else {}
        draft.put(key, {**terms, **origin, "stage": "offering", "counts": {}})
        name_parties(draft, terms)
        return draft.edit(key)
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    if {name: act.get(name) for name in (*terms, *stated)} != {**stated, **terms}:
        raise TransitionNotAllowed("the parts of one consignment share their terms", field="/consignment")
    return act


def _pick_up(draft: Draft, payload: kinds.ConsignmentPickedUp) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    check_assigned(draft, act)
    for n, link in enumerate(payload.units):
        check_unblocked(step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}"), f"/units/{n}")
    act["stage"] = "moving"
    act.setdefault("picked_up_at", payload.occurred_at)
    if _is_hazardous(draft, act, payload):
        act["waste_class"] = "RP"
    if payload.party not in act["carriers"]:
        act["carriers"] = [*act["carriers"], payload.party]


def _is_hazardous(draft: Draft, act: Value, payload: kinds.ConsignmentPickedUp) -> bool:
    """Whether any unit is hazardous waste by the law of the day on which it leaves, whatever the purpose says."""
    site = act.get("origin") or payload.site
    day = legal_day(payload.occurred_at, draft.get(site_key(site)) if site else None)
    tables = tables_on(draft.state, FEDERAL, day)
    return any(class_of(draft.get(unit_key(link.id)), tables) == "RP" for link in payload.units)


def _hand_on(draft: Draft, payload: kinds.ConsignmentHandedOn) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    check_assigned(draft, act)
    check_not_ended(draft, payload.to, "/to")
    draft.named.add(payload.to)
    for n, link in enumerate(payload.units):
        unit = step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}")
        unit["to"] = payload.to
    others = [party for party in act.get("next_carriers", []) if party != payload.to]
    act["next_carriers"] = [*others, payload.to][-_NEXT_CARRIERS_MAX:]


def _store(draft: Draft, payload: kinds.ConsignmentStored) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    check_assigned(draft, act)
    for n, link in enumerate(payload.units):
        unit = step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}")
        unit["site"] = payload.site


def _assign(draft: Draft, payload: kinds.ConsignmentAssigned) -> None:
    """The newest list of a carrier counts; another carrier's stays."""
    act = consignment_in(draft, payload.consignment, "offering", "offered", "moving")
    if payload.party not in [*act["carriers"], *act.get("next_carriers", [])]:
        raise NotConcerned("only a carrier of the consignment assigns it", field="/party")
    act["drivers"] = {**act.get("drivers", {}), payload.party: list(payload.drivers)}


def _refuse(draft: Draft, payload: kinds.ConsignmentRefused) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    check_concerned(draft, act["consignee"], "consignee")
    for n, link in enumerate(payload.units):
        step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}")


def _return(draft: Draft, payload: kinds.ConsignmentReturned) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    check_concerned(draft, act["consignor"], "consignor")
    for n, link in enumerate(payload.units):
        unit = step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}")
        if payload.site is not None:
            unit["site"] = payload.site


def _cancel(draft: Draft, payload: kinds.ConsignmentCancelled) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind), "claimed")
    if act["stage"] == "claimed":
        _drop_claims(draft, act, payload)
        return
    check_concerned(draft, act["consignor"], "consignor")
    for n, link in enumerate(payload.units):
        if act["stage"] == "offering":
            act["units_total"] = act["counts"]["offered"]
            act["stage"] = "offered"
        step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}")


def _drop_claims(draft: Draft, act: Value, payload: kinds.ConsignmentCancelled) -> None:
    """The consignee takes back what it entered from paper; of one that has ended, the consignor does."""
    if not (has_ended(draft, act["consignee"]) and act["consignor"] in acting_for(draft)):
        check_concerned(draft, act["consignee"], "consignee")
    for n, link in enumerate(payload.units):
        unit = draft.edit(unit_key(link.id), f"/units/{n}")
        if unit.get("claim", {}).get("consignment") != payload.consignment:
            raise TransitionNotAllowed("the unit is not claimed by this consignment", field=f"/units/{n}")
        unit.pop("claim")


def _redirect(draft: Draft, payload: kinds.ConsignmentRedirected) -> None:
    """One consignment has one consignee for ever, so what goes elsewhere goes under a consignment of its own."""
    act = consignment_in(draft, payload.consignment, *stages_of(payload.kind))
    _check_opens_another(draft)
    check_not_ended(draft, payload.consignee, "/consignee")
    _check_destination(draft, payload)
    draft.named.add(payload.consignee)
    if act["consignor"] not in acting_for(draft):
        # Its consignor cannot object any more, and its consignee waits in vain.
        facts = {"consignment": payload.consignment}
        draft.open_finding("redirected-by-holder", party=payload.party, subject=payload.into, **facts)
    carriers: dict[str, None] = {}
    for n, link in enumerate(payload.units):
        unit = step(draft, payload.consignment, act, payload.kind, link.id, f"/units/{n}")
        check_no_order(unit, f"/units/{n}")
        unit |= {"consignment": payload.into, "line": "carried"}
        unit.pop("site", None)
        carriers[unit["holder"]] = None
    opened = _on_the_way(act, payload, list(carriers))
    draft.put(act_key(payload.into), opened)
    draft.named.update(parties_to(opened))


def _check_opens_another(draft: Draft) -> None:
    """A key that was made for one consignment hands that one over, and decides on no other.

    Raises:
        KeyNotInForce: the key is such a one.
    """
    event = draft.event
    if draft.get(key_key(event.party, event.kid))["limits"].get("consignment"):
        raise KeyNotInForce("the key is limited to one consignment", field="/into", kid=event.kid)


def _on_the_way(act: Value, payload: kinds.ConsignmentRedirected, carriers: list[str]) -> Value:
    """The consignment under which redirected units travel on."""
    kept = ("kind", "consignor", "purpose", "mode", "fitting", "approval", "picked_up_at", "waste_class")
    drivers = {party: kids for party, kids in act.get("drivers", {}).items() if party in carriers}
    stated = {"destination": payload.destination, "drivers": drivers}
    return {
        **{name: act[name] for name in kept if name in act},
        **{name: value for name, value in stated.items() if value},
        "consignee": payload.consignee,
        "carriers": carriers,
        "units_total": len(payload.units),
        "stage": "moving",
        "counts": {"offered": len(payload.units)},
        "redirected_from": payload.consignment,
    }


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.ConsignmentOffered: _offer,
    kinds.ConsignmentPickedUp: _pick_up,
    kinds.ConsignmentHandedOn: _hand_on,
    kinds.ConsignmentStored: _store,
    kinds.ConsignmentAssigned: _assign,
    kinds.ConsignmentRefused: _refuse,
    kinds.ConsignmentReturned: _return,
    kinds.ConsignmentCancelled: _cancel,
    kinds.ConsignmentRedirected: _redirect,
}
