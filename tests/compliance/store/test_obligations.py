"""The tables of holdings, obligations and findings follow the log, and are what a rebuild would make of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from compliance.finding import Finding
from compliance.findings import OWN, findings_in, obligations_in, view_of
from compliance.obligation import Standing
from compliance.store import obligations as module
from compliance.store.holdings import read_holdings
from compliance.store.obligations import OBLIGATIONS, StoredLedger, gather
from compliance.store.standing import Asked, Place, list_findings, list_obligations
from compliance.store.tables import finding, holding, obligation, site_place
from ledger.store import tables
from ledger.store.following import SWEPT_MAX
from ledger.store.session import Store, Writer
from tests.compliance.stories import Story
from tests.ledger.store.desk import Desk, Overtaken, open_desk

DAY_S = 86_400
DAYS = ("2024-12-31", "2025-01-06", "2025-05-22", "2025-07-07", "2025-07-08", "2025-09-01", "2026-02-02", "2030-01-01")


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


@pytest.fixture
def quick(tmp_path: Path) -> Iterator[Desk]:
    """On one database alone: what is asked is the same on every one."""
    with open_desk(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as desk:
        yield desk


def due_on(desk: Desk, unit: str) -> str | None:
    desk.catch_up()
    with OBLIGATIONS.read_current(desk.store) as reader:
        query = select(obligation.c.due_on).where(obligation.c.subject == unit, obligation.c.requirement == "R01")
        return reader.execute(query).scalar_one_or_none()


def agrees(desk: Desk) -> bool:
    with desk.store.read() as reader:
        return OBLIGATIONS.compare(reader) == []


def enact(desk: Desk, from_on: str, **tables_: Any) -> None:
    yard = desk.yard
    about: dict[str, Any] = {"regime": "otro", "jurisdiction": {"code": "MX"}, "from_on": from_on}
    yard.say(yard.semarnat, "regime.enacted", **about, tables=tables_)
    desk.catch_up()


@pytest.mark.parametrize("seed", range(2))
def test_after_any_story_the_tables_say_what_the_state_says(desk: Desk, seed: int) -> None:
    story = Story(desk.yard, seed)
    for _ in range(2):
        story.go_on(50)
        desk.catch_up()
        while OBLIGATIONS.catch_up(desk.store):
            pass

        assert agrees(desk)
        with desk.store.read() as reader:
            held = {one.unit: one.holder for one in read_holdings(reader)}
        values = {unit: desk.yard.unit(unit) for unit in story.units}
        assert held.items() >= {(unit, value["holder"]) for unit, value in values.items() if "holder" in value}
        assert not held.keys() & {unit for unit, value in values.items() if "holder" not in value}
    assert OBLIGATIONS.rebuild(desk.store) == []


def tell_of_waste(desk: Desk) -> None:
    """Waste that stays, goes, and is lost late; some declassified, a dispute, an extension, and a switch of the law."""
    yard = desk.yard
    _, goes, late, extended = (yard.determined_pack("RP") for _ in range(4))
    yard.determined_pack("not_waste")
    yard.waste_pack(yard.centre)
    con = yard.offer(yard.workshop, yard.recycler, [goes], [yard.carrier], purpose="waste_rp")
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[goes])
    line = {"id": goes, "outcome": "accepted"}
    received = yard.say(yard.recycler, "consignment.received", consignment=con, basis="offer", lines=[line])
    yard.say(yard.workshop, "event.disputed", event=received, reason="mass")
    filing = yard.new_id("fil")
    members: dict[str, Any] = {"filing": filing, "to": yard.semarnat.party, "digest": "0" * 64}
    desk.pass_time(30 * DAY_S)
    yard.say(yard.workshop, "filing.submitted", subject="storage_extension", units=[extended], **members)
    enact(desk, "2025-08-01", undetermined="RP")
    desk.pass_time(200 * DAY_S)
    yard.say(yard.workshop, "unit.lost", units=[late])
    desk.catch_up()


def all_pages(reader: Any, asked: Asked) -> list[Finding]:
    found: list[Finding] = []
    after = None
    while page := list_findings(reader, asked, after=after, limit=2):
        found += page
        after = Place(page[-1].since_on, page[-1].name)
    return found


def test_on_every_day_the_tables_answer_what_the_state_alone_says(desk: Desk) -> None:
    tell_of_waste(desk)
    standings: tuple[Standing, ...] = ("overdue", "grace", "near", "pending", "met", "met_late")

    with OBLIGATIONS.read_current(desk.store) as reader:
        ledger = StoredLedger(reader)
        everything = [*obligations_in(ledger, view_of(ledger.load))]
        for day in DAYS:
            found = findings_in(ledger, day)
            assert all_pages(reader, Asked(day)) == found
            for effect in OWN:
                weighing = [one for one in found if one.effect == effect]
                assert all_pages(reader, Asked(day, effect=effect)) == weighing
            for standing in standings:
                listed = list_obligations(reader, Asked(day), (standing,), limit=100)
                stands = [one for one in everything if one.since_on <= day and one.standing(day) == standing]
                shown = [one for one in stands if one.effect != "off"]
                assert listed == sorted(shown, key=lambda one: (one.due_on, one.name))
        assert {len(findings_in(ledger, day)) for day in DAYS} >= {0}
        assert len(findings_in(ledger, "2026-02-02")) > len(findings_in(ledger, "2025-07-07")) > 0


def test_a_correction_and_a_loss_from_a_load_reach_what_they_change(quick: Desk) -> None:
    yard = quick.yard
    pack, other = yard.produce(count=2)
    made = yard.unit(pack)["head"]
    con = yard.offer(yard.maker, yard.centre, [pack, other], [yard.carrier])
    quick.catch_up()
    with OBLIGATIONS.read_current(quick.store) as reader:
        assert [one.consignment for one in read_holdings(reader, party=yard.maker.party)] == [con, con]
    yard.say(yard.maker, "event.corrected", event=made, pointer="/units/0/mass_g", **_typed())
    yard.say(yard.carrier, "consignment.picked_up", consignment=con, units=[pack, other])
    yard.say(yard.carrier, "unit.lost", units=[other])
    quick.catch_up()

    with OBLIGATIONS.read_current(quick.store) as reader:
        held = {one.unit: one for one in read_holdings(reader, party=yard.carrier.party)}
    assert (held[pack].consignment, held[other].consignment) == (con, None)
    assert {one.mass_g for one in held.values()} == {435_000, yard.unit(pack)["mass_g"]} - {None}
    assert agrees(quick)


def _typed() -> dict[str, Any]:
    return {"was": 435_000, "now": 453_000, "reason": "typing_error"}


def test_days_run_in_the_time_zone_that_a_site_is_given(quick: Desk) -> None:
    yard = quick.yard
    yard.pass_time(15 * 3600)
    quick.clock.pass_time(15 * 3600)
    pack = yard.waste_pack()
    members: dict[str, Any] = {"units": [pack], "waste_class": "RP", "method": "crit_test"}
    yard.say(yard.workshop, "unit.classified", **members)
    before = due_on(quick, pack)
    place = {"state": "02", "municipality": "004", "time_zone": "America/Tijuana"}
    yard.say(yard.operator, "site.changed", changed=yard.workshop.site, place=place)
    after = due_on(quick, pack)

    assert (before, after) == ("2025-07-07", "2025-07-07")
    with quick.store.read() as reader:
        where = {row.site: row.place for row in reader.execute(select(site_place))}
    assert where[str(yard.workshop.site)] == "MX-BCN-004"
    assert agrees(quick)


def test_a_new_law_and_a_new_calendar_sweep_every_row(quick: Desk) -> None:
    yard = quick.yard
    pack, undetermined = yard.determined_pack("RP"), yard.waste_pack()
    assert (due_on(quick, pack), due_on(quick, undetermined)) == ("2025-07-07", None)

    enact(quick, "2025-01-01", undetermined="RP", numbers=[{"name": "storage_months", "value": 3}])

    assert (due_on(quick, pack), due_on(quick, undetermined)) == ("2025-04-07", "2025-04-07")
    yard.say(yard.semarnat, "calendar.published", calendar="MX", year=2025, closed_on=["2025-04-07"])
    assert due_on(quick, pack) == "2025-04-08"
    assert agrees(quick)


def test_a_sweep_shows_how_far_it_has_come_and_holds_nobody_up(quick: Desk) -> None:
    sweep = OBLIGATIONS.sweep
    assert sweep is not None
    packs = sorted(quick.yard.determined_pack("RP") for _ in range(SWEPT_MAX + 4))
    due_on(quick, packs[0])
    one_by_one = replace(OBLIGATIONS, sweep=replace(sweep, page=lambda reader, after: sweep.page(reader, after)[:1]))
    enact(quick, "2025-01-01", numbers=[{"name": "storage_months", "value": 3}])

    with one_by_one.read_current(quick.store) as reader:
        assert one_by_one.is_sweeping(reader)
        assert one_by_one.compare(reader) is None
        before = reader.execute(select(tables.sweep.c.position)).scalar_one()
    quick.yard.produce()
    quick.catch_up()
    assert one_by_one.catch_up(quick.store)
    with quick.store.read() as reader:
        assert reader.execute(select(tables.sweep.c.position)).scalar_one() > before

    enact(quick, "2025-01-01", numbers=[{"name": "storage_months", "value": 4}])
    one_by_one.follow(quick.store)
    with quick.store.read() as reader:
        assert reader.execute(select(tables.sweep.c.position)).scalar_one() == ""
    while one_by_one.catch_up(quick.store):
        pass
    assert {due_on(quick, pack) for pack in packs} == {"2025-05-06"}
    assert agrees(quick)


def test_a_chunk_of_a_sweep_undoes_nothing_that_was_followed_meanwhile(quick: Desk) -> None:
    pack = quick.yard.determined_pack("RP")
    due_on(quick, pack)
    enact(quick, "2025-01-01", numbers=[{"name": "storage_months", "value": 3}])
    OBLIGATIONS.follow(quick.store)

    def lose_first(store: Store) -> None:
        if "lost" not in quick.yard.unit(pack):
            quick.yard.say(quick.yard.workshop, "unit.lost", units=[pack])
            quick.catch_up()
            OBLIGATIONS.follow(store)

    overtaken = Overtaken(quick.store, lose_first)
    while OBLIGATIONS.sweep_on(overtaken):
        pass

    assert agrees(quick)


def test_a_rebuild_says_what_differed_and_sets_it_right(quick: Desk) -> None:
    tell_of_waste(quick)
    while OBLIGATIONS.catch_up(quick.store):
        pass

    def damage(writer: Writer) -> None:
        writer.execute(update(obligation).values(due_on="2020-01-01").where(obligation.c.requirement == "R01"))
        writer.execute(delete(finding))
        writer.execute(update(holding).values(holder="pty_nobody"))
        writer.execute(delete(site_place))

    quick.store.write(damage)
    with quick.store.read() as reader:
        compared = OBLIGATIONS.compare(reader)
    differed = OBLIGATIONS.rebuild(quick.store)

    assert differed == compared
    assert {one.table for one in differed} == {"obligation", "finding", "holding", "site_place"}
    assert agrees(quick)


def test_a_chunk_ends_before_it_holds_recorders_up(quick: Desk) -> None:
    quick.yard.produce(count=3)
    quick.yard.produce(count=3)
    quick.catch_up()
    small = replace(OBLIGATIONS, gather=partial(gather, keys_max=2))

    left = small.follow(quick.store)

    assert left > 0
    while small.follow(quick.store):
        pass
    assert agrees(quick)


def test_everything_that_obliges_is_swept_once_in_the_order_of_keys(quick: Desk) -> None:
    quick.yard.waste_pack()
    quick.catch_up()
    with quick.store.read() as reader:
        every = [key for key in quick.yard.state if key.startswith(("act/", "party/", "unit/"))]
        swept, after = [], ""
        while page := module._swept_page(reader, after)[:3]:
            swept += page
            after = page[-1]

    assert swept == sorted(every)
