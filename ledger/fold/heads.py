"""``prev``: the order of each subject's life, signed by the parties themselves."""

from __future__ import annotations

from itertools import pairwise

from ledger.domain.payload import Subject
from ledger.errors import (
    ConflictingStatement,
    Fact,
    Refusal,
    StaleHead,
    SubjectExists,
    SubjectUnknown,
    TimeOutOfBounds,
)
from ledger.event import Event
from ledger.fold.state import TRAIL_MAX, Draft, State, Value, format_step, parse_step


def conflict_key(party: str, subject: Subject) -> str:
    """State key under which the one conflict of a party on a ``prev`` is kept."""
    return f"conflict/{party}/{subject.prev or subject.key}"


def stale_subjects(state: State, event: Event) -> list[Subject]:
    """The linked subjects whose ``prev`` is not their head."""
    stale = []
    for subject in event.payload.extends:
        value = state.get(subject.key)
        if (value["head"] if value else None) != subject.prev:
            stale.append(subject)
    return stale


def check_heads(draft: Draft) -> None:
    """Every ``prev`` is its subject's head, and the event is not older than any of them.

    Raises:
        ConflictingStatement: the same party already made another statement on the same ``prev``.
        StaleHead: a ``prev`` is not the head; every stale subject is listed with its head.
        TimeOutOfBounds: ``occurred_at`` is before that of a previous event.
    """
    stale = stale_subjects(draft.state, draft.event)
    if stale:
        raise _refusal(draft, stale)
    at = draft.event.payload.occurred_at
    for subject in draft.event.payload.extends:
        value = draft.state.get(subject.key)
        if value is not None and at < value["head_at"]:
            raise TimeOutOfBounds(
                "occurred_at is before the previous event it names",
                field="/occurred_at",
                not_before=value["head_at"],
            )


def _refusal(draft: Draft, stale: list[Subject]) -> Refusal:
    forked = _forked_subjects(draft.state, draft.event)
    if forked:
        # One fork that is not on record yet is enough: a known one beside it must not hide it.
        subject, first, conflict = min(forked, key=lambda fork: fork[2] is not None)
        return ConflictingStatement(
            "this party already made another statement on the same previous event",
            field=subject.pointer,
            cure="state it anew on the current head, with `restates` naming this statement",
            first=first,
            subject=subject.key,
            conflict=conflict,
            stale=_listing(draft.state, stale),
        )
    created = next((s for s in stale if s.prev is None), None)
    if created is not None:
        return SubjectExists(
            f"{created.key} is already in the ledger", field=created.pointer, stale=_listing(draft.state, stale)
        )
    unknown = next((s for s in stale if draft.state.get(s.key) is None), None)
    if unknown is not None:
        return SubjectUnknown(
            f"{unknown.key} is not in the ledger", field=unknown.pointer, stale=_listing(draft.state, stale)
        )
    return StaleHead(
        f"{len(stale)} of the subjects have moved on",
        field=stale[0].pointer,
        cure="fetch the heads, update `prev` and sign again",
        stale=_listing(draft.state, stale),
    )


def _forked_subjects(state: State, event: Event) -> list[tuple[Subject, str, str | None]]:
    """The stale subjects on whose ``prev`` this party put another event: that event, and the conflict if on record."""
    forked = []
    for subject in stale_subjects(state, event):
        first = _own_successor(state.get(subject.key), subject.prev, event.party)
        if first is not None:
            known = state.get(conflict_key(event.party, subject))
            forked.append((subject, first, known["conflict"] if known else None))
    return forked


def new_conflict_keys(state: State, event: Event) -> list[str]:
    """Where the conflict of this second statement is to be kept: one key for each ``prev`` it newly forks."""
    forked = _forked_subjects(state, event)
    keys = [conflict_key(event.party, subject) for subject, _, conflict in forked if conflict is None]
    return list(dict.fromkeys(keys))


def _listing(state: State, stale: list[Subject]) -> list[Fact]:
    rows: list[Fact] = []
    for subject in stale:
        value = state.get(subject.key)
        head = value["head"] if value else None
        rows.append({"pointer": subject.pointer, "subject": subject.key, "prev": subject.prev, "head": head})
    return rows


def _own_successor(value: Value | None, prev: str | None, party: str) -> str | None:
    """The event that this party put on ``prev``, if the subject's trail still shows it."""
    if value is None:
        return None
    trail = [parse_step(step) for step in value["trail"]]
    if prev is None:
        born_in_sight = len(trail) < TRAIL_MAX
        return trail[0][0] if born_in_sight and trail[0][1] == party else None
    for (event_id, _), (successor, signer) in pairwise(trail):
        if event_id == prev and signer == party:
            return successor
    return None


def advance_heads(draft: Draft) -> None:
    """Make the event the head of every subject it extends; for an annullable kind keep what it changed."""
    event = draft.event
    keeps_undo = event.payload.annullable
    for subject in event.payload.extends:
        old = draft.state.get(subject.key)
        value = draft.edit(subject.key, subject.pointer)
        if keeps_undo:
            value["undo"] = _difference(old, value)
        else:
            value.pop("undo", None)
        trail = value.get("trail", [])
        value["trail"] = [*trail[-(TRAIL_MAX - 1) :], format_step(event.id, event.party)]
        value["head"] = event.id
        value["head_at"] = event.payload.occurred_at


# A claim that has ended is counted in its consignment: withdrawing what ended it does not bring it back.
_BOOKKEEPING = frozenset({"head", "head_at", "trail", "undo", "claim"})


def _difference(old: Value | None, new: Value) -> Value:
    """What to set to undo ``new``: old values of changed members, null for members that were not there."""
    if old is None:
        return {"born": True}
    members = (old.keys() | new.keys()) - _BOOKKEEPING
    return {name: old.get(name) for name in sorted(members) if old.get(name) != new.get(name)}
