"""What a party owes by its category: the yearly report of large generators and providers (R11), and a plan (R38)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certification.business_days import add_business_days, roll_forward
from compliance.obligation import Obligation
from compliance.obligations.due import due
from compliance.obligations.view import View
from ledger.domain.filing import generator_key, plans_key, report_key
from ledger.errors import CalendarUnknown
from ledger.fold.state import Value

YEAR_MAX: Final = 2099


def reports_of(name: str, party: Value, view: View) -> list[Obligation]:
    """The report of every year in which the party was a large generator, between March and June of the next (R11).

    As many years ahead as the calendar is known; none of years that began after the party ended.
    """
    rows: list[Obligation] = []
    for year in _gran_years(name, party, view):
        try:
            rows.append(_report(name, year, view))
        except CalendarUnknown:
            break
    return rows


def plan_of(name: str, party: Value, view: View) -> list[Obligation]:
    """By when a large generator has a management plan, its own or one that it joined (R38).

    Raises:
        CalendarUnknown: the term reaches into a year of which nothing is known.
    """
    lines = [line for line in _timeline(name, view) if line["category"] == "gran"]
    if not lines:
        return []
    since_on = lines[0]["from_on"]
    strict_on = add_business_days(view.calendar, since_on, view.number("plan_business_days", since_on))
    plans = (view.state.get(plans_key(name)) or {"plans": []})["plans"]
    had_on = min((view.day(plan["since"]) for plan in plans), default=None)
    row = due(
        view,
        "R38",
        "plan-missing",
        name,
        name,
        since_on=since_on,
        warn_on=since_on,
        strict_on=strict_on,
        closed_on=_first(had_on, _ended_on(party, view)),
        events=(lines[0]["event"],),
    )
    return [row]


def _report(name: str, year: int, view: View) -> Obligation:
    opens, closes = (view.number(f"annual_report_{end}_mmdd", f"{year + 1}-01-01") for end in ("from", "to"))
    since_on, strict_on = (f"{year + 1}-{mmdd // 100:02d}-{mmdd % 100:02d}" for mmdd in (opens, closes))
    filed = view.state.get(report_key(name, year))
    return due(
        view,
        "R11",
        "annual-report-missing",
        name,
        name,
        part=str(year),
        since_on=since_on,
        warn_on=since_on,
        strict_on=strict_on,
        due_on=roll_forward(view.calendar, strict_on),
        closed_on=view.day(filed["at"]) if filed is not None else None,
    )


def _gran_years(name: str, party: Value, view: View) -> Iterator[int]:
    """The years in which the party was, by the newest line of some sites, a large generator."""
    timeline = _timeline(name, view)
    if all(line["category"] != "gran" for line in timeline):
        return
    ended_on = _ended_on(party, view)
    for year in range(int(min(line["from_on"] for line in timeline)[:4]), YEAR_MAX + 1):
        if ended_on is not None and ended_on < f"{year}-01-01":
            return
        newest = {tuple(line["sites"]): line for line in timeline if line["from_on"] <= f"{year}-12-31"}
        if any(line["category"] == "gran" for line in newest.values()):
            yield year


def _timeline(name: str, view: View) -> list[Value]:
    known: list[Value] = (view.state.get(generator_key(name)) or {"timeline": []})["timeline"]
    return sorted(known, key=lambda line: str(line["from_on"]))


def _ended_on(party: Value, view: View) -> str | None:
    return view.day(party["closed_at"]) if "closed_at" in party else None


def _first(*days: str | None) -> str | None:
    return min((day for day in days if day is not None), default=None)
