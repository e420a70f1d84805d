"""R09, R14 and R44, each side of its boundary, through the fold."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.rulebook import CURRENT
from tests.ledger.fold.refusals import requirements
from tests.yard import Yard


@pytest.fixture
def yard() -> Yard:
    """Carrier and centre with permits for both classes."""
    yard = Yard(rules=CURRENT)
    yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
    yard.permit(yard.centre, "storage", waste_classes=["RP", "RME"])
    return yard


def test_a_generator_without_a_registration_is_found_as_it_offers(yard: Yard) -> None:
    packs = [yard.determined_pack("RP") for _ in range(2)]

    consignment = yard.offer(yard.workshop, yard.centre, packs, [yard.carrier], purpose="waste_rp")

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("generator-not-registered", yard.workshop.party)
    assert (finding["subject"], finding["facts"]["units"]) == (consignment, 2)
    assert finding["facts"]["article"] == "RLGPGIR 43; LGPGIR 46-48, 106 XIV"


@pytest.mark.parametrize(
    ("registered", "opens"),
    [({"from_on": "2025-01-06"}, False), ({"from_on": "2025-01-07"}, True), ({"category": "micro"}, False)],
)
def test_a_registration_counts_from_its_first_day(yard: Yard, registered: dict[str, Any], opens: bool) -> None:
    yard.register_generator(yard.workshop, **registered)

    yard.offer(yard.workshop, yard.centre, [yard.determined_pack("RP")], [yard.carrier], purpose="waste_rp")

    assert ("generator-not-registered" in requirements(yard)) is opens


@pytest.mark.parametrize("covered", [True, False])
def test_a_registration_is_of_its_sites(yard: Yard, covered: bool) -> None:
    other = yard.new_id("sit")
    place = {"state": "19", "municipality": "039", "time_zone": "America/Monterrey"}
    yard.say(yard.operator, "site.registered", registered=other, operated_by=yard.workshop.party, place=place)
    yard.register_generator(yard.workshop, sites=[other])
    site = other if covered else yard.workshop.site

    pack = yard.determined_pack("RP")
    yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose="waste_rp", site=site)

    assert requirements(yard) == ([] if covered else ["generator-not-registered"])


@pytest.mark.parametrize(("waste_class", "purpose"), [("RME", "waste_rme"), ("RP", "municipal_collection")])
def test_no_registration_is_asked_for_other_waste_or_of_households(yard: Yard, waste_class: str, purpose: str) -> None:
    yard.offer(yard.workshop, yard.centre, [yard.determined_pack(waste_class)], [yard.carrier], purpose=purpose)

    assert "generator-not-registered" not in requirements(yard)


def test_hazardous_waste_is_found_whatever_its_purpose_is_called(yard: Yard) -> None:
    yard.offer(yard.workshop, yard.centre, [yard.determined_pack("RP")], [yard.carrier], purpose="second_life")

    assert requirements(yard) == ["generator-not-registered"]


def light_pack(yard: Yard, mass_g: int) -> str:
    pack: str = yard.produce(yard.workshop, mass_g=mass_g)
    yard.say(yard.workshop, "unit.discarded", units=[pack], reason="production_scrap")
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="crit_test")
    return pack


@pytest.mark.parametrize(("mass_g", "opens"), [(200_000, False), (200_100, True)])
def test_an_own_vehicle_hauls_two_hundred_kilograms(yard: Yard, mass_g: int, opens: bool) -> None:
    yard.register_generator(yard.workshop, "micro")
    packs = [light_pack(yard, 100_000), light_pack(yard, mass_g - 100_000)]

    yard.offer(yard.workshop, yard.centre, packs, purpose="waste_rp")

    assert requirements(yard) == (["self-haul-too-heavy"] if opens else [])
    if opens:
        assert yard.findings()[0]["facts"]["mass_g"] == mass_g


@pytest.mark.parametrize("end", ["workshop", "centre"])
def test_whoever_may_transport_hauls_more(yard: Yard, end: str) -> None:
    yard.register_generator(yard.workshop)
    yard.permit(getattr(yard, end), "transport", waste_classes=["RP"])

    yard.offer(yard.workshop, yard.centre, [light_pack(yard, 435_000)], purpose="waste_rp")

    assert requirements(yard) == []


def test_a_load_with_a_carrier_is_not_hauled_by_the_generator(yard: Yard) -> None:
    yard.register_generator(yard.workshop)

    yard.offer(yard.workshop, yard.centre, [light_pack(yard, 435_000)], [yard.carrier], purpose="waste_rp")

    assert requirements(yard) == []


@pytest.mark.parametrize(("form", "opens"), [("moral", True), ("fisica", False)])
def test_a_firm_does_not_use_the_exemption_of_households(yard: Yard, form: str, opens: bool) -> None:
    giver = yard.new_party("Oficinas Demo, S.A." if form == "moral" else None, form=form)

    yard.offer(giver, yard.centre, [yard.waste_pack(giver)], [yard.carrier], purpose="municipal_collection")

    assert requirements(yard) == (["household-by-firm"] if opens else [])
