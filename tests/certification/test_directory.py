from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certification.directory import directory
from compliance.rulebook import rules_of
from tests.yard import Yard

DAY = "2025-01-06"


@pytest.fixture
def yard() -> Yard:
    return Yard(rules=rules_of(1))


def test_a_party_is_listed_with_its_permits_activities_and_sites(yard: Yard) -> None:
    transport = yard.permit(yard.recycler, "transport")
    recycling = yard.permit(yard.recycler, "recycling", "dismantling", chemistries=["LFP"])

    [row] = directory(yard.state.items(), DAY)

    assert (row.party, row.name, row.form) == (yard.recycler.party, "Recicladora Demo, S.A. de C.V.", "moral")
    assert row.activities == ("dismantling", "recycling", "transport")
    assert [listed.authorisation for listed in row.permits] == [transport, recycling]
    assert row.permits[1].permit.scope["chemistries"] == ["LFP"]
    assert row.permits[1].permit.transcribed is None
    assert [(site.site, site.place["time_zone"]) for site in row.sites] == [(yard.recycler.site, "America/Monterrey")]


def test_who_has_no_permit_is_not_listed(yard: Yard) -> None:
    assert directory(yard.state.items(), DAY) == []


def test_a_suspended_permit_is_shown_as_such_and_gives_no_activity(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    yard.permit(yard.recycler, "storage")
    yard.say(yard.semarnat, "authorisation.suspended", authorisation=permit, from_on="2025-01-06", cause="RLGPGIR 62")

    [row] = directory(yard.state.items(), DAY)
    assert [listed.permit.standing for listed in row.permits] == ["suspended", "in-force"]
    assert row.activities == ("storage",)

    [row] = directory(yard.state.items(), "2025-01-05")
    assert row.activities == ("recycling", "storage")


@pytest.mark.parametrize(("day", "standing"), [("2023-12-31", "not-yet"), ("2034-01-02", "expired")])
def test_a_permit_outside_its_term_is_shown_as_such(yard: Yard, day: str, standing: str) -> None:
    yard.permit(yard.recycler, "recycling")

    [row] = directory(yard.state.items(), day)

    assert row.permits[0].permit.standing == standing
    assert row.activities == ()


def test_a_transcribed_permit_is_shown_as_transcribed(yard: Yard) -> None:
    source = {"source": "Empresas autorizadas", "listed_on": "2025-01-02"}
    yard.say(
        yard.operator,
        "authorisation.granted",
        authorisation=yard.new_id("aut"),
        holder=yard.recycler.party,
        number="19-39-PS-IV-0001-2024",
        scope={"activities": ["recycling"], "waste_classes": ["RME"]},
        from_on="2024-01-01",
        to_on="2034-01-01",
        transcribed=source,
    )

    [row] = directory(yard.state.items(), DAY)

    assert row.permits[0].permit.transcribed == source


def test_a_transferred_permit_is_listed_under_the_holder_of_the_day(yard: Yard) -> None:
    permit = yard.permit(yard.centre, "storage")
    yard.say(
        yard.semarnat,
        "authorisation.transferred",
        authorisation=permit,
        from_on="2025-01-06",
        to=yard.recycler.party,
    )

    assert [row.party for row in directory(yard.state.items(), "2025-01-05")] == [yard.centre.party]
    assert [row.party for row in directory(yard.state.items(), "2025-01-06")] == [yard.recycler.party]


def test_a_party_that_ended_and_a_site_that_closed_are_not_listed(yard: Yard) -> None:
    yard.permit(yard.centre, "storage")
    yard.permit(yard.recycler, "recycling")
    yard.say(yard.operator, "party.closed", closed=yard.centre.party, reason="closure")
    yard.say(yard.operator, "site.closed", closed=yard.recycler.site)

    [row] = directory(yard.state.items(), DAY)

    assert row.party == yard.recycler.party
    assert row.sites == ()


def test_a_natural_person_is_listed_without_a_name(yard: Yard) -> None:
    person = yard.new_party(None, form="fisica")
    yard.permit(person, "collection")

    [row] = directory(yard.state.items(), DAY)

    assert (row.party, row.form, row.name) == (person.party, "fisica", None)


@given(st.randoms(use_true_random=False))
def test_rows_do_not_depend_on_the_order_of_the_state(random: Random) -> None:
    yard = Yard(rules=rules_of(1))
    for actor in (yard.recycler, yard.centre, yard.carrier):
        yard.permit(actor, "transport")
        yard.permit(actor, "storage")
    values = list(yard.state.items())
    random.shuffle(values)

    rows = directory(values, DAY)

    assert rows == directory(yard.state.items(), DAY)
    assert [row.name for row in rows] == sorted(row.name or "" for row in rows)
