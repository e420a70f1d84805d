from __future__ import annotations

from typing import Any

import pytest

from compliance.load import Load, LoadLine
from compliance.rulebook import CURRENT, rules_of
from compliance.transport.check import (
    ASSESSMENT_DAYS_MAX,
    TRANSPORT_CHECK,
    find_shortcomings,
    needs_isolation_card,
    shortcomings_of,
)
from ledger.errors import AuthorisationMissing
from ledger.fold.regime import TABLES_BEFORE_ANY
from tests.yard import Actor, Yard

DAY_S = 86_400
OURS = {"assessment-stale", "approval-missing", "waste-by-air", "damaged-by-air"}


@pytest.fixture
def yard() -> Yard:
    world = Yard(rules=rules_of(CURRENT.version))
    world.permit(world.recycler, "recycling", waste_classes=["RP", "RME"])
    world.permit(world.carrier, "transport")
    return world


def found(yard: Yard) -> list[tuple[str, str, str]]:
    return [
        (finding["requirement"], finding["party"], finding["subject"])
        for finding in yard.findings()
        if finding["requirement"] in OURS
    ]


def facts(yard: Yard) -> list[dict[str, Any]]:
    return [finding["facts"] for finding in yard.findings() if finding["requirement"] in OURS]


def assess(yard: Yard, pack: str, condition: str, by: Actor | None = None) -> None:
    yard.say(by or yard.workshop, "unit.assessed", units=[pack], method="visual", condition=condition)


def offer(yard: Yard, pack: str, **terms: Any) -> str:
    return yard.offer(yard.workshop, yard.recycler, [pack], terms.pop("carriers", [yard.carrier]), **terms)


def pick_up(yard: Yard, consignment: str, pack: str, **terms: Any) -> None:
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack], **terms)


def test_a_sound_pack_leaves_without_a_finding(yard: Yard) -> None:
    pack = yard.waste_pack()

    pick_up(yard, offer(yard, pack), pack)

    assert found(yard) == []


def test_a_fresh_assessment_of_damage_is_enough_until_its_last_day(yard: Yard) -> None:
    pack = yard.waste_pack()
    assess(yard, pack, "damaged")
    yard.pass_time(ASSESSMENT_DAYS_MAX * DAY_S)

    pick_up(yard, offer(yard, pack), pack)

    assert found(yard) == []


def test_an_offer_with_an_old_assessment_opens_a_finding_on_the_consignor_and_goes_on(yard: Yard) -> None:
    pack = yard.waste_pack()
    assess(yard, pack, "damaged")
    yard.pass_time((ASSESSMENT_DAYS_MAX + 1) * DAY_S)

    consignment = offer(yard, pack)

    assert found(yard) == [("assessment-stale", yard.workshop.party, pack)]
    assert facts(yard) == [
        {"days": 31, "days_max": 30, "source": "UN Model Regulations SP 376; 30 days: policy"},
    ]
    assert yard.act(consignment)["stage"] == "offered"


def test_what_the_offer_found_is_not_found_again_at_the_pick_up(yard: Yard) -> None:
    pack = yard.waste_pack()
    assess(yard, pack, "critical")
    yard.pass_time((ASSESSMENT_DAYS_MAX + 1) * DAY_S)
    consignment = offer(yard, pack)
    before = found(yard)

    pick_up(yard, consignment, pack)

    assert {requirement for requirement, _, _ in before} == {"assessment-stale", "approval-missing"}
    assert found(yard) == before


def test_an_assessment_that_grew_old_before_the_pick_up_is_found_there_on_the_consignor(yard: Yard) -> None:
    pack = yard.waste_pack()
    assess(yard, pack, "damaged")
    consignment = offer(yard, pack)
    yard.pass_time((ASSESSMENT_DAYS_MAX + 1) * DAY_S)
    assert found(yard) == []

    pick_up(yard, consignment, pack)

    assert found(yard) == [("assessment-stale", yard.workshop.party, pack)]


def test_damage_that_nobody_assessed_is_found(yard: Yard) -> None:
    pack = yard.new_unit_id()
    yard.say(
        yard.workshop,
        "unit.registered",
        units=[pack],
        description=yard.description(),
        basis="first_seen",
        stage="waste",
        condition="damaged",
    )

    offer(yard, pack)

    assert found(yard) == [("assessment-stale", yard.workshop.party, pack)]
    assert "days" not in facts(yard)[0]


def test_a_critical_pack_without_approval_is_found_and_one_with_it_is_not(yard: Yard) -> None:
    bare, approved = yard.waste_pack(), yard.waste_pack()
    assess(yard, bare, "critical")
    assess(yard, approved, "critical")

    offer(yard, approved, approval="SICT-2025-77")
    assert found(yard) == []

    offer(yard, bare)
    assert found(yard) == [("approval-missing", yard.workshop.party, bare)]


def test_a_pack_that_turned_critical_after_the_offer_is_found_at_the_pick_up(yard: Yard) -> None:
    pack = yard.waste_pack()
    consignment = offer(yard, pack)
    yard.pass_time(60)
    assess(yard, pack, "critical")
    assert found(yard) == []

    pick_up(yard, consignment, pack)

    assert found(yard) == [("approval-missing", yard.workshop.party, pack)]


def test_hazardous_waste_by_air_is_refused_to_a_carrier_and_other_waste_is_found(yard: Yard) -> None:
    special, hazardous = yard.waste_pack(), yard.waste_pack()
    with pytest.raises(AuthorisationMissing):
        offer(yard, hazardous, mode="air", purpose="waste_rp")
    assert found(yard) == []

    offer(yard, special, mode="air")
    offer(yard, hazardous, mode="air", carriers=[], purpose="waste_rp")

    assert found(yard) == [
        ("waste-by-air", yard.workshop.party, special),
        ("waste-by-air", yard.workshop.party, hazardous),
    ]
    assert [fact["article"] for fact in facts(yard)] == [
        "ICAO Technical Instructions, waste batteries",
        "LGPGIR 67 I, 106 X",
    ]


def test_a_damaged_warranty_pack_by_air_is_found_on_whoever_chose_to_fly_it(yard: Yard) -> None:
    flown, offered = yard.produce(), yard.produce()
    for pack in (flown, offered):
        assess(yard, pack, "damaged", by=yard.maker)
    by_road = yard.offer(yard.maker, yard.workshop, [flown], [yard.carrier], purpose="warranty_return", mode="road")
    by_air = yard.offer(yard.maker, yard.workshop, [offered], [yard.carrier], purpose="warranty_return", mode="air")

    pick_up(yard, by_road, flown, mode="air")
    pick_up(yard, by_air, offered, mode="air")

    assert found(yard) == [
        ("damaged-by-air", yard.maker.party, offered),
        ("damaged-by-air", yard.carrier.party, flown),
    ]


def test_only_offers_and_pick_ups_concern_the_check() -> None:
    assert {kind.__name__ for kind in TRANSPORT_CHECK.concerns or ()} == {"ConsignmentOffered", "ConsignmentPickedUp"}


def test_a_load_tells_before_it_leaves_what_would_be_found() -> None:
    critical = {"kind": "pack", "chemistry": "LFP", "stage": "waste", "condition": "critical", "mass_g": 1}
    lines = (LoadLine("p1", critical, "offered", None), LoadLine("p2", critical, "accepted", None))
    load = Load("con_x", {"purpose": "waste_rp", "mode": "air"}, lines, {})

    told = shortcomings_of(load, at=0)

    assert list(told) == ["p1"]
    assert [shortcoming.requirement for shortcoming in told["p1"]] == [
        "assessment-stale",
        "approval-missing",
        "waste-by-air",
        "damaged-by-air",
    ]


def test_a_sound_unit_has_no_shortcoming_and_no_card() -> None:
    sound = {"kind": "pack", "chemistry": "LFP", "stage": "stock", "condition": "sound"}

    assert (
        find_shortcomings(sound, purpose="new_product", approval=None, mode="air", at=0, tables=TABLES_BEFORE_ANY) == ()
    )
    assert not needs_isolation_card(sound)


@pytest.mark.parametrize("trait", [{"condition": "damaged"}, {"condition": "critical"}, {"quarantined": 1}])
def test_a_damaged_critical_or_quarantined_unit_gets_a_card(trait: dict[str, Any]) -> None:
    assert needs_isolation_card({"kind": "pack", **trait})
