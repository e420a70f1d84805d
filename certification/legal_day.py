"""Legal days: the calendar day on which something happened, where it happened."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ledger.domain.party import SiteChanged, SiteRegistered
from ledger.errors import Corruption, MalformedStatement
from ledger.fold.fold import Check
from ledger.fold.state import Draft, Value

DEFAULT_ZONE: Final = "America/Mexico_City"


def legal_day(at: int, site: Value | None) -> str:
    """The day (``2026-03-01``) of the instant ``at`` (seconds since 1970) in the site's own time zone.

    ``site`` is a site's state value; without one the day runs in Mexico City.

    Raises:
        Corruption: the site's zone does not exist, which ``PLACE_CHECK`` never lets into the log.
    """
    name = site["place"]["time_zone"] if site is not None else DEFAULT_ZONE
    zone = _find_zone(name)
    if zone is None:
        raise Corruption("no such time zone", place=name)
    return datetime.fromtimestamp(at, zone).date().isoformat()


def _find_zone(name: str) -> ZoneInfo | None:
    try:
        return ZoneInfo(name)
    # a name that is a folder of zones, like America/Argentina, is an OSError
    except (ZoneInfoNotFoundError, OSError):
        return None


def _check_place(draft: Draft) -> None:
    payload = draft.event.payload
    if not isinstance(payload, SiteRegistered | SiteChanged) or payload.place is None:
        return
    if _find_zone(payload.place.time_zone) is None:
        raise MalformedStatement("no such time zone", field="/place/time_zone")


PLACE_CHECK: Final = Check(
    "place", lambda _: [], lambda _state, _event: [], _check_place, frozenset({SiteRegistered, SiteChanged})
)
"""A site's time zone exists, so that every later day at it can be told."""
