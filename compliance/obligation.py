"""Something that is due: from whom, about what, by when, and whether it was done."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from ledger.domain.regime import Effect

Standing = Literal["pending", "near", "grace", "overdue", "met", "met_late"]
"""On a day: before its warning; since its warning; past its strict day and before the rolled one (LFPA 29 ¶2); after
it; done in time; done late."""


@dataclass(frozen=True, slots=True)
class Obligation:
    """One deadline of one party about one subject. Days are spelled ``2026-11-02`` and are the legal days of the place.

    Attributes:
        requirement: id of its requirement, ``R01``.
        code: the finding that stands while it is overdue, ``storage-term-exceeded``.
        party: who answers.
        subject: the unit, consignment, incident, permit, party … that it is about.
        part: tells apart several of one requirement about one subject: the year of a report; else empty.
        since_on: the day from which it runs.
        warn_on: the day from which it is brought up.
        strict_on: the last day of the period itself.
        due_on: that day rolled to a business day, where the law rolls it: overdue is what is open on the day after.
        closed_on: the day on which it was done, or ceased; None while it is open.
        effect: what comes of it by the regime of the day on which it falls due.
        article: the article of that regime.
        events: ids of the statements that it stands on.
        facts: further figures, for people.
    """

    requirement: str
    code: str
    party: str
    subject: str
    since_on: str
    warn_on: str
    strict_on: str
    due_on: str
    effect: Effect
    article: str
    part: str = ""
    closed_on: str | None = None
    events: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Permanent: ``<requirement>/<subject>/<part>``."""
        return f"{self.requirement}/{self.subject}/{self.part}"

    @property
    def overdue_on(self) -> str:
        """The first day on which it is overdue, if it is not met before."""
        return (date.fromisoformat(self.due_on) + timedelta(1)).isoformat()

    def standing(self, on: str) -> Standing:
        """How it stands at the end of the day ``on``, by what was done up to then."""
        if self.closed_on is not None and self.closed_on <= on:
            return "met" if self.closed_on <= self.due_on else "met_late"
        if on > self.due_on:
            return "overdue"
        if on > self.strict_on:
            return "grace"
        return "near" if on >= self.warn_on else "pending"
