"""The ledger about itself: genesis, clock, rules, online keys, root acts, conflicts."""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256

from ledger.domain.operation import (
    ConflictRecorded,
    Genesis,
    KeySucceeded,
    RootKeys,
    RootRotated,
    RulesAdopted,
    Tick,
)
from ledger.domain.payload import key_key, party_key
from ledger.errors import (
    Corruption,
    MalformedStatement,
    NotConcerned,
    SubjectExists,
    TimeOutOfBounds,
    TransitionNotAllowed,
)
from ledger.event import Event
from ledger.fold.state import Draft, State, Value, format_step
from ledger.keys import parse_public_key


def _key_value(draft: Draft, spki: bytes, role: str) -> Value:
    return {
        "spki": spki,
        "roles": [role],
        "limits": {},
        "assurance": "own_key",
        "from": draft.index,
        "revoked": False,
        **_first_head(draft),
    }


def _kid_of(spki: bytes) -> str:
    return sha256(spki).hexdigest()[:16]


def open_ledger(draft: Draft) -> None:
    """Entry 0: nothing was before it, and it is signed by one of the root keys it names.

    Raises:
        TransitionNotAllowed: a ledger is there already, or this is not entry 0.
        NotConcerned: the signing key is not among the root keys.
    """
    payload = draft.event.payload
    if not isinstance(payload, Genesis) or draft.index != 0 or draft.state.get("ledger") is not None:
        raise TransitionNotAllowed("a ledger begins with its genesis, once")
    event = draft.event
    draft.put(
        "ledger",
        {"origin": payload.origin, "operator": payload.operator, "root": event.party, "genesis": event.id},
    )
    draft.put("time", {"tick": payload.occurred_at})
    draft.put("rules", {"version": payload.rules_version})
    draft.put("conflict", {})
    root = {"form": "authority", "name": payload.origin, "powers": [], "registered": event.id}
    operator = {
        "form": "moral",
        "name": payload.operator_name,
        "powers": ["register", "transcribe"],
        "registered": event.id,
    }
    draft.put(party_key(event.party), root | _first_head(draft))
    draft.put(party_key(payload.operator), operator | _first_head(draft))
    _put_root(draft, payload.root)
    if draft.find(key_key(event.party, event.kid)) is None:
        raise NotConcerned("genesis is signed by one of the root keys it names")
    clock = _put_online(draft, payload.operator, payload.online.clock, "clock")
    recorder = _put_online(draft, payload.operator, payload.online.recorder, "recorder")
    if clock == recorder:
        raise MalformedStatement("clock and recorder are two keys", field="/online/recorder")
    draft.put("online", {"clock": clock, "recorder": recorder, "checkpoint": payload.online.checkpoint})


def _first_head(draft: Draft) -> Value:
    event = draft.event
    return {"head": event.id, "head_at": event.payload.occurred_at, "trail": [format_step(event.id, event.party)]}


def _put_root(draft: Draft, root: RootKeys) -> None:
    kids = [parse_public_key(spki).kid.hex() for spki in root.keys]
    if len(set(kids)) != len(kids) or root.threshold > len(kids):
        raise MalformedStatement("the root needs distinct keys, at least as many as its threshold", field="/root")
    for kid, spki in zip(kids, root.keys, strict=True):
        draft.put(key_key(draft.event.party, kid), _key_value(draft, spki, "root"))
    draft.put("root", {"threshold": root.threshold, "kids": kids})


def _put_online(draft: Draft, operator: str, spki: bytes, role: str) -> str:
    kid = parse_public_key(spki).kid.hex()
    draft.put(key_key(operator, kid), _key_value(draft, spki, role))
    return kid


def _tick(draft: Draft, payload: Tick) -> None:
    if payload.tree_size != draft.index:
        raise TransitionNotAllowed("a tick names its own index", field="/tree_size")
    if payload.occurred_at <= draft.now() or payload.occurred_at % 60:
        raise TimeOutOfBounds("a tick names a later, whole minute", field="/occurred_at")
    draft.put("time", {"tick": payload.occurred_at})


def _adopt_rules(draft: Draft, payload: RulesAdopted) -> None:
    if payload.rules_version <= draft.get("rules")["version"]:
        raise TransitionNotAllowed("rules only move to a later version", field="/rules_version")
    draft.put("rules", {"version": payload.rules_version})


def _succeed_key(draft: Draft, payload: KeySucceeded) -> None:
    operator = draft.get("ledger")["operator"]
    online = draft.edit("online")
    if payload.role == "checkpoint":
        if not payload.checkpoint or payload.spki is not None:
            raise MalformedStatement("a checkpoint key is named by its note verifier keys", field="/checkpoint")
        online["checkpoint"] = payload.checkpoint
        return
    if payload.spki is None or payload.checkpoint:
        raise MalformedStatement("this key is named by its SPKI", field="/spki")
    if draft.find(key_key(operator, _kid_of(payload.spki))) is not None:
        raise SubjectExists("the operator has or had this key: a successor is a new one", field="/spki")
    draft.edit(key_key(operator, online[payload.role]))["revoked"] = True
    online[payload.role] = _put_online(draft, operator, payload.spki, payload.role)


def _rotate_root(draft: Draft, payload: RootRotated) -> None:
    for kid in draft.get("root")["kids"]:
        draft.edit(key_key(draft.event.party, kid))["revoked"] = True
    _put_root(draft, payload.root)


def _record_conflict(draft: Draft, payload: ConflictRecorded) -> None:
    pending = draft.get("conflict")
    named = {"by": payload.by, "first": payload.first, "second": payload.second}
    if {name: pending.get(name) for name in named} != named:
        raise TransitionNotAllowed("no such conflict is waiting to be recorded", field="/second")
    for key in pending["keys"]:
        draft.put(key, {"first": payload.first, "second": payload.second, "conflict": draft.event.id})
    draft.put("conflict", {})


def check_conflict_is_settled(draft: Draft) -> None:
    """After a statement without effect nothing may follow but the record of its conflict.

    Raises:
        Corruption: another entry stands where the record must be.
    """
    pending = draft.state.get("conflict")
    if pending and draft.event.payload.kind != "conflict.recorded":
        raise Corruption("a conflict must be recorded before anything else", place=f"entry {draft.index}")


def is_root_act(draft: Draft) -> bool:
    """Whether the root signs this, so that it takes k statements with byte-equal payload."""
    ledger = draft.state.get("ledger")
    return ledger is not None and ledger["root"] == draft.event.party


def root_act_key(payload_digest: str) -> str:
    """State key under which the signatures of one root act are gathered."""
    return f"rootact/{payload_digest}"


def gather_root_act(draft: Draft) -> bool:
    """Note this root key's signature; whether it is the one that makes the act effective.

    Raises:
        TransitionNotAllowed: this root key signed the same act before, or the act is already effective.
    """
    key = root_act_key(draft.event.payload_digest)
    act = dict(draft.find(key) or {"kids": [], "done": False})
    if act["done"] or draft.event.kid in act["kids"]:
        raise TransitionNotAllowed("this root key has signed this act, or the act has taken effect")
    root = draft.get("root")
    act["kids"] = [*act["kids"], draft.event.kid]
    # What the keys of a rotated root signed counts no more.
    act["done"] = len(set(act["kids"]) & set(root["kids"])) >= root["threshold"]
    draft.put(key, act)
    return bool(act["done"])


TRANSITIONS: dict[type, Callable[..., None]] = {
    RulesAdopted: _adopt_rules,
    Tick: _tick,
    KeySucceeded: _succeed_key,
    RootRotated: _rotate_root,
    ConflictRecorded: _record_conflict,
}


def further_keys(state: State, event: Event) -> list[str]:
    """Keys reached only through loaded values: the ledger's own keys that a root act replaces."""
    ledger = state.get("ledger")
    match event.payload:
        case KeySucceeded(role="clock" | "recorder" as role, spki=bytes(spki)):
            online = state.get("online")
            if ledger is None or online is None:
                return []
            return [key_key(ledger["operator"], kid) for kid in (online[role], _kid_of(spki))]
        case RootRotated():
            root = state.get("root")
            return [key_key(event.party, kid) for kid in root["kids"]] if root else []
    return []
