"""What all statements about a consignment share: its stage, its parties, and the step of a unit by the table.

Stages: ``offering`` (fewer units offered than ``units_total``) → ``offered`` → ``moving`` → ``closed``, or
``cancelled``; ``claimed``, entered from paper by the consignee, waits for the consignor. Once all that was offered is
out of it, a part of the offer that never came does not keep a consignment open.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from ledger.domain.correction import EventAgreed
from ledger.domain.life import UnitClassified, UnitDiscarded, UnitMatched
from ledger.domain.payload import act_key, key_key, party_key, unit_key
from ledger.errors import KeyNotInForce, NotConcerned, NotHolder, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import acting_for, signer_assurance
from ledger.fold.consignment_table import FINALS, Condition, Move, Signer, moves_of
from ledger.fold.state import Draft, Value

ENDS_CLAIMS: Final = (UnitDiscarded, UnitClassified, UnitMatched)
"""Statements after which a unit is not what was claimed, though its holder is the same."""


def consignment_in(draft: Draft, consignment: str, *stages: str) -> Value:
    """The consignment, to be changed, which must be in one of the stages.

    Raises:
        SubjectUnknown: there is none.
        TransitionNotAllowed: it is in another stage.
    """
    act = draft.edit(act_key(consignment), "/consignment")
    if act["kind"] != "consignment":
        raise SubjectUnknown("not a consignment", field="/consignment")
    if act["stage"] not in stages:
        raise TransitionNotAllowed(f"the consignment is {act['stage']}", field="/consignment", stage=act["stage"])
    name_parties(draft, act)
    return act


def parties_to(act: Value) -> list[str]:
    """Everybody whose consignment it is: its two ends, and who carries it or has carried it."""
    return [party for party in (act["consignor"], act["consignee"], *act["carriers"]) if party]


def name_parties(draft: Draft, act: Value) -> None:
    """The statement names all parties to the consignment, so each of them may dispute it."""
    draft.named.update(parties_to(act))


def check_concerned(draft: Draft, party: str | None, role: str) -> None:
    """The signer is this party of the consignment, or its successor if it ended.

    Raises:
        NotConcerned: it is neither.
    """
    if party not in acting_for(draft):
        raise NotConcerned(f"only the {role} signs this", field="/party")


def check_is_party_to(draft: Draft, act: Value) -> None:
    """The signer has a part in the consignment, or succeeds who had.

    Raises:
        NotConcerned: it has not.
    """
    if acting_for(draft).isdisjoint([*parties_to(act), *act.get("next_carriers", [])]):
        raise NotConcerned("only the parties to the consignment sign this", field="/party")


def check_not_ended(draft: Draft, party: str, pointer: str) -> None:
    """The party is registered and has not ended.

    Raises:
        SubjectUnknown, TransitionNotAllowed: otherwise.
    """
    if has_ended(draft, party, pointer):
        raise TransitionNotAllowed("the party has ended", field=pointer)


def has_ended(draft: Draft, party: str, pointer: str | None = None) -> bool:
    """Whether the party has ended, with a successor or without."""
    return "closed_at" in draft.get(party_key(party), pointer)


def only_transports(draft: Draft) -> bool:
    """Whether the key signs this kind as a driver's alone, and was not made for one consignment."""
    event = draft.event
    key = draft.get(key_key(event.party, event.kid))
    as_other = (event.payload.roles - {"transport"}).intersection(key["roles"])
    return not as_other and not key["limits"].get("consignment")


def check_assigned(draft: Draft, act: Value) -> None:
    """A key that only transports signs for the loads that its carrier assigned to it, or the one it was made for.

    Raises:
        KeyNotInForce: it is neither.
    """
    event = draft.event
    if only_transports(draft) and event.kid not in act.get("drivers", {}).get(event.party, []):
        raise KeyNotInForce(
            "the load is not assigned to this key", cure="have the carrier assign the load to this key", kid=event.kid
        )


def check_assigned_unit(draft: Draft, unit: Value) -> None:
    """Of a unit by itself, a key that only transports speaks while it travels with a load assigned to the key.

    Raises:
        KeyNotInForce: it does not.
    """
    if not only_transports(draft):
        return
    if "consignment" not in unit:
        raise KeyNotInForce("the unit travels with no load of this key", kid=draft.event.kid)
    check_assigned(draft, draft.get(act_key(unit["consignment"])))


def step(draft: Draft, consignment: str, act: Value, statement: str, unit_id: str, pointer: str) -> Value:
    """Take a unit of this consignment one step by the table; the unit, changed.

    Raises:
        TransitionNotAllowed: it is not in the consignment, or no row takes it from its line.
        NotConcerned, NotHolder: the row is another party's to sign.
    """
    unit = draft.edit(unit_key(unit_id), pointer)
    if unit.get("consignment") != consignment:
        raise TransitionNotAllowed("the unit is not in this consignment", field=pointer, cure="receive it as `extra`")
    move = _row_for(draft, act, statement, unit, pointer)
    _SIGNERS[move.signer](draft, act, unit, pointer)
    if move.count is not None:
        leave_consignment(draft, unit, move.count)
    else:
        unit["line"] = move.line
        unit.pop("to", None)
    if move.holder is not None:
        unit["holder"] = draft.event.party if move.holder == "signer" else move.holder
        unit["assurance"] = signer_assurance(draft)
        unit.pop("site", None)
    return unit


def _row_for(draft: Draft, act: Value, statement: str, unit: Value, pointer: str) -> Move:
    for move in moves_of(statement):
        if unit["line"] in move.origin and (move.condition is None or _CONDITIONS[move.condition](draft, act, unit)):
            return move
    raise TransitionNotAllowed(f"the unit's line is {unit['line']}", field=pointer, line=unit["line"])


def _is_with_consignor(_: Draft, act: Value, unit: Value) -> bool:
    return bool(unit["holder"] == act["consignor"])


def _is_with_carrier(_: Draft, act: Value, unit: Value) -> bool:
    return bool(unit["holder"] != act["consignor"])


def _cannot_refuse(draft: Draft, act: Value, _: Value) -> bool:
    consignee = draft.get(party_key(act["consignee"]))
    return "closed_at" in consignee or consignee["form"] == "foreign"


_CONDITIONS: Final[dict[Condition, Callable[[Draft, Value, Value], bool]]] = {
    "with-consignor": _is_with_consignor,
    "with-carrier": _is_with_carrier,
    "consignee-cannot-refuse": _cannot_refuse,
}


def _check_holder(draft: Draft, _: Value, unit: Value, pointer: str) -> None:
    if unit["holder"] != draft.event.party:
        raise NotHolder("the party does not hold this unit", field=pointer)


def _check_named(draft: Draft, act: Value, _: Value, __: str) -> None:
    if draft.event.party not in act["carriers"]:
        raise NotConcerned("the consignor named other carriers", field="/party")


def _check_next(draft: Draft, _: Value, unit: Value, pointer: str) -> None:
    if unit["to"] != draft.event.party:
        raise NotConcerned("the unit was handed on to another carrier", field=pointer)


def _check_consignor(draft: Draft, act: Value, _: Value, __: str) -> None:
    check_concerned(draft, act["consignor"], "consignor")


def _check_consignee(draft: Draft, act: Value, _: Value, __: str) -> None:
    check_concerned(draft, act["consignee"], "consignee")


def _check_consignor_or_holder(draft: Draft, act: Value, unit: Value, _: str) -> None:
    if has_ended(draft, act["consignor"]) and unit["holder"] == draft.event.party:
        return
    check_concerned(draft, act["consignor"], "consignor")


_SIGNERS: Final[dict[Signer, Callable[[Draft, Value, Value, str], None]]] = {
    "holder": _check_holder,
    "named-carrier": _check_named,
    "next-carrier": _check_next,
    "consignor": _check_consignor,
    "consignee": _check_consignee,
    "consignor-or-holder": _check_consignor_or_holder,
}


def leave_consignment(draft: Draft, unit: Value, count: str) -> None:
    """Take the unit out of its consignment, if it is in one, and count it there under ``count``."""
    consignment = unit.pop("consignment", None)
    line = unit.pop("line", None)
    unit.pop("to", None)
    if consignment is None or line is None:
        return
    act = draft.edit(act_key(consignment))
    # A withdrawn offer would set the counts back to what they were before this.
    act.pop("undo", None)
    tally(act, count, 1)


def tally(act: Value, count: str, units: int) -> None:
    """Add the units to a count of the consignment, and close it when every offered one is accounted for.

    Also one whose offer was never completed.
    """
    counts = act["counts"] = {**act["counts"], count: act["counts"].get(count, 0) + units}
    done = sum(counts.get(name, 0) for name in FINALS)
    if done >= counts["offered"]:
        came_to_nothing = counts.get("cancelled", 0) + counts.get("dropped", 0)
        act["stage"] = "cancelled" if came_to_nothing == counts["offered"] else "closed"


def consignment_keys(unit: Value) -> list[str]:
    """The consignment that a unit is in and the one that waits for a claim on it: both may hear of its next event."""
    named = (unit.get("consignment"), unit.get("claim", {}).get("consignment"))
    return [act_key(consignment) for consignment in named if consignment]


def settle_claims(draft: Draft) -> None:
    """A claim is against who holds the unit: it ends when custody moves, or another claim takes its place.

    It ends too when the unit becomes waste, or waste of another class: the claimant's permits were judged before that.

    A consignment that was entered from paper is over when all its claims have ended, one way or the other.
    """
    for subject in draft.event.payload.extends:
        before = draft.state.get(subject.key) if subject.key.startswith("unit/") else None
        if before is None or "claim" not in before:
            continue
        unit, claim = draft.edit(subject.key), before["claim"]
        moved = unit.get("holder") != before["holder"] or isinstance(draft.event.payload, ENDS_CLAIMS)
        if unit.get("claim") == claim and moved:
            unit.pop("claim")
        if unit.get("claim") != claim and "consignment" in claim:
            ceded = isinstance(draft.event.payload, EventAgreed)
            tally(draft.edit(act_key(claim["consignment"])), "accepted" if ceded else "dropped", 1)
