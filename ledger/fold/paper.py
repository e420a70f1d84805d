"""The legal paper of a consignment, where it is, and what became of the discrepancies of a reception."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain import custody
from ledger.domain import paper as kinds
from ledger.domain.payload import act_key, finding_key, party_key
from ledger.errors import NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import acting_for
from ledger.fold.consignment import check_assigned, check_concerned, check_is_party_to, consignment_in, name_parties
from ledger.fold.state import Draft, Value

SCANS_MAX: Final = 16
"""Scans of one paper that the consignment's value names, the newest."""
DISCREPANCIES: Final = frozenset({"missing-at-reception", "extra-at-reception", "weight-discrepancy"})
"""Findings that the two ends of a consignment can settle between them."""
_STAGES: Final = ("offering", "offered", "moving", "closed", "cancelled", "claimed")


def _paper(draft: Draft, payload: kinds.PaperIssued | kinds.PaperScanned | kinds.PaperReturned) -> tuple[Value, Value]:
    """The consignment, to be changed, and its paper of this form so far.

    The number is the consignor's to give: until it did, one that another party misread binds nobody. A paper that was
    entered later goes by the number under which it was claimed.

    Raises:
        KeyNotInForce: the key only transports, and the load is not assigned to it.
        TransitionNotAllowed: its paper of this form has another number.
    """
    act = consignment_in(draft, payload.consignment, *_STAGES)
    check_assigned(draft, act)
    paper = act.get("papers", {}).get(payload.form, {"number": payload.number})
    if isinstance(payload, kinds.PaperIssued) and "issued_at" not in paper and act["stage"] != "claimed":
        paper = {**paper, "number": payload.number}
    if paper["number"] != payload.number:
        raise TransitionNotAllowed(
            "the consignment has a paper of this form under another number", field="/number", number=paper["number"]
        )
    return act, paper


def _keep(act: Value, form: str, paper: Value) -> None:
    act["papers"] = {**act.get("papers", {}), form: paper}


def _issue(draft: Draft, payload: kinds.PaperIssued) -> None:
    act, paper = _paper(draft, payload)
    check_concerned(draft, act["consignor"], "consignor")
    # Printed anew under its number it is still the paper of the first day.
    _keep(act, payload.form, {"issued_at": payload.occurred_at, **paper, "copies": payload.copies})


def _scan(draft: Draft, payload: kinds.PaperScanned) -> None:
    act, paper = _paper(draft, payload)
    check_is_party_to(draft, act)
    scans = [*paper.get("scanned_by", []), [payload.party, draft.event.id]]
    _keep(act, payload.form, {**paper, "scanned_by": scans[-SCANS_MAX:]})


def _return(draft: Draft, payload: kinds.PaperReturned) -> None:
    act, paper = _paper(draft, payload)
    check_concerned(draft, act["consignor"], "consignor")
    if "issued_at" not in paper and "scanned_by" not in paper:
        raise TransitionNotAllowed(
            "no such paper was issued or scanned", field="/number", cure="record that it was issued"
        )
    if "returned_at" in paper:
        raise TransitionNotAllowed("the original is back already", field="/number")
    _keep(act, payload.form, {**paper, "returned_at": payload.occurred_at})


def _resolve(draft: Draft, payload: custody.DiscrepancyResolved) -> None:
    act = draft.get(act_key(payload.consignment), "/consignment")
    finding = draft.edit(finding_key(payload.event, payload.number), "/number")
    if act["kind"] != "consignment":
        raise SubjectUnknown("not a consignment", field="/consignment")
    _check_is_discrepancy(finding, payload.consignment)
    name_parties(draft, act)
    own = {act["consignor"], act["consignee"]} & acting_for(draft)
    if not own:
        raise NotConcerned("only consignor and consignee resolve a discrepancy", field="/party")
    if "settled_at" in finding:
        raise TransitionNotAllowed("the discrepancy is settled", field="/number")
    finding["resolved"] = {**finding.get("resolved", {}), **dict.fromkeys(own, payload.resolution)}
    speaking = own | {end for end in (act["consignor"], act["consignee"]) if end and _can_speak(draft, end)}
    if {finding["resolved"].get(end) for end in speaking} == {payload.resolution}:
        finding["settled_at"] = payload.occurred_at


def _check_is_discrepancy(finding: Value, consignment: str) -> None:
    if finding["requirement"] not in DISCREPANCIES:
        raise TransitionNotAllowed("this finding is no discrepancy", field="/number")
    if consignment not in (finding["subject"], finding.get("facts", {}).get("consignment")):
        raise NotConcerned("the discrepancy is another consignment's", field="/number")


def _can_speak(draft: Draft, party: str) -> bool:
    """Whether anybody can sign for this end: it or its successor, and of one abroad only if it ever had a key."""
    value = draft.get(party_key(party))
    if value["form"] == "foreign" and not value.get("keyed"):
        return False
    return "closed_at" not in value or "successor" in value


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.PaperIssued: _issue,
    kinds.PaperScanned: _scan,
    kinds.PaperReturned: _return,
    custody.DiscrepancyResolved: _resolve,
}
