"""Legal days: the calendar day on which something happened, where it happened."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.errors import Corruption
from ledger.fold.state import Value

DEFAULT_ZONE: Final = "America/Mexico_City"


def legal_day(at: int, site: Value | None) -> str:
    """The day (``2026-03-01``) of the instant ``at`` (seconds since 1970) in the site's own time zone.

    ``site`` is a site's state value; without one the day runs in Mexico City.

    Raises:
        Corruption: the site's zone does not exist, which the check of places never lets into the log.
    """
    name = site["place"]["time_zone"] if site is not None else DEFAULT_ZONE
    zone = find_zone(name)
    if zone is None:
        raise Corruption("no such time zone", place=name)
    return datetime.fromtimestamp(at, zone).date().isoformat()


def find_zone(name: str) -> ZoneInfo | None:
    """The time zone of this name; None if there is none."""
    try:
        return ZoneInfo(name)
    # a name that is a folder of zones, like America/Argentina, is an OSError
    except (ZoneInfoNotFoundError, OSError):
        return None
