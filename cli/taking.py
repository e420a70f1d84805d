"""What can be checked of a hand-over before it is taken, with or without a connection.

The ledger checks it all again when the statements are sent. What is checked here tells a receiver at the gate whether
the giver signed what it shows, and whether it builds on what the receiver knows.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from cli.compose import Head
from cli.profile import KnownParty, Profile
from cli.server import Server
from ledger.domain.party import KeyEnrolled
from ledger.domain.values import format_instant, parse_base64url
from ledger.errors import KeyUnknown
from ledger.event import Event
from ledger.evidence import parse_evidence, verify_evidence
from ledger.keys import PublicKey, parse_public_key
from ledger.statement import verify_envelope
from ledger.trust import Trust


@dataclass(frozen=True, slots=True)
class Checked:
    """A statement of a hand-over, and what is known of it here.

    Attributes:
        event: the statement.
        by: name of its party, or its id where no name is known.
        verified: whether the signature was verified with a key that is known here.
        remarks: what the receiver should know before it relies on it.
    """

    event: Event
    by: str
    verified: bool
    remarks: tuple[str, ...]


@dataclass(slots=True)
class Known:
    """What a receiver knows beforehand.

    Attributes:
        parties: names, and keys in force, by party id.
        asked: parties of which the ledger was just asked: they have no other keys.
        heads: newest events by state key.
        events: statements that the receiver has, sent or not.
    """

    parties: dict[str, KnownParty] = field(default_factory=dict)
    asked: set[str] = field(default_factory=set)
    heads: dict[str, Head] = field(default_factory=dict)
    events: Sequence[Event] = ()


def check_taken(events: Sequence[Event], known: Known) -> list[Checked]:
    """Each statement of a hand-over with what is known of it.

    Raises:
        SignatureInvalid: a signature is not that of the key which it names: nothing of it is to be taken.
        KeyUnknown: the ledger was asked, and knows no such key of that party.
    """
    keys = {(party, kid): key for party, one in known.parties.items() for kid, key in one.keys.items()}
    # What the ledger has recorded of this very hand-over is nothing to remark.
    own = {event.id for event in events}
    heads = {key: head for key, head in known.heads.items() if head.event_id not in own}
    successors = _successors(known.events)
    checked = []
    for event in events:
        verified = _verify(event, keys, known)
        if verified and isinstance(event.payload, KeyEnrolled):
            # Enrolled on the same device a moment ago: what it signs can be believed as far as who enrolled it.
            keys[event.payload.enrolled_for, event.payload.kid] = parse_public_key(event.payload.spki)
        remarks = [*_signature_remarks(verified), *_fork_remarks(event, successors), *_head_remarks(event, heads)]
        checked.append(Checked(event, name_of(event.party, known), verified, tuple(dict.fromkeys(remarks))))
        successors.update(_successors([event]))
        heads.update({subject.key: Head(event.id, event.payload.occurred_at) for subject in event.payload.extends})
    return checked


def learn_party(server: Server, party: str) -> KnownParty:
    """Name and keys in force of a party, from the ledger.

    Raises:
        KeyUnknown: this ledger has no such party: its statements belong to another ledger.
        Unavailable: nobody answers.
    """
    try:
        members = json.loads(server.fetch(f"v1/parties/{party}"))
    except FileNotFoundError as error:
        raise KeyUnknown(
            "this ledger knows no such party; the hand-over is meant for another one", party=party
        ) from error
    in_force = [parse_public_key(parse_base64url(key["spki"])) for key in members["keys"] if not key["revoked"]]
    return KnownParty(members["name"], {key.kid.hex(): key for key in in_force})


def proven_keys(evidence: Iterable[bytes], trust: Trust) -> dict[str, KnownParty]:
    """The keys that these evidence files prove, by party; they need no connection.

    Raises:
        ProofInvalid, SignatureInvalid: one of them does not verify.
    """
    found: dict[str, dict[str, PublicKey]] = {}
    for data in evidence:
        verdict = verify_evidence(parse_evidence(data), trust)
        found.setdefault(verdict.event.party, {})[verdict.event.kid] = verdict.key
    return {party: KnownParty(None, keys) for party, keys in found.items()}


def own_party(profile: Profile) -> dict[str, KnownParty]:
    """The key of this profile itself: its own statements may come back to it."""
    return {profile.party: KnownParty(None, {profile.kid: profile.public})}


def join_parties(*sources: Mapping[str, KnownParty]) -> dict[str, KnownParty]:
    """What all of these know together; names and keys of later ones win."""
    joined: dict[str, KnownParty] = {}
    for source in sources:
        for party, known in source.items():
            before = joined.get(party, KnownParty(None, {}))
            joined[party] = KnownParty(known.name or before.name, {**before.keys, **known.keys})
    return joined


def name_of(party: str, known: Known) -> str:
    """What people call the party, if that is known here."""
    found = known.parties.get(party)
    return party if found is None or found.name is None else found.name


def describe_event(event: Event, by: str) -> str:
    """One line about a statement: who states what, about how much, and when."""
    payload = event.payload
    units = sum(subject.key.startswith("unit/") for subject in payload.extends)
    amount = f", {units} unit{'s' * (units != 1)}" if units else ""
    return f"{by}: {payload.kind} {payload.main_subject()}{amount}, {format_instant(payload.occurred_at)}"


def _verify(event: Event, keys: Mapping[tuple[str, str], PublicKey], known: Known) -> bool:
    key = keys.get((event.party, event.kid))
    if key is not None:
        verify_envelope(event.envelope, key)
        return True
    if event.party in known.asked:
        raise KeyUnknown(
            "the ledger knows no such key of this party, or it was revoked", kid=event.kid, party=event.party
        )
    return False


def _successors(events: Iterable[Event]) -> dict[tuple[str, str, str | None], str]:
    """The event that a party put on a ``prev`` of a subject."""
    return {(event.party, subject.key, subject.prev): event.id for event in events for subject in event.payload.extends}


def _signature_remarks(verified: bool) -> list[str]:
    return [] if verified else ["its signature could not be verified here: the key is not known"]


def _fork_remarks(event: Event, successors: Mapping[tuple[str, str, str | None], str]) -> list[str]:
    known = (successors.get((event.party, subject.key, subject.prev)) for subject in event.payload.extends)
    return [
        f"this party signed another statement on the same previous event: {other}; only one of them will stand"
        for other in known
        if other not in (None, event.id)
    ]


def _head_remarks(event: Event, heads: Mapping[str, Head]) -> list[str]:
    moved, unknown = [], []
    for subject in event.payload.extends:
        head = heads.get(subject.key)
        if head is None and subject.prev is not None:
            unknown.append(subject.key)
        elif head is not None and head.event_id not in (subject.prev, event.id):
            moved.append(subject.key)
    remarks = [f"another newest event is known here of {_some(moved)}"] if moved else []
    return [*remarks, f"what it builds on is not known here of {_some(unknown)}"] if unknown else remarks


def _some(keys: Sequence[str]) -> str:
    return keys[0] if len(keys) == 1 else f"{keys[0]} and {len(keys) - 1} more"
