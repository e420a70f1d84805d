"""Periods of inspections and cases: to observe on an acta (LGEEPA 164), to answer an authority (LGEEPA 167)."""

from __future__ import annotations

from certification.business_days import add_business_days
from compliance.obligation import Obligation
from compliance.obligations.due import due
from compliance.obligations.view import View
from ledger.fold.state import Value


def observations_of(name: str, inspection: Value, view: View) -> list[Obligation]:
    """How long the inspected party may observe on the acta. It is its right: letting it pass is no finding.

    Raises:
        CalendarUnknown: the period reaches into a year of which nothing is known.
    """
    if "recorded_at" not in inspection:
        return []
    recorded_on = view.day(inspection["recorded_at"], inspection["site"])
    strict_on = add_business_days(view.calendar, recorded_on, view.number("observations_business_days", recorded_on))
    row = due(
        view,
        "R59",
        "acta-not-observed",
        inspection["of"],
        name,
        since_on=recorded_on,
        warn_on=recorded_on,
        strict_on=strict_on,
        closed_on=view.day(inspection["observed_at"], inspection["site"]) if "observed_at" in inspection else None,
    )
    return [row]


def answer_of(name: str, case: Value, view: View) -> list[Obligation]:
    """By when the party answers the case, as the authority said, or else within the period of the law.

    Raises:
        CalendarUnknown: as ``observations_of``.
    """
    opened_on = view.day(case["opened_at"])
    strict_on: str = case.get("answer_by") or add_business_days(
        view.calendar, opened_on, view.number("case_reply_business_days", opened_on)
    )
    closed_at = case.get("answered_at", case["head_at"] if case["stage"] == "closed" else None)
    row = due(
        view,
        "R60",
        "case-not-answered",
        case["against"],
        name,
        since_on=opened_on,
        warn_on=opened_on,
        strict_on=strict_on,
        closed_on=view.day(closed_at) if closed_at is not None and case["stage"] in ("answered", "closed") else None,
        events=(case["head"],),
    )
    return [row]
