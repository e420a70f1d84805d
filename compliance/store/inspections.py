"""Inspections and cases as the ledger has them, and what a visit takes along."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Literal

from sqlalchemy import select

from certification.business_days import calendar_keys, calendar_of
from compliance.finding import Finding
from compliance.findings import FINDINGS, stated_finding
from compliance.inspection import OBSERVATIONS, REPLY, Period, calendar_days, period
from compliance.law import Law, law_keys, law_on
from compliance.store.findings import find_finding_keys
from compliance.store.obligations import read_view
from compliance.store.tables import site_place
from ledger.domain.payload import act_key, site_key
from ledger.domain.regime import regime_key
from ledger.errors import CalendarUnknown
from ledger.event import parse_event
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Value
from ledger.store.entries import list_history
from ledger.store.session import Reader
from ledger.store.state import load_states, scan_states

ActKind = Literal["inspection", "case"]
SCANNED_MAX: Final = 2000
"""Acts that are looked at for one page; it ends early where few of them are wanted."""
_PREFIXES: Final = {"inspection": "ins_", "case": "cas_"}


def list_acts(
    reader: Reader, kind: ActKind, wanted: Callable[[Value], bool], *, after: str = "", limit: int
) -> tuple[list[tuple[str, Value]], str | None]:
    """The next acts of the kind that are wanted, in the order of their ids, and the last id looked at if more may be.

    Inspections are found by ids that begin with ``ins_``, cases by ``cas_``.
    """
    rows = scan_states(reader, act_key(_PREFIXES[kind]), after=act_key(after) if after else "", limit=SCANNED_MAX)
    found: list[tuple[str, Value]] = []
    for key, value in rows:
        if len(found) == limit:
            return found, found[-1][0]
        if value["kind"] == kind and wanted(value):
            found.append((key.removeprefix(act_key("")), value))
    return found, rows[-1][0].removeprefix(act_key("")) if len(rows) == SCANNED_MAX else None


def find_act(reader: Reader, kind: ActKind, act: str) -> Value | None:
    """The state value of the act; None if there is none of this kind."""
    value = load_states(reader, [act_key(act)])[act_key(act)]
    return value if value is not None and value["kind"] == kind else None


def list_sites(reader: Reader, party: str) -> list[str]:
    """Ids of the sites that the party operates."""
    query = select(site_place.c.site).where(site_place.c.party == party).order_by(site_place.c.site)
    return list(reader.execute(query).scalars())


def named_findings(reader: Reader, names: Iterable[str]) -> list[Finding]:
    """The findings of these names that statements opened, also those that are settled."""
    view = read_view(reader)
    values = load_states(reader, [f"{FINDINGS}{name}" for name in names])
    found = (stated_finding(key.removeprefix(FINDINGS), value, view) for key, value in values.items() if value)
    return [one for one in found if one is not None]


def findings_of_visit(reader: Reader, inspection: str) -> list[Finding]:
    """What the acta of an inspection, and the counts that it names, opened."""
    visited = [parse_event(entry.body) for entry in list_history(reader, act_key(inspection))]
    counts = [count for event in visited for count in getattr(event.payload, "counts", ())]
    counted = [entry.event_id for count in counts for entry in list_history(reader, act_key(count))]
    keys = find_finding_keys(reader, [*(event.id for event in visited), *counted])
    return named_findings(reader, [key.removeprefix(FINDINGS) for key in keys])


def read_law(reader: Reader, on: str) -> Law:
    """The federal law of the day, as the log has it now."""
    regime = load_states(reader, [regime_key(FEDERAL)])
    return law_on(load_states(reader, law_keys(regime)), on)


def read_period(reader: Reader, name: str, after_on: str) -> Period | None:
    """The term by this name that begins on the day after; None where its last day is in a year of unknown calendar."""
    days = calendar_days(after_on)
    published = load_states(reader, calendar_keys(FEDERAL, days))
    try:
        return period(name, after_on, read_law(reader, after_on).number(name), calendar_of(published, FEDERAL, days))
    except CalendarUnknown:
        return None


def observations_until(reader: Reader, inspection: Value) -> Period | None:
    """Until when the party may observe on the acta of an inspection; None before there is one."""
    if "recorded_at" not in inspection:
        return None
    site = load_states(reader, [site_key(inspection["site"])])[site_key(inspection["site"])]
    return read_period(reader, OBSERVATIONS, legal_day(inspection["recorded_at"], site))


def reply_until(reader: Reader, notified_on: str) -> Period | None:
    """Until when a party may reply to a case that it was told of on the day."""
    return read_period(reader, REPLY, notified_on)
