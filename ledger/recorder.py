"""The one write path: from the bytes that a party signed to an entry of the log, or a refusal that says why not.

A statement is checked in this order, everywhere the same:

1. size; 2. the exact bytes are here already: the original answer; 3. syntax; 4. the key is known; 5. the signature;
6. ``iss`` is ``party``; 7. the same event is here already: the original answer; 8. (``iss``, ``id``) was used for
another; and inside the transaction 9. the fold: key in force here, authorisation, custody and ``prev``, law.

Steps 1 to 6 run in the caller's thread, before the queue. What waits in the queue is then committed together, and
nobody is answered before the commit: a process that dies before it has promised nothing, and whoever was not
answered asks again and gets the original answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Lock

from ledger.batch import (
    Batch,
    Candidate,
    OnlineKeys,
    Outcome,
    Recorded,
    original_answer,
    recorded,
    verify_statement,
)
from ledger.clock import Clock, SteadyClock
from ledger.domain.operation import Genesis
from ledger.domain.party import KeyEnrolled
from ledger.domain.payload import finding_key, key_key
from ledger.errors import IssuerMismatch, MalformedStatement, NotConcerned, Refusal, Unavailable
from ledger.event import Event, parse_event
from ledger.fold.fold import RulesOf
from ledger.fold.state import Value
from ledger.keys import parse_public_key
from ledger.log.merkle import leaf_hash
from ledger.statement import Envelope, parse_envelope
from ledger.store.append import Append
from ledger.store.entries import Head, find_entries, lock_head, read_head
from ledger.store.session import Reader, Store, Writer
from ledger.store.state import StateCache, load_states

SUBMITTED_MAX = 1000
"""Statements in one call, and in one commit."""
QUEUED_MAX = 4 * SUBMITTED_MAX
"""Statements inside ``submit`` at one time, in one process; beyond it, callers are told to come back."""

_OF_THE_SERVER = frozenset({"clock", "recorder"})


class Recorder:
    """Records statements; one for each process that writes, used by any number of threads.

    Any number of processes may record in one database: the head's lock puts their commits in order. Every statement
    is judged by the version of the rules that the log names at its place, got from ``rules_of``.
    """

    def __init__(
        self, store: Store, rules_of: RulesOf, clock: Clock, keys: OnlineKeys, *, queued_max: int = QUEUED_MAX
    ) -> None:
        self._store = store
        self._rules_of = rules_of
        self._clock = SteadyClock(clock)
        self._keys = keys
        self._cache = StateCache()
        self._commits = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._lock = Lock()
        self._open_group: _Group | None = None
        self._room = queued_max

    def submit(self, raws: Sequence[bytes]) -> list[Outcome]:
        """Record these statements, and answer each, in order, when all of that is on the disk.

        They may build on each other, in any order. They are not atomic: each is recorded, refused, or waits on its
        own. Refusals are returned, not raised.

        Raises:
            Unavailable: too much is queued, the clock cannot be trusted, or the database cannot write. Nothing can be
                said of any of the statements: send them again, what was recorded gets its original answer.
            Corruption: the log contradicts itself.
            ValueError: more than ``SUBMITTED_MAX`` statements.
        """
        if len(raws) > SUBMITTED_MAX:
            raise ValueError(f"{len(raws)} statements in one call")
        with self._room_for(len(raws)):
            admitted = self._admit(raws)
            candidates = [item for item in admitted if isinstance(item, Candidate)]
            answers = iter(self._commit_with_others(candidates) if candidates else [])
            return [next(answers) if isinstance(item, Candidate) else item for item in admitted]

    def check(self, raw: bytes, vouched: str | None = None) -> Checked:
        """The answer that ``submit`` would give to this statement alone, now; nothing is recorded.

        ``vouched`` is the state key of the signing key whose holder is known to ask: what that key is to sign is judged
        before it has signed it, with any 64 bytes for a signature.

        Raises:
            Unavailable, Corruption: as ``submit``.
        """
        [admitted] = self._admit([raw], vouched)
        if not isinstance(admitted, Candidate):
            return Checked(admitted)
        with self._store.read() as reader:
            append = Append(reader, read_head(reader), self._rules_of, StateCache())
            [outcome] = Batch(append, reader, self._keys, self._clock.now()).judge([admitted])
        opened = finding_key(admitted.event.id, 0)[:-1]
        found = {key: value for key, value in append.state.changes.items() if key.startswith(opened)}
        return Checked(outcome, [found[key] for key in sorted(found, key=lambda key: (len(key), key))])

    def genesis(self, raw: bytes) -> Recorded:
        """Begin the ledger: make this the first entry of an empty log. The same genesis again is a duplicate.

        Raises:
            MalformedStatement, SignatureInvalid, KeyUnknown, TransitionNotAllowed: it is not a genesis signed by one of
                the root keys it names, or the log has begun with another.
            RulesUnknown: it names rules that this program does not have.
            Unavailable: the database cannot write.
        """
        event = parse_event(raw)
        verify_statement(event.envelope, _own_root_key(event))
        return self._store.write(lambda writer: self._begin(writer, event))

    def close(self) -> None:
        """Finish the commits that are queued."""
        self._commits.shutdown()

    @contextmanager
    def _room_for(self, count: int) -> Iterator[None]:
        with self._lock:
            if count > self._room:
                raise Unavailable("too many statements are being recorded")
            self._room -= count
        try:
            yield
        finally:
            with self._lock:
                self._room += count

    def _admit(self, raws: Sequence[bytes], vouched: str | None = None) -> list[Candidate | Outcome]:
        """Steps 1 to 6: only what an enrolled key has signed gets any further."""
        opened = [_open(raw) for raw in raws]
        with self._store.read() as reader:
            known = _look_up(reader, [item.envelope for item in opened if isinstance(item, _Opened)])
        return [_admit_one(item, known, vouched) if isinstance(item, _Opened) else item for item in opened]

    def _commit_with_others(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """Join the group that is still open, and share its commit, or its failure."""
        with self._lock:
            group = self._joinable(len(candidates))
            start = len(group.candidates)
            group.candidates += candidates
        return group.answers.result()[start : start + len(candidates)]

    def _joinable(self, count: int) -> _Group:
        group = self._open_group
        if group is None or len(group.candidates) + count > SUBMITTED_MAX:
            group = _Group()
            group.answers = self._commits.submit(self._commit, group)
            self._open_group = group
        return group

    def _commit(self, group: _Group) -> list[Outcome]:
        """Close the group and commit it; the next one fills meanwhile."""
        with self._lock:
            if self._open_group is group:
                self._open_group = None
        now = self._clock.now()
        written = self._store.write(lambda writer: self._write(writer, group.candidates, now))
        # Only now, after the commit: what the process remembers must never be ahead of what is stored.
        if written.head is not None:
            self._cache.advance(written.head.epoch, written.changes)
        return written.outcomes

    def _write(self, writer: Writer, candidates: Sequence[Candidate], now: int) -> _Written:
        head = lock_head(writer)
        self._cache.enter(head.epoch)
        append = Append(writer, head, self._rules_of, self._cache)
        batch = Batch(append, writer, self._keys, now)
        outcomes = batch.judge(candidates)
        return _Written(outcomes, batch.write(writer), append.state.changes)

    def _begin(self, writer: Writer, event: Event) -> Recorded:
        head = lock_head(writer)
        present = find_entries(writer, [event.id]).get(event.id)
        if present is not None:
            return recorded(present, duplicate=True)
        append = Append(writer, head, self._rules_of, StateCache())
        append.preload([event])
        entry = append.add(event)
        append.write(writer)
        return recorded(entry)


@dataclass(frozen=True, slots=True)
class Checked:
    """What recording a statement would answer, and the state values of the findings that it would open."""

    outcome: Outcome
    findings: list[Value] = field(default_factory=list)


@dataclass(slots=True)
class _Group:
    """Statements that are committed together, and what becomes of them; open while more may join."""

    candidates: list[Candidate] = field(default_factory=list)
    answers: Future[list[Outcome]] = field(init=False)


@dataclass(frozen=True, slots=True)
class _Written:
    """One transaction's result; the head is None when it recorded nothing."""

    outcomes: list[Outcome]
    head: Head | None
    changes: dict[str, Value]


@dataclass(frozen=True, slots=True)
class _Opened:
    """A statement in the form of an envelope, and the event in it, or why there is none."""

    envelope: Envelope
    event: Event | Refusal


@dataclass(frozen=True, slots=True)
class _Known:
    """What the ledger knows of some envelopes.

    Attributes:
        originals: leaf hash and answer of those that are recorded, by event id.
        keys: state values of the keys that they name.
        enrolled: state keys of the keys that the statements admitted so far in the same call enrol.
    """

    originals: dict[bytes, tuple[bytes, Outcome]]
    keys: dict[str, Value | None]
    enrolled: set[str] = field(default_factory=set)


def _look_up(reader: Reader, envelopes: Sequence[Envelope]) -> _Known:
    entries = find_entries(reader, (envelope.event_id.hex() for envelope in envelopes))
    originals = {
        bytes.fromhex(event_id): (entry.leaf_hash, original_answer(reader, entry))
        for event_id, entry in entries.items()
    }
    return _Known(originals, load_states(reader, (_key_of(envelope) for envelope in envelopes)))


def _open(raw: bytes) -> _Opened | Refusal:
    try:
        event = parse_event(raw)
    except Refusal as refusal:
        return _open_without_event(raw, refusal)
    return _Opened(event.envelope, event)


def _open_without_event(raw: bytes, refusal: Refusal) -> _Opened | Refusal:
    """What an older program recorded is here already, even if its payload is not well formed by today's rules."""
    try:
        return _Opened(parse_envelope(raw), refusal)
    except Refusal as worse:
        return worse


def _admit_one(opened: _Opened, known: _Known, vouched: str | None) -> Candidate | Outcome:
    envelope, event = opened.envelope, opened.event
    leaf, answer = known.originals.get(envelope.event_id, (None, None))
    if answer is not None and leaf == leaf_hash(envelope.raw):
        return answer
    # Step 6 comes after step 5: the mismatch is told only to who has the key.
    if isinstance(event, Refusal) and not isinstance(event, IssuerMismatch):
        return event
    try:
        comes_later = _key_of(envelope) != vouched and _verify_unless_enrolled_here(envelope, known)
    except Refusal as refusal:
        return refusal
    if isinstance(event, Refusal):
        return event
    if event.payload.signer in _OF_THE_SERVER:
        # A stolen clock key must not carry the ledger's time into another century, from where it never comes back.
        return NotConcerned(f"{event.payload.kind} is stated by the ledger's own server, never sent in", field="/kind")
    if isinstance(event.payload, KeyEnrolled):
        known.enrolled.add(key_key(event.payload.enrolled_for, event.payload.kid))
    return Candidate(event, verified=not comes_later)


def _verify_unless_enrolled_here(envelope: Envelope, known: _Known) -> bool:
    """Whether the signature has to be verified later, by a key that is enrolled earlier in the same call.

    Raises:
        KeyUnknown, SignatureInvalid: the signature is not that of an enrolled key.
    """
    key = known.keys[_key_of(envelope)]
    if key is None and _key_of(envelope) in known.enrolled:
        return True
    verify_statement(envelope, key)
    return False


def _key_of(envelope: Envelope) -> str:
    return key_key(envelope.iss, envelope.kid.hex())


def _own_root_key(event: Event) -> Value | None:
    """The root key of a genesis that it says it is signed by."""
    if not isinstance(event.payload, Genesis):
        raise MalformedStatement("a ledger begins with its genesis", field="/kind")
    named = {parse_public_key(spki).kid: spki for spki in event.payload.root.keys}
    spki = named.get(event.envelope.kid)
    return None if spki is None else {"spki": spki}
