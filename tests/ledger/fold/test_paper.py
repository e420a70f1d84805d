"""The paper of a load, what is entered from one, and how the two ends settle a discrepancy."""

from __future__ import annotations

from typing import Any

import pytest

from ledger.errors import (
    CorrectionNotAllowed,
    KeyNotInForce,
    NotConcerned,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from ledger.event import parse_event
from ledger.fold.paper import SCANS_MAX
from tests.ledger.fold.refusals import refused, requirements
from tests.ledger.fold.story import ACT, DIGEST, give_key
from tests.ledger.fold.test_consignment_way import close, sent_abroad
from tests.ledger.fold.test_custody import Delivery, line
from tests.yard import Actor, Yard

Members = dict[str, Any]

SCAN: Members = {"documents": [{"digest": DIGEST, "bytes": 1, "media_type": "image/jpeg", "role": "manifest"}]}


# Where the paper is.


def of(delivery: Delivery, number: str = "M-1", form: str = "manifest") -> Members:
    return {"consignment": delivery.id, "form": form, "number": number}


def scanned(delivery: Delivery, **more: Any) -> Members:
    return {**of(delivery), "signed_by": ["consignor"], **SCAN, **more}


def paper(delivery: Delivery) -> Members:
    kept: Members = delivery.act["papers"]["manifest"]
    return kept


def test_a_paper_is_issued_scanned_by_its_parties_and_comes_back() -> None:
    delivery = Delivery()
    yard = delivery.yard
    issued_at = yard.now
    yard.say(yard.workshop, "paper.issued", **of(delivery), copies=3)
    yard.pass_time(60)
    yard.say(yard.workshop, "paper.issued", **of(delivery), copies=4)
    scan = yard.say(yard.carrier, "paper.scanned", **scanned(delivery))
    delivery.receive(line(delivery.packs[0]))
    again = yard.say(yard.recycler, "paper.scanned", **scanned(delivery))
    yard.say(yard.workshop, "paper.returned", **of(delivery))

    assert paper(delivery) == {
        "number": "M-1",
        "issued_at": issued_at,
        "copies": 4,
        "scanned_by": [[yard.carrier.party, scan], [yard.recycler.party, again]],
        "returned_at": yard.now,
    }


def test_a_load_has_one_number_for_each_form() -> None:
    delivery = Delivery()
    yard = delivery.yard
    yard.say(yard.workshop, "paper.issued", **of(delivery))

    for kind, more in (("issued", {}), ("scanned", {**SCAN, "signed_by": ["carrier"]}), ("returned", {})):
        refused(yard, TransitionNotAllowed, yard.workshop, f"paper.{kind}", **of(delivery, "M-2"), **more)
    yard.say(yard.workshop, "paper.issued", **of(delivery, "R-1", "rme_transport"))

    assert {form: value["number"] for form, value in delivery.act["papers"].items()} == {
        "manifest": "M-1",
        "rme_transport": "R-1",
    }


def test_a_number_that_another_party_misread_does_not_bind_the_consignor() -> None:
    delivery = Delivery()
    yard = delivery.yard
    yard.say(yard.carrier, "paper.scanned", **{**scanned(delivery), "number": "M-7"})

    yard.say(yard.workshop, "paper.issued", **of(delivery))

    assert paper(delivery)["number"] == "M-1"
    assert len(paper(delivery)["scanned_by"]) == 1
    refused(yard, TransitionNotAllowed, yard.workshop, "paper.issued", **of(delivery, "M-2"))


def test_a_paper_entered_later_keeps_the_number_under_which_it_was_claimed() -> None:
    entered = Entered()
    about: Members = {"consignment": entered.id, "form": "manifest", "number": "M-1"}

    refused(entered.yard, TransitionNotAllowed, entered.yard.workshop, "paper.issued", **about)


def test_a_drivers_key_photographs_the_papers_of_its_own_loads() -> None:
    delivery = Delivery()
    yard = delivery.yard
    key = give_key(yard, yard.carrier, ["transport"])
    refused(yard, KeyNotInForce, yard.carrier, "paper.scanned", key=key, **scanned(delivery))

    yard.say(yard.carrier, "consignment.assigned", consignment=delivery.id, drivers=[key.public.kid.hex()])
    yard.say(yard.carrier, "paper.scanned", key=key, **scanned(delivery))

    assert len(paper(delivery)["scanned_by"]) == 1


def test_the_consignor_issues_and_has_it_back_and_strangers_scan_nothing() -> None:
    delivery = Delivery()
    yard = delivery.yard
    for kind in ("paper.issued", "paper.returned"):
        refused(yard, NotConcerned, yard.carrier, kind, **of(delivery))
    for stranger in (yard.maker, yard.second_carrier):
        refused(yard, NotConcerned, stranger, "paper.scanned", **scanned(delivery))
    unknown = {**of(delivery), "consignment": yard.new_id("con")}
    refused(yard, SubjectUnknown, yard.workshop, "paper.issued", **unknown)


def test_no_original_comes_back_that_nobody_issued_or_scanned_and_none_twice() -> None:
    delivery = Delivery()
    yard = delivery.yard
    refused(yard, TransitionNotAllowed, yard.workshop, "paper.returned", **of(delivery))
    yard.say(yard.carrier, "paper.scanned", **scanned(delivery))

    yard.say(yard.workshop, "paper.returned", **of(delivery))

    refused(yard, TransitionNotAllowed, yard.workshop, "paper.returned", **of(delivery))


def test_the_value_names_the_newest_scans() -> None:
    delivery = Delivery()
    scans = [delivery.yard.say(delivery.yard.carrier, "paper.scanned", **scanned(delivery)) for _ in range(18)]

    assert [scan for _, scan in paper(delivery)["scanned_by"]] == scans[-SCANS_MAX:]


# What is entered from a paper.


class Entered:
    """Packs of the workshop that the recycler says it has, by a paper filled in by hand."""

    def __init__(self, count: int = 1, **more: Any) -> None:
        self.yard = yard = Yard()
        self.packs = [yard.waste_pack() for _ in range(count)]
        self.id = yard.new_id("con")
        self.event = yard.say(yard.recycler, "consignment.received", **self.reception(*self.packs, **more))

    def reception(self, *packs: str, on_paper: Members | None = None, **more: Any) -> Members:
        said = {
            "consignor": self.yard.workshop.party,
            "carriers": [self.yard.carrier.party],
            "purpose": "waste_rme",
            "form": "manifest",
            "number": "M-9",
        }
        stated: Members = {"consignment": self.id, "basis": "paper", "on_paper": {**said, **(on_paper or {})}}
        return {**stated, "lines": [line(pack) for pack in packs], **SCAN, **more}

    def agree(self, actor: Actor, *packs: str) -> str:
        return self.yard.say(actor, "event.agreed", event=self.event, units=list(packs))

    @property
    def act(self) -> Members:
        return self.yard.act(self.id)


def test_a_paper_entered_later_is_a_claim_until_the_consignor_agrees() -> None:
    entered = Entered(2)
    yard, (first, second) = entered.yard, entered.packs
    assert entered.act["stage"] == "claimed"
    assert entered.act["carriers"] == [yard.carrier.party]
    assert entered.act["papers"]["manifest"] == {
        "number": "M-9",
        "scanned_by": [[yard.recycler.party, entered.event]],
    }
    assert {yard.unit(unit)["holder"] for unit in entered.packs} == {yard.workshop.party}
    assert requirements(yard) == ["entered-from-paper"]

    entered.agree(yard.workshop, first)
    assert (entered.act["stage"], entered.act["counts"]) == ("claimed", {"offered": 2, "accepted": 1})
    entered.agree(yard.workshop, second)

    unit = yard.unit(first)
    assert (unit["holder"], unit["assurance"]) == (yard.recycler.party, "scanned_paper")
    assert "claim" not in unit
    assert (entered.act["stage"], entered.act["counts"]) == ("closed", {"offered": 2, "accepted": 2})


def test_what_the_paper_says_of_a_unit_counts_from_the_agreement_on() -> None:
    entered = Entered()
    yard = entered.yard
    pack = yard.waste_pack()
    weighed: Members = {"mass_g": 400_000, "mass_basis": "weighed", "condition": "damaged"}
    more = {**entered.reception(), "lines": [line(pack, **weighed)], "site": yard.recycler.site}
    entered.event = yard.say(yard.recycler, "consignment.received", **more)
    assert "received_mass_g" not in yard.unit(pack)

    entered.agree(yard.workshop, pack)

    unit = yard.unit(pack)
    assert (unit["received_mass_g"], unit["condition"], unit["site"]) == (400_000, "damaged", yard.recycler.site)
    assert entered.act["counts"] == {"offered": 2, "accepted": 1}
    mend: Members = {"pointer": "/lines/0/mass_g", "was": 400_000, "now": 1, "reason": "typing_error"}
    refused(yard, CorrectionNotAllowed, yard.recycler, "event.corrected", event=entered.event, **mend)


def test_the_carriers_date_on_the_paper_is_when_the_load_was_picked_up() -> None:
    entered = Entered(on_paper={"picked_up_at": "2025-01-05T10:00:00Z"})

    assert entered.act["picked_up_at"] < entered.yard.now


def test_only_who_holds_a_unit_outside_any_consignment_can_have_given_it_up_by_paper() -> None:
    entered = Entered()
    yard = entered.yard
    travelling, other = yard.waste_pack(), yard.waste_pack(yard.centre)
    yard.offer(yard.workshop, yard.centre, [travelling])
    ended = yard.waste_pack()
    yard.say(yard.workshop, "unit.disposed", units=[ended], method="other")

    def refuse(expected: Any, *packs: str, actor: Actor | None = None, **more: Any) -> None:
        members = {**entered.reception(*packs, **more), "consignment": yard.new_id("con"), "prev": None}
        refused(yard, expected, actor or yard.recycler, "consignment.received", **members)

    refuse(TransitionNotAllowed, travelling)
    refuse(TransitionNotAllowed, ended)
    refuse(NotConcerned, other)
    refuse(NotConcerned, *entered.packs, actor=yard.workshop)
    refuse(SubjectUnknown, *entered.packs, on_paper={"consignor": yard.new_id("pty")})
    refuse(SubjectUnknown, *entered.packs, on_paper={"carriers": [yard.new_id("pty")]})
    lines = [line(entered.packs[0], "refused")]
    refuse(TransitionNotAllowed, lines=lines)


def test_a_further_statement_adds_to_the_same_paper_and_to_no_other() -> None:
    entered = Entered()
    yard = entered.yard
    more, offered = yard.waste_pack(), Delivery()
    refused(
        yard,
        SubjectExists,
        yard.recycler,
        "consignment.received",
        **entered.reception(more, on_paper={"number": "M-10"}),
    )
    refused(
        yard,
        SubjectExists,
        yard.recycler,
        "consignment.received",
        **entered.reception(more, on_paper={"purpose": "export"}),
    )
    yard.say(yard.recycler, "consignment.received", **entered.reception(more))
    assert entered.act["units_total"] == 2
    assert requirements(yard) == ["entered-from-paper"]

    members = {**entered.reception(), "consignment": offered.id, "lines": [line(offered.yard.waste_pack())]}
    refused(offered.yard, SubjectExists, offered.yard.recycler, "consignment.received", **members)


def test_nobody_but_the_consignor_agrees_and_its_successor_does() -> None:
    entered = Entered()
    yard = entered.yard
    about: Members = {"event": entered.event, "units": entered.packs}
    for actor in (yard.recycler, yard.carrier):
        refused(yard, NotConcerned, actor, "event.agreed", **about)
    close(yard, yard.workshop, yard.maker)

    entered.agree(yard.maker, *entered.packs)

    assert yard.unit(entered.packs[0])["holder"] == yard.recycler.party
    assert entered.act["stage"] == "closed"


def test_the_consignee_takes_back_what_it_entered() -> None:
    entered = Entered(2)
    yard, (first, second) = entered.yard, entered.packs
    about: Members = {"consignment": entered.id, "units": [first]}
    refused(yard, NotConcerned, yard.workshop, "consignment.cancelled", **about)
    stranger = {**about, "units": [yard.waste_pack()]}
    refused(yard, TransitionNotAllowed, yard.recycler, "consignment.cancelled", **stranger)
    entered.agree(yard.workshop, second)

    yard.say(yard.recycler, "consignment.cancelled", **about)

    assert (entered.act["stage"], entered.act["counts"]) == ("closed", {"offered": 2, "accepted": 1, "dropped": 1})
    assert "claim" not in yard.unit(first)
    refused(yard, TransitionNotAllowed, yard.workshop, "event.agreed", event=entered.event, units=[first])


def test_a_claim_that_comes_to_nothing_leaves_a_cancelled_consignment() -> None:
    entered = Entered()

    members: Members = {"consignment": entered.id, "units": entered.packs}
    entered.yard.say(entered.yard.recycler, "consignment.cancelled", **members)

    assert (entered.act["stage"], entered.act["counts"]) == ("cancelled", {"offered": 1, "dropped": 1})


def test_of_a_consignee_that_has_ended_the_consignor_drops_the_claim() -> None:
    entered = Entered()
    yard = entered.yard
    close(yard, yard.recycler)

    yard.say(yard.workshop, "consignment.cancelled", consignment=entered.id, units=entered.packs)

    assert entered.act["stage"] == "cancelled"


@pytest.mark.parametrize("how", ["installed", "picked_up", "seized", "disposed", "claimed", "withdrawn"])
def test_a_claim_ends_with_the_custody_it_was_made_against(how: str) -> None:
    entered = Entered()
    yard, packs = entered.yard, entered.packs
    if how == "installed":
        yard.say(yard.workshop, "unit.repurposed", units=packs, application="other")
        yard.say(yard.workshop, "unit.reused", units=packs, application="other")
    elif how == "withdrawn":
        yard.say(yard.workshop, "unit.repurposed", units=packs, application="other")
        used = yard.say(yard.workshop, "unit.installed", units=packs)
        subjects = [{"key": f"unit/{packs[0]}"}]
        yard.say(yard.workshop, "event.annulled", event=used, subjects=subjects, reason="other")
    elif how == "picked_up":
        other = yard.offer(yard.workshop, yard.centre, packs, [yard.carrier])
        yard.say(yard.carrier, "consignment.picked_up", consignment=other, units=packs)
    elif how == "seized":
        order = yard.new_id("ord")
        yard.say(yard.semarnat, "order.issued", order=order, effect="seizure", units=packs, act=ACT)
        yard.say(yard.semarnat, "unit.seized", order=order, units=packs)
    elif how == "disposed":
        yard.say(yard.workshop, "unit.disposed", units=packs, method="other")
    else:
        members = {**entered.reception(*packs, on_paper={"number": "M-2"}), "consignment": yard.new_id("con")}
        yard.say(yard.centre, "consignment.received", **{**members, "prev": None})

    assert (entered.act["stage"], entered.act["counts"]) == ("cancelled", {"offered": 1, "dropped": 1})
    assert yard.unit(packs[0]).get("claim", {}).get("consignment") != entered.id


@pytest.mark.parametrize("becomes", ["waste", "hazardous", "another id"])
def test_a_claim_ends_when_the_unit_is_not_what_was_claimed_any_more(becomes: str) -> None:
    entered = Entered()
    yard, packs = entered.yard, entered.packs
    if becomes == "waste":
        packs = [yard.produce(yard.workshop)]
        members = {**entered.reception(*packs), "consignment": yard.new_id("con"), "prev": None}
        entered.event = yard.say(yard.recycler, "consignment.received", **members)
        entered.id = members["consignment"]
        yard.say(yard.workshop, "unit.discarded", units=packs, reason="damaged")
    elif becomes == "hazardous":
        yard.say(yard.workshop, "unit.classified", units=packs, waste_class="RP", method="listing")
    else:
        yard.say(yard.workshop, "unit.matched", unit=packs[0], duplicate=yard.waste_pack())

    assert (entered.act["stage"], entered.act["counts"]) == ("cancelled", {"offered": 1, "dropped": 1})
    refused(yard, TransitionNotAllowed, yard.workshop, "event.agreed", event=entered.event, units=packs)


def test_what_is_agreed_to_have_passed_on_under_an_order_is_found() -> None:
    entered = Entered(2)
    yard, (bound, free) = entered.yard, entered.packs
    order = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect="quarantine", units=[bound], act=ACT)

    entered.agree(yard.workshop, bound, free)

    [finding] = [each for each in yard.findings() if each["requirement"] == "ceded-under-order"]
    assert (finding["party"], finding["subject"]) == (yard.workshop.party, bound)
    assert finding["facts"] == {"orders": [order]}


# Discrepancies.


def short() -> tuple[Delivery, Members]:
    """A load of which one pack is missing, and what names that discrepancy."""
    delivery = Delivery(2)
    event = delivery.receive(line(delivery.packs[0]), line(delivery.packs[1], "missing"))
    return delivery, {"consignment": delivery.id, "event": event, "number": 0}


def finding(delivery: Delivery, named: Members) -> Members:
    return delivery.yard.state[f"finding/{named['event']}/{named['number']}"]


def test_a_discrepancy_is_settled_when_both_ends_say_the_same() -> None:
    delivery, named = short()
    yard = delivery.yard

    yard.say(yard.workshop, "discrepancy.resolved", **named, resolution="miscounted")
    yard.say(yard.recycler, "discrepancy.resolved", **named, resolution="stands")
    assert "settled_at" not in finding(delivery, named)
    yard.say(yard.workshop, "discrepancy.resolved", **named, resolution="stands")

    settled = finding(delivery, named)
    assert settled["resolved"] == {yard.workshop.party: "stands", yard.recycler.party: "stands"}
    assert settled["settled_at"] == yard.now
    refused(yard, TransitionNotAllowed, yard.recycler, "discrepancy.resolved", **named, resolution="found")


def test_only_the_ends_resolve_and_only_discrepancies_of_their_consignment() -> None:
    delivery, named = short()
    yard = delivery.yard
    other = yard.offer(yard.workshop, yard.recycler, [yard.waste_pack()], [yard.carrier])

    def refuse(expected: Any, actor: Actor, **more: Any) -> None:
        refused(yard, expected, actor, "discrepancy.resolved", **{**named, "resolution": "stands", **more})

    refuse(NotConcerned, yard.carrier)
    refuse(SubjectUnknown, yard.workshop, number=1)
    refuse(NotConcerned, yard.workshop, consignment=other)
    late = yard.say(
        yard.recycler,
        "consignment.received",
        consignment=other,
        basis="offer",
        lines=[line(parse_event(yard.entries[-1]).payload.extends[1].key.removeprefix("unit/"))],
        exception={"reason": "carrier_did_not_sign"},
    )
    refuse(TransitionNotAllowed, yard.workshop, consignment=other, event=late)


def test_an_end_that_nobody_can_speak_for_does_not_keep_a_discrepancy_open() -> None:
    delivery, named = short()
    yard = delivery.yard
    close(yard, yard.recycler)

    yard.say(yard.workshop, "discrepancy.resolved", **named, resolution="found")

    assert "settled_at" in finding(delivery, named)


def test_a_successor_speaks_for_its_end() -> None:
    delivery, named = short()
    yard = delivery.yard
    close(yard, yard.recycler, yard.centre)
    yard.say(yard.workshop, "discrepancy.resolved", **named, resolution="found")
    assert "settled_at" not in finding(delivery, named)

    yard.say(yard.centre, "discrepancy.resolved", **named, resolution="found")

    assert finding(delivery, named)["resolved"][yard.recycler.party] == "found"
    assert "settled_at" in finding(delivery, named)


def test_an_extra_pack_is_a_discrepancy_of_its_consignment() -> None:
    delivery = Delivery()
    yard = delivery.yard
    event = delivery.receive(line(delivery.packs[0]), line(yard.waste_pack(), "extra"))
    named: Members = {"consignment": delivery.id, "event": event, "number": 0}

    for actor in (yard.workshop, yard.recycler):
        yard.say(actor, "discrepancy.resolved", **named, resolution="miscounted")

    assert "settled_at" in finding(delivery, named)


@pytest.mark.parametrize("has_key", [True, False])
def test_a_consignee_abroad_speaks_only_if_it_ever_had_a_key(has_key: bool) -> None:
    delivery, _ = sent_abroad(keyed=has_key)
    yard = delivery.yard
    delivery.say(yard.carrier, "picked_up", delivery.packs)
    stated: Members = {"consignment": delivery.id, "country": "US", "border": {}}
    document = {**SCAN["documents"][0], "role": "movement_document"}
    lines = [line(delivery.packs[0], "missing")]
    event = yard.say(yard.workshop, "consignment.delivered", lines=lines, documents=[document], **stated)
    named: Members = {"consignment": delivery.id, "event": event, "number": 0}

    yard.say(yard.workshop, "discrepancy.resolved", **named, resolution="stands")

    assert ("settled_at" in finding(delivery, named)) is not has_key
