"""Permits: asked for, granted, changed and ended."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ledger.domain import authorisation as kinds
from ledger.domain.payload import act_key, party_key, permits_key, site_key
from ledger.errors import NotConcerned, SubjectUnknown, TransitionNotAllowed
from ledger.fold.admission import check_power
from ledger.fold.state import Draft, Value


def _note(draft: Draft, payload: kinds.AuthorisationGranted | kinds._AuthorisationAct, **facts: Any) -> Value:
    """One line of a permit's dated timeline."""
    line: Value = {"from_on": payload.from_on, "event": draft.event.id, **facts}
    if payload.act is not None:
        line["oficio"] = payload.act.oficio
        line["notified_on"] = payload.act.notified_on
    return line


def _grant(draft: Draft, payload: kinds.AuthorisationGranted) -> None:
    check_power(draft, "grant", *(["transcribe"] if payload.transcribed is not None else []))
    draft.get(party_key(payload.holder), "/holder")
    for n, site in enumerate(payload.scope.sites):
        if draft.get(site_key(site), f"/scope/sites/{n}")["party"] != payload.holder:
            raise NotConcerned("the site is operated by another party", field=f"/scope/sites/{n}")
    scope = payload.scope.model_dump(exclude_none=True)
    value: Value = {
        "kind": "authorisation",
        "holder": payload.holder,
        "number": payload.number,
        "granted_by": payload.party,
        "timeline": [_note(draft, payload, status="in_force", to_on=payload.to_on, scope=scope)],
    }
    if payload.transcribed is not None:
        value["transcribed"] = payload.transcribed.model_dump(exclude_none=True)
    draft.put(act_key(payload.authorisation), value)
    _index_permit(draft, payload.holder, payload.authorisation)


def _index_permit(draft: Draft, party: str, authorisation: str) -> None:
    held = (draft.find(permits_key(party)) or {"ids": []})["ids"]
    if authorisation not in held:
        draft.put(permits_key(party), {"ids": [*held, authorisation]})


def _later_line(**members: str) -> Callable[[Draft, kinds._AuthorisationAct], None]:
    def transition(draft: Draft, payload: kinds._AuthorisationAct) -> None:
        permit = _permit(draft, payload)
        permit["timeline"] = [*permit["timeline"], _note(draft, payload, **members)]

    return transition


def _permit(draft: Draft, payload: kinds._AuthorisationAct) -> Value:
    """The permit, to be changed by an authority with the power to grant, or until then by whoever transcribed it."""
    permit = draft.edit(act_key(payload.authorisation), "/authorisation")
    if permit["kind"] != "authorisation":
        raise SubjectUnknown("not an authorisation", field="/authorisation")
    if permit["timeline"][-1].get("status") == "revoked":
        raise TransitionNotAllowed("the permit was revoked", field="/authorisation")
    if _is_own_transcript(permit, payload.party):
        check_power(draft, "grant", "transcribe")
        return permit
    check_power(draft, "grant")
    if "transcribed" in permit:
        permit["confirmed_by"] = payload.party
    return permit


def _is_own_transcript(permit: Value, party: str) -> bool:
    """Whether the party copied this permit from the public list, and no authority has decided on it since.

    From then on it is the authority's: who copied it must not lift a suspension.
    """
    return "transcribed" in permit and "confirmed_by" not in permit and bool(permit["granted_by"] == party)


def _change_scope(draft: Draft, payload: kinds.AuthorisationChanged) -> None:
    permit = _permit(draft, payload)
    permit["timeline"] = [
        *permit["timeline"],
        _note(draft, payload, scope=payload.scope.model_dump(exclude_none=True)),
    ]


def _renew(draft: Draft, payload: kinds.AuthorisationRenewed) -> None:
    permit = _permit(draft, payload)
    line = _note(draft, payload, to_on=payload.to_on)
    if payload.by_silence:
        line["by_silence"] = True
    permit["timeline"] = [*permit["timeline"], line]


def _transfer(draft: Draft, payload: kinds.AuthorisationTransferred) -> None:
    permit = _permit(draft, payload)
    draft.get(party_key(payload.to), "/to")
    permit["timeline"] = [*permit["timeline"], _note(draft, payload, holder=payload.to)]
    _index_permit(draft, payload.to, payload.authorisation)


TRANSITIONS: dict[type, Callable[..., None]] = {
    kinds.AuthorisationGranted: _grant,
    kinds.AuthorisationChanged: _change_scope,
    kinds.AuthorisationRenewed: _renew,
    kinds.AuthorisationSuspended: _later_line(status="suspended"),
    kinds.AuthorisationReinstated: _later_line(status="in_force"),
    kinds.AuthorisationRevoked: _later_line(status="revoked"),
    kinds.AuthorisationTransferred: _transfer,
}
