"""From a state key to its obligations, by what kind of thing it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from compliance.obligation import Obligation
from compliance.obligations import incident, permit, storage, transit, trial, yearly
from compliance.obligations import unit as single
from compliance.obligations.view import View
from ledger.domain.payload import act_key, party_key, site_key, unit_key
from ledger.errors import CalendarUnknown
from ledger.fold.life import OF_WASTE
from ledger.fold.state import State, Value

Rule = Callable[[str, Value, View], list[Obligation]]

SWEEPING: Final = frozenset({"regime.enacted", "calendar.published", "site.changed"})
"""Kinds that may change the obligations of any key; all others change those of their keys and their dependents."""

_OF_UNIT: Final[tuple[Rule, ...]] = (
    storage.storage_of,
    single.label_of,
    single.way_back_of,
    incident.loss_of,
)
_OF_REMOVED: Final[tuple[Rule, ...]] = (single.idle_of,)
_OF_ACT: Final[dict[str, tuple[Rule, ...]]] = {
    "consignment": (transit.original_of, transit.returning_of, transit.use_report_of, transit.return_of),
    "incident": (incident.notice_of,),
    "authorisation": (permit.renewal_of,),
    "inspection": (trial.observations_of,),
    "case": (trial.answer_of,),
}
_OF_PARTY: Final[tuple[Rule, ...]] = (yearly.reports_of, yearly.plan_of)


def keys_of(key: str, value: Value, state: State) -> list[str]:
    """State keys that the obligations of ``key`` depend on, as far as ``state`` leads to them.

    Ask, load, and ask once more: nothing leads further than that. A key may be asked for that has no value.
    """
    if key.startswith("unit/"):
        return _keys_of_unit(value)
    if key.startswith("party/"):
        return yearly.keys_of_party(key.partition("/")[2], state)
    site = value.get("origin") or value.get("site") if key.startswith("act/") else None
    return [site_key(site)] if site else []


def obligations_of(key: str, value: Value, view: View) -> list[Obligation]:
    """All obligations about what the key names, open and closed. ``view.state`` has ``keys_of`` it, both rounds."""
    subject = key.partition("/")[2]
    found = _apply(_rules(key, value), subject, value, view)
    if "was_waste" in value:
        earlier = _apply(_OF_UNIT, subject, _as_waste(value), view)
        # discarded once more, it has the same deadlines again
        found += [replace(row, part=f"{row.part}earlier") for row in earlier] if "generated" in value else earlier
    return found


def _apply(rules: tuple[Rule, ...], subject: str, value: Value, view: View) -> list[Obligation]:
    found: list[Obligation] = []
    for rule in rules:
        try:
            found += rule(subject, value, view)
        except CalendarUnknown:
            # no term is guessed: with the year's calendar published it is there
            continue
    return found


def dependents_of(key: str, value: Value) -> list[str]:
    """Keys besides ``key`` whose obligations may change with its value."""
    if key.startswith("act/") and value["kind"] == "filing":
        return [unit_key(unit) for unit in value.get("units", ())]
    if key.startswith("act/") and value["kind"] == "application" and "authorisation" in value:
        return [act_key(value["authorisation"])]
    if key.startswith("act/") and value["kind"] == "authorisation":
        holders = {value["holder"], *(line["holder"] for line in value["timeline"] if "holder" in line)}
        return [party_key(holder) for holder in sorted(holders)]
    if key.startswith(("generator/", "plans/", "report/", "permits/")):
        return [party_key(key.split("/")[1])]
    return []


def has_obligations(key: str) -> bool:
    """Whether keys like this one can have any, so that a sweep need not load the others."""
    return key.startswith(("unit/", "act/", "party/"))


def _rules(key: str, value: Value) -> tuple[Rule, ...]:
    if key.startswith("unit/"):
        if "generated" in value:
            return _OF_UNIT
        return _OF_REMOVED if value["stage"] == "removed" else ()
    if key.startswith("act/"):
        return _OF_ACT.get(value["kind"], ())
    return _OF_PARTY if key.startswith("party/") else ()


def _as_waste(unit: Value) -> Value:
    """A unit that is waste no more, as it was to the end: what was late then does not vanish with it."""
    was = unit["was_waste"]
    present = {member: said for member, said in unit.items() if member not in ("lost", "stolen", *OF_WASTE)}
    return {**present, **was, "stage": "ceased", "head_at": was["until"]}


def _keys_of_unit(unit: Value) -> list[str]:
    lives = [unit, unit.get("was_waste", {})]
    sites = {unit.get("site"), *(life.get("generated", {}).get("site") for life in lives)} - {None}
    filings = [filing for life in lives for filing in life.get("extensions", ())]
    holders = {holder for life in lives for holder, _ in life.get("held", ()) if holder.startswith("pty_")}
    return [*(site_key(site) for site in sorted(sites)), *map(act_key, filings), *map(party_key, sorted(holders))]
