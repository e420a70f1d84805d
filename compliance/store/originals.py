"""Where the paper original of a consignment stands, by the calendar as the log has it."""

from __future__ import annotations

from certification.business_days import calendar_keys, calendar_of
from certification.procedure import FEDERAL
from compliance.load import Load
from compliance.original import Original, days_of_calendar, find_original
from ledger.errors import CalendarUnknown
from ledger.fold.legal_day import legal_day
from ledger.store.session import Reader
from ledger.store.state import load_states


def read_original(reader: Reader, load: Load, now: int) -> Original | None:
    """On the legal day of ``now`` (seconds since 1970) where the load left; None if there need not be an original.

    None too where nothing is known of the days of a year into which its term reaches.
    """
    law = load.law
    days = days_of_calendar(load.act, law)
    published = load_states(reader, calendar_keys(FEDERAL, days))
    site = load.sites.get(load.origin) if load.origin else None
    try:
        calendar = calendar_of(published, FEDERAL, days)
        return find_original(load.act, calendar, legal_day(now, site), law=law, site=site)
    except CalendarUnknown:
        return None
