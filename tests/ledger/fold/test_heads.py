from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.values import format_instant
from ledger.errors import (
    ConflictingStatement,
    NotHolder,
    StaleHead,
    SubjectExists,
    SubjectUnknown,
    TimeOutOfBounds,
)
from ledger.event import parse_event
from ledger.fold.state import TRAIL_MAX
from tests.ledger.fold.refusals import refused, refused_raw
from tests.ledger.fold.story import DIGEST
from tests.yard import Yard


def test_a_stale_statement_learns_every_stale_unit_and_its_head() -> None:
    yard = Yard()
    packs = yard.produce(count=3)
    draft = yard.draft(yard.maker, "consignment.offered", **offer(yard, packs))
    for pack in packs[:2]:
        yard.say(yard.maker, "unit.installed", units=[pack])
        yard.say(yard.workshop, "unit.removed", units=[pack], reason="upgrade")
    elsewhere = yard.offer(yard.workshop, yard.maker, packs[:2])
    yard.say(yard.maker, "consignment.received", consignment=elsewhere, basis="offer", lines=lines(packs[:2]))
    others = yard.draft(yard.workshop, "unit.installed", units=[{"id": pack, "prev": DIGEST} for pack in packs])

    refusal = refused_raw(yard, StaleHead, others)

    rows = refusal.facts["stale"]
    assert rows == [
        {"pointer": f"/units/{n}", "subject": f"unit/{pack}", "prev": DIGEST, "head": yard.head(f"unit/{pack}")}
        for n, pack in enumerate(packs)
    ]
    # The maker itself has gone on from there: for its own draft that is a fork.
    assert yard.append(draft, parse_event(draft))


def offer(yard: Yard, packs: list[str]) -> dict[str, Any]:
    return {
        "consignment": yard.new_id("con"),
        "consignee": yard.recycler.party,
        "units": packs,
        "units_total": len(packs),
        "purpose": "new_product",
    }


def lines(packs: list[str]) -> list[dict[str, str]]:
    return [{"id": pack, "outcome": "accepted"} for pack in packs]


def test_what_was_never_there_is_unknown_and_what_is_there_is_not_made_again() -> None:
    yard = Yard()
    pack = yard.produce()

    unknown = [{"id": yard.new_unit_id(), "prev": DIGEST}]
    assert refused(yard, SubjectUnknown, yard.maker, "unit.placed_on_market", units=unknown).facts["stale"]
    again: dict[str, Any] = {"units": [{"id": pack, "prev": None}], "description": yard.description()}
    assert refused(yard, SubjectExists, yard.workshop, "unit.produced", **again).field == "/units/0"


def test_an_event_is_not_before_the_one_it_names() -> None:
    yard = Yard()
    yard.pass_time(600)
    pack = yard.produce()

    before: dict[str, Any] = {"units": [pack], "occurred_at": format_instant(yard.now - 1)}
    refusal = refused(yard, TimeOutOfBounds, yard.maker, "unit.placed_on_market", **before)

    assert refusal.facts["not_before"] == yard.now


def test_a_fork_stands_without_effect_and_is_recorded_with_its_conflict() -> None:
    yard = Yard()
    pack = yard.produce()
    born = yard.head(f"unit/{pack}")
    fork = yard.draft(yard.maker, "unit.discarded", units=[pack], reason="other")
    third = yard.draft(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)
    first = yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    before = yard.state_bytes()

    second = yard.record(fork)

    assert yard.void == [len(yard.entries) - 2]
    changed = {key for key, value in yard.state_bytes().items() if before.get(key) != value}
    record = parse_event(yard.entries[-1]).id
    assert changed == {f"conflict/{yard.maker.party}/{born}", f"event/{second}"}
    assert yard.state[f"conflict/{yard.maker.party}/{born}"] == {"first": first, "second": second, "conflict": record}
    assert yard.state[f"event/{second}"]["void"]
    assert refused_raw(yard, ConflictingStatement, third).facts["conflict"] == record


def test_the_loser_of_a_conflict_is_stated_anew_on_the_head() -> None:
    yard = Yard()
    pack = yard.produce()
    fork = yard.draft(yard.maker, "unit.discarded", units=[pack], reason="other")
    yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    lost = yard.record(fork)

    yard.say(yard.maker, "unit.discarded", units=[pack], reason="other", restates=lost)

    assert yard.unit(pack)["stage"] == "waste"


def test_two_births_of_one_unit_by_one_party_are_a_fork_and_by_two_are_not() -> None:
    yard = Yard()
    pack = yard.new_unit_id()
    born: dict[str, Any] = {"units": [pack], "description": yard.description()}
    mine = [yard.draft(yard.maker, "unit.produced", **born) for _ in range(3)]
    theirs = yard.draft(yard.workshop, "unit.produced", **born)

    yard.record(mine[0])
    refused_raw(yard, SubjectExists, theirs)
    yard.record(mine[1])

    assert f"conflict/{yard.maker.party}/unit/{pack}" in yard.state
    refused_raw(yard, ConflictingStatement, mine[2])


def test_a_second_offer_of_one_pack_is_evidence_even_after_the_pack_has_left() -> None:
    yard = Yard()
    pack = yard.produce()
    second = yard.draft(yard.maker, "consignment.offered", **offer(yard, [pack]))
    consignment = yard.offer(yard.maker, yard.centre, [pack], [yard.carrier])
    yard.say(yard.carrier, "consignment.picked_up", consignment=consignment, units=[pack])

    yard.record(second)

    assert len(yard.void) == 1
    assert yard.unit(pack)["holder"] == yard.carrier.party


def test_a_known_conflict_does_not_hide_a_new_one() -> None:
    yard = Yard()
    one, other = yard.produce(), yard.produce()
    prevs = {pack: yard.head(f"unit/{pack}") for pack in (one, other)}
    for pack in (one, other):
        yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    forks = [[{"id": one, "prev": prevs[one]}], [{"id": pack, "prev": prevs[pack]} for pack in (one, other)]]

    for units in forks:
        yard.record(yard.draft(yard.maker, "unit.discarded", units=units, reason="other"))

    assert len(yard.void) == 2
    kept = yard.state[f"conflict/{yard.maker.party}/{prevs[one]}"]
    assert kept["second"] == parse_event(yard.entries[yard.void[0]]).id
    refused(yard, ConflictingStatement, yard.maker, "unit.discarded", units=forks[1], reason="other")


def test_a_unit_that_another_moved_is_no_conflict_beside_one_that_is() -> None:
    yard = Yard()
    mine, moved = yard.produce(), yard.produce()
    draft = yard.draft(yard.maker, "unit.discarded", units=[mine, moved], reason="other")
    prev = yard.head(f"unit/{moved}")
    yard.say(yard.maker, "unit.placed_on_market", units=[mine])
    yard.state[f"unit/{moved}"] |= {
        "head": DIGEST,
        "trail": [f"{prev} {yard.maker.party}", f"{DIGEST} {yard.centre.party}"],
    }

    yard.record(draft)

    assert [key for key in yard.state if key.startswith("conflict/")] == [
        f"conflict/{yard.maker.party}/{parse_event(draft).payload.links()[0].prev}"
    ]


def test_a_fork_further_back_than_the_trail_is_only_stale() -> None:
    yard = Yard()
    pack = yard.produce()
    fork = yard.draft(yard.maker, "unit.placed_on_market", units=[pack])
    for _ in range(TRAIL_MAX):
        yard.say(yard.maker, "unit.stored", units=[pack], site=yard.maker.site)

    refused_raw(yard, StaleHead, fork)
    assert len(yard.unit(pack)["trail"]) == TRAIL_MAX


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (2, 0, 1, 3), (2, 3, 0, 1)])
def test_two_devices_of_one_party_merge_to_the_one_that_came_first(order: tuple[int, ...]) -> None:
    yard, phone, tablet = Yard(), Yard(), Yard()
    packs = {world.produce() for world in (yard, phone, tablet)}
    [pack] = packs
    chains = []
    for world, kind in ((phone, "unit.placed_on_market"), (tablet, "unit.repaired")):
        world.random.seed(kind)
        more: dict[str, Any] = {"work": "bms"} if kind == "unit.repaired" else {}
        chains.append(world.draft(world.maker, kind, units=[pack], **more))
        world.record(chains[-1])
        chains.append(world.draft(world.maker, "unit.stored", units=[pack], site=world.maker.site))
    first, child, second, orphan = (chains[n] for n in order) if order[0] == 0 else chains
    merged = (first, child, second) if order[0] == 0 else (second, orphan, first)

    for raw in merged:
        yard.record(raw)

    assert len(yard.void) == 1
    assert yard.unit(pack)["site"] == yard.maker.site
    assert yard.unit(pack)["stage"] == ("marketed" if order[0] == 0 else "stock")
    late = orphan if order[0] == 0 else child
    # What was built on the loser finds no head to stand on.
    refused_raw(yard, StaleHead, late)


def test_the_holder_is_asked_for_after_prev() -> None:
    yard = Yard()
    pack = yard.produce()

    refused(yard, StaleHead, yard.workshop, "unit.placed_on_market", units=[{"id": pack, "prev": DIGEST}])
    refused(yard, NotHolder, yard.workshop, "unit.placed_on_market", units=[pack])
