from __future__ import annotations

from collections.abc import Iterator

import pytest
from sqlalchemy import delete, insert, text, update

from ledger.batch import Recorded
from ledger.errors import Corruption, RulesUnknown
from ledger.fold.fold import Rules
from ledger.rebuild import rebuild
from ledger.store import tables
from ledger.store.checkpoints import insert_checkpoint
from ledger.store.entries import list_history
from ledger.store.projections import Difference
from ledger.store.session import Writer
from tests.ledger.store.desk import Desk, open_desk

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    """A ledger with a full tile, ticks, a conflict and a consignment."""
    with open_desk(database_url) as desk:
        yard = desk.yard
        for _ in range(300):
            yard.produce()
        desk.catch_up()
        desk.pass_time(120)
        pack = yard.produce()
        second = yard.draft(yard.maker, "unit.placed_on_market", units=[pack])
        yard.say(yard.maker, "unit.installed", units=[pack])
        desk.catch_up()
        desk.recorder.submit([second])
        waste = yard.waste_pack()
        yard.offer(yard.workshop, yard.recycler, [waste], carriers=[yard.carrier])
        desk.catch_up()
        yield desk


def stored(desk: Desk) -> list[object]:
    with desk.store.read() as reader:
        everything = (tables.entry, tables.entry_subject, tables.tile, tables.state)
        rows: list[object] = [reader.execute(table.select().order_by(*table.primary_key)).all() for table in everything]
    return [*rows, desk.head().frontier]


def test_an_undamaged_ledger_is_found_equal(desk: Desk) -> None:
    before, epoch = stored(desk), desk.head().epoch

    report = rebuild(desk.store, Rules)

    assert (report.size, report.count, report.differences) == (desk.head().size, 0, [])
    assert (stored(desk), desk.head().epoch) == (before, epoch)


def test_every_damaged_projection_is_named_and_made_again(desk: Desk) -> None:
    before, epoch = stored(desk), desk.head().epoch
    party = f"party/{desk.yard.maker.party}"

    def damage(writer: Writer) -> None:
        writer.execute(delete(tables.state).where(tables.state.c.key == "time"))
        writer.execute(update(tables.state).where(tables.state.c.key == "online").values(value=b"\xa0"))
        writer.execute(insert(tables.state), {"key": "unit/ghost", "value": b"\xa0"})
        writer.execute(delete(tables.entry_subject).where(tables.entry_subject.c.subject == party))
        writer.execute(update(tables.tile).values(root=bytes(32)))
        writer.execute(update(tables.entry).where(tables.entry.c.leaf_index == 3).values(kind="unit.lost", void=True))
        writer.execute(update(tables.head).values(size=1, frontier=bytes(8)))

    with desk.store.read() as reader:
        subjects = len(list_history(reader, party))
    desk.store.write(damage)

    report = rebuild(desk.store, Rules)

    others = [difference for difference in report.differences if difference.table != "entry_subject"]
    assert set(others) == {
        Difference("state", "time", "missing"),
        Difference("state", "online", "changed"),
        Difference("state", "unit/ghost", "extra"),
        Difference("tile", "0/0", "changed"),
        Difference("entry", "3", "changed"),
        Difference("head", "1", "changed"),
    }
    assert report.count == subjects + 6
    assert stored(desk) == before
    assert desk.head().epoch > epoch


@on_sqlite
def test_dropped_projections_are_made_again_from_nothing(desk: Desk) -> None:
    before = stored(desk)

    def drop(writer: Writer) -> None:
        for table in (tables.state, tables.entry_subject, tables.tile, tables.head):
            writer.execute(delete(table))

    desk.store.write(drop)
    report = rebuild(desk.store, Rules)

    assert report.count > len(report.differences) == 1000
    assert stored(desk) == before


def test_a_recorder_that_remembered_the_damage_goes_on_with_the_truth(desk: Desk) -> None:
    yard = desk.yard
    pack = yard.produce()
    desk.catch_up()
    key = f"unit/{pack}"
    desk.store.write(lambda writer: damage_unit(writer, key))
    fresh = desk.new_recorder()
    child = yard.draft(yard.maker, "unit.placed_on_market", units=[pack])
    assert not isinstance(fresh.submit([child])[0], Recorded)

    rebuild(desk.store, Rules)

    assert isinstance(fresh.submit([child])[0], Recorded)
    desk.check_log()


def damage_unit(writer: Writer, key: str) -> None:
    writer.execute(delete(tables.state).where(tables.state.c.key == key))


def tamper(writer: Writer, statement: str) -> None:
    """What somebody with the database's password can do."""
    if writer.dialect.name == "sqlite":
        writer.execute(text("DROP TRIGGER entry_keeps_what_was_signed"))
        writer.execute(text("DROP TRIGGER entry_is_never_deleted"))
    else:
        writer.execute(text("ALTER TABLE entry DISABLE TRIGGER USER"))
    writer.execute(text(statement))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE entry SET body = (SELECT body FROM entry WHERE leaf_index = 40) WHERE leaf_index = 41",
        "DELETE FROM entry WHERE leaf_index = 41",
        "UPDATE entry SET leaf_index = leaf_index + 1000 WHERE leaf_index = 41",
    ],
)
@on_sqlite
def test_damaged_bodies_are_corruption_and_nothing_is_changed(desk: Desk, statement: str) -> None:
    desk.store.write(lambda writer: tamper(writer, statement))
    before = desk.state()

    with pytest.raises(Corruption):
        rebuild(desk.store, Rules)

    assert desk.state() == before


def test_entries_exchanged_behind_a_checkpoint_are_corruption(desk: Desk) -> None:
    root, size = desk.head().frontier.root(), desk.head().size
    desk.store.write(lambda writer: insert_checkpoint(writer, 0, size, root, b"note", None))
    delete_last = "DELETE FROM entry WHERE leaf_index = (SELECT max(leaf_index) FROM entry)"
    desk.store.write(lambda writer: tamper(writer, delete_last))

    with pytest.raises(Corruption, match=f"checkpoint {size}"):
        rebuild(desk.store, Rules)


@on_sqlite
def test_entries_are_folded_again_by_the_rules_that_the_log_names_there(desk: Desk) -> None:
    desk.yard.say_as_root("ledger.rules", rules_version=2)
    desk.catch_up()
    desk.yard.produce()
    desk.catch_up()
    asked: list[int] = []

    def both(version: int) -> Rules:
        asked.append(version)
        return Rules(version)

    assert rebuild(desk.store, both).count == 0
    assert asked == [1, 2]


@on_sqlite
def test_rules_that_this_program_does_not_have_are_refused(desk: Desk) -> None:
    def none(version: int) -> Rules:
        raise RulesUnknown("upgrade", version=version)

    with pytest.raises(RulesUnknown):
        rebuild(desk.store, none)
