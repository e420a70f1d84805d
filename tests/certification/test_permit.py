from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.legal_day import legal_day
from certification.permit import permit_as_of
from compliance.rulebook import rules_of
from ledger.domain.values import parse_instant
from ledger.errors import Corruption, MalformedStatement
from tests.yard import Yard

GRANT = {"from_on": "2024-01-01", "status": "in_force", "to_on": "2034-01-01", "scope": {"activities": ["recycling"]}}

days = st.integers(0, 20).map(lambda n: (date(2025, 1, 1) + timedelta(n)).isoformat())
lines = st.one_of(
    st.fixed_dictionaries({"from_on": days, "status": st.sampled_from(["suspended", "in_force"])}),
    st.fixed_dictionaries({"from_on": days, "to_on": days}),
    st.fixed_dictionaries({"from_on": days, "holder": st.sampled_from(["pty_a", "pty_b"])}),
    st.fixed_dictionaries({"from_on": days, "scope": st.just({"activities": ["storage"]})}),
)


def value(*later: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "authorisation", "holder": "pty_a", "number": "19-39-PS-IV-0001-2024", "timeline": [GRANT, *later]}


def test_a_permit_is_still_to_come_before_its_first_day() -> None:
    assert permit_as_of(value(), "2023-12-31").standing == "not-yet"


@pytest.mark.parametrize("day", ["2024-01-01", "2034-01-01"])
def test_a_permit_is_in_force_on_its_first_and_its_last_day(day: str) -> None:
    assert permit_as_of(value(), day).standing == "in-force"


def test_a_permit_is_expired_on_the_day_after_its_last() -> None:
    assert permit_as_of(value(), "2034-01-02").standing == "expired"


def test_a_renewal_moves_the_last_day_from_its_own_first_day_on() -> None:
    renewed = value({"from_on": "2033-06-01", "to_on": "2044-01-01"})

    assert permit_as_of(renewed, "2033-05-31").to_on == "2034-01-01"
    assert permit_as_of(renewed, "2040-01-01").standing == "in-force"


def test_a_suspension_holds_until_the_day_of_reinstatement() -> None:
    served = value({"from_on": "2025-03-01", "status": "suspended"}, {"from_on": "2025-04-01", "status": "in_force"})

    standings = [permit_as_of(served, day).standing for day in ("2025-02-28", "2025-03-31", "2025-04-01")]

    assert standings == ["in-force", "suspended", "in-force"]


def test_a_revocation_ends_what_an_earlier_act_had_announced_for_later() -> None:
    revoked = value({"from_on": "2025-05-01", "status": "in_force"}, {"from_on": "2025-03-01", "status": "revoked"})

    assert permit_as_of(revoked, "2025-06-01").standing == "revoked"
    assert permit_as_of(revoked, "2040-01-01").standing == "revoked"


def test_a_transferred_permit_has_its_new_holder_from_the_day_of_transfer() -> None:
    passed = value({"from_on": "2025-03-01", "holder": "pty_b"})

    assert [permit_as_of(passed, day).holder for day in ("2025-02-28", "2025-03-01")] == ["pty_a", "pty_b"]


@given(st.lists(lines, max_size=6), lines, days)
def test_an_act_says_nothing_about_days_before_its_own_first_day(
    timeline: list[dict[str, Any]], act: dict[str, Any], day: str
) -> None:
    before, after = permit_as_of(value(*timeline), day), permit_as_of(value(*timeline, act), day)

    assert day >= act["from_on"] or after == before


@given(st.lists(lines, max_size=6), lines, days)
def test_the_act_recorded_last_prevails_on_every_day_from_its_first(
    timeline: list[dict[str, Any]], act: dict[str, Any], day: str
) -> None:
    permit = permit_as_of(value(*timeline, act), day)
    said = {"to_on": permit.to_on, "holder": permit.holder, "scope": permit.scope}

    assert day < act["from_on"] or all(said[name] == act[name] for name in said.keys() & act.keys())


@given(st.lists(lines, max_size=6).flatmap(lambda acts: st.tuples(st.just(acts), st.permutations(acts))), days)
def test_order_of_recording_matters_only_between_acts_that_say_the_same_thing_otherwise(
    orders: tuple[list[dict[str, Any]], list[dict[str, Any]]], day: str
) -> None:
    recorded, shuffled = orders
    about = [frozenset(act) for act in recorded if act["from_on"] <= day]

    if len(set(about)) == len(about):
        assert permit_as_of(value(*recorded), day) == permit_as_of(value(*shuffled), day)


@pytest.mark.parametrize(
    ("zone", "day"),
    [("America/Tijuana", "2025-07-31"), ("America/Mexico_City", "2025-07-31"), ("America/Cancun", "2025-08-01")],
)
def test_a_legal_day_runs_in_the_sites_own_time_zone(zone: str, day: str) -> None:
    assert legal_day(parse_instant("2025-08-01T05:30:00Z"), {"place": {"time_zone": zone}}) == day


def test_a_legal_day_without_a_site_runs_in_mexico_city() -> None:
    assert legal_day(parse_instant("2025-08-01T05:59:59Z"), None) == "2025-07-31"
    assert legal_day(parse_instant("2025-08-01T06:00:00Z"), None) == "2025-08-01"


def test_a_stored_zone_that_does_not_exist_stops_everything() -> None:
    with pytest.raises(Corruption):
        legal_day(0, {"place": {"time_zone": "America/Nowhere"}})


# the second is a folder of zones
@pytest.mark.parametrize("zone", ["America/Nowhere", "America/Argentina"])
def test_a_site_in_a_time_zone_that_does_not_exist_is_refused(zone: str) -> None:
    yard = Yard(rules=rules_of(1))
    place = {"state": "19", "municipality": "039", "time_zone": zone}
    before = len(yard.entries)

    with pytest.raises(MalformedStatement) as refused:
        yard.say(
            yard.operator, "site.registered", registered=yard.new_id("sit"), operated_by=yard.maker.party, place=place
        )
    with pytest.raises(MalformedStatement):
        yard.say(yard.maker, "site.changed", changed=yard.maker.site, place=place)

    assert refused.value.field == "/place/time_zone"
    assert len(yard.entries) == before
