"""Rows of registers from a yard in memory: its entries are the log, its state is the state."""

from __future__ import annotations

from collections.abc import Iterator

from compliance.law import law_on
from compliance.register import RegisterRow, row_of
from compliance.stays import STAY_KINDS, Stay, find_stays
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from tests.yard import Yard


def stays_of(yard: Yard, unit: str) -> tuple[Stay, ...]:
    events = [(index, parse_event(raw)) for index, raw in enumerate(yard.entries) if index not in yard.void]
    about = f"unit/{unit}"
    history = [
        (index, event)
        for index, event in events
        if event.payload.kind in STAY_KINDS and any(subject.key == about for subject in event.payload.extends)
    ]
    return find_stays(unit, yard.unit(unit), history)


def rows_of(yard: Yard, unit: str, responsible: str | None = "Ana Pérez") -> list[RegisterRow]:
    return [row for _, row in _told(yard, unit, responsible)]


def rows_at(yard: Yard, party: str, site: str | None) -> list[RegisterRow]:
    """Of everything that ever lay as waste at the site, or, without one, with the party."""
    units = [key.removeprefix("unit/") for key in sorted(yard.state) if key.startswith("unit/")]
    told = [one for unit in units for one in _told(yard, unit, None)]
    return [row for stay, row in told if stay.party == party and site in (None, stay.site)]


def _told(yard: Yard, unit: str, responsible: str | None) -> Iterator[tuple[Stay, RegisterRow]]:
    for stay in stays_of(yard, unit):
        month = legal_day(stay.since, None)[:7]
        tables = law_on(yard.state, f"{month}-28").tables
        yield stay, row_of(stay, yard.unit(unit), yard.state, tables, responsible)
