"""Days counted on and back. They are spelled ``2026-11-02``."""

from __future__ import annotations

from datetime import date, timedelta


def plus_days(day: str, count: int) -> str:
    """The day so many natural days later, or earlier if negative."""
    return (date.fromisoformat(day) + timedelta(count)).isoformat()
