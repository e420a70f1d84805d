"""Corrections: a fact that a yearly report has told already does not change unseen (R39)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.correction import EventAnnulled, EventCorrected
from ledger.domain.filing import report_key
from ledger.domain.payload import event_key
from ledger.event import Event
from ledger.fold.legal_day import legal_day
from ledger.fold.state import State


def _find_reported(facts: Facts) -> Iterable[Lapse]:
    mended = facts.payload
    if not isinstance(mended, EventCorrected | EventAnnulled):
        return
    original = facts.before.get(event_key(mended.event))
    if original is None:
        return
    year = _year(original["at"])
    report = facts.before.get(report_key(mended.party, year))
    if report is not None and report["at"] <= mended.occurred_at:
        stated = {"year": year, "filing": report["filing"], "reason": mended.reason}
        yield Lapse(mended.party, mended.event, stated, happened=True)


def _year(at: int) -> int:
    return int(legal_day(at, None)[:4])


def _report(state: State, event: Event) -> Iterable[str]:
    mended = event.payload
    original = state.get(event_key(mended.event)) if isinstance(mended, EventCorrected | EventAnnulled) else None
    return [report_key(event.party, _year(original["at"]))] if original is not None else []


RULES: Final = (
    Rule("R39", "corrected-after-filing", frozenset({EventCorrected, EventAnnulled}), _find_reported, follows=_report),
)
