"""Hand-overs: whoever gives and whoever takes sign each for itself (R69).

The giver's signature is that of the statement which the taker builds on, as far as that was the holder's own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from compliance.requirements.rule import Facts, Lapse, Rule
from ledger.domain.custody import ConsignmentPickedUp, ConsignmentReceived
from ledger.domain.payload import Payload, event_key, key_key
from ledger.event import Event
from ledger.fold.state import State, Value


def _find_same_signer(facts: Facts) -> Iterable[Lapse]:
    taken = facts.payload
    own = facts.before.get(key_key(taken.party, facts.event.kid)) or {}
    for given in _given(facts.before, taken):
        giver, kid = given["party"], given["kid"]
        key = facts.before.get(key_key(giver, kid)) or {}
        same = _same(facts.event.kid == kid, (giver, key), (taken.party, own))
        if same is not None:
            yield Lapse(taken.party, taken.main_subject(), {"giver": giver, "same": same}, happened=True)
            return


def _same(is_one_key: bool, giver: tuple[str, Value], taker: tuple[str, Value]) -> str | None:
    """What the two signatures have in common: ``key``, ``person``, or the ``party`` that acted for both."""
    (gives, given), (takes, taken) = giver, taker
    if is_one_key:
        return "key"
    if "person" in given and given["person"] == taken.get("person"):
        return "person"
    return "party" if given.get("acts", gives) == taken.get("acts", takes) else None


def _given(state: State, taken: Payload) -> Iterator[Value]:
    """The statements by which other parties gave what is taken, each once."""
    for event_id in _previous(taken):
        given = state.get(event_key(event_id))
        if given is not None and "kid" in given and given["party"] != taken.party:
            yield given


def _previous(taken: Payload) -> list[str]:
    if isinstance(taken, ConsignmentPickedUp):
        named = [link.prev for link in taken.units]
    elif isinstance(taken, ConsignmentReceived) and taken.basis == "offer":
        named = [line.prev for line in taken.lines if line.outcome == "accepted"]
    else:
        named = []
    return list(dict.fromkeys(event_id for event_id in named if event_id is not None))


def _statements(event: Event) -> Iterable[str]:
    return [key_key(event.party, event.kid), *map(event_key, _previous(event.payload))]


def _keys(state: State, event: Event) -> Iterable[str]:
    return [key_key(given["party"], given["kid"]) for given in _given(state, event.payload)]


RULES: Final = (
    Rule(
        "R69",
        "same-signer",
        frozenset({ConsignmentPickedUp, ConsignmentReceived}),
        _find_same_signer,
        touches=_statements,
        follows=_keys,
    ),
)
