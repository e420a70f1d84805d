"""The window in which the renewal of a permit may be asked for (R08)."""

from __future__ import annotations

from certification.procedure import FEDERAL
from certification.terms import renewal_window
from compliance.obligation import Obligation
from compliance.obligations.days import plus_days
from compliance.obligations.due import due
from compliance.obligations.view import View
from ledger.fold.state import Value


def renewal_of(name: str, permit: Value, view: View) -> list[Obligation]:
    """By when the renewal of each of the permit's terms is asked for, the newest last; of federal permits alone.

    A term that was renewed was asked for in time. One that runs out is not overdue any more: nothing is left to renew.

    Raises:
        CalendarUnknown: the window lies in a year of which nothing is known.
    """
    if permit.get("jurisdiction", FEDERAL) != FEDERAL:
        return []
    ends = [line["to_on"] for line in permit["timeline"] if "to_on" in line]
    revoked_on = next((line["from_on"] for line in permit["timeline"] if line.get("status") == "revoked"), None)
    holder = next((line["holder"] for line in reversed(permit["timeline"]) if "holder" in line), permit["holder"])
    asked = sorted(view.day(at) for at in permit.get("renewals_asked", ()))
    rows = []
    for n, to_on in enumerate(ends):
        window = renewal_window(view.calendar, to_on)
        ceased_on = plus_days(to_on, 1) if revoked_on is None else min(revoked_on, plus_days(to_on, 1))
        asked_on = next((day for day in asked if window.first_on <= day <= to_on), None)
        renewed_on = window.last_on if n + 1 < len(ends) else None
        rows.append(
            due(
                view,
                "R08",
                "renewal-not-asked",
                holder,
                name,
                part=to_on,
                since_on=window.first_on,
                warn_on=window.first_on,
                strict_on=window.last_on,
                closed_on=asked_on or renewed_on or ceased_on,
                facts={"number": permit["number"], "to_on": to_on},
            )
        )
    return rows
