from __future__ import annotations

from typing import Any

import pytest

from compliance.obligation import Obligation, Standing
from compliance.obligations.dispatch import keys_of
from compliance.obligations.view import View
from ledger.fold.state import Value
from tests.compliance.obligations.stand import (
    CARRIER,
    EVENT,
    GENERATOR,
    HOLDER,
    at,
    enacted,
    obligations,
    view,
)

CONSIGNMENT = "con_a"
PICKED_UP = "2026-09-01"


def load(**more: Any) -> Value:
    """A load of hazardous waste that was picked up, received and closed; a member given as None is not there."""
    value: Value = {
        "kind": "consignment",
        "stage": "closed",
        "consignor": GENERATOR,
        "consignee": HOLDER,
        "carriers": [CARRIER],
        "purpose": "waste_rp",
        "counts": {"offered": 1, "accepted": 1},
        "papers": {"manifest": {"number": "1", "issued_at": at(PICKED_UP)}},
        "picked_up_at": at(PICKED_UP),
        "received_at": at("2026-09-02"),
        "head": EVENT,
        "head_at": at("2026-09-02"),
        **more,
    }
    return {name: member for name, member in value.items() if member is not None}


def returned(day: str) -> dict[str, Value]:
    return {"papers": {"manifest": {"number": "1", "issued_at": at(PICKED_UP), "returned_at": at(day)}}}


def filed(subject: str, day: str, party: str = GENERATOR) -> dict[str, list[Value]]:
    note = {"filing": "fil_a", "subject": subject, "at": at(day), "party": party}
    return {"filings": [{"filing": "fil_b", "subject": "other", "at": at(PICKED_UP), "party": GENERATOR}, note]}


def of(act: Value, over: View | None = None) -> dict[str, Obligation]:
    return obligations(act, over or view(), f"act/{CONSIGNMENT}")


@pytest.mark.parametrize(
    ("picked_up", "strict_on", "due_on"),
    [
        # day 60 is a Saturday, and Monday the first business day
        ("2026-09-01", "2026-10-31", "2026-11-02"),
        ("2026-09-04", "2026-11-03", "2026-11-03"),
        # the closed Monday of LFT 74
        ("2026-09-17", "2026-11-16", "2026-11-17"),
    ],
)
def test_the_original_is_back_within_sixty_natural_days(picked_up: str, strict_on: str, due_on: str) -> None:
    row = of(load(picked_up_at=at(picked_up, "23:59")))["R03"]

    assert (row.since_on, row.strict_on, row.due_on) == (picked_up, strict_on, due_on)
    assert (row.party, row.subject, row.code, row.article) == (
        GENERATOR,
        CONSIGNMENT,
        "original-not-back",
        "RLGPGIR 86 IV",
    )


@pytest.mark.parametrize(
    ("on", "standing"),
    [
        ("2026-10-15", "pending"),
        ("2026-10-16", "near"),
        ("2026-10-31", "near"),
        ("2026-11-01", "grace"),
        ("2026-11-02", "grace"),
        ("2026-11-03", "overdue"),
    ],
)
def test_it_is_asked_for_fifteen_days_before_and_overdue_after_the_rolled_day(on: str, standing: Standing) -> None:
    assert of(load())["R03"].standing(on) == standing


@pytest.mark.parametrize(
    ("act", "closed_on", "standing"),
    [
        (load(), None, "overdue"),
        (load(**returned("2026-10-31")), "2026-10-31", "met"),
        (load(**returned("2026-11-02")), "2026-11-02", "met"),
        (load(**returned("2026-11-03")), "2026-11-03", "met_late"),
        (load(**filed("manifest_not_returned", "2026-11-02")), "2026-11-02", "met"),
        (load(**filed("manifest_not_returned", "2026-11-05")), "2026-11-05", "met_late"),
        # nobody tells on the last day, or before, that it has passed
        (load(**filed("manifest_not_returned", "2026-10-31")), None, "overdue"),
        (load(**filed("manifest_not_returned", "2026-11-02", HOLDER)), None, "overdue"),
        (load(**filed("incident", "2026-11-02")), None, "overdue"),
        # all came home: nobody is there to sign
        (load(counts={"offered": 1, "returned": 1}, received_at=None), "2026-09-02", "met"),
    ],
)
def test_the_original_or_the_notice_that_it_lacks_closes_it(
    act: Value, closed_on: str | None, standing: Standing
) -> None:
    row = of(act)["R03"]

    assert (row.closed_on, row.standing("2026-11-20")) == (closed_on, standing)


def test_an_electronic_reception_closes_it_only_where_the_law_says_so() -> None:
    law = enacted(("2026-10-01", {"electronic_papers": True}))

    assert of(load(), view(law))["R03"].closed_on is None
    later = load(picked_up_at=at("2026-10-01"), received_at=at("2026-10-02"))
    assert of(later, view(law))["R03"].closed_on == "2026-10-02"
    assert of(later, view())["R03"].closed_on is None


@pytest.mark.parametrize(
    "act",
    [
        load(purpose="waste_rme"),
        load(purpose="new_product", papers=None),
        load(stage="offered", picked_up_at=None, received_at=None),
        load(stage="cancelled"),
        load(stage="claimed"),
        load(purpose="attested", consignor=None, picked_up_at=None),
    ],
)
def test_no_federal_clock_runs_for_other_loads(act: Value) -> None:
    assert of(act) == {}


def test_a_load_under_a_manifest_has_the_clock_whatever_its_purpose() -> None:
    assert "R03" in of(load(purpose="second_life"))


def test_the_day_of_a_pick_up_is_that_of_the_place_it_left() -> None:
    act = load(picked_up_at=at("2026-09-02", "00:30"), origin="sit_t")
    tijuana: Value = {"place": {"time_zone": "America/Tijuana"}}

    assert keys_of(f"act/{CONSIGNMENT}", act, {}) == ["site/sit_t"]
    assert of(act, view(site__sit_t=tijuana))["R03"].since_on == PICKED_UP


@pytest.mark.parametrize(
    ("on", "standing"),
    [
        ("2026-09-06", "pending"),
        ("2026-09-07", "near"),
        ("2026-09-17", "near"),
        ("2026-09-18", "overdue"),
    ],
)
def test_the_consignee_sends_it_back_within_the_days_of_policy(on: str, standing: Standing) -> None:
    row = of(load())["R04"]

    assert (row.party, row.due_on, row.effect) == (HOLDER, "2026-09-17", "warning")
    assert row.standing(on) == standing
    assert of(load(**returned("2026-09-18")))["R04"].standing("2026-09-18") == "met_late"
    assert "R04" not in of(load(received_at=None, stage="moving"))


EXPORTED: dict[str, Any] = {"purpose": "export", "papers": None, "waste_class": "RP", "border": {"consent": "AOC-1"}}


@pytest.mark.parametrize(
    ("reported", "standing"), [(None, "overdue"), ("2026-10-02", "met"), ("2026-10-05", "met_late")]
)
def test_an_export_under_consent_is_reported_within_thirty_natural_days(
    reported: str | None, standing: Standing
) -> None:
    row = of(load(**EXPORTED, **(filed("use_report", reported) if reported else {})))["R25/report"]

    assert (row.strict_on, row.due_on, row.party) == ("2026-10-02", "2026-10-02", GENERATOR)
    assert row.standing("2026-10-09") == standing


def test_what_leaves_and_is_no_hazardous_waste_reports_nothing() -> None:
    own_drive = {"papers": None, "picked_up_at": None, "purpose": "export"}

    assert "R25/report" not in of(load(purpose="export", papers=None, border={"consent": "AOC-1"}))
    assert "R25/report" not in of(load(**EXPORTED, received_at=None))
    assert "R25/report" in of(load(**own_drive, border={"consent": "AOC-1"}))
    assert of(load(**own_drive)) == {}


def test_after_its_notice_a_return_takes_ten_business_days_and_its_report_fifteen_natural_ones() -> None:
    noticed = filed("return_notice", "2026-09-03")
    waiting = of(load(purpose="maquiladora_return", papers=None, stage="moving", received_at=None, **noticed))
    assert waiting["R27/return"].due_on == "2026-09-18"
    assert waiting["R27/return"].standing("2026-09-19") == "overdue"

    left = of(load(purpose="maquiladora_return", papers=None, received_at=at("2026-09-18"), **noticed))
    assert left["R27/return"].standing("2026-09-30") == "met"
    assert (left["R27/report"].strict_on, left["R27/report"].due_on) == ("2026-10-03", "2026-10-05")
    assert left["R27/report"].standing("2026-10-06") == "overdue"

    reported = {"filings": [*noticed["filings"], *filed("return_report", "2026-10-05")["filings"]]}
    closed = of(load(purpose="maquiladora_return", papers=None, received_at=at("2026-09-18"), **reported))
    assert closed["R27/report"].standing("2026-10-06") == "met"
    assert of(load(purpose="maquiladora_return", papers=None)) == {}
