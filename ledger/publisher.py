"""Checkpoints: the one place where the log binds itself by a signature.

A signature cannot be taken back, so the order of effects is: look, decide, write down what was decided in two
places, and only then sign. (sunlight signs first, because what it swaps into its lock store is the signed
checkpoint. Here the decision is stored without a signature, so that none can leak, by a replica or a backup of the
database, before the record outside the database knows what it binds this server to.) Each step says what a crash
after it leaves behind; the next ``publish``, of any process, starts by completing it, so recovery is no other code.

A log never signs a checkpoint that is inconsistent with one it signed before (C2SP tlog-checkpoint). What was signed
is known from ``last-signed`` in the home folder, which is not part of the database: a database set back to an older
state, or grown again from there, does not lead to the recorded root, and nothing is signed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from threading import Condition, Event, Thread
from time import monotonic

from ledger.clock import Clock
from ledger.errors import Corruption, Unavailable
from ledger.home import LAST_SIGNED, CheckpointKeys, SignedHead, SignedHeads
from ledger.log.checkpoint import Checkpoint, format_checkpoint
from ledger.log.merkle import Frontier, leaf_hash
from ledger.log.note import NoteSignature, format_note
from ledger.log.receipt import make_receipt, sign_root
from ledger.log.signature import add_signatures, sign_checkpoint
from ledger.log.tree import prove_inclusion, read_frontier
from ledger.store.checkpoints import (
    StoredCheckpoint,
    find_newest_checkpoint,
    insert_checkpoint,
    publish_checkpoint,
)
from ledger.store.entries import Head, iter_bodies, read_head
from ledger.store.session import Reader, Store
from ledger.store.tiles import hash_reader

INTERVAL_S = 1.0

OpenSignedHeads = Callable[[], AbstractContextManager[SignedHeads]]
Cosigner = Callable[[bytes], Sequence[NoteSignature]]
"""Shows a witness the note, and returns its lines, verified. A witness that does not answer gives none."""


@dataclass(frozen=True, slots=True)
class Published:
    """A checkpoint that the world can read.

    Attributes:
        checkpoint: origin, size and root.
        note: the signed note, with the cosignatures there are.
        published_at: seconds since 1970.
    """

    checkpoint: Checkpoint
    note: bytes
    published_at: int


@dataclass(frozen=True, slots=True)
class _Decision:
    """What is to be signed, and after which checkpoint its row is still to be put (None: the row is there)."""

    checkpoint: Checkpoint
    previous_size: int | None


class Publisher:
    """Signs the log's tree heads; any number of processes may have one, the lock of the record lets one work."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        origin: str,
        keys: CheckpointKeys,
        signed_heads: OpenSignedHeads,
        cosigners: Sequence[Cosigner] = (),
    ) -> None:
        self._store = store
        self._clock = clock
        self._origin = origin
        self._keys = keys
        self._signed_heads = signed_heads
        self._cosigners = cosigners

    def publish(self) -> Published | None:
        """Publish one checkpoint of all that is committed; None when that is done already.

        What an earlier call left unfinished is finished first, and alone.

        Raises:
            Corruption: the database contradicts itself or what was signed (a rollback). Nothing was signed.
            Unavailable: another publisher is at work, or the database does not answer.
        """
        with self._signed_heads() as record:
            decision = self._decide(record.find_newest())
            if decision is None or not self._commit(decision):
                return None
            return self._complete(decision.checkpoint, record)

    def _decide(self, signed: SignedHead | None) -> _Decision | None:
        """The tree head to be signed, consistent with all that was signed; None when nothing is new."""
        with self._store.read() as reader:
            head, newest = read_head(reader), find_newest_checkpoint(reader)
            _refuse_forgotten(head, newest, signed)
            frontier = _signed_frontier(reader, head, signed)
            unfinished = newest is not None and newest.published_at is None and newest.size >= frontier.size
            size = newest.size if newest is not None and unfinished else head.size
            frontier = _rehash(reader, frontier, size)
        if size == head.size and frontier != head.frontier:
            raise Corruption("the entries do not lead to the stored edge", place="head")
        if newest is None or newest.size < size:
            checkpoint = Checkpoint(self._origin, size, frontier.root())
            return _Decision(checkpoint, 0 if newest is None else newest.size) if size else None
        if frontier.root() != newest.root:
            raise Corruption("the entries do not lead to its root", place=f"checkpoint {size}")
        return _Decision(Checkpoint(self._origin, size, newest.root), None) if unfinished else None

    def _commit(self, decision: _Decision) -> bool:
        """Make the decision the newest row of the database; False when another server was first."""
        if decision.previous_size is None:
            return True
        checkpoint, previous_size = decision.checkpoint, decision.previous_size
        text = format_checkpoint(checkpoint).encode()
        # A crash after this leaves a row without signature and publication. Nobody has seen anything: the next call
        # re-hashes it and goes on; if the database is set back to before it, nothing was promised.
        return self._store.write(
            lambda writer: insert_checkpoint(writer, previous_size, checkpoint.size, checkpoint.root, text, None)
        )

    def _complete(self, checkpoint: Checkpoint, record: SignedHeads) -> Published:
        """Record, sign, have cosigned, publish. Doing it again for the same tree head promises nothing new."""
        newest = record.find_newest()
        if newest is None or newest.size < checkpoint.size:
            record.append(SignedHead(checkpoint.size, checkpoint.root))
        # A crash here leaves this server bound to a tree head that it has not signed yet. The next call signs that
        # same one; a database set back to before it is refused from here on.
        now = self._clock.now()
        note = sign_checkpoint(checkpoint, self._keys.note_signers, now)
        receipt = self._receipt_of_newest_entry(checkpoint)
        # A crash here loses signatures that nobody has seen. They are made again over the same bytes.
        for cosigner in self._cosigners:
            note = add_signatures(note, tuple(cosigner(format_note(note))))
        # A crash here leaves witnesses that have seen the checkpoint before the world. They are asked again, about
        # the same tree head, and answer again.
        published = Published(checkpoint, format_note(note), now)
        self._store.write(lambda writer: publish_checkpoint(writer, checkpoint.size, published.note, receipt, now))
        # A crash here leaves nothing to do: the row is what is served.
        return published

    def _receipt_of_newest_entry(self, checkpoint: Checkpoint) -> bytes | None:
        """The COSE signature over the root, kept as a whole receipt; the others at this size share the signature."""
        if checkpoint.size < 2:
            return None
        issuer = f"https://{checkpoint.origin}"
        with self._store.read() as reader:
            inclusion = prove_inclusion(hash_reader(reader), checkpoint.size - 1, checkpoint.size)
        return make_receipt(sign_root(checkpoint, self._keys.receipt_key, issuer), inclusion)


def _refuse_forgotten(head: Head, newest: StoredCheckpoint | None, signed: SignedHead | None) -> None:
    """The log never has less than its checkpoints, and the record never knows less than what is published."""
    if newest is None:
        return
    if newest.size > head.size:
        raise Corruption(f"{head.size} entries under a checkpoint of {newest.size}", place="head")
    known = 0 if signed is None else signed.size
    if newest.published_at is not None and known < newest.size:
        raise Corruption(
            f"ends at size {known}, but checkpoint {newest.size} is published: it was set back, or is another server's",
            place=LAST_SIGNED,
        )


def _signed_frontier(reader: Reader, head: Head, signed: SignedHead | None) -> Frontier:
    """The tree at the size that was last signed, as the database has it now.

    Raises:
        Corruption: it is not the one that was signed.
    """
    if signed is None:
        return Frontier()
    if head.size < signed.size:
        raise Corruption(
            f"rollback: the database has {head.size} entries, a checkpoint of {signed.size} was signed", place="head"
        )
    frontier = read_frontier(hash_reader(reader), signed.size)
    if frontier.root() != signed.root:
        raise Corruption(
            f"rollback: the first {signed.size} entries are not those whose root was signed", place=LAST_SIGNED
        )
    return frontier


def _rehash(reader: Reader, frontier: Frontier, size: int) -> Frontier:
    """The tree at ``size``, from ``frontier`` on by hashing every entry anew from its bytes."""
    return frontier.extend(_checked_leaf(*row) for row in iter_bodies(reader, frontier.size, size))


def _checked_leaf(index: int, stored: bytes, body: bytes) -> bytes:
    leaf = leaf_hash(body)
    if leaf != stored:
        raise Corruption("the statement does not have the stored leaf hash", place=f"entry {index}")
    return leaf


class PublisherLoop:
    """A thread that publishes every second, or at once when asked."""

    def __init__(self, store: Store, publisher: Publisher, interval_s: float = INTERVAL_S) -> None:
        self._store = store
        self._publisher = publisher
        self._interval_s = interval_s
        self._wake, self._stopping = Event(), Event()
        self._round_over = Condition()
        self._corruption: Corruption | None = None
        self._thread = Thread(target=self._run, name="publisher", daemon=True)

    def start(self) -> None:
        """Begin, with a round at once."""
        self._wake.set()
        self._thread.start()

    def stop(self) -> None:
        """End after the round that is under way."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()

    def verify_healthy(self) -> None:
        """Whoever writes asks this first: what cannot be published must not be accepted any longer.

        Raises:
            Corruption: the publisher found it, and has stopped.
            Unavailable: the publisher is not running.
        """
        if self._corruption is not None:
            raise Corruption(self._corruption.detail, place=self._corruption.place)
        if not self._thread.is_alive():
            raise Unavailable("no checkpoints are being published", retry_after_s=60)

    def wait_until_covered(self, size: int, timeout_s: float) -> bool:
        """Whether a published checkpoint has at least ``size`` leaves, at the latest after ``timeout_s``.

        Raises:
            Unavailable: the database does not answer.
        """
        deadline = monotonic() + timeout_s
        while not self._is_covered(size):
            remaining_s = deadline - monotonic()
            if remaining_s <= 0 or not self._thread.is_alive():
                return False
            with self._round_over:
                self._wake.set()
                self._round_over.wait(min(remaining_s, self._interval_s))
        return True

    def _is_covered(self, size: int) -> bool:
        with self._store.read() as reader:
            newest = find_newest_checkpoint(reader, published=True)
        return newest is not None and newest.size >= size

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.wait(self._interval_s)
            self._wake.clear()
            try:
                self._publisher.publish()
            except Unavailable:
                # Nothing is lost: the next round completes it, here or in the process that has the lock.
                continue
            except Corruption as found:
                self._corruption = found
                return
            finally:
                with self._round_over:
                    self._round_over.notify_all()
