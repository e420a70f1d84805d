from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from ledger.errors import Corruption, Unavailable
from ledger.home import LAST_SIGNED, CheckpointKeys, SignedHead, SignedHeads, create_home
from ledger.keys import SigningKey
from ledger.log.checkpoint import Checkpoint
from ledger.log.merkle import Frontier, format_frontier, leaf_hash, verify_consistency
from ledger.log.note import NoteSignature, SignatureType, VerifierKey, parse_note
from ledger.log.receipt import parse_receipt, verify_receipt
from ledger.log.signature import Ed25519Cosigner, NoteSigner, cosign, verify_checkpoint, verify_note, verify_quorum
from ledger.log.tree import prove_consistency
from ledger.publisher import Publisher, PublisherLoop
from ledger.store.checkpoints import find_newest_checkpoint
from ledger.store.session import open_store
from ledger.store.tiles import hash_reader
from tests.ledger.press import Press
from tests.yard import ORIGIN

on_sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


class Crash(BaseException):
    """The process dies here: nothing above catches it."""


@pytest.fixture
def press(database_url: str, tmp_path: Path) -> Iterator[Press]:
    press = Press(database_url, tmp_path)
    yield press
    press.store.close()


def grow(press: Press) -> int:
    press.yard.produce()
    return press.load()


def root_of(press: Press, size: int) -> bytes:
    return Frontier().extend(leaf_hash(raw) for raw in press.yard.entries[:size]).root()


def verified(press: Press, note: bytes) -> Checkpoint:
    return verify_checkpoint(parse_note(note), ORIGIN, press.home.trust.checkpoint)


def newest(press: Press) -> Any:
    with press.store.read() as reader:
        return find_newest_checkpoint(reader, published=True)


def recorded(press: Press) -> SignedHead | None:
    with press.home.signed_heads() as record:
        return record.find_newest()


def change(press: Press, statement: str, **values: object) -> None:
    """Damage the database as nobody but its owner can."""
    with press.store.engine.begin() as connection:
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS entry_keeps_what_was_signed")
        else:
            connection.exec_driver_sql("DROP TRIGGER IF EXISTS entry_keeps_what_was_signed ON entry")
        connection.execute(text(statement), values)


def test_a_checkpoint_states_all_that_is_committed(press: Press) -> None:
    size = press.load()
    published = press.publish()
    assert published is not None
    assert published.checkpoint == Checkpoint(ORIGIN, size, root_of(press, size))
    assert verified(press, published.note) == published.checkpoint
    assert recorded(press) == SignedHead(size, published.checkpoint.root)
    assert newest(press).note == published.note
    assert newest(press).published_at == press.clock.now()


def test_both_keys_of_the_log_sign(press: Press) -> None:
    press.load()
    published = press.publish()
    assert published is not None
    signatures = verify_note(parse_note(published.note), press.home.trust.checkpoint)
    assert [one.key.kind for one in signatures] == [SignatureType.ED25519, SignatureType.ML_DSA_44]
    assert signatures[1].timestamp_s == press.clock.now()


def test_the_cose_signature_serves_receipts_of_that_root(press: Press) -> None:
    size = press.load()
    press.publish()
    receipt = parse_receipt(newest(press).cose)
    root = verify_receipt(receipt, leaf_hash(press.yard.entries[-1]), press.home.trust.receipt_key, ORIGIN)
    assert root == root_of(press, size)
    assert receipt.inclusion.index == size - 1


def test_a_log_of_one_entry_has_a_checkpoint_without_receipts(press: Press) -> None:
    press.load(1)
    published = press.publish()
    assert published is not None
    assert published.checkpoint.size == 1
    assert newest(press).cose is None


def test_an_empty_log_has_no_checkpoint(press: Press) -> None:
    assert press.publish() is None
    assert recorded(press) is None


def test_nothing_new_is_published_once(press: Press) -> None:
    press.load()
    first = press.publish()
    assert first is not None
    assert press.publish() is None
    assert newest(press).note == first.note


def test_every_checkpoint_continues_the_one_before(press: Press) -> None:
    checkpoints = []
    for size in (1, 2, 5, 19, None):
        press.load(size)
        published = press.publish()
        assert published is not None
        checkpoints.append(published.checkpoint)
    with press.store.read() as reader:
        for old, new in pairwise(checkpoints):
            proof = prove_consistency(hash_reader(reader), old.size, new.size)
            verify_consistency(proof, old.root, new.root)
    assert len((press.home.path / LAST_SIGNED).read_bytes().splitlines()) == len(checkpoints)


def test_lines_of_witnesses_are_published_with_the_checkpoint(press: Press) -> None:
    press.load()
    witness = Ed25519Cosigner("witness.example/1", SigningKey.from_seed(bytes(32)))

    def sign(note: bytes) -> list[NoteSignature]:
        verified(press, note)
        return [cosign(parse_note(note), witness, 1_800_000_000)]

    published = press.publisher(cosigners=[sign, lambda _note: []]).publish()
    assert published is not None
    assert verify_quorum(parse_note(published.note), [witness.key], 1)[0].timestamp_s == 1_800_000_000
    assert newest(press).note == published.note


@dataclass
class DyingHeads:
    """The real record; the process dies before or after a line is on the disk."""

    inner: SignedHeads
    before_append: bool

    def find_newest(self) -> SignedHead | None:
        return self.inner.find_newest()

    def append(self, head: SignedHead) -> None:
        if not self.before_append:
            self.inner.append(head)
        raise Crash


@dataclass
class DyingSigner:
    inner: NoteSigner
    key: VerifierKey = field(init=False)

    def __post_init__(self) -> None:
        self.key = self.inner.key

    def sign(self, checkpoint: Checkpoint, timestamp_s: int) -> bytes:
        self.inner.sign(checkpoint, timestamp_s)
        raise Crash


def _dies_at_the_record(press: Press, *, before: bool) -> Publisher:
    @contextmanager
    def heads() -> Iterator[Any]:
        with press.home.signed_heads() as record:
            yield DyingHeads(record, before_append=before)

    return press.publisher(signed_heads=heads)


def _dies_signing(press: Press) -> Publisher:
    keys = press.home.read_checkpoint_keys()
    ed25519, ml_dsa = keys.note_signers
    dying = CheckpointKeys((ed25519, DyingSigner(ml_dsa)), keys.receipt_key)
    return Publisher(press.store, press.clock, ORIGIN, dying, press.home.signed_heads)


def _die(_note: bytes) -> Sequence[NoteSignature]:
    raise Crash


CRASHES: dict[str, Callable[[Press], Publisher]] = {
    "decided in the database": lambda press: _dies_at_the_record(press, before=True),
    "recorded outside it": lambda press: _dies_at_the_record(press, before=False),
    "half signed": _dies_signing,
    "at the witnesses": lambda press: press.publisher(cosigners=[_die]),
}


@pytest.mark.parametrize("earlier", [False, True], ids=["first checkpoint", "later checkpoint"])
@pytest.mark.parametrize("where", CRASHES)
def test_after_a_crash_the_same_call_publishes_what_was_decided(press: Press, where: str, earlier: bool) -> None:
    if earlier:
        press.load(20)
        press.publish()
    before = newest(press)
    size = press.load()
    with pytest.raises(Crash):
        CRASHES[where](press).publish()
    assert newest(press) == before
    grow(press)
    recovered = press.publish()
    assert recovered is not None
    assert recovered.checkpoint == Checkpoint(ORIGIN, size, root_of(press, size))
    assert recorded(press) == SignedHead(size, recovered.checkpoint.root)
    latest = press.publish()
    assert latest is not None
    assert latest.checkpoint.size == len(press.yard.entries)
    assert press.publish() is None


@pytest.mark.parametrize("where", CRASHES)
def test_a_crash_repeated_records_each_tree_head_once(press: Press, where: str) -> None:
    press.load()
    for _ in range(3):
        with suppress(Crash):
            CRASHES[where](press).publish()
    press.publish()
    assert len((press.home.path / LAST_SIGNED).read_bytes().splitlines()) == 1


def test_no_signature_exists_before_the_record_outside_the_database(press: Press) -> None:
    press.load()
    with pytest.raises(Crash):
        CRASHES["decided in the database"](press).publish()
    with press.store.read() as reader:
        row = find_newest_checkpoint(reader)
    assert row is not None
    assert (row.published_at, row.cose) == (None, None)
    assert b"\xe2\x80\x94" not in row.note
    assert recorded(press) is None


def refused(press: Press, place: str) -> Corruption:
    kept, line = newest(press), recorded(press)
    with pytest.raises(Corruption) as caught:
        press.publish()
    assert caught.value.place == place
    assert (newest(press), recorded(press)) == (kept, line)
    return caught.value


def test_an_entry_changed_after_its_commit_is_never_signed(press: Press) -> None:
    press.load(20)
    press.publish()
    press.load()
    body = press.yard.entries[22]
    change(press, "UPDATE entry SET body = :body WHERE leaf_index = 22", body=body[:-1] + bytes([body[-1] ^ 1]))
    refused(press, "entry 22")


def test_an_entry_changed_with_its_leaf_hash_is_never_signed(press: Press) -> None:
    press.load(20)
    press.publish()
    press.load()
    change(
        press, "UPDATE entry SET body = :body, leaf_hash = :leaf WHERE leaf_index = 22", body=b"x", leaf=leaf_hash(b"x")
    )
    refused(press, "head")


def test_a_published_entry_changed_with_its_leaf_hash_stops_the_publisher(press: Press) -> None:
    press.load()
    press.publish()
    last = len(press.yard.entries) - 1
    change(
        press,
        "UPDATE entry SET body = :body, leaf_hash = :leaf WHERE leaf_index = :last",
        body=b"x",
        leaf=leaf_hash(b"x"),
        last=last,
    )
    assert "rollback" in str(refused(press, LAST_SIGNED))


def test_a_missing_entry_is_never_signed_over(press: Press) -> None:
    press.load()
    with press.store.engine.begin() as connection:
        on = "" if connection.dialect.name == "sqlite" else " ON entry"
        connection.exec_driver_sql(f"DROP TRIGGER IF EXISTS entry_is_never_deleted{on}")
        connection.execute(text("DELETE FROM entry WHERE leaf_index = 7"))
    refused(press, "entries from 0")


def test_a_decided_root_that_was_changed_is_never_signed(press: Press) -> None:
    size = press.load()
    with pytest.raises(Crash):
        CRASHES["decided in the database"](press).publish()
    change(press, "UPDATE checkpoint SET root = :root", root=bytes(32))
    refused(press, f"checkpoint {size}")


def test_a_head_set_back_under_its_checkpoint_stops_the_publisher(press: Press) -> None:
    press.load()
    press.publish()
    change(press, "UPDATE head SET size = 0, frontier = :frontier", frontier=bytes(8))
    refused(press, "head")


def test_a_decision_ahead_of_the_head_is_never_signed(press: Press) -> None:
    press.load()
    with pytest.raises(Crash):
        CRASHES["decided in the database"](press).publish()
    edge = Frontier().extend(leaf_hash(raw) for raw in press.yard.entries[:20])
    change(press, "UPDATE head SET size = 20, frontier = :frontier", frontier=format_frontier(edge))
    refused(press, "head")


def test_a_record_set_back_stops_the_publisher(press: Press) -> None:
    press.load(20)
    press.publish()
    kept = (press.home.path / LAST_SIGNED).read_bytes()
    press.load()
    press.publish()
    (press.home.path / LAST_SIGNED).write_bytes(kept)
    refused(press, LAST_SIGNED)


def test_another_home_on_the_same_database_signs_nothing(press: Press, tmp_path: Path) -> None:
    press.load()
    press.publish()
    grow(press)
    other = create_home(tmp_path / "other", ORIGIN)
    publisher = Publisher(press.store, press.clock, ORIGIN, other.read_checkpoint_keys(), other.signed_heads)
    with pytest.raises(Corruption):
        publisher.publish()


def copied(press: Press) -> Path:
    """A backup of the SQLite file, as SQLite itself makes it."""
    backup = press.folder / "backup.sqlite"
    with closing(sqlite3.connect(_database(press))) as source, closing(sqlite3.connect(backup)) as target:
        source.backup(target)
    return backup


def restore(press: Press, backup: Path) -> None:
    press.store.close()
    database = _database(press)
    for leftover in database.parent.glob(f"{database.name}-*"):
        leftover.unlink()
    shutil.copy(backup, database)
    press.store = open_store(press.url)


def _database(press: Press) -> Path:
    return Path(press.url.removeprefix("sqlite:///"))


@on_sqlite
@pytest.mark.parametrize("had_checkpoint", [False, True])
def test_a_database_restored_from_an_older_copy_is_not_signed(press: Press, had_checkpoint: bool) -> None:
    press.load(20)
    if had_checkpoint:
        press.publish()
    backup = copied(press)
    press.load()
    press.publish()
    restore(press, backup)
    assert "rollback" in str(_corruption(press))


@on_sqlite
def test_a_restored_database_that_grew_otherwise_is_not_signed(press: Press) -> None:
    press.load()
    backup = copied(press)
    forked = replace_tail(press)
    signed_size = press.load()
    first = press.publish()
    restore(press, backup)
    press.yard.entries[:] = forked
    assert press.load() >= signed_size
    assert "rollback" in str(_corruption(press))
    assert first is not None
    assert recorded(press) == SignedHead(first.checkpoint.size, first.checkpoint.root)


@on_sqlite
def test_a_restored_database_that_was_brought_up_to_date_again_is_signed(press: Press) -> None:
    press.load(20)
    press.publish()
    backup = copied(press)
    press.load()
    press.publish()
    restore(press, backup)
    grow(press)
    published = press.publish()
    assert published is not None
    assert published.checkpoint.size == len(press.yard.entries)
    assert press.publish() is None


@on_sqlite
def test_a_restored_decision_that_was_overtaken_is_passed_over(press: Press) -> None:
    press.load(20)
    with pytest.raises(Crash):
        CRASHES["decided in the database"](press).publish()
    backup = copied(press)
    press.load()
    press.publish()
    press.publish()
    restore(press, backup)
    grow(press)
    published = press.publish()
    assert published is not None
    assert published.checkpoint.size == len(press.yard.entries)
    assert press.publish() is None


def replace_tail(press: Press) -> list[bytes]:
    """The log as it becomes when the yard goes another way than it goes now."""
    yard = press.yard
    size, state = len(yard.entries), dict(yard.state)
    yard.produce(count=2)
    yard.produce()
    forked = list(yard.entries)
    del yard.entries[size:]
    yard.state = state
    yard.produce()
    return forked


def _corruption(press: Press) -> Corruption:
    with pytest.raises(Corruption) as caught:
        press.publish()
    return caught.value


def test_while_one_publisher_works_another_does_nothing(press: Press) -> None:
    press.load()

    def second(_note: bytes) -> list[NoteSignature]:
        with pytest.raises(Unavailable):
            press.publish()
        return []

    published = press.publisher(cosigners=[second]).publish()
    assert published is not None
    assert newest(press).note == published.note


@pytest.fixture
def loop(press: Press) -> Iterator[PublisherLoop]:
    loop = PublisherLoop(press.store, press.publisher(), interval_s=0.05)
    loop.start()
    yield loop
    loop.stop()


def test_the_loop_covers_what_is_committed(press: Press, loop: PublisherLoop) -> None:
    size = press.load()
    assert loop.wait_until_covered(size, timeout_s=20)
    assert newest(press).size == size
    assert not loop.wait_until_covered(size + 1, timeout_s=0.1)
    loop.verify_healthy()


def test_the_loop_publishes_at_once_when_asked(press: Press) -> None:
    loop = PublisherLoop(press.store, press.publisher(), interval_s=600)
    loop.start()
    try:
        size = press.load()
        assert loop.wait_until_covered(size, timeout_s=20)
    finally:
        loop.stop()


def test_a_contradiction_stops_the_loop_and_its_health(press: Press, loop: PublisherLoop) -> None:
    assert loop.wait_until_covered(press.load(), timeout_s=20)
    change(press, "UPDATE head SET size = 0, frontier = :frontier", frontier=bytes(8))
    assert not loop.wait_until_covered(10_000, timeout_s=20)
    with pytest.raises(Corruption):
        loop.verify_healthy()


def test_a_loop_that_is_not_running_is_not_healthy(press: Press) -> None:
    with pytest.raises(Unavailable):
        PublisherLoop(press.store, press.publisher()).verify_healthy()


def test_a_busy_publisher_is_waited_for(press: Press) -> None:
    loop = PublisherLoop(press.store, press.publisher(), interval_s=0.05)
    size = press.load()
    with press.home.signed_heads():
        loop.start()
        assert not loop.wait_until_covered(size, timeout_s=0.3)
    try:
        assert loop.wait_until_covered(size, timeout_s=20)
    finally:
        loop.stop()
