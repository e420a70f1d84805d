"""The registers' table follows the log, and finds what lay where in a year."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from compliance.register import RegisterRow, belongs_to
from compliance.store.registers import STAYS, find_place, iter_rows, read_book, stay
from ledger.store.session import Writer
from tests.compliance.disposals import DAY_S, give_waste, make_waste, open_year, recycle
from tests.compliance.history import rows_at
from tests.ledger.store.desk import Desk, open_desk
from tests.yard import Actor


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with open_desk(f"sqlite:///{tmp_path / 'ledger.sqlite'}") as opened:
        open_year(opened.yard)
        packs = give_waste(opened.yard, opened.pass_time, units=3)
        recycle(opened.yard, packs[:2])
        opened.catch_up()
        yield opened


def units_in(desk: Desk, actor: Actor, year: int) -> list[str]:
    with STAYS.read_current(desk.store) as reader:
        place = find_place(reader, str(actor.site), year)
        assert place is not None
        return [row.unit for _, row in iter_rows(reader, place)]


def test_the_database_tells_the_rows_that_the_history_tells(desk: Desk) -> None:
    yard = desk.yard
    for actor in (yard.workshop, yard.recycler):
        with STAYS.read_current(desk.store) as reader:
            place = find_place(reader, str(actor.site), 2025)
            assert place is not None
            found = [_anywhere(row) for _, row in iter_rows(reader, place)]
        told = [_anywhere(row) for row in rows_at(yard, actor.party, actor.site)]
        assert found == sorted(told, key=lambda row: (row.came_on, row.unit))


def _anywhere(row: RegisterRow) -> RegisterRow:
    """Without its place in the log: the recorder ticks at other times than the yard."""
    return replace(row, entered=0)


def test_a_party_reads_all_of_its_places_at_once(desk: Desk) -> None:
    recycler = desk.yard.recycler
    with STAYS.read_current(desk.store) as reader:
        place = find_place(reader, recycler.party, 2025)
        assert place is not None
        rows = [row for _, row in iter_rows(reader, place)]

    assert len(rows) == 4
    assert len([row for row in rows if belongs_to(row, "recycler", recycler.party)]) == 2


def test_a_year_holds_what_came_in_it_left_in_it_or_lay_through_it(desk: Desk) -> None:
    yard = desk.yard
    [lasting] = make_waste(yard)
    desk.pass_time(400 * DAY_S)
    desk.catch_up()

    assert lasting in units_in(desk, yard.workshop, 2025)
    assert units_in(desk, yard.workshop, 2026) == [lasting]
    assert units_in(desk, yard.workshop, 2024) == []


def test_rows_go_on_behind_a_cursor(desk: Desk) -> None:
    with STAYS.read_current(desk.store) as reader:
        place = find_place(reader, str(desk.yard.workshop.site), 2025)
        assert place is not None
        whole = list(iter_rows(reader, place))
        rest = list(iter_rows(reader, place, after=whole[0][0]))

    assert rest == whole[1:]


def test_the_head_of_a_register_names_its_number_on_the_last_day_of_the_year(desk: Desk) -> None:
    yard = desk.yard
    line: dict[str, Any] = {
        "generator": yard.workshop.party,
        "category": "pequeno",
        "register_of": "MX",
        "from_on": "2025-01-01",
    }
    yard.say(yard.semarnat, "generator.registered", number="NRA0001", **line)
    desk.catch_up()
    with STAYS.read_current(desk.store) as reader:
        place = find_place(reader, str(yard.workshop.site), 2025)
        before = find_place(reader, str(yard.workshop.site), 2024)
        assert place is not None
        assert before is not None
        numbers = [read_book(reader, one, "generator", "RP").number for one in (place, before)]

    assert numbers == ["NRA0001", None]


def test_nobody_has_a_register_of_a_place_that_is_none(desk: Desk) -> None:
    with desk.store.read() as reader:
        assert find_place(reader, desk.yard.new_id("sit"), 2025) is None
        assert find_place(reader, desk.yard.new_id("pty"), 2025) is None


def test_rows_that_were_tampered_with_are_found_and_made_again(desk: Desk) -> None:
    def tamper(writer: Writer) -> None:
        first = select(func.min(stay.c.unit)).scalar_subquery()
        writer.execute(update(stay).where(stay.c.unit == first).values(since=0))
        writer.execute(delete(stay).where(stay.c.unit != first, stay.c.party == desk.yard.workshop.party))

    while STAYS.follow(desk.store):
        pass
    desk.store.write(tamper)
    with desk.store.read() as reader:
        found = {(one.table, one.fault) for one in STAYS.compare(reader) or []}
    assert found == {("stay", "changed"), ("stay", "missing")}

    assert len(STAYS.rebuild(desk.store)) > 0
    with desk.store.read() as reader:
        assert STAYS.compare(reader) == []
