from __future__ import annotations

from typing import Any

import pytest

from ledger import cbor
from ledger.errors import (
    CorrectionNotAllowed,
    NotConcerned,
    StaleHead,
    SubjectExists,
    SubjectUnknown,
    TransitionNotAllowed,
)
from ledger.event import parse_event
from ledger.fold.state import Value, parse_step
from tests.ledger.fold.refusals import refused, requirements
from tests.ledger.fold.story import ACT, DIGEST, accepted, tag_id
from tests.yard import Actor, Yard

Members = dict[str, Any]
BOOKKEEPING = ("head", "head_at", "trail", "undo")


def without_bookkeeping(value: Value) -> bytes:
    return cbor.encode({name: member for name, member in value.items() if name not in BOOKKEEPING})


def correction(event: str, was: int, now: int, pointer: str = "/units/0/mass_g") -> Members:
    return {"event": event, "pointer": pointer, "was": was, "now": now, "reason": "typing_error"}


def produced(yard: Yard) -> tuple[str, str]:
    """A pack, and its birth."""
    pack: str = yard.produce()
    return pack, str(yard.head(f"unit/{pack}"))


class Reception:
    """A pack that the recycler received from the workshop, weighed at 430 kg."""

    def __init__(self) -> None:
        self.yard = yard = Yard()
        self.pack = yard.waste_pack()
        self.consignment = yard.offer(yard.workshop, yard.recycler, [self.pack])
        lines = accepted(self.pack, mass_g=430_000, mass_basis="weighed")
        members: Members = {"consignment": self.consignment, "basis": "offer", "lines": lines}
        self.event = yard.say(yard.recycler, "consignment.received", **members)

    def correct(self, was: int, now: int) -> str:
        return self.yard.say(
            self.yard.recycler, "event.corrected", **correction(self.event, was, now, "/lines/0/mass_g")
        )

    def agree(self, event: str) -> str:
        return self.yard.say(self.yard.workshop, "event.agreed", event=event)

    @property
    def mass_g(self) -> int:
        return int(self.yard.unit(self.pack)["received_mass_g"])


def test_a_correction_is_a_delta_on_what_the_statement_set() -> None:
    yard = Yard()
    pack, born = produced(yard)
    head = yard.head(f"unit/{pack}")

    yard.say(yard.maker, "event.corrected", **correction(born, 435_000, 453_000))
    yard.say(yard.maker, "event.corrected", **correction(born, 60_000, 61_000, "/units/0/energy_wh"))
    yard.say(yard.maker, "event.corrected", **correction(born, 453_000, 454_000))

    unit = yard.unit(pack)
    assert (unit["mass_g"], unit["energy_wh"], unit["head"]) == (454_000, 61_000, head)


def test_only_its_author_corrects_a_quantity_that_stands() -> None:
    yard = Yard()
    pack, born = produced(yard)
    sold = yard.say(yard.maker, "unit.placed_on_market", units=[pack])

    refused(yard, NotConcerned, yard.workshop, "event.corrected", **correction(born, 435_000, 1))
    refusal = refused(yard, CorrectionNotAllowed, yard.maker, "event.corrected", **correction(born, 435_001, 1))
    assert refusal.facts["stands_at"] == 435_000
    wrong = correction(born, 0, 1, "/units/1/mass_g")
    refusal = refused(yard, CorrectionNotAllowed, yard.maker, "event.corrected", **wrong)
    assert refusal.facts["correctable"] == ["/units/0/energy_wh", "/units/0/mass_g"]
    refused(yard, CorrectionNotAllowed, yard.maker, "event.corrected", **correction(sold, 0, 1))
    refused(yard, SubjectUnknown, yard.maker, "event.corrected", **correction(DIGEST, 0, 1))


@pytest.mark.parametrize(
    ("pointer", "was", "now"),
    [
        ("/units/0/mass_g", 435_000, 0),
        ("/units/0/mass_g", 435_000, 10**12 + 1),
        ("/units/0/energy_wh", 60_000, 10**9 + 1),
    ],
)
def test_a_corrected_quantity_keeps_the_limits_of_a_stated_one(pointer: str, was: int, now: int) -> None:
    yard = Yard()
    _, born = produced(yard)

    refused(yard, CorrectionNotAllowed, yard.maker, "event.corrected", **correction(born, was, now, pointer))


def test_a_corrected_ticket_keeps_a_net_mass() -> None:
    yard = Yard()
    ticket: Members = {"ticket": yard.new_id("tkt"), "gross_g": 100, "tare_g": 40, "resolution_g": 20}
    weighed = yard.say(yard.recycler, "ticket.weighed", **ticket)

    for pointer, was, now in (("/tare_g", 40, 101), ("/gross_g", 100, 39)):
        members = correction(weighed, was, now, pointer)
        refused(yard, CorrectionNotAllowed, yard.recycler, "event.corrected", **members)
    yard.say(yard.recycler, "event.corrected", **correction(weighed, 40, 100, "/tare_g"))

    assert yard.act(ticket["ticket"])["tare_g"] == 100


def test_what_the_counterparty_signed_too_waits_for_its_agreement() -> None:
    reception = Reception()
    yard = reception.yard

    event = reception.correct(430_000, 434_000)
    assert reception.mass_g == 430_000
    for stranger in (yard.centre, yard.recycler):
        refused(yard, NotConcerned, stranger, "event.agreed", event=event)
    reception.agree(event)

    assert reception.mass_g == 434_000
    refused(yard, TransitionNotAllowed, yard.workshop, "event.agreed", event=event)


def test_of_two_corrections_of_one_quantity_only_one_is_agreed_to() -> None:
    reception = Reception()
    first, second = reception.correct(430_000, 434_000), reception.correct(430_000, 440_000)
    reception.agree(first)

    refused(reception.yard, CorrectionNotAllowed, reception.yard.workshop, "event.agreed", event=second)

    assert reception.mass_g == 434_000
    reception.agree(reception.correct(434_000, 440_000))
    assert reception.mass_g == 440_000


def test_the_agreement_to_a_reception_itself_waits_for_nothing() -> None:
    reception = Reception()

    refused(reception.yard, TransitionNotAllowed, reception.yard.workshop, "event.agreed", event=reception.event)


def test_a_correction_after_the_next_reception_leaves_that_ones_mass_alone() -> None:
    reception = Reception()
    yard = reception.yard
    onward = yard.offer(yard.recycler, yard.centre, [reception.pack])
    lines = accepted(reception.pack, mass_g=420_000, mass_basis="weighed")
    yard.say(yard.centre, "consignment.received", consignment=onward, basis="offer", lines=lines)

    reception.agree(reception.correct(430_000, 434_000))

    assert reception.mass_g == 420_000
    assert requirements(yard) == ["corrected-after-use"]


def test_a_correction_of_what_another_holds_by_now_waits_for_the_holder() -> None:
    yard = Yard()
    pack, event = produced(yard)
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.say(yard.maker, "event.corrected", **correction(event, 435_000, 434_000))
    assert yard.unit(pack)["mass_g"] == 434_000
    yard.say(yard.workshop, "unit.removed", units=[pack], reason="end_of_life")

    corrected = yard.say(yard.maker, "event.corrected", **correction(event, 434_000, 1))
    assert yard.unit(pack)["mass_g"] == 434_000
    refused(yard, NotConcerned, yard.centre, "event.agreed", event=corrected)
    yard.say(yard.workshop, "event.agreed", event=corrected)

    assert yard.unit(pack)["mass_g"] == 1
    assert requirements(yard) == []


def test_a_mass_that_the_holder_has_set_anew_is_no_more_for_it_to_agree_to() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    lines = accepted(pack, mass_g=430_000, mass_basis="weighed")
    giver: Members = {"basis": "emergency", "giver": {"capacity": "party"}}
    taken = yard.say(yard.recycler, "consignment.received", consignment=yard.new_id("con"), lines=lines, **giver)
    onward = yard.offer(yard.recycler, yard.centre, [pack])
    lines = accepted(pack, mass_g=420_000, mass_basis="weighed")
    yard.say(yard.centre, "consignment.received", consignment=onward, basis="offer", lines=lines)

    event = yard.say(yard.recycler, "event.corrected", **correction(taken, 430_000, 1, "/lines/0/mass_g"))

    refused(yard, NotConcerned, yard.centre, "event.agreed", event=event)
    assert requirements(yard) == ["corrected-after-use", "one-signature-reception"]


def test_an_agreement_of_who_holds_the_unit_no_longer_opens_a_finding() -> None:
    yard = Yard()
    pack, event = produced(yard)
    yard.say(yard.maker, "unit.installed", units=[pack])
    yard.say(yard.workshop, "unit.removed", units=[pack], reason="end_of_life")
    corrected = yard.say(yard.maker, "event.corrected", **correction(event, 435_000, 1))
    onward = yard.offer(yard.workshop, yard.centre, [pack])
    yard.say(yard.centre, "consignment.received", consignment=onward, basis="offer", lines=accepted(pack))

    yard.say(yard.workshop, "event.agreed", event=corrected)

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("corrected-after-handover", yard.maker.party)
    assert finding["facts"] == {"attribute": "mass_g", "delta": -434_999}


def test_the_successor_of_a_counterparty_agrees_in_its_place() -> None:
    reception = Reception()
    yard = reception.yard
    event = reception.correct(430_000, 434_000)
    closing: Members = {"reason": "merger", "successor": yard.centre.party}
    yard.say(yard.operator, "party.closed", closed=yard.workshop.party, **closing)

    yard.say(yard.centre, "event.agreed", event=event)

    assert reception.mass_g == 434_000


def test_a_correction_after_use_is_an_annotation_and_a_finding() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    born = parse_step(yard.unit(pack)["trail"][0])[0]
    yard.say(yard.workshop, "unit.disposed", units=[pack], method="other")

    yard.say(yard.maker, "event.corrected", **correction(born, 435_000, 400_000))

    assert yard.unit(pack)["mass_g"] == 435_000
    [finding] = yard.findings()
    assert finding["requirement"] == "corrected-after-use"
    assert finding["facts"] == {"attribute": "mass_g", "delta": -35_000}
    # The statement itself stands corrected: the next correction starts from there.
    refused(yard, CorrectionNotAllowed, yard.maker, "event.corrected", **correction(born, 435_000, 1))


def test_a_correction_of_a_withdrawn_birth_is_an_annotation() -> None:
    yard = Yard()
    pack, born = produced(yard)
    annul(yard, yard.maker, born, f"unit/{pack}")

    yard.say(yard.maker, "event.corrected", **correction(born, 435_000, 1))

    assert requirements(yard) == ["corrected-after-use"]


def annulment(event: str, *keys: str) -> Members:
    return {"event": event, "subjects": [{"key": key} for key in keys], "reason": "typing_error"}


def annul(yard: Yard, actor: Actor, event: str, *keys: str) -> str:
    return yard.say(actor, "event.annulled", **annulment(event, *keys))


WITHDRAWABLE: dict[str, tuple[str, Members]] = {
    "unit.placed_on_market": ("stock", {}),
    "unit.installed": ("stock", {}),
    "unit.removed": ("in_use", {"reason": "other"}),
    "unit.discarded": ("removed", {"reason": "other"}),
    "unit.classified": ("waste", {"waste_class": "RP", "waste_codes": ["x"], "method": "listing"}),
    "unit.stored": ("waste", {}),
}


@pytest.mark.parametrize("kind", WITHDRAWABLE)
def test_a_withdrawn_statement_leaves_exactly_what_was_before(kind: str) -> None:
    yard = Yard()
    stage, members = WITHDRAWABLE[kind]
    units = [yard.new_unit_id(), yard.new_unit_id()]
    seen: Members = {"basis": "first_seen", "stage": stage, "description": yard.description()}
    yard.say(yard.workshop, "unit.registered", units=units, site=yard.workshop.site, **seen)
    before = [without_bookkeeping(yard.unit(unit)) for unit in units]
    event = yard.say(yard.workshop, kind, units=units, site=yard.workshop.site, **members)
    moved = [without_bookkeeping(yard.unit(unit)) for unit in units]
    # What is said about a unit meanwhile is not the statement's to take back.
    yard.say(yard.workshop, "unit.labelled", units=units, label="x")

    annulled = annul(yard, yard.workshop, event, *(f"unit/{unit}" for unit in units))

    assert all(one != other for one, other in zip(before, moved, strict=True)) or kind == "unit.stored"
    assert [without_bookkeeping(yard.unit(unit)) for unit in units] == before
    assert {yard.head(f"unit/{unit}") for unit in units} == {annulled}
    refused(yard, CorrectionNotAllowed, yard.workshop, "event.annulled", **annulment(annulled, f"unit/{units[0]}"))


@pytest.mark.parametrize("kind", ["unit.produced", "unit.imported", "unit.registered"])
def test_a_withdrawn_birth_ends_the_unit(kind: str) -> None:
    yard = Yard()
    unit = yard.new_unit_id()
    more: dict[str, Members] = {
        "unit.imported": {"pedimento": "1"},
        "unit.registered": {"basis": "first_seen", "stage": "stock"},
    }
    event = yard.say(yard.maker, kind, units=[unit], description=yard.description(), **more.get(kind, {}))

    annul(yard, yard.maker, event, f"unit/{unit}")

    assert yard.unit(unit)["stage"] == "annulled"
    assert "holder" not in yard.unit(unit)


def test_a_withdrawn_birth_gives_the_tag_back() -> None:
    yard = Yard()
    tag = tag_id(yard)
    yard.say(yard.workshop, "tag.reserved", tags=[tag])
    before = without_bookkeeping(yard.unit(tag))
    seen: Members = {"basis": "first_seen", "stage": "waste", "description": yard.description()}
    event = yard.say(yard.workshop, "unit.registered", units=[tag], **seen)

    annul(yard, yard.workshop, event, f"unit/{tag}")

    assert without_bookkeeping(yard.unit(tag)) == before
    assert yard.state[f"tags/{yard.workshop.party}"] == {"open": 1}
    yard.say(yard.workshop, "unit.registered", units=[tag], **seen)
    assert yard.unit(tag)["stage"] == "waste"


def test_a_birth_is_not_withdrawn_from_under_an_order() -> None:
    yard = Yard()
    pack, born = produced(yard)
    order = yard.new_id("ord")
    yard.say(yard.semarnat, "order.issued", order=order, effect="quarantine", units=[pack], act=ACT)

    refused(yard, TransitionNotAllowed, yard.maker, "event.annulled", **annulment(born, f"unit/{pack}"))
    yard.say(yard.semarnat, "order.lifted", order=order, units=[pack])
    annul(yard, yard.maker, born, f"unit/{pack}")


def test_only_its_author_withdraws_a_statement_with_all_its_subjects() -> None:
    yard = Yard()
    packs = yard.produce(count=2)
    keys = [f"unit/{pack}" for pack in packs]
    event = str(yard.head(keys[0]))

    refused(yard, NotConcerned, yard.workshop, "event.annulled", **annulment(event, *keys))
    refused(yard, CorrectionNotAllowed, yard.maker, "event.annulled", **annulment(event, keys[0]))
    refused(yard, StaleHead, yard.workshop, "event.annulled", **annulment(DIGEST, *keys))
    refused(yard, SubjectUnknown, yard.maker, "event.annulled", **annulment(event, "unit/none"))


def test_a_statement_is_withdrawn_only_while_it_is_the_newest_of_all_its_subjects() -> None:
    yard = Yard()
    packs = yard.produce(count=2)
    keys = [f"unit/{pack}" for pack in packs]
    sold = yard.say(yard.maker, "unit.installed", units=packs)
    yard.say(yard.workshop, "unit.removed", units=packs[:1], reason="other")

    refusal = refused(yard, StaleHead, yard.maker, "event.annulled", **annulment(sold, *keys))
    assert [row["subject"] for row in refusal.facts["stale"]] == keys[:1]  # type: ignore[index, union-attr, call-overload]


@pytest.mark.parametrize("kind", ["unit.repaired", "unit.lost"])
def test_some_kinds_are_not_withdrawn_at_all(kind: str) -> None:
    yard = Yard()
    pack, _ = produced(yard)
    more: Members = {"work": "x"} if kind == "unit.repaired" else {}
    event = yard.say(yard.maker, kind, units=[pack], **more)

    refused(yard, CorrectionNotAllowed, yard.maker, "event.annulled", **annulment(event, f"unit/{pack}"))


def test_a_withdrawn_offer_frees_its_units_and_its_consignment_ends() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    before = without_bookkeeping(yard.unit(pack))
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], [yard.carrier])
    keys = (f"act/{consignment}", f"unit/{pack}")

    annul(yard, yard.workshop, str(yard.head(keys[0])), *keys)

    assert without_bookkeeping(yard.unit(pack)) == before
    members: Members = {"consignment": consignment, "units": [pack]}
    refused(yard, TransitionNotAllowed, yard.carrier, "consignment.picked_up", **members)
    yard.offer(yard.workshop, yard.recycler, [pack])


def test_a_withdrawn_part_of_an_offer_leaves_the_first_part_as_it_was() -> None:
    yard = Yard()
    first, second = yard.waste_pack(), yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [first], units_total=2)
    before = without_bookkeeping(yard.act(consignment))
    event = second_part(yard, consignment, second)
    assert yard.act(consignment)["stage"] == "offered"

    annul(yard, yard.workshop, event, f"act/{consignment}", f"unit/{second}")

    assert without_bookkeeping(yard.act(consignment)) == before
    second_part(yard, consignment, second)
    lines = accepted(first, second)
    yard.say(yard.recycler, "consignment.received", consignment=consignment, basis="offer", lines=lines)
    assert yard.act(consignment)["stage"] == "closed"


def second_part(yard: Yard, consignment: str, unit: str) -> str:
    offered: Members = {"consignment": consignment, "consignee": yard.recycler.party, "purpose": "waste_rme"}
    return yard.say(yard.workshop, "consignment.offered", **offered, units=[unit], units_total=2)


def test_an_offer_is_not_withdrawn_over_the_count_of_a_unit_that_left_meanwhile() -> None:
    yard = Yard()
    first, second = yard.waste_pack(), yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [first], units_total=2)
    event = second_part(yard, consignment, second)
    yard.say(yard.workshop, "unit.lost", units=[first])

    members = annulment(event, f"act/{consignment}", f"unit/{second}")
    refused(yard, CorrectionNotAllowed, yard.workshop, "event.annulled", **members)
    yard.say(yard.workshop, "consignment.cancelled", consignment=consignment, units=[second])

    assert yard.act(consignment)["counts"] == {"offered": 2, "lost": 1, "cancelled": 1}
    assert yard.act(consignment)["stage"] == "closed"


def test_a_statement_without_effect_is_neither_corrected_nor_withdrawn() -> None:
    yard = Yard()
    pack = yard.new_unit_id()
    drafts = [yard.draft(yard.maker, "unit.produced", units=[pack], description=yard.description()) for _ in range(2)]
    _, void = (yard.record(raw) for raw in drafts)

    refused(yard, CorrectionNotAllowed, yard.maker, "event.corrected", **correction(void, 435_000, 1))
    refused(yard, StaleHead, yard.maker, "event.annulled", **annulment(void, f"unit/{pack}"))
    refused(yard, NotConcerned, yard.workshop, "event.disputed", event=void, reason="mass")


def test_a_party_concerned_disputes_and_the_statement_stands() -> None:
    reception = Reception()
    yard = reception.yard
    refused(yard, NotConcerned, yard.centre, "event.disputed", event=reception.event, reason="mass")

    yard.say(yard.workshop, "event.disputed", event=reception.event, reason="mass")

    [finding] = yard.findings()
    assert (finding["requirement"], finding["party"]) == ("disputed", yard.recycler.party)
    assert reception.mass_g == 430_000


def test_every_party_that_a_reception_names_may_dispute_it() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], carriers=[yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    members: Members = {"consignment": consignment, "basis": "offer", "lines": accepted(pack)}
    event = yard.say(yard.recycler, "consignment.received", **members)

    for stranger in (yard.centre, yard.recycler, yard.maker):
        refused(yard, NotConcerned, stranger, "event.disputed", event=event, reason="condition")
    for named in (yard.workshop, yard.carrier):
        yard.say(named, "event.disputed", event=event, reason="condition")

    assert [finding["facts"]["by"] for finding in yard.findings()] == [yard.workshop.party, yard.carrier.party]


def test_the_consignee_disputes_an_offer_and_a_carrier_what_was_handed_to_it() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    consignment = yard.offer(yard.workshop, yard.recycler, [pack], carriers=[yard.carrier])
    offered = yard.act(consignment)["head"]
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])
    to = yard.second_carrier.party
    handed = yard.say(yard.carrier, "consignment.handed_on", consignment=consignment, units=[pack], to=to)

    yard.say(yard.recycler, "event.disputed", event=offered, reason="did_not_happen")
    yard.say(yard.second_carrier, "event.disputed", event=handed, reason="did_not_happen")

    assert requirements(yard) == ["disputed", "disputed"]


def test_whoever_held_a_unit_disputes_its_reception_in_an_emergency() -> None:
    yard = Yard()
    pack = yard.waste_pack()
    members: Members = {"basis": "emergency", "giver": {"capacity": "party"}, "lines": accepted(pack)}
    event = yard.say(yard.recycler, "consignment.received", consignment=yard.new_id("con"), **members)

    refused(yard, NotConcerned, yard.carrier, "event.disputed", event=event, reason="did_not_happen")
    yard.say(yard.workshop, "event.disputed", event=event, reason="did_not_happen")

    assert requirements(yard) == ["disputed", "one-signature-reception"]


def test_a_withdrawn_roll_of_tags_is_nobodys_and_stays_unused() -> None:
    yard = Yard()
    tags = [tag_id(yard), tag_id(yard)]
    event = yard.say(yard.workshop, "tag.reserved", tags=tags)
    key = f"tags/{yard.workshop.party}"
    assert yard.state[key] == {"open": 2}

    annul(yard, yard.workshop, event, *(f"unit/{tag}" for tag in tags))

    assert yard.state[key] == {"open": 0}
    seen: Members = {"basis": "first_seen", "stage": "waste", "description": yard.description()}
    refused(yard, SubjectExists, yard.workshop, "unit.registered", units=[tags[0]], **seen)


def test_withdrawing_what_one_has_built_on_is_a_fork() -> None:
    yard = Yard()
    pack, born = produced(yard)
    yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    raw = yard.draft(yard.maker, "event.annulled", **annulment(born, f"unit/{pack}"))

    assert yard.append(raw, parse_event(raw))
    assert yard.unit(pack)["stage"] == "marketed"
