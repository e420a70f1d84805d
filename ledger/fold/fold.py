"""``touches``, ``follows`` and ``fold``: the whole of what an event may read, and what it changes.

The order of the checks is the same everywhere (``docs/formats.md``): time → key in force here → party → power →
the scope checks handed in → ``prev`` → holder → the family's transition → the checks of law handed in. The holder comes
after ``prev``: a party that does not hold a unit yet because its parent is still on the way is early, not wrong, and
a second statement on one ``prev`` is evidence even after the unit has left the signer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final, TypeAlias

from ledger.domain.operation import Genesis
from ledger.domain.payload import Payload, event_key
from ledger.errors import ConflictingStatement, MalformedStatement
from ledger.event import Event
from ledger.fold import (
    admission,
    authorisation,
    correction,
    custody,
    filing,
    inspection,
    life,
    matter,
    observation,
    operation,
    paper,
    party,
    reception,
    regime,
)
from ledger.fold.consignment import consignment_keys, settle_claims
from ledger.fold.heads import advance_heads, check_heads, conflict_key, new_conflict_keys, stale_subjects
from ledger.fold.state import Draft, State, Value

FOLD_VERSION: Final = 1

_TRANSITIONS: Final[dict[type, Callable[..., None]]] = {
    **operation.TRANSITIONS,
    **party.TRANSITIONS,
    **authorisation.TRANSITIONS,
    **regime.TRANSITIONS,
    **filing.TRANSITIONS,
    **inspection.TRANSITIONS,
    **life.TRANSITIONS,
    **observation.TRANSITIONS,
    **custody.TRANSITIONS,
    **reception.TRANSITIONS,
    **paper.TRANSITIONS,
    **matter.TRANSITIONS,
    **correction.TRANSITIONS,
}
_OF_THE_LEDGER: Final = frozenset({"root", "clock", "recorder"})


@dataclass(frozen=True, slots=True)
class Check:
    """A rule of a package above, handed in: which kinds concern it (None: all), what it reads, and the rule itself.

    ``apply`` raises a Refusal, opens findings on the draft, and may count under keys ``capacity/…``, ``weighing/…``,
    ``generation/…``, ``stock/…`` and ``household/…``, which no transition reads; it changes nothing else.
    """

    name: str
    touches: Callable[[Event], list[str]]
    follows: Callable[[State, Event], list[str]]
    apply: Callable[[Draft], None]
    concerns: frozenset[type[Payload]] | None = None
    reaches: Callable[[State, Event], list[str]] | None = None
    """What is known only once ``follows`` is loaded: of few kinds, and most checks need none."""


@dataclass(frozen=True, slots=True)
class Rules:
    """One version of everything that judges an entry: the fold and the checks, in order."""

    version: int
    scope_checks: tuple[Check, ...] = ()
    law_checks: tuple[Check, ...] = ()
    _by_kind: dict[type[Payload], tuple[tuple[Check, ...], tuple[Check, ...]]] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )

    def concerning(self, kind: type[Payload]) -> tuple[tuple[Check, ...], tuple[Check, ...]]:
        """The checks of scope and of law that this kind concerns, each in the order in which they run."""
        found = self._by_kind.get(kind)
        if found is None:
            found = self._by_kind[kind] = (_concerning(self.scope_checks, kind), _concerning(self.law_checks, kind))
        return found


def _concerning(checks: tuple[Check, ...], kind: type[Payload]) -> tuple[Check, ...]:
    return tuple(check for check in checks if check.concerns is None or kind in check.concerns)


PLAIN_RULES: Final = Rules(FOLD_VERSION)
"""The fold alone, without scope and law."""

RulesOf: TypeAlias = Callable[[int], Rules]
"""The rules of a version; it raises RulesUnknown for one that this program does not have."""


def version_for(state: State, event: Event) -> int:
    """The version of the rules that the log names for its next entry, which is this event.

    Raises:
        MalformedStatement: the log is empty, and this is no genesis.
    """
    adopted = state.get("rules")
    if adopted is not None:
        return int(adopted["version"])
    if isinstance(event.payload, Genesis):
        return event.payload.rules_version
    raise MalformedStatement("a ledger begins with its genesis", field="/kind")


def touches(event: Event, rules: Rules) -> list[str]:
    """Every key that the event reads or writes, as far as the event itself tells; distinct, in a fixed order."""
    payload = event.payload
    keys = admission.standing_keys(payload, event.kid)
    if "root" in payload.roles:
        keys += ["root", operation.root_act_key(event.payload_digest)]
    keys += [subject.key for subject in payload.extends]
    keys += payload.abouts()
    keys += payload.reads()
    for checks in rules.concerning(type(payload)):
        for check in checks:
            keys += check.touches(event)
    return list(dict.fromkeys(keys))


def follows(state: State, event: Event, rules: Rules) -> list[str]:
    """The second round: keys reached only through values of the first."""
    payload = event.payload
    keys = [conflict_key(event.party, subject) for subject in stale_subjects(state, event)]
    for subject in payload.extends:
        value = state.get(subject.key)
        if value and subject.key.startswith("unit/"):
            keys += consignment_keys(value)
    keys += operation.further_keys(state, event)
    keys += authorisation.further_keys(state, payload)
    keys += life.further_keys(state, payload)
    keys += custody.further_keys(state, payload)
    keys += matter.further_keys(state, payload)
    keys += inspection.further_keys(state, payload)
    keys += correction.further_keys(state, payload)
    for checks in rules.concerning(type(payload)):
        for check in checks:
            keys += check.follows(state, event)
    return list(dict.fromkeys(keys))


def reaches(state: State, event: Event, rules: Rules) -> list[str]:
    """The third round: keys reached only through values of the second; none for almost every event."""
    of_scope, of_law = rules.concerning(type(event.payload))
    return [key for check in (*of_scope, *of_law) if check.reaches for key in check.reaches(state, event)]


def fold(state: State, event: Event, index: int, rules: Rules) -> dict[str, Value]:
    """The values that the event at log position ``index`` changes.

    Pure: ``state`` holds the keys of ``touches`` and ``follows`` and is not changed.

    Raises:
        Refusal: the event is not allowed; nothing changes. ``ConflictingStatement`` is the one refusal after which
            the statement may still become an entry, without effect (``fold_conflict``).
        Corruption: the log itself breaks its own order.
    """
    draft = Draft(state, event, index)
    scope_checks, law_checks = rules.concerning(type(event.payload))
    if event.payload.kind == "ledger.genesis" or state.get("ledger") is None:
        operation.open_ledger(draft)
        return draft.changes
    operation.check_conflict_is_settled(draft)
    if event.payload.signer != "clock":
        admission.check_time(draft)
    admission.check_key(draft)
    admission.check_party(draft)
    admission.check_restated(draft)
    if operation.is_root_act(draft) and not operation.gather_root_act(draft):
        return draft.changes
    admission.check_signer_power(draft)
    for check in scope_checks:
        check.apply(draft)
    check_heads(draft)
    admission.check_holds(draft)
    _TRANSITIONS[type(event.payload)](draft, event.payload)
    settle_claims(draft)
    life.note_holders(draft)
    advance_heads(draft)
    if event.payload.signer not in _OF_THE_LEDGER:
        correction.remember(draft)
        admission.find_lateness(draft)
    for check in law_checks:
        check.apply(draft)
    return draft.changes


def fold_conflict(state: State, event: Event, index: int, refusal: ConflictingStatement) -> dict[str, Value]:
    """The changes of a second statement on the same ``prev``: none but that its conflict is to be recorded.

    The very next entry must be the ``conflict.recorded`` that names both.
    """
    draft = Draft(state, event, index)
    pending = {
        "by": event.party,
        "first": refusal.facts["first"],
        "second": event.id,
        "keys": new_conflict_keys(state, event),
    }
    draft.put("conflict", pending)
    draft.put(
        event_key(event.id),
        {"kind": event.payload.kind, "party": event.party, "at": event.payload.occurred_at, "void": True},
    )
    return draft.changes


def fold_entry(state: State, event: Event, index: int, rules: Rules) -> tuple[dict[str, Value], bool]:
    """Fold an entry as the log holds it; the flag tells whether it stands without effect.

    Raises:
        Refusal, Corruption: no honest recorder would have put it there.
    """
    try:
        return fold(state, event, index, rules), False
    except ConflictingStatement as refusal:
        if refusal.facts["conflict"] is not None:
            raise
        return fold_conflict(state, event, index, refusal), True
