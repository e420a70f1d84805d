"""A visit: what should be at a site, what was scanned there, how the two differ, and which terms run from it.

A visit is prepared in the office and made without a connection: all that it takes is one file, and the scans are lines
of text. Nothing here reads a clock, a database or the network.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, fields
from hashlib import sha256
from typing import Any, Final

from certification.business_days import Calendar, add_business_days
from compliance.numbers import NUMBERS
from ledger.domain.unit_id import format_unit_id, parse_digital_link, parse_unit_id
from ledger.domain.values import UNITS_MAX, check_day
from ledger.errors import UnitIdInvalid
from ledger.fold.regime import FEDERAL

FORMAT: Final = "bitacora-visit/1"
VISIT_UNITS_MAX: Final = 16_000
"""What 64 statements of a count hold, and no site has."""
SCANS_MAX: Final = 100_000
SCAN_CHARS_MAX: Final = 4_000
_OPTIONAL: Final = frozenset({"inspected_name", "site_name"})
_FIGURES: Final = frozenset({"size", "observations_business_days"})


@dataclass(frozen=True, slots=True)
class Expected:
    """A unit that should be at the site, by the ledger; masses in grams, ``since`` the legal day of its arrival."""

    unit: str
    kind: str
    chemistry: str | None = None
    mass_g: int | None = None
    waste_class: str | None = None
    stage: str | None = None
    since: str | None = None


@dataclass(frozen=True, slots=True)
class Visit:
    """What an inspector takes along.

    Attributes:
        inspection: id of the act that the order opened.
        order_number: of the written order (LGEEPA 162).
        authority, authority_name: the party that inspects.
        inspected, inspected_name: the party whose site it is; the name of a natural person is nowhere in the ledger.
        site, site_name: where.
        time_zone: of the site.
        from_on, to_on: the first and last day of the visit by the order.
        taken_at: when this was taken from the ledger.
        size: how many entries the ledger had then.
        observations_business_days: how long the party has for observations (LGEEPA 164).
        closed_on: days without business, in order, of the year of the visit and the next.
        expected: what should be there, in the order of unit ids.
    """

    inspection: str
    order_number: str
    authority: str
    authority_name: str
    inspected: str
    inspected_name: str | None
    site: str
    site_name: str | None
    time_zone: str
    from_on: str
    to_on: str
    taken_at: str
    size: int
    observations_business_days: int
    closed_on: tuple[str, ...]
    expected: tuple[Expected, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """How the scans of a visit differ from what should be there.

    Attributes:
        present: expected, and scanned.
        missing: expected, and not scanned.
        unexpected: scanned, and not expected.
        twice: how often, of each unit that was scanned more than once; it is counted once.
        unread: line, from 1, and text of every scan that names no unit.
    """

    present: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    twice: Mapping[str, int]
    unread: tuple[tuple[int, str], ...]

    @property
    def counted(self) -> int:
        """How many units were there."""
        return len(self.present) + len(self.unexpected)


def format_visit(visit: Visit) -> bytes:
    """The visit file; inverse of ``parse_visit``."""
    members = {"format": FORMAT, **asdict(visit)}
    return json.dumps(members, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"


def parse_visit(data: bytes) -> Visit:
    """Read a visit file.

    Raises:
        ValueError: it is not what ``format_visit`` writes.
    """
    try:
        members: Any = json.loads(data)
        if members.pop("format") != FORMAT:
            raise ValueError(f"not of the form {FORMAT}")
        expected = tuple(_expected(row) for row in members.pop("expected"))
        visit = Visit(expected=expected, closed_on=tuple(members.pop("closed_on")), **members)
    except (AttributeError, KeyError, TypeError, RecursionError, UnitIdInvalid) as error:
        raise ValueError("not a visit file") from error
    _check_visit(visit)
    if format_visit(visit) != data:
        raise ValueError("not spelt as a visit file is")
    return visit


def visit_digest(data: bytes) -> str:
    """SHA-256 of a visit file, in hex: the acta names it."""
    return sha256(data).hexdigest()


def _expected(row: Mapping[str, Any]) -> Expected:
    expected = Expected(**row)
    parse_unit_id(expected.unit)
    texts = (getattr(expected, field.name) for field in fields(Expected) if field.name != "mass_g")
    if not all(text is None or isinstance(text, str) for text in texts):
        raise ValueError("a unit is described in texts")
    if expected.mass_g is not None and type(expected.mass_g) is not int:
        raise ValueError("mass_g is in whole grams")
    return expected


def _check_visit(visit: Visit) -> None:
    for field in fields(Visit):
        value = getattr(visit, field.name)
        wanted = int if field.name in _FIGURES else tuple if field.name in ("closed_on", "expected") else str
        if type(value) is not wanted and not (value is None and field.name in _OPTIONAL):
            raise ValueError(f"{field.name} is of another type")
    for day in (visit.from_on, visit.to_on, *visit.closed_on):
        check_day(day)
    units = [one.unit for one in visit.expected]
    if len(units) > VISIT_UNITS_MAX or units != sorted(set(units)):
        raise ValueError(f"units come once each, in their order, at most {VISIT_UNITS_MAX}")


def unit_of_scan(scan: str) -> str | None:
    """The unit that a scanned text names: its id, or the link of its code; None if it names none."""
    try:
        return format_unit_id(parse_digital_link(scan))
    except UnitIdInvalid:
        return None


def compare(visit: Visit, scans: Iterable[str]) -> Comparison:
    """Hold the scans, one a line, against what should be there; empty lines say nothing.

    Raises:
        ValueError: more than ``SCANS_MAX`` scans, or one of more than ``SCAN_CHARS_MAX`` characters.
    """
    scanned: Counter[str] = Counter()
    unread: list[tuple[int, str]] = []
    for line, text in _scans(scans):
        unit = unit_of_scan(text)
        if unit is None:
            unread.append((line, text))
        else:
            scanned[unit] += 1
    expected = {one.unit for one in visit.expected}
    return Comparison(
        present=tuple(sorted(expected & scanned.keys())),
        missing=tuple(sorted(expected - scanned.keys())),
        unexpected=tuple(sorted(scanned.keys() - expected)),
        twice={unit: times for unit, times in sorted(scanned.items()) if times > 1},
        unread=tuple(unread),
    )


def _scans(scans: Iterable[str]) -> Iterator[tuple[int, str]]:
    for line, text in enumerate(scans, 1):
        if line > SCANS_MAX or len(text) > SCAN_CHARS_MAX:
            raise ValueError(f"at most {SCANS_MAX} scans of {SCAN_CHARS_MAX} characters")
        if text.strip():
            yield line, text.strip()


def counts_of(comparison: Comparison) -> Iterator[dict[str, list[str]]]:
    """Members ``present`` and ``missing`` of as few ``count.recorded`` as say it all; one even of an empty site."""
    there = [(unit, "present") for unit in sorted((*comparison.present, *comparison.unexpected))]
    lines = [*there, *((unit, "missing") for unit in comparison.missing)]
    for start in range(0, max(1, len(lines)), UNITS_MAX):
        part = lines[start : start + UNITS_MAX]
        yield {name: [unit for unit, what in part if what == name] for name in ("present", "missing")}


@dataclass(frozen=True, slots=True)
class Period:
    """A term that runs against a party.

    Attributes:
        name: of its number in ``compliance.numbers``.
        after_on: the day after which it begins.
        business_days: how many.
        to_on: its last day.
        article: that grants it.
    """

    name: str
    after_on: str
    business_days: int
    to_on: str
    article: str


OBSERVATIONS: Final = "observations_business_days"
REPLY: Final = "case_reply_business_days"


def period(name: str, after_on: str, business_days: int, calendar: Calendar) -> Period:
    """``OBSERVATIONS`` on an acta, from the visit (LGEEPA 164), or ``REPLY`` to a case, from its notice (167).

    Raises:
        CalendarUnknown: it reaches into a year of which nothing is known.
    """
    to_on = add_business_days(calendar, after_on, business_days)
    return Period(name, after_on, business_days, to_on, NUMBERS[name].article)


def observations_of(visit: Visit, held_on: str) -> Period:
    """The term for observations on a visit that was held on the day, by what its file says.

    Raises:
        CalendarUnknown: the file says nothing of a year into which it reaches.
    """
    known = {day[:4] for day in (visit.from_on, visit.to_on, *visit.closed_on)}
    closed = {int(year): frozenset(day for day in visit.closed_on if day[:4] == year) for year in known}
    return period(OBSERVATIONS, held_on, visit.observations_business_days, Calendar(FEDERAL, closed))


def calendar_days(after_on: str) -> tuple[str, str]:
    """The first and last day of which a calendar has to know for a ``period`` after the day."""
    year = int(after_on[:4])
    return after_on, f"{year + 1}-12-31"
