from __future__ import annotations

from typing import Any, get_args

import pytest

from ledger.domain.custody import Purpose
from ledger.errors import (
    NotConcerned,
    NotHolder,
    StaleHead,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from ledger.event import parse_event
from ledger.fold.custody import RECALL_PURPOSES
from tests.ledger.fold.refusals import refused, refused_raw, requirements
from tests.ledger.fold.story import ACT, accepted, tag_id
from tests.yard import Actor, Yard

Members = dict[str, Any]


class Delivery:
    """Packs of the workshop on their way to the recycler, by one carrier unless said otherwise."""

    def __init__(self, count: int = 1, *, carried: bool = True, by_carrier: bool = True, **offer: Any) -> None:
        self.yard = yard = Yard()
        self.packs = [yard.waste_pack() for _ in range(count)]
        carriers = [yard.carrier] if by_carrier else []
        self.id = yard.offer(yard.workshop, yard.recycler, self.packs, carriers, **offer)
        if carried and by_carrier:
            self.say(yard.carrier, "picked_up", self.packs)

    def say(self, actor: Actor, what: str, units: list[str], **more: Any) -> str:
        return self.yard.say(actor, f"consignment.{what}", consignment=self.id, units=units, **more)

    def receive(self, *lines: Members, actor: Actor | None = None, **more: Any) -> str:
        return self.yard.say(actor or self.yard.recycler, "consignment.received", **self.reception(*lines, **more))

    def reception(self, *lines: Members, **more: Any) -> Members:
        return {"consignment": self.id, "basis": "offer", "lines": list(lines), **more}

    def refuse(self, expected: Any, actor: Actor, what: str, units: list[str], **more: Any) -> Any:
        return refused(self.yard, expected, actor, f"consignment.{what}", consignment=self.id, units=units, **more)

    def refuse_reception(self, expected: Any, *lines: Members, actor: Actor | None = None, **more: Any) -> Any:
        actor = actor or self.yard.recycler
        return refused(self.yard, expected, actor, "consignment.received", **self.reception(*lines, **more))

    @property
    def act(self) -> Members:
        return self.yard.act(self.id)

    def holder(self, pack: str) -> str:
        return str(self.yard.unit(pack)["holder"])


def line(unit: str, outcome: str = "accepted", **more: Any) -> Members:
    reason = {"reason": "damaged"} if outcome == "refused" else {}
    return {"id": unit, "outcome": outcome, **reason, **more}


def test_custody_moves_by_offer_pick_up_and_reception() -> None:
    delivery = Delivery(carried=False)
    yard, [pack] = delivery.yard, delivery.packs
    assert (delivery.holder(pack), delivery.act["stage"]) == (yard.workshop.party, "offered")

    delivery.say(yard.carrier, "picked_up", [pack])
    assert (delivery.holder(pack), delivery.act["stage"]) == (yard.carrier.party, "moving")
    delivery.receive(line(pack, condition="damaged"), site=yard.recycler.site)

    unit = yard.unit(pack)
    assert (unit["holder"], unit["site"], unit["condition"]) == (yard.recycler.party, yard.recycler.site, "damaged")
    assert (delivery.act["stage"], delivery.act["counts"]) == ("closed", {"offered": 1, "accepted": 1})
    assert not {"consignment", "line", "to"} & unit.keys()


def test_without_a_carrier_the_consignee_receives_from_the_consignor() -> None:
    delivery = Delivery(by_carrier=False)
    [pack] = delivery.packs

    delivery.refuse(NotConcerned, delivery.yard.carrier, "picked_up", [pack])
    delivery.receive(line(pack))

    assert delivery.holder(pack) == delivery.yard.recycler.party
    assert delivery.act["stage"] == "closed"


def test_only_those_named_take_part() -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs

    delivery.refuse(NotConcerned, yard.second_carrier, "picked_up", packs)
    delivery.say(yard.carrier, "picked_up", packs)
    delivery.refuse_reception(NotConcerned, line(packs[0]), actor=yard.centre)
    delivery.refuse(NotConcerned, yard.centre, "refused", packs, reason="damaged")
    delivery.refuse(NotHolder, yard.second_carrier, "handed_on", packs, to=yard.second_carrier.party)
    delivery.refuse(NotConcerned, yard.recycler, "returned", packs)
    delivery.refuse(NotConcerned, yard.carrier, "cancelled", packs)


def test_statements_come_in_their_order() -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs

    delivery.refuse(TransitionNotAllowed, yard.workshop, "handed_on", packs, to=yard.carrier.party)
    delivery.refuse(TransitionNotAllowed, yard.workshop, "returned", packs)
    delivery.say(yard.carrier, "picked_up", packs)
    delivery.refuse(TransitionNotAllowed, yard.carrier, "picked_up", packs)
    delivery.refuse(TransitionNotAllowed, yard.workshop, "returned", packs)
    delivery.receive(line(packs[0]))
    delivery.refuse_reception(TransitionNotAllowed, line(packs[0]))
    delivery.refuse(TransitionNotAllowed, yard.recycler, "refused", packs, reason="damaged")


def test_a_pick_up_on_an_old_head_is_stale() -> None:
    delivery = Delivery(2, carried=False)
    yard = delivery.yard
    late = yard.draft(yard.carrier, "consignment.picked_up", consignment=delivery.id, units=delivery.packs)
    delivery.say(yard.workshop, "cancelled", delivery.packs[:1])

    refusal = refused_raw(yard, StaleHead, late)

    assert [row["pointer"] for row in refusal.facts["stale"]] == ["/prev", "/units/0"]  # type: ignore[index, union-attr, call-overload]


def test_an_offer_is_of_units_that_are_there_free_and_held() -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs
    used = yard.produce(yard.workshop)
    yard.say(yard.workshop, "unit.installed", units=[used])
    offer: Members = {"consignment": yard.new_id("con"), "consignee": yard.recycler.party, "purpose": "waste_rme"}

    def refuse(expected: Any, actor: Actor, *units: str, **more: Any) -> None:
        members = {**offer, "units": list(units), "units_total": len(units), **more}
        refused(yard, expected, actor, "consignment.offered", **members)

    refuse(TransitionNotAllowed, yard.workshop, *packs)
    refuse(NotHolder, yard.workshop, used)
    refuse(NotHolder, yard.maker, *packs)
    refuse(SubjectUnknown, yard.workshop, yard.new_unit_id())
    free = yard.waste_pack()
    refuse(SubjectUnknown, yard.workshop, free, consignee=yard.new_id("pty"))
    refuse(SubjectUnknown, yard.workshop, free, carriers=[yard.new_id("pty")])
    refuse(NotConcerned, yard.workshop, free, destination=yard.centre.site)
    refuse(TransitionNotAllowed, yard.workshop, free, yard.waste_pack(), units_total=1)


@pytest.mark.parametrize("role", ["consignee", "carriers"])
def test_nothing_is_offered_to_a_party_that_ended(role: str) -> None:
    yard = Yard()
    pack = yard.waste_pack()
    yard.say(yard.operator, "party.closed", closed=yard.centre.party, reason="closure")
    members: Members = {"consignee": yard.recycler.party, "carriers": []}
    members[role] = yard.centre.party if role == "consignee" else [yard.centre.party]
    more: Members = {
        "consignment": yard.new_id("con"),
        "units": [pack],
        "units_total": 1,
        "purpose": "waste_rme",
    }

    refusal = refused(yard, TransitionNotAllowed, yard.workshop, "consignment.offered", **members, **more)
    assert refusal.field == ("/consignee" if role == "consignee" else "/carriers/0")


def test_more_than_256_units_travel_in_one_consignment_of_several_offers() -> None:
    yard = Yard()
    packs = [yard.new_unit_id() for _ in range(300)]
    for part in (packs[:256], packs[256:]):
        yard.say(yard.maker, "unit.produced", units=part, description=yard.description())
    more: Members = {"carriers": [yard.carrier], "units_total": 300, "purpose": "new_product"}
    consignment = yard.offer(yard.maker, yard.centre, packs[:256], **more)
    picked_up: Members = {"consignment": consignment, "units": packs[:256]}
    refused(yard, TransitionNotAllowed, yard.carrier, "consignment.picked_up", **picked_up)

    rest: Members = {"consignment": consignment, "consignee": yard.centre.party, "carriers": [yard.carrier.party]}
    rest |= {"units": packs[256:], "units_total": 300, "purpose": "new_product"}
    others: list[Members] = [{"purpose": "second_life"}, {"units_total": 301}, {"carriers": []}]
    for other in [*others, {"consignee": yard.recycler.party}, {"destination": yard.centre.site}]:
        refused(yard, TransitionNotAllowed, yard.maker, "consignment.offered", **(rest | other))
    yard.say(yard.maker, "consignment.offered", **rest)
    for part in (packs[:256], packs[256:]):
        yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=part)
        reception: Members = {"consignment": consignment, "basis": "offer", "lines": accepted(*part)}
        yard.say(yard.centre, "consignment.received", **reception)

    assert yard.act(consignment)["counts"] == {"offered": 300, "accepted": 300}
    assert yard.act(consignment)["stage"] == "closed"


def test_short_delivery_leaves_missing_packs_with_the_carrier() -> None:
    delivery = Delivery(2)
    yard, (here, gone) = delivery.yard, delivery.packs

    delivery.receive(line(here), line(gone, "missing"))

    assert (delivery.holder(gone), delivery.act["stage"]) == (yard.carrier.party, "moving")
    assert requirements(yard) == ["missing-at-reception"]
    assert yard.findings()[0]["party"] == yard.carrier.party


@pytest.mark.parametrize("end", ["received", "returned", "lost"])
def test_a_missing_pack_turns_up_goes_back_or_is_declared_lost(end: str) -> None:
    delivery = Delivery(2)
    yard, (here, gone) = delivery.yard, delivery.packs
    delivery.receive(line(here), line(gone, "missing"))

    if end == "received":
        delivery.receive(line(gone))
    elif end == "returned":
        delivery.say(yard.workshop, "returned", [gone], site=yard.workshop.site)
    else:
        yard.say(yard.carrier, "unit.lost", units=[gone])

    holders = {"received": yard.recycler, "returned": yard.workshop, "lost": yard.carrier}
    count = {"received": "accepted", "returned": "returned", "lost": "lost"}[end]
    assert delivery.holder(gone) == holders[end].party
    assert delivery.act["stage"] == "closed"
    assert sum(delivery.act["counts"][name] for name in {"accepted", count}) == 2


def test_a_partly_refused_delivery_closes_when_the_refused_pack_is_back() -> None:
    delivery = Delivery(2)
    yard, (good, bad) = delivery.yard, delivery.packs

    delivery.receive(line(good), line(bad, "refused"))
    assert (delivery.holder(bad), delivery.act["stage"]) == (yard.carrier.party, "moving")
    delivery.say(yard.workshop, "returned", [bad])

    assert (delivery.holder(bad), delivery.act["stage"]) == (yard.workshop.party, "closed")
    assert delivery.act["counts"] == {"offered": 2, "accepted": 1, "returned": 1}
    yard.offer(yard.workshop, yard.centre, [bad])


@pytest.mark.parametrize("how", ["line", "gate"])
def test_what_never_left_stays_with_the_consignor_when_it_is_refused(how: str) -> None:
    delivery = Delivery(by_carrier=False)
    yard, packs = delivery.yard, delivery.packs

    if how == "line":
        delivery.receive(line(packs[0], "refused"))
    else:
        delivery.say(yard.recycler, "refused", packs, reason="no_capacity")

    assert delivery.holder(packs[0]) == yard.workshop.party
    assert (delivery.act["stage"], delivery.act["counts"]) == ("closed", {"offered": 1, "returned": 1})


def test_what_never_left_and_is_missing_stays_with_the_consignor() -> None:
    delivery = Delivery(by_carrier=False)

    delivery.receive(line(delivery.packs[0], "missing"))

    assert delivery.holder(delivery.packs[0]) == delivery.yard.workshop.party
    assert delivery.act["stage"] == "closed"
    assert delivery.yard.findings()[0]["party"] == delivery.yard.workshop.party


def test_a_refused_pack_may_be_received_after_all() -> None:
    delivery = Delivery()
    delivery.say(delivery.yard.recycler, "refused", delivery.packs, reason="no_capacity")

    delivery.receive(line(delivery.packs[0]))

    assert delivery.act["counts"] == {"offered": 1, "accepted": 1}


def test_a_carrier_that_did_not_sign_does_not_stop_a_reception() -> None:
    delivery = Delivery(2, carried=False)
    yard, packs = delivery.yard, delivery.packs
    lines = [line(pack) for pack in packs]

    delivery.refuse_reception(TransitionNotAllowed, *lines)
    delivery.refuse_reception(TransitionNotAllowed, *lines, exception={"reason": "emergency"})
    delivery.receive(*lines, exception={"reason": "carrier_did_not_sign"})

    assert {delivery.holder(pack) for pack in packs} == {yard.recycler.party}
    assert requirements(yard) == ["carrier-did-not-sign"]
    [finding] = yard.findings()
    assert (finding["party"], finding["facts"]) == (yard.carrier.party, {"units": 2})


def test_carriers_hand_on_and_each_answers_till_the_next_signs() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    delivery.refuse(SubjectUnknown, yard.carrier, "handed_on", packs, to=yard.new_id("pty"))

    delivery.say(yard.carrier, "handed_on", packs, to=yard.second_carrier.party)
    assert delivery.holder(packs[0]) == yard.carrier.party
    delivery.refuse(NotConcerned, yard.centre, "picked_up", packs)
    delivery.say(yard.second_carrier, "picked_up", packs)
    assert delivery.holder(packs[0]) == yard.second_carrier.party
    delivery.receive(line(packs[0]))

    assert delivery.act["carriers"] == [yard.carrier.party, yard.second_carrier.party]


def test_a_hand_over_to_the_wrong_carrier_is_redirected() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "handed_on", packs, to=yard.centre.party)

    delivery.say(yard.carrier, "handed_on", packs, to=yard.second_carrier.party)
    delivery.refuse(NotConcerned, yard.centre, "picked_up", packs)
    delivery.say(yard.second_carrier, "picked_up", packs)

    assert delivery.holder(packs[0]) == yard.second_carrier.party


def test_nothing_is_handed_on_to_a_party_that_ended() -> None:
    delivery = Delivery()
    yard = delivery.yard
    yard.say(yard.operator, "party.closed", closed=yard.second_carrier.party, reason="closure")

    delivery.refuse(TransitionNotAllowed, yard.carrier, "handed_on", delivery.packs, to=yard.second_carrier.party)


def test_what_was_handed_on_to_nobody_who_came_is_received_from_the_first_carrier() -> None:
    delivery = Delivery()
    delivery.say(delivery.yard.carrier, "handed_on", delivery.packs, to=delivery.yard.second_carrier.party)

    delivery.receive(line(delivery.packs[0]))

    assert delivery.act["stage"] == "closed"
    assert "to" not in delivery.yard.unit(delivery.packs[0])


@pytest.mark.parametrize("outcome", ["accepted", "refused", "missing", "extra"])
def test_a_line_names_a_unit_of_the_consignment_and_extra_one_outside_it(outcome: str) -> None:
    delivery = Delivery(2)
    inside, outside = delivery.packs[0], delivery.yard.waste_pack()

    delivery.refuse_reception(TransitionNotAllowed, line(inside if outcome == "extra" else outside, outcome))


def test_an_extra_pack_changes_hands_when_the_consignor_agrees() -> None:
    delivery = Delivery()
    yard, [pack] = delivery.yard, delivery.packs
    extra = yard.waste_pack()
    received = delivery.receive(line(pack), line(extra, "extra"), site=yard.recycler.site)
    assert yard.unit(extra)["holder"] == yard.workshop.party
    assert requirements(yard) == ["extra-at-reception"]

    refused(yard, NotConcerned, yard.centre, "event.agreed", event=received, units=[extra])
    refused(yard, TransitionNotAllowed, yard.workshop, "event.agreed", event=received, units=[yard.waste_pack()])
    yard.say(yard.workshop, "event.agreed", event=received, units=[extra])

    assert (delivery.holder(extra), yard.unit(extra)["site"]) == (yard.recycler.party, yard.recycler.site)
    assert "claim" not in yard.unit(extra)
    refused(yard, TransitionNotAllowed, yard.workshop, "event.agreed", event=received, units=[extra])


def test_an_extra_pack_ceded_out_of_another_consignment_is_counted_there() -> None:
    delivery = Delivery()
    yard = delivery.yard
    extra = yard.waste_pack()
    other = yard.offer(yard.workshop, yard.centre, [extra])
    received = delivery.receive(line(delivery.packs[0]), line(extra, "extra"))

    yard.say(yard.workshop, "event.agreed", event=received, units=[extra])

    assert (yard.act(other)["stage"], yard.act(other)["counts"]) == ("closed", {"offered": 1, "taken": 1})


def test_a_claim_on_a_pack_that_ended_or_left_meanwhile_comes_to_nothing() -> None:
    delivery = Delivery()
    yard = delivery.yard
    ended, left = yard.waste_pack(), yard.waste_pack()
    received = delivery.receive(line(ended, "extra"), line(left, "extra"))
    yard.say(yard.workshop, "unit.disposed", units=[ended], method="other")
    other = yard.offer(yard.workshop, yard.centre, [left])
    yard.say(yard.centre, "consignment.received", consignment=other, basis="offer", lines=accepted(left))

    for pack in (ended, left):
        refused(yard, TransitionNotAllowed, yard.workshop, "event.agreed", event=received, units=[pack])
    assert delivery.holder(left) == yard.centre.party
    assert not any("claim" in yard.unit(pack) for pack in (ended, left))


def test_only_what_the_consignor_holds_is_claimed_as_extra() -> None:
    delivery = Delivery()
    yard = delivery.yard

    delivery.refuse_reception(NotConcerned, line(yard.waste_pack(yard.centre), "extra"))
    delivery.refuse_reception(TransitionNotAllowed, line(used(yard), "extra"))


def used(yard: Yard) -> str:
    pack: str = yard.produce()
    yard.say(yard.maker, "unit.installed", units=[pack])
    return pack


def test_a_consignment_offered_and_never_picked_up_is_cancelled() -> None:
    delivery = Delivery(2, carried=False)
    yard, packs = delivery.yard, delivery.packs

    delivery.say(yard.workshop, "cancelled", packs[:1])
    assert delivery.act["stage"] == "offered"
    delivery.say(yard.workshop, "cancelled", packs[1:])

    assert (delivery.act["stage"], delivery.act["counts"]) == ("cancelled", {"offered": 2, "cancelled": 2})
    assert all(delivery.holder(pack) == yard.workshop.party for pack in packs)
    delivery.refuse_reception(TransitionNotAllowed, line(packs[0]))


def test_cancelling_while_still_offering_settles_for_what_was_offered() -> None:
    delivery = Delivery(2, by_carrier=False, units_total=5)
    yard, packs = delivery.yard, delivery.packs
    delivery.refuse_reception(TransitionNotAllowed, line(packs[0]))

    delivery.say(yard.workshop, "cancelled", packs[:1])
    assert (delivery.act["stage"], delivery.act["units_total"]) == ("offered", 2)
    delivery.receive(line(packs[1]))

    assert delivery.act["stage"] == "closed"


def test_a_half_offered_consignment_whose_packs_are_all_gone_is_closed() -> None:
    delivery = Delivery(1, by_carrier=False, units_total=5)
    yard = delivery.yard

    yard.say(yard.workshop, "unit.lost", units=delivery.packs)

    assert (delivery.act["stage"], delivery.act["counts"]) == ("closed", {"offered": 1, "lost": 1})


def test_what_was_not_loaded_is_cancelled_while_the_rest_is_moving() -> None:
    delivery = Delivery(2, carried=False)
    yard, (loaded, left) = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "picked_up", [loaded])

    delivery.refuse(TransitionNotAllowed, yard.workshop, "cancelled", [loaded])
    delivery.say(yard.workshop, "cancelled", [left])
    delivery.receive(line(loaded))

    assert (delivery.act["stage"], delivery.act["counts"]) == ("closed", {"offered": 2, "cancelled": 1, "accepted": 1})


GIVERS = [("tow_truck", ["giver-not-registered"]), ("owner", []), ("municipality", []), ("foreign", [])]


@pytest.mark.parametrize(("capacity", "expected"), GIVERS)
def test_a_giver_without_a_key_is_attested_by_the_receiver(capacity: str, expected: list[str]) -> None:
    yard = Yard()
    pack = used(yard)
    giver = {"capacity": capacity, "assurance": "scanned_paper"}
    consignment = yard.new_id("con")
    reception: Members = {"consignment": consignment, "basis": "attested", "giver": giver, "lines": accepted(pack)}

    yard.say(yard.workshop, "consignment.received", **reception)

    unit = yard.unit(pack)
    assert (unit["holder"], unit["stage"], unit["assurance"]) == (yard.workshop.party, "removed", "scanned_paper")
    assert yard.act(consignment)["stage"] == "closed"
    assert requirements(yard) == expected


def attested(yard: Yard, pack: str, consignment: str | None = None, basis: str = "attested") -> Members:
    giver = {} if basis == "succession" else {"giver": {"capacity": "owner"}}
    consignment = consignment or yard.new_id("con")
    return {"consignment": consignment, "basis": basis, "lines": accepted(pack), **giver}


def test_an_attested_giver_gives_nothing_that_a_registered_party_holds() -> None:
    yard = Yard()
    theirs, tag = yard.waste_pack(yard.centre), tag_id(yard)
    yard.say(yard.workshop, "tag.reserved", tags=[tag])

    for pack in (theirs, tag):
        refused(yard, TransitionNotAllowed, yard.workshop, "consignment.received", **attested(yard, pack))
    gone = {**attested(yard, used(yard)), "lines": [line(theirs, "refused")]}
    refused(yard, TransitionNotAllowed, yard.workshop, "consignment.received", **gone)


@pytest.mark.parametrize("who", ["consignor", "carrier"])
def test_a_holder_does_not_slip_out_of_a_consignment_by_attesting_a_giver(who: str) -> None:
    delivery = Delivery(carried=who == "carrier")
    yard = delivery.yard
    actor = yard.carrier if who == "carrier" else yard.workshop

    refused(yard, TransitionNotAllowed, actor, "consignment.received", **attested(yard, delivery.packs[0]))


@pytest.mark.parametrize("basis", ["attested", "emergency", "succession"])
def test_a_reception_without_an_offer_does_not_write_over_a_consignment(basis: str) -> None:
    delivery = Delivery()
    yard = delivery.yard
    members = attested(yard, used(yard), delivery.id, basis)

    refused(yard, SubjectExists, yard.centre, "consignment.received", **members)
    assert delivery.act["consignor"] == yard.workshop.party


def test_a_dangerous_pack_is_taken_in_whoever_held_it_and_the_finding_names_the_origin() -> None:
    delivery = Delivery(2)
    yard, (burning, other) = delivery.yard, delivery.packs

    yard.say(yard.centre, "consignment.received", **attested(yard, burning, basis="emergency"))

    assert delivery.holder(burning) == yard.centre.party
    assert [(f["requirement"], f["party"]) for f in yard.findings()] == [
        ("one-signature-reception", yard.carrier.party)
    ]
    assert delivery.act["counts"] == {"offered": 2, "taken": 1}
    delivery.receive(line(other))
    assert delivery.act["stage"] == "closed"


def test_a_stolen_pack_is_not_taken_in_without_an_answer_for_it() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.stolen", units=[pack])

    yard.say(yard.centre, "consignment.received", **attested(yard, pack, basis="emergency"))

    answering = {finding["requirement"]: finding["party"] for finding in yard.findings()}
    assert answering["stolen-taken-in"] == yard.centre.party
    assert answering["one-signature-reception"] == yard.workshop.party
    assert "stolen" not in yard.unit(pack)


def test_an_exported_pack_taken_in_is_back_in_the_stage_it_left_in() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.exported", units=[pack], country="US", pedimento="25 24 1 2")

    yard.say(yard.centre, "consignment.received", **attested(yard, pack, basis="emergency"))

    assert (yard.unit(pack)["stage"], yard.unit(pack)["holder"]) == ("waste", yard.centre.party)
    yard.offer(yard.centre, yard.recycler, [pack])


def test_a_successor_takes_over_what_a_party_that_ended_held() -> None:
    yard = Yard()
    pack, offered = yard.waste_pack(), yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [offered], [yard.carrier])
    refused(yard, NotHolder, yard.centre, "consignment.received", **attested(yard, pack, basis="succession"))
    yard.say(yard.operator, "party.closed", closed=yard.workshop.party, reason="death", successor=yard.centre.party)

    refused(yard, NotHolder, yard.maker, "consignment.received", **attested(yard, pack, basis="succession"))
    for unit in (pack, offered):
        yard.say(yard.centre, "consignment.received", **attested(yard, unit, basis="succession"))

    assert {yard.unit(unit)["holder"] for unit in (pack, offered)} == {yard.centre.party}
    assert (yard.act(consignment)["stage"], yard.act(consignment)["counts"]) == ("closed", {"offered": 1, "taken": 1})


def test_nobody_succeeds_the_public() -> None:
    yard = Yard()

    refused(yard, NotHolder, yard.centre, "consignment.received", **attested(yard, used(yard), basis="succession"))


def test_a_successor_has_refused_packs_back() -> None:
    delivery = Delivery()
    yard = delivery.yard
    delivery.say(yard.recycler, "refused", delivery.packs, reason="damaged")
    yard.say(yard.operator, "party.closed", closed=yard.workshop.party, reason="merger", successor=yard.centre.party)

    delivery.say(yard.centre, "returned", delivery.packs)

    assert delivery.holder(delivery.packs[0]) == yard.centre.party
    assert delivery.act["stage"] == "closed"


def test_packs_on_the_road_to_a_party_that_ended_go_back() -> None:
    delivery = Delivery(2)
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "handed_on", packs[:1], to=yard.second_carrier.party)
    delivery.refuse(TransitionNotAllowed, yard.workshop, "returned", packs)
    yard.say(yard.operator, "party.closed", closed=yard.recycler.party, reason="bankruptcy")

    delivery.say(yard.workshop, "returned", packs)

    assert (delivery.act["stage"], delivery.act["counts"]) == ("closed", {"offered": 2, "returned": 2})
    assert all(delivery.holder(pack) == yard.workshop.party for pack in packs)


@pytest.mark.parametrize("purpose", get_args(Purpose))
def test_a_recalled_pack_travels_back_to_its_maker_or_as_waste(purpose: str) -> None:
    yard = Yard()
    pack = yard.produce()
    yard.say(yard.maker, "unit.recalled", units=[pack], campaign="R-1")
    members: Members = {"consignment": yard.new_id("con"), "consignee": yard.centre.party, "purpose": purpose}
    raw = yard.draft(yard.maker, "consignment.offered", **members, units=[pack], units_total=1)

    if purpose in RECALL_PURPOSES:
        yard.record(raw)
        assert yard.unit(pack)["line"] == "offered"
    else:
        refused_raw(yard, TransitionNotAllowed, raw)


@pytest.mark.parametrize("effect", ["quarantine", "seizure", "isolate", "inform"])
def test_an_order_blocks_offer_and_pick_up_until_it_is_lifted(effect: str) -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs
    order = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect=effect, units=packs, act=ACT)

    if effect != "inform":
        refusal = delivery.refuse(TransitionNotAllowed, yard.carrier, "picked_up", packs)
        assert refusal.facts["orders"] == [order]
        yard.say(yard.semarnat, "order.lifted", order=order, units=packs)
    delivery.say(yard.carrier, "picked_up", packs)

    assert delivery.holder(packs[0]) == yard.carrier.party


def test_a_stolen_pack_is_not_offered_and_one_in_use_not_consigned() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    yard.say(yard.workshop, "unit.stolen", units=[pack])
    members: Members = {"consignment": yard.new_id("con"), "consignee": yard.centre.party, "purpose": "waste_rme"}

    refused(yard, TransitionNotAllowed, yard.workshop, "consignment.offered", **members, units=[pack], units_total=1)


def test_a_pack_lost_on_the_road_is_found_where_it_turned_up() -> None:
    delivery = Delivery()
    yard, [pack] = delivery.yard, delivery.packs
    yard.say(yard.carrier, "unit.lost", units=[pack])
    delivery.refuse_reception(TransitionNotAllowed, line(pack))

    yard.say(yard.recycler, "unit.found", units=[pack], site=yard.recycler.site)

    assert (delivery.holder(pack), delivery.act["counts"]) == (yard.recycler.party, {"offered": 1, "lost": 1})
    assert requirements(yard) == ["found-elsewhere"]


def test_a_weigh_ticket_belongs_to_a_consignment_and_is_cited_by_the_reception() -> None:
    delivery = Delivery()
    yard, [pack] = delivery.yard, delivery.packs
    ticket: Members = {"ticket": yard.new_id("tkt"), "gross_g": 5, "tare_g": 2, "resolution_g": 1}
    refused(yard, SubjectUnknown, yard.recycler, "ticket.weighed", **ticket, consignment=yard.new_id("con"))
    delivery.refuse_reception(SubjectUnknown, line(pack), ticket=ticket["ticket"])

    yard.say(yard.recycler, "ticket.weighed", **ticket, consignment=delivery.id)
    delivery.receive(line(pack, mass_g=400_000, mass_basis="weighed"), ticket=ticket["ticket"])

    assert yard.act(ticket["ticket"])["gross_g"] == 5
    assert yard.unit(pack)["received_mass_g"] == 400_000


def test_what_a_reception_cites_as_its_ticket_is_one_and_of_no_other_consignment() -> None:
    delivery = Delivery()
    yard, [pack] = delivery.yard, delivery.packs
    incident, elsewhere = yard.new_id("inc"), yard.new_id("tkt")
    yard.say(yard.recycler, "incident.reported", incident=incident, nature="other", units=[pack])
    other = yard.offer(yard.maker, yard.recycler, [yard.produce()], purpose="new_product")
    weighed: Members = {"gross_g": 5, "tare_g": 2, "resolution_g": 1}
    yard.say(yard.recycler, "ticket.weighed", ticket=elsewhere, consignment=other, **weighed)

    delivery.refuse_reception(SubjectUnknown, line(pack), ticket=incident)
    delivery.refuse_reception(NotConcerned, line(pack), ticket=elsewhere)


def test_what_is_no_consignment_is_not_received_refused_or_offered_further() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    unknown: Members = {"consignment": yard.new_id("con"), "basis": "offer", "lines": accepted(pack)}

    refused(yard, SubjectUnknown, yard.workshop, "consignment.received", **unknown)
    raw = yard.draft(
        yard.workshop, "consignment.refused", consignment=unknown["consignment"], units=[pack], reason="other"
    )
    refused_raw(yard, SubjectUnknown, raw)
    assert parse_event(raw).payload.main_subject() == unknown["consignment"]


def close(yard: Yard, ended: Actor, successor: Actor) -> None:
    members: Members = {"reason": "merger", "successor": successor.party}
    yard.say(yard.operator, "party.closed", closed=ended.party, **members)


def test_a_unit_passes_to_whoever_succeeds_the_successor() -> None:
    yard = Yard()
    pack = yard.waste_pack(yard.workshop)
    close(yard, yard.workshop, yard.centre)
    close(yard, yard.centre, yard.recycler)

    refused(yard, NotHolder, yard.maker, "consignment.received", **attested(yard, pack, basis="succession"))
    yard.say(yard.recycler, "consignment.received", **attested(yard, pack, basis="succession"))

    assert yard.unit(pack)["holder"] == yard.recycler.party


def test_nobody_succeeds_itself() -> None:
    yard = Yard()
    own = attested(yard, yard.waste_pack(yard.workshop), basis="succession")

    refused(yard, NotHolder, yard.workshop, "consignment.received", **own)


def test_the_successor_of_the_consignees_successor_receives_what_was_offered() -> None:
    delivery = Delivery()
    yard = delivery.yard
    close(yard, yard.recycler, yard.centre)
    close(yard, yard.centre, yard.maker)
    members: Members = {"consignment": delivery.id, "basis": "offer", "lines": accepted(*delivery.packs)}

    refused(yard, NotConcerned, yard.second_carrier, "consignment.received", **members)
    yard.say(yard.maker, "consignment.received", **members)

    assert delivery.holder(delivery.packs[0]) == yard.maker.party


def test_the_parts_of_an_offer_travel_the_same_way() -> None:
    yard = Yard()
    packs = [yard.waste_pack(), yard.waste_pack()]
    consignment = yard.offer(yard.workshop, yard.recycler, packs[:1], units_total=2, mode="rail")
    terms: Members = {"consignment": consignment, "consignee": yard.recycler.party, "purpose": "waste_rme"}
    part: Members = {**terms, "units": packs[1:], "units_total": 2}

    refused(yard, TransitionNotAllowed, yard.workshop, "consignment.offered", **part)
    refused(yard, TransitionNotAllowed, yard.workshop, "consignment.offered", **part, mode="road")
    yard.say(yard.workshop, "consignment.offered", **part, mode="rail")

    assert (yard.act(consignment)["stage"], yard.act(consignment)["mode"]) == ("offered", "rail")
