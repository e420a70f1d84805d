from __future__ import annotations

from functools import lru_cache

import pytest

from ledger.domain.kinds import KINDS
from ledger.domain.payload import event_key
from ledger.errors import Refusal, RulesUnknown
from ledger.event import Event, parse_event
from ledger.fold.fold import PLAIN_RULES, Check, Rules, fold, fold_entry, follows, touches
from ledger.fold.state import Draft, Value
from tests.ledger.fold.story import tell, told
from tests.yard import PreloadedState, UndeclaredReadError, Yard


def replayed(entries: list[bytes]) -> dict[str, bytes]:
    """The state that these entries leave, folded from nothing."""
    yard = Yard.__new__(Yard)
    yard.rules, yard.state, yard.entries, yard.void = PLAIN_RULES, {}, [], []
    for raw in entries:
        yard.append(raw, parse_event(raw))
    return yard.state_bytes()


def test_folding_the_same_entries_twice_gives_the_same_bytes() -> None:
    yard = tell()

    once = replayed(yard.entries)

    assert once == yard.state_bytes()
    assert once == replayed(yard.entries)


def test_every_prefix_of_the_log_has_a_state_of_its_own() -> None:
    entries = tell().entries

    assert replayed(entries[:50]) != replayed(entries[:51])


def test_an_event_writes_only_what_it_declares_and_what_bears_its_own_id() -> None:
    yard = tell()
    state: dict[str, Value] = {}
    for index, raw in enumerate(yard.entries):
        event = parse_event(raw)
        changes, _ = fold_entry(state, event, index, PLAIN_RULES)
        declared = {*touches(event, PLAIN_RULES), *follows(state, event, PLAIN_RULES), event_key(event.id)}
        if event.payload.kind not in ("ledger.genesis", "root.rotated", "conflict.recorded"):
            surprise = {key for key in changes if key not in declared and not key.startswith(f"finding/{event.id}/")}
            assert surprise == set(), event.payload.kind
        state.update(changes)


def test_an_event_reads_only_what_it_declares() -> None:
    def peek(draft: Draft) -> None:
        draft.state.get("party/of-somebody-else")

    yard = Yard()
    yard.rules = Rules(1, law_checks=(Check("peek", lambda _: [], lambda _, __: [], peek),))

    with pytest.raises(UndeclaredReadError):
        yard.produce()


def test_a_statement_that_extends_something_is_refused_when_it_comes_again() -> None:
    yard = tell()
    again = [event for event in map(parse_event, yard.entries) if event.payload.links()]

    for event in again:
        with pytest.raises(Refusal):
            fold(yard.preloaded(event), event, len(yard.entries), PLAIN_RULES)
    assert len({event.payload.kind for event in again}) > 60


def test_keys_are_declared_once_and_in_a_fixed_order() -> None:
    for event in told():
        declared = touches(event, PLAIN_RULES)
        assert len(set(declared)) == len(declared)
        assert declared == touches(event, PLAIN_RULES)


def test_what_the_second_round_adds_is_reached_through_what_is_there() -> None:
    nothing = {kind: _follows_in_an_empty_state(event) for kind, event in _one_of_each().items()}

    assert {kind for kind, keys in nothing.items() if keys} <= _stale_in_an_empty_state()


@lru_cache(maxsize=1)
def _one_of_each() -> dict[str, Event]:
    return {event.payload.kind: event for event in told()}


def _follows_in_an_empty_state(event: Event) -> list[str]:
    keys = touches(event, PLAIN_RULES)
    return follows(PreloadedState(dict.fromkeys(keys)), event, PLAIN_RULES)


def _stale_in_an_empty_state() -> set[str]:
    """Kinds whose ``prev`` is not null: in an empty state they ask whether their fork is on record."""
    return {kind for kind, event in _one_of_each().items() if any(s.prev for s in event.payload.links())}


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"ledger.genesis"}))
def test_no_statement_stands_in_an_empty_ledger(kind: str) -> None:
    event = _one_of_each()[kind]

    with pytest.raises(Refusal):
        fold({}, event, 0, PLAIN_RULES)


def test_a_refusal_of_a_check_is_the_answer() -> None:
    def old(_: Draft) -> None:
        raise RulesUnknown("upgrade")

    yard = Yard()
    yard.rules = Rules(2, scope_checks=(Check("old", lambda _: [], lambda _, __: [], old),))

    with pytest.raises(RulesUnknown):
        yard.produce()
