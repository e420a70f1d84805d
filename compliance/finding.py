"""A requirement that was not met: who, what, since when, how bad, what cures it, and the statements behind it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from ledger.domain.regime import Effect


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding as of a day.

    Attributes:
        name: ``<event id>/<n>`` of one that a statement opened; ``<requirement>/<subject>/<part>`` of one that time
            brought about. Permanent.
        requirement: id of its requirement, ``R01``.
        code: what was found, ``storage-term-exceeded``.
        party: who answers.
        subject: what it is about.
        since_on: the legal day since which it stands.
        effect: how bad: ``violation``, ``warning``, ``notice`` or ``private``.
        article: the article broken, by the law of its day.
        events: ids of the statements behind it.
        settled_on: the day on which it was settled or mended; None while it stands.
        facts: further figures.
    """

    name: str
    requirement: str
    code: str
    party: str
    subject: str
    since_on: str
    effect: Effect
    article: str
    events: tuple[str, ...] = ()
    settled_on: str | None = None
    facts: dict[str, Any] = field(default_factory=dict)
