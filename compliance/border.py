"""What hazardous waste takes besides a permit when it leaves the country, as a check of a delivery abroad.

The importing country's consent (LGPGIR 87), or of a maquiladora the notice of return (RLGPGIR 123), which takes the
place of the permit too: without its number on record, the purpose alone would excuse from both. What has left the
country is recorded all the same, and a finding opens. Both articles are about hazardous waste alone.
"""

from __future__ import annotations

from typing import Final

from certification.coverage import find_load
from certification.scope import place_of
from compliance.law import Law, law_keys, law_on
from ledger.domain.custody import ConsignmentDelivered
from ledger.domain.payload import act_key, unit_key
from ledger.event import Event
from ledger.fold.fold import Check
from ledger.fold.regime import FEDERAL_REGIME
from ledger.fold.state import Draft, State, Value

CONSENT_ARTICLES: Final = "LGPGIR 87, 106 XXI; RLGPGIR 119"
NOTICE_ARTICLES: Final = "RLGPGIR 121, 123"


def _check_papers(draft: Draft) -> None:
    payload = draft.event.payload
    if not isinstance(payload, ConsignmentDelivered):
        return
    act = draft.get(act_key(payload.consignment))
    law = law_on(draft.state, place_of(draft.state, payload).day)
    left = [line.id for line in payload.lines if line.outcome == "accepted"]
    hazardous = sum(_is_hazardous(draft.state.get(unit_key(unit_id)), act, law) for unit_id in left)
    if not hazardous:
        return
    returns = act["purpose"] == "maquiladora_return"
    if ("notice" if returns else "consent") in act["border"]:
        return
    draft.open_finding(
        "returned-without-notice" if returns else "exported-without-consent",
        party=act["consignor"],
        subject=payload.consignment,
        article=NOTICE_ARTICLES if returns else CONSENT_ARTICLES,
        units=hazardous,
    )


def _is_hazardous(unit: Value | None, act: Value, law: Law) -> bool:
    load = find_load("", unit, act["purpose"], law.tables) if unit is not None else None
    return load is not None and load.waste_class == "RP"


def _touches(_: Event) -> list[str]:
    return [FEDERAL_REGIME]


def _follows(state: State, _: Event) -> list[str]:
    return law_keys(state)


BORDER_CHECK: Final = Check("border", _touches, _follows, _check_papers, concerns=frozenset({ConsignmentDelivered}))
"""Opens ``exported-without-consent`` and ``returned-without-notice``; reads only what the delivery
extends, and the law."""
