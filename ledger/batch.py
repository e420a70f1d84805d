"""Statements judged together in one transaction: each gets its own answer, and a refused one harms no neighbour.

A statement whose parent is not there yet waits: for a later statement of the same batch, or beside the log for one
that may come within days. Whatever arrives takes what waited for it along.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TypeAlias, cast

from ledger.domain.operation import ConflictRecorded, KeySucceeded
from ledger.domain.payload import key_key
from ledger.domain.values import format_instant, format_uuid7
from ledger.errors import (
    ConflictingStatement,
    Corruption,
    IdReused,
    KeyUnknown,
    Refusal,
    RulesUnknown,
    StaleHead,
    Unavailable,
)
from ledger.event import Event, parse_event, sign_event
from ledger.fold.state import Value
from ledger.keys import SigningKey, parse_public_key
from ledger.statement import Envelope, verify_envelope
from ledger.store.append import Append
from ledger.store.entries import Entry, Head, find_idempotent, find_recorded, get_entry
from ledger.store.session import Reader, Writer
from ledger.store.side import (
    WAITING_PER_KEY_MAX,
    WAITING_PER_PARTY_MAX,
    WAITING_S_MAX,
    Parked,
    Refused,
    count_waiting,
    find_children,
    find_expired,
    journal_refusals,
    park,
    unpark,
)

BEHIND_S_MAX = 600
"""How far this server's clock may be behind the last tick."""

_DAY_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Recorded:
    """The statement is in the log, or was before (``duplicate``).

    Attributes:
        index: its leaf index.
        event_id: in hex.
        leaf_hash: 32 bytes.
        recorded_at: seconds since 1970, the minute in which it was recorded.
        duplicate: the answer to an earlier submission, given again.
    """

    index: int
    event_id: str
    leaf_hash: bytes
    recorded_at: int
    duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Waiting:
    """The statement is kept until the events it builds on (``parents``, ids in hex) are in the log."""

    event_id: str
    parents: tuple[str, ...]


Outcome: TypeAlias = Recorded | Waiting | Refusal


@dataclass(frozen=True, slots=True)
class Candidate:
    """An event to be judged.

    Attributes:
        event: the statement, parsed.
        verified: whether its signature is known to be good; a key enrolled in the same batch is known too late.
    """

    event: Event
    verified: bool = True

    @property
    def signer(self) -> str:
        """Party and key, under which what is not recorded is kept."""
        return f"{self.event.party}:{self.event.kid}"


@dataclass(frozen=True, slots=True)
class OnlineKeys:
    """The keys by which the ledger speaks for itself, both delegated to its operator by genesis or the root."""

    clock: SigningKey
    recorder: SigningKey


_Turn: TypeAlias = tuple[int | None, Candidate]
"""A candidate and its place in the batch; None when it waited beside the log and nobody listens for its answer."""


class Batch:
    """One transaction's statements.

    ``judge`` only reads, so that on a snapshot it tells what would happen; ``write`` makes it so.
    """

    def __init__(self, append: Append, reader: Reader, keys: OnlineKeys, now: int) -> None:
        """Begin with a tick if the minute has advanced; ``now`` is in seconds since 1970.

        Raises:
            Unavailable: there is no ledger yet, this server's clock is behind, or the ledger has adopted rules that
                this program does not have.
        """
        self._append = append
        self._reader = reader
        self._keys = keys
        # What is in the log, as it is answered when sent again; what was appended here and may have children.
        self._answers: dict[str, Outcome] = {}
        self._fresh: list[str] = []
        self._taken: dict[str, str] = {}
        self._children: dict[str, list[_Turn]] = defaultdict(list)
        self._parked: dict[str, Parked] = {}
        self._unparked: list[str] = []
        self._refused: list[Refused] = []
        _require_known_rules(append)
        self._tick(now)
        self._ticks = len(append.entries)

    def judge(self, candidates: Sequence[Candidate]) -> list[Outcome]:
        """The answers, in the order of the candidates.

        Raises:
            Unavailable: the ledger's own statement about a conflict is refused; or the minute has advanced, this
                server has no clock key in force to say so, and the root is not about to give it one.
            Corruption: the log breaks its own order.
        """
        if self._stands_still and not all(_gives_a_clock(candidate.event) for candidate in candidates):
            raise Unavailable("the ledger's clock key is not this server's: nothing is recorded", retry_after_s=60)
        self._look_up([candidate.event for candidate in candidates])
        outcomes: dict[int | None, Outcome] = {}
        queue: deque[_Turn] = deque(enumerate(candidates))
        while queue:
            place, candidate = queue.popleft()
            outcomes[place] = outcome = self._judge_one(candidate)
            self._settle(place, candidate, outcome)
            if candidate.event.id in self._answers:
                queue.extendleft(reversed(self._children.pop(candidate.event.id, [])))
            if not queue:
                queue.extend(self._arrivals())
        return [outcomes[place] for place in range(len(candidates))]

    def write(self, writer: Writer) -> Head | None:
        """Write what was judged; the new head, or None if no statement was recorded (then no tick is, either)."""
        # What waits on, for another parent, keeps the time since when it waits.
        unpark(writer, [event_id for event_id in self._unparked if event_id not in self._parked])
        park(writer, self._parked.values())
        journal_refusals(writer, self._refused)
        return self._append.write(writer) if len(self._append.entries) > self._ticks else None

    def _look_up(self, events: Sequence[Event]) -> None:
        """Read at once what judging these events will ask for."""
        # The same event has the same (iss, id), so one search finds what is here already and what was reused.
        keys = (self._append.idempotency_key(event) for event in events)
        for key, entry in find_idempotent(self._reader, keys).items():
            self._taken[key] = entry.event_id
            self._answers[entry.event_id] = original_answer(self._reader, entry)
        self._append.preload(events)

    def _judge_one(self, candidate: Candidate) -> Outcome:
        event = candidate.event
        if event.id in self._answers:
            return self._answers[event.id]
        taken_by = self._taken.get(self._append.idempotency_key(event), event.id)
        if taken_by != event.id:
            return IdReused("this id was used for another statement", field="/id", event_id=taken_by)
        try:
            if not candidate.verified:
                key = self._append.state.get(key_key(event.party, event.kid))
                verify_statement(event.envelope, key)
            return self._record(event)
        except ConflictingStatement as refusal:
            if refusal.facts["conflict"] is not None:
                return refusal
            return self._record_conflict(event, refusal)
        except Refusal as refusal:
            missing = self._missing_parents(refusal)
            return Waiting(event.id, missing) if missing and self._may_wait(candidate) else refusal

    def _record(self, event: Event) -> Recorded:
        entry = self._append.add(event)
        self._note_appended(entry, recorded(entry, duplicate=True))
        return recorded(entry)

    def _record_conflict(self, event: Event, refusal: ConflictingStatement) -> Refusal:
        """Keep the second statement as evidence, at once followed by the record that names both."""
        second = self._append.add_void(event, refusal)
        members = {"by": event.party, "first": refusal.facts["first"], "second": event.id}
        record = self._say(self._keys.recorder, "conflict.recorded", event.id, self._now(), members)
        refusal.facts["conflict"] = record.event_id
        self._note_appended(second, refusal)
        return refusal

    def _note_appended(self, entry: Entry, answer: Outcome) -> None:
        self._answers[entry.event_id] = answer
        self._taken[entry.idempotency] = entry.event_id
        self._fresh.append(entry.event_id)

    def _settle(self, place: int | None, candidate: Candidate, outcome: Outcome) -> None:
        """Note what is to become of a statement beside the log."""
        event_id = candidate.event.id
        self._parked.pop(event_id, None)
        if place is None:
            self._unparked.append(event_id)
        if isinstance(outcome, Waiting):
            self._children[outcome.parents[0]].append((place, candidate))
            self._parked[event_id] = self._parked_row(candidate, outcome.parents[0])
        elif isinstance(outcome, Refusal) and candidate.verified and event_id not in self._answers:
            self._journal(candidate.signer, event_id, outcome, candidate.event.envelope.raw)

    def _arrivals(self) -> list[_Turn]:
        """What waited beside the log for the events appended since the last call."""
        parents, self._fresh = self._fresh, []
        known = {candidate.event.id for turns in self._children.values() for _, candidate in turns}
        children = [row for row in find_children(self._reader, parents) if row.event_id not in known]
        candidates = [Candidate(parse_event(row.body)) for row in children]
        self._look_up([candidate.event for candidate in candidates])
        return [(None, candidate) for candidate in candidates]

    def _missing_parents(self, refusal: Refusal) -> tuple[str, ...]:
        """The events that all stale subjects wait for; empty if one of them can never fit again."""
        stale = cast(list[dict[str, str | None]], refusal.facts.get("stale", []))
        prevs = [row["prev"] for row in stale]
        named = [prev for prev in prevs if prev is not None]
        if len(named) < len(prevs) or any(prev in self._answers for prev in named):
            return ()
        return () if find_recorded(self._reader, named) else tuple(dict.fromkeys(named))

    def _may_wait(self, candidate: Candidate) -> bool:
        """Whether there is room for one more of this key, and one more of this party."""
        party = f"{candidate.event.party}:"
        return (
            self._count_waiting(candidate.signer) < WAITING_PER_KEY_MAX
            and self._count_waiting(party) < WAITING_PER_PARTY_MAX
        )

    def _count_waiting(self, signer: str) -> int:
        here = sum(row.signer.startswith(signer) for row in self._parked.values())
        return count_waiting(self._reader, signer) + here

    def _parked_row(self, candidate: Candidate, parent: str) -> Parked:
        event = candidate.event
        return Parked(event.id, parent, candidate.signer, self._now(), event.envelope.raw)

    def _journal(self, signer: str, event_id: str, refusal: Refusal, body: bytes) -> None:
        self._refused.append(Refused(event_id, signer, refusal.code, refusal.detail, self._now(), body))

    def _now(self) -> int:
        """The minute in which this transaction records."""
        tick: int = self._begun("time")["tick"]
        return tick

    def _begun(self, key: str) -> Value:
        """A value that every ledger has from its genesis on."""
        value = self._append.state.get(key)
        if value is None:
            raise Unavailable("the ledger has not begun: it has no genesis")
        return value

    def _tick(self, now: int) -> None:
        minute, last = now - now % 60, self._now()
        if now < last - BEHIND_S_MAX:
            raise Unavailable("this server's clock is behind the ledger's: nothing is recorded", retry_after_s=60)
        self._stands_still = minute > last and self._keys.clock.public.kid.hex() != self._begun("online")["clock"]
        if minute > last and not self._stands_still:
            index = self._append.size
            self._say(self._keys.clock, "ledger.tick", f"tick {index}", minute, {"tree_size": index})
            self._give_up_on_the_late(minute)

    def _give_up_on_the_late(self, now: int) -> None:
        for row in find_expired(self._reader, now):
            refusal = StaleHead(f"what it builds on did not come within {WAITING_S_MAX // _DAY_S} days")
            self._unparked.append(row.event_id)
            self._journal(row.signer, row.event_id, refusal, row.body)

    def _say(self, key: SigningKey, kind: str, about: str, at: int, members: Mapping[str, object]) -> Entry:
        """State something in the ledger's own name; the id is drawn from what it is about, so a retry repeats it."""
        common: dict[str, object] = {
            "v": 1,
            "kind": kind,
            "id": format_uuid7(at * 1000, sha256(about.encode()).digest()[:10]),
            "occurred_at": format_instant(at),
            "party": self._begun("ledger")["operator"],
        }
        try:
            return self._append.add(parse_event(sign_event(key, {**common, **members})))
        except Refusal as refusal:
            raise Unavailable(f"this server may not speak for the ledger: {refusal}", retry_after_s=60) from refusal


def _gives_a_clock(event: Event) -> bool:
    return isinstance(event.payload, KeySucceeded) and event.payload.role == "clock"


def _require_known_rules(append: Append) -> None:
    try:
        append.require_known_rules()
    except RulesUnknown as refusal:
        # The statement may be right by the rules in force; only this server cannot tell.
        raise Unavailable(refusal.detail, retry_after_s=60) from refusal


def recorded(entry: Entry, *, duplicate: bool = False) -> Recorded:
    """The answer to a statement that is this entry."""
    return Recorded(entry.index, entry.event_id, entry.leaf_hash, entry.recorded_at, duplicate)


def original_answer(reader: Reader, entry: Entry) -> Outcome:
    """What the sender of this entry was told: for one without effect, the refusal that names its conflict."""
    if not entry.void:
        return recorded(entry, duplicate=True)
    record = get_entry(reader, entry.index + 1)
    payload = parse_event(record.body).payload
    if not isinstance(payload, ConflictRecorded):
        raise Corruption("no record of its conflict follows", place=f"entry {entry.index}")
    return ConflictingStatement(
        "this party already made another statement on the same previous event",
        first=payload.first,
        conflict=record.event_id,
    )


def verify_statement(envelope: Envelope, key: Value | None) -> None:
    """Accept the envelope as signed by the enrolled key whose state value this is, whether in force or not.

    Raises:
        KeyUnknown: there is no such key.
        SignatureInvalid: the signature is not good.
    """
    if key is None:
        raise KeyUnknown(
            "no such key is enrolled for this party", field="/protected/kid", kid=envelope.kid.hex(), party=envelope.iss
        )
    verify_envelope(envelope, parse_public_key(key["spki"]))
