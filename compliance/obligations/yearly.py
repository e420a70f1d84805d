"""What a party owes by what it is: the yearly report of large generators and providers (R11), and a plan (R38).

A provider is who has a federal permit to handle hazardous waste (RLGPGIR 72).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from certification.business_days import add_business_days, roll_forward
from certification.permit import permit_as_of
from certification.procedure import FEDERAL
from compliance.obligation import Obligation
from compliance.obligations.due import due
from compliance.obligations.view import View
from ledger.domain.filing import generator_key, plans_key, report_key
from ledger.domain.payload import act_key, permits_key
from ledger.errors import CalendarUnknown
from ledger.fold.state import State, Value

YEAR_MAX: Final = 2099
_YEAR_MIN: Final = 2017
"""The first of which a known calendar says when its report was due; what was filed before the log cannot know."""


def keys_of_party(party: str, state: State) -> list[str]:
    """State keys on which both depend, as far as ``state`` leads to them."""
    timeline = (state.get(generator_key(party)) or {"timeline": []})["timeline"]
    permits = (state.get(permits_key(party)) or {"ids": []})["ids"]
    years = [*(int(line["from_on"][:4]) for line in timeline), *([_YEAR_MIN] if permits else [])]
    reports = range(min(years), YEAR_MAX + 1) if years else ()
    keys = [generator_key(party), plans_key(party), permits_key(party)]
    return [*keys, *map(act_key, permits), *(report_key(party, year) for year in reports)]


def reports_of(name: str, party: Value, view: View) -> list[Obligation]:
    """The report of every year in which the party was a large generator, or a provider some day of it (R11).

    It is due between March and June of the next, of every year of which the calendar is known; none of years that
    began after the party ended.
    """
    ended_on = _ended_on(party, view)
    rows: list[Obligation] = []
    for year in sorted({*_gran_years(name, view), *_provider_years(name, view)}):
        if year < _YEAR_MIN:
            continue
        if ended_on is not None and ended_on < f"{year}-01-01":
            break
        try:
            rows.append(_report(name, year, view))
        except CalendarUnknown:
            continue
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


def _gran_years(name: str, view: View) -> Iterator[int]:
    """The years in which the party was, by the newest line of some sites, a large generator."""
    timeline = _timeline(name, view)
    if all(line["category"] != "gran" for line in timeline):
        return
    for year in range(int(min(line["from_on"] for line in timeline)[:4]), YEAR_MAX + 1):
        newest = {tuple(line["sites"]): line for line in timeline if line["from_on"] <= f"{year}-12-31"}
        if any(line["category"] == "gran" for line in newest.values()):
            yield year


def _provider_years(name: str, view: View) -> set[int]:
    """The years on some day of which the party had a federal permit in force that covers hazardous waste."""
    permits = (view.state.get(permits_key(name)) or {"ids": []})["ids"]
    return {year for permit in permits for year in _years_in_force(name, view.state.get(act_key(permit)) or {})}


def _years_in_force(holder: str, permit: Value) -> Iterator[int]:
    if not permit or permit.get("jurisdiction", FEDERAL) != FEDERAL:
        return
    lines = permit["timeline"]
    # what was filed before a permit was copied from the list, the log cannot know
    first_on = permit["transcribed"]["listed_on"] if "transcribed" in permit else lines[0]["from_on"]
    last_on = max(said["to_on"] for line in lines for said in (line, line.get("claimed") or {}) if "to_on" in said)
    for year in range(int(first_on[:4]), int(last_on[:4]) + 1):
        # between these days nothing changes but that the term ends
        days = {f"{year}-01-01", *(line["from_on"] for line in lines if line["from_on"].startswith(f"{year}-"))}
        if any(_handles_hazardous(holder, permit, day) for day in days):
            yield year


def _handles_hazardous(holder: str, permit: Value, on: str) -> bool:
    said = permit_as_of(permit, on)
    return said.standing == "in-force" and said.holder == holder and "RP" in said.scope["waste_classes"]


def _timeline(name: str, view: View) -> list[Value]:
    known: list[Value] = (view.state.get(generator_key(name)) or {"timeline": []})["timeline"]
    return sorted(known, key=lambda line: str(line["from_on"]))


def _ended_on(party: Value, view: View) -> str | None:
    return view.day(party["closed_at"]) if "closed_at" in party else None


def _first(*days: str | None) -> str | None:
    return min((day for day in days if day is not None), default=None)
