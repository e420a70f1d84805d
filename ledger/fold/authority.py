"""What authorities do, and how parties answer them."""

from __future__ import annotations

from collections.abc import Callable

from ledger.domain import authority as kinds
from ledger.domain.payload import act_key, party_key, site_key, unit_key
from ledger.errors import NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.state import Draft, Value


def _enact(draft: Draft, payload: kinds.RegimeEnacted) -> None:
    key = f"regime/{payload.jurisdiction.code}"
    enacted = (draft.find(key) or {"timeline": []})["timeline"]
    line: Value = {
        "from_on": payload.from_on,
        "regime": payload.regime,
        "late_window_s": payload.late_window_s,
        "event": draft.event.id,
    }
    if payload.tables is not None:
        line["tables"] = payload.tables
    draft.put(key, {"timeline": [*enacted, line]})


def _publish_calendar(draft: Draft, payload: kinds.CalendarPublished) -> None:
    draft.put(
        f"calendar/{payload.calendar}/{payload.year}",
        {"closed_on": payload.closed_on, "event": draft.event.id},
    )


def _register_plan(draft: Draft, payload: kinds.PlanRegistered) -> None:
    draft.get(party_key(payload.operated_by), "/operated_by")
    value = {
        "kind": "plan",
        "party": payload.operated_by,
        "number": payload.number,
        "from_on": payload.from_on,
    }
    draft.put(act_key(payload.plan), value)


def _join_plan(draft: Draft, payload: kinds.PlanJoined) -> None:
    if draft.get(act_key(payload.plan), "/plan")["kind"] != "plan":
        raise SubjectUnknown("not a plan", field="/plan")
    draft.put(f"adherence/{payload.plan}/{payload.party}", {"since": payload.occurred_at, "event": draft.event.id})


def _act_of_kind(draft: Draft, act: str, kind: str) -> Value:
    value = draft.edit(act_key(act))
    if value["kind"] != kind:
        raise SubjectUnknown(f"not a {kind}", field=f"/{kind}")
    return value


def _issue_order(draft: Draft, payload: kinds.OrderIssued) -> None:
    value = {"kind": "order", "party": payload.party, "effect": payload.effect, "oficio": payload.act.oficio}
    draft.put(act_key(payload.order), value)
    for n, unit in enumerate(payload.units):
        ordered = draft.edit(unit_key(unit), f"/units/{n}")
        ordered["orders"] = {**ordered.get("orders", {}), payload.order: payload.effect}


def _lift_order(draft: Draft, payload: kinds.OrderLifted) -> None:
    if _act_of_kind(draft, payload.order, "order")["party"] != payload.party:
        raise NotConcerned("the order was issued by another authority", field="/order")
    for n, unit in enumerate(payload.units):
        freed = draft.edit(unit_key(unit), f"/units/{n}")
        orders = {order: effect for order, effect in freed.get("orders", {}).items() if order != payload.order}
        freed.pop("orders", None)
        if orders:
            freed["orders"] = orders


def _record_inspection(draft: Draft, payload: kinds.InspectionRecorded) -> None:
    site = draft.get(site_key(payload.inspected), "/inspected")
    draft.put(act_key(payload.inspection), {"kind": "inspection", "party": payload.party, "of": site["party"]})
    if payload.missing or payload.unexpected:
        draft.open_finding(
            "count-differs",
            party=site["party"],
            subject=payload.inspected,
            missing=payload.missing,
            unexpected=payload.unexpected,
        )


def _open_case(draft: Draft, payload: kinds.CaseOpened) -> None:
    draft.get(party_key(payload.against), "/against")
    value = {"kind": "case", "party": payload.party, "against": payload.against, "stage": "open"}
    draft.put(act_key(payload.case), value)


def _answer_case(draft: Draft, payload: kinds.CaseAnswered) -> None:
    case = _act_of_kind(draft, payload.case, "case")
    if case["against"] != payload.party:
        raise NotConcerned("the case is against another party", field="/party")
    if case["stage"] == "closed":
        raise TransitionNotAllowed("the case is closed", field="/case")
    case["stage"] = "answered"


def _close_case(draft: Draft, payload: kinds.CaseClosed) -> None:
    case = _act_of_kind(draft, payload.case, "case")
    if case["party"] != payload.party:
        raise NotConcerned("the case was opened by another authority", field="/party")
    if case["stage"] == "closed":
        raise TransitionNotAllowed("the case is closed", field="/case")
    case["stage"] = "closed"
    case["outcome"] = payload.outcome


def _submit_filing(draft: Draft, payload: kinds.FilingSubmitted) -> None:
    if not draft.get(party_key(payload.to), "/to").get("powers"):
        raise NotConcerned("filings go to an authority", field="/to")
    value = {"kind": "filing", "party": payload.party, "to": payload.to, "subject": payload.subject}
    draft.put(act_key(payload.filing), value)
    for n, unit in enumerate(payload.units):
        draft.get(unit_key(unit), f"/units/{n}")


def _answer_filing(draft: Draft, payload: kinds.FilingAnswered) -> None:
    filing = _act_of_kind(draft, payload.filing, "filing")
    if filing["to"] != payload.party:
        raise NotConcerned("the filing went to another authority", field="/party")
    filing["outcome"] = payload.outcome


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.RegimeEnacted: _enact,
    kinds.CalendarPublished: _publish_calendar,
    kinds.PlanRegistered: _register_plan,
    kinds.PlanJoined: _join_plan,
    kinds.OrderIssued: _issue_order,
    kinds.OrderLifted: _lift_order,
    kinds.InspectionRecorded: _record_inspection,
    kinds.CaseOpened: _open_case,
    kinds.CaseAnswered: _answer_case,
    kinds.CaseClosed: _close_case,
    kinds.FilingSubmitted: _submit_filing,
    kinds.FilingAnswered: _answer_filing,
}
