from __future__ import annotations

from typing import Any

import pytest

from ledger.domain.values import format_base64url, format_instant
from ledger.errors import (
    Corruption,
    KeyNotInForce,
    KeyUnknown,
    MalformedStatement,
    NotConcerned,
    SubjectExists,
    TimeOutOfBounds,
    TransitionNotAllowed,
)
from ledger.event import parse_event, sign_event
from ledger.fold.fold import PLAIN_RULES, fold
from ledger.keys import SigningKey
from tests.ledger.fold.refusals import refused, refused_raw
from tests.ledger.fold.story import give_key, tag_id
from tests.yard import Actor, Yard


def spki(key: SigningKey) -> str:
    return format_base64url(key.public.spki)


def by_root(yard: Yard, kind: str, **members: Any) -> list[bytes]:
    """One root act, signed by each of the root keys."""
    payload = yard.members(Actor(yard.root_party, yard.roots[0]), kind, **members)
    return [sign_event(key, payload) for key in yard.roots]


def tick(yard: Yard, **changes: Any) -> bytes:
    members = yard.members(Actor(yard.operator.party, yard.clock_key), "ledger.tick", tree_size=len(yard.entries))
    return sign_event(yard.clock_key, {**members, "occurred_at": format_instant(yard.now), **changes})


def genesis(yard: Yard, **changes: Any) -> bytes:
    members = yard.members(Actor(yard.root_party, yard.roots[0]), "ledger.genesis")
    online = {"clock": spki(yard.clock_key), "recorder": spki(yard.recorder_key), "checkpoint": ["x+00000000+AAAA"]}
    named = {"origin": "x", "operator": yard.operator.party, "operator_name": "X", "rules_version": 1}
    root = {"threshold": 2, "keys": [spki(key) for key in yard.roots]}
    return sign_event(yard.roots[0], {**members, **named, "root": root, "online": online, **changes})


def begin(raw: bytes, index: int = 0) -> dict[str, Any]:
    return fold({}, parse_event(raw), index, PLAIN_RULES)


def test_a_ledger_begins_with_its_genesis_and_only_once() -> None:
    yard = Yard()

    assert begin(genesis(yard))["root"]["threshold"] == 2
    with pytest.raises(TransitionNotAllowed):
        begin(genesis(yard), index=1)
    with pytest.raises(TransitionNotAllowed):
        begin(yard.entries[1])
    refused_raw(yard, TransitionNotAllowed, genesis(yard))


def test_genesis_is_signed_by_a_root_key_it_names() -> None:
    yard = Yard()
    others = {"threshold": 1, "keys": [spki(yard.new_key())]}

    with pytest.raises(NotConcerned):
        begin(genesis(yard, root=others))


@pytest.mark.parametrize("threshold", [1, 4])
def test_the_root_has_distinct_keys_and_no_higher_threshold(threshold: int) -> None:
    yard = Yard()
    keys = [spki(yard.roots[0]), *(spki(key) for key in yard.roots[: 1 if threshold == 1 else 3])]

    with pytest.raises(MalformedStatement):
        begin(genesis(yard, root={"threshold": threshold, "keys": keys}))


def test_clock_and_recorder_are_two_keys() -> None:
    yard = Yard()
    online = {"clock": spki(yard.clock_key), "recorder": spki(yard.clock_key), "checkpoint": ["x+00000000+AAAA"]}

    with pytest.raises(MalformedStatement):
        begin(genesis(yard, online=online))


def test_a_tick_names_a_later_whole_minute_and_its_own_index() -> None:
    yard = Yard()
    start = yard.now
    for wrong in (start - 60, start, start + 61):
        refused_raw(yard, TimeOutOfBounds, tick(yard, occurred_at=format_instant(wrong)))
    later = {"occurred_at": format_instant(start + 120)}
    for index in (len(yard.entries) - 1, len(yard.entries) + 1):
        refused_raw(yard, TransitionNotAllowed, tick(yard, **later, tree_size=index))

    yard.record(tick(yard, **later))

    assert yard.state["time"] == {"tick": start + 120}
    refused_raw(yard, TimeOutOfBounds, tick(yard, occurred_at=format_instant(start + 60)))


def test_only_the_clock_ticks_and_it_does_nothing_else() -> None:
    yard = Yard()
    later: dict[str, Any] = {"occurred_at": format_instant(yard.now + 60), "tree_size": len(yard.entries)}

    refused(yard, KeyNotInForce, yard.operator, "ledger.tick", **later)
    refused(yard, KeyNotInForce, yard.maker, "ledger.tick", **later)
    registered = {"registered": yard.new_id("pty"), "form": "moral", "name": "X"}
    refused(yard, KeyNotInForce, yard.operator, "party.registered", key=yard.clock_key, **registered)


def test_a_root_act_takes_effect_with_the_kth_root_key_and_not_before() -> None:
    yard = Yard()
    first, second, third = by_root(yard, "ledger.rules", rules_version=2)
    before = yard.state_bytes()

    yard.record(first)
    changed = {key for key, value in yard.state_bytes().items() if before.get(key) != value}
    assert [key.split("/")[0] for key in changed] == ["rootact"]
    refused_raw(yard, TransitionNotAllowed, first)
    yard.record(second)

    assert yard.state["rules"] == {"version": 2}
    refused_raw(yard, TransitionNotAllowed, third)


def test_root_keys_that_sign_different_payloads_do_not_add_up() -> None:
    yard = Yard()
    one = by_root(yard, "ledger.rules", rules_version=2)
    other = by_root(yard, "ledger.rules", rules_version=2)

    yard.record(one[0])
    yard.record(other[1])

    assert yard.state["rules"] == {"version": 1}


def test_rules_move_to_a_later_version_only() -> None:
    yard = Yard()
    yard.say_as_root("ledger.rules", rules_version=3)

    for version in (1, 2, 3):
        first, second, _ = by_root(yard, "ledger.rules", rules_version=version)
        yard.record(first)
        refused_raw(yard, TransitionNotAllowed, second)
    key = give_key(yard, yard.maker, ["admin"])
    refused(yard, KeyNotInForce, yard.maker, "ledger.rules", key=key, rules_version=4)


def test_a_rotated_root_leaves_the_old_keys_dead() -> None:
    yard = Yard()
    old = yard.roots
    new = [yard.new_key(), yard.new_key()]
    yard.say_as_root("root.rotated", root={"threshold": 2, "keys": [spki(key) for key in new]})

    for raw in by_root(yard, "ledger.rules", rules_version=2):
        refused_raw(yard, KeyNotInForce, raw)
    yard.roots = new
    yard.say_as_root("ledger.rules", rules_version=2)

    assert yard.state["rules"] == {"version": 2}
    assert all(yard.state[f"key/{yard.root_party}/{key.public.kid.hex()}"]["revoked"] for key in old)


def test_half_an_act_of_the_old_root_is_not_finished_by_the_new_one() -> None:
    yard = Yard()
    members = yard.members(Actor(yard.root_party, yard.roots[0]), "ledger.rules", rules_version=9)
    yard.record(sign_event(yard.roots[0], members))
    new = [yard.new_key(), yard.new_key()]
    yard.say_as_root("root.rotated", root={"threshold": 2, "keys": [spki(key) for key in new]})

    yard.record(sign_event(new[0], members))

    assert yard.state["rules"] == {"version": 1}


def test_root_keys_are_made_by_rotation_alone() -> None:
    yard = Yard()
    key = yard.new_key()
    members: dict[str, Any] = {"enrolled_for": yard.root_party, "kid": key.public.kid.hex(), "spki": spki(key)}

    for actor in (yard.operator, yard.semarnat):
        refused(yard, NotConcerned, actor, "key.enrolled", key_roles=["admin"], **members)
    # Not even the root by an act of another kind: such a key would sign as the root and count for nothing.
    first, second, _ = by_root(yard, "key.enrolled", key_roles=["admin"], **members)
    yard.record(first)
    refused_raw(yard, NotConcerned, second)


@pytest.mark.parametrize("kind", ["key.revoked", "key.limited"])
def test_nobody_revokes_or_limits_the_ledgers_own_keys(kind: str) -> None:
    yard = Yard()
    more: dict[str, Any] = {"reason": "lost"} if kind == "key.revoked" else {"key_roles": ["read"], "limits": {}}
    owned = [(yard.root_party, yard.roots[0]), (yard.operator.party, yard.clock_key)]

    for party, key in [*owned, (yard.operator.party, yard.recorder_key)]:
        named: dict[str, Any] = {"enrolled_for": party, "kid": key.public.kid.hex()}
        refused(yard, NotConcerned, yard.operator, kind, **named, **more)


def test_nobody_enrols_one_of_the_ledgers_own_keys_anew() -> None:
    yard = Yard()
    key = yard.clock_key
    named: dict[str, Any] = {"enrolled_for": yard.operator.party, "kid": key.public.kid.hex(), "spki": spki(key)}

    refused(yard, SubjectExists, yard.operator, "key.enrolled", key_roles=["read"], **named)


def test_a_succeeded_clock_key_ticks_no_more() -> None:
    yard = Yard()
    old, yard.clock_key = yard.clock_key, yard.new_key()
    yard.say_as_root("ledger.key_succeeded", role="clock", spki=spki(yard.clock_key))
    new, yard.now = yard.clock_key, yard.now + 60

    yard.clock_key = old
    with pytest.raises(KeyNotInForce):
        yard.tick()
    yard.clock_key = new
    yard.tick()

    assert yard.state["time"] == {"tick": yard.now}
    assert yard.state["online"]["clock"] == new.public.kid.hex()


def test_a_successor_key_is_a_new_one() -> None:
    yard = Yard()
    first = yard.clock_key
    for key in (first, yard.recorder_key, yard.operator.key):
        one, two, _ = by_root(yard, "ledger.key_succeeded", role="clock", spki=spki(key))
        yard.record(one)
        refused_raw(yard, SubjectExists, two)
    yard.clock_key = yard.new_key()
    yard.say_as_root("ledger.key_succeeded", role="clock", spki=spki(yard.clock_key))

    one, two, _ = by_root(yard, "ledger.key_succeeded", role="clock", spki=spki(first))
    yard.record(one)
    refused_raw(yard, SubjectExists, two)


@pytest.mark.parametrize(
    "members",
    [
        {"role": "clock"},
        {"role": "clock", "checkpoint": ["x+00000000+AAAA"]},
        {"role": "checkpoint"},
        {"role": "checkpoint", "spki": "A" * 43},
    ],
)
def test_a_key_is_named_in_the_form_of_its_role(members: dict[str, Any]) -> None:
    yard = Yard()
    one, two, _ = by_root(yard, "ledger.key_succeeded", **members)
    yard.record(one)

    refused_raw(yard, MalformedStatement, two)


def test_the_root_may_do_what_an_authority_may() -> None:
    yard = Yard()
    filing = yard.new_id("fil")
    to = yard.semarnat.party
    yard.say(yard.maker, "filing.submitted", filing=filing, subject="loss", to=to, digest="00" * 32)
    first, second, _ = by_root(yard, "filing.answered", filing=filing, outcome="received")

    yard.record(first)
    refused_raw(yard, NotConcerned, second)


def pending(yard: Yard) -> tuple[str, str]:
    """Append a fork, and leave its conflict unrecorded; the two event ids."""
    pack = yard.produce()
    fork = yard.draft(yard.maker, "unit.discarded", units=[pack], reason="other")
    first = yard.say(yard.maker, "unit.placed_on_market", units=[pack])
    event = parse_event(fork)
    assert yard.append(fork, event)
    return first, event.id


def conflict(yard: Yard, first: str, second: str, key: SigningKey | None = None, **changes: str) -> bytes:
    members = {"by": yard.maker.party, "first": first, "second": second} | changes
    return yard.draft(yard.operator, "conflict.recorded", key=key or yard.recorder_key, **members)


def test_after_a_statement_without_effect_only_its_conflict_may_follow() -> None:
    yard = Yard()
    first, second = pending(yard)
    for raw in (yard.draft(yard.workshop, "tag.reserved", tags=[tag_id(yard)]), tick(yard)):
        with pytest.raises(Corruption, match="conflict"):
            yard.append(raw, parse_event(raw))

    yard.record(conflict(yard, first, second))

    assert yard.state["conflict"] == {}
    yard.say(yard.workshop, "tag.reserved", tags=[tag_id(yard)])


def test_a_conflict_record_names_just_the_two_that_stand_against_each_other() -> None:
    yard = Yard()
    first, second = pending(yard)

    for wrong in (conflict(yard, second, second), conflict(yard, first, first)):
        refused_raw(yard, TransitionNotAllowed, wrong)
    refused_raw(yard, TransitionNotAllowed, conflict(yard, first, second, by=yard.workshop.party))
    refused_raw(yard, KeyNotInForce, conflict(yard, first, second, yard.operator.key))
    refused_raw(yard, KeyUnknown, conflict(yard, first, second, yard.maker.key))
    yard.record(conflict(yard, first, second))
    refused_raw(yard, TransitionNotAllowed, conflict(yard, first, second))
