"""How units come out of the giver's hands: received, delivered abroad, taken in by one signature, claimed by paper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from ledger.domain import custody as kinds
from ledger.domain.correction import EventAgreed
from ledger.domain.payload import act_key, party_key, unit_key
from ledger.errors import NotConcerned, NotHolder, SubjectExists, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import acting_for, signer_assurance
from ledger.fold.consignment import (
    check_concerned,
    consignment_in,
    leave_consignment,
    name_parties,
    step,
    tally,
)
from ledger.fold.consignment_table import stages_of
from ledger.fold.life import ABROAD, HELD, IN_USE, TERMINAL, blocking_orders
from ledger.fold.state import Draft, Value

UNREGISTERED_GIVERS: Final = frozenset({"tow_truck", "impound", "salvage", "scrap_collector", "party"})
"""Givers who ought to be registered parties: their absence is a finding about the origin, not about the yard."""


def _receive(draft: Draft, payload: kinds.ConsignmentReceived) -> None:
    match payload.basis:
        case "offer":
            _receive_offered(draft, payload)
        case "paper":
            _claim_by_paper(draft, payload)
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
        _check_ticket(draft, payload.ticket, payload.consignment)


def _check_ticket(draft: Draft, ticket: str, consignment: str) -> None:
    """What a reception names as its weigh ticket is one, and was not weighed for another consignment."""
    value = draft.get(act_key(ticket), "/ticket")
    if value["kind"] != "ticket":
        raise SubjectUnknown("not a weigh ticket", field="/ticket")
    if value.get("consignment", consignment) != consignment:
        raise NotConcerned("the ticket was weighed for another consignment", field="/ticket")


def _receive_offered(draft: Draft, payload: kinds.ConsignmentReceived) -> None:
    act = consignment_in(draft, payload.consignment, "offered", "moving", "closed")
    check_concerned(draft, act["consignee"], "consignee")
    draft.concerned.add(act["consignor"])
    _note_arrival(draft, act)
    _excuse_carrier(draft, act, payload)
    for n, line in enumerate(payload.lines):
        pointer = f"/lines/{n}"
        if line.outcome == "extra":
            _claim_extra(draft, act, payload, line, pointer)
            continue
        _tell_of_missing(draft, payload, line, pointer)
        unit = step(draft, payload.consignment, act, f"{payload.kind}/{line.outcome}", line.id, pointer)
        if line.outcome == "accepted":
            _take(draft, unit, _said(line), signer_assurance(draft), payload.site)


def _note_arrival(draft: Draft, act: Value) -> None:
    """From the last of it on, the paper that came along goes back; what is received after the close changes nothing."""
    if act["stage"] != "closed":
        act["received_at"] = draft.event.payload.occurred_at


def _tell_of_missing(
    draft: Draft, payload: kinds.ConsignmentReceived | kinds.ConsignmentDelivered, line: kinds.Line, pointer: str
) -> None:
    unit = draft.get(unit_key(line.id), pointer)
    if line.outcome == "missing" and "holder" in unit:
        draft.open_finding(
            "missing-at-reception", party=unit["holder"], subject=line.id, consignment=payload.consignment
        )


def _excuse_carrier(draft: Draft, act: Value, payload: kinds.ConsignmentReceived | kinds.ConsignmentDelivered) -> None:
    """A carrier that never signed does not keep the consignee from receiving: an exception and a finding do.

    Of a delivery abroad the movement document that it cites says enough; as nobody but the consignor says that the
    carrier had it, the finding is the consignor's.
    """
    unsigned = [f"/lines/{n}" for n, line in enumerate(payload.lines) if _is_unsigned(draft, act, line)]
    if not unsigned:
        return
    party = act["carriers"][0]
    if isinstance(payload, kinds.ConsignmentDelivered):
        party = payload.party
    elif not _says_carrier_did_not_sign(payload):
        raise TransitionNotAllowed(
            "no carrier has signed for this unit",
            field=unsigned[0],
            cure="have the carrier sign, or add the exception carrier_did_not_sign",
        )
    draft.open_finding("carrier-did-not-sign", party=party, subject=payload.consignment, units=len(unsigned))


def _is_unsigned(draft: Draft, act: Value, line: kinds.Line) -> bool:
    unit = draft.find(unit_key(line.id)) or {}
    return line.outcome == "accepted" and unit.get("line") == "offered" and bool(act["carriers"])


def _says_carrier_did_not_sign(payload: kinds.ConsignmentReceived) -> bool:
    return payload.exception is not None and payload.exception.reason == "carrier_did_not_sign"


def _claim_extra(draft: Draft, act: Value, payload: kinds.ConsignmentReceived, line: kinds.Line, pointer: str) -> None:
    """An extra unit is a claim until the consignor agrees: it changes no holder."""
    unit = draft.edit(unit_key(line.id), pointer)
    if unit.get("consignment") == payload.consignment or unit["stage"] not in HELD:
        raise TransitionNotAllowed("only a unit outside the consignment is extra", field=pointer)
    if unit["holder"] != act["consignor"]:
        raise NotConcerned("the consignor does not hold this unit, so it cannot agree to the claim", field=pointer)
    unit["claim"] = _claim(draft)
    draft.open_finding("extra-at-reception", party=act["consignor"], subject=line.id, consignment=payload.consignment)


def _claim(draft: Draft, **more: Any) -> Value:
    payload = draft.event.payload
    site = {"site": payload.site} if payload.site else {}
    return {"by": payload.party, "event": draft.event.id, **site, **more}


def _said(line: kinds.Line) -> Value:
    """What the line says of the unit itself."""
    return line.model_dump(include={"mass_g", "mass_basis", "condition"}, exclude_none=True)


def _take(draft: Draft, unit: Value, line: Mapping[str, Any], assurance: str, site: str | None) -> None:
    """Describe a unit that has changed hands as the line of its reception does, at the site where it is now."""
    unit["assurance"] = assurance
    for member in ("consignment", "line", "to", "site", "lost", "stolen", "claim"):
        unit.pop(member, None)
    if site is not None:
        unit["site"] = site
    if "mass_g" in line:
        unit["set_by"] = {"received_mass_g": draft.event.id}
        unit["received_mass_g"] = line["mass_g"]
        unit["received_mass_basis"] = line["mass_basis"]
    if "condition" in line:
        unit["condition"] = line["condition"]


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


def _check_only_accepts(line: kinds.Line, pointer: str) -> None:
    if line.outcome != "accepted":
        raise TransitionNotAllowed("a reception without an offer only accepts", field=f"{pointer}/outcome")


def _receive_one_sided(draft: Draft, payload: kinds.ConsignmentReceived, taking: Callable[..., None]) -> None:
    for n, line in enumerate(payload.lines):
        pointer = f"/lines/{n}"
        _check_only_accepts(line, pointer)
        unit = draft.edit(unit_key(line.id), pointer)
        if unit["stage"] in TERMINAL or unit["stage"] == "reserved":
            raise TransitionNotAllowed(f"the unit is {unit['stage']}", field=pointer, stage=unit["stage"])
        if unit["holder"] not in (IN_USE, ABROAD):
            draft.named.add(unit["holder"])
        taking(draft, payload, line, unit, pointer)
        if unit["stage"] == "in_use":
            unit["stage"] = "removed"
        if unit["stage"] == "exported":
            unit["stage"] = unit.pop("before_export")


def _take_alone(draft: Draft, unit: Value, line: kinds.Line, assurance: str) -> None:
    leave_consignment(draft, unit, "taken")
    unit["holder"] = draft.event.party
    _take(draft, unit, _said(line), assurance, draft.event.payload.site)


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
    _take_alone(draft, unit, line, giver.assurance)
    if giver.capacity in UNREGISTERED_GIVERS:
        draft.open_finding("giver-not-registered", party=payload.party, subject=line.id, origin=giver.capacity)


def _take_in_emergency(draft: Draft, payload: kinds.ConsignmentReceived, line: kinds.Line, unit: Value, _: str) -> None:
    """Never refuse a dangerous pack at the gate: the finding names the origin, not the yard."""
    origin = unit["holder"]
    if "stolen" in unit and origin != payload.party:
        # Whoever takes it in alone also takes the warning off it: here it is the yard that has to answer.
        draft.open_finding("stolen-taken-in", party=payload.party, subject=line.id, holder=origin)
    _take_alone(draft, unit, line, "one_sided")
    if origin not in (IN_USE, payload.party):
        draft.open_finding("one-signature-reception", party=origin, subject=line.id, received_by=payload.party)


def _take_as_successor(
    draft: Draft, payload: kinds.ConsignmentReceived, line: kinds.Line, unit: Value, pointer: str
) -> None:
    if unit["holder"] == payload.party or unit["holder"] not in acting_for(draft):
        raise NotHolder("the holder has not ended with this party as its successor", field=pointer, unit=line.id)
    _take_alone(draft, unit, line, signer_assurance(draft))


def _claim_by_paper(draft: Draft, payload: kinds.ConsignmentReceived) -> None:
    """What a paper says was handed over stays with the consignor until it agrees: one side alone enters it."""
    act = _entered_from_paper(draft, payload)
    consignor = act["consignor"]
    draft.concerned.add(consignor)
    name_parties(draft, act)
    for n, line in enumerate(payload.lines):
        pointer = f"/lines/{n}"
        _check_only_accepts(line, pointer)
        unit = draft.edit(unit_key(line.id), pointer)
        if "consignment" in unit or unit["stage"] not in HELD:
            raise TransitionNotAllowed("the unit is in a consignment, or nobody holds it", field=pointer)
        if unit["holder"] != consignor:
            raise NotConcerned("the consignor does not hold this unit, so it cannot agree to the claim", field=pointer)
        unit["claim"] = _claim(draft, consignment=payload.consignment, **_said(line))
    act["units_total"] += len(payload.lines)
    tally(act, "offered", len(payload.lines))


def _entered_from_paper(draft: Draft, payload: kinds.ConsignmentReceived) -> Value:
    """The consignment that the paper opens; a further statement about the same paper adds to it.

    Raises:
        NotConcerned: the consignee names itself as the consignor.
        SubjectExists: the consignment is there, and is not this paper's.
    """
    said = payload.on_paper
    if said is None or said.consignor == payload.party:
        raise NotConcerned("a paper entered by the consignee names who gave the units up", field="/on_paper/consignor")
    for n, carrier in enumerate(said.carriers):
        draft.get(party_key(carrier), f"/on_paper/carriers/{n}")
    terms: Value = {
        "kind": "consignment",
        "consignor": said.consignor,
        "consignee": payload.party,
        "carriers": said.carriers,
        "purpose": said.purpose,
        "fitting": "loose",
        "stage": "claimed",
    }
    if said.picked_up_at is not None:
        terms["picked_up_at"] = said.picked_up_at
    key = act_key(payload.consignment)
    before = draft.find(key)
    if before is None:
        draft.get(party_key(said.consignor), "/on_paper/consignor")
        scan = [payload.party, draft.event.id]
        papers = {said.form: {"number": said.number, "scanned_by": [scan]}}
        picked_up = {"picked_up_at": said.picked_up_at} if said.picked_up_at is not None else {}
        draft.put(key, {**terms, **picked_up, "papers": papers, "units_total": 0, "counts": {"offered": 0}})
        finding = {"form": said.form, "number": said.number}
        draft.open_finding("entered-from-paper", party=payload.party, subject=payload.consignment, **finding)
        return draft.edit(key)
    number = before.get("papers", {}).get(said.form, {}).get("number")
    if {name: before.get(name) for name in terms} != terms or number != said.number:
        raise SubjectExists("the consignment is there already, and is not this paper's", field="/consignment")
    return draft.edit(key)


def cede_claimed(draft: Draft, payload: EventAgreed) -> None:
    """The consignor agrees that units it still held had travelled too: they are the claimant's.

    Raises:
        TransitionNotAllowed: that statement does not claim a unit, or another party holds it by now.
    """
    for n, link in enumerate(payload.units):
        unit = draft.edit(unit_key(link.id), f"/units/{n}")
        claim = unit.get("claim")
        if claim is None or claim["event"] != payload.event or unit.get("holder") not in acting_for(draft):
            raise TransitionNotAllowed("this unit is not claimed by that statement", field=f"/units/{n}")
        if orders := blocking_orders(unit):
            # The hand-over may be older than the order, or an excuse to get round it.
            draft.open_finding("ceded-under-order", party=unit["holder"], subject=link.id, orders=orders)
        leave_consignment(draft, unit, "taken")
        unit["holder"] = claim["by"]
        on_paper = "consignment" in claim
        _take(draft, unit, claim, "scanned_paper" if on_paper else signer_assurance(draft), claim.get("site"))


def _deliver(draft: Draft, payload: kinds.ConsignmentDelivered) -> None:
    act = consignment_in(draft, payload.consignment, *stages_of(f"{payload.kind}/accepted"))
    check_concerned(draft, act["consignor"], "consignor")
    if draft.get(party_key(act["consignee"]))["form"] != "foreign":
        raise NotConcerned(
            "a consignee of this country signs its own reception", field="/consignment", cure="have it receive"
        )
    _note_arrival(draft, act)
    _excuse_carrier(draft, act, payload)
    for n, line in enumerate(payload.lines):
        pointer = f"/lines/{n}"
        _tell_of_missing(draft, payload, line, pointer)
        unit = step(draft, payload.consignment, act, f"{payload.kind}/{line.outcome}", line.id, pointer)
        if line.outcome == "accepted":
            _leave_country(draft, unit, line)
    act["border"] = {**act.get("border", {}), **payload.border.model_dump(exclude_none=True)}


def _leave_country(draft: Draft, unit: Value, line: kinds.Line) -> None:
    if orders := blocking_orders(unit):
        draft.open_finding("exported-under-order", party=draft.event.party, subject=line.id, orders=orders)
    if "stolen" in unit:
        # Who held it said so in public; the consignor alone says where it went, and takes the warning off it.
        draft.open_finding("stolen-exported", party=draft.event.party, subject=line.id)
    _take(draft, unit, _said(line), "scanned_paper", None)
    # Nobody here could end it any more.
    unit.pop("quarantined", None)
    unit["before_export"] = unit["stage"]
    unit["stage"] = "exported"


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.ConsignmentReceived: _receive,
    kinds.ConsignmentDelivered: _deliver,
}
