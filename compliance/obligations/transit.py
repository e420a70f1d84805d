"""What a load leaves to be done: its signed original (R03, R04), and reports of what crossed the border (R25, R27).

Both for hazardous waste alone: the clocks of the original as ``compliance.original`` says.
"""

from __future__ import annotations

from typing import Final

from certification.business_days import add_business_days, roll_forward
from compliance.obligation import Obligation
from compliance.obligations.days import plus_days
from compliance.obligations.due import due, find_filed_on
from compliance.obligations.view import View
from compliance.original import MANIFEST, find_return_clock
from ledger.fold.state import Value

_NOT_ON_THE_WAY: Final = frozenset({"offering", "offered", "cancelled", "claimed"})


def original_of(name: str, act: Value, view: View) -> list[Obligation]:
    """By when the consignor must have the signed original back, or have told the authority that it lacks it (R03).

    An electronic reception closes it only where the regime of its day says that electronic papers count.

    Raises:
        CalendarUnknown: the term reaches into a year of which nothing is known.
    """
    if not _takes_manifest(act, view):
        return []
    picked_up_on = view.day(act["picked_up_at"], act.get("origin"))
    strict_on = plus_days(picked_up_on, view.number("original_back_natural_days", picked_up_on))
    due_on = roll_forward(view.calendar, strict_on)
    tell_by = add_business_days(view.calendar, due_on, view.number("original_tell_business_days", picked_up_on))
    # before the term is over nobody can tell that it passed
    told_on = find_filed_on(act, "manifest_not_returned", act["consignor"], view, after=strict_on)
    row = due(
        view,
        "R03",
        "original-not-back",
        act["consignor"],
        name,
        since_on=picked_up_on,
        warn_on=plus_days(strict_on, -view.number("original_warn_natural_days", picked_up_on)),
        strict_on=strict_on,
        due_on=due_on,
        closed_on=_first(_back_on(act, view), told_on, _came_to_nothing_on(act, view)),
        events=(act["head"],),
        facts={"tell_by": tell_by, **({"told_on": told_on} if told_on else {})},
    )
    return [row]


def returning_of(name: str, act: Value, view: View) -> list[Obligation]:
    """By when the consignee should have sent the signed original back: at once, which policy measures in days (R04).

    Raises:
        CalendarUnknown: as ``original_of``.
    """
    if "received_at" not in act or not _takes_manifest(act, view):
        return []
    received_on = view.day(act["received_at"])
    strict_on = add_business_days(view.calendar, received_on, view.number("original_sent_business_days", received_on))
    warn_days = view.number("original_sent_warn_business_days", received_on)
    row = due(
        view,
        "R04",
        "original-not-sent",
        act["consignee"],
        name,
        since_on=received_on,
        warn_on=add_business_days(view.calendar, received_on, warn_days),
        strict_on=strict_on,
        closed_on=_first(_back_on(act, view), _came_to_nothing_on(act, view)),
        events=(act["head"],),
    )
    return [row]


def use_report_of(name: str, act: Value, view: View) -> list[Obligation]:
    """By when the exporter reports how it used the permit, from the delivery on (R25).

    Raises:
        CalendarUnknown: as ``original_of``.
    """
    if act["purpose"] != "export" or "received_at" not in act or not _was_hazardous(act, "consent"):
        return []
    return [_report(view, name, act, "R25", "use-not-reported", "use_report", "use_report_natural_days")]


def return_of(name: str, act: Value, view: View) -> list[Obligation]:
    """After the notice of return: by when the waste is abroad, and by when that is reported (R27).

    Raises:
        CalendarUnknown: as ``original_of``.
    """
    if act["purpose"] != "maquiladora_return":
        return []
    noticed_on = find_filed_on(act, "return_notice", act["consignor"], view)
    rows = [] if noticed_on is None else [_return(view, name, act, noticed_on)]
    if "received_at" in act and (noticed_on is not None or _was_hazardous(act, "notice")):
        rows.append(
            _report(view, name, act, "R27", "return-not-reported", "return_report", "return_report_natural_days")
        )
    return rows


def _return(view: View, name: str, act: Value, noticed_on: str) -> Obligation:
    strict_on = add_business_days(
        view.calendar, noticed_on, view.number("return_after_notice_business_days", noticed_on)
    )
    left_on = view.day(act["received_at"]) if "received_at" in act else None
    return due(
        view,
        "R27",
        "return-overdue",
        act["consignor"],
        name,
        part="return",
        since_on=noticed_on,
        warn_on=noticed_on,
        strict_on=strict_on,
        closed_on=_first(left_on, _came_to_nothing_on(act, view)),
        events=(act["head"],),
    )


def _report(view: View, name: str, act: Value, requirement: str, code: str, subject: str, term: str) -> Obligation:
    delivered_on = view.day(act["received_at"])
    strict_on = plus_days(delivered_on, view.number(term, delivered_on))
    return due(
        view,
        requirement,
        code,
        act["consignor"],
        name,
        part="report",
        since_on=delivered_on,
        warn_on=delivered_on,
        strict_on=strict_on,
        due_on=roll_forward(view.calendar, strict_on),
        closed_on=_first(find_filed_on(act, subject, act["consignor"], view), _came_to_nothing_on(act, view)),
        events=(act["head"],),
    )


def _was_hazardous(act: Value, paper: str) -> bool:
    """Whether hazardous waste left: as it was picked up, or by its paper if the consignor took it itself."""
    if "picked_up_at" in act:
        return bool(act.get("waste_class") == "RP")
    return paper in act.get("border", {})


def _takes_manifest(act: Value, view: View) -> bool:
    """Whether the load has left, and its original must come back."""
    if "picked_up_at" not in act or act["stage"] in _NOT_ON_THE_WAY or act["consignor"] is None:
        return False
    return find_return_clock(act, view.day(act["picked_up_at"], act.get("origin"))) is not None


def _back_on(act: Value, view: View) -> str | None:
    paper = act.get("papers", {}).get(MANIFEST, {})
    returned_on = view.day(paper["returned_at"], act.get("origin")) if "returned_at" in paper else None
    if "received_at" not in act or act["stage"] != "closed":
        return returned_on
    received_on = view.day(act["received_at"])
    counts = bool(view.law(received_on).tables["electronic_papers"])
    return _first(returned_on, received_on if counts else None)


def _came_to_nothing_on(act: Value, view: View) -> str | None:
    """When the load was over without that anything of it arrived: nobody is there to sign for it."""
    counts = act.get("counts", {})
    is_over = act["stage"] == "closed" and not counts.get("accepted") and not counts.get("delivered")
    return view.day(act["head_at"], act.get("origin")) if is_over else None


def _first(*days: str | None) -> str | None:
    return min((day for day in days if day is not None), default=None)
