"""Consignments: custody moves by two signatures, line by line, and never to nobody.

Stages of a consignment: ``offering`` (fewer units offered than ``units_total``) → ``offered`` → ``moving`` →
``closed``, or ``cancelled``. Lines of a unit in it: ``offered`` → ``carried`` → (``handed`` → ``carried``)… → out
of it when accepted, or ``refused`` / ``missing`` until received after all, returned, or lost. Once all that was offered
is out of it, a part of the offer that never came does not keep the consignment open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain import custody as kinds
from ledger.domain.payload import act_key, party_key, site_key, unit_key
from ledger.errors import NotConcerned, NotHolder, SubjectExists, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import acting_for
from ledger.fold.life import ABROAD, HELD, IN_USE, TERMINAL, check_movable, check_unblocked, leave_consignment, tally
from ledger.fold.state import Draft, State, Value

RECALL_PURPOSES: Final = frozenset({"recall_return", "warranty_return", "waste_rp", "waste_rme"})
UNREGISTERED_GIVERS: Final = frozenset({"tow_truck", "impound", "salvage", "scrap_collector", "party"})
"""Givers who ought to be registered parties: their absence is a finding about the origin, not about the yard."""


def further_keys(state: State, payload: object) -> list[str]:
    """Keys reached only through loaded values: the consignee that may have ended before it could refuse."""
    if not isinstance(payload, kinds.ConsignmentReturned):
        return []
    consignment = state.get(act_key(payload.consignment))
    if consignment is None or consignment["kind"] != "consignment":
        return []
    return [party_key(consignment["consignee"])]


def _consignment(draft: Draft, consignment: str, *stages: str) -> Value:
    act = draft.edit(act_key(consignment), "/consignment")
    if act["kind"] != "consignment":
        raise SubjectUnknown("not a consignment", field="/consignment")
    if act["stage"] not in stages:
        raise TransitionNotAllowed(f"the consignment is {act['stage']}", field="/consignment", stage=act["stage"])
    _name_parties(draft, act)
    return act


def _name_parties(draft: Draft, act: Value) -> None:
    draft.named.update(party for party in (act["consignor"], act["consignee"], *act["carriers"]) if party)


def _check_concerned(draft: Draft, party: str, role: str) -> None:
    """The signer is this party of the consignment, or its successor if it ended.

    Raises:
        NotConcerned: it is neither.
    """
    if party not in acting_for(draft):
        raise NotConcerned(f"only the {role} signs this", field="/party")


def _check_not_ended(draft: Draft, party: str, pointer: str) -> None:
    if "closed_at" in draft.get(party_key(party), pointer):
        raise TransitionNotAllowed("the party has ended", field=pointer)


def _line(draft: Draft, act_id: str, unit: str, pointer: str, *lines: str) -> Value:
    """The unit, to be changed, which must be in this consignment with one of these lines."""
    value = draft.edit(unit_key(unit), pointer)
    if value.get("consignment") != act_id:
        raise TransitionNotAllowed("the unit is not in this consignment", field=pointer, cure="receive it as `extra`")
    if value["line"] not in lines:
        raise TransitionNotAllowed(f"the unit's line is {value['line']}", field=pointer, line=value["line"])
    return value


def _offer(draft: Draft, payload: kinds.ConsignmentOffered) -> None:
    act = _opened(draft, payload)
    if payload.destination is not None:
        destination = draft.get(site_key(payload.destination), "/destination")
        if destination["party"] != payload.consignee:
            raise NotConcerned("the destination is operated by another party", field="/destination")
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


def _opened(draft: Draft, payload: kinds.ConsignmentOffered) -> Value:
    """The consignment, opened by its first offer; a later one must say the same about it."""
    terms: Value = {
        "kind": "consignment",
        "consignor": payload.party,
        "consignee": payload.consignee,
        "carriers": payload.carriers,
        "purpose": payload.purpose,
        "units_total": payload.units_total,
    }
    stated = {"destination": payload.destination, "mode": payload.mode}
    terms |= {name: value for name, value in stated.items() if value is not None}
    key = act_key(payload.consignment)
    if draft.find(key) is None:
        _check_not_ended(draft, payload.consignee, "/consignee")
        for n, carrier in enumerate(payload.carriers):
            _check_not_ended(draft, carrier, f"/carriers/{n}")
        draft.put(key, {**terms, "stage": "offering", "counts": {}})
        _name_parties(draft, terms)
        return draft.edit(key)
    act = _consignment(draft, payload.consignment, "offering")
    if {name: act.get(name) for name in (*terms, *stated)} != {**stated, **terms}:
        raise TransitionNotAllowed("the parts of one consignment share their terms", field="/consignment")
    return act


def _pick_up(draft: Draft, payload: kinds.ConsignmentPickedUp) -> None:
    act = _consignment(draft, payload.consignment, "offered", "moving")
    for n, link in enumerate(payload.units):
        pointer = f"/units/{n}"
        unit = _line(draft, payload.consignment, link.id, pointer, "offered", "handed")
        check_unblocked(unit, pointer)
        _check_may_carry(draft, act, unit, pointer)
        unit["holder"] = payload.party
        unit["line"] = "carried"
        for member in ("to", "site"):
            unit.pop(member, None)
    act["stage"] = "moving"
    if payload.party not in act["carriers"]:
        act["carriers"] = [*act["carriers"], payload.party]


def _check_may_carry(draft: Draft, act: Value, unit: Value, pointer: str) -> None:
    if unit["line"] == "handed":
        if unit["to"] != draft.event.party:
            raise NotConcerned("the unit was handed on to another carrier", field=pointer)
    elif draft.event.party not in act["carriers"]:
        raise NotConcerned("the consignor named other carriers", field="/party")


def _hand_on(draft: Draft, payload: kinds.ConsignmentHandedOn) -> None:
    _consignment(draft, payload.consignment, "moving")
    _check_not_ended(draft, payload.to, "/to")
    draft.named.add(payload.to)
    for n, link in enumerate(payload.units):
        unit = _line(draft, payload.consignment, link.id, f"/units/{n}", "carried", "handed")
        unit["line"] = "handed"
        unit["to"] = payload.to


def _receive(draft: Draft, payload: kinds.ConsignmentReceived) -> None:
    match payload.basis:
        case "offer":
            _receive_offered(draft, payload)
        case "attested":
            _open_reception(draft, payload, payload.giver.capacity if payload.giver else "party")
            _receive_one_sided(draft, payload, _take_attested)
        case "emergency":
            _open_reception(draft, payload, "emergency")
            _receive_one_sided(draft, payload, _take_in_emergency)
        case "succession":
            _open_reception(draft, payload, "succession")
            _receive_one_sided(draft, payload, _take_as_successor)
    if payload.ticket is not None:
        draft.get(act_key(payload.ticket), "/ticket")


def _receive_offered(draft: Draft, payload: kinds.ConsignmentReceived) -> None:
    act = _consignment(draft, payload.consignment, "offered", "moving", "closed")
    _check_concerned(draft, act["consignee"], "consignee")
    draft.concerned.add(act["consignor"])
    for n, line in enumerate(payload.lines):
        _RECEPTION[line.outcome](draft, act, payload, line, f"/lines/{n}")


def _accept(draft: Draft, act: Value, payload: kinds.ConsignmentReceived, line: kinds.Line, pointer: str) -> None:
    unit = _line(draft, payload.consignment, line.id, pointer, "carried", "handed", "offered", "missing", "refused")
    if unit["line"] == "offered" and act["carriers"]:
        _excuse_carrier(draft, act, payload, pointer)
    _take(draft, unit, line, "own_key")
    tally(act, "accepted", 1)


def _excuse_carrier(draft: Draft, act: Value, payload: kinds.ConsignmentReceived, pointer: str) -> None:
    """A carrier that never signed does not keep the consignee from receiving: an exception and a finding do."""
    if payload.exception is None or payload.exception.reason != "carrier_did_not_sign":
        raise TransitionNotAllowed(
            "no carrier has signed for this unit",
            field=pointer,
            cure="have the carrier sign, or add the exception carrier_did_not_sign",
        )
    draft.open_finding("carrier-did-not-sign", party=act["carriers"][0], subject=payload.consignment)


def _refuse_line(draft: Draft, act: Value, payload: kinds.ConsignmentReceived, line: kinds.Line, pointer: str) -> None:
    _turn_away(draft, act, payload.consignment, line.id, pointer)


def _turn_away(draft: Draft, act: Value, consignment: str, unit_id: str, pointer: str) -> None:
    """The unit stays with the carrier until returned; with the consignor, it never left."""
    unit = _line(draft, consignment, unit_id, pointer, "carried", "handed", "offered")
    if unit["holder"] == act["consignor"]:
        leave_consignment(draft, unit, "returned")
        return
    unit["line"] = "refused"
    unit.pop("to", None)


def _miss(draft: Draft, act: Value, payload: kinds.ConsignmentReceived, line: kinds.Line, pointer: str) -> None:
    unit = _line(draft, payload.consignment, line.id, pointer, "carried", "handed", "offered")
    draft.open_finding("missing-at-reception", party=unit["holder"], subject=line.id)
    if unit["holder"] == act["consignor"]:
        leave_consignment(draft, unit, "returned")
        return
    unit["line"] = "missing"
    unit.pop("to", None)


def _claim_extra(draft: Draft, act: Value, payload: kinds.ConsignmentReceived, line: kinds.Line, pointer: str) -> None:
    """An extra unit is a claim until the consignor agrees: it changes no holder."""
    unit = draft.edit(unit_key(line.id), pointer)
    if unit.get("consignment") == payload.consignment or unit["stage"] not in HELD:
        raise TransitionNotAllowed("only a unit outside the consignment is extra", field=pointer)
    if unit["holder"] != act["consignor"]:
        raise NotConcerned("the consignor does not hold this unit, so it cannot agree to the claim", field=pointer)
    unit["claim"] = {
        "by": payload.party,
        "event": draft.event.id,
        **({"site": payload.site} if payload.site else {}),
    }
    draft.open_finding("extra-at-reception", party=act["consignor"], subject=line.id)


_RECEPTION: Final[dict[str, Callable[[Draft, Value, kinds.ConsignmentReceived, kinds.Line, str], None]]] = {
    "accepted": _accept,
    "refused": _refuse_line,
    "missing": _miss,
    "extra": _claim_extra,
}


def _take(draft: Draft, unit: Value, line: kinds.Line, assurance: str) -> None:
    """Give the unit to the signer, as this line describes it."""
    payload = draft.event.payload
    unit["holder"] = payload.party
    unit["assurance"] = assurance
    for member in ("consignment", "line", "to", "site", "lost", "stolen", "claim"):
        unit.pop(member, None)
    if payload.site is not None:
        unit["site"] = payload.site
    if line.mass_g is not None:
        unit["set_by"] = {"received_mass_g": draft.event.id}
        unit["received_mass_g"] = line.mass_g
        unit["received_mass_basis"] = line.mass_basis
    if line.condition is not None:
        unit["condition"] = line.condition


def _open_reception(draft: Draft, payload: kinds.ConsignmentReceived, purpose: str) -> None:
    """A reception without an offer is a consignment of its own, closed at once.

    Raises:
        SubjectExists: it names one that is there: another's lines must not be written over.
    """
    if draft.find(act_key(payload.consignment)) is not None:
        raise SubjectExists("a reception without an offer opens its own consignment", field="/consignment")
    act: Value = {
        "kind": "consignment",
        "consignor": None,
        "consignee": payload.party,
        "carriers": [],
        "purpose": purpose,
    }
    counts = {"offered": len(payload.lines), "accepted": len(payload.lines)}
    draft.put(
        act_key(payload.consignment),
        {**act, "units_total": len(payload.lines), "stage": "closed", "counts": counts},
    )


def _receive_one_sided(draft: Draft, payload: kinds.ConsignmentReceived, take: Callable[..., None]) -> None:
    for n, line in enumerate(payload.lines):
        if line.outcome != "accepted":
            raise TransitionNotAllowed("a reception without an offer only accepts", field=f"/lines/{n}/outcome")
        unit = draft.edit(unit_key(line.id), f"/lines/{n}")
        if unit["stage"] in TERMINAL or unit["stage"] == "reserved":
            raise TransitionNotAllowed(f"the unit is {unit['stage']}", field=f"/lines/{n}", stage=unit["stage"])
        if unit["holder"] not in (IN_USE, ABROAD):
            draft.named.add(unit["holder"])
        take(draft, payload, line, unit, f"/lines/{n}")
        if unit["stage"] == "in_use":
            unit["stage"] = "removed"
        if unit["stage"] == "exported":
            unit["stage"] = unit.pop("before_export")


def _take_attested(
    draft: Draft, payload: kinds.ConsignmentReceived, line: kinds.Line, unit: Value, pointer: str
) -> None:
    giver = payload.giver
    if giver is None:
        raise NotConcerned("an attested reception names its giver", field="/giver")
    if unit["holder"] not in (IN_USE, payload.party):
        raise TransitionNotAllowed(
            "a registered party holds this unit: it signs its own offer",
            field=pointer,
            cure="have the holder offer it; a dangerous unit is received on the basis `emergency`",
        )
    if "consignment" in unit:
        raise TransitionNotAllowed("the unit is in a consignment", field=pointer, consignment=unit["consignment"])
    _take(draft, unit, line, giver.assurance)
    if giver.capacity in UNREGISTERED_GIVERS:
        draft.open_finding("giver-not-registered", party=payload.party, subject=line.id, origin=giver.capacity)


def _take_in_emergency(draft: Draft, payload: kinds.ConsignmentReceived, line: kinds.Line, unit: Value, _: str) -> None:
    """Never refuse a dangerous pack at the gate: the finding names the origin, not the yard."""
    origin = unit["holder"]
    if "stolen" in unit and origin != payload.party:
        # Whoever takes it in alone also takes the warning off it: here it is the yard that has to answer.
        draft.open_finding("stolen-taken-in", party=payload.party, subject=line.id, holder=origin)
    leave_consignment(draft, unit, "taken")
    _take(draft, unit, line, "one_sided")
    if origin not in (IN_USE, payload.party):
        draft.open_finding("one-signature-reception", party=origin, subject=line.id, received_by=payload.party)


def _take_as_successor(
    draft: Draft, payload: kinds.ConsignmentReceived, line: kinds.Line, unit: Value, pointer: str
) -> None:
    if unit["holder"] == payload.party or unit["holder"] not in acting_for(draft):
        raise NotHolder("the holder has not ended with this party as its successor", field=pointer, unit=line.id)
    leave_consignment(draft, unit, "taken")
    _take(draft, unit, line, "own_key")


def _refuse(draft: Draft, payload: kinds.ConsignmentRefused) -> None:
    act = _consignment(draft, payload.consignment, "offered", "moving")
    _check_concerned(draft, act["consignee"], "consignee")
    for n, link in enumerate(payload.units):
        _turn_away(draft, act, payload.consignment, link.id, f"/units/{n}")


def _return(draft: Draft, payload: kinds.ConsignmentReturned) -> None:
    act = _consignment(draft, payload.consignment, "moving")
    _check_concerned(draft, act["consignor"], "consignor")
    lines = ["refused", "missing"]
    if "closed_at" in draft.get(party_key(act["consignee"])):
        # Nobody is left to refuse the units, so they would stay on the road for ever.
        lines += ["carried", "handed"]
    for n, link in enumerate(payload.units):
        unit = _line(draft, payload.consignment, link.id, f"/units/{n}", *lines)
        unit["holder"] = payload.party
        leave_consignment(draft, unit, "returned")
        if payload.site is not None:
            unit["site"] = payload.site


def _cancel(draft: Draft, payload: kinds.ConsignmentCancelled) -> None:
    act = _consignment(draft, payload.consignment, "offering", "offered", "moving")
    _check_concerned(draft, act["consignor"], "consignor")
    for n, link in enumerate(payload.units):
        unit = _line(draft, payload.consignment, link.id, f"/units/{n}", "offered")
        if act["stage"] == "offering":
            act["units_total"] = act["counts"]["offered"]
            act["stage"] = "offered"
        leave_consignment(draft, unit, "cancelled")


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.ConsignmentOffered: _offer,
    kinds.ConsignmentPickedUp: _pick_up,
    kinds.ConsignmentHandedOn: _hand_on,
    kinds.ConsignmentReceived: _receive,
    kinds.ConsignmentRefused: _refuse,
    kinds.ConsignmentReturned: _return,
    kinds.ConsignmentCancelled: _cancel,
}
