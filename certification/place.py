"""The place of a site is one whose days can be told."""

from __future__ import annotations

from typing import Final

from ledger.domain.party import SiteChanged, SiteRegistered
from ledger.errors import MalformedStatement
from ledger.fold.fold import Check
from ledger.fold.legal_day import find_zone
from ledger.fold.state import Draft


def _check_place(draft: Draft) -> None:
    payload = draft.event.payload
    if not isinstance(payload, SiteRegistered | SiteChanged) or payload.place is None:
        return
    if find_zone(payload.place.time_zone) is None:
        raise MalformedStatement("no such time zone", field="/place/time_zone")


PLACE_CHECK: Final = Check(
    "place", lambda _: [], lambda _state, _event: [], _check_place, frozenset({SiteRegistered, SiteChanged})
)
"""A site's time zone exists, so that every later day at it can be told."""
