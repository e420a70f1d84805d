from __future__ import annotations

from typing import Any

import pytest

from certification.business_days import Calendar, calendar_of
from certification.procedure import FEDERAL
from compliance.law import Law
from compliance.original import (
    STEPS,
    Original,
    days_of_calendar,
    find_original,
    find_return_clock,
    original_due,
)
from compliance.rulebook import CURRENT
from ledger.domain.regime import RegimeTables
from ledger.domain.values import parse_instant
from ledger.errors import CalendarUnknown
from ledger.fold.state import Value
from tests.ledger.fold.refusals import requirements
from tests.yard import Yard

TODAY = "2026-09-01"


def calendar(*days: str) -> Calendar:
    """What the law itself closes in the years of the days."""
    return calendar_of({}, FEDERAL, days)


def due(known: Calendar, picked_up_on: str) -> str:
    clock = find_return_clock({"purpose": "waste_rp"}, picked_up_on)
    assert clock is not None
    return original_due(known, picked_up_on, clock)


def load(picked_up: str | None = "2026-09-01T18:00:00Z", **more: Any) -> Value:
    act: Value = {"purpose": "waste_rp", "stage": "moving" if picked_up else "offered", "consignor": "pty"}
    if picked_up:
        act["picked_up_at"] = parse_instant(picked_up)
    return {**act, **more}


def paper(**more: Any) -> Value:
    return {"manifest": {"number": "M-0007", **more}}


def original(act: Value, on: str, **more: Any) -> Original:
    found = find_original(act, calendar("2025-01-01", "2027-12-31"), on, **more)
    assert found is not None
    return found


def test_sixty_natural_days_that_end_on_a_saturday_end_on_monday() -> None:
    """R03: picked up on 2026-09-01, day 60 is Saturday 2026-10-31, LFPA 29 rolls it to Monday 2026-11-02."""
    assert due(calendar("2026-01-01"), "2026-09-01") == "2026-11-02"


@pytest.mark.parametrize(
    ("picked_up_on", "due_on"),
    [
        ("2026-09-03", "2026-11-02"),  # day 60 is that Monday itself
        ("2026-09-04", "2026-11-03"),
        ("2026-09-17", "2026-11-17"),  # day 60 is Monday 16 November, closed by LFT 74 VI
        ("2026-10-26", "2026-12-28"),  # day 60 is Friday 25 December, then a weekend
        ("2026-11-02", "2027-01-04"),  # day 60 is Friday 1 January of the next year
    ],
)
def test_a_day_without_business_is_never_the_last(picked_up_on: str, due_on: str) -> None:
    assert due(calendar("2026-01-01", "2027-01-01"), picked_up_on) == due_on


def test_no_day_is_guessed_in_a_year_of_which_nothing_is_known() -> None:
    with pytest.raises(CalendarUnknown):
        due(calendar("2026-01-01"), "2026-12-01")


@pytest.mark.parametrize(
    ("on", "stage", "days_left", "remind"),
    [
        ("2026-09-01", "awaiting-return", 62, False),
        ("2026-10-17", "awaiting-return", 16, False),
        ("2026-10-18", "awaiting-return", 15, True),
        ("2026-11-01", "awaiting-return", 1, True),
        ("2026-11-02", "awaiting-return", 0, True),
        ("2026-11-03", "overdue", 0, True),
    ],
)
def test_the_return_is_asked_for_before_its_day_and_overdue_after_it(
    on: str, stage: str, days_left: int, remind: bool
) -> None:
    found = original(load(papers=paper(issued_at=0)), on)

    assert (found.stage, found.days_left, found.remind) == (stage, days_left, remind)
    assert (found.picked_up_on, found.due_on, found.tell_by) == ("2026-09-01", "2026-11-02", "2026-11-09")


def test_the_legal_day_of_the_pick_up_runs_where_the_load_left() -> None:
    at_night = load("2026-09-02T05:30:00Z")

    assert original(at_night, "2026-09-02").picked_up_on == "2026-09-01"
    in_cancun: Value = {"place": {"time_zone": "America/Cancun"}}
    assert original(at_night, "2026-09-02", site=in_cancun).picked_up_on == "2026-09-02"


def test_what_to_do_next_follows_the_paper() -> None:
    scan = [["pty", "ab" * 32]]
    steps = {
        "not-issued": original(load(None), "2026-09-01"),
        "issued": original(load(None, papers=paper(issued_at=0)), "2026-09-01"),
        "awaiting-return": original(load(papers=paper(issued_at=0)), "2026-09-02"),
        "scanned": original(load(papers=paper(issued_at=0, scanned_by=scan)), "2026-09-02"),
        "overdue": original(load(papers=paper(issued_at=0, scanned_by=scan)), "2026-12-01"),
        "returned": original(
            load(papers=paper(issued_at=0, returned_at=parse_instant("2026-10-01T18:00:00Z"))), "2026-12-01"
        ),
    }

    assert [(stage, found.stage) for stage, found in steps.items() if stage != found.stage] == []
    assert [found.step for found in steps.values()] == [
        "issue-paper",
        None,
        "scan-paper",
        "get-original-back",
        "tell-authority",
        None,
    ]
    assert {found.step for found in steps.values() if found.step} == STEPS.keys()


def test_a_load_that_left_without_its_paper_is_told_to_issue_it() -> None:
    assert original(load(), "2026-09-02").step == "issue-paper"


def test_an_electronic_reception_stops_no_clock() -> None:
    received = load(stage="closed", counts={"offered": 2, "accepted": 2}, papers=paper(issued_at=0))

    assert original(received, "2026-11-03").stage == "overdue"


@pytest.mark.parametrize(("returned", "late"), [("2026-11-02T18:00:00Z", False), ("2026-11-03T18:00:00Z", True)])
def test_an_original_that_is_back_is_never_overdue_but_may_be_late(returned: str, late: bool) -> None:
    found = original(load(papers=paper(issued_at=0, returned_at=parse_instant(returned))), "2027-03-01")

    assert (found.stage, found.returned_on, found.late) == ("returned", returned[:10], late)


def test_where_nobody_stated_a_pick_up_no_clock_is_known() -> None:
    entered = load(None, stage="closed", papers=paper(scanned_by=[["pty", "ab" * 32]]))

    found = original(entered, "2027-03-01")

    assert (found.stage, found.due_on, found.step, found.remind) == ("scanned", None, "get-original-back", False)


def test_special_handling_waste_has_no_federal_paper_whatever_was_printed() -> None:
    act = load(purpose="waste_rme", papers={"rme_transport": {"number": "N-1"}, **paper(issued_at=0)})

    assert find_original(act, calendar("2026-01-01"), "2026-12-01") is None


def test_another_purpose_has_one_when_it_was_issued() -> None:
    act = load(purpose="maquiladora_return")

    assert find_return_clock(act, TODAY) is None
    assert find_return_clock({**act, "papers": paper(issued_at=0)}, TODAY)
    assert find_return_clock(act, TODAY, waste="RP")


def test_a_reception_without_an_offer_has_none() -> None:
    assert find_return_clock(load(purpose="tow_truck"), TODAY, waste="RP") is None


def test_a_cancelled_load_needs_none() -> None:
    assert find_original(load(None, stage="cancelled"), calendar("2026-01-01"), "2026-09-01") is None


def test_the_calendar_reaches_as_far_as_the_term() -> None:
    act = load("2026-11-02T18:00:00Z", papers=paper(issued_at=0))

    found = find_original(act, calendar(*days_of_calendar(act)), "2026-11-03")

    assert found is not None
    assert (found.due_on, found.tell_by) == ("2027-01-04", "2027-01-11")
    assert days_of_calendar(load(None)) == []


def test_the_terms_are_those_of_the_law_of_the_pick_up() -> None:
    numbers = {"original_back_natural_days": 30, "original_warn_natural_days": 3, "original_tell_business_days": 1}
    law = with_numbers(numbers)
    act = load("2026-09-01T18:00:00Z", papers=paper(issued_at=0))

    assert (original(act, "2026-09-27", law=law).due_on, original(act, "2026-09-27").due_on) == (
        "2026-10-01",
        "2026-11-02",
    )
    assert original(act, "2026-09-27", law=law).tell_by == "2026-10-02"
    assert [original(act, on, law=law).remind for on in ("2026-09-27", "2026-09-28")] == [False, True]
    assert original(act, "2026-10-02", law=law).stage == "overdue"


def test_the_calendar_reaches_as_far_as_a_longer_term_of_the_law() -> None:
    law = with_numbers({"original_back_natural_days": 300})
    act = load("2026-09-01T18:00:00Z", papers=paper(issued_at=0))

    found = find_original(act, calendar(*days_of_calendar(act, law)), "2026-09-02", law=law)

    assert found is not None
    assert found.due_on == "2027-06-28"


def with_numbers(numbers: dict[str, int]) -> Law:
    stated = [{"name": name, "value": value} for name, value in numbers.items()]
    return Law(FEDERAL, TODAY, "r1", RegimeTables.model_validate({"numbers": stated}).model_dump())


@pytest.fixture
def yard() -> Yard:
    """A yard under the rules in force, on 2025-01-06; the carrier has a permit for hazardous waste, as the centre."""
    yard = Yard(rules=CURRENT)
    yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
    yard.permit(yard.centre, "storage", waste_classes=["RP", "RME"])
    yard.register_generator(yard.workshop)
    return yard


def on_its_way(yard: Yard, purpose: str = "waste_rp", form: str = "manifest") -> dict[str, Any]:
    """A load picked up today with its paper; what names the paper."""
    pack = yard.determined_pack("RP" if purpose == "waste_rp" else "RME")
    consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose=purpose)
    about: dict[str, Any] = {"consignment": consignment, "form": form, "number": "M-0007"}
    yard.say(yard.workshop, "paper.issued", **about)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    lines = [{"id": pack, "outcome": "accepted"}]
    yard.say(yard.centre, "consignment.received", consignment=consignment, basis="offer", lines=lines)
    return about


def back_on(yard: Yard, day: str, about: dict[str, Any], **more: Any) -> str:
    yard.pass_time(parse_instant(f"{day}T18:00:00Z") - yard.now)
    return yard.say(yard.workshop, "paper.returned", **about, **more)


def test_an_original_back_on_its_last_day_opens_nothing(yard: Yard) -> None:
    about = on_its_way(yard)

    back_on(yard, "2025-03-07", about)

    assert requirements(yard) == []


def test_an_original_back_after_its_day_is_found_late(yard: Yard) -> None:
    about = on_its_way(yard)

    returned = back_on(yard, "2025-03-10", about)

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("original-returned-late", yard.workshop.party)
    assert (finding["subject"], finding["event"]) == (about["consignment"], returned)
    assert finding["facts"] == {
        "article": "RLGPGIR 86 IV",
        "picked_up_on": "2025-01-06",
        "due_on": "2025-03-07",
        "returned_on": "2025-03-10",
    }


@pytest.mark.parametrize(
    ("days", "returned", "found"),
    [(30, "2025-02-06", []), (30, "2025-02-07", ["original-returned-late"]), (90, "2025-03-10", [])],
)
def test_how_late_is_late_is_a_number_of_the_regime(yard: Yard, days: int, returned: str, found: list[str]) -> None:
    numbers = [{"name": "original_back_natural_days", "value": days}]
    law: dict[str, Any] = {
        "regime": "r1",
        "jurisdiction": {"code": FEDERAL},
        "from_on": "2025-01-06",
        "tables": {"numbers": numbers},
    }
    yard.say(yard.semarnat, "regime.enacted", **law)
    about = on_its_way(yard)

    back_on(yard, returned, about)

    assert requirements(yard) == found


def test_days_that_the_authority_closes_move_the_last_day(yard: Yard) -> None:
    about = on_its_way(yard)
    yard.say(yard.semarnat, "calendar.published", calendar=FEDERAL, year=2025, closed_on=["2025-03-07"])

    back_on(yard, "2025-03-10", about)

    assert requirements(yard) == []


def test_the_neutral_paper_of_special_handling_waste_is_never_late(yard: Yard) -> None:
    about = on_its_way(yard, "waste_rme", "rme_transport")
    other = on_its_way(yard, "waste_rme", "manifest")

    back_on(yard, "2025-06-02", about)
    back_on(yard, "2025-06-02", other)

    assert requirements(yard) == []


def test_the_days_of_the_return_run_at_the_site_of_who_states_it(yard: Yard) -> None:
    site = yard.new_id("sit")
    place = {"state": "02", "municipality": "004", "time_zone": "America/Tijuana"}
    yard.say(yard.operator, "site.registered", registered=site, operated_by=yard.workshop.party, place=place)
    first, second = on_its_way(yard), on_its_way(yard)
    yard.pass_time(parse_instant("2025-03-08T07:30:00Z") - yard.now)

    yard.say(yard.workshop, "paper.returned", **first, site=site)
    assert requirements(yard) == []
    yard.say(yard.workshop, "paper.returned", **second)
    assert requirements(yard) == ["original-returned-late"]


def test_no_return_is_called_late_by_a_year_of_which_nothing_is_known() -> None:
    yard = Yard(rules=CURRENT, now=parse_instant("2036-12-01T15:00:00Z"))
    pack = yard.produce()
    consignment = yard.offer(yard.maker, yard.centre, [pack], [yard.carrier], purpose="second_life")
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    about: dict[str, Any] = {"consignment": consignment, "form": "manifest", "number": "M-0007"}
    yard.say(yard.maker, "paper.issued", **about)
    yard.pass_time(200 * 86_400)

    yard.say(yard.maker, "paper.returned", **about)

    assert requirements(yard) == []


def test_only_the_manifest_has_an_original_to_return(yard: Yard) -> None:
    about = on_its_way(yard, "waste_rp", "rme_transport")

    back_on(yard, "2025-06-02", about)

    assert requirements(yard) == []
