"""What was seen, counted and weighed: incidents, physical counts, weigh tickets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain import life as kinds
from ledger.domain.payload import act_key, site_key, unit_key
from ledger.errors import SubjectUnknown
from ledger.fold.admission import check_power
from ledger.fold.consignment import check_assigned, check_is_party_to
from ledger.fold.life import say_about
from ledger.fold.state import Draft, Value

_OF_OWN_COUNT: Final = ("count-missing", "count-unexpected")
_OF_INSPECTION: Final = ("missing-at-inspection", "unexpected-at-inspection")
TICKETS_MAX: Final = 16
"""Weigh tickets of one consignment that its value names, the newest."""
_OF_CLASS: Final = ("stage", "kind", "chemistry", "condition", "material", "waste_class", "part_of")
"""Members of a unit's value by which a regime tells its class (``ledger.fold.regime.class_of``)."""


def _report(draft: Draft, payload: kinds.IncidentReported) -> None:
    say_about(draft, payload)
    value: Value = {
        "kind": "incident",
        "party": payload.party,
        "nature": payload.nature,
        "at": payload.occurred_at,
        "units": payload.units,
        "in_transport": payload.in_transport,
    }
    if payload.spilled_ml is not None:
        value["spilled_ml"] = payload.spilled_ml
    if payload.site is not None:
        value["site"] = payload.site
    if payload.consignment is not None:
        _check_is_consignment(draft, payload.consignment)
        value["consignment"] = payload.consignment
    waste = _waste_in(draft, payload)
    if waste:
        value["waste"] = waste
    draft.put(act_key(payload.incident), value)


def _waste_in(draft: Draft, payload: kinds.IncidentReported) -> list[Value]:
    """What tells the class of the discarded units, each answer once: the law judges them by the incident's day."""
    found: list[Value] = []
    for name in payload.units:
        unit = draft.get(unit_key(name))
        if unit.get("holder") == payload.party and payload.nature in ("loss", "theft"):
            draft.edit(unit_key(name))["incident"] = payload.incident
        said: Value = {member: unit[member] for member in _OF_CLASS if member in unit}
        if unit["stage"] == "waste" and said not in found:
            found.append(said)
    return found


def _check_is_consignment(draft: Draft, consignment: str) -> None:
    if draft.get(act_key(consignment), "/consignment")["kind"] != "consignment":
        raise SubjectUnknown("not a consignment", field="/consignment")


def _count(draft: Draft, payload: kinds.CountRecorded) -> None:
    site = draft.get(site_key(payload.site), "/site")
    is_own = site["party"] == payload.party
    if not is_own:
        check_power(draft, "inspect")
    _check_is_own_inspection(draft, payload)
    draft.put(
        act_key(payload.count),
        {"kind": "count", "party": payload.party, "site": payload.site, "present": len(payload.present)},
    )
    # what an authority counts is no private affair of the site's party, and has a finding of its own
    missing, unexpected = _OF_OWN_COUNT if is_own else _OF_INSPECTION
    for name in payload.present:
        unit = draft.state.get(unit_key(name))
        if unit is None or unit.get("holder") != site["party"]:
            draft.open_finding(unexpected, party=site["party"], subject=name)
    for name in payload.missing:
        draft.open_finding(missing, party=site["party"], subject=name)


def _check_is_own_inspection(draft: Draft, payload: kinds.CountRecorded) -> None:
    if payload.inspection is None:
        return
    inspection = draft.get(act_key(payload.inspection), "/inspection")
    if inspection["kind"] != "inspection" or inspection["party"] != payload.party:
        raise SubjectUnknown("not an inspection of this party", field="/inspection")


def _weigh(draft: Draft, payload: kinds.TicketWeighed) -> None:
    value = {
        "kind": "ticket",
        "party": payload.party,
        "gross_g": payload.gross_g,
        "tare_g": payload.tare_g,
        "resolution_g": payload.resolution_g,
    }
    if payload.consignment is not None:
        _check_is_consignment(draft, payload.consignment)
        act = draft.edit(act_key(payload.consignment))
        check_is_party_to(draft, act)
        check_assigned(draft, act)
        act["tickets"] = [*act.get("tickets", []), payload.ticket][-TICKETS_MAX:]
        value["consignment"] = payload.consignment
    draft.put(act_key(payload.ticket), value)


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.IncidentReported: _report,
    kinds.CountRecorded: _count,
    kinds.TicketWeighed: _weigh,
}
