"""One contract for both databases: whatever holds on SQLite holds on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Executable, delete, text, update
from sqlalchemy.exc import DBAPIError

# Their tables are of the same schema, and known once they are imported.
import certification.store.drafts
import certification.store.notices
import certification.store.tables  # noqa: F401
import compliance.store.particulars
import compliance.store.registers
import compliance.store.tables  # noqa: F401
from ledger.errors import Corruption, Unavailable
from ledger.log.merkle import Frontier, leaf_hash, verify_consistency, verify_inclusion
from ledger.log.tile import Bundle, Tile
from ledger.log.tree import prove_consistency, prove_inclusion
from ledger.store import tables
from ledger.store.checkpoints import (
    find_covering_checkpoint,
    find_newest_checkpoint,
    insert_checkpoint,
    publish_checkpoint,
)
from ledger.store.engine import make_engine
from ledger.store.entries import (
    find_entries,
    find_entry,
    find_index_since,
    get_entry,
    iter_entries,
    list_history,
    lock_head,
    read_head,
)
from ledger.store.schema import create_schema
from ledger.store.session import ATTEMPTS_MAX, Store, Writer, open_store
from ledger.store.side import (
    JOURNALED_PER_KEY_MAX,
    WAITING_S_MAX,
    Parked,
    Refused,
    count_waiting,
    find_children,
    find_expired,
    journal_refusals,
    list_refusals,
    park,
    unpark,
)
from ledger.store.state import StateCache, find_state, put_states, scan_states
from ledger.store.tiles import hash_reader, read_bundle, read_hashes, root_at
from tests.ledger.store.desk import Desk, open_desk

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    create_schema(database_url)
    store = open_store(database_url)
    yield store
    store.close()


@pytest.fixture
def desk(database_url: str) -> Iterator[Desk]:
    with open_desk(database_url) as desk:
        yield desk


@pytest.fixture
def long_desk(desk: Desk) -> Desk:
    """More than two full tiles of level 0, in commits that begin and end inside them."""
    for _ in range(600):
        desk.yard.produce()
    raws = desk.unrecorded()
    for start, end in [(0, 100), (100, 300), (300, 301), (301, 600)]:
        desk.recorder.submit(raws[start:end])
    return desk


def run(store: Store, statement: Executable) -> None:
    store.write(lambda writer: writer.execute(statement))


class TestSchema:
    def test_the_migrations_make_the_tables_of_this_program(self, store: Store) -> None:
        with store.read() as reader:
            assert compare_metadata(MigrationContext.configure(reader), tables.metadata) == []

    def test_making_it_again_changes_nothing(self, store: Store, database_url: str) -> None:
        store.write(lambda writer: put_states(writer, [("k", b"\xa0")]))

        create_schema(database_url)

        with store.read() as reader:
            assert find_state(reader, "k") == {}

    def test_a_database_without_it_is_not_opened(self, database_url: str) -> None:
        with pytest.raises(Unavailable, match="schema None"):
            open_store(database_url)

    def test_a_database_of_another_version_is_not_opened(self, store: Store, database_url: str) -> None:
        run(store, text("UPDATE alembic_version SET version_num = '9999'"))

        with pytest.raises(Unavailable, match="schema 9999"):
            open_store(database_url)

    @pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://localhost/ledger"])
    def test_other_databases_are_refused(self, url: str) -> None:
        with pytest.raises(ValueError, match="the database is sqlite"):
            make_engine(url)


class TestDurability:
    @on_sqlite
    def test_every_connection_of_sqlite_is_in_wal_and_syncs_fully(self, store: Store) -> None:
        with store.read() as one, store.read() as other:
            for connection in (one, other):
                assert connection.exec_driver_sql("PRAGMA journal_mode").scalar_one() == "wal"
                assert connection.exec_driver_sql("PRAGMA synchronous").scalar_one() == 2

    @on_postgresql
    def test_postgresql_commits_to_disk_even_if_its_default_is_weaker(self, store: Store, postgres_server: str) -> None:
        server = make_engine(postgres_server.replace("@/", "@/postgres"))
        with server.connect() as plain:
            default = plain.execute(text("SELECT reset_val FROM pg_settings WHERE name = 'synchronous_commit'"))
            assert default.scalar_one() == "off"
        server.dispose()

        assert store.write(lambda writer: writer.execute(text("SHOW synchronous_commit")).scalar_one()) == "on"

    def test_what_fails_inside_a_transaction_leaves_nothing(self, store: Store) -> None:
        def work(writer: Writer) -> None:
            put_states(writer, [("k", b"\xa0")])
            raise LookupError

        with pytest.raises(LookupError):
            store.write(work)

        with store.read() as reader:
            assert find_state(reader, "k") is None

    @on_postgresql
    def test_the_whole_work_is_done_again_when_the_engine_gives_up(self, store: Store) -> None:
        attempts = []

        def work(writer: Writer) -> None:
            attempts.append(1)
            put_states(writer, [(f"k{len(attempts)}", b"\xa0")])
            if len(attempts) < 3:
                fail_to_serialise(writer)

        store.write(work)

        assert len(attempts) == 3
        with store.read() as reader:
            assert [key for key, _ in scan_states(reader, "k")] == ["k3"]

    @on_postgresql
    def test_giving_up_for_ever_is_unavailable(self, store: Store) -> None:
        attempts = []

        def work(writer: Writer) -> None:
            attempts.append(1)
            fail_to_serialise(writer)

        with pytest.raises(Unavailable):
            store.write(work)
        assert len(attempts) == ATTEMPTS_MAX

    def test_a_reader_sees_one_state_while_others_write(self, store: Store) -> None:
        with store.read() as reader:
            assert find_state(reader, "k") is None
            store.write(lambda writer: put_states(writer, [("k", b"\xa0")]))
            assert find_state(reader, "k") is None

        with store.read() as reader:
            assert find_state(reader, "k") == {}

    @on_postgresql
    def test_a_reader_cannot_write(self, store: Store) -> None:
        with pytest.raises(DBAPIError), store.read() as reader:
            put_states(reader, [("k", b"\xa0")])


def fail_to_serialise(writer: Writer) -> None:
    writer.execute(text("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$"))


class TestEntries:
    def test_are_found_by_event_by_index_and_in_order(self, desk: Desk) -> None:
        entries = desk.entries()

        with desk.store.read() as reader:
            assert find_entry(reader, entries[3].event_id) == entries[3]
            assert find_entry(reader, "00" * 32) is None
            assert get_entry(reader, 5) == entries[5]
            assert list(iter_entries(reader, 2, 9)) == entries[2:9]
            ids = [entry.event_id for entry in entries]
            assert find_entries(reader, [*ids, "00" * 32]) == {entry.event_id: entry for entry in entries}

    def test_the_first_one_since_a_time_is_found(self, desk: Desk) -> None:
        desk.pass_time(3600)
        desk.yard.produce()
        desk.catch_up()
        entries = desk.entries()
        times = sorted({entry.recorded_at for entry in entries})

        with desk.store.read() as reader:
            found = [find_index_since(reader, at) for at in (0, *times, times[-1] - 1, times[-1] + 1)]

        first = [next(entry.index for entry in entries if entry.recorded_at == at) for at in times]
        assert found == [0, *first, first[-1], len(entries)]

    def test_a_missing_one_is_corruption(self, desk: Desk) -> None:
        size = desk.head().size
        with desk.store.read() as reader:
            with pytest.raises(Corruption):
                get_entry(reader, size)
            with pytest.raises(Corruption):
                list(iter_entries(reader, 0, size + 1))

    def test_are_never_changed_or_deleted(self, desk: Desk) -> None:
        before = desk.entries()

        for statement in (update(tables.entry).values(body=b""), delete(tables.entry)):
            with pytest.raises(DBAPIError):
                run(desk.store, statement)

        assert desk.entries() == before

    def test_a_units_history_is_what_named_it_and_can_be_paged(self, desk: Desk) -> None:
        yard = desk.yard
        pack = yard.waste_pack()
        yard.produce()
        yard.say(yard.workshop, "unit.assessed", units=[pack], condition="sound", method="visual")
        desk.catch_up()
        key = f"unit/{pack}"

        with desk.store.read() as reader:
            whole = list_history(reader, key)
            first = list_history(reader, key, limit=2)
            rest = list_history(reader, key, after=first[-1].index)

        kinds = [entry.kind.removeprefix("unit.") for entry in whole]
        assert kinds == ["produced", "installed", "removed", "discarded", "assessed"]
        assert first + rest == whole

    def test_a_partys_history_is_what_it_stated_and_what_was_stated_of_it(self, desk: Desk) -> None:
        with desk.store.read() as reader:
            kinds = [entry.kind for entry in list_history(reader, f"party/{desk.yard.maker.party}")]
        assert kinds == ["party.registered"]

        desk.yard.produce()
        desk.catch_up()

        with desk.store.read() as reader:
            kinds = [entry.kind for entry in list_history(reader, f"party/{desk.yard.maker.party}")]
        assert kinds == ["party.registered", "unit.produced"]


class TestState:
    def test_a_prefix_is_scanned_in_the_order_of_bytes_and_in_pages(self, store: Store) -> None:
        keys = ["unit/a", "unit/a/b", "unit/aB", "unit/b", "unit/Z", "unit/é", "unit/ü", "units", "unit.", "act/a"]
        store.write(lambda writer: put_states(writer, [(key, b"\xa0") for key in keys]))
        expected = sorted((key for key in keys if key.startswith("unit/")), key=str.encode)

        with store.read() as reader:
            whole = [key for key, _ in scan_states(reader, "unit/")]
            first = [key for key, _ in scan_states(reader, "unit/", limit=3)]
            rest = [key for key, _ in scan_states(reader, "unit/", after=first[-1])]

        assert whole == expected
        assert first + rest == expected

    def test_a_value_is_replaced(self, store: Store) -> None:
        store.write(lambda writer: put_states(writer, [("k", b"\xa0")]))
        store.write(lambda writer: put_states(writer, [("k", b"\xa1aa\x01")]))

        with store.read() as reader:
            assert find_state(reader, "k") == {"a": 1}

    def test_a_value_that_is_no_map_is_corruption(self, store: Store) -> None:
        store.write(lambda writer: put_states(writer, [("k", b"\x01")]))

        with store.read() as reader, pytest.raises(Corruption):
            find_state(reader, "k")


class TestStateCache:
    def test_it_forgets_what_another_epoch_may_have_changed(self) -> None:
        cache = StateCache()
        cache.enter(1)
        cache.remember({"k": {"a": 1}})

        cache.enter(1)
        assert cache.recall(["k"]) == {"k": {"a": 1}}
        cache.enter(2)
        assert cache.recall(["k"]) == {}

    def test_it_lets_go_of_what_was_unused_for_longest(self) -> None:
        cache = StateCache(values_max=4)
        cache.remember({"a": None, "b": None, "c": None})
        cache.recall(["a"])

        cache.remember({"d": None, "e": None})

        assert cache.recall("abcde") == {"a": None, "d": None, "e": None}


class TestTiles:
    def test_roots_and_proofs_come_from_full_and_partial_tiles(self, long_desk: Desk) -> None:
        leaves = [leaf_hash(entry.body) for entry in long_desk.entries()]
        size = len(leaves)

        with long_desk.store.read() as reader:
            for prefix in (1, 255, 256, 257, 300, 512, size):
                assert root_at(reader, prefix) == Frontier().extend(leaves[:prefix]).root()
            read = hash_reader(reader)
            root = root_at(reader, size)
            for index in (0, 255, 256, size - 1):
                verify_inclusion(prove_inclusion(read, index, size), leaves[index], root)
            verify_consistency(prove_consistency(read, 300, size), root_at(reader, 300), root)

    def test_only_full_tiles_are_kept(self, long_desk: Desk) -> None:
        with long_desk.store.read() as reader:
            kept = reader.execute(tables.tile.select()).all()
            assert [(row.level, row.tile_index, len(row.data)) for row in kept] == [(0, 0, 8192), (0, 1, 8192)]
            assert read_hashes(reader, Tile(1, 0, 2)) == [row.root for row in kept]
            assert read_hashes(reader, Tile(0, 2)) == []

    def test_a_bundle_holds_the_statements_under_a_tile(self, long_desk: Desk) -> None:
        bodies = [entry.body for entry in long_desk.entries()]

        with long_desk.store.read() as reader:
            assert read_bundle(reader, Bundle(1)) == bodies[256:512]
            assert read_bundle(reader, Bundle(2, 5)) == bodies[512:517]


def insert(desk: Desk, previous: int, size: int) -> bool:
    return desk.store.write(lambda writer: insert_checkpoint(writer, previous, size, bytes(32), b"note", None))


class TestCheckpoints:
    def test_one_follows_the_other_by_compare_and_swap(self, desk: Desk) -> None:
        assert insert(desk, 0, 5)
        assert not insert(desk, 0, 9)
        assert not insert(desk, 4, 9)
        assert insert(desk, 5, 9)
        with desk.store.read() as reader:
            newest = find_newest_checkpoint(reader)
        assert newest is not None
        assert (newest.size, newest.published_at) == (9, None)

    def test_it_neither_shrinks_nor_runs_ahead_of_the_log(self, desk: Desk) -> None:
        for size in (0, desk.head().size + 1):
            with pytest.raises(ValueError, match="no checkpoint"):
                insert(desk, 0, size)

    def test_readers_find_the_published_ones(self, desk: Desk) -> None:
        def prepare(writer: Writer) -> None:
            for previous, size in [(0, 5), (5, 9), (9, 12)]:
                insert_checkpoint(writer, previous, size, bytes(32), b"note", None)
            publish_checkpoint(writer, 5, b"signed", b"cose", 1000)
            publish_checkpoint(writer, 9, b"signed", b"cose", 1001)
            publish_checkpoint(writer, 9, b"cosigned", b"cose", 2000)

        desk.store.write(prepare)

        with desk.store.read() as reader:
            newest = find_newest_checkpoint(reader, published=True)
            covering = [find_covering_checkpoint(reader, index) for index in (4, 5, 9)]
        assert newest is not None
        assert (newest.size, newest.note, newest.published_at) == (9, b"cosigned", 1001)
        assert [found and found.size for found in covering] == [5, 9, None]


class TestSideData:
    def test_the_journal_keeps_the_newest_of_each_key(self, store: Store) -> None:
        def refused(number: int, signer: str) -> Refused:
            return Refused(f"{number:064x}", signer, "not-holder", "no", 1000 + number, b"body")

        mine = [refused(n, "mine") for n in range(JOURNALED_PER_KEY_MAX + 5)]
        other = refused(10_000, "other")
        store.write(lambda writer: journal_refusals(writer, [other]))
        store.write(lambda writer: journal_refusals(writer, mine))
        store.write(lambda writer: journal_refusals(writer, [mine[-1]]))

        with store.read() as reader:
            assert list_refusals(reader, "mine") == mine[:4:-1]
            assert list_refusals(reader, "other") == [other]

    def test_what_waits_keeps_its_first_day_when_its_parent_changes(self, store: Store) -> None:
        def row(parent: int, since: int) -> Parked:
            return Parked("aa" * 32, f"{parent:064x}", "signer", since, b"body")

        store.write(lambda writer: park(writer, [row(1, 1000)]))
        store.write(lambda writer: park(writer, [row(2, 2000)]))

        with store.read() as reader:
            assert find_children(reader, [f"{1:064x}"]) == []
            assert find_children(reader, [f"{2:064x}"]) == [row(2, 1000)]
            assert count_waiting(reader, "signer") == 1
            assert find_expired(reader, 1000 + WAITING_S_MAX) == []
            assert find_expired(reader, 1001 + WAITING_S_MAX) == [row(2, 1000)]

        store.write(lambda writer: unpark(writer, ["aa" * 32]))
        with store.read() as reader:
            assert count_waiting(reader, "signer") == 0


class TestHead:
    def test_a_head_whose_parts_disagree_is_corruption(self, store: Store) -> None:
        run(store, update(tables.head).values(size=7))

        with pytest.raises(Corruption):
            store.write(lock_head)
        with store.read() as reader, pytest.raises(Corruption):
            read_head(reader)

    def test_a_head_that_is_missing_is_corruption(self, store: Store) -> None:
        run(store, delete(tables.head))

        with pytest.raises(Corruption):
            store.write(lock_head)
