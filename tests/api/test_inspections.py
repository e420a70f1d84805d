"""Inspections and cases over HTTP: who sees them, which terms run, and the file that a visit takes along."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.inspection import parse_visit
from ledger.domain.values import format_instant
from tests.api.served import Served
from tests.yard import Actor

ORDER_NUMBER = "PFPA/25.2/2C.27.1/0042-2026"


@pytest.fixture
def profepa(served: Served) -> Actor:
    return served.yard.new_authority("PROFEPA", ["inspect", "order"])


def order_visit(served: Served, authority: Actor, inspected: Actor) -> str:
    """An inspection of the party's site, ordered for today and the next days; its id."""
    yard, inspection = served.yard, served.yard.new_id("ins")
    today, last = format_instant(yard.now)[:10], format_instant(yard.now + 4 * 86_400)[:10]
    yard.say(
        authority,
        "inspection.ordered",
        inspection=inspection,
        inspected=inspected.site,
        order_number=ORDER_NUMBER,
        act=yard.act_of_today(),
        purpose="physical_count",
        from_on=today,
        to_on=last,
    )
    return inspection


def record_visit(served: Served, authority: Actor, inspected: Actor, inspection: str, **members: Any) -> None:
    counted = {"order_number": ORDER_NUMBER, "acta": "ab" * 32, "counted": 0, **members}
    served.yard.say(authority, "inspection.recorded", inspection=inspection, inspected=inspected.site, **counted)


def test_an_inspection_is_shown_to_its_authority_to_whom_it_is_about_and_to_those_that_oversee(
    served: Served, profepa: Actor
) -> None:
    yard = served.yard
    inspection = order_visit(served, profepa, yard.centre)
    served.send()
    path = f"/v1/inspections/{inspection}"

    asked = (profepa, yard.centre, yard.semarnat, yard.workshop)
    answers = [served.get(path, token=served.token(actor)).status_code for actor in asked]

    assert answers == [200, 200, 200, 404]
    assert served.get(path).status_code == 401
    listed = served.get("/v1/inspections", token=served.token(yard.workshop)).json()
    assert listed == {"inspections": [], "next": None}
    own = served.get("/v1/inspections?open=true", token=served.token(yard.centre)).json()["inspections"]
    assert [row["inspection"] for row in own] == [inspection]


def test_observations_are_due_five_business_days_after_the_visit(served: Served, profepa: Actor) -> None:
    yard = served.yard
    inspection = order_visit(served, profepa, yard.centre)
    record_visit(served, profepa, yard.centre, inspection)
    served.send()

    row = served.get(f"/v1/inspections/{inspection}", token=served.token(profepa)).json()

    after_on = row["observations"]["after_on"]
    terms = served.get(f"/v1/inspections/terms?after_on={after_on}").json()
    assert row["stage"] == "recorded"
    assert row["observations"] == terms["observations"]
    assert (terms["observations"]["business_days"], terms["reply"]["business_days"]) == (5, 15)


@pytest.mark.parametrize(
    ("after_on", "observations", "reply"),
    [
        # 2 and 5 February 2026 are closed (LFT 74; LFPA 28).
        ("2026-01-29", "2026-02-09", "2026-02-23"),
        ("2026-03-04", "2026-03-11", "2026-03-26"),
    ],
)
def test_terms_skip_weekends_and_days_that_the_law_closes(
    served: Served, after_on: str, observations: str, reply: str
) -> None:
    terms = served.get(f"/v1/inspections/terms?after_on={after_on}").json()

    assert (terms["observations"]["to_on"], terms["reply"]["to_on"]) == (observations, reply)


def test_of_a_year_without_a_calendar_no_term_is_guessed(served: Served) -> None:
    assert served.get("/v1/inspections/terms?after_on=2044-03-04").json() == {"observations": None, "reply": None}


def test_terms_after_what_is_no_day_are_refused(served: Served) -> None:
    refused = served.get("/v1/inspections/terms?after_on=2026-02-30")

    assert (refused.status_code, refused.json()["field"]) == (422, "/query/after_on")


def test_the_visit_file_names_what_the_party_holds_at_the_site_and_nothing_else(served: Served, profepa: Actor) -> None:
    yard = served.yard
    there = [yard.waste_pack(yard.centre) for _ in range(3)]
    for unit in there[:2]:
        yard.say(yard.centre, "unit.stored", units=[unit], site=yard.centre.site)
    yard.waste_pack(yard.workshop)
    inspection = order_visit(served, profepa, yard.centre)
    served.send()

    answered = served.get(f"/v1/inspections/{inspection}/visit", token=served.token(profepa))

    visit = parse_visit(answered.content)
    assert [one.unit for one in visit.expected] == sorted(there[:2])
    assert (visit.authority_name, visit.order_number, visit.inspected) == ("PROFEPA", ORDER_NUMBER, yard.centre.party)
    assert visit.size <= served.size


def test_a_visit_is_prepared_by_the_authority_that_ordered_it_alone(served: Served, profepa: Actor) -> None:
    yard = served.yard
    inspection = order_visit(served, profepa, yard.centre)
    served.send()
    path = f"/v1/inspections/{inspection}/visit"

    assert served.get(path, token=served.token(yard.semarnat)).status_code == 404
    assert served.get(path, token=served.token(yard.centre)).status_code == 403


def test_a_case_is_shown_to_its_authority_and_to_the_party_alone(served: Served, profepa: Actor) -> None:
    yard, case = served.yard, served.yard.new_id("cas")
    yard.say(profepa, "case.opened", case=case, against=yard.centre.party, subject="LGEEPA 167", answer_by="2026-12-01")
    served.send()
    path = f"/v1/cases/{case}"

    shown = served.get(path, token=served.token(yard.centre)).json()

    assert (shown["stage"], shown["answer_by"], shown["authority"]) == ("open", "2026-12-01", profepa.party)
    assert served.get(path, token=served.token(yard.workshop)).status_code == 404
    of_party = served.get(f"/v1/cases?party={yard.centre.party}", token=served.token(profepa)).json()["cases"]
    assert case in [row["case"] for row in of_party]


def test_pages_of_inspections_hold_each_once(served: Served, profepa: Actor) -> None:
    yard = served.yard
    inspections = {order_visit(served, profepa, yard.workshop) for _ in range(5)}
    served.send()
    token, found, after = served.token(profepa), [], ""

    while after is not None:
        path = f"/v1/inspections?party={yard.workshop.party}&limit=2&after={after}"
        page = served.get(path, token=token).json()
        found += [row["inspection"] for row in page["inspections"]]
        after = page["next"]

    assert sorted(found) == sorted(inspections)
