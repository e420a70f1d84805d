"""Mending what was stated: a delta, a withdrawal of what is still newest, an agreement, a dispute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ledger.domain import correction as kinds
from ledger.domain.custody import ConsignmentHandedOn, ConsignmentOffered, ConsignmentPickedUp, ConsignmentStored
from ledger.domain.payload import event_key
from ledger.domain.values import ENERGY_WH_MAX, MASS_G_MAX
from ledger.errors import CorrectionNotAllowed, NotConcerned, TransitionNotAllowed
from ledger.fold.admission import acting_for
from ledger.fold.life import (
    ABROAD,
    IN_USE,
    TERMINAL,
    check_unblocked,
    count_open_tags,
    end_unit,
)
from ledger.fold.reception import cede_claimed
from ledger.fold.state import Draft, State, Value

RANGES: Final = {
    "mass_g": (1, MASS_G_MAX),
    "energy_wh": (0, ENERGY_WH_MAX),
    "received_mass_g": (0, MASS_G_MAX),
    "gross_g": (0, MASS_G_MAX),
    "tare_g": (0, MASS_G_MAX),
}
"""The attributes that can be corrected, and what each may be: the same as where it was first stated."""
_GIVES: Final = (ConsignmentOffered, ConsignmentPickedUp, ConsignmentHandedOn, ConsignmentStored)
"""Statements of who holds units on their way: whoever takes them next is compared with the key that signed."""


def remember(draft: Draft) -> None:
    """Keep what a later correction, withdrawal or dispute of this event needs to know."""
    payload = draft.event.payload
    value: Value = {"kind": payload.kind, "party": payload.party, "at": payload.occurred_at}
    if isinstance(payload, _GIVES):
        value["kid"] = draft.event.kid
    if payload.annullable:
        value["subjects"] = len(payload.extends)
    amounts = {amount.pointer: [amount.key, amount.attribute, amount.value] for amount in payload.amounts()}
    if amounts:
        value["amounts"] = amounts
    if draft.concerned:
        value["concerned"] = sorted(draft.concerned)
    named = draft.named - draft.concerned - {payload.party}
    if named:
        value["named"] = sorted(named)
    if draft.pending is not None:
        value["pending"] = draft.pending
    draft.put(event_key(draft.event.id), value)


def further_keys(state: State, payload: object) -> list[str]:
    """Keys reached only through loaded values: what the corrected statement had set."""
    if not isinstance(payload, kinds.EventCorrected | kinds.EventAgreed):
        return []
    original = state.get(event_key(payload.event))
    if original is None:
        return []
    if isinstance(payload, kinds.EventAgreed):
        pending = original.get("pending")
        return [pending["key"], event_key(pending["event"])] if pending else []
    amount = original.get("amounts", {}).get(payload.pointer)
    return [amount[0]] if amount else []


def _correct(draft: Draft, payload: kinds.EventCorrected) -> None:
    original = draft.get(event_key(payload.event), "/event")
    if original["party"] != payload.party:
        raise NotConcerned("a statement is corrected by its author; others dispute it", field="/event")
    amount = original.get("amounts", {}).get(payload.pointer)
    if amount is None:
        raise CorrectionNotAllowed(
            "this is no correctable quantity of the statement",
            field="/pointer",
            correctable=sorted(original.get("amounts", {})),
        )
    key, attribute, value = amount
    if value != payload.was:
        raise CorrectionNotAllowed("the quantity stands at another value", field="/was", stands_at=value)
    change = {
        "event": payload.event,
        "pointer": payload.pointer,
        "key": key,
        "attribute": attribute,
        "was": payload.was,
        "delta": payload.now - payload.was,
    }
    least, most = RANGES[attribute]
    if not least <= payload.now <= most:
        raise CorrectionNotAllowed("the quantity cannot be that", field="/now", least=least, most=most)
    others = [party for party in original.get("concerned", []) if party != payload.party]
    others = others or _other_holder(draft, change)
    if others:
        draft.pending = change
        draft.concerned.update(others)
        return
    _apply(draft, change)


def _other_holder(draft: Draft, change: dict[str, Any]) -> list[str]:
    """The party that holds the unit by now and whose books build on a quantity that only the author signed."""
    subject = draft.get(change["key"])
    holder = subject.get("holder", draft.event.party)
    if holder in (draft.event.party, IN_USE, ABROAD) or not _stands(subject, change):
        return []
    return [holder]


def _stands(subject: Value, change: dict[str, Any]) -> bool:
    """Whether the quantity that the statement set has not ended, nor been set anew."""
    set_by = subject.get("set_by", {}).get(change["attribute"], change["event"])
    return subject.get("stage") not in TERMINAL and set_by == change["event"]


def _apply(draft: Draft, change: dict[str, Any]) -> None:
    """Add the delta to what the statement had set, while that stands; after that it is an annotation.

    It stands until the subject ends or a later statement sets the same quantity, as the next reception does.

    Raises:
        CorrectionNotAllowed: another correction was agreed to meanwhile, or a ticket would have no net mass.
    """
    original = draft.edit(event_key(change["event"]))
    author = original["party"]
    key, attribute, value = original["amounts"][change["pointer"]]
    if value != change["was"]:
        raise CorrectionNotAllowed("the quantity stands at another value", stands_at=value)
    original["amounts"] = {
        **original["amounts"],
        change["pointer"]: [key, attribute, value + change["delta"]],
    }
    subject = draft.edit(key)
    if not _stands(subject, change):
        draft.open_finding(
            "corrected-after-use",
            party=draft.event.party,
            subject=key,
            attribute=attribute,
            delta=change["delta"],
        )
        return
    subject[attribute] += change["delta"]
    # Whoever holds it by now has signed neither the statement nor the correction.
    if subject.get("holder", author) not in (author, draft.event.party, IN_USE, ABROAD):
        draft.open_finding(
            "corrected-after-handover", party=author, subject=key, attribute=attribute, delta=change["delta"]
        )
    if subject["kind"] == "ticket" and subject["tare_g"] > subject["gross_g"]:
        raise CorrectionNotAllowed("the tare cannot be heavier than the gross mass", field="/now")


def _annul(draft: Draft, payload: kinds.EventAnnulled) -> None:
    original = draft.get(event_key(payload.event), "/event")
    if original["party"] != payload.party:
        raise NotConcerned("a statement is withdrawn by its author; others dispute it", field="/event")
    if original.get("subjects") != len(payload.subjects):
        raise CorrectionNotAllowed(
            "only a statement of an annullable kind, with all its subjects, is withdrawn",
            field="/subjects",
            subjects=original.get("subjects"),
        )
    for n, subject in enumerate(payload.subjects):
        value = draft.edit(subject.key, f"/subjects/{n}")
        was_tag = value.get("stage") == "reserved"
        _undo(value, f"/subjects/{n}")
        count_open_tags(draft, (value.get("stage") == "reserved") - was_tag)


def _undo(value: Value, pointer: str) -> None:
    undo = value.pop("undo", None)
    if undo is None:
        raise CorrectionNotAllowed("the statement cannot be withdrawn any more", field=pointer)
    if undo.get("born"):
        # Whoever brought it into being must not make it vanish from under an order.
        check_unblocked(value, pointer)
        end_unit(value, "annulled")
        return
    for name, old in undo.items():
        if old is None:
            value.pop(name, None)
        else:
            value[name] = old


def _agree(draft: Draft, payload: kinds.EventAgreed) -> None:
    original = draft.get(event_key(payload.event), "/event")
    if acting_for(draft).isdisjoint(original.get("concerned", [])):
        raise NotConcerned("only the counterparty of the statement agrees to it", field="/party")
    if payload.units:
        cede_claimed(draft, payload)
        return
    pending = original.get("pending")
    if pending is None:
        raise TransitionNotAllowed("nothing waits for an agreement", field="/event")
    draft.edit(event_key(payload.event)).pop("pending")
    _apply(draft, pending)


def _dispute(draft: Draft, payload: kinds.EventDisputed) -> None:
    original = draft.get(event_key(payload.event), "/event")
    if acting_for(draft).isdisjoint([*original.get("concerned", []), *original.get("named", [])]):
        raise NotConcerned("only a party that the statement names disputes it", field="/party")
    draft.open_finding(
        "disputed", party=original["party"], subject=payload.event, by=payload.party, reason=payload.reason
    )


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.EventCorrected: _correct,
    kinds.EventAnnulled: _annul,
    kinds.EventAgreed: _agree,
    kinds.EventDisputed: _dispute,
}
