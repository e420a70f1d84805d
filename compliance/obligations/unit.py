"""What else single units wait for: their label in store (R18), the way back abroad (R27), a decision (R48)."""

from __future__ import annotations

from typing import Final

from certification.business_days import roll_forward
from compliance.obligation import Obligation
from compliance.obligations.days import plus_days
from compliance.obligations.due import due
from compliance.obligations.storage import find_span, holder_on, left_on
from compliance.obligations.view import View
from ledger.fold.state import Value

_OTHERWISE_ENGAGED: Final = frozenset({"lost", "stolen", "consignment"})


def label_of(name: str, unit: Value, view: View) -> list[Obligation]:
    """The label that hazardous waste carries from the day on which it is put in store (R18).

    Raises:
        CalendarUnknown: never; its day does not roll.
    """
    span = find_span(unit, view) if "stored_at" in unit else None
    if span is None:
        return []
    site = unit["generated"].get("site")
    determined_on = view.day(unit["determined"]["at"], site) if "determined" in unit else span.since_on
    since_on = max(view.day(unit["stored_at"], site), span.since_on, determined_on)
    left = left_on(unit, span, view)
    if left is not None and left < since_on:
        return []
    labelled_on = view.day(unit["labelled_at"], site) if "labelled_at" in unit else None
    row = due(
        view,
        "R18",
        "waste-unlabelled",
        holder_on(unit, since_on, view),
        name,
        since_on=since_on,
        warn_on=since_on,
        strict_on=since_on,
        closed_on=max(labelled_on, since_on) if labelled_on is not None else left,
        events=(unit["head"],),
    )
    return [row]


def way_back_of(name: str, unit: Value, view: View) -> list[Obligation]:
    """By when hazardous waste of what was imported for a time must be abroad again, or be recycled here (R27).

    Raises:
        CalendarUnknown: the term reaches into a year of which nothing is known.
    """
    span = find_span(unit, view) if unit.get("temporary") else None
    if span is None:
        return []
    strict_on = plus_days(span.since_on, view.number("return_natural_days", span.since_on))
    due_on = roll_forward(view.calendar, strict_on)
    row = due(
        view,
        "R27",
        "temporary-import-not-returned",
        holder_on(unit, due_on, view),
        name,
        since_on=span.since_on,
        warn_on=plus_days(strict_on, -view.number("storage_warn_natural_days", span.since_on)),
        strict_on=strict_on,
        due_on=due_on,
        closed_on=left_on(unit, span, view),
        events=(unit["head"],),
    )
    return [row]


def idle_of(name: str, unit: Value, view: View) -> list[Obligation]:
    """By when somebody says what a pack is for that was taken out and is called no waste (R48, policy).

    Raises:
        CalendarUnknown: never; its day does not roll.
    """
    if unit["stage"] != "removed" or "removed_at" not in unit or not _OTHERWISE_ENGAGED.isdisjoint(unit):
        return []
    since_on = view.day(unit["removed_at"], unit.get("site"))
    strict_on = plus_days(since_on, view.number("idle_natural_days", since_on))
    assessed_at = unit.get("assessed", {"mark": [0]})["mark"][0]
    assessed_on = view.day(assessed_at, unit.get("site")) if assessed_at >= unit["removed_at"] else None
    row = due(
        view,
        "R48",
        "idle-unit",
        unit["holder"],
        name,
        since_on=since_on,
        warn_on=strict_on,
        strict_on=strict_on,
        closed_on=assessed_on,
        events=(unit["head"],),
    )
    return [row]
