"""Why an answer of the law is what it is: in words for people, with its source and how well that was read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Confidence = Literal["read", "secondary", "unverified"]
"""``read`` in the text of the law, regulation or catalogue; ``secondary``: in a page about it; ``unverified``: known to
practitioners, not found in a source. Nothing that blocks stands on the last."""


@dataclass(frozen=True, slots=True)
class Words:
    """One text for people, in Spanish and in English."""

    es: str
    en: str


@dataclass(frozen=True, slots=True)
class Reason:
    """One step of an answer: what it settles, why, and where that is written."""

    what: str
    words: Words
    source: str
    confidence: Confidence = "secondary"


def is_in_force(on: str, from_on: str, to_on: str | None) -> bool:
    """Whether a row of a dated table holds on the day (``2026-03-01``); both its days are inclusive, None is open."""
    return from_on <= on and (to_on is None or on <= to_on)
