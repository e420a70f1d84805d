from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.capacity import capacity_key
from certification.directory import (
    Checked,
    Listing,
    Point,
    Query,
    Register,
    change_days,
    checked,
    directory,
    distance_m,
    end_of_day,
    is_transcript,
    next_day,
    order_of,
    shown_as,
    spans_of,
)
from certification.permit import Permit
from compliance.rulebook import rules_of
from tests.yard import Actor, Yard

DAY = "2025-01-06"
PLACE = {"state": "19", "municipality": "015", "time_zone": "America/Mexico_City"}
ZOCALO = Point(19_432_608, -99_133_209)
MONTERREY = Point(25_669_122, -100_309_732)


@pytest.fixture
def yard() -> Yard:
    return Yard(rules=rules_of(1))


def listed(yard: Yard, on: str = DAY, **asked: Any) -> list[Listing]:
    return directory(yard.state.items(), Query(on=on, **asked))


def open_site(yard: Yard, actor: Actor, point: Point | None = None) -> str:
    site = yard.new_id("sit")
    where = {"latitude_udeg": point.latitude_udeg, "longitude_udeg": point.longitude_udeg} if point else {}
    yard.say(yard.operator, "site.registered", registered=site, operated_by=actor.party, place={**PLACE, **where})
    return site


def transcribe(yard: Yard, actor: Actor) -> str:
    authorisation = yard.new_id("aut")
    yard.say(
        yard.operator,
        "authorisation.granted",
        authorisation=authorisation,
        holder=actor.party,
        number="19-39-PS-IV-0001-2024",
        scope={"activities": ["recycling"], "waste_classes": ["RME"]},
        from_on="2024-01-01",
        to_on="2034-01-01",
        transcribed={"source": "Empresas autorizadas", "listed_on": "2025-01-02"},
    )
    return authorisation


def test_a_permit_is_listed_at_each_site_of_its_holder(yard: Yard) -> None:
    second = open_site(yard, yard.recycler)
    permit = yard.permit(yard.recycler, "recycling", "dismantling", chemistries=["LFP"])

    rows = listed(yard)

    assert sorted(row.site.site for row in rows if row.site) == sorted([str(yard.recycler.site), second])
    assert {(row.authorisation, row.name, row.form, row.is_authorised) for row in rows} == {
        (permit, "Recicladora Demo, S.A. de C.V.", "moral", True)
    }
    assert rows[0].permit.scope["chemistries"] == ["LFP"]


def test_a_permit_for_one_site_is_listed_there_alone(yard: Yard) -> None:
    open_site(yard, yard.recycler)
    yard.permit(yard.recycler, "recycling", sites=[yard.recycler.site])

    [row] = listed(yard)

    assert row.site is not None
    assert row.site.site == yard.recycler.site


def test_a_states_permit_is_listed_at_no_site_beyond_the_state(yard: Yard) -> None:
    elsewhere = yard.new_id("sit")
    place = {"state": "05", "municipality": "030", "time_zone": "America/Monterrey"}
    yard.say(yard.operator, "site.registered", registered=elsewhere, operated_by=yard.recycler.party, place=place)
    yard.permit(yard.recycler, "recycling")

    assert [row.site.site for row in listed(yard) if row.site] == [yard.recycler.site]

    yard.permit(yard.recycler, "recycling", waste_classes=["RP"])
    assert {row.site.site for row in listed(yard) if row.site} == {yard.recycler.site, elsewhere}


def test_who_has_no_permit_is_not_listed(yard: Yard) -> None:
    assert listed(yard) == []


def test_a_suspended_permit_is_shown_as_such_and_authorises_nothing(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    yard.rule(permit, "suspended", from_on="2025-01-07")

    [before], [after] = listed(yard, "2025-01-06"), listed(yard, "2025-01-07")

    assert (before.permit.standing, before.is_authorised) == ("in-force", True)
    assert (after.permit.standing, after.is_authorised) == ("suspended", False)
    assert listed(yard, "2025-01-07", standings=frozenset({"in-force"})) == []


def test_a_stayed_suspension_is_shown_as_stayed(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    suspension = yard.rule(permit, "suspended", from_on="2025-01-07")
    court: dict[str, Any] = {"court": "Juzgado Octavo de Distrito", "file": "8/25"}
    yard.say(
        yard.granter(permit),
        "authorisation.stayed",
        authorisation=permit,
        from_on="2025-01-08",
        stays=suspension,
        **court,
    )

    [row] = listed(yard, "2025-01-08", standings=frozenset({"stayed"}))

    assert shown_as(row.permit) == ["in-force", "stayed"]
    assert listed(yard, "2025-01-07", standings=frozenset({"stayed"})) == []


@pytest.mark.parametrize(("day", "standing"), [("2023-12-31", "not-yet"), ("2034-01-02", "expired")])
def test_a_permit_outside_its_term_is_shown_as_such(yard: Yard, day: str, standing: str) -> None:
    yard.permit(yard.recycler, "recycling")

    [row] = listed(yard, day)

    assert (row.permit.standing, row.is_authorised) == (standing, False)


def test_a_transcribed_permit_is_shown_as_transcribed_until_it_is_confirmed(yard: Yard) -> None:
    permit = transcribe(yard, yard.recycler)
    [row] = listed(yard, transcribed=True)
    assert is_transcript(row.permit)

    yard.say(yard.state_agency, "authorisation.confirmed", authorisation=permit, act=yard.act_of_today())

    assert listed(yard, transcribed=True) == []
    [row] = listed(yard, transcribed=False)
    assert row.permit.transcribed is not None


def test_a_transferred_permit_is_listed_under_the_holder_of_the_day(yard: Yard) -> None:
    permit = yard.permit(yard.centre, "storage")
    yard.rule(permit, "transferred", from_on="2025-01-07", to=yard.recycler.party)

    assert [row.permit.holder for row in listed(yard, "2025-01-06")] == [yard.centre.party]
    assert [row.permit.holder for row in listed(yard, "2025-01-07")] == [yard.recycler.party]


def test_a_party_that_ended_is_listed_until_the_day_before(yard: Yard) -> None:
    yard.permit(yard.centre, "storage")
    yard.say(yard.operator, "party.closed", closed=yard.centre.party, reason="closure")

    assert [row.permit.holder for row in listed(yard, "2025-01-05")] == [yard.centre.party]
    assert listed(yard, "2025-01-06") == []


def test_a_permit_without_an_open_site_is_listed_without_one(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling")
    yard.say(yard.operator, "site.closed", closed=yard.recycler.site)

    [row] = listed(yard)

    assert row.site is None
    assert listed(yard, state="19") == []


def test_a_natural_person_is_listed_without_a_name_and_after_all_who_have_one(yard: Yard) -> None:
    person = yard.new_party(None, form="fisica")
    yard.permit(person, "collection")
    yard.permit(yard.recycler, "recycling")

    rows = listed(yard)

    assert [(row.form, row.name) for row in rows] == [
        ("moral", "Recicladora Demo, S.A. de C.V."),
        ("fisica", None),
    ]


@pytest.mark.parametrize(
    ("asked", "is_found"),
    [
        ({"activity": "recycling"}, True),
        ({"activity": "receiving"}, True),
        ({"activity": "transport"}, False),
        ({"chemistry": "LFP"}, True),
        ({"chemistry": "NCA"}, False),
        ({"condition": "damaged"}, True),
        ({"condition": "critical"}, False),
        ({"waste_class": "RME"}, True),
        ({"waste_class": "RP"}, False),
        ({"state": "19"}, True),
        ({"state": "09"}, False),
        ({"state": "19", "municipality": "039"}, True),
        ({"state": "19", "municipality": "026"}, False),
        ({"name": "RECICLAJES demo"}, True),
        ({"name": "acopio"}, False),
        ({"name": "19-39-PS"}, True),
        ({"open_capacity_g": 400}, True),
        ({"open_capacity_g": 401}, False),
        ({"activity": "recycling", "chemistry": "NCA"}, False),
    ],
)
def test_only_what_fits_is_listed(yard: Yard, asked: dict[str, Any], is_found: bool) -> None:
    scope = {"chemistries": ["LFP"], "conditions": ["sound", "damaged"], "capacity_g_per_year": 1000}
    permit = yard.permit(yard.recycler, "recycling", **scope)
    yard.state[capacity_key(permit, "2025")] = {"used_g": 600}

    assert bool(listed(yard, **asked)) is is_found


def test_open_capacity_is_that_of_the_year_and_never_less_than_nothing(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling", capacity_g_per_year=1000)
    yard.state[capacity_key(permit, "2025")] = {"used_g": 1600}

    [this], [next_year] = listed(yard, "2025-12-31"), listed(yard, "2026-01-01")

    assert (this.used_g, this.open_g) == (1600, 0)
    assert (next_year.used_g, next_year.open_g) == (0, 1000)
    assert listed(yard, "2025-12-31", open_capacity_g=0) == [this]


def test_the_nearest_comes_first_and_what_has_no_coordinates_is_near_nothing(yard: Yard) -> None:
    near = Point(ZOCALO.latitude_udeg + 10_000, ZOCALO.longitude_udeg)
    sites = [open_site(yard, yard.recycler, point) for point in (MONTERREY, near)]
    yard.permit(yard.recycler, "recycling")

    rows = listed(yard, near=ZOCALO)

    assert [row.site.site for row in rows if row.site] == [sites[1], sites[0]]
    assert [row.distance_m for row in rows] == [1112, 703_900]
    assert len(listed(yard, near=ZOCALO, within_m=1112)) == 1
    assert listed(yard, near=ZOCALO, within_m=1111) == []


def test_distances_are_those_that_are_known() -> None:
    # IUGG mean radius: a quarter of a great circle; and the meridian degree, 111.195 km
    assert distance_m(Point(0, 0), Point(90_000_000, 0)) == 10_007_557
    assert distance_m(Point(0, 0), Point(1_000_000, 0)) == 111_195
    assert distance_m(Point(0, 179_500_000), Point(0, -179_500_000)) == 111_195


def test_the_spans_of_a_permit_cover_every_day(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    yard.rule(permit, "suspended", from_on="2025-02-01")
    yard.rule(permit, "reinstated", from_on="2025-03-01")

    spans = spans_of(yard.act(permit))

    assert [(span.from_on, span.until_on, span.standing) for span in spans] == [
        ("", "2024-01-01", "not-yet"),
        ("2024-01-01", "2025-02-01", "in-force"),
        ("2025-02-01", "2025-03-01", "suspended"),
        ("2025-03-01", "2034-01-02", "in-force"),
        ("2034-01-02", None, "expired"),
    ]
    assert [span.is_authorised for span in spans] == [False, True, False, True, False]


def test_a_claimed_renewal_changes_what_is_said_on_the_day_after_its_last(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    claim = {"from_on": "2034-01-02", "event": "c", "claimed": {"application": "apl_a", "to_on": "2044-01-01"}}
    value = yard.act(permit)
    value = {**value, "timeline": [*value["timeline"], claim]}
    register = Register({yard.recycler.party: yard.state[f"party/{yard.recycler.party}"]}, {}, {})

    assert change_days(value, register) == ["2024-01-01", "2034-01-02", "2044-01-02"]


@pytest.mark.parametrize(("day", "after"), [("2024-02-28", "2024-02-29"), ("2025-12-31", "2026-01-01")])
def test_a_day_is_followed_by_the_next(day: str, after: str) -> None:
    assert next_day(day) == after
    assert next_day("9999-12-31") == "9999-12-31"


def test_a_day_ends_in_the_capital() -> None:
    assert end_of_day("2025-01-06") == 1_736_229_599


@given(st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_the_order_of_the_state(random: Random) -> None:
    yard = Yard(rules=rules_of(1))
    for actor in (yard.recycler, yard.centre, yard.carrier):
        yard.permit(actor, "transport")
        yard.permit(actor, "storage")
    values = list(yard.state.items())
    random.shuffle(values)
    query = Query(on=DAY)

    rows = directory(values, query)

    assert rows == listed(yard)
    assert [order_of(row, query) for row in rows] == sorted(order_of(row, query) for row in rows)


def test_the_earliest_check_is_told_of_transcripts_alone() -> None:
    def transcript(listed_on: str | None, *, confirmed: bool = False) -> Permit:
        said = {"source": "gob.mx", "listed_on": listed_on} if listed_on else None
        return Permit("19-I-030D-19", "pty_x", "in-force", {}, "2020-01-01", "2030-01-01", said, confirmed)

    fresh, stale, confirmed = (
        transcript("2025-03-01"),
        transcript("2025-01-03"),
        transcript("2024-01-01", confirmed=True),
    )

    assert checked([fresh, transcript(None), stale, confirmed], "2025-03-02", 30) == Checked("2025-01-03", True)
    assert checked([fresh, confirmed], "2025-03-31", 30) == Checked("2025-03-01", False)
    assert checked([fresh], "2025-02-01", 30) == Checked("2025-03-01", False)
    assert checked([transcript(None), confirmed], "2025-03-02", 30) is None
