"""The consignments' tables follow the log, and are what a rebuild would make of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from compliance.load import OPEN_LINES
from compliance.store.consignments import CONSIGNMENTS, Touched, gather
from compliance.store.tables import consignment, consignment_due, consignment_line, consignment_party
from ledger.errors import Unavailable
from ledger.store import tables
from ledger.store.entries import read_head
from ledger.store.session import Store
from tests.compliance.stories import Story
from tests.compliance.test_consignment_lines import CLAIMS, counts_of
from tests.ledger.store.desk import Desk, Overtaken, open_desk

Rows = list[dict[str, Any]]


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


def rows(desk: Desk, table: Any, **where: str) -> Rows:
    """Of a table that knows every entry."""
    desk.catch_up()
    with CONSIGNMENTS.read_current(desk.store) as reader:
        query = select(table).where(*(table.c[name] == value for name, value in where.items()))
        return [dict(row) for row in reader.execute(query.order_by(*table.primary_key)).mappings()]


def due(desk: Desk, con: str) -> set[tuple[str, str, int]]:
    names = {actor.party: name for name, actor in vars(desk.yard).items() if hasattr(actor, "party")}
    return {(names[row["party"]], row["act"], row["units"]) for row in rows(desk, consignment_due, consignment=con)}


def lines(desk: Desk, con: str) -> Counter[str]:
    return Counter(row["line"] for row in rows(desk, consignment_line, consignment=con))


def agrees(desk: Desk) -> bool:
    with desk.store.read() as reader:
        return CONSIGNMENTS.compare(reader) == []


@pytest.mark.parametrize("seed", range(3))
def test_after_any_story_the_tables_say_what_the_state_says(desk: Desk, seed: int) -> None:
    story = Story(desk.yard, seed)
    for _ in range(3):
        story.go_on(50)
        desk.catch_up()
        while CONSIGNMENTS.follow(desk.store):
            pass

        assert agrees(desk)
        assert_rows_are_those_of_the_state(desk, story)
    assert CONSIGNMENTS.rebuild(desk.store) == []


def assert_rows_are_those_of_the_state(desk: Desk, story: Story) -> None:
    yard = desk.yard
    inside = {unit: value for unit in story.units if "consignment" in (value := yard.unit(unit))}
    stated = {unit: (value["consignment"], value["line"], value["holder"]) for unit, value in inside.items()}
    found = [row for row in rows(desk, consignment_line) if row["line"] in OPEN_LINES and row["line"] not in CLAIMS]
    assert {row["unit"]: (row["consignment"], row["line"], row["holder"]) for row in found} == stated
    for con in story.consignments:
        act = yard.act(con)
        [row] = rows(desk, consignment, consignment=con)
        assert (row["stage"], row["purpose"]) == (act["stage"], act["purpose"])
        if act["stage"] != "annulled":
            assert counts_of(lines(desk, con)) == act["counts"]


def test_a_load_waits_for_each_party_in_its_turn(desk: Desk) -> None:
    yard = desk.yard
    packs = [yard.waste_pack(yard.workshop) for _ in range(3)]
    con = yard.offer(yard.workshop, yard.centre, packs, carriers=[yard.carrier])
    assert due(desk, con) == {("carrier", "pick_up", 3)}

    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=packs)
    assert due(desk, con) == {("carrier", "deliver", 3), ("centre", "receive", 3)}

    yard.say(yard.carrier, "consignment.handed_on", consignment=con, units=packs, to=yard.second_carrier.party)
    assert due(desk, con) == {("second_carrier", "pick_up", 3), ("centre", "receive", 3)}

    yard.say(yard.second_carrier, "consignment.picked_up", consignment=con, units=packs)
    outcomes: list[dict[str, Any]] = [
        {"outcome": "accepted"},
        {"outcome": "refused", "reason": "damaged"},
        {"outcome": "missing"},
    ]
    received = [{"id": pack, **outcome} for pack, outcome in zip(packs, outcomes, strict=True)]
    yard.say(yard.centre, "consignment.received", consignment=con, basis="offer", lines=received)
    assert due(desk, con) == {
        ("workshop", "take_back", 2),
        ("workshop", "resolve", 0),
        ("centre", "resolve", 0),
    }
    assert lines(desk, con) == {"accepted": 1, "refused": 1, "missing": 1}

    yard.say(yard.workshop, "consignment.returned", consignment=con, units=packs[1:])
    assert lines(desk, con) == {"accepted": 1, "returned": 2}
    assert due(desk, con) == {("workshop", "resolve", 0), ("centre", "resolve", 0)}
    assert agrees(desk)


def test_everybody_with_a_part_in_it_finds_the_load_by_its_role(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.waste_pack(yard.workshop)
    con = yard.offer(yard.workshop, yard.centre, [pack], carriers=[yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[pack])
    yard.say(yard.carrier, "consignment.handed_on", consignment=con, units=[pack], to=yard.second_carrier.party)

    found = {(row["party"], row["role"]) for row in rows(desk, consignment_party, consignment=con)}

    assert found == {
        (yard.workshop.party, "consignor"),
        (yard.carrier.party, "carrier"),
        (yard.second_carrier.party, "carrier"),
        (yard.centre.party, "consignee"),
    }


def test_a_successor_finds_what_its_predecessor_had_to_sign(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.waste_pack(yard.workshop)
    con = yard.offer(yard.workshop, yard.centre, [pack], carriers=[yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[pack])
    assert ("centre", "receive", 1) in due(desk, con)
    ended: dict[str, Any] = {"reason": "merger", "successor": yard.recycler.party}
    yard.say(yard.operator, "party.closed", closed=yard.centre.party, **ended)

    assert due(desk, con) == {("carrier", "deliver", 1), ("recycler", "receive", 1)}
    assert agrees(desk)


def test_a_unit_taken_in_elsewhere_ends_its_line_as_taken(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.waste_pack(yard.workshop)
    con = yard.offer(yard.workshop, yard.centre, [pack], carriers=[yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[pack])
    assert lines(desk, con) == {"carried": 1}
    other = yard.new_id("con")
    members: dict[str, Any] = {"consignment": other, "basis": "emergency", "giver": {"capacity": "tow_truck"}}
    yard.say(yard.recycler, "consignment.received", lines=[{"id": pack, "outcome": "accepted"}], **members)

    assert (lines(desk, con), lines(desk, other)) == ({"taken": 1}, {"accepted": 1})
    assert due(desk, con) == set()
    [row] = rows(desk, consignment_line, consignment=other)
    assert (row["holder"], row["assurance"]) == (yard.recycler.party, "one_sided")
    assert agrees(desk)


def test_what_says_nothing_of_consignments_leaves_the_tables_as_they_are(desk: Desk) -> None:
    rows(desk, consignment)
    with desk.store.read() as reader:
        followed = CONSIGNMENTS.followed_size(reader)
    desk.yard.produce()
    rows(desk, consignment)

    with desk.store.read() as reader:
        assert (CONSIGNMENTS.is_behind(reader), CONSIGNMENTS.followed_size(reader)) == (False, followed)
    assert CONSIGNMENTS.follow(desk.store) == 0
    with desk.store.read() as reader:
        assert CONSIGNMENTS.followed_size(reader) == read_head(reader).size


def test_a_chunk_ends_before_it_holds_recorders_up(desk: Desk) -> None:
    yard = desk.yard
    cons = [yard.offer(yard.maker, yard.centre, yard.produce(count=4)) for _ in range(3)]
    desk.catch_up()

    left = replace(CONSIGNMENTS, gather=partial(gather, units_max=4)).follow(desk.store)

    assert left > 0
    with desk.store.read() as reader:
        assert reader.execute(select(consignment.c.consignment)).scalars().all() == cons[:1]
    assert sum(lines(desk, con).total() for con in cons) == 12


def test_tables_that_stay_behind_the_log_are_not_read(desk: Desk) -> None:
    desk.yard.offer(desk.yard.maker, desk.yard.centre, [desk.yard.produce()])
    desk.catch_up()
    stuck = replace(CONSIGNMENTS, gather=lambda _events, _end: (Touched(), 0))

    with pytest.raises(Unavailable), stuck.read_current(desk.store):
        pass


def test_two_followers_of_the_same_chunk_write_it_once(desk: Desk) -> None:
    con = desk.yard.offer(desk.yard.maker, desk.yard.centre, [desk.yard.produce()])
    desk.catch_up()

    def follow_first(store: Store) -> None:
        CONSIGNMENTS.follow(store)
        store.write(lambda writer: writer.execute(delete(consignment_line)))

    CONSIGNMENTS.follow(Overtaken(desk.store, follow_first))

    assert lines(desk, con) == {}


def test_a_rebuild_says_what_differed_and_sets_it_right(desk: Desk) -> None:
    yard = desk.yard
    first, second = [yard.offer(yard.maker, yard.centre, [yard.produce()]) for _ in range(2)]
    rows(desk, consignment)

    def damage(writer: Any) -> None:
        writer.execute(delete(consignment_line).where(consignment_line.c.consignment == first))
        writer.execute(update(consignment_line).values(line="accepted"))
        writer.execute(update(consignment).where(consignment.c.consignment == second).values(stage="closed"))
        writer.execute(delete(consignment_due).where(consignment_due.c.consignment == first))
        extra = {"consignment": "con_nothing", "party": yard.maker.party, "role": "consignor"}
        writer.execute(consignment_party.insert(), {**extra, "opened": 1, "stage": "offered", "purpose": "export"})

    desk.store.write(damage)
    assert not agrees(desk)

    differences = CONSIGNMENTS.rebuild(desk.store)

    assert {(found.table, found.fault) for found in differences} == {
        ("consignment_line", "missing"),
        ("consignment_line", "changed"),
        ("consignment", "changed"),
        ("consignment_due", "missing"),
        ("consignment_party", "extra"),
    }
    assert CONSIGNMENTS.rebuild(desk.store) == []


def test_a_watermark_ahead_of_the_log_is_put_back(desk: Desk) -> None:
    con = desk.yard.offer(desk.yard.maker, desk.yard.centre, [desk.yard.produce()])
    desk.catch_up()
    mark = tables.watermark
    ahead = update(mark).where(mark.c.projection == "consignments").values(size=10_000)
    desk.store.write(lambda writer: writer.execute(ahead))

    differences = CONSIGNMENTS.rebuild(desk.store)

    assert ("watermark", "consignments", "changed") in {(d.table, d.key, d.fault) for d in differences}
    assert lines(desk, con) == {"offered": 1}
