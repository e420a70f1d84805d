from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.business_days import (
    Calendar,
    add_business_days,
    add_years,
    business_days_between,
    calendar_keys,
    calendar_of,
    find_statutory_days,
    next_business_day,
    roll_forward,
    subtract_business_days,
)
from ledger.errors import CalendarUnknown
from ledger.fold.state import Value

YEARS = range(2018, 2037)
FIXED = ("01-01", "02-05", "03-21", "05-01", "05-05", "09-01", "09-16", "11-20", "12-25")
WHOLE = ("2018-01-01", "2036-12-31")

days = st.dates(date(2019, 1, 1), date(2035, 6, 30)).map(date.isoformat)
counts = st.integers(0, 120)


class Stored:
    """The state, as far as a calendar reads it."""

    def __init__(self, values: dict[str, Value] | None = None) -> None:
        self.values = values or {}

    def get(self, key: str, /) -> Value | None:
        return self.values.get(key)


LAW = calendar_of(Stored(), "MX", WHOLE)


def mondays(year: int, month: int, nth: int) -> str:
    first = date(year, month, 1)
    return (first + timedelta((7 - first.weekday()) % 7 + 7 * (nth - 1))).isoformat()


@pytest.mark.parametrize("year", YEARS)
def test_the_law_closes_the_dates_of_lfpa_28_and_the_mondays_of_lft_74(year: int) -> None:
    dates = {f"{year}-{day}" for day in FIXED}
    moved = {mondays(year, 2, 1), mondays(year, 3, 3), mondays(year, 11, 3)}
    transmission = {2018: {"2018-12-01"}, 2024: {"2024-10-01"}, 2030: {"2030-10-01"}, 2036: {"2036-10-01"}}

    assert find_statutory_days("MX", year) == frozenset(dates | moved | transmission.get(year, set()))


def test_a_year_without_data_has_no_statutory_days() -> None:
    assert find_statutory_days("MX", 2099) is None
    assert find_statutory_days("MX-NLE", 2026) is None


@pytest.mark.parametrize(
    ("day", "open_"),
    [
        ("2025-09-15", True),
        ("2025-09-16", False),
        ("2025-09-13", False),
        ("2025-09-14", False),
        ("2024-02-29", True),
        ("2024-10-01", False),
        ("2025-10-01", True),
        ("2024-12-02", True),
        ("2026-02-02", False),
        ("2026-02-05", False),
        ("2026-12-24", True),
        ("2026-12-25", False),
    ],
)
def test_weekends_and_closed_days_do_not_count(day: str, open_: bool) -> None:
    assert LAW.is_business_day(day) is open_


@pytest.mark.parametrize(
    ("day", "count", "last"),
    [
        # 16 September 2025 is a Tuesday, and does not count
        ("2025-09-12", 1, "2025-09-15"),
        ("2025-09-15", 1, "2025-09-17"),
        # nor does 1 September, a Monday
        ("2025-07-11", 45, "2025-09-15"),
        ("2025-07-14", 45, "2025-09-17"),
        ("2025-07-15", 45, "2025-09-18"),
        # 29 February 2024 is a Thursday, and counts
        ("2024-02-28", 1, "2024-02-29"),
        ("2024-02-28", 2, "2024-03-01"),
        ("2023-02-28", 1, "2023-03-01"),
        # over the end of a year
        ("2025-12-24", 1, "2025-12-26"),
        ("2025-12-31", 1, "2026-01-02"),
        ("2026-12-31", 1, "2027-01-04"),
        # what is filed on a Saturday begins to count on Monday
        ("2025-01-11", 1, "2025-01-13"),
        ("2025-01-10", 1, "2025-01-13"),
        ("2025-01-10", 0, "2025-01-10"),
    ],
)
def test_a_period_ends_on_its_last_business_day(day: str, count: int, last: str) -> None:
    assert add_business_days(LAW, day, count) == last


def test_the_days_that_the_authority_publishes_lie_over_those_of_the_law() -> None:
    published: dict[str, Value] = {"calendar/MX/2025": {"closed_on": ["2025-04-17", "2025-04-18"], "event": "0" * 64}}
    calendar = calendar_of(Stored(published), "MX", ["2025-04-16"])

    assert add_business_days(calendar, "2025-04-16", 1) == "2025-04-21"
    assert add_business_days(LAW, "2025-04-16", 1) == "2025-04-17"
    assert not calendar.is_business_day("2025-09-16")


def test_a_year_is_known_from_the_log_alone() -> None:
    published: dict[str, Value] = {"calendar/MX-NLE/2025": {"closed_on": ["2025-09-20"], "event": "0" * 64}}

    assert calendar_of(Stored(published), "MX-NLE", ["2025-01-01"]).is_business_day("2025-09-16")


def test_a_year_of_which_nothing_is_known_is_refused_and_not_guessed() -> None:
    with pytest.raises(CalendarUnknown) as refused:
        add_business_days(calendar_of(Stored(), "MX", ["2036-12-30"]), "2036-12-30", 2)

    assert refused.value.facts == {"calendar": "MX", "year": 2037}
    assert refused.value.cure == "have the authority publish the calendar MX of 2037"


def test_every_year_between_two_days_is_read() -> None:
    assert calendar_keys("MX", ["2027-01-01", "2025-12-31"]) == [f"calendar/MX/{y}" for y in (2025, 2026, 2027)]
    assert calendar_keys("MX", []) == []


@pytest.mark.parametrize(
    ("day", "years", "ends"),
    [
        ("2024-01-01", 10, "2034-01-01"),
        ("2024-02-29", 4, "2028-02-29"),
        # 2027 has no 29 February: the first business day of March, and 1 March 2025 is a Saturday
        ("2028-02-29", -1, "2027-03-01"),
        ("2024-02-29", 1, "2025-03-03"),
        ("2023-02-28", 1, "2024-02-28"),
    ],
)
def test_a_period_of_years_ends_on_the_same_number_of_day(day: str, years: int, ends: str) -> None:
    assert add_years(LAW, day, years) == ends


def test_a_period_has_no_negative_length() -> None:
    with pytest.raises(ValueError, match="negative"):
        add_business_days(LAW, "2025-01-10", -1)


@given(days, counts)
def test_what_is_added_is_subtracted_again(day: str, count: int) -> None:
    start = roll_forward(LAW, day)

    assert subtract_business_days(LAW, add_business_days(LAW, start, count), count) == start


@given(days, counts)
def test_what_is_added_is_counted_between(day: str, count: int) -> None:
    assert business_days_between(LAW, day, add_business_days(LAW, day, count)) == count


@given(days, days, counts)
def test_who_begins_later_never_ends_earlier(one: str, other: str, count: int) -> None:
    first, second = sorted((one, other))

    assert add_business_days(LAW, first, count) <= add_business_days(LAW, second, count)


@given(days, st.integers(1, 120))
def test_a_period_ends_on_a_business_day_and_a_longer_one_later(day: str, count: int) -> None:
    last = add_business_days(LAW, day, count)

    assert LAW.is_business_day(last)
    assert add_business_days(LAW, day, count + 1) == next_business_day(LAW, last) > last


@given(days, st.sets(days, max_size=20))
def test_a_further_closed_day_never_brings_an_end_forward(day: str, closed: set[str]) -> None:
    stricter = Calendar("MX", {year: shut | closed for year, shut in LAW.closed_on.items()})

    assert add_business_days(stricter, day, 45) >= add_business_days(LAW, day, 45)
