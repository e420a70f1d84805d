from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.business_days import calendar_of, find_statutory_days
from compliance.inspection import (
    OBSERVATIONS,
    REPLY,
    SCANS_MAX,
    Expected,
    Visit,
    compare,
    counts_of,
    format_visit,
    observations_of,
    parse_visit,
    period,
    unit_of_scan,
)
from compliance.numbers import NUMBERS
from ledger.domain.unit_id import SerialisedGtin, format_unit_id
from ledger.domain.values import UNITS_MAX
from ledger.errors import CalendarUnknown
from ledger.fold.regime import FEDERAL


def pack(number: int) -> str:
    return format_unit_id(SerialisedGtin("07501234567893", f"P{number:05}"))


def visit_of(units: int) -> Visit:
    closed = {*(find_statutory_days(FEDERAL, 2026) or ()), *(find_statutory_days(FEDERAL, 2027) or ())}
    return Visit(
        inspection="ins_mfzwizltoq2gk3tfnzsxe5dfoi",
        order_number="PFPA/25.2/2C.27.1/0042-2026",
        authority="pty_nbswy3dpo5xxe3dehaytembqha",
        authority_name="Procuraduría Federal de Protección al Ambiente",
        inspected="pty_mfzwizltoq2gk3tfnzsxe5dfoi",
        inspected_name=None,
        site="sit_mfzwizltoq2gk3tfnzsxe5dfoi",
        site_name="Patio norte",
        time_zone="America/Monterrey",
        from_on="2026-03-02",
        to_on="2026-03-06",
        taken_at="2026-03-01T18:00:00Z",
        size=1234,
        observations_business_days=5,
        closed_on=tuple(sorted(closed)),
        expected=tuple(
            Expected(pack(n), "pack", "NMC622", 435_000, "RME", "waste", "2026-01-07") for n in range(units)
        ),
    )


VISIT = visit_of(37)


def test_35_of_37_one_stranger_and_one_read_twice() -> None:
    scans = [*(pack(n) for n in range(35)), pack(900), pack(7)]

    found = compare(VISIT, scans)

    assert found.present == tuple(pack(n) for n in range(35))
    assert found.missing == (pack(35), pack(36))
    assert (found.unexpected, dict(found.twice), found.unread) == ((pack(900),), {pack(7): 2}, ())
    assert found.counted == 36


def test_nothing_scanned_leaves_everything_missing_and_everything_scanned_nothing() -> None:
    assert compare(VISIT, []).missing == tuple(one.unit for one in VISIT.expected)
    whole = compare(VISIT, [one.unit for one in VISIT.expected])
    assert (whole.missing, whole.unexpected, len(whole.present)) == ((), (), 37)


def test_a_label_s_link_names_its_unit_whatever_host_resolves_it() -> None:
    assert unit_of_scan("https://bitacora.example/01/07501234567893/21/P00003") == pack(3)
    assert unit_of_scan("http://id.gs1.org/01/7501234567893/21/P00003?x=1") == pack(3)


@pytest.mark.parametrize(
    "text", ["hola", "pty_mfzwizltoq2gk3tfnzsxe5dfoi", "https://id.gs1.org/01/07501234567890/21/A"]
)
def test_what_names_no_unit_is_listed_by_its_line_and_counts_as_nothing(text: str) -> None:
    found = compare(VISIT, [pack(0), "", f"  {text} "])

    assert (found.unread, found.counted) == (((3, text),), 1)


def test_more_scans_than_a_visit_can_have_are_refused() -> None:
    with pytest.raises(ValueError, match="at most"):
        compare(VISIT, [""] * (SCANS_MAX + 1))
    with pytest.raises(ValueError, match="at most"):
        compare(VISIT, ["x" * 5000])


@given(st.sets(st.integers(0, 60)), st.lists(st.integers(0, 60)))
def test_every_unit_is_in_one_place_whatever_was_scanned(expected: set[int], scanned: list[int]) -> None:
    visit = replace(VISIT, expected=tuple(Expected(pack(n), "pack") for n in sorted(expected)))

    found = compare(visit, map(pack, scanned))

    assert {*found.present, *found.missing} == {pack(n) for n in expected}
    assert {*found.present, *found.unexpected} == {pack(n) for n in scanned}
    assert not {*found.present} & {*found.missing}
    assert sum(found.twice.values()) - len(found.twice) == len(scanned) - found.counted


@pytest.mark.parametrize(("units", "missing", "statements"), [(0, 0, 1), (200, 56, 1), (200, 57, 2), (300, 0, 2)])
def test_a_count_is_said_in_as_few_statements_as_hold_it(units: int, missing: int, statements: int) -> None:
    visit = visit_of(units + missing)
    found = compare(visit, (pack(n) for n in range(units)))

    parts = list(counts_of(found))

    assert len(parts) == statements
    assert max(len(part["present"]) + len(part["missing"]) for part in parts) <= UNITS_MAX
    assert sorted(unit for part in parts for unit in part["present"]) == list(found.present)
    assert sorted(unit for part in parts for unit in part["missing"]) == list(found.missing)


def test_a_visit_file_reads_back_as_what_was_written() -> None:
    assert parse_visit(format_visit(VISIT)) == VISIT


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("format", "bitacora-visit/2"),
        ("size", "1234"),
        ("site", None),
        ("closed_on", ["2026-13-01"]),
        ("from_on", "mañana"),
        ("expected", [{"unit": pack(2), "kind": "pack"}, {"unit": pack(1), "kind": "pack"}]),
        ("expected", [{"unit": "pack 1", "kind": "pack"}]),
        ("expected", [{"unit": pack(1), "kind": "pack", "mass_g": 1.5}]),
        ("expected", [{"unit": pack(1), "kind": 7}]),
        ("further", 1),
    ],
)
def test_a_visit_file_that_was_changed_into_nonsense_is_refused(name: str, value: Any) -> None:
    members = {**json.loads(format_visit(VISIT)), name: value}

    with pytest.raises(ValueError):  # noqa: PT011 (each of them says something else)
        parse_visit(json.dumps(members, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n")


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", b"\xff", format_visit(VISIT) + b"\n"])
def test_what_is_no_visit_file_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011
        parse_visit(data)


@pytest.mark.parametrize(
    ("name", "after_on", "to_on"),
    [
        # Monday to Monday: five business days, LGEEPA 164.
        (OBSERVATIONS, "2026-03-02", "2026-03-09"),
        # Over Monday 16 March (LFT 74 III).
        (OBSERVATIONS, "2026-03-13", "2026-03-23"),
        # A visit on a Saturday: the days begin on Monday.
        (OBSERVATIONS, "2026-03-07", "2026-03-13"),
        # Fifteen, LGEEPA 167, over the end of the year.
        (REPLY, "2026-12-18", "2027-01-12"),
    ],
)
def test_terms_count_business_days_from_the_day_after(name: str, after_on: str, to_on: str) -> None:
    calendar = calendar_of({}, FEDERAL, [after_on, f"{int(after_on[:4]) + 1}-12-31"])

    term = period(name, after_on, NUMBERS[name].value, calendar)

    assert (term.to_on, term.article) == (to_on, NUMBERS[name].article)


def test_the_visit_file_alone_tells_until_when_observations_are_made() -> None:
    assert observations_of(VISIT, "2026-03-13").to_on == "2026-03-23"
    published = replace(VISIT, closed_on=tuple(sorted({*VISIT.closed_on, "2026-03-18"})))
    assert observations_of(published, "2026-03-13").to_on == "2026-03-24"


def test_of_a_year_that_the_file_says_nothing_of_no_term_is_guessed() -> None:
    with pytest.raises(CalendarUnknown):
        observations_of(VISIT, "2028-03-13")
