"""R19, R36, R45 and R51, each side of its boundary, through the fold."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.rulebook import CURRENT
from ledger.errors import RequirementNotMet
from tests.ledger.fold.refusals import requirements
from tests.ledger.fold.story import lot_id
from tests.yard import Actor, Yard


@pytest.fixture
def yard() -> Yard:
    """Carrier and centre with permits for both classes; the workshop is a registered generator."""
    yard = Yard(rules=CURRENT)
    yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
    yard.permit(yard.centre, "storage", waste_classes=["RP", "RME"])
    yard.register_generator(yard.workshop)
    return yard


def pick_up(yard: Yard, pack: str, purpose: str) -> str:
    consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose=purpose)
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    return consignment


def enact(yard: Yard, **tables: Any) -> None:
    members: dict[str, Any] = {
        "regime": "otro",
        "jurisdiction": {"code": "MX"},
        "from_on": "2025-01-01",
        "tables": tables,
    }
    yard.say(yard.semarnat, "regime.enacted", **members)


def test_hazardous_waste_that_nobody_determined_does_not_leave(yard: Yard) -> None:
    pack = yard.waste_pack()

    with pytest.raises(RequirementNotMet) as refused:
        pick_up(yard, pack, "waste_rp")

    assert refused.value.field == "/units/0"
    assert refused.value.cure is not None
    assert "unit.classified" in refused.value.cure
    assert refused.value.facts == {
        "requirement": "R19",
        "finding": "undetermined-on-leaving",
        "article": "LGPGIR 45; RLGPGIR 46 I; NOM-052-SEMARNAT-2005 6.4",
        "subject": pack,
        "purpose": "waste_rp",
    }
    assert yard.unit(pack)["holder"] == yard.workshop.party


def test_it_leaves_once_it_is_determined_even_after_the_offer(yard: Yard) -> None:
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.centre, [pack], [yard.carrier], purpose="waste_rp")
    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RP", method="crit_test")

    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])

    assert yard.unit(pack)["holder"] == yard.carrier.party
    assert requirements(yard) == []


def test_what_the_law_lists_as_hazardous_needs_no_determination(yard: Yard) -> None:
    enact(yard, listings=[{"chemistries": ["NMC622"], "waste_class": "RP"}])

    pick_up(yard, yard.waste_pack(), "waste_rp")

    assert requirements(yard) == []


def test_a_regime_may_let_it_leave_with_a_finding_or_without_one(yard: Yard) -> None:
    enact(yard, effects=[{"requirement": "R19", "effect": "violation"}])
    found = yard.waste_pack()
    pick_up(yard, found, "waste_rp")
    enact(yard, effects=[{"requirement": "R19", "effect": "off"}])
    pick_up(yard, yard.waste_pack(), "waste_rp")

    [finding] = yard.findings()
    assert (finding["requirement"], finding["subject"]) == ("undetermined-on-leaving", found)
    assert (finding["party"], finding["facts"]["article"][:9]) == (yard.workshop.party, "LGPGIR 45")


def test_special_handling_waste_that_nobody_determined_leaves_and_is_noted(yard: Yard) -> None:
    consignment = pick_up(yard, yard.waste_pack(), "waste_rme")

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("left-undetermined", yard.workshop.party)
    assert (finding["subject"], finding["facts"]) == (
        consignment,
        {"article": "NOM-052-SEMARNAT-2005 6.4", "units": 1},
    )


@pytest.mark.parametrize("purpose", ["second_life", "waste_rme"])
def test_determined_waste_and_other_purposes_leave_without_a_note(yard: Yard, purpose: str) -> None:
    pick_up(yard, yard.determined_pack("RME"), purpose)

    assert requirements(yard) == []


@pytest.mark.parametrize(
    ("said", "opens"),
    [
        ({"waste_class": "RME", "method": "knowledge"}, True),
        ({"waste_class": "RME", "method": "knowledge", "under_oath": True}, False),
        ({"waste_class": "RME", "method": "crit_test"}, False),
        ({"waste_class": "RP", "method": "knowledge"}, False),
    ],
)
def test_that_it_is_not_hazardous_is_declared_under_oath_or_tested(
    yard: Yard, said: dict[str, Any], opens: bool
) -> None:
    pack = yard.waste_pack()

    yard.say(yard.workshop, "unit.classified", units=[pack], **said)

    assert requirements(yard) == (["declared-without-oath"] if opens else [])
    assert yard.unit(pack)["waste_class"] == said["waste_class"]


@pytest.fixture
def plant(yard: Yard) -> Yard:
    """The recycler may recycle both classes."""
    yard.permit(yard.recycler, "recycling", waste_classes=["RP", "RME"])
    return yard


def make_black_mass(yard: Yard, waste_class: str) -> str:
    """Black mass that the recycler made of a pack of this class; its id."""
    pack = yard.determined_pack(waste_class, yard.recycler)
    batch, lot = yard.new_id("bch"), lot_id(yard)
    said: dict[str, Any] = {"batch": batch, "site": yard.recycler.site}
    yard.say(yard.recycler, "batch.opened", activity="recycling", process="mechanical", **said)
    fed = {"id": pack, "prev": yard.head(f"unit/{pack}"), "mass_g": 435_000, "mass_basis": "weighed"}
    yard.say(yard.recycler, "batch.fed", units=[fed], **said)
    outputs = [{"id": lot, "material": "black-mass", "mass_g": 435_000}]
    yard.say(yard.recycler, "batch.closed", outputs=outputs, stock_g=0, unexplained_g=0, **said)
    return lot


@pytest.mark.parametrize(
    ("fed", "declared", "opens"), [("RP", "RME", True), ("RP", "RP", False), ("RME", "RME", False)]
)
def test_a_fraction_of_hazardous_waste_stays_hazardous(plant: Yard, fed: str, declared: str, opens: bool) -> None:
    lot = make_black_mass(plant, fed)

    plant.say(plant.recycler, "unit.classified", units=[lot], waste_class=declared, method="crit_test")

    assert requirements(plant) == (["fraction-declassified", "waste-declassified"] if opens else [])


def test_a_whole_pack_may_be_determined_anew_and_shows_that_it_was(yard: Yard) -> None:
    pack = yard.determined_pack("RP")

    yard.say(yard.workshop, "unit.classified", units=[pack], waste_class="RME", method="crit_test")

    assert requirements(yard) == ["waste-declassified"]
    assert yard.unit(pack)["waste_class"] == "RME"


def release(yard: Yard, actor: Actor, lot: str) -> None:
    members: dict[str, Any] = {"release": yard.new_id("rel"), "units": [lot], "specification": "NMX-1"}
    yard.say(actor, "product.released", **members)


def test_an_authorised_recycler_releases_hazardous_waste_as_a_product(plant: Yard) -> None:
    lot = make_black_mass(plant, "RP")

    release(plant, plant.recycler, lot)

    assert plant.unit(lot)["stage"] == "product"


def test_nobody_else_releases_hazardous_waste(plant: Yard) -> None:
    lot = make_black_mass(plant, "RP")
    [federal] = [
        permit for permit in plant.state[f"permits/{plant.recycler.party}"]["ids"] if is_federal(plant, permit)
    ]
    plant.rule(federal, "revoked")

    with pytest.raises(RequirementNotMet) as refused:
        release(plant, plant.recycler, lot)

    assert refused.value.facts["requirement"] == "R36"
    assert plant.unit(lot)["stage"] == "waste"


def is_federal(yard: Yard, permit: str) -> bool:
    return bool(yard.act(permit)["granted_by"] == yard.semarnat.party)


def test_special_handling_waste_is_released_without_a_federal_permit(plant: Yard) -> None:
    lot = make_black_mass(plant, "RME")
    for permit in plant.state[f"permits/{plant.recycler.party}"]["ids"]:
        plant.rule(permit, "revoked")

    release(plant, plant.recycler, lot)

    assert plant.unit(lot)["stage"] == "product"
