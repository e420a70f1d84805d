"""What happens to a load between pick-up and reception: put down, assigned, sent elsewhere, delivered abroad."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import (
    KeyNotInForce,
    NotConcerned,
    NotHolder,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from ledger.fold.observation import TICKETS_MAX
from tests.ledger.fold.refusals import refused, requirements
from tests.ledger.fold.story import ACT, DIGEST, give_key
from tests.ledger.fold.test_custody import Delivery, line
from tests.yard import Actor, Yard

Members = dict[str, Any]

DOCUMENT: Members = {"digest": DIGEST, "bytes": 1, "media_type": "application/pdf", "role": "movement_document"}


def close(yard: Yard, ended: Actor, successor: Actor | None = None) -> None:
    heir: Members = {"successor": successor.party} if successor else {}
    yard.say(yard.operator, "party.closed", closed=ended.party, reason="closure", **heir)


def test_a_carrier_puts_the_load_down_at_its_site_and_takes_it_up_again() -> None:
    delivery = Delivery()
    yard, [pack] = delivery.yard, delivery.packs
    picked_up_at = delivery.act["picked_up_at"]

    delivery.say(yard.carrier, "stored", [pack], site=yard.carrier.site)
    stored = yard.unit(pack)
    assert (stored["line"], stored["site"], stored["holder"]) == ("stored", yard.carrier.site, yard.carrier.party)
    yard.pass_time(3600)
    delivery.say(yard.carrier, "picked_up", [pack])

    assert yard.unit(pack)["line"] == "carried"
    assert "site" not in yard.unit(pack)
    assert delivery.act["picked_up_at"] == picked_up_at


def test_the_load_is_put_down_by_its_holder_at_its_own_open_site() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs

    delivery.refuse(NotHolder, yard.second_carrier, "stored", packs, site=yard.second_carrier.site)
    delivery.refuse(NotConcerned, yard.carrier, "stored", packs, site=yard.second_carrier.site)
    yard.say(yard.operator, "site.closed", closed=yard.carrier.site)
    yard.pass_time(60)
    delivery.refuse(TransitionNotAllowed, yard.carrier, "stored", packs, site=yard.carrier.site)


def test_what_is_only_offered_is_not_stored_on_the_way() -> None:
    delivery = Delivery(carried=False)

    delivery.refuse(NotHolder, delivery.yard.carrier, "stored", delivery.packs, site=delivery.yard.carrier.site)
    site = delivery.yard.workshop.site
    delivery.refuse(TransitionNotAllowed, delivery.yard.workshop, "stored", delivery.packs, site=site)


@pytest.mark.parametrize("outcome", ["accepted", "refused", "missing"])
def test_a_stored_load_is_received_where_it_lies(outcome: str) -> None:
    delivery = Delivery()
    yard, [pack] = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "stored", [pack], site=yard.carrier.site)

    delivery.receive(line(pack, outcome))

    assert yard.unit(pack).get("line") == {"accepted": None}.get(outcome, outcome)


def test_a_stored_load_is_handed_on_and_only_its_holder_takes_it_up() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "stored", packs, site=yard.carrier.site)
    delivery.refuse(NotHolder, yard.second_carrier, "picked_up", packs)

    delivery.say(yard.carrier, "handed_on", packs, to=yard.second_carrier.party)
    assert delivery.act["next_carriers"] == [yard.second_carrier.party]
    delivery.say(yard.second_carrier, "picked_up", packs)

    assert delivery.holder(packs[0]) == yard.second_carrier.party


# A driver's key.


def driver_of(yard: Yard, carrier: Actor, **more: Any) -> Any:
    return give_key(yard, carrier, ["transport"], **more)


def test_a_drivers_key_signs_for_the_loads_that_are_assigned_to_it() -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs
    key = driver_of(yard, yard.carrier)

    refusal = delivery.refuse(KeyNotInForce, yard.carrier, "picked_up", packs, key=key)
    assert refusal.cure == "have the carrier assign the load to this key"
    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=[key.public.kid.hex()])
    delivery.say(yard.carrier, "picked_up", packs, key=key)
    delivery.say(yard.carrier, "stored", packs, site=yard.carrier.site, key=key)
    delivery.say(yard.carrier, "handed_on", packs, to=yard.second_carrier.party, key=key)

    assert delivery.act["drivers"] == {yard.carrier.party: [key.public.kid.hex()]}


def test_a_drivers_key_weighs_only_its_own_loads() -> None:
    delivery = Delivery()
    yard = delivery.yard
    key = driver_of(yard, yard.carrier)
    ticket: Members = {"ticket": yard.new_id("tkt"), "gross_g": 2, "tare_g": 1, "resolution_g": 1}
    refused(yard, KeyNotInForce, yard.carrier, "ticket.weighed", key=key, consignment=delivery.id, **ticket)

    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=[key.public.kid.hex()])
    yard.say(yard.carrier, "ticket.weighed", key=key, consignment=delivery.id, **ticket)

    assert delivery.act["tickets"] == [ticket["ticket"]]


@pytest.mark.parametrize(("kind", "more"), [("unit.lost", {}), ("unit.quarantined", {"reason": "leak"})])
def test_a_drivers_key_reports_only_units_of_its_own_loads(kind: str, more: Members) -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    key = driver_of(yard, yard.carrier)
    at_home = yard.waste_pack(yard.carrier)
    refused(yard, KeyNotInForce, yard.carrier, kind, key=key, units=packs, **more)
    refused(yard, KeyNotInForce, yard.carrier, kind, key=key, units=[at_home], **more)

    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=[key.public.kid.hex()])
    yard.say(yard.carrier, kind, key=key, units=packs, **more)
    yard.say(yard.carrier, kind, units=[at_home], **more)

    assert {kind.removeprefix("unit.")} < set(yard.unit(packs[0])) & set(yard.unit(at_home))


@pytest.mark.parametrize("what", ["stored", "handed_on"])
def test_an_assignment_that_was_replaced_serves_no_more(what: str) -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    key = driver_of(yard, yard.carrier)
    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=[key.public.kid.hex()])
    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=[])

    to: Members = {"to": yard.second_carrier.party}
    more = {"site": yard.carrier.site} if what == "stored" else to
    delivery.refuse(KeyNotInForce, yard.carrier, what, packs, key=key, **more)


def test_a_one_time_key_is_made_for_its_load_and_needs_no_assignment() -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs
    limits = {
        "consignment": delivery.id,
        "not_before": "2025-01-06T00:00:00Z",
        "not_after": "2025-01-06T23:00:00Z",
    }
    key = driver_of(yard, yard.carrier, limits=limits, assurance="one_time_key")

    delivery.say(yard.carrier, "picked_up", packs, key=key)

    unit = yard.unit(packs[0])
    assert (unit["holder"], unit["assurance"]) == (yard.carrier.party, "one_time_key")


def test_only_a_carrier_assigns_and_each_its_own() -> None:
    delivery = Delivery()
    yard = delivery.yard
    assign: Members = {"consignment": delivery.id, "drivers": ["ab" * 8]}
    for actor in (yard.workshop, yard.recycler, yard.second_carrier):
        refused(yard, NotConcerned, actor, "consignment.assigned", **assign)
    delivery.say(yard.carrier, "handed_on", delivery.packs, to=yard.second_carrier.party)

    yard.say(yard.second_carrier, "consignment.assigned", **assign)
    yard.say(yard.carrier, "consignment.assigned", **{**assign, "drivers": ["cd" * 8]})

    assert delivery.act["drivers"] == {yard.carrier.party: ["cd" * 8], yard.second_carrier.party: ["ab" * 8]}
    delivery.receive(line(delivery.packs[0]))
    refused(yard, TransitionNotAllowed, yard.carrier, "consignment.assigned", **assign)


# Sent elsewhere.


def redirected(delivery: Delivery, actor: Actor, units: list[str], **more: Any) -> str:
    into = delivery.yard.new_id("con")
    delivery.say(actor, "redirected", units, **{"into": into, "consignee": delivery.yard.centre.party, **more})
    return into


def test_units_on_the_road_go_to_another_consignee_under_a_consignment_of_their_own() -> None:
    delivery = Delivery(3, mode="road", fitting="in_vehicle", approval="AP-1", border={"notice": "N-1"})
    yard, (first, second, third) = delivery.yard, delivery.packs
    delivery.receive(line(first), line(second, "refused"))
    drivers = {yard.carrier.party: ["ab" * 8]}
    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=drivers[yard.carrier.party])

    into = redirected(delivery, yard.workshop, [second, third], destination=yard.centre.site)

    assert (delivery.act["stage"], delivery.act["counts"]) == ("closed", {"offered": 3, "accepted": 1, "redirected": 2})
    opened = {name: value for name, value in yard.act(into).items() if name not in ("head", "head_at", "trail")}
    assert opened == {
        "kind": "consignment",
        "consignor": yard.workshop.party,
        "consignee": yard.centre.party,
        "carriers": [yard.carrier.party],
        "destination": yard.centre.site,
        "purpose": "waste_rme",
        "mode": "road",
        "fitting": "in_vehicle",
        "approval": "AP-1",
        "units_total": 2,
        "counts": {"offered": 2},
        "stage": "moving",
        "picked_up_at": delivery.act["picked_up_at"],
        "drivers": drivers,
        "redirected_from": delivery.id,
    }
    unit = yard.unit(second)
    assert (unit["consignment"], unit["line"], unit["holder"]) == (into, "carried", yard.carrier.party)
    delivery.refuse_reception(TransitionNotAllowed, line(second))
    received: Members = {"consignment": into, "basis": "offer", "lines": [line(second), line(third)]}
    yard.say(yard.centre, "consignment.received", **received)
    assert yard.act(into)["stage"] == "closed"


def test_a_redirection_is_the_consignors_and_goes_to_a_party_that_is_there() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    other = yard.offer(yard.maker, yard.recycler, [yard.produce()], purpose="new_product")

    def refuse(expected: Any, actor: Actor, **more: Any) -> None:
        members = {"into": yard.new_id("con"), "consignee": yard.centre.party, **more}
        delivery.refuse(expected, actor, "redirected", packs, **members)

    refuse(NotConcerned, yard.carrier)
    refuse(NotConcerned, yard.recycler)
    refuse(SubjectExists, yard.workshop, into=other)
    refuse(SubjectUnknown, yard.workshop, consignee=yard.new_id("pty"))
    refuse(NotConcerned, yard.workshop, destination=yard.recycler.site)
    close(yard, yard.centre)
    refuse(TransitionNotAllowed, yard.workshop)


def test_a_one_time_key_sends_its_load_nowhere_else() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    day = {"not_before": "2025-01-06T00:00:00Z", "not_after": "2025-01-06T23:00:00Z"}
    limits = {"consignment": delivery.id, **day}
    key = give_key(yard, yard.workshop, ["custody"], limits=limits, assurance="one_time_key")

    members: Members = {"into": yard.new_id("con"), "consignee": yard.centre.party}
    delivery.refuse(KeyNotInForce, yard.workshop, "redirected", packs, key=key, **members)


def test_what_is_missing_or_was_never_picked_up_is_not_redirected() -> None:
    delivery = Delivery(2)
    yard, (gone, here) = delivery.yard, delivery.packs
    delivery.receive(line(gone, "missing"))
    members: Members = {"into": yard.new_id("con"), "consignee": yard.centre.party}

    delivery.refuse(TransitionNotAllowed, yard.workshop, "redirected", [gone], **members)
    still = Delivery(2, carried=False)
    still.say(still.yard.carrier, "picked_up", still.packs[:1])
    members = {"into": still.yard.new_id("con"), "consignee": still.yard.centre.party}
    still.refuse(TransitionNotAllowed, still.yard.workshop, "redirected", still.packs[1:], **members)
    redirected(delivery, yard.workshop, [here])


def test_an_order_keeps_a_unit_from_being_redirected_and_the_carriers_own_quarantine_does_not() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    order = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect="isolate", units=packs, act=ACT)
    members: Members = {"into": yard.new_id("con"), "consignee": yard.centre.party}
    delivery.refuse(TransitionNotAllowed, yard.workshop, "redirected", packs, **members)
    yard.say(yard.semarnat, "order.lifted", order=order, units=packs)
    yard.say(yard.carrier, "unit.quarantined", units=packs, reason="leak")

    into = redirected(delivery, yard.workshop, packs)

    assert yard.unit(packs[0])["consignment"] == into


def test_when_the_consignor_has_ended_its_successor_redirects_or_whoever_holds_the_units() -> None:
    orphaned, succeeded = Delivery(), Delivery()
    close(orphaned.yard, orphaned.yard.workshop)
    close(succeeded.yard, succeeded.yard.workshop, succeeded.yard.maker)
    members: Members = {"into": orphaned.yard.new_id("con"), "consignee": orphaned.yard.centre.party}
    orphaned.refuse(NotConcerned, orphaned.yard.second_carrier, "redirected", orphaned.packs, **members)

    redirected(orphaned, orphaned.yard.carrier, orphaned.packs)
    redirected(succeeded, succeeded.yard.maker, succeeded.packs)

    assert orphaned.act["stage"] == succeeded.act["stage"] == "closed"
    assert requirements(orphaned.yard) == ["redirected-by-holder"]
    assert requirements(succeeded.yard) == []


# Abroad.


def sent_abroad(count: int = 1, *, keyed: bool = False, **more: Any) -> tuple[Delivery, Actor]:
    delivery = Delivery(count, carried=False, by_carrier=False)
    yard = delivery.yard
    foreign = Actor(yard.new_id("pty"), yard.new_key())
    yard.say(yard.operator, "party.registered", registered=foreign.party, form="foreign", name="Recycler Inc.")
    if keyed:
        yard.enrol(foreign, roles=["custody"])
    yard.say(yard.workshop, "consignment.cancelled", consignment=delivery.id, units=delivery.packs)
    delivery.id = yard.offer(yard.workshop, foreign, delivery.packs, [yard.carrier], purpose="export", **more)
    return delivery, foreign


def delivered(delivery: Delivery, *lines: Members, **more: Any) -> Members:
    stated: Members = {"consignment": delivery.id, "country": "US", "border": {"consent": "AOC 7"}}
    return {**stated, "lines": list(lines), "documents": [DOCUMENT], **more}


def test_the_consignor_states_what_the_movement_document_says_of_a_delivery_abroad() -> None:
    delivery, _ = sent_abroad(3, border={"pedimento": "25 1"})
    yard, (taken, turned, gone) = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "picked_up", delivery.packs)
    lines = [line(taken, mass_g=400_000, mass_basis="weighed"), line(turned, "refused"), line(gone, "missing")]

    yard.say(yard.workshop, "consignment.delivered", **delivered(delivery, *lines))

    unit = yard.unit(taken)
    assert (unit["stage"], unit["holder"], unit["assurance"]) == ("exported", "abroad", "scanned_paper")
    assert (unit["before_export"], unit["received_mass_g"]) == ("waste", 400_000)
    assert [yard.unit(pack)["line"] for pack in (turned, gone)] == ["refused", "missing"]
    assert delivery.act["counts"] == {"offered": 3, "delivered": 1}
    assert delivery.act["border"] == {"pedimento": "25 1", "consent": "AOC 7"}
    assert requirements(yard) == ["missing-at-reception"]
    delivery.say(yard.workshop, "returned", [turned, gone])
    assert delivery.act["stage"] == "closed"
    yard.say(yard.workshop, "unit.returned", units=[taken], pedimento="25 2")
    assert yard.unit(taken)["stage"] == "waste"


def test_a_quarantine_ends_where_nobody_here_could_end_it() -> None:
    delivery, _ = sent_abroad()
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "picked_up", packs)
    yard.say(yard.carrier, "unit.quarantined", units=packs, reason="leak")

    yard.say(yard.workshop, "consignment.delivered", **delivered(delivery, line(packs[0])))
    yard.say(yard.workshop, "unit.returned", units=packs, pedimento="25 2")

    assert "quarantined" not in yard.unit(packs[0])


def test_a_delivery_that_no_carrier_signed_is_recorded_with_a_finding() -> None:
    delivery, _ = sent_abroad()
    yard, packs = delivery.yard, delivery.packs

    yard.say(yard.workshop, "consignment.delivered", **delivered(delivery, line(packs[0])))

    assert requirements(yard) == ["carrier-did-not-sign"]
    assert yard.findings()[0]["party"] == yard.workshop.party
    assert delivery.act["stage"] == "closed"


def test_what_its_carrier_reports_stolen_is_not_quietly_delivered_abroad() -> None:
    delivery, _ = sent_abroad()
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "picked_up", packs)
    yard.say(yard.carrier, "unit.stolen", units=packs)

    yard.say(yard.workshop, "consignment.delivered", **delivered(delivery, *map(line, packs)))

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("stolen-exported", yard.workshop.party)


def test_what_left_the_country_under_an_order_is_found() -> None:
    delivery, _ = sent_abroad(2)
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "picked_up", packs)
    order = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect="seizure", units=packs[:1], act=ACT)

    yard.say(yard.workshop, "consignment.delivered", **delivered(delivery, *map(line, packs)))

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("exported-under-order", yard.workshop.party)
    assert (finding["subject"], finding["facts"]) == (packs[0], {"orders": [order]})


def test_only_the_consignor_states_a_delivery_and_only_one_abroad() -> None:
    home, (away, _) = Delivery(), sent_abroad()
    for actor in (away.yard.carrier, away.yard.recycler):
        members = delivered(away, line(away.packs[0]))
        refused(away.yard, NotConcerned, actor, "consignment.delivered", **members)

    members = delivered(home, line(home.packs[0]))
    refused(home.yard, NotConcerned, home.yard.workshop, "consignment.delivered", **members)


def test_a_load_that_turns_back_before_the_border_goes_home() -> None:
    delivery, _ = sent_abroad()
    yard, packs = delivery.yard, delivery.packs
    delivery.say(yard.carrier, "picked_up", packs)

    delivery.say(yard.workshop, "returned", packs)

    assert (delivery.holder(packs[0]), delivery.act["stage"]) == (yard.workshop.party, "closed")


# What is offered, cancelled and refused.


def test_the_parts_of_an_offer_agree_on_fitting_approval_and_border() -> None:
    yard = Yard()
    packs = [yard.waste_pack(), yard.waste_pack()]
    terms: Members = {"units_total": 2, "fitting": "in_vehicle", "approval": "AP-1", "border": {"consent": "C-1"}}
    consignment = yard.offer(yard.workshop, yard.recycler, packs[:1], **terms)
    members: Members = {"consignment": consignment, "consignee": yard.recycler.party, "purpose": "waste_rme", **terms}
    for other in ({"fitting": "loose"}, {"approval": "AP-2"}, {"border": None}):
        more = {**members, **other}
        refused(yard, TransitionNotAllowed, yard.workshop, "consignment.offered", units=packs[1:], **more)

    yard.say(yard.workshop, "consignment.offered", units=packs[1:], **members)

    act = yard.act(consignment)
    assert (act["stage"], act["fitting"], act["approval"], act["border"]) == (
        "offered",
        "in_vehicle",
        "AP-1",
        {"consent": "C-1"},
    )


def test_the_consignee_refuses_a_half_made_offer_whose_consignor_has_ended() -> None:
    delivery = Delivery(1, carried=False, units_total=3)
    yard = delivery.yard
    close(yard, yard.workshop)

    delivery.say(yard.recycler, "refused", delivery.packs, reason="other")

    assert delivery.act["stage"] == "closed"
    assert delivery.holder(delivery.packs[0]) == yard.workshop.party


def test_a_successor_withdraws_what_the_consignor_had_offered() -> None:
    delivery = Delivery(carried=False)
    yard = delivery.yard
    close(yard, yard.workshop, yard.maker)

    delivery.say(yard.maker, "cancelled", delivery.packs)

    assert delivery.act["stage"] == "cancelled"


def test_the_consignment_names_its_weigh_tickets_the_newest_and_only_those_of_its_parties() -> None:
    delivery = Delivery()
    yard = delivery.yard
    scale: Members = {"gross_g": 5, "tare_g": 2, "resolution_g": 1, "consignment": delivery.id}
    tickets = [yard.new_id("tkt") for _ in range(TICKETS_MAX + 1)]
    refused(yard, NotConcerned, yard.maker, "ticket.weighed", ticket=tickets[0], **scale)

    for ticket in tickets:
        yard.say(yard.carrier, "ticket.weighed", ticket=ticket, **scale)

    assert delivery.act["tickets"] == tickets[1:]
    assert yard.act(tickets[0])["consignment"] == delivery.id


def test_an_incident_names_the_consignment_in_which_it_happened() -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    members: Members = {"units": packs, "nature": "leak", "in_transport": True, "spilled_ml": 500}
    incident = yard.new_id("inc")
    for wrong in (yard.new_id("con"),):
        refused(
            yard, SubjectUnknown, yard.carrier, "incident.reported", incident=incident, consignment=wrong, **members
        )

    yard.say(yard.carrier, "incident.reported", incident=incident, consignment=delivery.id, **members)

    assert yard.act(incident)["consignment"] == delivery.id


# Quarantine.


def test_a_unit_in_quarantine_neither_travels_nor_is_made_into_anything_until_its_holder_releases_it() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    offer: Members = {"consignment": yard.new_id("con"), "consignee": yard.recycler.party, "purpose": "waste_rme"}
    refused(yard, NotHolder, yard.carrier, "unit.quarantined", units=[pack], reason="leak")
    refused(yard, TransitionNotAllowed, yard.workshop, "unit.released", units=[pack], basis="seen")
    yard.say(yard.workshop, "unit.quarantined", units=[pack], reason="leak")
    assert yard.unit(pack)["quarantined"] == yard.now

    refusal = refused(
        yard, TransitionNotAllowed, yard.workshop, "consignment.offered", units=[pack], units_total=1, **offer
    )
    assert refusal.cure == "have its holder release it"
    parts = [{"id": yard.new_unit_id(), "description": yard.description(unit_kind="module")}]
    refused(yard, TransitionNotAllowed, yard.workshop, "unit.dismantled", unit=pack, parts=parts, unexplained_g=0)
    refused(yard, TransitionNotAllowed, yard.workshop, "unit.repurposed", units=[pack], application="other")
    refused(yard, NotHolder, yard.carrier, "unit.released", units=[pack], basis="seen")
    yard.say(yard.workshop, "unit.released", units=[pack], basis="inspected")

    yard.say(yard.workshop, "consignment.offered", units=[pack], units_total=1, **offer)


def test_an_offered_unit_in_quarantine_is_not_picked_up() -> None:
    delivery = Delivery(carried=False)
    yard, packs = delivery.yard, delivery.packs
    yard.say(yard.workshop, "unit.quarantined", units=packs, reason="damaged")

    delivery.refuse(TransitionNotAllowed, yard.carrier, "picked_up", packs)


@pytest.mark.parametrize("how", ["received", "emergency", "lost", "seized"])
def test_a_quarantine_does_not_keep_a_unit_from_being_received_lost_or_seized(how: str) -> None:
    delivery = Delivery()
    yard, packs = delivery.yard, delivery.packs
    yard.say(yard.carrier, "unit.quarantined", units=packs, reason="thermal_event")

    if how == "received":
        delivery.receive(line(packs[0]))
    elif how == "lost":
        yard.say(yard.carrier, "unit.lost", units=packs)
    elif how == "seized":
        order = yard.new_id("ord")
        yard.say(yard.semarnat, "order.issued", order=order, effect="seizure", units=packs, act=ACT)
        yard.say(yard.semarnat, "unit.seized", order=order, units=packs)
    else:
        members: Members = {"consignment": yard.new_id("con"), "basis": "emergency", "giver": {"capacity": "party"}}
        yard.say(yard.centre, "consignment.received", lines=[line(packs[0])], **members)

    assert delivery.act["stage"] == "closed"
    assert "quarantined" in yard.unit(packs[0])
