"""A load read from the ledger says what happened on its way, and lists find it for whoever has a part in it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from compliance.load import Load
from compliance.store.consignments import CONSIGNMENTS
from compliance.store.loads import Wanted, find_roles, list_consignments, list_waiting, read_load
from tests.ledger.store.desk import Desk, open_desk

MANIFEST: dict[str, Any] = {"digest": "ab" * 32, "bytes": 10, "media_type": "image/jpeg", "role": "manifest"}


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


def load_of(desk: Desk, con: str, **page: Any) -> Load:
    desk.catch_up()
    with CONSIGNMENTS.read_current(desk.store) as reader:
        load = read_load(reader, con, **page)
    assert load is not None
    return load


def received(desk: Desk) -> tuple[str, list[str]]:
    """Two packs on their way from the workshop to the centre, of which one is accepted and one is missing."""
    yard = desk.yard
    packs = [yard.waste_pack(yard.workshop) for _ in range(2)]
    site = {"site": yard.workshop.site}
    con = yard.offer(yard.workshop, yard.centre, packs, [yard.carrier], destination=yard.centre.site, **site)
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=packs, mode="road")
    lines = [
        {"id": packs[0], "outcome": "accepted", "mass_g": 430_000, "mass_basis": "weighed"},
        {"id": packs[1], "outcome": "missing"},
    ]
    members: dict[str, Any] = {"basis": "offer", "lines": lines, "documents": [MANIFEST], "site": yard.centre.site}
    yard.say(yard.centre, "consignment.received", consignment=con, **members)
    return con, packs


def test_a_load_says_what_became_of_every_line(desk: Desk) -> None:
    con, packs = received(desk)

    load = load_of(desk, con)

    assert [(line.unit, line.line, line.is_open) for line in load.lines] == [
        (packs[0], "accepted", False),
        (packs[1], "missing", True),
    ]
    accepted, missing = load.lines
    assert (accepted.holder, missing.holder) == (desk.yard.centre.party, desk.yard.carrier.party)
    assert (accepted.masses.declared_g, accepted.masses.received_g, accepted.masses.received_basis) == (
        435_000,
        430_000,
        "weighed",
    )
    assert (missing.masses.received_g, missing.assurance) == (None, "own_key")


def test_a_load_says_who_signed_what_on_its_way_and_with_which_papers(desk: Desk) -> None:
    con, _ = received(desk)

    load = load_of(desk, con)

    yard = desk.yard
    assert [(step.kind, step.party, step.units, step.assurance) for step in load.hand_overs] == [
        ("consignment.offered", yard.workshop.party, 2, "own_key"),
        ("consignment.picked_up", yard.carrier.party, 2, "own_key"),
        ("consignment.received", yard.centre.party, 2, "own_key"),
    ]
    assert [(one.document.digest, one.party) for one in load.documents] == [("ab" * 32, yard.centre.party)]
    assert (load.origin, load.destination) == (yard.workshop.site, yard.centre.site)
    assert {yard.workshop.site, yard.centre.site} <= load.sites.keys()
    assert {yard.workshop.party, yard.carrier.party, yard.centre.party} <= load.parties.keys()
    assert [value["requirement"] for value in load.findings.values()] == ["missing-at-reception"]


def test_a_corrected_mass_is_the_mass_of_the_line(desk: Desk) -> None:
    yard = desk.yard
    con, _ = received(desk)
    event = yard.act(con)["head"]
    amount = {"event": event, "pointer": "/lines/0/mass_g", "was": 430_000, "now": 431_000, "reason": "typing_error"}
    corrected = yard.say(yard.centre, "event.corrected", **amount)
    assert load_of(desk, con).lines[0].masses.received_g == 430_000
    yard.say(yard.workshop, "event.agreed", event=corrected)

    assert load_of(desk, con).lines[0].masses.received_g == 431_000


def test_a_reception_on_paper_is_shown_as_such_before_and_after_the_consignor_agrees(desk: Desk) -> None:
    yard = desk.yard
    pack, con = yard.waste_pack(yard.workshop), yard.new_id("con")
    paper = {"consignor": yard.workshop.party, "purpose": "waste_rme", "form": "rme_transport", "number": "12"}
    members: dict[str, Any] = {"basis": "paper", "on_paper": paper, "documents": [MANIFEST]}
    lines = [{"id": pack, "outcome": "accepted"}]
    event = yard.say(yard.centre, "consignment.received", consignment=con, lines=lines, **members)

    load = load_of(desk, con)
    assert (load.stage, load.lines[0].line, load.lines[0].holder) == ("claimed", "claimed", yard.workshop.party)
    assert load.hand_overs[0].assurance == "scanned_paper"
    with CONSIGNMENTS.read_current(desk.store) as reader:
        assert [(due.consignment, due.act) for due in list_waiting(reader, yard.workshop.party, limit=9)] == [
            (con, "agree")
        ]

    yard.say(yard.workshop, "event.agreed", event=event, units=[pack])

    line = load_of(desk, con).lines[0]
    assert (line.line, line.holder, line.assurance) == ("accepted", yard.centre.party, "scanned_paper")


def test_lines_come_a_page_at_a_time(desk: Desk) -> None:
    packs = desk.yard.produce(count=5)
    con = desk.yard.offer(desk.yard.maker, desk.yard.centre, packs)

    first = load_of(desk, con, limit=3).lines
    rest = load_of(desk, con, limit=3, after=(first[-1].entered, first[-1].unit)).lines

    assert [len(first), len(rest)] == [3, 2]
    assert {line.unit for line in (*first, *rest)} == set(packs)


def test_what_is_no_consignment_is_no_load(desk: Desk) -> None:
    yard = desk.yard
    ticket = yard.new_id("tkt")
    yard.say(yard.centre, "ticket.weighed", ticket=ticket, gross_g=2, tare_g=1, resolution_g=1)
    desk.catch_up()

    with CONSIGNMENTS.read_current(desk.store) as reader:
        assert read_load(reader, ticket) is None
        assert read_load(reader, yard.new_id("con")) is None


def test_lists_find_loads_by_party_role_stage_purpose_and_signature(desk: Desk) -> None:
    yard = desk.yard
    waste, new = (
        yard.offer(yard.maker, yard.centre, [yard.produce()], [yard.carrier], purpose=p)
        for p in ("export", "new_product")
    )
    own = yard.offer(yard.centre, yard.recycler, [yard.waste_pack(yard.centre)])
    desk.catch_up()

    def found(party: str | None, **more: Any) -> list[str]:
        with CONSIGNMENTS.read_current(desk.store) as reader:
            return [con for con, _ in list_consignments(reader, Wanted(party, **more), before=None, limit=10)]

    assert found(yard.centre.party) == [own, new, waste]
    assert found(yard.centre.party, role="consignee") == [new, waste]
    assert found(yard.centre.party, purpose="export") == [waste]
    assert found(yard.centre.party, stage="closed") == []
    assert found(yard.centre.party, must_sign=True) == []
    assert found(yard.carrier.party, must_sign=True) == [new, waste]
    assert found(None) == [own, new, waste]
    assert found(yard.semarnat.party) == []


def test_a_party_in_two_roles_finds_its_load_once(desk: Desk) -> None:
    yard = desk.yard
    packs = [yard.produce() for _ in range(3)]
    cons = [yard.offer(yard.maker, yard.centre, [pack], [yard.maker, yard.centre]) for pack in packs]
    desk.catch_up()

    with CONSIGNMENTS.read_current(desk.store) as reader:
        page = list_consignments(reader, Wanted(yard.maker.party), before=None, limit=2)
        rest = list_consignments(reader, Wanted(yard.maker.party), before=page[-1][1], limit=2)
        assert [con for con, _ in (*page, *rest)] == cons[::-1]
        assert find_roles(reader, yard.maker.party, cons[:1]) == {cons[0]: ["consignor", "carrier"]}


def test_the_queue_begins_with_what_waits_longest(desk: Desk) -> None:
    yard = desk.yard
    first = yard.offer(yard.maker, yard.centre, [yard.produce()], [yard.carrier])
    desk.pass_time(60)
    second = yard.offer(yard.maker, yard.centre, yard.produce(count=2), [yard.carrier])
    desk.catch_up()

    with CONSIGNMENTS.read_current(desk.store) as reader:
        [one] = list_waiting(reader, yard.carrier.party, limit=1)
        [other] = list_waiting(reader, yard.carrier.party, after=(one.since, one.consignment, one.act), limit=1)

    assert [(due.consignment, due.act, due.units) for due in (one, other)] == [
        (first, "pick_up", 1),
        (second, "pick_up", 2),
    ]
