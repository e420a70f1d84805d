from __future__ import annotations

from pathlib import Path
from typing import Any, get_args

import pytest

from certification.business_days import Calendar, find_statutory_days
from certification.terms import (
    DECISION_TERMS,
    VALIDITIES,
    Clock,
    DecisionTerm,
    Stop,
    answer_fair_deadline,
    answer_first_deadline,
    clocks_of,
    decision_due,
    find_decision_term,
    find_validity,
    first_third,
    notification_due,
    renewal_clock,
    renewal_window,
    renewed_until,
    request_last_day,
    validity_last_day,
)
from ledger.domain.values import Activity, parse_instant

LAW = Calendar("MX", {year: find_statutory_days("MX", year) or frozenset() for year in range(2018, 2037)})
WITH_EASTER = Calendar("MX", {**LAW.closed_on, 2025: LAW.closed_on[2025] | {"2025-04-17", "2025-04-18"}})
ACTIVITIES: tuple[str, ...] = get_args(Activity)


def term_of(asks: str, *activities: str) -> DecisionTerm:
    term = find_decision_term(asks, activities, "2025-01-06")
    assert term is not None
    return term


@pytest.mark.parametrize("asks", ["grant", "change"])
@pytest.mark.parametrize(
    ("activity", "business_days", "third", "article"),
    [
        ("collection", 21, 7, "RLGPGIR 55 I"),
        ("storage", 21, 7, "RLGPGIR 55 I"),
        ("transport", 30, 10, "RLGPGIR 55 II"),
        ("reuse", 45, 15, "RLGPGIR 55 IV"),
        ("repurposing", 45, 15, "RLGPGIR 55 IV"),
        ("dismantling", 45, 15, "RLGPGIR 55 IV"),
        ("recycling", 45, 15, "RLGPGIR 55 IV"),
        ("treatment", 45, 15, "RLGPGIR 55 IV"),
        ("disposal", 45, 15, "RLGPGIR 55 IV"),
        ("import", 20, 7, "RLGPGIR 110"),
    ],
)
def test_a_decision_takes_as_long_as_its_activity_allows(
    asks: str, activity: str, business_days: int, third: int, article: str
) -> None:
    term = term_of(asks, activity)

    assert (term.business_days, first_third(term), term.article) == (business_days, third, article)
    assert (term.silence, term.silence_article) == ("refused", "LFPA 17")


@pytest.mark.parametrize(
    ("asks", "business_days", "third", "silence", "article"),
    [("renewal", 30, 10, "granted", "RLGPGIR 59"), ("transfer", 10, 4, "refused", "RLGPGIR 64")],
)
def test_renewal_and_transfer_have_a_term_and_a_silence_of_their_own(
    asks: str, business_days: int, third: int, silence: str, article: str
) -> None:
    term = term_of(asks)

    assert (term.business_days, first_third(term), term.silence) == (business_days, third, silence)
    assert term.article == term.silence_article == article


def test_who_asks_for_several_activities_waits_for_the_longest_term() -> None:
    assert term_of("grant", "collection", "transport", "recycling").business_days == 45
    assert term_of("grant", "transport", "collection").business_days == 30


def test_export_has_no_term_from_filing() -> None:
    assert find_decision_term("grant", ["export"], "2025-01-06") is None


def test_before_the_regulation_was_in_force_it_gives_no_term() -> None:
    assert find_decision_term("grant", ["collection"], "2006-12-29") is None
    assert find_decision_term("grant", ["collection"], "2006-12-30") is not None


@pytest.mark.parametrize(
    ("filed_on", "term", "due_on"),
    [
        # day 45 on either side of 16 September; 1 September 2025 is a Monday and closed too
        ("2025-07-11", term_of("grant", "recycling"), "2025-09-15"),
        ("2025-07-14", term_of("grant", "recycling"), "2025-09-17"),
        ("2026-07-10", term_of("grant", "recycling"), "2026-09-14"),
        ("2026-07-13", term_of("grant", "recycling"), "2026-09-15"),
        ("2026-07-14", term_of("grant", "recycling"), "2026-09-17"),
        # over 29 February 2024, and over 28 February 2023
        ("2024-01-30", term_of("grant", "collection"), "2024-02-29"),
        ("2024-01-31", term_of("grant", "collection"), "2024-03-01"),
        ("2023-01-27", term_of("grant", "collection"), "2023-02-28"),
        ("2023-01-30", term_of("grant", "collection"), "2023-03-01"),
        # filed on a Saturday, or on Sunday: the first day is Monday
        ("2025-01-11", term_of("grant", "collection"), "2025-02-12"),
        ("2025-01-12", term_of("grant", "collection"), "2025-02-12"),
        ("2025-01-10", term_of("grant", "collection"), "2025-02-12"),
        ("2025-01-13", term_of("grant", "collection"), "2025-02-13"),
        # into another year
        ("2025-12-15", term_of("transfer"), "2025-12-30"),
        ("2025-12-18", term_of("transfer"), "2026-01-05"),
        ("2025-11-21", term_of("renewal"), "2026-01-06"),
    ],
)
def test_the_last_day_of_a_decision(filed_on: str, term: DecisionTerm, due_on: str) -> None:
    assert decision_due(LAW, filed_on, term) == due_on


def test_the_days_that_an_authority_publishes_prolong_its_term() -> None:
    collection = term_of("grant", "collection")

    assert decision_due(LAW, "2025-03-28", collection) == "2025-04-28"
    assert decision_due(WITH_EASTER, "2025-03-28", collection) == "2025-04-30"


@pytest.mark.parametrize(
    ("asks", "activity", "last_day"),
    [
        ("grant", "collection", "2025-01-15"),
        ("grant", "transport", "2025-01-20"),
        ("grant", "recycling", "2025-01-27"),
        ("transfer", "transport", "2025-01-10"),
    ],
)
def test_a_request_is_made_by_the_last_day_of_the_first_third(asks: str, activity: str, last_day: str) -> None:
    assert request_last_day(LAW, "2025-01-06", term_of(asks, activity)) == last_day


@pytest.mark.parametrize(
    ("required_on", "first_day"),
    [("2025-01-15", "2025-01-22"), ("2025-09-10", "2025-09-18"), ("2025-12-23", "2025-12-31")],
)
def test_a_request_leaves_five_business_days_at_least(required_on: str, first_day: str) -> None:
    assert answer_first_deadline(LAW, required_on) == first_day


def test_a_request_should_leave_as_long_as_it_may_take_itself() -> None:
    assert answer_fair_deadline(LAW, "2025-01-15", term_of("grant", "collection")) == "2025-01-24"
    assert answer_fair_deadline(LAW, "2025-01-15", term_of("transfer")) == answer_first_deadline(LAW, "2025-01-15")


@pytest.mark.parametrize(
    ("stop", "due_on"),
    [
        (None, "2025-02-06"),
        (Stop("2025-01-15", None), None),
        # on day 7 of 21 the term stops; its 14 days run on from the day after the answer
        (Stop("2025-01-15", "2025-01-22"), "2025-02-13"),
        (Stop("2025-01-15", "2025-01-15"), "2025-02-06"),
        (Stop("2025-01-15", "2025-01-16"), "2025-02-07"),
        (Stop("2025-01-07", "2025-01-16"), "2025-02-17"),
        # an answer on a Saturday lets the term run on Monday, as one on the Friday before
        (Stop("2025-01-15", "2025-01-25"), "2025-02-17"),
        (Stop("2025-01-15", "2025-01-24"), "2025-02-17"),
    ],
)
def test_the_term_stands_still_from_the_request_to_the_answer(stop: Stop | None, due_on: str | None) -> None:
    assert decision_due(LAW, "2025-01-06", term_of("grant", "collection"), stop) == due_on


@pytest.mark.parametrize(
    ("decided_on", "due_on"), [("2025-01-06", "2025-01-20"), ("2025-09-05", "2025-09-22"), ("2025-12-19", "2026-01-06")]
)
def test_an_act_is_notified_within_ten_business_days(decided_on: str, due_on: str) -> None:
    assert notification_due(LAW, decided_on) == due_on


@pytest.mark.parametrize(
    ("to_on", "first_on", "last_on"),
    [
        ("2026-01-05", "2025-01-05", "2025-10-28"),
        ("2025-11-19", "2024-11-19", "2025-09-15"),
        ("2025-11-21", "2024-11-21", "2025-09-17"),
        # the 45 days cross 16 September, a Tuesday, and 1 September
        ("2025-10-31", "2024-10-31", "2025-08-27"),
        ("2028-02-29", "2027-03-01", "2027-12-27"),
        ("2028-03-01", "2027-03-01", "2027-12-28"),
    ],
)
def test_a_renewal_is_asked_for_in_the_last_year_and_45_business_days_before(
    to_on: str, first_on: str, last_on: str
) -> None:
    window = renewal_window(LAW, to_on)

    assert (window.first_on, window.last_on) == (first_on, last_on)


@pytest.mark.parametrize(
    ("today", "days_left", "lapsed"),
    [
        ("2025-01-04", None, False),
        ("2025-01-05", 204, False),
        ("2025-10-27", 1, False),
        ("2025-10-28", 0, False),
        ("2025-10-29", 0, True),
    ],
)
def test_the_windows_first_and_last_day_are_in_time(today: str, days_left: int | None, lapsed: bool) -> None:
    clock = renewal_clock(LAW, "2026-01-05", today)

    assert (clock.days_left, clock.lapsed) == (days_left, lapsed)


@pytest.mark.parametrize(
    ("from_on", "granted_to_on", "to_on", "until"),
    [
        ("2016-01-05", "2026-01-05", "2026-01-05", "2036-01-05"),
        ("2016-01-05", "2026-01-04", "2026-01-04", "2036-01-04"),
        ("2006-01-05", "2016-01-05", "2026-01-05", "2036-01-05"),
        ("2024-02-29", "2025-02-28", "2025-02-28", "2026-02-28"),
        ("2025-01-01", "2025-06-30", "2025-06-30", "2025-12-27"),
    ],
)
def test_a_renewal_lasts_as_long_as_the_grant(from_on: str, granted_to_on: str, to_on: str, until: str) -> None:
    assert renewed_until(LAW, from_on, granted_to_on, to_on) == until


@pytest.mark.parametrize(
    ("activities", "from_on", "last_day", "article"),
    [
        (["collection"], "2025-03-10", "2035-03-10", "RLGPGIR 58 II"),
        (["disposal"], "2011-03-10", "2036-03-10", "RLGPGIR 58 I"),
        (["dismantling"], "2025-03-10", "2030-03-10", "RLGPGIR 58, last paragraph"),
        (["import"], "2025-03-10", "2026-03-10", "RLGPGIR 111"),
        (["disposal", "dismantling", "recycling"], "2025-03-10", "2030-03-10", "RLGPGIR 58, last paragraph"),
        (["recycling"], "2024-02-29", "2034-03-01", "RLGPGIR 58 II"),
    ],
)
def test_a_permit_lasts_no_longer_than_its_shortest_activity(
    activities: list[str], from_on: str, last_day: str, article: str
) -> None:
    validity = find_validity(activities, from_on)

    assert validity is not None
    assert (validity_last_day(LAW, from_on, validity), validity.article) == (last_day, article)


@pytest.mark.parametrize("activity", ACTIVITIES)
def test_every_activity_has_a_validity(activity: str) -> None:
    assert find_validity([activity], "2025-01-01") is not None


def application(**more: Any) -> dict[str, Any]:
    """Filed for collection on Monday 2025-01-06 at 9:00 in Mexico City."""
    filed: dict[str, Any] = {
        "kind": "application",
        "asks": "grant",
        "stage": "submitted",
        "submitted_at": parse_instant("2025-01-06T15:00:00Z"),
        "scope": {"activities": ["collection"]},
    }
    return {**filed, **more}


def required(answer_by: str = "2025-01-24") -> dict[str, Any]:
    return {"stage": "information_required", "required": {"notified_on": "2025-01-15", "answer_by": answer_by}}


def named(clocks: list[Clock], name: str) -> Clock:
    return next(clock for clock in clocks if clock.name == name)


@pytest.mark.parametrize(
    ("today", "days_left", "lapsed"),
    [
        ("2025-01-06", 21, False),
        ("2025-02-05", 1, False),
        # silence on day 21, and on day 22; the 3rd and the 5th of February do not count
        ("2025-02-06", 0, False),
        ("2025-02-07", 0, True),
    ],
)
def test_silence_counts_from_the_day_after_the_last(today: str, days_left: int, lapsed: bool) -> None:
    clock = named(clocks_of(application(), LAW, today), "decision")

    assert (clock.due_on, clock.days_left, clock.lapsed) == ("2025-02-06", days_left, lapsed)
    assert (clock.started_on, clock.article, clock.silence) == ("2025-01-06", "RLGPGIR 55 I", "refused")


@pytest.mark.parametrize(("today", "lapsed"), [("2025-02-19", False), ("2025-02-20", True)])
def test_the_silence_on_a_renewal_grants_it(today: str, lapsed: bool) -> None:
    asked = application(asks="renewal")
    del asked["scope"]

    clock = named(clocks_of(asked, LAW, today), "decision")

    assert (clock.due_on, clock.silence, clock.lapsed) == ("2025-02-19", "granted", lapsed)


@pytest.mark.parametrize(
    ("today", "days_left", "lapsed"), [("2025-01-06", 7, False), ("2025-01-15", 0, False), ("2025-01-16", 0, True)]
)
def test_the_authority_may_ask_for_information_in_the_first_third(today: str, days_left: int, lapsed: bool) -> None:
    clock = named(clocks_of(application(), LAW, today), "information_request")

    assert (clock.due_on, clock.days_left, clock.lapsed) == ("2025-01-15", days_left, lapsed)
    assert clock.silence is None


def test_while_information_is_awaited_the_applicants_clock_runs_and_the_authoritys_stands() -> None:
    clocks = clocks_of(application(**required()), LAW, "2025-01-23")

    decision, answer = clocks
    assert (decision.name, decision.due_on, decision.stopped_on, decision.lapsed) == (
        "decision",
        None,
        "2025-01-15",
        False,
    )
    assert (answer.name, answer.runs_for, answer.due_on, answer.days_left) == ("answer", "applicant", "2025-01-24", 1)
    assert (answer.silence, answer.lapsed) == ("dismissed", False)


def test_after_the_answer_the_term_runs_on() -> None:
    answered = application(**required()) | {"stage": "answered", "answered_at": parse_instant("2025-01-22T18:00:00Z")}

    (decision,) = clocks_of(answered, LAW, "2025-01-23")

    assert (decision.due_on, decision.stopped_on, decision.days_left) == ("2025-02-13", None, 13)


def test_an_answer_late_in_the_evening_counts_on_the_day_in_mexico_city() -> None:
    # 05:30 UTC on the 23rd is 23:30 on the 22nd
    answered = application(**required()) | {"stage": "answered", "answered_at": parse_instant("2025-01-23T05:30:00Z")}

    assert clocks_of(answered, LAW, "2025-01-23")[0].due_on == "2025-02-13"


@pytest.mark.parametrize("stage", ["granted", "granted_in_part", "refused", "withdrawn"])
def test_nothing_runs_after_the_decision(stage: str) -> None:
    assert clocks_of(application(stage=stage), LAW, "2025-01-10") == []


def test_without_a_term_nothing_is_due_and_nothing_lapses() -> None:
    (clock,) = clocks_of(application(scope={"activities": ["export"]}), LAW, "2035-01-10")

    assert (clock.due_on, clock.days_left, clock.lapsed, clock.silence) == (None, None, False, None)
    assert clock.article == "RLGPGIR 110"


def test_the_page_for_users_lists_every_term_and_validity() -> None:
    page = (Path(__file__).parents[2] / "docs/certification.md").read_text(encoding="utf-8")
    rows = [tuple(cell.strip() for cell in line.strip("|").split("|")) for line in page.splitlines() if "|" in line]
    listed = {(frozenset(row[0].split(", ")), frozenset(row[1].split(", ")), *row[2:]) for row in rows if len(row) > 1}
    lasting = {(frozenset(row[0].split(", ")), *row[1:]) for row in rows}

    for term in DECISION_TERMS:
        silence = f"{term.silence} ({term.silence_article})"
        days = (str(term.business_days), str(first_third(term)))
        assert (term.asks, term.activities or frozenset({"all"}), *days, silence, term.article) in listed
    for validity in VALIDITIES:
        years = f"{validity.years_max} year" + "s" * (validity.years_max > 1)
        assert (validity.activities, years, validity.article) in lasting
