from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from certification.business_days import subtract_business_days
from compliance.obligation import Obligation, Standing
from compliance.obligations.dispatch import dependents_of, keys_of, obligations_of
from ledger.fold.state import Value
from tests.compliance.obligations.stand import (
    AUTHORITY,
    EVENT,
    GENERATOR,
    HOLDER,
    UNIT,
    at,
    enacted,
    obligation,
    obligations,
    unit,
    view,
)

DISCARDED, STRICT_ON = "2026-03-10", "2026-09-10"
FIRST, SECOND = "fil_first", "fil_second"
REFORM = "2026-07-01"


@pytest.mark.parametrize(
    ("discarded", "strict_on", "due_on"),
    [
        ("2026-03-10", "2026-09-10", "2026-09-10"),
        # there is no 31 February: the first business day of March, in a leap year too
        ("2026-08-31", "2027-03-01", "2027-03-01"),
        ("2027-08-31", "2028-03-01", "2028-03-01"),
        ("2027-08-29", "2028-02-29", "2028-02-29"),
        ("2026-08-29", "2027-03-01", "2027-03-01"),
        # 1 May 2027 is a Saturday, and closed: Monday 3 May
        ("2026-10-31", "2027-05-03", "2027-05-03"),
        # 5 September 2026 is a Saturday
        ("2026-03-05", "2026-09-05", "2026-09-07"),
        # 16 September is closed
        ("2026-03-16", "2026-09-16", "2026-09-17"),
    ],
)
def test_storage_ends_six_months_after_the_discard(discarded: str, strict_on: str, due_on: str) -> None:
    row = obligation(unit(discarded), view(), "R01")

    assert (row.since_on, row.strict_on, row.due_on) == (discarded, strict_on, due_on)
    assert (row.party, row.subject, row.code, row.effect) == (GENERATOR, UNIT, "storage-term-exceeded", "violation")
    assert row.article.startswith("LGPGIR 56")


def test_moving_the_waste_does_not_reset_the_clock() -> None:
    moved = unit(DISCARDED, holder=HOLDER, head_at=at("2026-08-01"), stored_at=at("2026-08-01"))

    assert obligation(moved, view(), "R01").due_on == "2026-09-10"


@pytest.mark.parametrize(("taken_on", "party"), [("2026-09-10", HOLDER), ("2026-09-11", GENERATOR)])
def test_who_let_the_term_pass_answers_for_it_and_not_who_took_the_waste_after_it(taken_on: str, party: str) -> None:
    row = obligation(unit(DISCARDED, holder=HOLDER, held=[[HOLDER, at(taken_on)]]), view(), "R01")

    assert (row.party, row.facts["holder"]) == (party, HOLDER)


@pytest.mark.parametrize(
    ("on", "standing"),
    [
        ("2026-07-21", "pending"),
        ("2026-07-22", "near"),
        ("2026-09-05", "near"),
        ("2026-09-06", "grace"),
        ("2026-09-07", "grace"),
        ("2026-09-08", "overdue"),
    ],
)
def test_it_warns_at_the_strict_day_and_is_overdue_after_the_rolled_one(on: str, standing: Standing) -> None:
    assert obligation(unit("2026-03-05"), view(), "R01").standing(on) == standing


@pytest.mark.parametrize(
    "harmless",
    [
        unit(DISCARDED, waste_class="RME"),
        unit(DISCARDED, waste_class=None),
        unit(DISCARDED, waste_class="not_waste"),
        unit(DISCARDED, stage="removed", generated=None),
        unit(DISCARDED, stage="annulled"),
    ],
)
def test_what_is_no_hazardous_waste_has_no_federal_clock(harmless: Value) -> None:
    assert obligations(harmless, view()) == {}


@pytest.mark.parametrize(
    ("left", "closed_on", "standing"),
    [
        ({"stage": "consumed", "head_at": at("2026-09-10", "23:59")}, "2026-09-10", "met"),
        ({"stage": "disposed", "head_at": at("2026-09-11", "00:01")}, "2026-09-11", "met_late"),
        ({"stage": "exported", "holder": "abroad", "head_at": at("2026-06-01")}, "2026-06-01", "met"),
        ({"lost": at("2026-06-01")}, "2026-06-01", "met"),
        ({"stolen": at("2026-06-01")}, "2026-06-01", "met"),
        ({}, None, "overdue"),
    ],
)
def test_it_closes_when_nobody_stores_the_waste_any_more(
    left: Value, closed_on: str | None, standing: Standing
) -> None:
    row = obligation(unit(DISCARDED, **left), view(), "R01")

    assert row.closed_on == closed_on
    assert row.standing("2026-12-01") == standing


@pytest.mark.parametrize(("until", "standing"), [("2026-09-10", "met"), ("2026-10-01", "met_late")])
def test_what_was_late_as_waste_does_not_vanish_when_it_is_waste_no_more(until: str, standing: Standing) -> None:
    was = {"generated": {"at": at(DISCARDED), "by": GENERATOR}, "waste_class": "RP", "until": at(until)}
    rebuilt = unit(DISCARDED, stage="removed", waste_class=None, generated=None, was_waste=was, removed_at=at(until))
    rows = obligations(rebuilt, view())

    assert (rows["R01"].closed_on, rows["R01"].standing("2026-12-01")) == (until, standing)
    assert rows["R48"].since_on == until
    again = unit("2026-11-01", was_waste=was)
    assert obligation(again, view(), "R01").since_on == "2026-11-01"


def test_the_last_to_have_had_a_unit_answers_for_its_storage_to_the_end() -> None:
    held = [["pty_centre", at("2026-04-01")], [HOLDER, at("2026-05-01")], ["abroad", at("2026-06-01")]]

    assert obligation(unit(DISCARDED, stage="consumed", holder=None, held=held[:2]), view(), "R01").party == HOLDER
    assert obligation(unit(DISCARDED, stage="exported", holder="abroad", held=held), view(), "R01").party == HOLDER
    assert obligation(unit(DISCARDED, stage="consumed", holder=None), view(), "R01").party == GENERATOR


def test_the_day_of_a_discard_is_that_of_its_place() -> None:
    tijuana: Value = {"place": {"time_zone": "America/Tijuana"}}
    discarded = unit("2026-03-10", generated={"at": at("2026-03-11", "00:30"), "by": GENERATOR, "site": "sit_t"})

    assert keys_of(f"unit/{UNIT}", discarded, {}) == ["site/sit_t"]
    assert obligation(discarded, view(site__sit_t=tijuana), "R01").since_on == "2026-03-10"
    assert obligation(discarded, view(), "R01").since_on == "2026-03-11"


# --- extensions: 20 business days before, silence of 10 grants


def asked(on: str, **more: Any) -> Value:
    said: Value = {"kind": "filing", "subject": "storage_extension", "party": HOLDER, "to": AUTHORITY, "units": [UNIT]}
    return {**said, "at": at(on), **more}


def answered(on: str, outcome: str) -> Value:
    return {"outcome": outcome, "answered_at": at(on), "notified_on": on}


IN_TIME = "2026-08-12"
LATE = "2026-08-13"
# the tenth business day after the filing on 12 August
ANSWER_BY = "2026-08-26"


def extended(*filings: Value) -> dict[str, Obligation]:
    names = [FIRST, SECOND][: len(filings)]
    values = {f"act__{name}": filing for name, filing in zip(names, filings, strict=True)}
    return obligations(unit(DISCARDED, extensions=names), view(**values))


def test_the_last_day_to_ask_is_the_twentieth_business_day_before() -> None:
    calendar = view().calendar
    assert subtract_business_days(calendar, STRICT_ON, 20) == IN_TIME
    assert subtract_business_days(calendar, STRICT_ON, 19) == LATE


@pytest.mark.parametrize(
    ("filing", "strict_on", "granted_on", "by_silence"),
    [
        (asked(IN_TIME), "2027-03-10", "2026-08-27", True),
        (asked(LATE), STRICT_ON, None, False),
        (asked(IN_TIME, **answered("2026-08-20", "granted")), "2027-03-10", "2026-08-20", False),
        (asked(IN_TIME, **answered(ANSWER_BY, "refused")), STRICT_ON, None, False),
        # on the eleventh it is granted already
        (asked(IN_TIME, **answered("2026-08-27", "refused")), "2027-03-10", "2026-08-27", True),
        (asked(IN_TIME, **answered("2026-08-20", "received")), "2027-03-10", "2026-08-27", True),
        # the authority may be kinder than the law
        (asked(LATE, **answered("2026-08-20", "granted")), "2027-03-10", "2026-08-20", False),
    ],
)
def test_an_extension_adds_six_months(filing: Value, strict_on: str, granted_on: str | None, by_silence: bool) -> None:
    rows = extended(filing)

    assert rows["R01"].strict_on == strict_on
    assert rows["R02"].facts == {"filing": FIRST, "granted_on": granted_on, "by_silence": by_silence}


@pytest.mark.parametrize(("on", "standing"), [(IN_TIME, "met"), (LATE, "overdue")])
def test_an_extension_is_asked_for_in_time_or_late(on: str, standing: Standing) -> None:
    assert extended(asked(on))["R02"].standing(on) == standing


def test_a_second_extension_is_only_the_authority_s_own_word() -> None:
    first = asked(IN_TIME)
    rows = extended(first, asked("2027-01-15"))
    assert (rows["R01"].strict_on, rows["R02/2"].facts["granted_on"]) == ("2027-03-10", None)

    rows = extended(first, asked("2027-01-15", **answered("2027-01-20", "granted")))
    assert (rows["R01"].strict_on, rows["R01"].facts["extensions"]) == ("2027-09-10", 2)


def test_a_filing_changes_the_obligations_of_its_units() -> None:
    assert dependents_of(f"act/{FIRST}", asked(IN_TIME)) == [f"unit/{UNIT}"]
    assert keys_of(f"unit/{UNIT}", unit(DISCARDED, extensions=[FIRST]), {}) == [f"act/{FIRST}"]


# --- the day on which the law changes


def test_a_pack_in_store_at_a_switch_has_its_clock_from_there_or_from_its_discard() -> None:
    stored = unit(DISCARDED, waste_class=None)
    listing = {"listings": [{"chemistries": ["NMC622"], "waste_class": "RP"}]}

    assert obligations(stored, view(enacted(("2026-01-01", {}), ("2027-01-01", {})))) == {}
    from_switch = obligation(stored, view(enacted((REFORM, listing))), "R01")
    assert (from_switch.since_on, from_switch.strict_on) == (REFORM, "2027-01-01")
    from_discard = obligation(stored, view(enacted((REFORM, {**listing, "clock_at_switch": "generation"}))), "R01")
    assert (from_discard.since_on, from_discard.due_on) == (DISCARDED, "2026-09-10")


def test_nobody_is_late_before_the_law_that_asks_for_it() -> None:
    old = unit("2025-10-01", waste_class=None)
    tables = {"undetermined": "RP", "clock_at_switch": "generation"}
    row = obligation(old, view(enacted((REFORM, tables))), "R01")

    assert (row.due_on, row.standing(REFORM), row.standing("2026-07-02")) == (REFORM, "near", "overdue")


def test_a_clock_ends_with_the_law_that_started_it() -> None:
    law = enacted(("2026-01-01", {"undetermined": "RP"}), (REFORM, {}))

    assert obligation(unit(DISCARDED, waste_class=None), view(law), "R01").closed_on == REFORM


def test_terms_are_those_of_the_day_they_began_and_effects_those_of_the_day_they_end() -> None:
    shorter = {"numbers": [{"name": "storage_months", "value": 3}]}
    private = {"effects": [{"requirement": "R01", "effect": "private"}]}
    law = view(enacted(("2026-01-01", shorter), (REFORM, private)))

    assert obligation(unit(DISCARDED), law, "R01").strict_on == "2026-06-10"
    assert obligation(unit(DISCARDED), law, "R01").effect == "violation"
    assert obligation(unit("2026-05-05"), law, "R01").effect == "private"


def test_nobody_refuses_that_time_passes() -> None:
    law = view(enacted(("2026-01-01", {"effects": [{"requirement": "R01", "effect": "block"}]})))

    assert obligation(unit(DISCARDED), law, "R01").effect == "violation"


def test_no_term_is_guessed_where_the_calendar_is_not_known() -> None:
    far = unit("2036-08-31")
    assert obligations(far, view()) == {}

    published: dict[str, Value] = {"calendar/MX/2037": {"closed_on": []}}
    assert obligation(far, view(published), "R01").due_on == "2037-03-02"


# --- labels, imports for a time, and what nobody decides about


@pytest.mark.parametrize(
    ("label", "closed_on", "standing"),
    [
        (None, None, "overdue"),
        ("2026-03-09", "2026-03-12", "met"),
        ("2026-03-12", "2026-03-12", "met"),
        ("2026-03-13", "2026-03-13", "met_late"),
    ],
)
def test_waste_carries_its_label_from_the_day_it_is_stored(
    label: str | None, closed_on: str | None, standing: Standing
) -> None:
    stored = unit(DISCARDED, stored_at=at("2026-03-12"), labelled_at=at(label) if label else None)
    row = obligation(stored, view(), "R18")

    assert (row.due_on, row.closed_on) == ("2026-03-12", closed_on)
    assert row.standing("2026-03-20") == standing


def test_a_label_is_due_once_somebody_determined_what_it_has_to_say() -> None:
    determined = {"at": at("2026-04-01"), "by": HOLDER, "method": "crit_test", "event": EVENT, "characteristics": []}
    row = obligation(unit(DISCARDED, stored_at=at("2026-03-12"), determined=determined), view(), "R18")

    assert row.due_on == "2026-04-01"


def test_waste_of_a_temporary_import_goes_back_within_180_natural_days() -> None:
    row = obligation(unit(DISCARDED, temporary=True), view(), "R27")

    assert (row.strict_on, row.due_on) == ("2026-09-06", "2026-09-07")
    assert "R27" not in obligations(unit(DISCARDED), view())
    assert obligation(unit(DISCARDED, temporary=True, stage="consumed"), view(), "R27").closed_on == DISCARDED


@pytest.mark.parametrize(
    ("more", "standing"),
    [
        ({}, "overdue"),
        ({"assessed": {"mark": [at("2026-05-01"), EVENT]}}, "met"),
        ({"assessed": {"mark": [at("2026-01-01"), EVENT]}}, "overdue"),
    ],
)
def test_a_pack_that_nobody_decides_about_for_180_days_may_be_a_discard(more: Value, standing: Standing) -> None:
    idle = unit(DISCARDED, stage="removed", generated=None, removed_at=at(DISCARDED), **more)
    row = obligation(idle, view(), "R48")

    assert (row.due_on, row.effect) == ("2026-09-06", "private")
    assert row.standing("2026-09-07") == standing


# --- laws of arithmetic

days = st.dates(date(2019, 1, 1), date(2034, 12, 31)).map(date.isoformat)


@given(days)
@settings(max_examples=30, deadline=None)
def test_rolling_never_shortens_a_term(discarded: str) -> None:
    row = obligation(unit(discarded), view(), "R01")

    assert row.warn_on <= row.strict_on <= row.due_on
    assert date.fromisoformat(row.due_on) - date.fromisoformat(row.strict_on) <= timedelta(5)
    assert date.fromisoformat(row.strict_on) - date.fromisoformat(discarded) >= timedelta(181)


@given(days, st.lists(st.integers(1, 200), max_size=4))
@settings(max_examples=30, deadline=None)
def test_no_move_changes_the_day(discarded: str, moves: list[int]) -> None:
    moved = unit(discarded)
    before = obligation(moved, view(), "R01")
    for days_later in moves:
        moved["head_at"] += days_later * 86400
        moved |= {"holder": f"pty_{days_later}", "held": [[f"pty_{days_later}", moved["head_at"]]]}
    after = obligation(moved, view(), "R01")

    assert (after.since_on, after.warn_on, after.due_on) == (before.since_on, before.warn_on, before.due_on)


def test_what_is_reserved_or_new_has_no_obligations() -> None:
    assert obligations_of("unit/x", {"kind": "tag", "stage": "reserved", "reserved_for": HOLDER}, view()) == []
