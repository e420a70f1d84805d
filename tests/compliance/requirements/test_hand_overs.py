"""R17, R44 and R69, each side of its boundary: who signs, what households give, what lies together."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.household import household_key
from compliance.rulebook import CURRENT
from ledger.domain.values import format_base64url, parse_instant
from ledger.fold.state import Value
from ledger.keys import SigningKey
from tests.ledger.fold.story import accepted, give_key
from tests.yard import Actor, Yard

KG = 1000
COLLECTION = "municipal_collection"


@pytest.fixture
def yard() -> Yard:
    """Carrier and centre with permits for both classes."""
    yard = Yard(rules=CURRENT)
    yard.permit(yard.carrier, "transport", waste_classes=["RP", "RME"])
    yard.permit(yard.centre, "storage", waste_classes=["RP", "RME"])
    return yard


def found(yard: Yard, code: str) -> list[Value]:
    return [finding for finding in yard.findings() if finding["requirement"] == code]


def receive(yard: Yard, consignment: str, *lines: dict[str, Any], **more: Any) -> None:
    about: dict[str, Any] = {"consignment": consignment, "basis": "offer", "lines": list(lines), **more}
    yard.say(yard.centre, "consignment.received", site=yard.centre.site, **about)


# R69


def share(yard: Yard, actor: Actor, key: SigningKey) -> None:
    """The actor's party has this key too."""
    members: dict[str, Any] = {"spki": format_base64url(key.public.spki), "key_roles": ["custody"]}
    yard.say(yard.operator, "key.enrolled", enrolled_for=actor.party, kid=key.public.kid.hex(), **members)


def hand_over(yard: Yard, giver: SigningKey, taker: SigningKey) -> str:
    """A pack goes from the workshop to the carrier, by these keys; the consignment."""
    pack, consignment = yard.waste_pack(), yard.new_id("con")
    terms: dict[str, Any] = {"consignee": yard.centre.party, "carriers": [yard.carrier.party], "purpose": "waste_rme"}
    offer: dict[str, Any] = {"consignment": consignment, "units": [pack], "units_total": 1, **terms}
    yard.say(yard.workshop, "consignment.offered", key=giver, **offer)
    yard.say(yard.carrier, "consignment.picked_up", key=taker, consignment=consignment, units=[pack])
    assert yard.unit(pack)["holder"] == yard.carrier.party
    return consignment


@pytest.mark.parametrize("same", [True, False])
def test_a_person_that_signs_for_both_ends_is_found_and_the_hand_over_stands(yard: Yard, same: bool) -> None:
    person, other = yard.new_id("per"), yard.new_id("per")
    giver = give_key(yard, yard.workshop, ["custody"], person=person)
    taker = give_key(yard, yard.carrier, ["custody"], person=person if same else other)

    consignment = hand_over(yard, giver, taker)

    assert [(one["party"], one["subject"], one["facts"]["same"]) for one in found(yard, "same-signer")] == (
        [(yard.carrier.party, consignment, "person")] if same else []
    )


def test_one_key_for_both_ends_is_found(yard: Yard) -> None:
    share(yard, yard.carrier, yard.workshop.key)

    hand_over(yard, yard.workshop.key, yard.workshop.key)

    [finding] = found(yard, "same-signer")
    assert (finding["facts"]["same"], finding["facts"]["giver"]) == ("key", yard.workshop.party)


@pytest.mark.parametrize(("of_carrier", "opens"), [("maker", True), ("recycler", False), (None, False)])
def test_a_delegate_that_acts_for_both_ends_is_found(yard: Yard, of_carrier: str | None, opens: bool) -> None:
    giver = give_key(yard, yard.workshop, ["custody"], acts=yard.maker.party)
    acts = {"acts": getattr(yard, of_carrier).party} if of_carrier else {}
    taker = give_key(yard, yard.carrier, ["custody"], **acts)

    hand_over(yard, giver, taker)

    assert [finding["facts"]["same"] for finding in found(yard, "same-signer")] == ["party"] * opens


def test_a_delegate_of_the_giver_that_takes_for_itself_is_found(yard: Yard) -> None:
    hand_over(yard, give_key(yard, yard.workshop, ["custody"], acts=yard.carrier.party), yard.carrier.key)

    assert len(found(yard, "same-signer")) == 1


@pytest.mark.parametrize("outcome", ["accepted", "refused"])
def test_a_reception_is_compared_with_the_carrier_of_what_is_accepted(yard: Yard, outcome: str) -> None:
    person = yard.new_id("per")
    driver = give_key(yard, yard.carrier, ["custody"], person=person)
    clerk = give_key(yard, yard.centre, ["custody"], person=person)
    consignment = hand_over(yard, yard.workshop.key, driver)
    [pack] = [key[5:] for key, value in yard.state.items() if value.get("consignment") == consignment]
    reason = {"reason": "damaged"} if outcome == "refused" else {}

    receive(yard, consignment, {"id": pack, "outcome": outcome, **reason}, key=clerk)

    assert len(found(yard, "same-signer")) == (outcome == "accepted")


# R44


def give(yard: Yard, giver: Actor, mass_g: int, purpose: str = COLLECTION, outcome: str = "accepted") -> None:
    pack: str = yard.produce(giver, mass_g=mass_g)
    yard.say(giver, "unit.discarded", units=[pack], reason="end_of_life")
    consignment = yard.offer(giver, yard.centre, [pack], purpose=purpose)
    reason = {"reason": "damaged"} if outcome == "refused" else {}
    receive(yard, consignment, {"id": pack, "outcome": outcome, **reason})


@pytest.mark.parametrize(("mass_g", "opens"), [(200 * KG, False), (200 * KG + 1, True)])
def test_a_household_gives_four_hundred_kilograms_in_a_year(yard: Yard, mass_g: int, opens: bool) -> None:
    giver = yard.new_party(None, form="fisica")

    give(yard, giver, 200 * KG)
    give(yard, giver, mass_g)

    assert [(one["party"], one["facts"]["given_g"]) for one in found(yard, "household-too-heavy")] == (
        [(giver.party, 200 * KG + mass_g)] if opens else []
    )
    assert yard.state[household_key(giver.party, 2025)] == {"mass_g": 200 * KG + mass_g}


def test_a_heavy_household_is_found_once_a_year(yard: Yard) -> None:
    giver = yard.new_party(None, form="fisica")
    give(yard, giver, 500 * KG)
    give(yard, giver, 10 * KG)
    yard.now = parse_instant("2026-02-02T15:00:00Z")
    give(yard, giver, 400 * KG)

    [finding] = found(yard, "household-too-heavy")
    assert (finding["facts"]["year"], finding["facts"]["given_g"]) == ("2025", 500 * KG)
    assert yard.state[household_key(giver.party, 2026)] == {"mass_g": 400 * KG}


@pytest.mark.parametrize(("purpose", "outcome"), [("waste_rme", "accepted"), (COLLECTION, "refused")])
def test_what_is_given_otherwise_or_turned_away_does_not_count(yard: Yard, purpose: str, outcome: str) -> None:
    giver = yard.new_party(None, form="fisica")

    give(yard, giver, 500 * KG, purpose, outcome)

    assert found(yard, "household-too-heavy") == []
    assert household_key(giver.party, 2025) not in yard.state


# R17


def turn_on(yard: Yard) -> None:
    tables = {"effects": [{"requirement": "R17", "effect": "warning"}]}
    about: dict[str, Any] = {"jurisdiction": {"code": "MX"}, "from_on": "2025-01-01", "tables": tables}
    yard.say(yard.semarnat, "regime.enacted", regime="separado", **about)


def lay_down(yard: Yard, condition: str, actor: Actor | None = None) -> str:
    """A waste pack of this condition that comes to be at the party's site."""
    actor, pack = actor or yard.workshop, yard.new_unit_id()
    about: dict[str, Any] = {"basis": "first_seen", "stage": "removed", "description": yard.description()}
    yard.say(actor, "unit.registered", units=[pack], site=actor.site, **about)
    if condition != "sound":
        yard.say(actor, "unit.assessed", units=[pack], method="visual", condition=condition)
    yard.say(actor, "unit.discarded", units=[pack], reason="end_of_life", site=actor.site)
    return pack


@pytest.mark.parametrize("conditions", [("sound", "damaged"), ("critical", "sound")])
def test_damaged_packs_beside_sound_ones_are_found_in_either_order(yard: Yard, conditions: tuple[str, str]) -> None:
    turn_on(yard)
    for condition in (*conditions, *conditions):
        lay_down(yard, condition)

    [finding] = found(yard, "damaged-beside-sound")
    assert (finding["party"], finding["subject"]) == (yard.workshop.party, yard.workshop.site)
    assert (finding["facts"]["damaged_units"], finding["facts"]["sound_units"]) == (1, 1)


def test_a_pack_that_is_found_damaged_where_sound_ones_lie_is_found(yard: Yard) -> None:
    turn_on(yard)
    lay_down(yard, "sound")
    pack = lay_down(yard, "sound")
    assert found(yard, "damaged-beside-sound") == []

    yard.say(yard.workshop, "unit.assessed", units=[pack], method="visual", condition="critical")

    assert len(found(yard, "damaged-beside-sound")) == 1


def test_a_damaged_pack_that_is_received_among_sound_ones_is_found(yard: Yard) -> None:
    turn_on(yard)
    lay_down(yard, "sound", yard.centre)
    pack = lay_down(yard, "damaged")
    [line] = accepted(pack)
    receive(yard, yard.offer(yard.workshop, yard.centre, [pack]), line)

    assert [finding["subject"] for finding in found(yard, "damaged-beside-sound")] == [yard.centre.site]


@pytest.mark.parametrize("condition", ["sound", "damaged"])
def test_packs_alike_or_at_different_sites_lie_well(yard: Yard, condition: str) -> None:
    turn_on(yard)
    lay_down(yard, condition)
    lay_down(yard, condition)
    lay_down(yard, "sound" if condition == "damaged" else "damaged", yard.centre)

    assert found(yard, "damaged-beside-sound") == []


def test_nothing_is_asked_of_neighbours_where_no_regime_says_so(yard: Yard) -> None:
    lay_down(yard, "sound")
    lay_down(yard, "damaged")

    assert found(yard, "damaged-beside-sound") == []
