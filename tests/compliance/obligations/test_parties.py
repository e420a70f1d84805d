from __future__ import annotations

from typing import Any

import pytest

from compliance.obligation import Obligation, Standing
from compliance.obligations.dispatch import dependents_of, keys_of
from compliance.obligations.view import View
from compliance.requirements.catalogue.rows import REQUIREMENTS
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

INCIDENT = "inc_a"


# --- incidents and losses


def incident(on: str, time: str = "12:00", **more: Any) -> Value:
    waste = [{"stage": "waste", "kind": "pack", "chemistry": "NMC622", "waste_class": "RP"}]
    about: Value = {"nature": "thermal_event", "in_transport": False, "units": [UNIT], "waste": waste}
    return {"kind": "incident", "party": HOLDER, "at": at(on, time), **about, **more}


def told(subject: str, on: str) -> list[Value]:
    return [{"filing": "fil_a", "subject": subject, "at": at(on), "party": HOLDER}]


@pytest.mark.parametrize(
    ("happened", "due_on"),
    [
        # Monday 16 November 2026 is closed by LFT 74
        ("2026-11-13", "2026-11-19"),
        ("2026-11-03", "2026-11-06"),
        ("2026-09-14", "2026-09-18"),
    ],
)
def test_an_incident_is_formalised_within_three_business_days(happened: str, due_on: str) -> None:
    row = obligations(incident(happened), view(), f"act/{INCIDENT}")["R28"]

    assert (row.since_on, row.due_on, row.party, row.code) == (happened, due_on, HOLDER, "incident-not-formalised")


@pytest.mark.parametrize(
    ("filings", "standing"),
    [
        ([], "overdue"),
        (told("incident", "2026-11-19"), "met"),
        (told("loss", "2026-11-19"), "met"),
        (told("incident", "2026-11-20"), "met_late"),
        (told("other", "2026-11-19"), "overdue"),
    ],
)
def test_the_filing_about_it_closes_it(filings: list[Value], standing: Standing) -> None:
    row = obligations(incident("2026-11-13", filings=filings), view(), f"act/{INCIDENT}")["R28"]

    assert row.standing("2026-11-25") == standing


@pytest.mark.parametrize(
    ("about", "is_told"),
    [
        ({"nature": "leak", "spilled_ml": 1_000_000}, False),
        ({"nature": "leak", "spilled_ml": 1_000_001}, True),
        ({"nature": "leak", "in_transport": True}, True),
        ({"nature": "loss"}, True),
        ({"nature": "find"}, False),
        ({"waste": [{"stage": "waste", "kind": "pack", "chemistry": "NMC622", "waste_class": "RME"}]}, False),
        ({"waste": []}, False),
    ],
)
def test_a_cubic_metre_the_road_fire_and_loss_are_told(about: Value, is_told: bool) -> None:
    assert ("R28" in obligations(incident("2026-11-13", **about), view(), f"act/{INCIDENT}")) is is_told


def test_an_incident_is_judged_by_the_law_of_its_day() -> None:
    law = view(enacted(("2026-11-14", {"undetermined": "RP"})))
    waste = [{"stage": "waste", "kind": "pack", "chemistry": "NMC622"}]

    assert obligations(incident("2026-11-13", waste=waste), law, f"act/{INCIDENT}") == {}
    assert "R28" in obligations(incident("2026-11-14", waste=waste), law, f"act/{INCIDENT}")


@pytest.mark.parametrize(
    ("more", "standing"),
    [({}, "overdue"), ({"told_at": at("2026-11-19")}, "met"), ({"told_at": at("2026-11-20")}, "met_late")],
)
def test_a_lost_unit_is_told_within_three_business_days(more: Value, standing: Standing) -> None:
    row = obligation(unit("2026-10-01", lost=at("2026-11-13"), **more), view(), "R28")

    assert (row.code, row.due_on, row.standing("2026-12-01")) == ("incident-not-formalised", "2026-11-19", standing)


def test_a_loss_that_an_incident_reports_is_due_once() -> None:
    assert "R28" not in obligations(unit("2026-10-01", lost=at("2026-11-13"), incident=INCIDENT), view())
    assert "R28" not in obligations(unit("2026-10-01", lost=at("2026-11-13"), waste_class="RME"), view())


# --- large generators


def registered(*lines: tuple[str, str], sites: tuple[str, ...] = ()) -> Value:
    return {
        "timeline": [
            {"from_on": on, "category": category, "register_of": "MX", "sites": list(sites), "event": EVENT}
            for on, category in lines
        ]
    }


def of_party(value: Value | None = None, **values: Value) -> dict[str, Obligation]:
    return obligations(value or {"form": "moral"}, view(**values), f"party/{GENERATOR}")


@pytest.mark.parametrize(
    ("filed", "closed_on", "standing"),
    [
        (None, None, "overdue"),
        (at("2026-06-30", "23:59"), "2026-06-30", "met"),
        (at("2026-07-01", "00:00"), "2026-07-01", "met_late"),
        # 23:59 in Tijuana is 0:59 of the next day where the report goes
        (at("2026-06-30", "23:59", "America/Tijuana"), "2026-07-01", "met_late"),
    ],
)
def test_the_report_of_a_year_is_filed_by_30_june_in_mexico_city(
    filed: int | None, closed_on: str | None, standing: Standing
) -> None:
    report: dict[str, Value] = {f"report__{GENERATOR}__2025": {"filing": "fil_a", "at": filed}} if filed else {}
    values = {f"generator__{GENERATOR}": registered(("2025-12-31", "gran")), **report}
    row = of_party(**values)["R11/2025"]

    assert (row.since_on, row.strict_on, row.due_on) == ("2026-03-01", "2026-06-30", "2026-06-30")
    assert (row.closed_on, row.standing("2026-07-01")) == (closed_on, standing)


def test_a_report_s_last_day_rolls_over_the_weekend() -> None:
    rows = of_party(**{f"generator__{GENERATOR}": registered(("2026-01-01", "gran"))})

    # 30 June 2029 is a Saturday
    assert (rows["R11/2028"].strict_on, rows["R11/2028"].due_on) == ("2029-06-30", "2029-07-02")


def test_reports_are_due_of_the_years_as_a_large_generator() -> None:
    lines = registered(("2024-05-01", "pequeno"), ("2026-03-01", "gran"), ("2028-01-01", "micro"))
    rows = of_party(**{f"generator__{GENERATOR}": lines})
    assert {name for name in rows if name.startswith("R11")} == {"R11/2026", "R11/2027"}

    closed = of_party(
        {"closed_at": at("2027-06-01")}, **{f"generator__{GENERATOR}": registered(("2026-03-01", "gran"))}
    )
    assert {name for name in closed if name.startswith("R11")} == {"R11/2026", "R11/2027"}
    assert of_party(**{f"generator__{GENERATOR}": registered(("2026-03-01", "pequeno"))}) == {}
    assert of_party() == {}


def test_the_years_of_reports_end_with_the_calendar() -> None:
    rows = of_party(**{f"generator__{GENERATOR}": registered(("2026-01-01", "gran"))})

    assert max(row.part for row in rows.values()) == "2035"


def provides(value: Value, **values: Value) -> set[str]:
    """The years of which a party with this permit owes the report."""
    rows = of_party(**{f"permits__{GENERATOR}": {"ids": ["aut_a"]}, "act__aut_a": value}, **values).values()
    assert {row.party for row in rows} <= {GENERATOR}
    return {row.part for row in rows if row.requirement == "R11"}


def federal(from_on: str, to_on: str, *lines: Value, **more: Any) -> Value:
    scope = {"activities": ["transport"], "waste_classes": ["RP"]}
    grant: Value = {"from_on": from_on, "status": "in_force", "to_on": to_on, "scope": scope, "event": EVENT}
    return {"kind": "authorisation", "holder": GENERATOR, "number": "19-I-1", "timeline": [grant, *lines], **more}


def ruled(from_on: str, status: str) -> Value:
    return {"from_on": from_on, "status": status, "event": EVENT}


@pytest.mark.parametrize(
    ("permit", "years"),
    [
        (federal("2025-12-31", "2027-01-01"), {"2025", "2026", "2027"}),
        (federal("2026-01-01", "2026-12-31"), {"2026"}),
        # a reinstated permit was in force some day of the year; a revoked one is not after it
        (
            federal("2024-05-01", "2027-12-31", ruled("2024-06-01", "suspended"), ruled("2026-12-31", "in_force")),
            {"2024", "2026", "2027"},
        ),
        (federal("2024-05-01", "2027-12-31", ruled("2025-01-01", "revoked")), {"2024"}),
        (federal("2024-05-01", "2026-12-31", {"from_on": "2026-01-01", "holder": HOLDER}), {"2024", "2025"}),
        (
            federal("2018-05-01", "2026-12-31", transcribed={"source": "list", "listed_on": "2025-11-02"}),
            {"2025", "2026"},
        ),
        (federal("2026-01-01", "2026-12-31", jurisdiction="MX"), {"2026"}),
        (federal("2026-01-01", "2026-12-31", jurisdiction="MX-NLE"), set()),
        (
            federal("2026-01-01", "2026-12-31", {"from_on": "2026-01-01", "scope": {"waste_classes": ["RME"]}}),
            set(),
        ),
    ],
)
def test_a_provider_reports_on_every_year_with_a_federal_permit_in_force(permit: Value, years: set[str]) -> None:
    assert provides(permit) == years


def test_a_provider_s_report_is_due_like_that_of_a_large_generator_and_once() -> None:
    values = {f"generator__{GENERATOR}": registered(("2026-01-01", "gran"))}
    assert provides(federal("2026-01-01", "2026-12-31"), **values) >= {"2026", "2027"}
    reported = {f"report__{GENERATOR}__2026": {"filing": "fil_a", "at": at("2027-06-30")}}
    shown = {f"permits__{GENERATOR}": {"ids": ["aut_a"]}, "act__aut_a": federal("2026-01-01", "2026-12-31")}

    assert of_party(**shown)["R11/2026"].standing("2027-07-01") == "overdue"
    assert of_party(**shown, **reported)["R11/2026"].standing("2027-07-01") == "met"


def test_of_years_before_the_first_calendar_no_report_is_asked_for_and_of_later_ones_it_is() -> None:
    rows = of_party(**{f"generator__{GENERATOR}": registered(("2014-11-20", "gran"))})

    assert min(row.part for row in rows.values() if row.requirement == "R11") == "2017"


@pytest.mark.parametrize(
    ("plan", "standing"),
    [(None, "overdue"), ("2026-05-15", "met"), ("2027-01-01", "met_late"), ("2025-01-01", "met")],
)
def test_a_large_generator_has_a_plan(plan: str | None, standing: Standing) -> None:
    plans: dict[str, Value] = {f"plans__{GENERATOR}": {"plans": [{"plan": "pln_a", "since": at(plan)}]}} if plan else {}
    row = of_party(**{f"generator__{GENERATOR}": registered(("2026-03-17", "gran")), **plans})["R38"]

    assert row.due_on == "2026-05-21"
    assert row.standing("2027-01-02") == standing


def test_what_a_party_owes_is_found_in_two_rounds_and_follows_its_registers() -> None:
    first = keys_of(f"party/{GENERATOR}", {}, {})
    assert first == [f"generator/{GENERATOR}", f"plans/{GENERATOR}", f"permits/{GENERATOR}"]

    loaded = {f"generator/{GENERATOR}": registered(("2098-01-01", "gran"))}
    further = keys_of(f"party/{GENERATOR}", {}, loaded)
    assert further == [*first, f"report/{GENERATOR}/2098", f"report/{GENERATOR}/2099"]
    assert all(dependents_of(key, {}) == [f"party/{GENERATOR}"] for key in further)

    provider = keys_of(f"party/{GENERATOR}", {}, {f"permits/{GENERATOR}": {"ids": ["aut_a"]}})
    assert "act/aut_a" in provider
    assert f"report/{GENERATOR}/2026" in provider
    permitted = permit("2026-11-13", holder=HOLDER)
    permitted["timeline"].append({"from_on": "2026-02-01", "holder": GENERATOR, "event": EVENT})
    assert dependents_of("act/aut_a", permitted) == [f"party/{GENERATOR}", f"party/{HOLDER}"]


# --- permits


def permit(*ends: str, **more: Any) -> Value:
    timeline = [{"from_on": "2016-11-20", "status": "in_force", "to_on": ends[0], "event": EVENT}]
    timeline += [{"from_on": to_on, "to_on": to_on, "event": EVENT} for to_on in ends[1:]]
    return {"kind": "authorisation", "holder": HOLDER, "number": "19-I-1", "timeline": timeline, **more}


def renewals(value: Value, over: View | None = None) -> dict[str, Obligation]:
    return obligations(value, over or view(), "act/aut_a")


def test_the_window_closes_45_business_days_before_the_end_and_counts_no_16_september() -> None:
    row = renewals(permit("2026-11-13"))["R08/2026-11-13"]

    # 2026-11-13 less 45 weekdays is 2026-09-11; 16 September is none of them
    assert (row.since_on, row.strict_on, row.due_on) == ("2025-11-13", "2026-09-10", "2026-09-10")
    assert row.article.startswith("RLGPGIR 58")


@pytest.mark.parametrize(
    ("more", "closed_on", "standing"),
    [
        ({}, "2026-11-14", "overdue"),
        ({"renewals_asked": [at("2026-09-10")]}, "2026-09-10", "met"),
        ({"renewals_asked": [at("2026-09-11")]}, "2026-09-11", "met_late"),
        ({"renewals_asked": [at("2025-11-12")]}, "2026-11-14", "overdue"),
    ],
)
def test_a_renewal_is_asked_for_within_its_window(more: Value, closed_on: str, standing: Standing) -> None:
    row = renewals(permit("2026-11-13", **more))["R08/2026-11-13"]

    assert (row.closed_on, row.standing("2026-11-13")) == (closed_on, standing)
    assert row.standing("2026-11-14") in ("met", "met_late")


def test_each_term_of_a_permit_has_its_window_and_a_renewed_one_was_asked_for() -> None:
    rows = renewals(permit("2026-11-13", "2036-11-13"))

    assert rows["R08/2026-11-13"].standing("2026-10-01") == "met"
    assert rows["R08/2036-11-13"].standing("2026-10-01") == "pending"


def test_neither_a_state_s_permit_nor_a_revoked_one_is_renewed_by_federal_law() -> None:
    assert renewals(permit("2026-11-13", jurisdiction="MX-NLE")) == {}
    revoked = permit("2026-11-13")
    revoked["timeline"].append({"from_on": "2026-02-01", "status": "revoked", "event": EVENT})
    assert renewals(revoked)["R08/2026-11-13"].closed_on == "2026-02-01"
    assert renewals(permit("2040-11-13")) == {}


# --- inspections and cases


@pytest.mark.parametrize(("more", "standing"), [({}, "overdue"), ({"observed_at": at("2026-11-23")}, "met")])
def test_an_acta_is_observed_within_five_business_days_which_is_a_right(more: Value, standing: Standing) -> None:
    acta: Value = {"kind": "inspection", "party": AUTHORITY, "of": HOLDER, "site": "sit_a", "stage": "recorded"}
    row = obligations({**acta, "recorded_at": at("2026-11-13"), **more}, view(), "act/ins_a")["R59"]

    assert (row.party, row.due_on, row.effect) == (HOLDER, "2026-11-24", "off")
    assert row.standing("2026-11-25") == standing
    assert obligations({**acta, "stage": "ordered"}, view(), "act/ins_a") == {}


@pytest.mark.parametrize(
    ("more", "due_on", "standing"),
    [
        ({"stage": "open"}, "2026-11-27", "overdue"),
        ({"stage": "open", "answer_by": "2026-11-10"}, "2026-11-10", "overdue"),
        ({"stage": "answered", "answered_at": at("2026-11-25")}, "2026-11-27", "met"),
        # what was answered before asks for another answer
        (
            {"stage": "correction_requested", "answered_at": at("2026-11-05"), "answer_by": "2026-11-20"},
            "2026-11-20",
            "overdue",
        ),
        ({"stage": "closed", "head_at": at("2026-11-20")}, "2026-11-27", "met"),
    ],
)
def test_a_case_is_answered_by_the_day_that_the_authority_or_the_law_says(
    more: Value, due_on: str, standing: Standing
) -> None:
    case: Value = {"kind": "case", "party": AUTHORITY, "against": HOLDER, "opened_at": at("2026-11-04"), "head": EVENT}
    row = obligations({**case, "head_at": at("2026-11-04"), **more}, view(), "act/cas_a")["R60"]

    assert (row.party, row.due_on, row.standing("2026-12-01")) == (HOLDER, due_on, standing)


def test_other_acts_and_keys_have_no_obligations() -> None:
    assert obligations({"kind": "ticket"}, view(), "act/tkt_a") == {}
    assert obligations({}, view(), "site/sit_a") == {}
    assert dependents_of("site/sit_a", {}) == []


def test_every_deadline_is_of_a_requirement_that_has_its_finding() -> None:
    waste = unit("2026-03-10", stored_at=at("2026-03-10"), temporary=True, lost=at("2026-03-11"))
    idle = unit("2026-03-10", stage="removed", generated=None, removed_at=at("2026-03-10"))
    rows = [*obligations(waste, view()).values(), *obligations(idle, view()).values()]
    rows += obligations(incident("2026-11-13"), view(), f"act/{INCIDENT}").values()
    rows += of_party(**{f"generator__{GENERATOR}": registered(("2026-03-01", "gran"))}).values()
    rows += renewals(permit("2026-11-13")).values()

    assert {row.requirement for row in rows} == {"R01", "R08", "R11", "R18", "R27", "R28", "R38", "R48"}
    assert [row.code for row in rows if row.code not in REQUIREMENTS[row.requirement].findings] == []
