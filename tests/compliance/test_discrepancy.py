"""What the two ends of a consignment weighed, compared through the fold."""

from __future__ import annotations

from typing import Any

import pytest

from compliance.discrepancy import MASS_DISCREPANCY, weighing_key
from compliance.rulebook import CURRENT
from ledger.fold.state import Value
from tests.ledger.fold.refusals import requirements
from tests.ledger.fold.story import accepted, lot_id
from tests.yard import Actor, Yard

KG = 1000
WEIGHED: dict[str, Any] = {"mass_basis": "weighed"}


@pytest.fixture
def yard() -> Yard:
    """Workshop and centre, with permits for what travels; packs have 435 kg by their nameplate."""
    yard = Yard(rules=CURRENT)
    yard.permit(yard.centre, "storage", "recycling")
    yard.permit(yard.carrier, "transport")
    return yard


def weigh(yard: Yard, actor: Actor, consignment: str | None, net_kg: int, resolution_kg: int = 5) -> str:
    """A slip of a truck of 10 tonnes, for the consignment if one is named; the ticket's id."""
    ticket = yard.new_id("tkt")
    of: dict[str, Any] = {"consignment": consignment} if consignment else {}
    yard.say(
        actor,
        "ticket.weighed",
        ticket=ticket,
        gross_g=(10_000 + net_kg) * KG,
        tare_g=10_000 * KG,
        resolution_g=resolution_kg * KG,
        **of,
    )
    return ticket


def send(yard: Yard, *packs: str) -> str:
    """The carrier has the packs on its way from the workshop to the centre; the consignment."""
    consignment = yard.offer(yard.workshop, yard.centre, list(packs), [yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=list(packs))
    return consignment


def receive(yard: Yard, consignment: str, lines: list[dict[str, Any]], **more: Any) -> str:
    members: dict[str, Any] = {"basis": "offer", "lines": lines, **more}
    return yard.say(yard.centre, "consignment.received", consignment=consignment, **members)


def discrepancies(yard: Yard) -> list[Value]:
    return [finding for finding in yard.findings() if finding["requirement"] == MASS_DISCREPANCY]


def facts(yard: Yard) -> dict[str, Any]:
    [finding] = discrepancies(yard)
    return dict(finding["facts"])


def packs(yard: Yard, count: int = 2) -> list[str]:
    return [yard.determined_pack("RME") for _ in range(count)]


def test_tickets_of_both_ends_are_compared_once_all_is_accepted(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.centre, consignment, 800)
    receive(yard, consignment, accepted(load[0]))
    assert requirements(yard) == []

    received = receive(yard, consignment, accepted(load[1]))

    [finding] = discrepancies(yard)
    assert (finding["party"], finding["subject"], finding["event"]) == (yard.workshop.party, consignment, received)
    assert finding["facts"] == {
        "consignment": consignment,
        "basis": "tickets",
        "expected_g": 900 * KG,
        "found_g": 800 * KG,
        "uncertainty_g": 10 * KG,
        "tolerance_permille": 20,
        "source": "policy",
    }


def test_a_ticket_after_the_reception_is_compared_too(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    receive(yard, consignment, accepted(*load))
    assert requirements(yard) == []

    weigh(yard, yard.centre, consignment, 800)

    assert facts(yard)["basis"] == "tickets"


@pytest.mark.parametrize(("resolution_kg", "opens"), [(5, True), (20, True), (50, False)])
def test_coarse_scales_tell_less(yard: Yard, resolution_kg: int, opens: bool) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900, resolution_kg)
    weigh(yard, yard.centre, consignment, 800, resolution_kg)

    receive(yard, consignment, accepted(*load))

    assert bool(discrepancies(yard)) is opens


def test_one_truck_more_on_one_side_is_not_compared_until_the_other_has_weighed_it(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 450)
    weigh(yard, yard.workshop, consignment, 450)
    weigh(yard, yard.centre, consignment, 450)
    receive(yard, consignment, accepted(*load))
    assert requirements(yard) == []

    weigh(yard, yard.centre, consignment, 400)

    assert (facts(yard)["expected_g"], facts(yard)["found_g"]) == (900 * KG, 850 * KG)


def test_what_the_carrier_weighed_is_nobodys_end(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.carrier, consignment, 500)

    receive(yard, consignment, accepted(*load))

    assert requirements(yard) == []


def test_a_load_of_which_a_unit_was_refused_is_not_compared_by_tickets(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.centre, consignment, 450)

    receive(yard, consignment, [*accepted(load[0]), {"id": load[1], "outcome": "refused", "reason": "damaged"}])

    assert requirements(yard) == []


def test_what_was_cancelled_before_it_left_is_not_waited_for(yard: Yard) -> None:
    load = packs(yard, 3)
    consignment = yard.offer(yard.workshop, yard.centre, load, [yard.carrier])
    yard.say(yard.workshop, "consignment.cancelled", consignment=consignment, units=load[2:])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=load[:2])
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.centre, consignment, 800)

    receive(yard, consignment, accepted(*load[:2]))

    assert facts(yard)["basis"] == "tickets"


def test_a_unit_weighed_twice_is_compared_with_itself_and_its_holder_answers(yard: Yard) -> None:
    pack = yard.produce(mass_basis="weighed")
    consignment = yard.offer(yard.maker, yard.centre, [pack], [yard.carrier], purpose="warranty_return")
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])

    receive(yard, consignment, accepted(pack, mass_g=420 * KG, **WEIGHED))

    [finding] = discrepancies(yard)
    assert (finding["party"], finding["subject"]) == (yard.carrier.party, pack)
    assert finding["facts"] == {
        "consignment": consignment,
        "basis": "unit",
        "expected_g": 435 * KG,
        "found_g": 420 * KG,
        "uncertainty_g": 500,
        "tolerance_permille": 20,
        "source": "policy",
    }


@pytest.mark.parametrize("mass_kg", [427, 443])
def test_a_unit_within_two_percent_is_the_same(yard: Yard, mass_kg: int) -> None:
    pack = yard.produce(mass_basis="weighed")
    consignment = yard.offer(yard.maker, yard.centre, [pack], purpose="warranty_return")

    receive(yard, consignment, accepted(pack, mass_g=mass_kg * KG, **WEIGHED))

    assert requirements(yard) == []


@pytest.mark.parametrize(
    ("described", "received"), [("nameplate", "weighed"), ("estimated", "weighed"), ("weighed", "estimated")]
)
def test_an_estimate_is_never_compared(yard: Yard, described: str, received: str) -> None:
    pack = yard.produce(mass_basis=described)
    consignment = yard.offer(yard.maker, yard.centre, [pack], purpose="warranty_return")

    receive(yard, consignment, accepted(pack, mass_g=100 * KG, mass_basis=received))

    assert requirements(yard) == []


def test_a_lot_has_the_wider_tolerance(yard: Yard) -> None:
    lots = [lot_id(yard), lot_id(yard)]
    what = {"unit_kind": "lot", "chemistry": "unknown", "material": "black_mass", "mass_g": 100 * KG, **WEIGHED}
    yard.say(yard.workshop, "unit.registered", units=lots, basis="first_seen", stage="stock", description=what)
    consignment = yard.offer(yard.workshop, yard.centre, lots, purpose="second_life")

    within = {"id": lots[0], "outcome": "accepted", "mass_g": 91 * KG, **WEIGHED}
    beyond = {"id": lots[1], "outcome": "accepted", "mass_g": 89 * KG, **WEIGHED}
    receive(yard, consignment, [within, beyond])

    [finding] = discrepancies(yard)
    assert (finding["subject"], finding["facts"]["tolerance_permille"]) == (lots[1], 100)


def test_lines_that_were_all_weighed_stand_in_for_the_consignees_ticket(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)

    receive(yard, consignment, accepted(*load, mass_g=400 * KG, **WEIGHED))

    told = facts(yard)
    assert (told["basis"], told["expected_g"], told["found_g"]) == ("lines", 900 * KG, 800 * KG)
    assert (told["tolerance_permille"], told["uncertainty_g"]) == (100, 5 * KG + 500)


def test_lines_of_which_one_was_estimated_stand_in_for_nothing(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    estimated = {"id": load[1], "outcome": "accepted", "mass_g": 300 * KG, "mass_basis": "estimated"}

    receive(yard, consignment, [*accepted(load[0], mass_g=300 * KG, **WEIGHED), estimated])

    assert requirements(yard) == []


def test_the_consignees_own_ticket_and_lines_must_agree_and_it_answers_for_them(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.centre, consignment, 900)

    receive(yard, consignment, accepted(*load, mass_g=400 * KG, **WEIGHED))

    [finding] = discrepancies(yard)
    assert (finding["party"], finding["facts"]["basis"]) == (yard.centre.party, "lines")


def test_lines_that_differ_from_both_tickets_are_the_consignees_to_explain(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.centre, consignment, 900)

    receive(yard, consignment, accepted(*load, mass_g=400 * KG, **WEIGHED))

    assert [finding["party"] for finding in discrepancies(yard)] == [yard.centre.party]


def test_lines_are_not_compared_with_the_first_of_two_trucks(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 450)
    weigh(yard, yard.workshop, consignment, 450)
    weigh(yard, yard.centre, consignment, 450)

    receive(yard, consignment, accepted(*load, mass_g=450 * KG, **WEIGHED))

    assert requirements(yard) == []


def test_a_ticket_that_only_the_reception_names_is_the_consignees(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    slip = weigh(yard, yard.centre, None, 800)

    receive(yard, consignment, accepted(*load), ticket=slip)

    assert facts(yard)["found_g"] == 800 * KG


def test_a_load_of_lots_has_the_wider_tolerance_by_tickets_too(yard: Yard) -> None:
    lots = [lot_id(yard)]
    what = {"unit_kind": "lot", "chemistry": "unknown", "material": "black_mass", "mass_g": 1000 * KG}
    description = {**what, "mass_basis": "estimated"}
    yard.say(yard.workshop, "unit.registered", units=lots, basis="first_seen", stage="stock", description=description)
    consignment = yard.offer(yard.workshop, yard.centre, lots, purpose="second_life")
    weigh(yard, yard.workshop, consignment, 1000)
    weigh(yard, yard.centre, consignment, 900)

    receive(yard, consignment, accepted(*lots))

    assert requirements(yard) == []


def test_a_party_that_moves_its_own_units_has_no_two_ends(yard: Yard) -> None:
    pack = yard.produce()
    consignment = yard.offer(yard.maker, yard.maker, [pack], [yard.carrier], purpose="second_life")
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    weigh(yard, yard.maker, consignment, 435)
    members: dict[str, Any] = {"basis": "offer", "lines": accepted(pack, mass_g=300 * KG, **WEIGHED)}

    yard.say(yard.maker, "consignment.received", consignment=consignment, **members)

    assert requirements(yard) == []


def test_a_pack_from_the_public_is_weighed_against_its_description_and_the_yard_answers(yard: Yard) -> None:
    pack = yard.produce(mass_basis="weighed")
    yard.say(yard.maker, "unit.installed", units=[pack])
    giver = {"capacity": "owner"}
    lines = accepted(pack, mass_g=300 * KG, **WEIGHED)

    yard.say(
        yard.centre,
        "consignment.received",
        consignment=yard.new_id("con"),
        basis="attested",
        giver=giver,
        lines=lines,
    )

    [finding] = discrepancies(yard)
    assert (finding["party"], finding["facts"]["basis"]) == (yard.centre.party, "unit")


def test_a_later_line_that_accepts_nothing_compares_nothing_again(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.centre, consignment, 800)
    receive(yard, consignment, accepted(*load))

    receive(yard, consignment, [{"id": yard.waste_pack(), "outcome": "extra"}])

    assert requirements(yard) == ["extra-at-reception", "weight-discrepancy"]


def test_a_swapped_serial_of_equal_mass_is_two_findings_by_piece_and_none_by_mass(yard: Yard) -> None:
    """R30: one serial swapped with equal mass."""
    expected, swapped = packs(yard)
    consignment = send(yard, expected)
    weigh(yard, yard.workshop, consignment, 435)
    weigh(yard, yard.centre, consignment, 435)

    receive(yard, consignment, [{"id": expected, "outcome": "missing"}, {"id": swapped, "outcome": "extra"}])

    assert requirements(yard) == ["extra-at-reception", "missing-at-reception"]


def test_a_discrepancy_is_settled_when_both_ends_say_the_same(yard: Yard) -> None:
    load = packs(yard)
    consignment = send(yard, *load)
    weigh(yard, yard.workshop, consignment, 900)
    weigh(yard, yard.centre, consignment, 800)
    event = receive(yard, consignment, accepted(*load))
    said: dict[str, Any] = {"consignment": consignment, "event": event, "number": 0, "resolution": "scale_error"}

    yard.say(yard.centre, "discrepancy.resolved", **said)
    assert "settled_at" not in discrepancies(yard)[0]
    yard.say(yard.workshop, "discrepancy.resolved", **said)

    assert discrepancies(yard)[0]["settled_at"] == yard.now


def test_a_unit_that_weighs_less_is_settled_by_the_ends_of_its_consignment(yard: Yard) -> None:
    pack = yard.produce(mass_basis="weighed")
    consignment = yard.offer(yard.maker, yard.centre, [pack], purpose="warranty_return")
    event = receive(yard, consignment, accepted(pack, mass_g=400 * KG, **WEIGHED))

    for actor in (yard.maker, yard.centre):
        said: dict[str, Any] = {"consignment": consignment, "event": event, "number": 0, "resolution": "stands"}
        yard.say(actor, "discrepancy.resolved", **said)

    assert "settled_at" in discrepancies(yard)[0]


def test_what_was_accepted_is_counted_once_however_many_statements_say_it(yard: Yard) -> None:
    load = packs(yard, 3)
    consignment = send(yard, *load)

    receive(yard, consignment, accepted(load[0], mass_g=430 * KG, **WEIGHED))
    receive(yard, consignment, [{"id": load[1], "outcome": "missing"}])
    receive(yard, consignment, accepted(*load[1:]))

    assert yard.state[weighing_key(consignment)] == {"units": 3, "lots": 0, "weighed": 1, "mass_g": 430 * KG}


def test_what_is_claimed_by_a_paper_accuses_nobody_until_the_consignor_agrees(yard: Yard) -> None:
    pack = yard.produce(**WEIGHED)
    yard.say(yard.maker, "unit.discarded", units=[pack], reason="end_of_life")
    consignment = yard.new_id("con")
    named = {"consignor": yard.maker.party, "purpose": "waste_rme", "form": "rme_transport", "number": "R-1"}
    scan = {"digest": "0" * 64, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}
    lines = [{**accepted(pack)[0], "mass_g": 100 * KG, **WEIGHED}]
    claimed = receive(yard, consignment, lines, basis="paper", on_paper=named, documents=[scan])
    assert requirements(yard) == ["entered-from-paper"]

    agreed = yard.say(yard.maker, "event.agreed", event=claimed, units=[pack])

    [finding] = discrepancies(yard)
    assert (finding["event"], finding["party"], finding["subject"]) == (agreed, yard.maker.party, pack)
    assert (finding["facts"]["consignment"], finding["facts"]["found_g"]) == (consignment, 100 * KG)
