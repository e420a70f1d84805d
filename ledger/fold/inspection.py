"""What authorities inspect, order and try, and how parties answer them."""

from __future__ import annotations

from collections.abc import Callable

from ledger.domain import inspection as kinds
from ledger.domain.inspection import parse_finding_name
from ledger.domain.payload import act_key, finding_key, party_key, site_key, unit_key
from ledger.errors import NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.state import Draft, State, Value


def further_keys(state: State, payload: object) -> list[str]:
    """Keys reached only through loaded values: the findings that a closed case settles."""
    if not isinstance(payload, kinds.CaseClosed):
        return []
    case = state.get(act_key(payload.case)) or {}
    return [finding_key(*parse_finding_name(name)) for name in case.get("findings", ())]


def act_of_kind(draft: Draft, act: str, kind: str) -> Value:
    """A copy of an act of this kind, to be changed.

    Raises:
        SubjectUnknown: there is none, or it is of another kind.
    """
    value = draft.edit(act_key(act))
    if value["kind"] != kind:
        raise SubjectUnknown(f"not a {kind}", field=f"/{kind}")
    return value


def _order_inspection(draft: Draft, payload: kinds.InspectionOrdered) -> None:
    site = draft.get(site_key(payload.inspected), "/inspected")
    value: Value = {
        "kind": "inspection",
        "stage": "ordered",
        "party": payload.party,
        "of": site["party"],
        "site": payload.inspected,
        "order_number": payload.order_number,
        "from_on": payload.from_on,
        "to_on": payload.to_on,
    }
    draft.put(act_key(payload.inspection), value)


def _record_inspection(draft: Draft, payload: kinds.InspectionRecorded) -> None:
    site = draft.get(site_key(payload.inspected), "/inspected")
    if payload.prev is None:
        value: Value = {"kind": "inspection", "party": payload.party, "of": site["party"], "site": payload.inspected}
        value["order_number"] = payload.order_number
        draft.put(act_key(payload.inspection), value)
    else:
        value = act_of_kind(draft, payload.inspection, "inspection")
        _check_visit(value, payload)
    value["stage"] = "recorded"
    value["acta"] = payload.acta
    value["recorded_at"] = payload.occurred_at
    for n, count in enumerate(payload.counts):
        _check_count(draft, payload, count, f"/counts/{n}")
    if payload.missing or payload.unexpected:
        draft.open_finding(
            "count-differs",
            party=site["party"],
            subject=payload.inspected,
            missing=payload.missing,
            unexpected=payload.unexpected,
        )


def _check_visit(inspection: Value, payload: kinds.InspectionRecorded) -> None:
    """The acta is of the visit that was ordered: by the same authority, at the same site, under the same number."""
    if inspection["party"] != payload.party:
        raise NotConcerned("the inspection was ordered by another authority", field="/inspection")
    if inspection["stage"] != "ordered":
        raise TransitionNotAllowed("the inspection has its acta", field="/inspection", stage=inspection["stage"])
    for member, ordered in (("inspected", inspection["site"]), ("order_number", inspection["order_number"])):
        if getattr(payload, member) != ordered:
            raise TransitionNotAllowed("the order names another", field=f"/{member}", ordered=ordered)


def _check_count(draft: Draft, payload: kinds.InspectionRecorded, count: str, pointer: str) -> None:
    value = draft.get(act_key(count), pointer)
    if value["kind"] != "count" or value["site"] != payload.inspected:
        raise SubjectUnknown("not a count of the inspected site", field=pointer)


def _observe(draft: Draft, payload: kinds.InspectionObserved) -> None:
    inspection = act_of_kind(draft, payload.inspection, "inspection")
    if inspection["of"] != payload.party:
        raise NotConcerned("another party's site was inspected", field="/party")
    if inspection["stage"] != "recorded":
        raise TransitionNotAllowed("observations are made on an acta, once", field="/inspection")
    inspection["stage"] = "observed"
    inspection["observed_at"] = payload.occurred_at


def _close_inspection(draft: Draft, payload: kinds.InspectionClosed) -> None:
    inspection = act_of_kind(draft, payload.inspection, "inspection")
    if inspection["party"] != payload.party:
        raise NotConcerned("the inspection is another authority's", field="/inspection")
    if inspection["stage"] == "closed" or (inspection["stage"] == "ordered") is not (
        payload.outcome == "not_carried_out"
    ):
        raise TransitionNotAllowed("not from this stage", field="/outcome", stage=inspection["stage"])
    if payload.case is not None:
        case = draft.get(act_key(payload.case), "/case")
        if case["kind"] != "case" or case["party"] != payload.party:
            raise SubjectUnknown("not a case of this authority", field="/case")
        if case["against"] != inspection["of"]:
            raise NotConcerned("the case is against another party", field="/case")
        inspection["case"] = payload.case
    inspection["stage"] = "closed"
    inspection["outcome"] = payload.outcome


def _check_inspection_of(draft: Draft, payload: kinds.OrderIssued | kinds.CaseOpened) -> None:
    if payload.inspection is None:
        return
    inspection = draft.get(act_key(payload.inspection), "/inspection")
    if inspection["kind"] != "inspection" or inspection["party"] != payload.party:
        raise SubjectUnknown("not an inspection of this authority", field="/inspection")


def _issue_order(draft: Draft, payload: kinds.OrderIssued) -> None:
    _check_inspection_of(draft, payload)
    value = {"kind": "order", "party": payload.party, "effect": payload.effect, "oficio": payload.act.oficio}
    draft.put(act_key(payload.order), value)
    for n, unit in enumerate(payload.units):
        ordered = draft.edit(unit_key(unit), f"/units/{n}")
        ordered["orders"] = {**ordered.get("orders", {}), payload.order: payload.effect}


def _lift_order(draft: Draft, payload: kinds.OrderLifted) -> None:
    if act_of_kind(draft, payload.order, "order")["party"] != payload.party:
        raise NotConcerned("the order was issued by another authority", field="/order")
    for n, unit in enumerate(payload.units):
        freed = draft.edit(unit_key(unit), f"/units/{n}")
        orders = {order: effect for order, effect in freed.get("orders", {}).items() if order != payload.order}
        freed.pop("orders", None)
        if orders:
            freed["orders"] = orders


def _open_case(draft: Draft, payload: kinds.CaseOpened) -> None:
    draft.get(party_key(payload.against), "/against")
    if payload.against == payload.party:
        raise NotConcerned("no authority tries itself", field="/against")
    _check_inspection_of(draft, payload)
    if payload.inspection is not None and draft.get(act_key(payload.inspection))["of"] != payload.against:
        raise NotConcerned("another party was inspected", field="/inspection")
    for n, name in enumerate(payload.findings):
        finding = draft.get(finding_key(*parse_finding_name(name)), f"/findings/{n}")
        if finding["party"] != payload.against:
            raise NotConcerned("the finding is about another party", field=f"/findings/{n}")
    value: Value = {
        "kind": "case",
        "party": payload.party,
        "against": payload.against,
        "stage": "open",
        "opened_at": payload.occurred_at,
    }
    for member in ("answer_by", "inspection", "findings", "overdue"):
        if getattr(payload, member):
            value[member] = getattr(payload, member)
    draft.put(act_key(payload.case), value)


def _open_case_of(draft: Draft, payload: kinds.CaseRequested | kinds.CaseClosed) -> Value:
    case = act_of_kind(draft, payload.case, "case")
    if case["party"] != payload.party:
        raise NotConcerned("the case was opened by another authority", field="/party")
    if case["stage"] == "closed":
        raise TransitionNotAllowed("the case is closed", field="/case")
    return case


def _request(draft: Draft, payload: kinds.CaseRequested) -> None:
    case = _open_case_of(draft, payload)
    case["stage"] = f"{payload.asks}_requested"
    case["answer_by"] = payload.answer_by


def _answer_case(draft: Draft, payload: kinds.CaseAnswered) -> None:
    case = act_of_kind(draft, payload.case, "case")
    if case["against"] != payload.party:
        raise NotConcerned("the case is against another party", field="/party")
    if case["stage"] == "closed":
        raise TransitionNotAllowed("the case is closed", field="/case")
    case["stage"] = "answered"
    case["answered_at"] = payload.occurred_at


def _close_case(draft: Draft, payload: kinds.CaseClosed) -> None:
    case = _open_case_of(draft, payload)
    case["stage"] = "closed"
    case["outcome"] = payload.outcome
    if payload.outcome == "sanctioned":
        return
    for name in case.get("findings", ()):
        finding = draft.edit(finding_key(*parse_finding_name(name)))
        finding.setdefault("settled_at", payload.occurred_at)
        finding.setdefault("settled_by", draft.event.id)


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.InspectionOrdered: _order_inspection,
    kinds.InspectionRecorded: _record_inspection,
    kinds.InspectionObserved: _observe,
    kinds.InspectionClosed: _close_inspection,
    kinds.OrderIssued: _issue_order,
    kinds.OrderLifted: _lift_order,
    kinds.CaseOpened: _open_case,
    kinds.CaseRequested: _request,
    kinds.CaseAnswered: _answer_case,
    kinds.CaseClosed: _close_case,
}
