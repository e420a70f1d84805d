"""Business days: which days count in a period of days, and where a period ends.

Periods stated in days count business days alone (LFPA 28 ¶2); those in months or years end on the same number of day
(LFPA 29 ¶1). Days are spelled ``2026-03-01``, as in payloads. Days without business are data: the ones of the law by
year (``certification/calendars``: the dates of LFPA 28, and the Mondays on which LFT 74 stops work), and over these the
days that the authority publishes in the log (``calendar.published``: general holidays and suspended work, LFPA 28).

A year of which nothing is known is refused: no term is guessed.
"""

from __future__ import annotations

import json
from calendar import monthrange
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib.resources import files
from typing import Final

from ledger.errors import CalendarUnknown
from ledger.fold.state import State

_SATURDAY: Final = 5
_ONE_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Calendar:
    """The days without business of some years, besides Saturdays and Sundays; a year that is not there is unknown."""

    code: str
    closed_on: Mapping[int, frozenset[str]]

    def is_business_day(self, day: str) -> bool:
        """Whether ``day`` counts in a period of days.

        Raises:
            CalendarUnknown: nothing is known of its year.
        """
        return self._is_open(date.fromisoformat(day))

    def _is_open(self, day: date) -> bool:
        closed = self.closed_on.get(day.year)
        if closed is None:
            raise CalendarUnknown(
                f"no days without business are known for {self.code} {day.year}",
                cure=f"have the authority publish the calendar {self.code} of {day.year}",
                calendar=self.code,
                year=day.year,
            )
        return day.weekday() < _SATURDAY and day.isoformat() not in closed


def calendar_key(code: str, year: int) -> str:
    """State key of the days that the log publishes for a year."""
    return f"calendar/{code}/{year}"


def calendar_keys(code: str, days: Iterable[str]) -> list[str]:
    """State keys of the years of ``days`` and of every year between them."""
    years = [int(day[:4]) for day in days]
    return [calendar_key(code, year) for year in range(min(years), max(years) + 1)] if years else []


def calendar_of(state: State, code: str, days: Iterable[str]) -> Calendar:
    """The calendar of the years from the first to the last of ``days``, as the log stands: law and publications."""
    closed: dict[int, frozenset[str]] = {}
    for key in calendar_keys(code, days):
        year = int(key.rpartition("/")[2])
        published = state.get(key)
        by_law = find_statutory_days(code, year)
        if published is not None or by_law is not None:
            closed[year] = (by_law or frozenset()) | frozenset((published or {}).get("closed_on", ()))
    return Calendar(code, closed)


@cache
def find_statutory_days(code: str, year: int) -> frozenset[str] | None:
    """The days that the law itself closes in a year; None for a year or calendar without data."""
    found = files("certification").joinpath("calendars", f"{code}-{year}.json")
    return frozenset(json.loads(found.read_text(encoding="utf-8"))["closed_on"]) if found.is_file() else None


def roll_forward(calendar: Calendar, day: str) -> str:
    """``day``, or the next business day if it is none (LFPA 29 ¶2)."""
    return day if calendar.is_business_day(day) else next_business_day(calendar, day)


def next_business_day(calendar: Calendar, day: str) -> str:
    """The first business day after ``day``."""
    return add_business_days(calendar, day, 1)


def add_business_days(calendar: Calendar, day: str, count: int) -> str:
    """The last day of a period of ``count`` business days that begins on the day after ``day`` (LFPA 17-B, 38).

    Raises:
        CalendarUnknown: the period reaches into a year of which nothing is known.
        ValueError: ``count`` is negative.
    """
    return _step(calendar, day, count, _ONE_DAY)


def subtract_business_days(calendar: Calendar, day: str, count: int) -> str:
    """The day that is ``count`` business days before ``day``.

    Raises:
        CalendarUnknown, ValueError: as ``add_business_days``.
    """
    return _step(calendar, day, count, -_ONE_DAY)


def _step(calendar: Calendar, day: str, count: int, one: timedelta) -> str:
    if count < 0:
        raise ValueError("a period has no negative length")
    at = date.fromisoformat(day)
    while count:
        at += one
        count -= calendar._is_open(at)
    return at.isoformat()


def business_days_between(calendar: Calendar, after: str, until: str) -> int:
    """How many business days there are after ``after``, up to and with ``until``; none when it is not later."""
    first, last = date.fromisoformat(after), date.fromisoformat(until)
    return sum(calendar._is_open(first + n * _ONE_DAY) for n in range(1, (last - first).days + 1))


def add_months(calendar: Calendar, day: str, months: int) -> str:
    """The same number of day so many months later (earlier if negative).

    In a month that has no such day the period ends on the first business day of the month after it (LFPA 29 ¶1).

    Raises:
        CalendarUnknown: that first business day lies in a year of which nothing is known.
    """
    start = date.fromisoformat(day)
    year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
    if start.day <= monthrange(year, month + 1)[1]:
        return date(year, month + 1, start.day).isoformat()
    year, month = divmod(year * 12 + month + 1, 12)
    return roll_forward(calendar, date(year, month + 1, 1).isoformat())


def add_years(calendar: Calendar, day: str, years: int) -> str:
    """The same number of day so many years later, as ``add_months``."""
    return add_months(calendar, day, 12 * years)
