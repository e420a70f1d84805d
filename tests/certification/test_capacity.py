from __future__ import annotations

from typing import Any

import pytest

from certification.capacity import capacity_key
from compliance.rulebook import CURRENT, rules_of
from ledger import cbor
from ledger.domain.values import parse_instant
from ledger.event import parse_event
from tests.ledger.fold.refusals import requirements
from tests.ledger.fold.story import accepted, lot_id, tag_id
from tests.yard import Actor, Yard

KG = 1000


@pytest.fixture
def yard() -> Yard:
    """A world under the rules with capacity; packs have 435 kg."""
    return Yard(rules=rules_of(CURRENT.version))


def used(yard: Yard, authorisation: str, year: str = "2025") -> dict[str, int]:
    value = yard.state.get(capacity_key(authorisation, year))
    if value is None:
        return {}
    assert value["used_g"] == max(value["by_activity"].values())
    return dict(value["by_activity"])


def receive(yard: Yard, consignee: Actor, packs: list[str], *, purpose: str = "waste_rme", **line: Any) -> str:
    """The reception of packs that the workshop offered and the consignee accepted."""
    consignment = yard.offer(yard.workshop, consignee, packs, purpose=purpose)
    return say_received(yard, consignee, consignment, accepted(*packs, **line))


def say_received(yard: Yard, consignee: Actor, consignment: str, lines: list[Any], **more: Any) -> str:
    members: dict[str, Any] = {"basis": "offer", "lines": lines, **more}
    return yard.say(consignee, "consignment.received", consignment=consignment, **members)


def correct(yard: Yard, event: str, was: int, now: int) -> str:
    members: dict[str, Any] = {
        "event": event,
        "pointer": "/lines/0/mass_g",
        "was": was,
        "now": now,
        "reason": "weighed_again",
    }
    return yard.say(yard.recycler, "event.corrected", **members)


def test_what_is_taken_in_counts_on_the_permit_that_covered_it(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")

    receive(yard, yard.recycler, [yard.waste_pack()])
    receive(yard, yard.recycler, [yard.waste_pack()], mass_g=430 * KG, mass_basis="weighed")

    assert used(yard, permit) == {"receiving": 865 * KG}


def test_of_several_permits_the_one_with_most_room_is_used_and_one_without_limit_first(yard: Yard) -> None:
    small = yard.permit(yard.recycler, "recycling", capacity_g_per_year=1000 * KG)
    large = yard.permit(yard.recycler, "recycling", capacity_g_per_year=1500 * KG)

    receive(yard, yard.recycler, [yard.waste_pack() for _ in range(3)])
    assert (used(yard, small), used(yard, large)) == ({"receiving": 435 * KG}, {"receiving": 870 * KG})

    unlimited = yard.permit(yard.recycler, "storage")
    receive(yard, yard.recycler, [yard.waste_pack()])
    assert used(yard, unlimited) == {"receiving": 435 * KG}


def test_of_permits_with_equal_room_the_first_by_id_is_used(yard: Yard) -> None:
    permits = sorted(yard.permit(yard.recycler, "recycling", capacity_g_per_year=1000 * KG) for _ in range(3))

    receive(yard, yard.recycler, [yard.waste_pack()])

    assert [bool(used(yard, permit)) for permit in permits] == [True, False, False]


def test_a_permit_near_its_capacity_is_told_once_a_year_and_one_beyond_it_each_time(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling", capacity_g_per_year=1000 * KG)

    receive(yard, yard.recycler, [yard.waste_pack()], mass_g=800 * KG - 1, mass_basis="weighed")
    assert requirements(yard) == []
    receive(yard, yard.recycler, [yard.waste_pack()], mass_g=1, mass_basis="weighed")
    receive(yard, yard.recycler, [yard.waste_pack()], mass_g=200 * KG, mass_basis="weighed")
    assert requirements(yard) == ["capacity-near"]
    receive(yard, yard.recycler, [yard.waste_pack()], mass_g=1, mass_basis="weighed")
    receive(yard, yard.recycler, [yard.waste_pack()], mass_g=1, mass_basis="weighed")

    assert requirements(yard) == ["capacity-exceeded", "capacity-exceeded", "capacity-near"]
    near = next(finding for finding in yard.findings() if finding["requirement"] == "capacity-near")
    assert (near["party"], near["subject"]) == (yard.recycler.party, permit)
    assert near["facts"] == {
        "authorisation": yard.act(permit)["number"],
        "article": "LGPGIR 9 III; law of the state",
        "year": "2025",
        "used_g": 800 * KG,
        "capacity_g": 1000 * KG,
    }


def test_what_passes_the_capacity_at_once_is_not_also_told_to_be_near_it(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", capacity_g_per_year=400 * KG)

    receive(yard, yard.recycler, [yard.waste_pack()])

    assert requirements(yard) == ["capacity-exceeded"]


def test_a_federal_permit_is_measured_by_federal_law(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", capacity_g_per_year=400 * KG, waste_classes=["RP"])

    yard.register_generator(yard.workshop)
    receive(yard, yard.recycler, [yard.determined_pack("RP")], purpose="waste_rp")

    [found] = [finding for finding in yard.findings() if finding["requirement"] == "capacity-exceeded"]
    assert found["facts"]["article"] == "LGPGIR 52 VI; RLGPGIR 48 VI, 56"


def test_the_year_is_that_of_the_legal_day_at_the_site(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling", capacity_g_per_year=400 * KG)
    late, early = yard.waste_pack(), yard.waste_pack()
    first, second = (yard.offer(yard.workshop, yard.recycler, [pack]) for pack in (late, early))

    yard.pass_time(parse_instant("2026-01-01T05:59:00Z") - yard.now)
    say_received(yard, yard.recycler, first, accepted(late), site=yard.recycler.site)
    yard.pass_time(60)
    say_received(yard, yard.recycler, second, accepted(early), site=yard.recycler.site)

    assert [used(yard, permit, year) for year in ("2025", "2026")] == [{"receiving": 435 * KG}] * 2
    assert requirements(yard).count("capacity-exceeded") == 2


def test_what_was_refused_or_missing_counts_only_if_it_is_accepted_after_all(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    yard.permit(yard.carrier, "transport")
    packs = [yard.waste_pack() for _ in range(3)]
    consignment = yard.offer(yard.workshop, yard.recycler, packs, carriers=[yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=packs)
    lines = [
        {"id": packs[0], "outcome": "refused", "reason": "damaged"},
        {"id": packs[1], "outcome": "missing"},
        {"id": packs[2], "outcome": "accepted"},
    ]

    say_received(yard, yard.recycler, consignment, lines)
    assert used(yard, permit) == {"receiving": 435 * KG}
    say_received(yard, yard.recycler, consignment, accepted(packs[0]))

    assert used(yard, permit) == {"receiving": 870 * KG}


def test_a_unit_that_left_and_is_received_anew_is_taken_in_anew(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    yard.permit(yard.workshop, "storage")
    pack = yard.waste_pack()
    receive(yard, yard.recycler, [pack])
    back = yard.offer(yard.recycler, yard.workshop, [pack])
    say_received(yard, yard.workshop, back, accepted(pack))

    receive(yard, yard.recycler, [pack])

    assert used(yard, permit) == {"receiving": 870 * KG}


def test_a_corrected_reception_moves_the_count_when_the_consignor_agrees(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling", capacity_g_per_year=500 * KG)
    event = receive(yard, yard.recycler, [yard.waste_pack()], mass_g=390 * KG, mass_basis="weighed")

    correction = correct(yard, event, 390 * KG, 600 * KG)
    assert used(yard, permit) == {"receiving": 390 * KG}
    yard.say(yard.workshop, "event.agreed", event=correction)
    assert used(yard, permit) == {"receiving": 600 * KG}
    assert requirements(yard) == ["capacity-exceeded"]

    for was, now in ((600, 550), (550, 39)):
        yard.say(yard.workshop, "event.agreed", event=correct(yard, event, was * KG, now * KG))
    assert used(yard, permit) == {"receiving": 39 * KG}
    assert requirements(yard) == ["capacity-exceeded"]


def test_a_correction_counts_in_the_year_of_what_it_corrects(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    event = receive(yard, yard.recycler, [yard.waste_pack()], mass_g=390 * KG, mass_basis="weighed")
    yard.pass_time(parse_instant("2026-02-01T12:00:00Z") - yard.now)

    yard.say(yard.workshop, "event.agreed", event=correct(yard, event, 390 * KG, 400 * KG))

    assert (used(yard, permit, "2025"), used(yard, permit, "2026")) == ({"receiving": 400 * KG}, {})


def test_a_correction_without_a_counterparty_moves_the_count_at_once(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    lines = accepted(yard.waste_pack(), mass_g=390 * KG, mass_basis="weighed")
    giver = {"capacity": "party"}
    event = say_received(yard, yard.recycler, yard.new_id("con"), lines, basis="emergency", giver=giver)

    correct(yard, event, 390 * KG, 400 * KG)

    assert used(yard, permit) == {"receiving": 400 * KG}


def test_what_is_entered_from_a_paper_counts_when_the_consignor_agrees(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    pack = yard.waste_pack()
    on_paper = {"consignor": yard.workshop.party, "purpose": "waste_rme", "form": "rme_transport", "number": "R-1"}
    scan = {"digest": "ab" * 32, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}
    stated: dict[str, Any] = {"basis": "paper", "on_paper": on_paper, "documents": [scan]}
    lines = accepted(pack)
    event = yard.say(yard.recycler, "consignment.received", consignment=yard.new_id("con"), lines=lines, **stated)
    assert f"capacity/{permit}/2025" not in yard.state

    yard.say(yard.workshop, "event.agreed", event=event, units=[pack])

    assert yard.state[f"capacity/{permit}/2025"]["used_g"] == 435_000


def test_an_extra_unit_counts_when_the_consignor_gives_it_up(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    pack, *extra = (yard.waste_pack() for _ in range(3))
    consignment = yard.offer(yard.workshop, yard.recycler, [pack])
    lines = [*accepted(pack), *({"id": unit, "outcome": "extra"} for unit in extra)]
    event = say_received(yard, yard.recycler, consignment, lines)
    assert used(yard, permit) == {"receiving": 435 * KG}

    yard.say(yard.workshop, "event.agreed", event=event, units=extra[:1])
    assert used(yard, permit) == {"receiving": 870 * KG}
    yard.say(yard.workshop, "event.agreed", event=event, units=extra[1:])

    assert used(yard, permit) == {"receiving": 1305 * KG}


def test_an_emergency_counts_on_a_permit_that_would_cover_it_and_takes_none(yard: Yard) -> None:
    pack, other = yard.waste_pack(), yard.waste_pack()
    emergency: dict[str, Any] = {"basis": "emergency", "giver": {"capacity": "party"}}
    say_received(yard, yard.recycler, yard.new_id("con"), accepted(pack), **emergency)
    permit = yard.permit(yard.recycler, "recycling")

    say_received(yard, yard.recycler, yard.new_id("con"), accepted(other), **emergency)

    assert used(yard, permit) == {"receiving": 435 * KG}


def test_a_reception_without_a_permit_counts_on_none(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack])
    yard.rule(permit, "suspended")

    say_received(yard, yard.recycler, consignment, accepted(pack), exception={"reason": "already_happened"})

    assert used(yard, permit) == {}
    assert requirements(yard) == ["received-without-permit"]


def test_each_activity_has_its_own_total_and_the_greatest_is_what_is_used(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "dismantling", "recycling", capacity_g_per_year=440 * KG)
    pack = yard.waste_pack()
    receive(yard, yard.recycler, [pack])
    module = yard.new_unit_id()
    part = {"id": module, "description": yard.description(unit_kind="module", mass_g=400 * KG)}
    yard.say(yard.recycler, "unit.dismantled", unit=pack, parts=[part], unexplained_g=35 * KG)

    feed(yard, [{"id": module, "mass_g": 400 * KG, "mass_basis": "weighed"}])

    assert used(yard, permit) == {"receiving": 435 * KG, "dismantling": 435 * KG, "recycling": 400 * KG}
    assert requirements(yard) == ["capacity-near"]


def feed(yard: Yard, units: list[dict[str, Any]]) -> str:
    batch = yard.new_id("bch")
    yard.say(yard.recycler, "batch.opened", batch=batch, activity="recycling", process="shredding")
    yard.say(yard.recycler, "batch.fed", batch=batch, units=units)
    return batch


def weighed(unit: Any, mass_g: int) -> dict[str, Any]:
    return {"id": unit, "mass_g": mass_g, "mass_basis": "weighed"}


def test_the_parts_of_a_pack_may_take_reserved_tags_and_the_pack_is_what_counts(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "dismantling")
    pack, tag = yard.waste_pack(), tag_id(yard)
    receive(yard, yard.recycler, [pack])
    reserved = yard.say(yard.recycler, "tag.reserved", tags=[tag])
    description = yard.description(unit_kind="module")

    parts = [{"id": tag, "prev": reserved, "description": description}]
    yard.say(yard.recycler, "unit.dismantled", unit=pack, parts=parts, unexplained_g=0)

    assert used(yard, permit) == {"receiving": 435 * KG, "dismantling": 435 * KG}


def test_what_a_partys_own_batches_made_is_not_processed_a_second_time(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    pack = yard.waste_pack()
    receive(yard, yard.recycler, [pack])
    batch = feed(yard, [weighed(pack, 435 * KG)])
    lots = [lot_id(yard) for _ in range(5)]
    outputs = [{"id": lot, "material": "black_mass", "mass_g": 200 * KG} for lot in lots[:2]]
    yard.say(yard.recycler, "batch.closed", batch=batch, outputs=outputs, stock_g=0, unexplained_g=35 * KG)
    yard.say(yard.recycler, "lot.merged", units=lots[:2], into={**outputs[0], "id": lots[2], "mass_g": 400 * KG})
    halves = [{**outputs[0], "id": lot} for lot in lots[3:]]
    yard.say(yard.recycler, "lot.split", lot=lots[2], into=halves)

    feed(yard, [weighed(lot, 200 * KG) for lot in lots[3:]])

    assert used(yard, permit) == {"receiving": 435 * KG, "recycling": 435 * KG}


def test_what_another_party_made_is_processed_like_anything_else(yard: Yard) -> None:
    permit = yard.permit(yard.recycler, "recycling")
    lots = [lot_id(yard), lot_id(yard)]
    description = yard.description(unit_kind="lot", chemistry="unknown", material="black_mass", mass_g=100 * KG)
    yard.say(yard.workshop, "unit.registered", units=lots, basis="first_seen", stage="waste", description=description)
    receive(yard, yard.recycler, lots)
    merged: dict[str, Any] = {"id": lot_id(yard), "material": "black_mass", "mass_g": 200 * KG}
    yard.say(yard.recycler, "lot.merged", units=lots, into=merged)

    feed(yard, [weighed(merged["id"], 200 * KG)])

    assert used(yard, permit) == {"receiving": 200 * KG, "recycling": 200 * KG}


def test_counting_is_the_same_whoever_replays_it(yard: Yard) -> None:
    yard.permit(yard.recycler, "recycling", capacity_g_per_year=1000 * KG)
    for _ in range(3):
        receive(yard, yard.recycler, [yard.waste_pack()])
    counted = {key: cbor.encode(value) for key, value in yard.state.items() if key.startswith("capacity/")}

    again = Yard(rules=yard.rules)
    again.state.clear()
    again.entries.clear()
    for raw in yard.entries:
        again.append(raw, parse_event(raw))

    assert counted
    assert {key: cbor.encode(value) for key, value in again.state.items() if key.startswith("capacity/")} == counted
