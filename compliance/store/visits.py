"""What a visit takes along, from the ledger."""

from __future__ import annotations

from certification.business_days import calendar_keys, calendar_of
from compliance.inspection import OBSERVATIONS, VISIT_UNITS_MAX, Expected, Visit
from compliance.law import Law
from compliance.store.holdings import Holding, read_holdings
from compliance.store.inspections import read_law
from ledger.domain.payload import party_key, site_key
from ledger.domain.values import format_instant
from ledger.errors import Corruption
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL
from ledger.fold.state import Value
from ledger.store.entries import read_head
from ledger.store.session import Reader
from ledger.store.state import load_states


def read_visit(reader: Reader, inspection: str, act: Value, now: int) -> Visit:
    """The visit that an inspection (its state value) ordered, with what should be at the site at ``now``.

    Classes are those of the law of the first day of the visit. The reader is a snapshot in which the holdings know
    every entry.
    """
    at_site, of, by = site_key(act["site"]), party_key(act["of"]), party_key(act["party"])
    values = load_states(reader, [at_site, of, by])
    site, law = _known(values[at_site], at_site), read_law(reader, act["from_on"])
    return Visit(
        inspection=inspection,
        order_number=act["order_number"],
        authority=act["party"],
        authority_name=str(_known(values[by], by).get("name") or act["party"]),
        inspected=act["of"],
        inspected_name=_known(values[of], of).get("name"),
        site=act["site"],
        site_name=site.get("name"),
        time_zone=site["place"]["time_zone"],
        from_on=act["from_on"],
        to_on=act["to_on"],
        taken_at=format_instant(now),
        size=read_head(reader).size,
        observations_business_days=law.number(OBSERVATIONS),
        closed_on=_closed_on(reader, act["from_on"]),
        expected=tuple(_expected(reader, act, site, law)),
    )


def _expected(reader: Reader, act: Value, site: Value, law: Law) -> list[Expected]:
    found = read_holdings(reader, site=act["site"], party=act["of"], limit=VISIT_UNITS_MAX)
    return sorted((_as_expected(one, site, law) for one in found), key=lambda one: one.unit)


def _as_expected(one: Holding, site: Value, law: Law) -> Expected:
    return Expected(
        unit=one.unit,
        kind=one.kind,
        chemistry=one.chemistry,
        mass_g=one.mass_g,
        waste_class=one.class_by(law),
        stage=one.stage,
        since=legal_day(one.since, site),
    )


def _closed_on(reader: Reader, from_on: str) -> tuple[str, ...]:
    days = (from_on, f"{int(from_on[:4]) + 1}-01-01")
    calendar = calendar_of(load_states(reader, calendar_keys(FEDERAL, days)), FEDERAL, days)
    return tuple(sorted(day for closed in calendar.closed_on.values() for day in closed))


def _known(value: Value | None, key: str) -> Value:
    if value is None:
        raise Corruption("an inspection names what is not there", place=f"state {key}")
    return value
