"""One deadline, with what the law of the day on which it falls due makes of it."""

from __future__ import annotations

from typing import Any

from compliance.obligation import Obligation
from compliance.obligations.view import View
from compliance.requirements.catalogue.rows import REQUIREMENTS
from ledger.fold.state import Value


def due(
    view: View,
    requirement: str,
    code: str,
    party: str,
    subject: str,
    *,
    since_on: str,
    warn_on: str,
    strict_on: str,
    due_on: str | None = None,
    part: str = "",
    closed_on: str | None = None,
    events: tuple[str, ...] = (),
    facts: dict[str, Any] | None = None,
) -> Obligation:
    """The obligation; without ``due_on`` nothing rolls its last day on. It is brought up from its beginning at most."""
    due_on = due_on or strict_on
    return Obligation(
        requirement,
        code,
        party,
        subject,
        since_on,
        max(warn_on, since_on),
        strict_on,
        due_on,
        view.effect(requirement, due_on),
        REQUIREMENTS[requirement].article,
        part,
        closed_on,
        events,
        facts or {},
    )


def find_filed_on(act: Value, subject: str, party: str, view: View, *, after: str = "") -> str | None:
    """The day on which this party first filed something of this subject about the act, after that day; else None."""
    days = sorted(
        view.day(filing["at"])
        for filing in act.get("filings", ())
        if filing["subject"] == subject and filing["party"] == party
    )
    return next((day for day in days if day > after), None)
