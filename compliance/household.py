"""How much each party gave away in a year as a household does: to a municipal collection, which asks no manifest of it.

What counts is what a consignee accepted, with the mass that it received: that neither returns nor is withdrawn. A mass
that is corrected afterwards stays counted as it was received.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ledger.domain.custody import ConsignmentReceived
from ledger.domain.payload import act_key, site_key, unit_key
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.legal_day import legal_day
from ledger.fold.state import Draft, State, Value

HOUSEHOLD_PURPOSE: Final = "municipal_collection"


def household_key(party: str, year: int | str) -> str:
    """State key of what collections accepted of a party in a calendar year: ``mass_g``."""
    return f"household/{party}/{year}"


def find_household(state: State, event: Event) -> str | None:
    """The party that gives to a collection what the statement receives. ``state`` has the consignment."""
    payload = event.payload
    if not isinstance(payload, ConsignmentReceived) or payload.basis != "offer":
        return None
    act: Value = state.get(act_key(payload.consignment)) or {}
    return act.get("consignor") if act.get("purpose") == HOUSEHOLD_PURPOSE else None


def household_keys(state: State, event: Event) -> list[str]:
    """The counters in which it may be, whatever the time zone of the site makes of the year."""
    party = find_household(state, event)
    if party is None:
        return []
    year = int(legal_day(event.payload.occurred_at, None)[:4])
    return [household_key(party, year + n) for n in (-1, 0, 1)]


def _site(event: Event) -> list[str]:
    return [site_key(event.payload.site)] if event.payload.site else []


def _count(draft: Draft) -> None:
    payload = draft.event.payload
    party = find_household(draft.state, draft.event)
    if party is None or not isinstance(payload, ConsignmentReceived):
        return
    mass_g = sum(_accepted_g(draft, payload))
    if mass_g:
        site = draft.get(site_key(payload.site)) if payload.site else None
        key = household_key(party, legal_day(payload.occurred_at, site)[:4])
        draft.put(key, {"mass_g": (draft.find(key) or {"mass_g": 0})["mass_g"] + mass_g})


def _accepted_g(draft: Draft, payload: ConsignmentReceived) -> Iterator[int]:
    for line in payload.lines:
        if line.outcome == "accepted":
            unit = draft.get(unit_key(line.id))
            yield unit["received_mass_g"] if "received_mass_g" in unit else unit["mass_g"]


HOUSEHOLD_CHECK: Final = Check("household", _site, household_keys, _count, concerns=frozenset({ConsignmentReceived}))
"""Counts under ``household/``; the checks after it read there what the statement leaves."""
