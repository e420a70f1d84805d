"""What is formally told of incidents and losses of hazardous waste within three business days (R28).

That it is told at once leaves no statement to look for: the fact ``tell_at_once`` reminds of it.
"""

from __future__ import annotations

from typing import Final

from certification.business_days import add_business_days
from compliance.incidents import told_why
from compliance.obligation import Obligation
from compliance.obligations.due import due, find_filed_on
from compliance.obligations.storage import find_span, holder_on
from compliance.obligations.view import View
from ledger.fold.state import Value

_LOSS: Final = "loss"
_GONE: Final = {"lost": _LOSS, "stolen": "theft"}
"""Members of a unit's value by which nobody has it, and what that is as an incident."""


def notice_of(name: str, act: Value, view: View) -> list[Obligation]:
    """By when the notice of an incident is formalised: if it took hazardous waste, by the law of its day.

    Raises:
        CalendarUnknown: the term reaches into a year of which nothing is known.
    """
    on = view.day(act["at"], act.get("site"))
    law = view.law(on)
    if not any(law.class_of(unit) == "RP" for unit in act.get("waste", ())):
        return []
    spill_ml_max = view.number("incident_spill_ml", on)
    why = told_why(
        act["nature"], in_transport=act["in_transport"], spilled_ml=act.get("spilled_ml"), noted_ml_max=spill_ml_max
    )
    if why is None:
        return []
    told = [day for day in (find_filed_on(act, subject, act["party"], view) for subject in ("incident", _LOSS)) if day]
    facts = {"nature": act["nature"], "units": len(act["units"]), "tell_at_once": why}
    return [_formal(view, act["party"], name, on, min(told, default=None), act, facts)]


def loss_of(name: str, unit: Value, view: View) -> list[Obligation]:
    """By when the loss or theft of a unit is told that no incident of its holder speaks of (LGPGIR 106 XIX).

    Raises:
        CalendarUnknown: as ``notice_of``.
    """
    nature = next((nature for flag, nature in _GONE.items() if flag in unit), None)
    if nature is None or "incident" in unit or unit["stage"] != "waste":
        return []
    span = find_span(unit, view)
    on = view.day(min(unit[flag] for flag in _GONE if flag in unit), unit.get("site"))
    if span is None or span.since_on > on or (span.until_on is not None and span.until_on <= on):
        return []
    told_on = view.day(unit["told_at"]) if "told_at" in unit else None
    facts = {"nature": nature, "tell_at_once": "LGPGIR 106 XIX"}
    return [_formal(view, holder_on(unit, on, view), name, on, told_on, unit, facts)]


def _formal(
    view: View, party: str, subject: str, on: str, told_on: str | None, value: Value, facts: Value
) -> Obligation:
    strict_on = add_business_days(view.calendar, on, view.number("incident_notice_business_days", on))
    return due(
        view,
        "R28",
        "incident-not-formalised",
        party,
        subject,
        since_on=on,
        warn_on=on,
        strict_on=strict_on,
        closed_on=told_on,
        events=(value["head"],) if "head" in value else (),
        facts=facts,
    )
