"""A party's desk: it signs what the party states, keeps it, and brings it to the ledger, today or later.

A statement is in the outbox, on the disk, before it is sent, and leaves it only with the ledger's answer: wherever the
process is killed, what was signed is in the outbox or in the ledger.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

from cli.compose import Ask, Head, Members, begin, finish, subject_key
from cli.files import write_whole
from cli.options import ask_passphrase
from cli.outbox import Outbox, Pending
from cli.profile import Profile
from cli.server import BATCH_BYTES_MAX, BATCH_STATEMENTS_MAX, Answer, Identity, Server
from ledger.clock import SystemClock
from ledger.domain.values import format_instant, format_opaque_id, format_uuid7
from ledger.errors import Corruption, ProofInvalid, Unavailable
from ledger.event import Event
from ledger.keys import SigningKey
from ledger.log.merkle import verify_consistency
from ledger.log.note import parse_note
from ledger.log.signature import verify_checkpoint
from ledger.log.tree import prove_consistency
from ledger.trust import Trust

Standing = Literal["recorded", "waiting", "queued", "refused"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a statement.

    Attributes:
        event_id: in hex.
        kind: of the statement.
        state: ``queued`` while nobody answered; ``waiting`` at the ledger for what it builds on.
        answer: the ledger's members, or why it is queued (``detail``).
    """

    event_id: str
    kind: str
    state: Standing
    answer: dict[str, Any]

    def members(self) -> dict[str, Any]:
        """As one JSON object."""
        return {**self.answer, "event_id": self.event_id, "kind": self.kind, "state": self.state}


@dataclass(slots=True)
class Desk:
    """One profile at work.

    Attributes:
        profile: who signs.
        server: where to; None when the profile has none, or once it did not answer.
        now: seconds since 1970.
        random: that many random bytes.
        fresh: state keys of what this desk has given new ids to.
        silence: why nobody is asked any more; None while there is a connection.
    """

    profile: Profile
    server: Server | None
    now: Callable[[], int]
    random: Callable[[int], bytes]
    fresh: set[str] = field(default_factory=set)
    silence: str | None = None

    def new_id(self, prefix: str) -> str:
        """A random opaque id of the prefix (``con``, ``pty`` …), which nobody has seen."""
        identifier = format_opaque_id(prefix, self.random(16))
        self.fresh.add(subject_key(identifier))
        return identifier

    def compose(self, outbox: Outbox, kind: str, stated: Members) -> Members:
        """The payload of a statement, with everything that the party does not have to say itself.

        Raises:
            Refusal: it cannot be spelt, or its heads are not known.
            Corruption: the ledger shows another history than before.
        """
        ask = begin(kind, stated, self.common())
        trust = self.profile.find_trust()
        if trust is not None:
            self._look_for_newer_checkpoint(trust)
        anchored = self.profile.find_anchor(trust) if trust is not None else None
        return finish(ask, self._heads(outbox, ask), anchored[1] if anchored else None)

    def common(self) -> Members:
        """The members that every statement of this profile has, with a fresh id and the time of now."""
        now = self.now()
        common = {
            "v": 1,
            "id": format_uuid7(now * 1000, self.random(10)),
            "occurred_at": format_instant(now),
            "party": self.profile.party,
        }
        return common if self.profile.site is None else {**common, "site": self.profile.site}

    def flush(self, outbox: Outbox) -> list[Outcome]:
        """Send everything in the outbox, each after what it builds on; what builds on a refused one goes with it."""
        return [self._send(outbox, pending) for pending in _parents_first(outbox.pending())]

    def _send(self, outbox: Outbox, pending: Pending) -> Outcome:
        event = pending.event
        orphan = _refused_parent(outbox, event)
        if orphan is not None:
            problem = {
                "code": "builds-on-refused",
                "detail": f"it builds on {orphan}, which the ledger refused",
                "cure": "state it anew",
            }
            return self._settle_refused(outbox, pending, problem)
        if self.server is None:
            return self._outcome(event, "queued", {"detail": self.silence or "this profile has no server"})
        try:
            answer = self.server.submit(event.envelope.raw, event.id)
        except Unavailable as error:
            self._fall_silent(error)
            return self._outcome(event, "queued", {"detail": error.detail})
        return self._settle(outbox, pending, answer)

    def flush_together(self, outbox: Outbox) -> list[Outcome]:
        """Send everything in the outbox, as many statements in one request as it may hold.

        What builds on a statement that is refused in the same request waits at the ledger, and goes with it next time.
        """
        outcomes: list[Outcome] = []
        for batch in _batches(_parents_first(outbox.pending())):
            outcomes += self._send_batch(outbox, batch)
        return outcomes

    def _send_batch(self, outbox: Outbox, batch: Sequence[Pending]) -> list[Outcome]:
        answers: Sequence[Answer | None] = [None] * len(batch)
        if self.server is not None:
            try:
                answers = self.server.submit_batch([(one.event.envelope.raw, one.event.id) for one in batch])
            except Unavailable as error:
                self._fall_silent(error)
        silence = {"detail": self.silence or "the server did not say; it is sent again"}
        return [
            self._outcome(one.event, "queued", silence) if answer is None else self._settle(outbox, one, answer)
            for one, answer in zip(batch, answers, strict=True)
        ]

    def _settle(self, outbox: Outbox, pending: Pending, answer: Answer) -> Outcome:
        """Do with a statement what its answer says."""
        event = pending.event
        if answer.state == "refused":
            return self._settle_refused(outbox, pending, answer.members)
        if answer.state == "recorded":
            self.profile.keep_heads(heads_after(event))
            # A process that dies here leaves the statement in the outbox; sent again, it gets this answer again.
            outbox.settle_sent(pending)
        return self._outcome(event, answer.state, answer.members)

    def _settle_refused(self, outbox: Outbox, pending: Pending, problem: dict[str, Any]) -> Outcome:
        outbox.settle_refused(pending, problem)
        return self._outcome(pending.event, "refused", problem)

    def _outcome(self, event: Event, state: Standing, answer: dict[str, Any]) -> Outcome:
        return Outcome(event.id, event.payload.kind, state, answer)

    def _heads(self, outbox: Outbox, ask: Ask) -> dict[str, Head]:
        """Newest events: what waits in the outbox comes after all that the ledger knows."""
        asked = sorted(set(ask.subjects.values()) - self.fresh)
        heads = self._asked_heads(asked)
        heads.update({key: Head(None) for key in self.fresh})
        for pending in outbox.pending():
            heads.update(heads_after(pending.event))
        return heads

    def learn_heads(self, keys: list[str]) -> dict[str, Head]:
        """Ask for the heads of these subjects, and remember them for a day without a connection.

        Raises:
            Unavailable: there is no connection.
        """
        if self.server is None:
            raise Unavailable(self.silence or "this profile has no server")
        heads = self.server.heads(keys)
        self.profile.keep_heads({key: head for key, head in heads.items() if head.event_id is not None})
        return heads

    def _asked_heads(self, keys: list[str]) -> dict[str, Head]:
        try:
            return self.learn_heads(keys)
        except Unavailable as error:
            self._fall_silent(error)
        known = self.profile.heads()
        return {key: known[key] for key in keys if key in known}

    def _look_for_newer_checkpoint(self, trust: Trust) -> None:
        """Hold on to the ledger's newest checkpoint if it continues the one that is held."""
        if self.server is None:
            return
        try:
            found = self.server.find_checkpoint()
            if found is not None:
                self._accept_checkpoint(self.server, found[0], found[1], trust)
        except Unavailable as error:
            self._fall_silent(error)

    def _accept_checkpoint(self, server: Server, note: bytes, server_time: int, trust: Trust) -> None:
        new = verify_checkpoint(parse_note(note), trust.origin, trust.checkpoint)
        anchored = self.profile.find_anchor(trust)
        if anchored is not None:
            old = anchored[0]
            if new.size < old.size:
                return
            try:
                verify_consistency(prove_consistency(server.hashes, old.size, new.size), old.root, new.root)
            except ProofInvalid:
                self._refuse_fork(note, old.size)
        self.profile.keep_anchor(note, server_time)

    def _refuse_fork(self, note: bytes, size: int) -> None:
        path = self.profile.path / "fork.note"
        write_whole(path, note)
        raise Corruption(
            f"the ledger does not show that its newest checkpoint continues the one of size {size} that this profile "
            f"holds. Both are kept ({path.name}, anchor.json); nothing was signed. Tell the auditor",
            place="checkpoint",
        )

    def _fall_silent(self, error: Unavailable) -> None:
        """From the first question that nobody answers on, nobody is asked: what is left waits for another day."""
        self.silence = error.detail
        self.server = None


def _parents_first(pendings: Sequence[Pending]) -> list[Pending]:
    by_id = {pending.event.id: pending for pending in pendings}
    ordered: dict[str, Pending] = {}

    def add(pending: Pending) -> None:
        # Event ids are hashes, so that no chain of them comes back to itself.
        for subject in pending.event.payload.extends:
            if subject.prev in by_id and subject.prev not in ordered:
                add(by_id[subject.prev])
        ordered[pending.event.id] = pending

    for pending in pendings:
        add(pending)
    return list(ordered.values())


def _batches(pendings: Sequence[Pending]) -> Iterator[list[Pending]]:
    batch: list[Pending] = []
    size = 0
    for pending in pendings:
        more = len(pending.event.envelope.raw)
        if batch and (len(batch) == BATCH_STATEMENTS_MAX or size + more > BATCH_BYTES_MAX):
            yield batch
            batch, size = [], 0
        batch.append(pending)
        size += more
    if batch:
        yield batch


def heads_after(event: Event) -> dict[str, Head]:
    """What is newest once this event is recorded, by state key."""
    return {subject.key: Head(event.id, event.payload.occurred_at) for subject in event.payload.links()}


def _refused_parent(outbox: Outbox, event: Event) -> str | None:
    refused = outbox.refused_ids()
    return next((s.prev for s in event.payload.links() if s.prev is not None and s.prev in refused), None)


@contextmanager
def open_desk(profile: Profile, passphrase: bytes | None) -> Iterator[Desk]:
    """The profile at work on this machine's clock; its key is opened once something has to be signed."""
    now = SystemClock().now
    if profile.server is None:
        yield Desk(profile, None, now, secrets.token_bytes)
        return
    identity = Identity(profile.party, lambda: own_key(profile, passphrase), now, secrets.token_bytes)
    server = Server(profile.server, identity)
    try:
        yield Desk(profile, server, now, secrets.token_bytes)
    finally:
        server.close()


def own_key(profile: Profile, passphrase: bytes | None) -> SigningKey:
    """The profile's key; its passphrase is asked for at the terminal if it was not given.

    Raises:
        KeyUnusable: the file is missing or open to others, or the passphrase is wrong.
    """
    return profile.read_key(ask_passphrase(profile.key_path, passphrase))
