"""What obligations are made of: state values, the federal law through time, and the federal calendar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from certification.business_days import Calendar, calendar_keys, calendar_of
from compliance.law import Law, law_on
from compliance.requirements.catalogue.rows import REQUIREMENTS
from ledger.domain.payload import site_key
from ledger.domain.regime import Effect, regime_key
from ledger.fold.legal_day import legal_day
from ledger.fold.regime import FEDERAL, class_if_waste, tables_keys
from ledger.fold.state import State, Value

_FIRST_DAY: Final = "0001-01-01"
_FIRST_YEAR: Final = 2000
"""The first of which a statement tells."""
_YEARS: Final = ("2006-01-01", "2099-12-31")
"""From the regulation's first year to the last one of which a calendar can be published."""

Known = TypeVar("Known")


def base_keys() -> list[str]:
    """State keys that every view reads, whatever it is asked for."""
    return [regime_key(FEDERAL), *calendar_keys(FEDERAL, _YEARS)]


def further_base_keys(state: State) -> list[str]:
    """Those to which the first lead: the tables of each federal regime."""
    return tables_keys(state, FEDERAL)


@dataclass(frozen=True, slots=True)
class Span:
    """From which day on a unit is hazardous waste by law; ``until_on`` is the first day on which it no longer is.

    ``switched_on`` is the day on which a regime made it so; None for a unit that was so from the day of its discard.
    """

    since_on: str
    until_on: str | None = None
    switched_on: str | None = None


@dataclass(frozen=True, slots=True)
class View:
    """State as a caller loaded it, and what was worked out about law and days; ``over`` shares the latter.

    Attributes:
        state: the values that were loaded.
        calendar: the federal one, of all years of which something is known.
        days: the first days of the periods in which the law was the same, oldest first.
        laws: the law of each period.
        known: what ``once`` has worked out.
    """

    state: State
    calendar: Calendar
    days: tuple[str, ...]
    laws: tuple[Law, ...]
    known: dict[tuple[object, ...], Any] = field(default_factory=dict)

    @classmethod
    def of(cls, shared: State) -> View:
        """A view whose law and calendar are those of ``shared``, which has both rounds of base keys."""
        timeline = (shared.get(regime_key(FEDERAL)) or {"timeline": []})["timeline"]
        days = sorted({_FIRST_DAY, *(line["from_on"] for line in timeline)})
        laws = tuple(law_on(shared, day) for day in days)
        return cls(shared, _with_past(calendar_of(shared, FEDERAL, _YEARS)), tuple(days), laws)

    def over(self, state: State) -> View:
        """The same law and calendar over other values."""
        return View(state, self.calendar, self.days, self.laws, self.known)

    def once(self, key: tuple[object, ...], make: Callable[[], Known]) -> Known:
        """What ``make`` gives, worked out once for the key."""
        found: Known | None = self.known.get(key)
        if found is None:
            found = self.known[key] = make()
        return found

    def law(self, on: str) -> Law:
        """The federal law of the day."""
        return self.laws[bisect_right(self.days, on) - 1]

    def number(self, name: str, on: str) -> int:
        """A term or threshold by the law of the day."""
        law = self.law(on)
        return self.once(("number", name, law.on), lambda: law.number(name))

    def effect(self, requirement: str, on: str) -> Effect:
        """What comes of a requirement that falls due on the day; that time passes nobody can refuse."""
        law = self.law(on)
        effect = self.once(("effect", requirement, law.on), lambda: law.effect(REQUIREMENTS[requirement]))
        return "violation" if effect == "block" else effect

    def day(self, at: int, site: str | None = None) -> str:
        """The legal day of the instant at the site, or in Mexico City."""
        return legal_day(at, self.state.get(site_key(site)) if site else None)

    def find_hazardous(self, unit: Value, generated_on: str) -> Span | None:
        """Since when the unit is hazardous waste, by the law of each day since then; None if it never was.

        What somebody determined holds from the discard on: a determination tells what it had been.
        """
        if "part_of" in unit:
            return self._hazardous_span(unit, generated_on)
        known = self.known
        told = ("span", generated_on, unit.get("waste_class"), unit["kind"], unit.get("material"))
        key = (*told, unit.get("chemistry"), unit.get("condition"), *unit.get("part_of", {}).values())
        if key not in known:
            known[key] = self._hazardous_span(unit, generated_on)
        span: Span | None = known[key]
        return span

    def _hazardous_span(self, unit: Value, generated_on: str) -> Span | None:
        first = bisect_right(self.days, generated_on) - 1
        hazardous = [class_if_waste(unit, law.tables) == "RP" for law in self.laws[first:]]
        if True not in hazardous:
            return None
        begin = hazardous.index(True)
        end = hazardous.index(False, begin) if False in hazardous[begin:] else None
        until_on = self.days[first + end] if end is not None else None
        if begin == 0:
            return Span(generated_on, until_on)
        switched_on = self.days[first + begin]
        restarts = self.laws[first + begin].tables["clock_at_switch"] == "switch"
        return Span(switched_on if restarts else generated_on, until_on, switched_on)


def _with_past(calendar: Calendar) -> Calendar:
    """The calendar, with the weekends alone of years before any that is known.

    What fell due so long ago is overdue whichever holiday a day was: a statement of old waste must not go unseen.
    """
    first = min(calendar.closed_on, default=_FIRST_YEAR)
    past = {year: frozenset[str]() for year in range(_FIRST_YEAR, first)}
    return Calendar(calendar.code, {**past, **calendar.closed_on})
